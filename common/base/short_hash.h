/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number for some bytes, for tables that strangers may fill: under a key that they do not know, so that they cannot choose bytes of
 * one number. It proves nothing. Thread: any.
 */
#ifndef ATS_BASE_SHORT_HASH_H
#define ATS_BASE_SHORT_HASH_H

#include "common/base/span.h"

#include <sodium.h>

#define ATS_SHORT_HASH_KEY_SIZE crypto_shorthash_KEYBYTES

static inline uint64_t ats_short_hash(struct ats_span bytes,
                                      const uint8_t key[ATS_SHORT_HASH_KEY_SIZE])
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t number;
    (void)crypto_shorthash(out, bytes.data, bytes.len, key);
    memcpy(&number, out, sizeof(number));
    return number;
}

#endif
