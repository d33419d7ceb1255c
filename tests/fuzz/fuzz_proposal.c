/* SPDX-License-Identifier: Apache-2.0 */
/* A proposal's file, as it is handed from person to person: what is taken are proposals, and written again they are read again. */
#include "cli/proposal.h"

#include "common/control/record.h"
#include "tests/fuzz/input_file.h"

static void check(const struct ats_buf *values, size_t count)
{
    static struct ats_buf again[ATS_PROPOSAL_RECORDS_MAX];
    char path[] = "/tmp/ats-fuzz-proposal-XXXXXX";
    size_t found = 0;
    int fd = mkstemp(path);
    FUZZ_CHECK(fd >= 0 && close(fd) == 0 && unlink(path) == 0);
    FUZZ_CHECK(ats_proposal_write(path, values, count, NULL) == ATS_OK);
    FUZZ_CHECK(ats_proposal_read(path, again, &found, NULL) == ATS_OK && found == count);
    FUZZ_CHECK(unlink(path) == 0);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(ats_proposal_is(ats_buf_span(&values[i])));
        FUZZ_CHECK(ats_span_equal(ats_buf_span(&values[i]), ats_buf_span(&again[i])));
        ats_buf_fini(&again[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_buf values[ATS_PROPOSAL_RECORDS_MAX];
    struct ats_error err = {.text = ""};
    size_t count = 0;
    FUZZ_CHECK(ats_identity_init() == ATS_OK);
    enum ats_status status = ats_proposal_read(fuzz_input_file(data, size), values, &count, &err);
    FUZZ_CHECK(count <= ATS_PROPOSAL_RECORDS_MAX);
    FUZZ_CHECK(status == ATS_OK ? count > 0 : err.text[0] != '\0');
    if (status == ATS_OK)
        check(values, count);
    for (size_t i = 0; i < count; i++)
        ats_buf_fini(&values[i]);
    return 0;
}
