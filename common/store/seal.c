/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals: behind each value stands a tag over its key and itself, so that an entry that was altered on disk, or moved to another
 * key, is found where it is read.
 *
 *   tag = BLAKE2b-128 keyed with K( length of the key as u32, big-endian | key | value )
 *   K   = BLAKE2b-256 keyed with the secret( LABEL )
 *
 * The state behind K is computed once and copied, so that a check costs the hash of key and value alone. A tag says nothing of
 * when: an entry of this store from before holds too. That is for who keeps a count and a chain in the store.
 */
#include "common/store/store_internal.h"

static const uint8_t label[] = "ATTESTREAM-1 store seal";

void ats_store_seal(struct ats_store *store, const uint8_t secret[ATS_STORE_SECRET_SIZE])
{
    uint8_t key[crypto_generichash_KEYBYTES];
    (void)crypto_generichash(key, sizeof(key), label, sizeof(label) - 1, secret,
                             ATS_STORE_SECRET_SIZE);
    (void)crypto_generichash_init(store->seal.keyed, key, sizeof(key), ATS_STORE_TAG_SIZE);
    sodium_memzero(key, sizeof(key));
    store->seal.on = true;
}

void ats_store_tag(const struct ats_store_seal *seal, struct ats_span key, struct ats_span value,
                   uint8_t ret_tag[ATS_STORE_TAG_SIZE])
{
    crypto_generichash_state state = *seal->keyed;
    const uint8_t len[4] = {0, 0, (uint8_t)(key.len >> 8), (uint8_t)key.len};
    (void)crypto_generichash_update(&state, len, sizeof(len));
    (void)crypto_generichash_update(&state, key.data, key.len);
    (void)crypto_generichash_update(&state, value.data, value.len);
    (void)crypto_generichash_final(&state, ret_tag, ATS_STORE_TAG_SIZE);
    sodium_memzero(&state, sizeof(state));
}

enum ats_status ats_store_unseal(struct ats_store_seal *seal, struct ats_span key,
                                 struct ats_span stored, struct ats_span *ret_value)
{
    uint8_t tag[ATS_STORE_TAG_SIZE];
    *ret_value = stored;
    if (!seal->on)
        return ATS_OK;
    if (stored.len >= sizeof(tag)) {
        ret_value->len -= sizeof(tag);
        ats_store_tag(seal, key, *ret_value, tag);
        if (sodium_memcmp(tag, stored.data + ret_value->len, sizeof(tag)) == 0)
            return ATS_OK;
    }
    *ret_value = (struct ats_span){0};
    atomic_fetch_add(&seal->altered, 1);
    return ATS_ERR_CORRUPT;
}

uint64_t ats_store_altered(const struct ats_store *store)
{
    return atomic_load(&store->seal.altered);
}
