/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of units: one, or two with a newline between. A good one is itself, and what is mapped to another comes back. */
#include "common/contract/ucum.h"
#include "tests/fuzz/support.h"

#include <math.h>

static void check_there_and_back(const struct ats_ucum *from, const struct ats_ucum *to)
{
    struct ats_ucum_map there;
    struct ats_ucum_map back;
    int64_t integer = 0;
    if (ats_ucum_map(from, to, &there) != ATS_OK)
        return;
    FUZZ_CHECK(there.factor > 0 && there.divisor > 0 && isfinite(there.offset));
    double value = ats_ucum_real(&there, 20);
    bool shifted = there.offset < 0 || there.offset > 0;
    if (ats_ucum_map(to, from, &back) == ATS_OK && !shifted)
        FUZZ_CHECK(fabs(ats_ucum_real(&back, value) - 20) < 1e-9);
    if (ats_ucum_integer(&there, 20, &integer) == ATS_OK)
        FUZZ_CHECK(fabs((double)integer - value) <= fabs(value) * 1e-9);
    if (ats_ucum_integer(&there, INT64_MIN, &integer) == ATS_OK)
        FUZZ_CHECK(integer < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = newline ? (size_t)(newline - data) : size;
    struct ats_ucum from;
    struct ats_ucum to;
    struct ats_ucum_map same;
    const char *fault = NULL;
    enum ats_status status = ats_ucum_parse(ats_span_of(data, len), &from, &fault);
    (void)ats_ucum_meant(ats_span_of(data, len));
    FUZZ_CHECK(status == ATS_OK || fault);
    if (status != ATS_OK)
        return 0;
    FUZZ_CHECK(from.numerator > 0 && from.denominator > 0);
    FUZZ_CHECK(from.opaque || (ats_ucum_map(&from, &from, &same) == ATS_OK && same.identity));
    if (newline && ats_ucum_parse(ats_span_of(newline + 1, size - len - 1), &to, &fault) == ATS_OK)
        check_there_and_back(&from, &to);
    return 0;
}
