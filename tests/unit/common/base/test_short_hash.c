/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/short_hash.h"

#include <criterion/criterion.h>

/* The first of the reference implementation's vectors of SipHash-2-4, for a key of 0 to 15. */
Test(short_hash, is_siphash_under_the_key)
{
    uint8_t key[ATS_SHORT_HASH_KEY_SIZE];
    const uint8_t none[] = {0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72};
    const uint8_t zero[] = {0xfd, 0x67, 0xdc, 0x93, 0xc5, 0x39, 0xf8, 0x74};
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    number = ats_short_hash(ats_span_of(key, 0), key);
    cr_assert_eq(memcmp(&number, none, sizeof(none)), 0);
    number = ats_short_hash(ats_span_of(key, 1), key);
    cr_assert_eq(memcmp(&number, zero, sizeof(zero)), 0);
}

Test(short_hash, another_key_gives_another_number)
{
    const uint8_t one[ATS_SHORT_HASH_KEY_SIZE] = {1};
    const uint8_t two[ATS_SHORT_HASH_KEY_SIZE] = {2};
    struct ats_span name = ats_span_text("commands/dev-1");
    cr_assert_neq(ats_short_hash(name, one), ats_short_hash(name, two));
    cr_assert_eq(ats_short_hash(name, one), ats_short_hash(name, one));
}
