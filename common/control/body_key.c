/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point of small order holds signatures that nobody made, and libraries differ in whether they say so; a y that is not below
 * 2^255 - 19 is another text of a smaller one. A point that has a part of small order beside another is refused where a record
 * is judged (common/identity/signature.h): that costs more than reading, and an accepted body is read often.
 */
#include "common/control/body_key.h"

#include <sodium.h>

/* The y of the points of order 1, 2, 4 and 8, little-endian. */
static const uint8_t small_order[][ATS_PUBLIC_KEY_SIZE] = {
    {0},
    {1},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool ats_signing_key_is_good(const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    static const uint8_t p[ATS_PUBLIC_KEY_SIZE] = {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    uint8_t y[ATS_PUBLIC_KEY_SIZE];
    memcpy(y, key, sizeof(y));
    y[sizeof(y) - 1] &= 0x7f; /* the sign of x */
    if (sodium_compare(y, p, sizeof(y)) >= 0)
        return false;
    for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++)
        if (memcmp(y, small_order[i], sizeof(y)) == 0)
            return false;
    return true;
}

bool ats_agreement_key_is_good(const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    static const uint8_t any[ATS_PUBLIC_KEY_SIZE] = {1};
    uint8_t shared[ATS_PUBLIC_KEY_SIZE];
    return crypto_scalarmult(shared, any, key) == 0;
}

void ats_body_get_signing_key(struct ats_body_reader *reader, const char *name,
                              uint8_t ret_key[ATS_PUBLIC_KEY_SIZE])
{
    ats_body_get_fixed(reader, name, ret_key, ATS_PUBLIC_KEY_SIZE);
    if (reader->status == ATS_OK && !ats_signing_key_is_good(ret_key))
        reader->status = ATS_ERR_INVALID;
}

void ats_body_get_agreement_key(struct ats_body_reader *reader, const char *name,
                                uint8_t ret_key[ATS_PUBLIC_KEY_SIZE])
{
    ats_body_get_fixed(reader, name, ret_key, ATS_PUBLIC_KEY_SIZE);
    if (reader->status == ATS_OK && !ats_agreement_key_is_good(ret_key))
        reader->status = ATS_ERR_INVALID;
}
