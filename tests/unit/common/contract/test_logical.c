/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/logical.h"

#include "tests/unit/common/contract/support.h"

#define DECIMAL(digits, scale)                                                                     \
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":" #digits ",\"scale\":" #scale  \
    "}"
#define LOGICAL(type, name) "{\"type\":\"" type "\",\"logicalType\":\"" name "\"}"
#define FIXED(size, more) "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" #size "," more "}"
#define DURATION FIXED(12, "\"logicalType\":\"duration\"")

static enum ats_status put(const char *type, const char *json, struct ats_buf *out,
                           struct ats_verdict *ret_verdict)
{
    char text[4096];
    struct ats_plan plan = plan_of_type(type);
    (void)snprintf(text, sizeof(text), "{\"v\":%s}", json);
    ats_buf_init(out, 100000);
    enum ats_status status = transcode(&plan, false, ats_span_text(text), out, ret_verdict);
    ats_plan_fini(&plan);
    return status;
}

/* The whole encoding, as hexadecimal digits. */
static void expect(const char *type, const char *json, const char *hex)
{
    struct ats_verdict verdict = {0};
    struct ats_buf out;
    char found[4096] = "";
    cr_assert_eq(put(type, json, &out, &verdict), ATS_OK, "%s: %s: %s", type, json, verdict.text);
    for (size_t i = 0; i < out.len; i++)
        (void)snprintf(&found[2 * i], 3, "%02x", out.data[i]);
    cr_assert_str_eq(found, hex, "%s: %s: %s", type, json, found);
    ats_buf_fini(&out);
}

static void refuse(const char *type, const char *json, enum ats_rule rule)
{
    struct ats_verdict verdict = {0};
    struct ats_buf out;
    cr_assert_eq(put(type, json, &out, &verdict), ATS_ERR_INVALID, "%s: %s", type, json);
    cr_assert_eq(verdict.rule, rule, "%s: %s: %s", json, ats_rule_name(verdict.rule), verdict.text);
    cr_assert_str_eq(verdict.path, "v");
    ats_buf_fini(&out);
}

Test(logical, a_decimal_is_a_number_or_a_text_of_digits)
{
    expect(DECIMAL(4, 2), "12.34", "0404d2");
    expect(DECIMAL(4, 2), "\"12.34\"", "0404d2");
    expect(DECIMAL(4, 2), "-12.34", "04fb2e");
    expect(DECIMAL(4, 2), "0", "0200");
    expect(DECIMAL(4, 2), "-0.0", "0200");
    expect(DECIMAL(4, 2), "1.28", "040080");
    expect(DECIMAL(4, 2), "-1.28", "0280");
    expect(DECIMAL(4, 2), "-2.56", "04ff00");
    expect(DECIMAL(4, 2), "1e1", "0403e8");
    expect(DECIMAL(4, 2), "1230000e-5", "0404ce");
    expect(DECIMAL(4, 2), "0e99999999999", "0200");
    expect(DECIMAL(4, 2), "\"1\\u0032.34\"", "0404d2");
}

Test(logical, a_decimal_is_exact_where_a_double_is_not)
{
    expect(DECIMAL(38, 10), "12345678901234567890.1234567891", "1a018ee90ff6c373e0ee4e3f0ad3");
    expect(DECIMAL(38, 10), "0.1", "083b9aca00");
}

Test(logical, a_decimal_out_of_scale_or_precision_is_out_of_range)
{
    refuse(DECIMAL(4, 2), "12.345", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "1e-3", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "1e-99999999999", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "123.45", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "\"123.45\"", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "1e2", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "1e99999999999", ATS_RULE_NUMBER_RANGE);
    expect(DECIMAL(4, 2), "12.340", "0404d2");
    expect(DECIMAL(4, 2), "99.99", "04270f");
}

