/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utf8.h"

size_t ats_utf8_sequence(struct ats_span text)
{
    const uint8_t *p = text.data;
    if (text.len == 0 || p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (text.len < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

size_t ats_utf8_span(struct ats_span text)
{
    size_t at = 0;
    while (at < text.len) {
        size_t len = 1;
        if (text.data[at] >= 0x80)
            len = ats_utf8_sequence(ats_span_of(text.data + at, text.len - at));
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

int ats_utf8_cut(const char *text, size_t max)
{
    size_t len = strnlen(text, max);
    size_t last = len; /* where the last character begins */
    while (last > 0 && len - last < 3 && ((unsigned char)text[last - 1] & 0xc0) == 0x80)
        last--;
    if (last == 0)
        return (int)len;
    last--;
    unsigned char lead = (unsigned char)text[last];
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return (int)(len - last < size ? last : len);
}

size_t ats_utf8_put(uint32_t code_point, uint8_t *ret_bytes)
{
    if (code_point < 0x80) {
        ret_bytes[0] = (uint8_t)code_point;
        return 1;
    }
    size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--) {
        ret_bytes[i] = (uint8_t)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    ret_bytes[0] = (uint8_t)(leads[len] | code_point);
    return len;
}
