/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a large fleet for measurements alone: whoever knows the seed's text has them all. Thread: any. */
#ifndef ATS_LOAD_SEED_H
#define ATS_LOAD_SEED_H

#include "common/identity/key.h"

#include <sodium.h>
#include <stdio.h>

/* The device's Ed25519 seed: BLAKE2b-256( seed | "/" | name ). */
static inline void load_seed_key(const char *seed, const char *name, uint8_t ret_key[32])
{
    char text[512];
    int len = snprintf(text, sizeof(text), "%s/%s", seed, name);
    size_t used = len > 0 && (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    (void)crypto_generichash(ret_key, 32, (const uint8_t *)text, used, NULL, 0);
}

#endif
