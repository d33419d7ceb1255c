/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json.h"

#include <criterion/criterion.h>
#include <float.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const uint8_t secret[ATS_JSON_SECRET_SIZE] = {1, 2, 3};
static struct ats_json_keys keys = {.secret = secret};

static enum ats_rule judge(struct ats_span text)
{
    struct ats_json json;
    struct ats_verdict verdict = {.rule = ATS_RULE_NONE};
    ats_json_init(&json, text);
    if (!ats_json_check(&json, &keys))
        ats_json_verdict(&json, &verdict);
    return verdict.rule;
}

#define EXPECT(rule, text)                                                                         \
    cr_assert_eq(judge(ats_span_of("" text "", sizeof(text) - 1)), rule, "%s", text)
#define GOOD(text) EXPECT(ATS_RULE_NONE, text)
#define BAD(text) EXPECT(ATS_RULE_JSON_SYNTAX, text)

Test(json, takes_every_kind_of_value)
{
    GOOD("null");
    GOOD("true");
    GOOD(" false ");
    GOOD("0");
    GOOD("\"\"");
    GOOD("[]");
    GOOD("{}");
    GOOD("\t\r\n [1 , \"a\" ,{\"b\" : [ ] } ]\n");
    GOOD("{\"a\":{\"b\":{\"a\":1}},\"b\":2}");
}

Test(json, takes_every_form_of_number)
{
    GOOD("-0");
    GOOD("0e1");
    GOOD("0.0");
    GOOD("123.456e-78");
    GOOD("1E+2");
    GOOD("-1e-2");
    GOOD("123456789012345678901234567890");
    GOOD("1e9999");
    GOOD("0.00000000000000000000000000000000000000000001");
}

Test(json, refuses_numbers_that_are_none)
{
    BAD("01");
    BAD("-01");
    BAD("+1");
    BAD(".5");
    BAD("5.");
    BAD("-");
    BAD("1e");
    BAD("1e+");
    BAD("1.e1");
    BAD("0x10");
    BAD("1_000");
    BAD("NaN");
    BAD("Infinity");
    BAD("-Infinity");
    BAD("1 2");
    BAD("1a");
}

Test(json, refuses_words_that_are_none)
{
    BAD("nul");
    BAD("True");
    BAD("truth");
    BAD("nullx");
    BAD("undefined");
}

Test(json, refuses_broken_arrays_and_objects)
{
    BAD("[");
    BAD("[1");
    BAD("[1,");
    BAD("[1,]");
    BAD("[,1]");
    BAD("[1,,2]");
    BAD("[1 2]");
    BAD("[1}");
    BAD("]");
    BAD("{");
    BAD("{\"a\"");
    BAD("{\"a\":");
    BAD("{\"a\":1");
    BAD("{\"a\":1,");
    BAD("{\"a\":1,}");
    BAD("{,\"a\":1}");
    BAD("{\"a\" 1}");
    BAD("{\"a\",1}");
    BAD("{a:1}");
    BAD("{1:1}");
    BAD("{'a':1}");
    BAD("{\"a\":1]");
    BAD("{\"a\":}");
    BAD("{\"a\":1 \"b\":2}");
    BAD("}");
}

Test(json, refuses_what_stands_before_or_behind_the_value)
{
    BAD("");
    BAD(" ");
    BAD("{}{}");
    BAD("{} x");
    BAD("{}\0");
    BAD("\0{}");
    BAD("// c\n{}");
    BAD("{} /* c */");
    BAD("\xef\xbb\xbf{}"); /* a byte order mark */
    BAD("\v{}");
    BAD("\xc2\xa0{}"); /* a space, but not one of JSON's */
}

