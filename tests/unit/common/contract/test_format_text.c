/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that are one plain value. */
#include "common/contract/batch.h"
#include "common/contract/schema.h"

#include "tests/unit/common/contract/support.h"

#define NOW_MS INT64_C(1700000000123)

static struct ats_contract *contract;
static struct ats_batch *batch;
static struct ats_buf out;
static struct ats_buf other;
static struct ats_verdict verdict;

static void setup(void)
{
    batch = ats_batch_new();
    ats_buf_init(&out, ATS_RECORD_MAX);
    ats_buf_init(&other, ATS_RECORD_MAX);
}

static void teardown(void)
{
    ats_batch_free(batch);
    ats_contract_unref(contract);
    ats_buf_fini(&out);
    ats_buf_fini(&other);
}

TestSuite(format_text, .init = setup, .fini = teardown);

static enum ats_rule admit(const char *payload, size_t len, const char *content_type,
                           const char *device, struct ats_buf *ret_value)
{
    struct ats_contract_input input = {.payload = ats_span_of(payload, len),
                                       .device = ats_span_text(device),
                                       .now_ms = NOW_MS,
                                       .content_type = ats_span_text(content_type)};
    ats_buf_clear(ret_value);
    enum ats_status status = ats_batch_open(batch, contract, &input, &verdict);
    if (status == ATS_OK)
        status = ats_batch_admit(batch, 0, ret_value, &verdict);
    cr_assert(status == ATS_OK || status == ATS_ERR_INVALID);
    return status == ATS_OK ? ATS_RULE_NONE : verdict.rule;
}

static enum ats_rule judge(const char *payload)
{
    return admit(payload, strlen(payload), "text/plain", "d1", &out);
}

/* That the text gives what the JSON does. */
static void assert_like(const char *payload, const char *json)
{
    cr_assert_eq(judge(payload), ATS_RULE_NONE, "%s: %s", payload, verdict.text);
    cr_assert_eq(admit(json, strlen(json), "application/json", "d1", &other), ATS_RULE_NONE,
                 "%s: %s", json, verdict.text);
    cr_assert(ats_span_equal(ats_buf_span(&out), ats_buf_span(&other)), "%s", payload);
}

static void use_type(const char *type)
{
    char field[256];
    (void)snprintf(field, sizeof(field), "{\"name\":\"v\",\"type\":%s}", type);
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", field, "{name: v}", ", formats: [text, json]");
}

Test(format_text, a_number_is_what_json_makes_of_it)
{
    use_type("\"double\"");
    assert_like("21.5", "{\"v\":21.5}");
    assert_like(" -1e3\r\n", "{\"v\":-1e3}");
    use_type("\"float\"");
    assert_like("1.00000005960464477540", "{\"v\":1.00000005960464477540}");
    use_type("\"long\"");
    assert_like("9223372036854775807", "{\"v\":9223372036854775807}");
    assert_like("5.0", "{\"v\":5}");
    use_type("[\"null\",\"int\"]");
    assert_like("-7", "{\"v\":-7}");
}

