/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/base64.h"

#include <criterion/criterion.h>

static enum ats_status decode(const char *text, uint8_t *bytes, size_t *len)
{
    return ats_base64_decode(ats_span_text(text), bytes, 8, len);
}

Test(base64, decodes_the_vectors_of_rfc_4648)
{
    static const char *const vectors[][2] = {{"", ""},
                                             {"Zg==", "f"},
                                             {"Zm8=", "fo"},
                                             {"Zm9v", "foo"},
                                             {"Zm9vYg==", "foob"},
                                             {"Zm9vYmE=", "fooba"},
                                             {"Zm9vYmFy", "foobar"}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t bytes[8];
        size_t len = 0;
        cr_assert_eq(decode(vectors[i][0], bytes, &len), ATS_OK, "%s", vectors[i][0]);
        cr_assert_eq(len, strlen(vectors[i][1]));
        cr_assert_arr_eq(bytes, vectors[i][1], len);
    }
}

Test(base64, refuses_what_is_not_the_one_text_of_its_bytes)
{
    static const char *const wrong[] = {"Zg",     "Zg=",   "Zh==", "Z",           "Zg==x",
                                        "Zm9v\n", "Zm9v ", "Zm-_", "Zm9vYmFyZm9v"};
    uint8_t bytes[8];
    size_t len = 0;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_assert_eq(decode(wrong[i], bytes, &len), ATS_ERR_INVALID, "%s", wrong[i]);
}

Test(base64, refuses_every_byte_from_0x80_up)
{
    for (int c = 0x80; c < 0x100; c++) {
        uint8_t text[4] = {'Z', 'm', (uint8_t)c, 'v'};
        uint8_t bytes[8];
        size_t len = 0;
        cr_assert_eq(ats_base64_decode(ats_span_of(text, 4), bytes, 8, &len), ATS_ERR_INVALID);
        cr_assert_eq(ats_base64url_decode(ats_span_of(text, 4), bytes, 8, &len), ATS_ERR_INVALID);
    }
}

Test(base64, url_alphabet_has_no_padding)
{
    uint8_t bytes[8];
    size_t len = 0;
    cr_assert_eq(ats_base64url_decode(ats_span_text("-_8"), bytes, 8, &len), ATS_OK);
    cr_assert_eq(len, 2);
    cr_assert_eq(ats_base64url_decode(ats_span_text("-_8="), bytes, 8, &len), ATS_ERR_INVALID);
    cr_assert_eq(ats_base64url_decode(ats_span_text("+/8"), bytes, 8, &len), ATS_ERR_INVALID);
}
