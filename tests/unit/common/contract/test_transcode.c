/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/contract/support.h"

static struct ats_buf out;
static struct ats_verdict verdict;

static void setup(void)
{
    ats_buf_init(&out, 100000);
    ats_buf_append_text(&out, "before");
}

static void teardown(void)
{
    ats_buf_fini(&out);
}

TestSuite(transcode, .init = setup, .fini = teardown);

static enum ats_status run(const struct ats_plan *plan, const char *json, bool ignore_unknown)
{
    memset(&verdict, 0, sizeof(verdict));
    return transcode(plan, ignore_unknown, ats_span_text(json), &out, &verdict);
}

/* The JSON becomes these bytes; sizeof takes them, since they may hold zeros. */
static void expect_bytes(const struct ats_plan *plan, const char *json, const char *bytes,
                         size_t len)
{
    out.len = 6;
    cr_assert_eq(run(plan, json, false), ATS_OK, "%s: %s", json, verdict.text);
    cr_assert_eq(out.len - 6, len, "%s: %zu bytes", json, out.len - 6);
    cr_assert_eq(memcmp(out.data, "before", 6), 0);
    cr_assert_eq(memcmp(out.data + 6, bytes, len), 0, "%s", json);
}
#define EXPECT_BYTES(plan, json, bytes) expect_bytes(plan, json, bytes, sizeof(bytes) - 1)

static void expect_refusal(const struct ats_plan *plan, const char *json, enum ats_rule rule,
                           const char *path)
{
    out.len = 6;
    cr_assert_eq(run(plan, json, false), ATS_ERR_INVALID, "%s", json);
    cr_assert_eq(verdict.rule, rule, "%s: %s %s", json, ats_rule_name(verdict.rule), verdict.text);
    cr_assert_str_eq(verdict.path, path, "%s", json);
    cr_assert_eq(out.len, 6);
    cr_assert_eq(memcmp(out.data, "before", 6), 0);
}

static void expect_type(const char *type, const char *json, const char *bytes, size_t len)
{
    struct ats_plan plan = plan_of_type(type);
    char text[256];
    (void)snprintf(text, sizeof(text), "{\"v\":%s}", json);
    expect_bytes(&plan, text, bytes, len);
    ats_plan_fini(&plan);
}
#define EXPECT_TYPE(type, json, bytes) expect_type(type, json, bytes, sizeof(bytes) - 1)

static void expect_type_refusal(const char *type, const char *json, enum ats_rule rule)
{
    struct ats_plan plan = plan_of_type(type);
    char text[256];
    (void)snprintf(text, sizeof(text), "{\"v\":%s}", json);
    expect_refusal(&plan, text, rule, "v");
    ats_plan_fini(&plan);
}

#define ENUM "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"OFF\",\"ON\"]}"
#define FIXED "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}"
#define ARRAY "{\"type\":\"array\",\"items\":\"int\"}"
#define MAP "{\"type\":\"map\",\"values\":\"int\"}"

Test(transcode, every_type_becomes_avro)
{
    EXPECT_TYPE("\"null\"", "null", "");
    EXPECT_TYPE("\"boolean\"", "true", "\x01");
    EXPECT_TYPE("\"int\"", "-1", "\x01");
    EXPECT_TYPE("\"int\"", "2147483647", "\xfe\xff\xff\xff\x0f");
    EXPECT_TYPE("\"long\"", "64", "\x80\x01");
    EXPECT_TYPE("\"float\"", "1", "\0\0\x80\x3f");
    EXPECT_TYPE("\"double\"", "1", "\0\0\0\0\0\0\xf0\x3f");
    EXPECT_TYPE("\"double\"", "-0", "\0\0\0\0\0\0\0\x80");
    EXPECT_TYPE("\"string\"", "\"abc\"",
                "\x06"
                "abc");
    EXPECT_TYPE("\"string\"", "\"\\u00e9\\n\"", "\x06\xc3\xa9\n");
    EXPECT_TYPE("\"bytes\"", "\"\\u0000\\u00ff\xc3\xa9\"", "\x06\x00\xff\xe9");
    EXPECT_TYPE(FIXED, "\"\\u00ffA\"",
                "\xff"
                "A");
    EXPECT_TYPE(ENUM, "\"ON\"", "\x02");
    EXPECT_TYPE(ENUM, "\"O\\u004e\"", "\x02");
    EXPECT_TYPE(ARRAY, "[]", "\x00");
    EXPECT_TYPE(ARRAY, "[1,2,3]", "\x06\x02\x04\x06\x00");
    EXPECT_TYPE(MAP, "{}", "\x00");
    EXPECT_TYPE(MAP, "{\"a\":1,\"\\u00e9\":2}",
                "\x04\x02"
                "a\x02\x04\xc3\xa9\x04\x00");
}