Test(json, takes_strings_with_escapes_and_any_unicode)
{
    GOOD("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"");
    GOOD("\"\\u0041\\u00e9\\u20AC\"");
    GOOD("\"\\ud83d\\ude00\"");
    GOOD("\"\\u0000\"");
    GOOD("\"\x7f\"");
    GOOD("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf\"");
    GOOD("\"\xef\xbb\xbf\xef\xbf\xbf\"");
}

Test(json, refuses_broken_strings)
{
    BAD("\"");
    BAD("\"abc");
    BAD("\"\\");
    BAD("\"\\\"");
    BAD("\"\\x41\"");
    BAD("\"\\u12\"");
    BAD("\"\\u12g4\"");
    BAD("\"\\U0041\"");
    BAD("\"a\nb\"");
    BAD("\"a\tb\"");
    BAD("\"a\0b\"");
    BAD("'a'");
    BAD("\"\\'\"");
}

Test(json, refuses_what_is_no_utf8)
{
    EXPECT(ATS_RULE_UTF8, "\"\xff\"");
    EXPECT(ATS_RULE_UTF8, "\"\x80\"");
    EXPECT(ATS_RULE_UTF8, "\"\xc0\xaf\"");         /* overlong */
    EXPECT(ATS_RULE_UTF8, "\"\xe0\x80\xaf\"");     /* overlong */
    EXPECT(ATS_RULE_UTF8, "\"\xed\xa0\x80\"");     /* a surrogate */
    EXPECT(ATS_RULE_UTF8, "\"\xf4\x90\x80\x80\""); /* above U+10FFFF */
    EXPECT(ATS_RULE_UTF8, "\"\xf0\x9f\x98\"");     /* cut */
    EXPECT(ATS_RULE_UTF8, "\"\xe9\"");             /* Latin-1 */
    EXPECT(ATS_RULE_UTF8, "\xff\xfe{\0}\0");       /* UTF-16 */
    EXPECT(ATS_RULE_UTF8, "{\"a\":1} \xff");
    EXPECT(ATS_RULE_UTF8, "{\"\xfe\":1}");
}

Test(json, refuses_half_of_a_surrogate_pair)
{
    EXPECT(ATS_RULE_UTF8, "\"\\ud83d\"");
    EXPECT(ATS_RULE_UTF8, "\"\\ude00\"");
    EXPECT(ATS_RULE_UTF8, "\"\\ud83d\\u0041\"");
    EXPECT(ATS_RULE_UTF8, "\"\\ud83dx\\ude00\"");
    EXPECT(ATS_RULE_UTF8, "\"\\ude00\\ud83d\"");
}

Test(json, refuses_a_key_that_stands_twice_however_it_is_written)
{
    EXPECT(ATS_RULE_JSON_DUPLICATE_KEY, "{\"a\":1,\"a\":1}");
    EXPECT(ATS_RULE_JSON_DUPLICATE_KEY, "{\"a\":1,\"\\u0061\":2}");
    EXPECT(ATS_RULE_JSON_DUPLICATE_KEY, "{\"\xc3\xa9\":1,\"b\":0,\"\\u00e9\":2}");
    EXPECT(ATS_RULE_JSON_DUPLICATE_KEY, "[{\"x\":{\"\":1,\"\":2}}]");
    GOOD("{\"a\":1,\"A\":1}");
    GOOD("[{\"a\":1},{\"a\":1}]");
    GOOD("{\"a\":1,\"a\\u0000\":1}");
}

Test(json, refuses_nesting_beyond_the_limit)
{
    char text[2 * ATS_JSON_DEPTH_MAX + 3];
    memset(text, '[', ATS_JSON_DEPTH_MAX);
    memset(text + ATS_JSON_DEPTH_MAX, ']', ATS_JSON_DEPTH_MAX);
    cr_assert_eq(judge(ats_span_of(text, 2 * ATS_JSON_DEPTH_MAX)), ATS_RULE_NONE);
    memset(text, '[', ATS_JSON_DEPTH_MAX + 1);
    memset(text + ATS_JSON_DEPTH_MAX + 1, ']', ATS_JSON_DEPTH_MAX + 1);
    cr_assert_eq(judge(ats_span_of(text, 2 * ATS_JSON_DEPTH_MAX + 2)), ATS_RULE_JSON_DEPTH);
}

Test(json, refuses_more_keys_than_it_can_compare)
{
    struct ats_buf text;
    ats_buf_init(&text, 100000);
    ats_buf_append_text(&text, "{");
    for (int i = 0; i < ATS_JSON_KEYS_MAX; i++)
        ats_buf_printf(&text, "%s\"%d\":0", i ? "," : "", i);
    size_t len = text.len;
    ats_buf_append_text(&text, "}");
    cr_assert_eq(judge(ats_buf_span(&text)), ATS_RULE_NONE);
    text.len = len;
    ats_buf_append_text(&text, ",\"one more\":0}");
    cr_assert_eq(judge(ats_buf_span(&text)), ATS_RULE_SIZE);
    ats_buf_fini(&text);
}

Test(json, every_cut_of_a_good_text_is_malformed)
{
    static const char text[] =
        "{\"a\":[1.5e3,true,null,\"\\u00e9\\n\xc3\xa9\"],\"b\":{\"c\":-0.1}}";
    for (size_t len = 0; len < sizeof(text) - 1; len++)
        cr_assert_neq(judge(ats_span_of(text, len)), ATS_RULE_NONE, "%zu", len);
    cr_assert_eq(judge(ats_span_of(text, sizeof(text) - 1)), ATS_RULE_NONE);
}

static struct ats_json_number number_of(const char *text)
{
    struct ats_json json;
    struct ats_json_number number = {.exact = false};
    ats_json_init(&json, ats_span_text(text));
    cr_assert_eq(ats_json_peek(&json), ATS_JSON_NUMBER);
    cr_assert(ats_json_number(&json, &number));
    cr_assert(ats_json_end(&json));
    return number;
}

static void expect_integer(const char *text, enum ats_status status, int64_t expected)
{
    struct ats_json_number number = number_of(text);
    int64_t value = 0;
    cr_assert_eq(ats_json_to_integer(&number, &value), status, "%s", text);
    cr_assert_eq(value, expected, "%s: %lld", text, (long long)value);
}

Test(json, an_integer_is_one_in_every_notation)
{
    expect_integer("5", ATS_OK, 5);
    expect_integer("5.0", ATS_OK, 5);
    expect_integer("5e0", ATS_OK, 5);
    expect_integer("0.5e1", ATS_OK, 5);
    expect_integer("500e-2", ATS_OK, 5);
    expect_integer("-5.000", ATS_OK, -5);
    expect_integer("-0", ATS_OK, 0);
    expect_integer("0e99999999999", ATS_OK, 0);
    expect_integer("0.000", ATS_OK, 0);
    expect_integer("1000000000000000000000000e-6", ATS_OK, 1000000000000000000);
    expect_integer("9223372036854775807", ATS_OK, INT64_MAX);
    expect_integer("-9223372036854775808", ATS_OK, INT64_MIN);
    expect_integer("-9223372036854775808.000", ATS_OK, INT64_MIN);
}

Test(json, an_integer_with_fraction_or_beyond_64_bits_is_refused)
{
    expect_integer("5.5", ATS_ERR_INVALID, 0);
    expect_integer("5e-1", ATS_ERR_INVALID, 0);
    expect_integer("1e-99999999999", ATS_ERR_INVALID, 0);
    expect_integer("0.00000000000000000000000000000000001", ATS_ERR_INVALID, 0);
    expect_integer("9223372036854775808", ATS_ERR_LIMIT, 0);
    expect_integer("-9223372036854775809", ATS_ERR_LIMIT, 0);
    expect_integer("18446744073709551616", ATS_ERR_LIMIT, 0);
    expect_integer("99999999999999999999999", ATS_ERR_LIMIT, 0);
    expect_integer("1e19", ATS_ERR_LIMIT, 0);
    expect_integer("1e99999999999", ATS_ERR_LIMIT, 0);
}

static void expect_real(const char *text, double expected)
{
    struct ats_json_number number = number_of(text);
    double value = -1;
    cr_assert_eq(ats_json_to_double(&number, &value), ATS_OK, "%s", text);
    cr_assert_eq(memcmp(&value, &expected, sizeof(value)), 0, "%s: %.17g, not %.17g", text, value,
                 expected);
}

Test(json, reals_are_the_nearest_double)
{
    expect_real("0", 0.0);
    expect_real("-0", -0.0);
    expect_real("-0.0e5", -0.0);
    expect_real("0.1", 0.1);
    expect_real("73.80000305175781", 73.80000305175781);
    expect_real("0.011737819751470924", 0.011737819751470924);
    expect_real("1594598424.5023336", 1594598424.5023336);
    expect_real("9007199254740993", 9007199254740992.0);
    expect_real("9007199254740993.00000000000000000001", 9007199254740994.0);
    expect_real("1.7976931348623157e308", 1.7976931348623157e308);
    expect_real("5e-324", 5e-324);
    expect_real("2.2250738585072011e-308", 2.2250738585072011e-308);
    expect_real("1e23", 1e23);
    expect_real("8.5e22", 8.5e22);
    expect_real("1e-400", 0.0);
    expect_real("100000000000000000000000000000e-29", 1.0);
}

Test(json, reals_beyond_a_double_are_refused)
{
    static const char *const texts[] = {"1e309", "-1e309", "1.8e308", "1e99999999999"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ats_json_number number = number_of(texts[i]);
        double value = 0;
        cr_assert_eq(ats_json_to_double(&number, &value), ATS_ERR_LIMIT, "%s", texts[i]);
    }
}

static void expect_float(const char *text, float expected)
{
    struct ats_json_number number = number_of(text);
    float value = -1;
    cr_assert_eq(ats_json_to_float(&number, &value), ATS_OK, "%s", text);
    cr_assert_eq(memcmp(&value, &expected, sizeof(value)), 0, "%s: %.9g, not %.9g", text,
                 (double)value, (double)expected);
}

Test(json, floats_are_the_nearest_float_not_the_nearest_to_the_nearest_double)
{
    expect_float("0.1", 0.1F);
    expect_float("-0", -0.0F);
    expect_float("3.4028235e38", FLT_MAX);
    expect_float("-3.4028235e38", -FLT_MAX);
    expect_float("1.0000000596046447753906250000000001", 1.00000011920928955F);
    expect_float("1.00000017881393432617187499", 1.00000011920928955F);
    expect_float("16777217", 16777216.0F);
    expect_float("16777219", 16777220.0F);
    expect_float("3.40282356779733661e38", FLT_MAX); /* just below the middle to 2^128 */
    expect_float("1e-60", 0.0F);
    expect_float("1.4e-45", 1.4e-45F);
}

Test(json, reals_beyond_a_float_are_refused)
{
    static const char *const texts[] = {"3.4028236e38", "-3.4028236e38", "1e39", "1e309"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ats_json_number number = number_of(texts[i]);
        float value = 0;
        cr_assert_eq(ats_json_to_float(&number, &value), ATS_ERR_LIMIT, "%s", texts[i]);
    }
}

Test(json, the_locale_does_not_change_numbers)
{
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    expect_real("0.011737819751470924", 0.011737819751470924);
}

/* Prints random doubles with 17 digits and shorter, and reads them back. */
Test(json, printed_doubles_come_back_the_same)
{
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        double value;
        char text[64];
        memcpy(&value, &state, sizeof(value));
        if (!(value < 1e308 && value > -1e308))
            continue;
        (void)snprintf(text, sizeof(text), "%.*g", 17, value);
        expect_real(text, value);
        (void)snprintf(text, sizeof(text), "%.*f", (int)(state % 17),
                       (double)(state >> 40) / 1000.0);
        expect_real(text, strtod(text, NULL));
    }
}

