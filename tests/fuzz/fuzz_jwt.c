/* SPDX-License-Identifier: Apache-2.0 */
/* A token, as a stranger sends it as password: no crash, and none that holds without the key. */
#include "common/identity/jwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[ATS_PUBLIC_KEY_SIZE] = {2};
    struct ats_span text = ats_span_of(data, size);
    struct ats_jwt jwt;
    if (ats_identity_init() != ATS_OK)
        abort();
    if (ats_jwt_parse(text, &jwt, NULL) != ATS_OK)
        return 0;
    if (jwt.subject[0] == '\0' || jwt.expires_s < 0)
        abort();
    ats_key_id(key, jwt.key_id);
    if (ats_jwt_verify(text, &jwt, key, jwt.not_before_s, 0, NULL) != ATS_ERR_REFUSED)
        abort();
    return 0;
}
