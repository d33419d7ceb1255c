/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of both kinds of SenML share: a contract with fields of each type, which takes JSON, too, to say what is expected. */
#ifndef ATS_TESTS_SENML_SUPPORT_H
#define ATS_TESTS_SENML_SUPPORT_H

#include "common/contract/batch.h"

#include "tests/unit/common/contract/support.h"

#define NOW_MS INT64_C(1700000000123)

#define OPTIONAL(name, type)                                                                       \
    "{\"name\":\"" name "\",\"type\":[\"null\",\"" type "\"],\"default\":null},"
#define SENML_FIELDS                                                                               \
    OPTIONAL("voltage", "double")                                                                  \
    OPTIONAL("current", "float")                                                                   \
    OPTIONAL("count", "long")                                                                      \
    OPTIONAL("label", "string")                                                                    \
    OPTIONAL("open", "boolean")                                                                    \
    OPTIONAL("raw", "bytes")                                                                       \
    OPTIONAL("total", "double")                                                                    \
    "{\"name\":\"data\",\"type\":{\"type\":\"record\",\"name\":\"D\",\"fields\":[" OPTIONAL(       \
        "temp", "double") "{\"name\":\"n\",\"type\":\"int\",\"default\":1}]},\"default\":{}},"     \
                          "{\"name\":\"t\",\"type\":\"double\"}"
#define SENML_PROPERTIES                                                                           \
    "{name: voltage, customProperties: [{property: unit, value: V}]}, {name: current}, "           \
    "{name: count, customProperties: [{property: unit, value: '%'}]}, {name: label, "              \
    "customProperties: [{property: unit, value: words}]}, "                                        \
    "{name: open}, {name: raw}, {name: total}, {name: t}, "                                        \
    "{name: data, properties: [{name: temp, logicalTypeOptions: {maximum: 80}}, {name: n}]}"
#define SENML_TIME ", eventTime: {field: t, unit: s}"

static struct ats_contract *contract;
static struct ats_batch *batch;
static struct ats_buf out;
static struct ats_buf other;
static struct ats_verdict verdict;

/* The content type of what is tested. */
static const char *senml_type;

static inline void senml_setup(const char *format, const char *settings)
{
    char all[1024];
    (void)snprintf(all, sizeof(all), ", formats: [%s, json]%s%s", format, SENML_TIME, settings);
    if (!batch) {
        batch = ats_batch_new();
        ats_buf_init(&out, ATS_RECORD_MAX);
        ats_buf_init(&other, ATS_RECORD_MAX);
    }
    ats_contract_unref(contract);
    contract = compile_fields("1.0.0", SENML_FIELDS, SENML_PROPERTIES, all);
    senml_type =
        strcmp(format, "senml-cbor") == 0 ? "application/senml+cbor" : "application/senml+json";
}

static inline void senml_teardown(void)
{
    ats_batch_free(batch);
    ats_contract_unref(contract);
    ats_buf_fini(&out);
    ats_buf_fini(&other);
}

static inline enum ats_status open_as(struct ats_span payload, const char *type)
{
    struct ats_contract_input input = {.payload = payload,
                                       .device = ats_span_text("d1"),
                                       .now_ms = NOW_MS,
                                       .content_type = ats_span_text(type)};
    return ats_batch_open(batch, contract, &input, &verdict);
}

/* The rule that refuses the pack as a whole, or NONE. */
static inline enum ats_rule judge_pack(struct ats_span pack)
{
    enum ats_status status = open_as(pack, senml_type);
    cr_assert(status == ATS_OK || status == ATS_ERR_INVALID);
    return status == ATS_OK ? ATS_RULE_NONE : verdict.rule;
}

/* The rule that refuses one event of the open pack, or NONE. */
static inline enum ats_rule judge_event(size_t index)
{
    ats_buf_clear(&out);
    enum ats_status status = ats_batch_admit(batch, index, &out, &verdict);
    cr_assert(status == ATS_OK || status == ATS_ERR_INVALID);
    return status == ATS_OK ? ATS_RULE_NONE : verdict.rule;
}

/* That the pack's events are those that the JSON says, which ends with NULL. */
static inline void assert_events(struct ats_span pack, const char *const *jsons)
{
    size_t count = 0;
    for (; jsons[count]; count++) {
        cr_assert_eq(judge_pack(pack), ATS_RULE_NONE, "%s", verdict.text);
        cr_assert_not(ats_batch_is_single(batch));
        cr_assert_lt(count, ats_batch_count(batch));
        cr_assert_eq(judge_event(count), ATS_RULE_NONE, "event %zu: %s %s", count, verdict.path,
                     verdict.text);
        ats_buf_clear(&other);
        cr_assert_eq(open_as(ats_span_text(jsons[count]), "application/json"), ATS_OK);
        cr_assert_eq(ats_batch_admit(batch, 0, &other, &verdict), ATS_OK, "%s: %s", jsons[count],
                     verdict.text);
        cr_assert(ats_span_equal(ats_buf_span(&out), ats_buf_span(&other)), "event %zu is not %s",
                  count, jsons[count]);
    }
    cr_assert_eq(judge_pack(pack), ATS_RULE_NONE);
    cr_assert_eq(ats_batch_count(batch), count);
}

#endif
