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

/* U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069: what follows looks like another name. U+00AD, U+200B to U+200D,
   U+2060, U+FEFF: they are not seen at all. */
bool ats_name_misleads(const uint8_t *bytes, size_t len)
{
    if (len == 2)
        return (bytes[0] == 0xD8 && bytes[1] == 0x9C) || (bytes[0] == 0xC2 && bytes[1] == 0xAD);
    if (len != 3)
        return false;
    if (bytes[0] == 0xEF)
        return bytes[1] == 0xBB && bytes[2] == 0xBF;
    if (bytes[0] != 0xE2)
        return false;
    return (bytes[1] == 0x80 && bytes[2] >= 0x8B && bytes[2] <= 0x8F) ||
           (bytes[1] == 0x80 && bytes[2] >= 0xA8 && bytes[2] <= 0xAE) ||
           (bytes[1] == 0x81 && bytes[2] == 0xA0) ||
           (bytes[1] == 0x81 && bytes[2] >= 0xA6 && bytes[2] <= 0xA9);
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