Test(transcode, an_integer_field_takes_integral_numbers_only)
{
    EXPECT_TYPE("\"int\"", "5.0", "\x0a");
    EXPECT_TYPE("\"long\"", "5e0", "\x0a");
    expect_type_refusal("\"int\"", "5.5", ATS_RULE_TYPE);
    expect_type_refusal("\"int\"", "\"5\"", ATS_RULE_TYPE);
    expect_type_refusal("\"int\"", "2147483648", ATS_RULE_NUMBER_RANGE);
    expect_type_refusal("\"int\"", "-2147483649", ATS_RULE_NUMBER_RANGE);
    expect_type_refusal("\"long\"", "9223372036854775808", ATS_RULE_NUMBER_RANGE);
}

Test(transcode, a_real_field_takes_any_number_that_it_can_hold)
{
    EXPECT_TYPE("\"float\"", "1e-60", "\0\0\0\0");
    expect_type_refusal("\"float\"", "3.5e38", ATS_RULE_NUMBER_RANGE);
    expect_type_refusal("\"double\"", "1e309", ATS_RULE_NUMBER_RANGE);
    expect_type_refusal("\"double\"", "null", ATS_RULE_TYPE);
    expect_type_refusal("\"double\"", "\"1\"", ATS_RULE_TYPE);
    expect_type_refusal("\"double\"", "true", ATS_RULE_TYPE);
}

Test(transcode, a_number_that_is_too_long_is_not_called_too_large)
{
    static const char *const types[] = {"\"double\"", "\"float\""};
    char text[ATS_JSON_NUMBER_MAX + 16];
    for (size_t i = 0; i < 2; i++) {
        struct ats_plan plan = plan_of_type(types[i]);
        (void)snprintf(text, sizeof(text), "{\"v\":0.%0*d}", ATS_JSON_NUMBER_MAX - 2, 3);
        cr_assert_eq(run(&plan, text, false), ATS_OK, "%s", verdict.text);
        out.len = 6;
        (void)snprintf(text, sizeof(text), "{\"v\":0.%0*d}", ATS_JSON_NUMBER_MAX - 1, 3);
        expect_refusal(&plan, text, ATS_RULE_NUMBER_RANGE, "v");
        cr_assert_str_eq(verdict.text, "801 characters for a number (allowed: 800)");
        ats_plan_fini(&plan);
    }
}

Test(transcode, wrong_values_are_refused_by_rule)
{
    expect_type_refusal("\"null\"", "0", ATS_RULE_TYPE);
    expect_type_refusal("\"boolean\"", "1", ATS_RULE_TYPE);
    expect_type_refusal("\"string\"", "1", ATS_RULE_TYPE);
    expect_type_refusal("\"bytes\"", "\"\\u0100\"", ATS_RULE_TYPE);
    expect_type_refusal("\"bytes\"", "\"\xf0\x9f\x98\x80\"", ATS_RULE_TYPE);
    expect_type_refusal(FIXED, "\"abc\"", ATS_RULE_LENGTH);
    expect_type_refusal(FIXED, "\"\"", ATS_RULE_LENGTH);
    expect_type_refusal(ENUM, "\"on\"", ATS_RULE_ENUM_SYMBOL);
    expect_type_refusal(ARRAY, "{}", ATS_RULE_TYPE);
    expect_type_refusal(MAP, "[]", ATS_RULE_TYPE);
}

