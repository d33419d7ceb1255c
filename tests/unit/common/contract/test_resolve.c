/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/resolve.h"

#include "tests/unit/common/contract/support.h"

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define FIELD_OR(name, type, value)                                                                \
    "{\"name\":\"" name "\",\"type\":" type ",\"default\":" value "}"

/* One line a finding: "fault path: text", and "!" before what breaks. */
static void note(void *ctx, const struct ats_resolve_finding *finding)
{
    ats_buf_printf(ctx, "%s%s %s: %s\n", finding->breaks ? "!" : "",
                   ats_resolve_fault_name(finding->fault), finding->path, finding->text);
}

static void read_tree(const char *schema, struct ats_avsc_tree *ret_tree)
{
    struct ats_error err = {0};
    struct ats_plan plan = plan_of(schema);
    ats_plan_fini(&plan);
    cr_assert_eq(ats_avsc_tree_read(ats_span_text(schema), "t.avsc", ret_tree, &err), ATS_OK, "%s",
                 err.text);
}

static void expect(const char *reader, const char *writer, const char *findings)
{
    struct ats_avsc_tree is;
    struct ats_avsc_tree was;
    struct ats_buf found;
    bool readable = false;
    read_tree(reader, &is);
    read_tree(writer, &was);
    ats_buf_init(&found, 100000);
    cr_assert_eq(ats_resolve(&is, &was, note, &found, &readable), ATS_OK);
    cr_assert_str_eq(ats_buf_text(&found), findings);
    cr_assert_eq(readable, !strchr(findings, '!'));
    ats_buf_fini(&found);
    ats_avsc_tree_fini(&is);
    ats_avsc_tree_fini(&was);
}

Test(resolve, the_same_schema_reads_itself)
{
    const char *good = "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":["
                       "{\"name\":\"p\",\"type\":{\"type\":\"record\",\"name\":\"P\",\"fields\":["
                       "{\"name\":\"x\",\"type\":[\"null\",\"double\"]}]}},"
                       "{\"name\":\"q\",\"type\":{\"type\":\"array\",\"items\":\"P\"}},"
                       "{\"name\":\"r\",\"type\":\"a.b.P\"}]}";
    expect(good, good, "");
}

Test(resolve, a_new_field_needs_a_default_to_read_what_was_written_before)
{
    const char *before = RECORD(FIELD("a", "\"int\""));
    expect(RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\"")), before,
           "!missing-field b: the field was not written and has no default\n");
    expect(RECORD(FIELD("a", "\"int\"") "," FIELD_OR("b", "\"int\"", "0")), before, "");
    expect(before, RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\"")), "");
}

Test(resolve, numbers_are_promoted_one_way)
{
    expect(RECORD(FIELD("a", "\"double\"")), RECORD(FIELD("a", "\"long\"")), "");
    expect(RECORD(FIELD("a", "\"long\"")), RECORD(FIELD("a", "\"double\"")),
           "!type a: long does not read double\n");
    expect(RECORD(FIELD("a", "\"bytes\"")), RECORD(FIELD("a", "\"string\"")), "");
}

Test(resolve, paths_lead_through_arrays_maps_and_records)
{
#define DEEP(type)                                                                                 \
    RECORD(FIELD("list", "{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":{\"type\":"   \
                         "\"record\",\"name\":\"P\",\"fields\":[" FIELD("x", type) "]}}}"))
    expect(DEEP("\"int\""), DEEP("\"string\""), "!type list[]{}.x: int does not read string\n");
}

Test(resolve, an_alias_reads_the_former_name_and_two_of_them_are_a_fault)
{
    const char *before = RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\""));
    expect(RECORD("{\"name\":\"n\",\"type\":\"int\",\"aliases\":[\"a\"]}"), before, "");
    expect(RECORD("{\"name\":\"n\",\"type\":\"int\",\"aliases\":[\"a\",\"b\"]}"), before,
           "!two-fields n: by its aliases the field is both a and b\n");
}

#define ENUM(more) "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":" more "}"

Test(resolve, an_enum_reads_its_own_symbols_and_by_its_default_all)
{
    const char *before = RECORD(FIELD("e", ENUM("[\"A\",\"B\",\"C\"]")));
    expect(RECORD(FIELD("e", ENUM("[\"A\"]"))), before,
           "!enum-symbol e: the enum has no symbol B and 1 more, and no default of its own\n");
    expect(RECORD(FIELD("e", ENUM("[\"A\",\"C\"],\"default\":\"A\""))), before,
           "enum-symbol e: the symbol B is read as the default A\n");
}