Test(json, unescapes_to_utf8)
{
    struct ats_json json;
    struct ats_json_text text;
    uint8_t bytes[64];
    ats_json_init(&json, ats_span_text("\"a\\u00e9\\ud83d\\ude00\\n\\/\xe2\x82\xac\\u0000\""));
    cr_assert(ats_json_string(&json, &text));
    cr_assert(text.escaped);
    size_t len = ats_json_unescape(text.raw, bytes);
    static const char expected[] = "a\xc3\xa9\xf0\x9f\x98\x80\n/\xe2\x82\xac";
    cr_assert_eq(len, sizeof(expected)); /* with the NUL that \u0000 is */
    cr_assert_eq(memcmp(bytes, expected, len), 0);
}

Test(json, says_where_a_text_breaks)
{
    struct ats_json json;
    struct ats_verdict verdict;
    ats_json_init(&json, ats_span_text("{\"a\":1,\"b\":tru}"));
    cr_assert_not(ats_json_check(&json, &keys));
    ats_json_verdict(&json, &verdict);
    cr_assert_str_eq(verdict.path, "");
    cr_assert_str_eq(verdict.text, "not JSON as RFC 8259 defines it: byte 11 of 15");
}

static int64_t cpu_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The least CPU time of a few passes. */
static int64_t cost_us(const struct ats_buf *text)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        int64_t begin = cpu_us();
        cr_assert_eq(judge(ats_buf_span(text)), ATS_RULE_NONE);
        int64_t cost = cpu_us() - begin;
        least = cost < least ? cost : least;
    }
    return least;
}

