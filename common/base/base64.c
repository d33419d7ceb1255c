/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/base64.h"

#include <sodium.h>
#include <stdlib.h>

/* Not left to libsodium: version 1.0.18 takes some bytes from 0x80 up for characters of the alphabet. */
static bool is_ascii(struct ats_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

static enum ats_status decode(struct ats_span text, int variant, uint8_t *ret_bytes, size_t cap,
                              size_t *ret_len)
{
    *ret_len = 0;
    if (text.len == 0)
        return ATS_OK;
    if (!is_ascii(text) || sodium_base642bin(ret_bytes, cap, (const char *)text.data, text.len,
                                             NULL, ret_len, NULL, variant) != 0)
        return ATS_ERR_INVALID;
    return ATS_OK;
}

enum ats_status ats_base64_decode(struct ats_span text, uint8_t *ret_bytes, size_t cap,
                                  size_t *ret_len)
{
    return decode(text, sodium_base64_VARIANT_ORIGINAL, ret_bytes, cap, ret_len);
}

enum ats_status ats_base64url_decode(struct ats_span text, uint8_t *ret_bytes, size_t cap,
                                     size_t *ret_len)
{
    return decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, ret_bytes, cap, ret_len);
}

char *ats_base64_encode(struct ats_span bytes)
{
    size_t size = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    if (text)
        (void)sodium_bin2base64(text, size, bytes.data, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

bool ats_is_base64url(struct ats_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return text.len > 0;
}
