/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/key.h"

#include "common/base/limits.h"
#include "common/identity/key_internal.h"

#include <assert.h>
#include <sodium.h>

_Static_assert(ATS_DEVICE_NAME_SIZE == ATS_NAME_MAX + 1, "a device's name is a name");
_Static_assert(ATS_DEVICE_TOPIC_MAX == ATS_TOPIC_MAX, "a device's topic is a topic");

enum ats_status ats_identity_init(void)
{
    return sodium_init() < 0 ? ATS_ERR_INTERNAL : ATS_OK;
}

void ats_key_pair_expand(struct ats_key_pair *pair)
{
    sodium_memzero(pair->secret_key, sizeof(pair->secret_key));
    if (pair->kind == ATS_KEY_SIGNING) {
        (void)crypto_sign_seed_keypair(pair->public_key, pair->secret_key, pair->seed);
    } else {
        memcpy(pair->secret_key, pair->seed, sizeof(pair->seed));
        (void)crypto_scalarmult_base(pair->public_key, pair->seed);
    }
}

void ats_key_pair_generate(struct ats_key_pair *pair, enum ats_key_kind kind)
{
    pair->kind = kind;
    randombytes_buf(pair->seed, sizeof(pair->seed));
    ats_key_pair_expand(pair);
}

void ats_key_pair_fini(struct ats_key_pair *pair)
{
    if (pair)
        sodium_memzero(pair, sizeof(*pair));
}

void ats_key_id(const uint8_t key[ATS_PUBLIC_KEY_SIZE], char ret_id[ATS_KEY_ID_SIZE])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, key, ATS_PUBLIC_KEY_SIZE);
    (void)sodium_bin2hex(ret_id, ATS_KEY_ID_SIZE, hash, (ATS_KEY_ID_SIZE - 1) / 2);
}

void ats_sign(const struct ats_key_pair *pair, struct ats_span message,
              uint8_t ret_signature[ATS_SIGNATURE_SIZE])
{
    assert(pair->kind == ATS_KEY_SIGNING);
    (void)crypto_sign_detached(ret_signature, NULL, message.data, message.len, pair->secret_key);
}

bool ats_verify(const uint8_t key[ATS_PUBLIC_KEY_SIZE], struct ats_span message,
                const uint8_t signature[ATS_SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, message.data, message.len, key) == 0;
}
