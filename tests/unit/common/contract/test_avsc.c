/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/contract/support.h"

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"

static void expect_refusal(const char *schema, const char *expected)
{
    struct ats_plan plan;
    struct ats_error err = {0};
    cr_assert_eq(ats_plan_compile(ats_span_text(schema), "t.avsc", &plan, &err), ATS_ERR_CONFIG,
                 "%s", schema);
    cr_assert(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
}

Test(avsc, leaves_are_the_single_values_in_schema_order)
{
    struct ats_plan plan = plan_of(RECORD(
        "{\"name\":\"a\",\"type\":\"int\"},"
        "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"int\"}},"
        "{\"name\":\"d\",\"type\":{\"type\":\"record\",\"name\":\"D\",\"fields\":["
        "{\"name\":\"x\",\"type\":[\"null\",\"double\"]},{\"name\":\"n\",\"type\":\"null\"}]}},"
        "{\"name\":\"m\",\"type\":[\"null\",{\"type\":\"map\",\"values\":\"int\"}]},"
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}}"));
    cr_assert_eq(plan.leaf_count, 3);
    cr_assert_str_eq(plan.leaves[0]->path, "a");
    cr_assert_str_eq(plan.leaves[1]->path, "d.x");
    cr_assert(plan.leaves[1]->nullable);
    cr_assert_str_eq(plan.leaves[2]->path, "e");
    ats_plan_fini(&plan);
}

Test(avsc, a_name_stands_for_its_definition_in_every_place)
{
    struct ats_plan plan =
        plan_of("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":["
                "{\"name\":\"p\",\"type\":{\"type\":\"record\",\"name\":\"P\",\"fields\":["
                "{\"name\":\"x\",\"type\":\"int\"}]}},"
                "{\"name\":\"q\",\"type\":\"P\"},{\"name\":\"r\",\"type\":\"a.b.P\"},"
                "{\"name\":\"s\",\"type\":{\"type\":\"record\",\"name\":\"S\",\"namespace\":\"c\","
                "\"fields\":["
                "{\"name\":\"t\",\"type\":\"a.b.P\"}]}}]}");
    cr_assert_eq(plan.leaf_count, 4);
    cr_assert_str_eq(plan.leaves[2]->path, "r.x");
    cr_assert_str_eq(plan.leaves[3]->path, "s.t.x");
    ats_plan_fini(&plan);
}

Test(avsc, errors_name_file_line_and_field)
{
    expect_refusal("{\n \"type\": \"record\",\n \"name\": \"R\",\n \"fields\": [\n"
                   "  {\"name\": \"a\", \"type\": \"int\"},\n"
                   "  {\"name\": \"b\", \"type\": \"flot\"}\n ]\n}",
                   "t.avsc:6: b: unknown type flot");
    expect_refusal("{\n \"type\": \"record\",\n \"name\": \"R\"\n}",
                   "t.avsc:1: schema: a record needs 1 to 256 fields");
    expect_refusal("{\"type\":\n \"record\",,", "t.avsc:2: not JSON:");
    expect_refusal("", "t.avsc:1: not JSON:");
    expect_refusal("{\"type\":\"record\",\"type\":\"record\"}", "t.avsc:1: not JSON:");
}

Test(avsc, refuses_a_type_that_contains_itself)
{
    expect_refusal(RECORD("{\"name\":\"next\",\"type\":[\"null\",\"R\"]}"),
                   "t.avsc:1: next: a type that contains itself is not supported: R");
}

Test(avsc, refuses_what_is_no_schema)
{
    expect_refusal("\"int\"", "t.avsc:1: schema: the schema of a contract is a record");
    expect_refusal("[\"int\"]", "t.avsc:1: schema: the schema of a contract is a record");
    expect_refusal("{\"type\":7}", "t.avsc:1: schema: expected a type");
    expect_refusal(RECORD("{\"name\":\"a-b\",\"type\":\"int\"}"),
                   "t.avsc:1: schema: a field needs a name");
    expect_refusal(RECORD("{\"name\":\"a\"}"), "t.avsc:1: schema: no type for the field a");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}"),
                   "t.avsc:1: schema: two fields are called a");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":\"array\"}"),
                   "t.avsc:1: a: needs a definition");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":{\"type\":\"array\"}}"),
                   "t.avsc:1: a: an array needs items");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"F\"}}"),
                   "t.avsc:1: a: a fixed needs a size");
    expect_refusal(
        RECORD("{\"name\":\"a\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}}"),
        "t.avsc:1: a: an enum needs");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":{\"type\":\"enum\",\"name\":\"E\","
                          "\"symbols\":[\"A\",\"A\"]}}"),
                   "t.avsc:1: a: the symbol stands twice: A");
    expect_refusal(
        RECORD("{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"R\",\"size\":1}}"),
        "t.avsc:1: a: a type is defined twice: R");
}

