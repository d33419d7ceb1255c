/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/batch.h"

#include "tests/unit/common/contract/support.h"

#define NOW_MS INT64_C(1700000000000)
#define READING(device) "{\"machine\":\"" device "\",\"timestamp\":1699999999000,\"value\":70.5}"

static struct ats_contract *contract;
static struct ats_batch *batch;
static struct ats_buf out;
static struct ats_verdict verdict;

static void setup(void)
{
    contract = compile_folder("machine-temp");
    batch = ats_batch_new();
    ats_buf_init(&out, ATS_RECORD_MAX);
}

static void teardown(void)
{
    ats_batch_free(batch);
    ats_contract_unref(contract);
    ats_buf_fini(&out);
}

TestSuite(batch, .init = setup, .fini = teardown);

static enum ats_status open_text(const char *payload)
{
    struct ats_contract_input input = {
        .payload = ats_span_text(payload), .device = ats_span_text("m1"), .now_ms = NOW_MS};
    return ats_batch_open(batch, contract, &input, &verdict);
}

Test(batch, a_payload_that_is_no_list_is_one_event)
{
    cr_assert_eq(open_text(" " READING("m1")), ATS_OK);
    cr_assert(ats_batch_is_single(batch));
    cr_assert_eq(ats_batch_count(batch), 1);
    cr_assert_eq(ats_batch_admit(batch, 0, &out, &verdict), ATS_OK, "%s", verdict.text);
    cr_assert_eq(open_text("nothing"), ATS_OK, "the event itself is judged when it is admitted");
    cr_assert_eq(ats_batch_admit(batch, 0, &out, &verdict), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_JSON_SYNTAX);
}

Test(batch, each_event_of_a_list_is_judged_for_itself)
{
    struct ats_buf alone;
    ats_buf_init(&alone, ATS_RECORD_MAX);
    cr_assert_eq(open_text("\n[ " READING("m1") " ,\t{\"value\":1}, " READING("m2") ",7]"), ATS_OK);
    cr_assert_not(ats_batch_is_single(batch));
    cr_assert_eq(ats_batch_count(batch), 4);
    cr_assert_eq(ats_batch_admit(batch, 0, &out, &verdict), ATS_OK, "%s", verdict.text);
    cr_assert(ats_span_is(ats_batch_item(batch, 0), READING("m1")), "without the space around it");
    cr_assert(ats_span_is(ats_batch_item(batch, 1), "{\"value\":1}"));
    cr_assert_eq(ats_batch_admit(batch, 1, &alone, &verdict), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_MISSING_FIELD);
    cr_assert_eq(ats_batch_admit(batch, 2, &alone, &verdict), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_DEVICE);
    cr_assert_eq(ats_batch_admit(batch, 3, &alone, &verdict), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_TYPE);
    cr_assert_eq(open_text(READING("m1")), ATS_OK);
    cr_assert_eq(ats_batch_admit(batch, 0, &alone, &verdict), ATS_OK);
    cr_assert(ats_span_equal(ats_buf_span(&alone), ats_buf_span(&out)), "as if it had come alone");
    ats_buf_fini(&alone);
}

Test(batch, a_list_of_one_is_a_list)
{
    cr_assert_eq(open_text("[" READING("m1") "]"), ATS_OK);
    cr_assert_not(ats_batch_is_single(batch));
    cr_assert_eq(ats_batch_count(batch), 1);
}

Test(batch, what_is_malformed_anywhere_has_no_events)
{
    static const struct {
        const char *payload;
        enum ats_rule rule;
    } cases[] = {
        {"[" READING("m1") ",]", ATS_RULE_JSON_SYNTAX},
        {"[" READING("m1") "", ATS_RULE_JSON_SYNTAX},
        {"[" READING("m1") "] x", ATS_RULE_JSON_SYNTAX},
        {"[" READING("m1") ",{\"a\":1,\"a\":2}]", ATS_RULE_JSON_DUPLICATE_KEY},
        {"[" READING("m1") ",\"\xff\"]", ATS_RULE_UTF8},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         ATS_RULE_JSON_DEPTH},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(open_text(cases[i].payload), ATS_ERR_INVALID, "%s", cases[i].payload);
        cr_assert_eq(verdict.rule, cases[i].rule, "%s: %s", cases[i].payload, verdict.text);
        cr_assert_eq(verdict.verdict_class, ATS_VERDICT_MALFORMED);
    }
}

/* JSON as RFC 8259 has it, so not malformed. */
Test(batch, a_list_of_none_or_of_too_many_breaks_the_schema)
{
    char many[3 * ATS_BATCH_ITEMS_MAX + 8] = "[0";
    cr_assert_eq(open_text("[]"), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_BATCH);
    cr_assert_eq(verdict.verdict_class, ATS_VERDICT_SCHEMA);
    for (size_t i = 1; i < ATS_BATCH_ITEMS_MAX; i++)
        (void)strcat(many, ",0");
    (void)strcat(many, "]");
    cr_assert_eq(open_text(many), ATS_OK);
    cr_assert_eq(ats_batch_count(batch), ATS_BATCH_ITEMS_MAX);
    many[strlen(many) - 1] = '\0';
    (void)strcat(many, ",0]");
    cr_assert_eq(open_text(many), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_BATCH);
}

Test(batch, one_event_is_admitted_again_where_the_list_has_so_many)
{
    const struct ats_contract_input input = {
        .payload = ats_span_text("[" READING("m1") "," READING("m1") "]"), .now_ms = NOW_MS};
    cr_assert_eq(ats_batch_admit_again(contract, &input, 1, 2, &out, &verdict), ATS_OK);
    cr_assert_gt(out.len, 0);
    cr_assert_eq(ats_batch_admit_again(contract, &input, 1, 3, &out, &verdict), ATS_ERR_INVALID);
    cr_assert_eq(ats_batch_admit_again(contract, &input, 0, 0, &out, &verdict), ATS_ERR_INVALID);
    const struct ats_contract_input single = {.payload = ats_span_text(READING("m1")),
                                              .now_ms = NOW_MS};
    cr_assert_eq(ats_batch_admit_again(contract, &single, 0, 0, &out, &verdict), ATS_OK);
    cr_assert_eq(ats_batch_admit_again(contract, &single, 0, 1, &out, &verdict), ATS_ERR_INVALID);
}
