/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads whose numbers are in another unit than the contract's fields. */
#include "common/contract/avro.h"
#include "common/contract/batch.h"
#include "common/contract/schema.h"

#include "tests/unit/common/contract/support.h"

#include <math.h>

#define FIELDS                                                                                     \
    "{\"name\":\"temp\",\"type\":\"double\"},"                                                     \
    "{\"name\":\"in\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["                   \
    "{\"name\":\"run\",\"type\":[\"null\",\"long\"]}]}},"                                          \
    "{\"name\":\"low\",\"type\":[\"null\",\"float\"],\"default\":null},"                           \
    "{\"name\":\"steps\",\"type\":\"int\",\"default\":2},"                                         \
    "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":\"double\"},\"default\":[]}"
#define UNIT(code) "customProperties: [{property: unit, value: \"" code "\"}]"
#define PROPERTIES                                                                                 \
    "{name: temp, " UNIT("Cel") ", logicalTypeOptions: {maximum: 100}}, "                          \
                                "{name: in, properties: [{name: run, " UNIT(                       \
                                    "mm") "}]}, "                                                  \
                                          "{name: low, " UNIT("kPa") "}, {name: steps, " UNIT(     \
                                              "s") "}, {name: list}"
#define UNITS ", units: {temp: \"[degF]\", in.run: m, low: mbar, steps: min}"

static struct ats_contract *contract;
static struct ats_contract *plain;
static struct ats_batch *batch;
static struct ats_buf out;
static struct ats_buf other;
static struct ats_verdict verdict;

static void setup(void)
{
    contract = compile_fields("1.0.0", FIELDS, PROPERTIES, UNITS);
    plain = compile_fields("1.0.0", FIELDS, PROPERTIES, "");
    batch = ats_batch_new();
    ats_buf_init(&out, ATS_RECORD_MAX);
    ats_buf_init(&other, ATS_RECORD_MAX);
}

static void teardown(void)
{
    ats_contract_unref(contract);
    ats_contract_unref(plain);
    ats_batch_free(batch);
    ats_buf_fini(&out);
    ats_buf_fini(&other);
}

TestSuite(conversion, .init = setup, .fini = teardown);

static enum ats_rule admit(const struct ats_contract *by, struct ats_span payload,
                           struct ats_buf *ret_value)
{
    struct ats_contract_input input = {.payload = payload, .now_ms = 1700000000000};
    ats_buf_clear(ret_value);
    enum ats_status status = ats_batch_open(batch, by, &input, &verdict);
    if (status == ATS_OK)
        status = ats_batch_admit(batch, 0, ret_value, &verdict);
    cr_assert(status == ATS_OK || status == ATS_ERR_INVALID);
    return status == ATS_OK ? ATS_RULE_NONE : verdict.rule;
}

static enum ats_rule judge(const char *json)
{
    return admit(contract, ats_span_text(json), &out);
}

/* The payload becomes what the other one is without any conversion. */
static void assert_becomes(const char *json, const char *expected)
{
    cr_assert_eq(judge(json), ATS_RULE_NONE, "%s: %s", json, verdict.text);
    cr_assert_eq(admit(plain, ats_span_text(expected), &other), ATS_RULE_NONE, "%s: %s", expected,
                 verdict.text);
    cr_assert(ats_span_equal(ats_buf_span(&out), ats_buf_span(&other)), "%s", json);
}

Test(conversion, numbers_of_json_are_converted_for_their_fields_types)
{
    assert_becomes("{\"temp\":98.6,\"in\":{\"run\":3},\"low\":1013.25,\"steps\":2}",
                   "{\"temp\":37,\"in\":{\"run\":3000},\"low\":101.325,\"steps\":120}");
    assert_becomes("{\"steps\":1.5,\"temp\":32,\"in\":{\"run\":1.25},\"low\":null}",
                   "{\"temp\":0,\"in\":{\"run\":1250},\"low\":null,\"steps\":90}");
}

Test(conversion, defaults_and_values_in_lists_stay)
{
    assert_becomes("{\"temp\":212,\"in\":{\"run\":null},\"list\":[212]}",
                   "{\"temp\":100,\"in\":{\"run\":null},\"list\":[212],\"steps\":2}");
}

Test(conversion, rules_judge_the_converted_value)
{
    cr_assert_eq(judge("{\"temp\":212.5,\"in\":{\"run\":1}}"), ATS_RULE_RANGE);
    cr_assert_str_eq(verdict.path, "temp");
    cr_assert_eq(judge("{\"temp\":150,\"in\":{\"run\":1}}"), ATS_RULE_NONE);
}

Test(conversion, what_does_not_fit_the_type_afterwards_has_a_verdict)
{
    cr_assert_eq(judge("{\"temp\":1,\"in\":{\"run\":0.0001}}"), ATS_RULE_TYPE);
    cr_assert_str_eq(verdict.path, "in.run");
    cr_assert_str_eq(verdict.text,
                     "expected long, found a number with a fraction in mm, converted from m");
    cr_assert_eq(judge("{\"temp\":1,\"in\":{\"run\":9300000000000000}}"), ATS_RULE_NUMBER_RANGE);
    cr_assert_eq(judge("{\"temp\":1,\"in\":{\"run\":1},\"steps\":35791395}"),
                 ATS_RULE_NUMBER_RANGE);
    cr_assert_str_eq(verdict.text, "the number in s, converted from min, does not fit int");
    cr_assert_eq(judge("{\"temp\":1,\"in\":{\"run\":1},\"low\":4e39}"), ATS_RULE_NUMBER_RANGE);
    cr_assert_eq(judge("{\"temp\":1e308,\"in\":{\"run\":1}}"), ATS_RULE_NUMBER_RANGE);
    cr_assert_eq(judge("{\"temp\":\"1\",\"in\":{\"run\":1}}"), ATS_RULE_TYPE);
}