Test(avsc, refuses_a_union_that_json_cannot_tell_apart)
{
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":[\"string\",\"bytes\"]}"),
                   "t.avsc:1: a: the union is ambiguous: two branches take a JSON string");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":[\"int\",\"long\"]}"),
                   "t.avsc:1: a: the union is ambiguous: two branches take a JSON number");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":[\"int\",[\"null\"]]}"),
                   "t.avsc:1: a: a union directly in a union");
}

Test(avsc, refuses_a_default_that_does_not_fit)
{
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":\"int\",\"default\":\"x\"}"),
                   "t.avsc:1: a: the default does not fit: expected int, found string");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":[\"null\",\"int\"],\"default\":5}"),
                   "t.avsc:1: a: the default must fit the union's first branch");
}

Test(avsc, refuses_a_schema_that_grows_beyond_the_limits)
{
    /* Each record holds the one before it eight times. */
    char schema[8192] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                        "{\"name\":\"f\",\"type\":{\"type\":\"record\",\"name\":\"T0\",\"fields\":["
                        "{\"name\":\"x\",\"type\":\"int\"}]}}";
    for (int level = 1; level < 6; level++) {
        size_t len = strlen(schema);
        len += (size_t)snprintf(schema + len, sizeof(schema) - len,
                                ",{\"name\":\"f%d\",\"type\":{\"type\":\"record\",\"name\":\"T%d\","
                                "\"fields\":[",
                                level, level);
        for (int i = 0; i < 8; i++)
            len += (size_t)snprintf(schema + len, sizeof(schema) - len,
                                    "%s{\"name\":\"g%d\",\"type\":\"T%d\"}", i ? "," : "", i,
                                    level - 1);
        (void)snprintf(schema + len, sizeof(schema) - len, "]}}");
    }
    (void)snprintf(schema + strlen(schema), 8, "]}");
    struct ats_plan plan;
    struct ats_error err = {0};
    cr_assert_eq(ats_plan_compile(ats_span_text(schema), "t.avsc", &plan, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "too many types"), "%s", err.text);
}

Test(avsc, refuses_a_schema_that_is_too_deep)
{
    char schema[4096] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":";
    for (int i = 0; i < 20; i++)
        (void)snprintf(schema + strlen(schema), 64, "{\"type\":\"array\",\"items\":");
    (void)snprintf(schema + strlen(schema), 64, "\"int\"");
    for (int i = 0; i < 20; i++)
        (void)snprintf(schema + strlen(schema), 64, "}");
    (void)snprintf(schema + strlen(schema), 64, "}]}");
    struct ats_plan plan;
    struct ats_error err = {0};
    cr_assert_eq(ats_plan_compile(ats_span_text(schema), "t.avsc", &plan, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "nested too deep"), "%s", err.text);
}

