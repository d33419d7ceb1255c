/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts, parted by a NUL, of whoever asks: the answer is the same both ways, and a schema is the same as itself. */
#include "common/record/avro_same.h"
#include "tests/fuzz/support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    struct ats_span a = ats_span_of(data, len);
    struct ats_span b = ats_span_of(data + len + (end ? 1 : 0), size - len - (end ? 1 : 0));
    FUZZ_CHECK(ats_avro_same_type(a, b) == ats_avro_same_type(b, a));
    (void)ats_avro_same_type(a, a);
    return 0;
}
