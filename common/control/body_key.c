/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/body_key.h"

#include <sodium.h>

bool ats_agreement_key_is_good(const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    static const uint8_t any[ATS_PUBLIC_KEY_SIZE] = {1};
    uint8_t shared[ATS_PUBLIC_KEY_SIZE];
    return crypto_scalarmult(shared, any, key) == 0;
}

void ats_body_get_agreement_key(struct ats_body_reader *reader, const char *name,
                                uint8_t ret_key[ATS_PUBLIC_KEY_SIZE])
{
    ats_body_get_fixed(reader, name, ret_key, ATS_PUBLIC_KEY_SIZE);
    if (reader->status == ATS_OK && !ats_agreement_key_is_good(ret_key))
        reader->status = ATS_ERR_INVALID;
}