Test(logical, other_texts_are_a_decimals_bytes)
{
    expect(DECIMAL(4, 2), "\"\\u0004\\u00d2\"", "0404d2");
    expect(DECIMAL(4, 2), "\"\\u0000\\u0000\\u0027\\u000f\"", "080000270f");
    refuse(DECIMAL(4, 2), "\"\\u0027\\u0010\"", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "\"\\u00d8\\u00f0\"", ATS_RULE_NUMBER_RANGE);
    expect(DECIMAL(4, 2), "\"\\u00d8\\u00f1\"", "04d8f1");
    expect(DECIMAL(3, 0), "\"\\u00ff\\u0000\"", "04ff00");
    refuse(DECIMAL(2, 0), "\"\\u00ff\\u0000\"", ATS_RULE_NUMBER_RANGE);
    refuse(DECIMAL(4, 2), "\"\"", ATS_RULE_LENGTH);
    refuse(DECIMAL(4, 2), "true", ATS_RULE_TYPE);
}

Test(logical, a_decimal_fills_its_fixed)
{
#define FIXED_DECIMAL FIXED(4, "\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2")
    expect(FIXED_DECIMAL, "12.34", "000004d2");
    expect(FIXED_DECIMAL, "-12.34", "fffffb2e");
    expect(FIXED_DECIMAL, "\"9999999.99\"", "3b9ac9ff");
    refuse(FIXED_DECIMAL, "\"\\u0001\"", ATS_RULE_LENGTH);
}

Test(logical, a_decimal_of_a_thousand_digits_is_taken)
{
    char number[1100];
    char text[1110];
    struct ats_verdict verdict = {0};
    struct ats_buf out;
    memset(number, '9', 800);
    number[800] = '\0';
    cr_assert_eq(put(DECIMAL(1000, 0), number, &out, &verdict), ATS_OK, "%s", verdict.text);
    cr_assert_eq(out.len, 2 + 333);
    ats_buf_fini(&out);
    (void)snprintf(text, sizeof(text), "%s9", number);
    refuse(DECIMAL(1000, 0), text, ATS_RULE_NUMBER_RANGE);
    cr_assert_eq(put(DECIMAL(1000, 0), "9e999", &out, &verdict), ATS_OK, "%s", verdict.text);
    cr_assert_eq(out.len, 2 + 416);
    ats_buf_fini(&out);
}

Test(logical, a_uuid_is_checked_for_its_form)
{
    const char *uuid = "\"0b0e7a10-7d0c-4f6e-9a51-0A1B2C3D4E5F\"";
    expect(LOGICAL("string", "uuid"), uuid,
           "4830623065376131302d376430632d346636652d396135312d304131423243334434453546");
    expect(FIXED(16, "\"logicalType\":\"uuid\""), uuid, "0b0e7a107d0c4f6e9a510a1b2c3d4e5f");
    expect(FIXED(16, "\"logicalType\":\"uuid\""), "\"0123456789abcdef\"",
           "30313233343536373839616263646566");
    refuse(LOGICAL("string", "uuid"), "\"0b0e7a107d0c4f6e9a510a1b2c3d4e5f\"", ATS_RULE_TYPE);
    refuse(LOGICAL("string", "uuid"), "\"0b0e7a10-7d0c-4f6e-9a51-0A1B2C3D4E5G\"", ATS_RULE_TYPE);
    refuse(FIXED(16, "\"logicalType\":\"uuid\""), "\"x\"", ATS_RULE_LENGTH);
}

Test(logical, a_date_is_days_or_a_text)
{
    expect(LOGICAL("int", "date"), "\"1970-01-02\"", "02");
    expect(LOGICAL("int", "date"), "\"1969-12-31\"", "01");
    expect(LOGICAL("int", "date"), "\"2026-11-24\"", "dac402");
    expect(LOGICAL("int", "date"), "20781", "dac402");
    refuse(LOGICAL("int", "date"), "\"2026-02-29\"", ATS_RULE_TYPE);
    refuse(LOGICAL("int", "date"), "\"2026-11-24T00:00:00Z\"", ATS_RULE_TYPE);
    refuse(LOGICAL("int", "date"), "3000000000", ATS_RULE_NUMBER_RANGE);
}