Test(resolve, names_are_compared_without_namespace_which_is_told)
{
#define FIXED(more) "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" more "}"
    expect(RECORD(FIELD("f", FIXED("4"))), RECORD(FIELD("f", FIXED("2"))),
           "!size f: 4 bytes do not read 2\n");
    expect(RECORD(FIELD("f", FIXED("2,\"namespace\":\"n\""))), RECORD(FIELD("f", FIXED("2"))),
           "namespace f: F is read as n.F: libraries that compare whole names refuse it\n");
    expect(RECORD(FIELD("f", "{\"type\":\"fixed\",\"name\":\"G\",\"size\":2}")),
           RECORD(FIELD("f", FIXED("2"))),
           "!name f: G does not read F: no name or alias is the same\n");
    expect(
        RECORD(FIELD("f", "{\"type\":\"fixed\",\"name\":\"n.G\",\"size\":2,\"aliases\":[\"F\"]}")),
        RECORD(FIELD("f", "{\"type\":\"fixed\",\"name\":\"n.F\",\"size\":2}")), "");
}

Test(resolve, a_union_reads_what_one_of_its_branches_does)
{
    const char *optional = RECORD(FIELD("a", "[\"null\",\"long\"]"));
    expect(optional, RECORD(FIELD("a", "\"int\"")), "");
    expect(optional, RECORD(FIELD("a", "\"string\"")),
           "!union-branch a: no branch of the union reads string\n");
    expect(RECORD(FIELD("a", "\"long\"")), optional, "!type a: long does not read null\n");
}

Test(resolve, what_keeps_the_nearest_branch_from_reading_is_told)
{
#define MAYBE(type)                                                                                \
    RECORD(FIELD(                                                                                  \
        "p", "[\"null\",{\"type\":\"record\",\"name\":\"P\",\"fields\":[" FIELD("x", type) "]}]"))
    expect(MAYBE("\"int\""), MAYBE("\"long\""), "!type p.x: int does not read long\n");
}

Test(resolve, another_logical_type_is_told_though_its_bytes_are_read)
{
#define LONG(logical) "{\"type\":\"long\",\"logicalType\":\"" logical "\"}"
#define DECIMAL(digits, scale)                                                                     \
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":" digits ",\"scale\":" scale "}"
    expect(RECORD(FIELD("t", LONG("timestamp-micros"))),
           RECORD(FIELD("t", LONG("timestamp-millis"))),
           "!logical-type t: the logical type timestamp-millis is read as timestamp-micros\n");
    expect(RECORD(FIELD("t", "\"long\"")), RECORD(FIELD("t", LONG("timestamp-millis"))),
           "logical-type t: the logical type timestamp-millis is read as none\n");
    expect(RECORD(FIELD("t", LONG("of-tomorrow"))), RECORD(FIELD("t", "\"long\"")), "");
    expect(RECORD(FIELD("d", DECIMAL("9", "2"))), RECORD(FIELD("d", DECIMAL("9", "3"))),
           "!logical-type d: a decimal of precision 9 and scale 2 does not read one of 9 and 3\n");
}

/* Each level is a union of two records of the next one, none of which fits at the end. */
static void nest(struct ats_buf *out, int level, const char *end)
{
    if (level == 0) {
        ats_buf_append_text(out, end);
        return;
    }
    ats_buf_printf(out, "[\"null\",{\"type\":\"array\",\"items\":");
    nest(out, level - 1, end);
    ats_buf_printf(out, "},{\"type\":\"map\",\"values\":");
    nest(out, level - 1, end);
    ats_buf_printf(out, "}]");
}

Test(resolve, unions_in_unions_are_compared_in_bounded_time)
{
    struct ats_buf texts[2];
    for (int i = 0; i < 2; i++) {
        ats_buf_init(&texts[i], 1000000);
        ats_buf_printf(&texts[i], "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","
                                  "\"type\":");
        nest(&texts[i], 7, i == 0 ? "\"int\"" : "\"long\"");
        ats_buf_printf(&texts[i], "}]}");
    }
    struct ats_avsc_tree is;
    struct ats_avsc_tree was;
    struct ats_buf found;
    bool readable = true;
    read_tree(ats_buf_text(&texts[0]), &is);
    read_tree(ats_buf_text(&texts[1]), &was);
    ats_buf_init(&found, 1000000);
    cr_assert_eq(ats_resolve(&is, &was, note, &found, &readable), ATS_OK);
    cr_assert(!readable);
    ats_buf_fini(&found);
    ats_buf_fini(&texts[0]);
    ats_buf_fini(&texts[1]);
    ats_avsc_tree_fini(&is);
    ats_avsc_tree_fini(&was);
}
