/* SPDX-License-Identifier: Apache-2.0 */
/* Documents: the input is an ODCS text, by itself and for env-sensor's schema, or, if it begins with '{', a schema for its ODCS text. What
   holds is compared with env-sensor. */
#include "common/contract/compare.h"
#include "common/contract/odcs_lint.h"
#include "tests/fuzz/support.h"

static struct ats_findings findings;

static void lint(struct ats_span text)
{
    struct ats_odcs_report report;
    struct ats_error err = {.text = ""};
    if (ats_odcs_lint(text, "f.yaml", &report, &findings, &err) != ATS_OK)
        FUZZ_CHECK(strncmp(err.text, "f.yaml:", 7) == 0 && findings.count > 0);
}

/* What lint finds nothing in compiles, and what does not compile it says why. */
static void lint_both(const struct ats_contract_texts *texts, bool compiles)
{
    struct ats_odcs_report report;
    struct ats_error err = {.text = ""};
    enum ats_status status = ats_contract_texts_lint(texts, &report, &findings, &err);
    FUZZ_CHECK(status != ATS_OK || compiles);
    FUZZ_CHECK((status == ATS_OK) == (findings.count == 0));
}

/* What holds can be compared, if it is of the same contract and not too large. */
static void compare(const struct ats_contract_texts *before, const struct ats_contract_texts *after)
{
    struct ats_comparison comparison;
    struct ats_error err = {.text = ""};
    enum ats_status status = ats_contract_compare(before, after, &comparison, &err);
    FUZZ_CHECK(status == ATS_OK || status == ATS_ERR_LIMIT || strstr(err.text, "two contracts"));
    for (size_t i = 0; status == ATS_OK && i < comparison.count; i++)
        FUZZ_CHECK(comparison.changes[i].part <= comparison.required);
    if (status == ATS_OK)
        ats_comparison_fini(&comparison);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_buf odcs;
    static struct ats_buf avsc;
    struct ats_contract *contract = NULL;
    struct ats_error err = {.text = ""};
    if (!odcs.data) {
        fuzz_read("schemas/contracts/env-sensor/contract.odcs.yaml", &odcs);
        fuzz_read("schemas/contracts/env-sensor/schema.avsc", &avsc);
    }
    lint(ats_span_of(data, size));
    bool schema = size > 0 && data[0] == '{';
    enum ats_status status = ats_contract_compile(
        schema ? ats_buf_span(&odcs) : ats_span_of(data, size), "f.yaml",
        schema ? ats_span_of(data, size) : ats_buf_span(&avsc), "f.avsc", &contract, &err);
    const struct ats_contract_texts after = {
        schema ? ats_buf_span(&odcs) : ats_span_of(data, size), "f.yaml",
        schema ? ats_span_of(data, size) : ats_buf_span(&avsc), "f.avsc"};
    lint_both(&after, status == ATS_OK);
    if (status == ATS_OK) {
        const struct ats_contract_texts before = {ats_buf_span(&odcs), "o.yaml",
                                                  ats_buf_span(&avsc), "o.avsc"};
        ats_contract_unref(contract);
        compare(&before, &after);
        compare(&after, &before);
    } else {
        FUZZ_CHECK(strncmp(err.text, "f.yaml:", 7) == 0 || strncmp(err.text, "f.avsc:", 7) == 0);
    }
    return 0;
}