Test(logical, a_time_of_day_is_within_a_day)
{
    expect(LOGICAL("int", "time-millis"), "\"00:00:00.001\"", "02");
    expect(LOGICAL("int", "time-millis"), "86399999", "feefb252");
    expect(LOGICAL("int", "time-millis"), "\"23:59:59.999\"", "feefb252");
    expect(LOGICAL("long", "time-micros"), "\"00:00:01.000001\"", "82897a");
    refuse(LOGICAL("int", "time-millis"), "86400000", ATS_RULE_NUMBER_RANGE);
    refuse(LOGICAL("int", "time-millis"), "-1", ATS_RULE_NUMBER_RANGE);
    refuse(LOGICAL("int", "time-millis"), "\"00:00:00.0001\"", ATS_RULE_NUMBER_RANGE);
    refuse(LOGICAL("int", "time-millis"), "\"24:00:00\"", ATS_RULE_TYPE);
    refuse(LOGICAL("int", "time-millis"), "\"12:00\"", ATS_RULE_TYPE);
    refuse(LOGICAL("int", "time-millis"), "\"12:00:00Z\"", ATS_RULE_TYPE);
}

Test(logical, a_timestamp_has_an_offset_and_a_local_one_has_none)
{
    expect(LOGICAL("long", "timestamp-millis"), "\"1970-01-01T01:00:00.5+01:00\"", "e807");
    expect(LOGICAL("long", "timestamp-millis"), "\"1969-12-31T23:59:59.999Z\"", "01");
    expect(LOGICAL("long", "timestamp-micros"), "\"1970-01-01T00:00:00.000001Z\"", "02");
    expect(LOGICAL("long", "timestamp-nanos"), "\"1970-01-01T00:00:00.000000001Z\"", "02");
    expect(LOGICAL("long", "local-timestamp-millis"), "\"1970-01-01T00:00:00.5\"", "e807");
    expect(LOGICAL("long", "timestamp-millis"), "-1", "01");
    refuse(LOGICAL("long", "timestamp-millis"), "\"1970-01-01T00:00:00.5\"", ATS_RULE_TYPE);
    refuse(LOGICAL("long", "timestamp-millis"), "\"1970-01-01T00:00:00.5.5Z\"", ATS_RULE_TYPE);
    refuse(LOGICAL("long", "local-timestamp-millis"), "\"1970-01-01T00:00:00.5Z\"", ATS_RULE_TYPE);
    refuse(LOGICAL("long", "timestamp-millis"), "\"1970-01-01T00:00:00Z\\u0000\"", ATS_RULE_TYPE);
    refuse(LOGICAL("long", "timestamp-millis"), "\"1970-01-01T00:00:00.Z\"", ATS_RULE_TYPE);
    refuse(LOGICAL("long", "timestamp-millis"), "\"1970-01-01T00:00:00.0005Z\"",
           ATS_RULE_NUMBER_RANGE);
    refuse(LOGICAL("long", "timestamp-nanos"), "\"9999-01-01T00:00:00Z\"", ATS_RULE_NUMBER_RANGE);
}

Test(logical, a_duration_is_months_days_and_milliseconds)
{
    expect(DURATION, "\"P1Y2M10DT2H30M1.5S\"", "0e0000000a0000001c5a8900");
    expect(DURATION, "\"P2W\"", "000000000e00000000000000");
    expect(DURATION, "\"PT0.001S\"", "000000000000000001000000");
    expect(
        DURATION,
        "\"\\u0001\\u0000\\u0000\\u0000\\u0002\\u0000\\u0000\\u0000\\u0003\\u0000\\u0000\\u0000\"",
        "010000000200000003000000");
    refuse(DURATION, "\"P4294967296D\"", ATS_RULE_NUMBER_RANGE);
    refuse(DURATION, "\"P99999999999999999999Y\"", ATS_RULE_NUMBER_RANGE);
    refuse(DURATION, "\"P1D2M\"", ATS_RULE_LENGTH);
    refuse(DURATION, "\"PT\"", ATS_RULE_LENGTH);
    refuse(DURATION, "\"PT1.5M\"", ATS_RULE_LENGTH);
}

