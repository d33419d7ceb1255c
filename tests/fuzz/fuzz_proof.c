/* SPDX-License-Identifier: Apache-2.0 */
/* The proof's text, as a stranger sends it: no crash, one text for each proof, and no proof without the key. */
#include "common/identity/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_proof proof;
    char text[ATS_DEVICE_PROOF_SIZE];
    const struct ats_device_publish publish = {.topic = "t", .payload = data, .payload_len = size};
    if (ats_identity_init() != ATS_OK)
        abort();
    if (ats_proof_parse((const char *)data, size, &proof) != ATS_DEVICE_OK)
        return 0;
    if (ats_proof_format(&proof, text) != ATS_DEVICE_OK || strlen(text) != size ||
        memcmp(text, data, size) != 0)
        abort();
    struct ats_session_keys session = {.key = {1}};
    memcpy(session.id, proof.session_id, sizeof(session.id));
    const uint8_t key[ATS_PUBLIC_KEY_SIZE] = {2};
    if (ats_proof_check(&proof, "d", "g", &session, key, &publish) != ATS_ERR_REFUSED)
        abort();
    return 0;
}
