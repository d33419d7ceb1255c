/* SPDX-License-Identifier: Apache-2.0 */
/* Which format a payload has. */
#include "common/contract/batch.h"

#include "tests/unit/common/contract/support.h"

#define DOUBLE_V "{\"name\":\"v\",\"type\":\"double\"}"

static struct ats_contract *contract;
static struct ats_batch *batch;
static struct ats_buf out;
static struct ats_verdict verdict;

static void setup(void)
{
    batch = ats_batch_new();
    ats_buf_init(&out, ATS_RECORD_MAX);
}

static void teardown(void)
{
    ats_batch_free(batch);
    ats_contract_unref(contract);
    ats_buf_fini(&out);
}

TestSuite(format, .init = setup, .fini = teardown);

/* The rule that the payload breaks under that content type, or NONE. */
static enum ats_rule judge(struct ats_span payload, const char *content_type)
{
    struct ats_contract_input input = {.payload = payload,
                                       .content_type = ats_span_text(content_type)};
    ats_buf_clear(&out);
    enum ats_status status = ats_batch_open(batch, contract, &input, &verdict);
    if (status == ATS_OK)
        status = ats_batch_admit(batch, 0, &out, &verdict);
    cr_assert((status == ATS_OK) == (verdict.rule == ATS_RULE_NONE) || status == ATS_ERR_INVALID);
    return status == ATS_OK ? ATS_RULE_NONE : verdict.rule;
}

Test(format, the_content_type_chooses_one_of_several)
{
    contract = compile_fields("1.0.0", DOUBLE_V, "{name: v}", ", formats: [json, avro]");
    struct ats_span json = ats_span_text("{\"v\": 1.5}");
    struct ats_span avro = ats_span_of("\0\0\0\0\0\0\xf8\x3f", 8);
    static const char *const names[] = {"application/avro", "AVRO/binary",
                                        " avro/binary\t;charset=x", "application/avro;"};
    cr_assert_eq(judge(json, ""), ATS_RULE_NONE, "the first where none is given");
    cr_assert_neq(judge(avro, ""), ATS_RULE_NONE);
    cr_assert_eq(verdict.verdict_class, ATS_VERDICT_MALFORMED);
    cr_assert_eq(judge(json, "application/json; charset=utf-8"), ATS_RULE_NONE);
    cr_assert_eq(judge(json, "application/avro"), ATS_RULE_AVRO_SYNTAX);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_assert_eq(judge(avro, names[i]), ATS_RULE_NONE, "%s", names[i]);
}

Test(format, a_content_type_of_no_format_is_refused_where_there_are_several)
{
    static const char *const names[] = {
        "application/jso", "application/jsonx", "json", ";", " ", "application/vnd.confluent.avro"};
    contract = compile_fields("1.0.0", DOUBLE_V, "{name: v}", ", formats: [json, avro]");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_assert_eq(judge(ats_span_text("{\"v\": 1.5}"), names[i]), ATS_RULE_CONTENT_TYPE, "%s",
                     names[i]);
    cr_assert_eq(verdict.verdict_class, ATS_VERDICT_SCHEMA);
}

Test(format, of_one_format_the_content_type_is_not_looked_at)
{
    contract = compile_fields("1.0.0", DOUBLE_V, "{name: v}", "");
    cr_assert_eq(judge(ats_span_text("{\"v\": 1.5}"), "image/png"), ATS_RULE_NONE);
}

/* Eight characters are a double, too. */
Test(format, what_two_formats_can_read_is_taken_as_neither)
{
    contract = compile_fields("1.0.0", DOUBLE_V, "{name: v}", ", formats: [json, avro]");
    cr_assert_eq(judge(ats_span_text("{\"v\":12}"), "application/json"), ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge(ats_span_text("{\"v\":12}"), "application/avro"), ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge(ats_span_text("{\"v\":1}\n"), ""), ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge(ats_span_text("{\"w\":12}"), "application/avro"), ATS_RULE_NONE,
                 "as JSON it breaks the schema");
    cr_assert_eq(judge(ats_span_text("{\"w\":12}"), "application/json"), ATS_RULE_UNKNOWN_FIELD);
    cr_assert_eq(judge(ats_span_text("{\"v\":120}"), ""), ATS_RULE_NONE, "nine are none");
}