Test(avsc, refuses_more_single_values_than_the_limit)
{
    char schema[3 * ATS_SCHEMA_FIELDS_MAX * 40] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[";
    for (int record = 0; record < 3; record++) {
        (void)snprintf(schema + strlen(schema), 128,
                       "%s{\"name\":\"r%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\","
                       "\"fields\":[",
                       record ? "," : "", record, record);
        for (int i = 0; i < ATS_SCHEMA_FIELDS_MAX; i++)
            (void)snprintf(schema + strlen(schema), 64, "%s{\"name\":\"f%d\",\"type\":\"int\"}",
                           i ? "," : "", i);
        (void)snprintf(schema + strlen(schema), 8, "]}}");
    }
    (void)snprintf(schema + strlen(schema), 8, "]}");
    expect_refusal(schema, "t.avsc:1: schema: more than 512 single values");
}

Test(avsc, finds_fields_in_any_order_of_asking)
{
    char schema[ATS_SCHEMA_FIELDS_MAX * 48] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[";
    for (int i = 0; i < ATS_SCHEMA_FIELDS_MAX; i++)
        (void)snprintf(schema + strlen(schema), 64, "%s{\"name\":\"field_%d\",\"type\":\"int\"}",
                       i ? "," : "", i);
    (void)snprintf(schema + strlen(schema), 8, "]}");
    struct ats_plan plan = plan_of(schema);
    for (size_t i = 0; i < ATS_SCHEMA_FIELDS_MAX; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "field_%zu", i);
        cr_assert_eq(ats_plan_find_field(&plan.root, ats_span_text(name), i), i);
        cr_assert_eq(ats_plan_find_field(&plan.root, ats_span_text(name), 255 - i), i);
    }
    cr_assert_eq(ats_plan_find_field(&plan.root, ats_span_text("field_256"), 0), SIZE_MAX);
    cr_assert_eq(ats_plan_find_field(&plan.root, ats_span_text(""), 999), SIZE_MAX);
    ats_plan_fini(&plan);
}

/* avro (Python) and fastavro refuse these; a consumer that uses them could not read the topic. */
Test(avsc, refuses_what_stock_libraries_refuse)
{
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":{\"type\":\"enum\",\"name\":\"E\","
                          "\"symbols\":[\"A\"],\"default\":\"Z\"}}"),
                   "t.avsc:1: a: the enum's default is none of its symbols");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":\"int\",\"default\":1.0}"),
                   "t.avsc:1: a: the default does not fit:");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"long\"},"
                          "\"default\":[1,1e2]}"),
                   "t.avsc:1: a: the default does not fit:");
    expect_refusal(RECORD("{\"name\":\"a\",\"type\":{\"type\":\"record\",\"name\":\"int\","
                          "\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}}"),
                   "t.avsc:1: a: the name is a primitive type's");
    expect_refusal("{\"type\":\"record\",\"name\":\"R\",\"namespace\":5,\"fields\":["
                   "{\"name\":\"a\",\"type\":\"int\"}]}",
                   "t.avsc:1: schema: a namespace is a string");
}

#define DECIMAL(rest) RECORD("{\"name\":\"a\",\"type\":{\"logicalType\":\"decimal\"," rest "}}")

Test(avsc, a_decimal_has_a_precision_that_its_bytes_hold)
{
    expect_refusal(DECIMAL("\"type\":\"bytes\",\"precision\":-4"),
                   "t.avsc:1: a: a decimal's precision is an integer of at least 1");
    expect_refusal(DECIMAL("\"type\":\"bytes\""),
                   "t.avsc:1: a: a decimal's precision is an integer of at least 1");
    expect_refusal(DECIMAL("\"type\":\"bytes\",\"precision\":4,\"scale\":5"),
                   "t.avsc:1: a: a decimal's scale");
    expect_refusal(DECIMAL("\"type\":\"fixed\",\"name\":\"F\",\"size\":2,\"precision\":5"),
                   "t.avsc:1: a: a decimal's precision is more than its bytes hold");
    const char *const good[] = {
        DECIMAL("\"type\":\"bytes\",\"precision\":4,\"scale\":4"),
        DECIMAL("\"type\":\"fixed\",\"name\":\"F\",\"size\":2,\"precision\":4"),
        DECIMAL("\"type\":\"string\""),
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct ats_plan plan = plan_of(good[i]);
        ats_plan_fini(&plan);
    }
}
