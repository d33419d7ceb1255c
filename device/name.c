/* SPDX-License-Identifier: Apache-2.0 */
#include "device/name.h"

#include "device/device.h"

#include <stdint.h>

/* The legal pairs of first and second byte of a character beyond ASCII (RFC 3629), less the control characters U+0080 to
   U+009F; any later byte is 0x80 to 0xBF. */
static const struct {
    uint8_t first_min, first_max;
    uint8_t second_min, second_max;
    uint8_t len;
} characters[] = {
    {0xC2, 0xC2, 0xA0, 0xBF, 2}, {0xC3, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static bool later_bytes_valid(const uint8_t *bytes, size_t len)
{
    for (size_t i = 2; i < len; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xBF)
            return false;
    return true;
}

/* Length of the printable character that starts here; 0 if there is none. */
static size_t character_len(const uint8_t *bytes, size_t left)
{
    if (bytes[0] < 0x80)
        return bytes[0] >= 0x20 && bytes[0] != 0x7F ? 1 : 0;
    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
        if (bytes[0] < characters[i].first_min || bytes[0] > characters[i].first_max)
            continue;
        bool valid = left >= characters[i].len && bytes[1] >= characters[i].second_min &&
                     bytes[1] <= characters[i].second_max &&
                     later_bytes_valid(bytes, characters[i].len);
        return valid ? characters[i].len : 0;
    }
    return 0;
}

/* What no name has beside control characters: the property Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 15.0);
   all of category Zs but U+0020, Zl, Zp (UnicodeData.txt); private use and noncharacters, which mean nothing to a reader; and three
   that show nothing: U+2800, a Braille cell without dots, U+FFF9 to U+FFFB, marks of annotation, U+1D159, a note without a head.
   A later Unicode changes none of it: all readers of one log go by this list. It has 200 bytes. */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0xA0, 0xA0},        {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
    {0x115F, 0x1160},    {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
    {0x2000, 0x200F},    {0x2028, 0x202F},   {0x205F, 0x206F},   {0x2800, 0x2800},
    {0x3000, 0x3000},    {0x3164, 0x3164},   {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},
    {0xFE00, 0xFE0F},    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
    {0x1BCA0, 0x1BCA3},  {0x1D159, 0x1D159}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    {0xF0000, 0x10FFFF},
};

static uint32_t code_point(const uint8_t *bytes, size_t len)
{
    uint32_t point = len == 1 ? bytes[0] : bytes[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++)
        point = point << 6 | (bytes[i] & 0x3FU);
    return point;
}

bool ats_name_misleads(const uint8_t *bytes, size_t len)
{
    uint32_t point = code_point(bytes, len);
    if ((point & 0xFFFE) == 0xFFFE)
        return true;
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]) && unseen[i].first <= point; i++)
        if (point <= unseen[i].last)
            return true;
    return false;
}

bool ats_name_valid(const char *name, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)name;
    if (len == 0 || len >= ATS_DEVICE_NAME_SIZE || name[0] == ' ' || name[len - 1] == ' ')
        return false;
    for (size_t at = 0; at < len;) {
        size_t step = character_len(bytes + at, len - at);
        if (step == 0 || ats_name_misleads(bytes + at, step))
            return false;
        at += step;
    }
    return true;
}

bool ats_key_id_valid(const char *id, size_t len)
{
    if (len != ATS_DEVICE_KEY_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!((id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f')))
            return false;
    return true;
}