Test(format_text, what_is_no_such_number_breaks_the_schema)
{
    static const char *const bad[] = {"",      "21,5", "+1", "0x10", "1 2",  "NaN", "Infinity",
                                      "\"5\"", "true", "1.", ".5",   "null", "{}",  "21.5 Cel"};
    use_type("\"double\"");
    for (size_t i = 1; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_eq(judge(bad[i]), ATS_RULE_TYPE, "%s: %s", bad[i], ats_rule_name(verdict.rule));
    cr_assert_eq(judge(bad[0]), ATS_RULE_EMPTY);
    cr_assert_eq(judge("1e999"), ATS_RULE_NUMBER_RANGE);
    use_type("\"int\"");
    cr_assert_eq(judge("2147483648"), ATS_RULE_NUMBER_RANGE);
    cr_assert_eq(judge("1.5"), ATS_RULE_TYPE);
}

Test(format_text, a_boolean_has_six_words)
{
    use_type("\"boolean\"");
    assert_like("true", "{\"v\":true}");
    assert_like("1", "{\"v\":true}");
    assert_like("on\n", "{\"v\":true}");
    assert_like("false", "{\"v\":false}");
    assert_like("0", "{\"v\":false}");
    assert_like(" off", "{\"v\":false}");
    cr_assert_eq(judge("ON"), ATS_RULE_TYPE);
    cr_assert_eq(judge("2"), ATS_RULE_TYPE);
    cr_assert_eq(judge("yes"), ATS_RULE_TYPE);
}

Test(format_text, a_string_is_taken_as_it_is)
{
    use_type("\"string\"");
    assert_like(" a \"b\"\n", "{\"v\":\" a \\\"b\\\"\\n\"}");
    cr_assert_eq(admit("a\0b", 3, "text/plain", "d1", &out), ATS_RULE_NONE);
    cr_assert_eq(judge("a\xff"), ATS_RULE_UTF8);
    use_type("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}");
    assert_like("B", "{\"v\":\"B\"}");
    cr_assert_eq(judge("b"), ATS_RULE_ENUM_SYMBOL);
    cr_assert_eq(judge("B\n"), ATS_RULE_ENUM_SYMBOL);
}

/* Else all JSON of such a contract would have two meanings. */
Test(format_text, what_looks_like_json_is_no_text_where_json_is_taken_too)
{
    use_type("\"string\"");
    cr_assert_eq(judge(" {\"v\":\"x\"}"), ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge("[x"), ATS_RULE_AMBIGUOUS);
    const char *json = "{\"v\":\"x\"}";
    cr_assert_eq(admit(json, strlen(json), "application/json", "d1", &out), ATS_RULE_NONE);
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", "{\"name\":\"v\",\"type\":\"string\"}", "{name: v}",
                              ", format: text");
    cr_assert_eq(judge("{\"v\":\"x\"}"), ATS_RULE_NONE);
}

#define TIMED(type, unit)                                                                          \
    "{\"name\":\"data\",\"type\":{\"type\":\"record\",\"name\":\"D\",\"fields\":["                 \
    "{\"name\":\"v\",\"type\":\"long\"},{\"name\":\"note\",\"type\":\"string\",\"default\":\"n\"}" \
    ",{\"name\":\"t\",\"type\":\"" type "\"}]}},{\"name\":\"device\",\"type\":[\"null\","          \
    "\"string\"],\"default\":null}",                                                               \
        "{name: data, properties: [{name: v}, {name: note}, {name: t}]}, {name: device}",          \
        ", formats: [text, json], deviceField: device, eventTime: {field: data.t, unit: " unit "}"

Test(format_text, device_and_time_are_filled_in)
{
    contract = compile_fields("1.0.0", TIMED("long", "ms"));
    assert_like("5", "{\"data\":{\"v\":5,\"t\":1700000000123},\"device\":\"d1\"}");
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", TIMED("long", "s"));
    assert_like("5", "{\"data\":{\"v\":5,\"t\":1700000000},\"device\":\"d1\"}");
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", TIMED("double", "s"));
    assert_like("5", "{\"data\":{\"v\":5,\"t\":1700000000.123},\"device\":\"d1\"}");
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", TIMED("long", "us"));
    assert_like("5", "{\"data\":{\"v\":5,\"t\":1700000000123000},\"device\":\"d1\"}");
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", TIMED("string", "rfc3339"));
    assert_like("5", "{\"data\":{\"v\":5,\"t\":\"2023-11-14T22:13:20.123Z\"},\"device\":\"d1\"}");
    cr_assert_eq(admit("5", 1, "text/plain", NULL, &out), ATS_RULE_NONE,
                 "an unknown device has the default");
}

Test(format_text, where_the_device_is_not_known_its_field_is_missing)
{
    contract = compile_fields(
        "1.0.0", "{\"name\":\"v\",\"type\":\"int\"},{\"name\":\"d\",\"type\":\"string\"}",
        "{name: v}, {name: d}", ", format: text, deviceField: d");
    cr_assert_eq(judge("1"), ATS_RULE_NONE);
    cr_assert_eq(admit("1", 1, "", NULL, &out), ATS_RULE_MISSING_FIELD);
    cr_assert_str_eq(verdict.path, "d");
}

Test(format_text, the_contracts_rules_hold)
{
    contract = compile_fields("1.0.0", "{\"name\":\"v\",\"type\":\"int\"}",
                              "{name: v, logicalTypeOptions: {maximum: 5}}", ", format: text");
    cr_assert_eq(judge("5"), ATS_RULE_NONE);
    cr_assert_eq(judge("6"), ATS_RULE_RANGE);
}

static void assert_refused(const char *fields, const char *properties, const char *settings,
                           const char *text)
{
    struct ats_error err = {0};
    struct ats_contract *none = NULL;
    cr_assert_eq(try_compile_fields("1.0.0", fields, properties, settings, &none, &err),
                 ATS_ERR_CONFIG, "%s", fields);
    cr_assert(strstr(err.text, text), "%s: %s", fields, err.text);
}

Test(format_text, a_contract_of_another_shape_is_refused)
{
    assert_refused("{\"name\":\"v\",\"type\":\"int\"},{\"name\":\"w\",\"type\":\"int\"}",
                   "{name: v}, {name: w}", ", format: text", "both 'v' and 'w' have no default");
    assert_refused("{\"name\":\"v\",\"type\":\"int\",\"default\":1}", "{name: v}",
                   ", formats: [json, text]", "each field has a default");
    assert_refused("{\"name\":\"v\",\"type\":\"bytes\"}", "{name: v}", ", format: text",
                   "text cannot give 'v'");
    assert_refused("{\"name\":\"v\",\"type\":{\"type\":\"array\",\"items\":\"int\"}}", "{name: v}",
                   ", format: text", "text cannot give 'v'");
    assert_refused("{\"name\":\"v\",\"type\":[\"int\",\"string\"]}", "{name: v}", ", format: text",
                   "text cannot give 'v'");
    assert_refused("{\"name\":\"v\",\"type\":\"long\"}", "{name: v}",
                   ", format: text, eventTime: {field: v, unit: s}", "filled in");
}

Test(format_text, rules_that_only_warn_are_told_as_of_json)
{
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", "{\"name\":\"v\",\"type\":\"double\"}",
                              "{name: v, quality: [{type: custom, engine: attestream, severity: "
                              "warning, implementation: {maximum: 50}}]}",
                              ", formats: [text, json]");
    memset(verdict.warnings, 'x', sizeof(verdict.warnings));
    cr_assert_eq(judge("60"), ATS_RULE_NONE, "%s", verdict.text);
    cr_assert_str_eq(verdict.warnings, "v:range");
    cr_assert_eq(judge("40"), ATS_RULE_NONE, "%s", verdict.text);
    cr_assert_str_eq(verdict.warnings, "");
    cr_assert_eq(verdict.warned, 0);
}