#define POINT                                                                                      \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"},"           \
    "{\"name\":\"in\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["                   \
    "{\"name\":\"a\",\"type\":\"string\"},{\"name\":\"b\",\"type\":\"int\"},"                      \
    "{\"name\":\"c\",\"type\":\"int\"}]}},{\"name\":\"y\",\"type\":\"int\"}]}"

Test(transcode, fields_come_in_any_order)
{
    struct ats_plan plan = plan_of(POINT);
    static const char bytes[] = "\x02\x06"
                                "abc\x04\x06\x08";
    EXPECT_BYTES(&plan, "{\"x\":1,\"in\":{\"a\":\"abc\",\"b\":2,\"c\":3},\"y\":4}", bytes);
    EXPECT_BYTES(&plan, "{\"y\":4,\"in\":{\"c\":3,\"a\":\"abc\",\"b\":2},\"x\":1}", bytes);
    EXPECT_BYTES(&plan, "{\"in\":{\"b\":2,\"c\":3,\"a\":\"\\u0061bc\"},\"\\u0078\":1,\"y\":4}",
                 bytes);
    ats_plan_fini(&plan);
}

Test(transcode, unknown_missing_and_repeated_fields_are_refused)
{
    struct ats_plan plan = plan_of(POINT);
    expect_refusal(&plan, "{\"x\":1,\"in\":{\"a\":\"\",\"b\":2,\"c\":3,\"d\":4},\"y\":4}",
                   ATS_RULE_UNKNOWN_FIELD, "in.d");
    expect_refusal(&plan, "{\"x\":1,\"in\":{\"a\":\"\",\"b\":2},\"y\":4}", ATS_RULE_MISSING_FIELD,
                   "in.c");
    expect_refusal(&plan, "{}", ATS_RULE_MISSING_FIELD, "x");
    expect_refusal(&plan, "{\"x\":1,\"\\u0078\":1}", ATS_RULE_JSON_DUPLICATE_KEY, "");
    expect_refusal(&plan, "[1]", ATS_RULE_TYPE, "");
    /* It stands where the schema's order lets expect it, and was met before. */
    expect_refusal(&plan,
                   "{\"in\":{\"a\":\"\",\"b\":2,\"c\":3},\"x\":1,"
                   "\"in\":{\"a\":\"\",\"b\":2,\"c\":3},\"y\":4}",
                   ATS_RULE_JSON_DUPLICATE_KEY, "");
    ats_plan_fini(&plan);
}

Test(transcode, unknown_fields_are_dropped_where_the_contract_says_so)
{
    struct ats_plan plan = plan_of_type("\"int\"");
    cr_assert_eq(run(&plan, "{\"z\":{\"v\":[1,{}]},\"v\":1,\"w\":\"\\u0000\"}", true), ATS_OK);
    cr_assert_eq(out.len, 7);
    cr_assert_eq(out.data[6], 2);
    cr_assert_eq(run(&plan, "{\"z\":1,\"v\":1,\"\\u007a\":2}", true), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_JSON_DUPLICATE_KEY);
    cr_assert_eq(run(&plan, "{\"z\":{\"k\":1,\"k\":2},\"v\":1}", true), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_JSON_DUPLICATE_KEY);
    ats_plan_fini(&plan);
}

