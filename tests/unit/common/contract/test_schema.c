/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/schema.h"

#include <criterion/criterion.h>

Test(schema, id_is_the_first_31_bits_of_sha256)
{
    /* SHA-256("abc") begins with ba7816bf (FIPS 180-2). */
    cr_assert_eq(ats_schema_id(ats_span_text("abc")), 0xba7816bfu >> 1);
    cr_assert_eq(ats_schema_id(ats_span_of(NULL, 0)), 0xe3b0c442u >> 1);
}

Test(schema, framing_is_read_back)
{
    struct ats_buf buf;
    uint32_t id = 0;
    struct ats_span body;
    ats_buf_init(&buf, 100);
    ats_framing_put(&buf, 0x01020304);
    ats_buf_append_text(&buf, "body");
    cr_assert_eq(memcmp(buf.data, "\0\1\2\3\4body", 9), 0);
    cr_assert_eq(ats_framing_get(ats_buf_span(&buf), &id, &body), ATS_OK);
    cr_assert_eq(id, 0x01020304);
    cr_assert(ats_span_is(body, "body"));
    ats_buf_fini(&buf);
}

Test(schema, framing_of_other_values_is_malformed)
{
    uint32_t id = 0;
    struct ats_span body;
    cr_assert_eq(ats_framing_get(ats_span_of("\0\1\2\3", 4), &id, &body), ATS_ERR_MALFORMED);
    cr_assert_eq(ats_framing_get(ats_span_of("{\"a\":1}", 7), &id, &body), ATS_ERR_MALFORMED);
    cr_assert_eq(ats_framing_get(ats_span_of(NULL, 0), &id, &body), ATS_ERR_MALFORMED);
}
