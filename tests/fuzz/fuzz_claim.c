/* SPDX-License-Identifier: Apache-2.0 */
/* A claim, a token and an answer as a stranger sends them: no crash, one encoding of each, and nothing holds without its key. */
#include "common/control/claim.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Written again with any key, all but the signature is what was read. */
static void check_token(const uint8_t *data, size_t size, const struct ats_key_pair *pair)
{
    struct ats_claim_token token;
    uint8_t again[ATS_DEVICE_CLAIM_TOKEN_MAX];
    size_t len = 0;
    if (ats_claim_token_decode(data, size, &token) != ATS_OK)
        return;
    if (ats_claim_token_verify(&token, pair->public_key))
        abort();
    char key_id[ATS_KEY_ID_SIZE];
    memcpy(key_id, token.key_id, sizeof(key_id));
    if (ats_claim_token_sign(&token, pair, again, sizeof(again), &len) != ATS_OK || len != size)
        abort();
    /* The signer's key id is another now; it has the same length. */
    size_t id_at = 1 + sizeof(token.fleet) + sizeof(token.id) + 4 + strlen(token.signer) + 4;
    memcpy(again + id_at, key_id, sizeof(key_id) - 1);
    if (memcmp(again, data, size - ATS_SIGNATURE_SIZE) != 0)
        abort();
}

static void check_claim(const uint8_t *data, size_t size, const struct ats_key_pair *pair)
{
    struct ats_claim claim;
    uint8_t again[ATS_DEVICE_CLAIM_DATA_MAX];
    size_t len = 0;
    if (ats_claim_decode(data, size, &claim) != ATS_DEVICE_OK)
        return;
    memcpy(claim.key, pair->public_key, sizeof(claim.key));
    if (ats_claim_verify(&claim))
        abort();
    check_token(claim.token, claim.token_len, pair);
    if (ats_claim_sign(&claim, pair->secret_key, again, sizeof(again), &len) != ATS_DEVICE_OK ||
        len != size || memcmp(again, data, size - ATS_SIGNATURE_SIZE - sizeof(claim.key)) != 0)
        abort();
}

static void check_answer(const uint8_t *data, size_t size)
{
    struct ats_device_claim_answer answer;
    uint8_t again[ATS_DEVICE_CLAIM_DATA_MAX];
    size_t len = 0;
    if (ats_device_claim_answer(data, size, &answer) != ATS_DEVICE_OK)
        return;
    if (ats_claim_answer_encode(&answer, again, sizeof(again), &len) != ATS_DEVICE_OK ||
        len != size || memcmp(again, data, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_key_pair pair;
    if (ats_identity_init() != ATS_OK)
        abort();
    if (pair.secret_key[0] == 0)
        ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    check_token(data, size, &pair);
    check_claim(data, size, &pair);
    check_answer(data, size);
    return 0;
}