Test(transcode, a_missing_field_takes_its_default)
{
    struct ats_plan plan =
        plan_of("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                "{\"name\":\"i\",\"type\":\"int\",\"default\":7},"
                "{\"name\":\"s\",\"type\":\"string\",\"default\":\"hi\"},"
                "{\"name\":\"o\",\"type\":[\"null\",\"int\"],\"default\":null},"
                "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"int\"},\"default\":[1]},"
                "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":\"int\"},\"default\":{}},"
                "{\"name\":\"r\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["
                "{\"name\":\"a\",\"type\":\"int\",\"default\":3}]},\"default\":{}},"
                "{\"name\":\"e\",\"type\":\"int\"}]}");
    EXPECT_BYTES(&plan, "{\"e\":1}", "\x0e\x04hi\x00\x02\x02\x00\x00\x06\x02");
    EXPECT_BYTES(&plan, "{\"e\":1,\"r\":{},\"m\":{\"a\":1},\"i\":0}",
                 "\x00\x04hi\x00\x02\x02\x00\x02\x02"
                 "a\x02\x00\x06\x02");
    ats_plan_fini(&plan);
}

Test(transcode, a_union_takes_the_branch_that_fits_the_json)
{
    EXPECT_TYPE("[\"null\",\"string\"]", "null", "\x00");
    EXPECT_TYPE("[\"null\",\"string\"]", "\"a\"",
                "\x02\x02"
                "a");
    EXPECT_TYPE("[\"string\",\"null\"]", "null", "\x02");
    EXPECT_TYPE("[\"null\",\"int\"]", "5.0", "\x02\x0a");
    EXPECT_TYPE("[\"long\",\"double\"]", "5", "\x00\x0a");
    EXPECT_TYPE("[\"double\",\"long\"]", "5.0", "\x00\0\0\0\0\0\0\x14\x40");
    EXPECT_TYPE("[\"null\"," ARRAY "," MAP ",\"boolean\"]", "[1]", "\x02\x02\x02\x00");
    EXPECT_TYPE("[\"null\"," ARRAY "," MAP ",\"boolean\"]", "false", "\x06\x00");
    expect_type_refusal("[\"null\",\"string\"]", "5", ATS_RULE_TYPE);
    cr_assert_str_eq(verdict.text, "expected string or null, found number");
}

Test(transcode, malformed_wins_over_schema)
{
    struct ats_plan plan = plan_of(POINT);
    expect_refusal(&plan, "{\"x\":\"wrong\",\"in\":{]}", ATS_RULE_JSON_SYNTAX, "");
    expect_refusal(&plan, "{\"unknown\":1,\"y\":1} x", ATS_RULE_JSON_SYNTAX, "");
    expect_refusal(&plan, "{\"unknown\":1,\"y\":\"\xff\"}", ATS_RULE_UTF8, "");
    expect_refusal(&plan, "{\"x\":null,\"z\":{\"k\":1,\"k\":1}}", ATS_RULE_JSON_DUPLICATE_KEY, "");
    expect_refusal(&plan, "{\"x\":}", ATS_RULE_JSON_SYNTAX, "");
    expect_refusal(&plan, "", ATS_RULE_JSON_SYNTAX, "");
    ats_plan_fini(&plan);
}

Test(transcode, the_first_breach_of_the_schema_is_told)
{
    struct ats_plan plan = plan_of(POINT);
    expect_refusal(&plan, "{\"y\":\"wrong\",\"x\":\"wrong too\"}", ATS_RULE_TYPE, "y");
    ats_plan_fini(&plan);
}

Test(transcode, an_unknown_name_is_cut_between_characters)
{
    struct ats_plan plan = plan_of_type("\"int\"");
    char json[600] = "{\"a";
    for (int i = 0; i < 100; i++)
        strcat(json, "\xc3\xa9");
    strcat(json, "\":1}");
    cr_assert_eq(run(&plan, json, false), ATS_ERR_INVALID);
    cr_assert_eq(strlen(verdict.path), ATS_NAME_MAX - 1);
    ats_plan_fini(&plan);
}

Test(transcode, a_value_larger_than_the_buffer_is_limited_and_leaves_it_as_it_was)
{
    struct ats_plan plan = plan_of_type("{\"type\":\"array\",\"items\":\"double\"}");
    struct ats_buf small;
    ats_buf_init(&small, 32);
    cr_assert_eq(transcode(&plan, false, ats_span_text("{\"v\":[1,2,3,4,5]}"), &small, &verdict),
                 ATS_ERR_LIMIT);
    cr_assert_eq(small.len, 0);
    cr_assert_eq(verdict.rule, ATS_RULE_SIZE);
    ats_buf_fini(&small);
    ats_plan_fini(&plan);
}

Test(transcode, grows_the_buffer_while_it_sorts_and_inserts)
{
    struct ats_plan plan =
        plan_of("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                "{\"name\":\"s\",\"type\":\"string\"},"
                "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"string\"}}]}");
    struct ats_buf json;
    struct ats_buf big;
    ats_buf_init(&json, 100000);
    ats_buf_init(&big, 1000000);
    ats_buf_append_text(&json, "{\"l\":[");
    for (int i = 0; i < 3000; i++)
        ats_buf_printf(&json, "%s\"x\\u00e9%d\"", i ? "," : "", i);
    ats_buf_append_text(&json, "],\"s\":\"end\"}");
    cr_assert_eq(transcode(&plan, false, ats_buf_span(&json), &big, &verdict), ATS_OK);
    cr_assert_eq(memcmp(big.data,
                        "\x06"
                        "end\xf0\x2e\x08x\xc3\xa9"
                        "0\x08x\xc3\xa9"
                        "1",
                        16),
                 0);
    ats_buf_fini(&json);
    ats_buf_fini(&big);
    ats_plan_fini(&plan);
}

/* Sorting copies the record behind itself: that room is not the record's own. */
Test(transcode, fields_in_another_order_do_not_halve_what_fits)
{
    struct ats_plan plan =
        plan_of("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"s\",\"type\":\"string\"}]}");
    struct ats_buf small;
    ats_buf_init(&small, 10);
    cr_assert_eq(
        transcode(&plan, false, ats_span_text("{\"s\":\"12345678\",\"a\":1}"), &small, &verdict),
        ATS_OK);
    cr_assert_eq(small.len, 10);
    cr_assert_eq(small.max, 10);
    cr_assert_eq(memcmp(small.data,
                        "\x02\x10"
                        "12345678",
                        10),
                 0);
    ats_buf_clear(&small);
    cr_assert_eq(
        transcode(&plan, false, ats_span_text("{\"s\":\"123456789\",\"a\":1}"), &small, &verdict),
        ATS_ERR_LIMIT);
    cr_assert_eq(small.len, 0);
    cr_assert_eq(verdict.rule, ATS_RULE_SIZE);
    ats_buf_fini(&small);
    ats_plan_fini(&plan);
}

Test(transcode, a_nul_in_an_unknown_name_does_not_end_the_path)
{
    struct ats_plan plan = plan_of_type("\"int\"");
    expect_refusal(&plan, "{\"a\\u0000b\":1}", ATS_RULE_UNKNOWN_FIELD, "a\\u0000b");
    ats_plan_fini(&plan);
}

Test(transcode, an_integer_beyond_its_branch_goes_to_the_real_one)
{
    EXPECT_TYPE("[\"long\",\"double\"]", "18446744073709551616", "\x02\0\0\0\0\0\0\xf0\x43");
    EXPECT_TYPE("[\"int\",\"double\"]", "4294967296", "\x02\0\0\0\0\0\0\xf0\x41");
    EXPECT_TYPE("[\"int\",\"double\"]", "2147483647", "\x00\xfe\xff\xff\xff\x0f");
}

/* Up to 20 digits before the point and 12 behind it. */
static void random_number(uint64_t *state, bool fraction, char ret_text[64])
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    unsigned long long whole = *state >> (*state >> 33) % 64;
    int len = snprintf(ret_text, 64, "%s%llu", *state & 1024 ? "-" : "", whole);
    if (fraction)
        (void)snprintf(ret_text + len, 32, ".%.*llu", (int)(1 + *state % 12), whole % 1000);
}

/* What has an exponent is read by the general way. */
static void expect_both_ways(const struct ats_plan *plan, const char *number)
{
    char json[128];
    uint8_t bytes[16];
    (void)snprintf(json, sizeof(json), "{\"v\":%se0}", number);
    out.len = 6;
    enum ats_status expected = run(plan, json, false);
    size_t len = out.len - 6;
    memcpy(bytes, out.data + 6, len);
    (void)snprintf(json, sizeof(json), "{\"v\":%s}       ", number);
    out.len = 6;
    cr_assert_eq(run(plan, json, false), expected, "%s", json);
    cr_assert_eq(out.len - 6, len, "%s", json);
    cr_assert_eq(memcmp(out.data + 6, bytes, len), 0, "%s", json);
}

Test(transcode, a_number_is_the_same_by_the_quick_and_the_general_way)
{
    static const char *const types[] = {"\"double\"", "\"long\"", "\"int\"", "\"float\""};
    uint64_t state = 88172645463325252u;
    for (size_t type = 0; type < sizeof(types) / sizeof(types[0]); type++) {
        struct ats_plan plan = plan_of_type(types[type]);
        for (int i = 0; i < 10000; i++) {
            char number[64];
            random_number(&state, type % 3 == 0 && i % 8 != 0, number);
            expect_both_ways(&plan, number);
        }
        ats_plan_fini(&plan);
    }
}

Test(transcode, what_is_no_number_is_none_by_any_way)
{
    static const char *const texts[] = {"01",   "-01", "00.5", "1.",  "1.x", "-",   "+1", ".5",
                                        "1.e3", "1e",  "1e+",  "0x1", "1 2", "--1", "-.5"};
    static const char *const types[] = {"\"double\"", "\"long\""};
    for (size_t i = 0; i < 2 * sizeof(texts) / sizeof(texts[0]); i++) {
        struct ats_plan plan = plan_of_type(types[i % 2]);
        char json[64];
        (void)snprintf(json, sizeof(json), "{\"v\":%s}       ", texts[i / 2]);
        expect_refusal(&plan, json, ATS_RULE_JSON_SYNTAX, "");
        (void)snprintf(json, sizeof(json), "{\"v\":%s}", texts[i / 2]);
        expect_refusal(&plan, json, ATS_RULE_JSON_SYNTAX, "");
        ats_plan_fini(&plan);
    }
}

Test(transcode, many_records_side_by_side_are_not_deep)
{
    struct ats_plan plan = plan_of_type(
        "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["
        "{\"name\":\"a\",\"type\":\"null\"}]}}");
    char json[2048] = "{\"v\":[{\"a\":null}";
    for (int i = 1; i < 100; i++)
        strcat(json, ", {\"a\":null}");
    strcat(json, "]}");
    EXPECT_BYTES(&plan, json, "\xc8\x01\x00");
    ats_plan_fini(&plan);
}

/* In memory that is new each time and soon full, so that a sanitizer sees what is written behind its end. */
static void expect_texts(const struct ats_plan *plan, int first, int second)
{
    struct ats_buf each;
    char text[300];
    char json[700];
    memset(text, 'x', sizeof(text));
    ats_buf_init(&each, 2000);
    (void)snprintf(json, sizeof(json), "{\"a\":\"%.*s\",\"b\":\"%.*s\"}               ", first,
                   text, second, text);
    cr_assert_eq(transcode(plan, false, ats_span_text(json), &each, &verdict), ATS_OK);
    size_t heads = first < 64 ? 1 : 2;
    cr_assert_eq(each.len, heads + 1 + (size_t)first + (size_t)second);
    cr_assert_eq(memcmp(each.data + heads, text, (size_t)first), 0);
    cr_assert_eq(memcmp(each.data + heads + (size_t)first + 1, text, (size_t)second), 0);
    ats_buf_fini(&each);
}

Test(transcode, texts_of_each_length_stay_in_their_memory)
{
    struct ats_plan plan =
        plan_of("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                "{\"name\":\"a\",\"type\":\"string\"},{\"name\":\"b\",\"type\":\"string\"}]}");
    for (int first = 0; first < 270; first++)
        for (int second = 0; second < 40; second++)
            expect_texts(&plan, first, second);
    ats_plan_fini(&plan);
}