Test(logical, one_that_is_unknown_or_misplaced_is_passed_over)
{
    expect(LOGICAL("long", "of-tomorrow"), "5", "0a");
    expect(LOGICAL("int", "timestamp-millis"), "5", "0a");
    expect(LOGICAL("string", "date"), "\"x\"", "0278");
    refuse(LOGICAL("int", "timestamp-millis"), "\"1970-01-01T00:00:00Z\"", ATS_RULE_TYPE);
}

Test(logical, a_union_gives_the_form_to_the_branch_that_has_it)
{
    const char *optional = "[\"null\"," LOGICAL("int", "date") "]";
    expect(optional, "\"1970-01-02\"", "0202");
    expect(optional, "1", "0202");
    expect(optional, "null", "00");
    expect("[" LOGICAL("int", "date") ",\"string\"]", "\"1970-01-02\"", "0214313937302d30312d3032");
    expect("[\"null\"," DECIMAL(4, 2) "]", "12.34", "020404d2");
    expect("[\"int\"," DECIMAL(4, 2) "]", "12", "0018");
    refuse("[\"int\"," DECIMAL(4, 2) "]", "12.34", ATS_RULE_TYPE);
}

Test(logical, a_default_is_written_as_avros_json_has_it)
{
    struct ats_error err = {0};
    struct ats_plan plan =
        plan_of("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"v\",\"type\":" DECIMAL(
            4, 2) ",\"default\":\"12\"}]}");
    cr_assert_eq(plan.root.children[0].default_len, 3);
    cr_assert_eq(memcmp(plan.root.children[0].default_bytes, "\x04\x31\x32", 3), 0);
    ats_plan_fini(&plan);
    cr_assert_eq(
        ats_plan_compile(ats_span_text("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{"
                                       "\"name\":\"v\",\"type\":" LOGICAL(
                                           "int", "date") ",\"default\":\"1970-01-02\"}]}"),
                         "t.avsc", &plan, &err),
        ATS_ERR_CONFIG);
}

Test(logical, a_decimal_of_too_many_digits_is_no_schema)
{
    struct ats_plan plan;
    struct ats_error err = {0};
    cr_assert_eq(ats_plan_compile(ats_span_text("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{"
                                                "\"name\":\"v\",\"type\":" DECIMAL(1001, 2) "}]}"),
                                  "t.avsc", &plan, &err),
                 ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "t.avsc:1: v: a decimal's precision is at most 1000");
}

/* As an Avro library sends it: the leaf alone is the body. */
static bool is_given(const char *type, const char *body, size_t len,
                     struct ats_verdict *ret_verdict)
{
    struct ats_leaf leaf;
    struct ats_plan plan = plan_of_type(type);
    *ret_verdict = (struct ats_verdict){0};
    bool given = ats_plan_decode_given(&plan, ats_span_of(body, len), &leaf, NULL, ret_verdict);
    ats_plan_fini(&plan);
    return given;
}

Test(logical, avro_that_comes_as_avro_is_held_to_the_same_ranges)
{
    struct ats_verdict verdict;
    cr_assert(is_given(LOGICAL("int", "time-millis"), "\xfe\xef\xb2\x52", 4, &verdict));
    cr_assert_not(is_given(LOGICAL("int", "time-millis"), "\x01", 1, &verdict));
    cr_assert_eq(verdict.rule, ATS_RULE_NUMBER_RANGE, "%s", verdict.text);
    cr_assert_str_eq(verdict.path, "v");
    cr_assert(is_given(DECIMAL(2, 0), "\x02\x63", 2, &verdict));
    cr_assert_not(is_given(DECIMAL(2, 0), "\x02\x64", 2, &verdict));
    cr_assert_eq(verdict.rule, ATS_RULE_NUMBER_RANGE, "%s", verdict.text);
    cr_assert_not(is_given("{\"type\":\"array\",\"items\":" DECIMAL(2, 0) "}", "\x02\x02\x64\x00",
                           4, &verdict));
    cr_assert_eq(verdict.rule, ATS_RULE_NUMBER_RANGE, "in a list too: %s", verdict.text);
}