/* An object of `count` keys that begin alike: each has `more` escaped NULs more than the one before. */
static void put_object(struct ats_buf *text, int count, int more)
{
    ats_buf_append_text(text, "{");
    for (int i = 1; i <= count; i++) {
        ats_buf_append_text(text, i > 1 ? ",\"eAFADxV" : "\"eAFADxV");
        for (int k = 0; k < i * more; k++)
            ats_buf_append_text(text, "\\u0000");
        ats_buf_append_text(text, "\":1");
    }
    ats_buf_append_text(text, "}");
}

/* "eAFADxV" has the FNV-1a hash 0, and a NUL keeps it: (0 ^ 0) * p = 0. So under such a hash all keys are compared with all. */
Test(json, keys_made_to_collide_cost_no_more_than_their_bytes)
{
    struct ats_buf hostile;
    struct ats_buf plain;
    ats_buf_init(&hostile, ATS_PAYLOAD_MAX);
    ats_buf_init(&plain, ATS_PAYLOAD_MAX);
    put_object(&hostile, 300, 1);
    put_object(&plain, 1, 300 * 301 / 2);
    cr_assert_eq(hostile.status, ATS_OK);
    cr_assert_lt(cost_us(&hostile), 10 * cost_us(&plain) + 1000);
    ats_buf_fini(&hostile);
    ats_buf_fini(&plain);
}

Test(json, a_key_is_remembered_only_while_its_object_is_open)
{
    GOOD("[{\"a\":1,\"b\":{\"a\":1,\"b\":{\"b\":1,\"a\":1}}},{\"a\":1}]");
    EXPECT(ATS_RULE_JSON_DUPLICATE_KEY, "{\"a\":{\"b\":1},\"b\":{\"a\":1},\"\\u0061\":1}");
    EXPECT(ATS_RULE_JSON_DUPLICATE_KEY, "[{\"a\":1},{\"a\":1,\"a\":1}]");
    GOOD("{\"a\":1,\"b\":2}"); /* what the fault before left behind is gone */
}
