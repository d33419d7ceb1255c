/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that a contract is drafted from: what is drafted compiles, but for the limits of a contract, and takes its samples. */
#include "common/contract/infer.h"
#include "tests/fuzz/support.h"

static void check_samples(const struct ats_infer *infer, const struct ats_contract *contract)
{
    struct ats_buf out;
    ats_buf_init(&out, ATS_RECORD_MAX);
    for (size_t i = 0; i < ats_infer_sample_count(infer); i++) {
        struct ats_verdict verdict;
        const struct ats_contract_input input = {.payload = ats_infer_sample(infer, i)};
        ats_buf_clear(&out);
        if (ats_contract_admit(contract, &input, &out, &verdict) != ATS_OK)
            FUZZ_CHECK(verdict.rule != ATS_RULE_RANGE && verdict.rule != ATS_RULE_MISSING_FIELD &&
                       verdict.rule != ATS_RULE_UNKNOWN_FIELD && verdict.rule != ATS_RULE_TYPE);
    }
    ats_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const topic[] = {"a/{device}"};
    const struct ats_infer_options options = {.name = "f", .topics = topic, .topic_count = 1};
    struct ats_infer *infer = NULL;
    struct ats_contract *contract = NULL;
    struct ats_error err = {.text = ""};
    struct ats_buf odcs;
    struct ats_buf avsc;
    ats_buf_init(&odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&avsc, ATS_DOCUMENT_MAX);
    FUZZ_CHECK(ats_infer_new(&infer, &err) == ATS_OK);
    ats_infer_begin(infer, "f");
    enum ats_status status = ats_infer_push(infer, ats_span_of(data, size), &err);
    if (status == ATS_OK)
        status = ats_infer_end(infer, &err);
    if (status == ATS_OK)
        status = ats_infer_draft(infer, &options, &odcs, &avsc, &err);
    if (status == ATS_OK && ats_contract_compile(ats_buf_span(&odcs), "odcs", ats_buf_span(&avsc),
                                                 "avsc", &contract, &err) == ATS_OK)
        check_samples(infer, contract);
    else if (status == ATS_OK)
        FUZZ_CHECK(strncmp(err.text, "avsc:", 5) == 0); /* too large; never a word of ODCS */
    ats_contract_unref(contract);
    ats_infer_free(infer);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
    return 0;
}