Test(conversion, a_number_in_text_is_converted)
{
    const char *fields = "{\"name\":\"v\",\"type\":\"long\"}";
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", fields, "{name: v, " UNIT("mm") "}",
                              ", format: text, units: {v: m}");
    cr_assert_eq(judge(" 1.5 "), ATS_RULE_NONE);
    cr_assert_eq(out.data[ATS_FRAMING_SIZE], 0xb8); /* 1500, doubled: 0xbb8 */
    cr_assert_eq(judge("0.00001"), ATS_RULE_TYPE);
}

static void put_body(struct ats_buf *body, double temp, int64_t run, float low, int64_t steps)
{
    ats_avro_put_double(body, temp);
    ats_avro_put_long(body, 1);
    ats_avro_put_long(body, run);
    ats_avro_put_long(body, 1);
    ats_avro_put_float(body, low);
    ats_avro_put_long(body, steps);
    ats_avro_put_long(body, 1);
    ats_avro_put_double(body, 212);
    ats_avro_put_long(body, 0);
}

Test(conversion, values_in_avro_are_converted_in_their_places)
{
    struct ats_buf body;
    ats_buf_init(&body, 1000);
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", FIELDS, PROPERTIES, ", format: avro" UNITS);
    put_body(&body, 98.6, -3, 2048, 2);
    cr_assert_eq(admit(contract, ats_buf_span(&body), &out), ATS_RULE_NONE, "%s", verdict.text);
    ats_buf_clear(&body);
    ats_framing_put(&body, ats_contract_schema_id(contract));
    put_body(&body, 37, -3000, (float)204.8, 120);
    cr_assert(ats_span_equal(ats_buf_span(&out), ats_buf_span(&body)));
    ats_buf_clear(&body);
    put_body(&body, 1, INT64_MAX, 1, 2);
    cr_assert_eq(admit(contract, ats_buf_span(&body), &out), ATS_RULE_NUMBER_RANGE);
    ats_buf_clear(&body);
    put_body(&body, (double)NAN, 1, 1, 2);
    cr_assert_eq(admit(contract, ats_buf_span(&body), &out), ATS_RULE_NUMBER_RANGE);
    cr_assert_str_eq(verdict.text, "not a number, or infinite");
    ats_buf_fini(&body);
}

Test(conversion, senml_without_a_unit_is_in_the_declared_one_and_with_one_in_that)
{
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", "{\"name\":\"temp\",\"type\":\"double\"}",
                              "{name: temp, " UNIT("Cel") "}",
                              ", format: senml-json, units: {temp: \"[degF]\"}");
    const char *const packs[] = {"[{\"n\":\"d:temp\",\"v\":212}]",
                                 "[{\"n\":\"d:temp\",\"v\":100,\"u\":\"Cel\"}]",
                                 "[{\"n\":\"d:temp\",\"v\":373.15,\"u\":\"K\"}]",
                                 "[{\"n\":\"d:temp\",\"v\":212,\"u\":\"[degF]\"}]"};
    ats_framing_put(&other, ats_contract_schema_id(contract));
    ats_avro_put_double(&other, 100);
    for (size_t i = 0; i < sizeof(packs) / sizeof(packs[0]); i++) {
        cr_assert_eq(admit(contract, ats_span_text(packs[i]), &out), ATS_RULE_NONE, "%s: %s",
                     packs[i], verdict.text);
        cr_assert(ats_span_equal(ats_buf_span(&out), ats_buf_span(&other)), "%s", packs[i]);
    }
}

Test(conversion, a_declaration_that_cannot_be_kept_is_refused)
{
    const struct {
        const char *units;
        const char *text;
    } cases[] = {
        {"{temp: kPa}", "c.yaml:11: key 'temp': 'kPa' cannot be converted to the field's 'Cel': "
                        "they do not measure the same"},
        {"{temp: degF}", "c.yaml:11: key 'temp': 'degF' is no code of UCUM (did you mean "
                         "'[degF]'?)"},
        {"{temp: Cel}",
         "c.yaml:11: key 'temp': the field is in 'Cel' itself: nothing is converted"},
        {"{nothing: Cel}", "c.yaml:11: key 'nothing': the Avro schema has no single value "
                           "'nothing'"},
        {"{in.run: ym}", NULL},
        {"{low: 'm m'}",
         "c.yaml:11: key 'low': 'm m' is no code of UCUM: it has characters that no "
         "unit of UCUM has (allowed: a code such as Cel, km/h, [psi])"},
        {"[temp]", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char settings[200];
        struct ats_contract *none = NULL;
        struct ats_error err = {0};
        (void)snprintf(settings, sizeof(settings), ", units: %s", cases[i].units);
        enum ats_status status =
            try_compile_fields("1.0.0", FIELDS, PROPERTIES, settings, &none, &err);
        if (strcmp(cases[i].units, "{in.run: ym}") == 0) {
            cr_assert_eq(status, ATS_OK, "%s", err.text);
            ats_contract_unref(none);
            continue;
        }
        cr_assert_eq(status, ATS_ERR_CONFIG, "%s", cases[i].units);
        if (cases[i].text)
            cr_assert_str_eq(err.text, cases[i].text);
    }
}