/* Else whoever sits between could have a value pass that the rules keep out. */
Test(format, the_rules_on_values_do_not_make_a_payload_clear)
{
    contract = compile_fields("1.0.0", DOUBLE_V, "{name: v, logicalTypeOptions: {minimum: 100}}",
                              ", formats: [json, avro]");
    cr_assert_eq(judge(ats_span_text("{\"v\":12}"), "application/json"), ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge(ats_span_text("{\"v\":12}"), "application/avro"), ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge(ats_span_text("{\"v\":5}"), "application/json"), ATS_RULE_RANGE);
}

/* Twenty bytes are both fields as Avro, and with four spaces a list of which the second event is one. */
Test(format, of_a_list_one_event_with_two_meanings_is_enough)
{
    contract =
        compile_fields("1.0.0",
                       "{\"name\":\"v\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}},"
                       "{\"name\":\"w\",\"type\":{\"type\":\"fixed\",\"name\":\"G\",\"size\":16},"
                       "\"default\":\"0123456789abcdef\"}",
                       "{name: v}, {name: w}", ", formats: [avro, json]");
    cr_assert_eq(judge(ats_span_text("[1,{\"v\":\"0123\"}]    "), "application/json"),
                 ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge(ats_span_text("[1,{\"v\":\"0123\"}]    "), ""), ATS_RULE_AMBIGUOUS);
    cr_assert_eq(judge(ats_span_text("[1,{\"v\":\"01234\"}]   "), ""), ATS_RULE_NONE);
}

Test(format, what_is_empty_or_too_large_is_that_in_each_format)
{
    static const char *const names[] = {"avro", "avro-confluent", "json"};
    static uint8_t large[ATS_PAYLOAD_MAX + 1];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char setting[64];
        (void)snprintf(setting, sizeof(setting), ", format: %s", names[i]);
        ats_contract_unref(contract);
        contract = compile_fields("1.0.0", DOUBLE_V, "{name: v}", setting);
        cr_assert_eq(judge(ats_span_of("", 0), ""), ATS_RULE_EMPTY, "%s", names[i]);
        cr_assert_eq(judge(ats_span_of(large, sizeof(large)), ""), ATS_RULE_SIZE, "%s", names[i]);
    }
}

static void assert_refused(const char *settings, const char *text)
{
    struct ats_error err = {0};
    struct ats_contract *none = NULL;
    cr_assert_eq(try_compile_fields("1.0.0", DOUBLE_V, "{name: v}", settings, &none, &err),
                 ATS_ERR_CONFIG, "%s", settings);
    cr_assert(strstr(err.text, text), "%s: %s", settings, err.text);
}

Test(format, settings_that_name_no_formats_are_refused)
{
    assert_refused(", format: xml", "c.yaml:11: key 'format': 'xml'");
    assert_refused(", formats: json", "c.yaml:11: key 'formats'");
    assert_refused(", formats: []", "at least one");
    assert_refused(", formats: [json, json]", "'json' stands twice");
    assert_refused(", formats: [json, xml]", "'xml'");
    assert_refused(", format: json, formats: [json]", "one of the two");
}

Test(format, bare_avro_is_told_from_what_has_a_mark)
{
    contract = compile_fields("1.0.0", DOUBLE_V, "{name: v}", ", formats: [json, avro]");
    cr_assert(ats_contract_takes_bare_avro(contract));
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", DOUBLE_V, "{name: v}", ", formats: [json, avro-confluent]");
    cr_assert_not(ats_contract_takes_bare_avro(contract));
}
