/* SPDX-License-Identifier: Apache-2.0 */
/* A payload as a stranger sends it: no crash, one envelope for each proof and payload, and no proof without the key. */
#include "common/identity/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_one_encoding(const struct ats_proof *proof, struct ats_span payload,
                               struct ats_span data)
{
    size_t len = 0;
    uint8_t *memory = malloc(data.len);
    if (!memory || ats_envelope_encode(proof, payload.data, payload.len, memory, data.len, &len) !=
                       ATS_DEVICE_OK)
        abort();
    if (len != data.len || memcmp(memory, data.data, len) != 0)
        abort();
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_proof proof;
    struct ats_device_publish publish = {.topic = "t"};
    if (ats_identity_init() != ATS_OK)
        abort();
    if (ats_envelope_decode(data, size, &proof, &publish.payload, &publish.payload_len) !=
        ATS_DEVICE_OK)
        return 0;
    if (!ats_envelope_begins(data, size) || proof.has_session)
        abort();
    check_one_encoding(&proof, ats_span_of(publish.payload, publish.payload_len),
                       ats_span_of(data, size));
    const uint8_t key[ATS_PUBLIC_KEY_SIZE] = {2};
    if (ats_proof_check(&proof, "d", "g", NULL, key, &publish) != ATS_ERR_REFUSED)
        abort();
    return 0;
}
