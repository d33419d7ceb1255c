/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's token: JWS compact serialisation (RFC 7515) with EdDSA over Ed25519 (RFC 8037) and the claims of RFC
 * 7519. Only `alg` EdDSA; `kid` names the registry's key; `sub` is the device; headers that bring keys of
 * their own (jwk, jku, x5u, x5c) or `crit` are refused. Thread: any.
 */
#ifndef ATS_IDENTITY_JWT_H
#define ATS_IDENTITY_JWT_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/identity/key.h"

#define ATS_JWT_MAX 2048

struct ats_jwt {
    char key_id[ATS_KEY_ID_SIZE];
    char subject[ATS_NAME_MAX + 1];
    char audience[ATS_NAME_MAX + 1]; /* "" if absent; one audience only */
    int64_t issued_s;                /* 0 if absent */
    int64_t not_before_s;            /* 0 if absent */
    int64_t expires_s;               /* required */
    char token_id[ATS_NAME_MAX + 1]; /* `jti`; "" if absent */
};

/* Reads header and claims without trusting them, so that the key can be looked up. MALFORMED or INVALID. */
ATS_MUST_USE enum ats_status ats_jwt_parse(struct ats_span text, struct ats_jwt *ret_jwt,
                                           struct ats_error *err);
/* Whether the signature holds and the times fit `now_s`: REFUSED otherwise. `leeway_s` is how far the issuer's clock may be ahead
   (`nbf`, `iat`); it adds nothing to a token's life. */
ATS_MUST_USE enum ats_status ats_jwt_verify(struct ats_span text, const struct ats_jwt *jwt,
                                            const uint8_t key[ATS_PUBLIC_KEY_SIZE], int64_t now_s,
                                            int64_t leeway_s, struct ats_error *err);
/* Makes a token; `jwt`'s key id is taken from the key. */
ATS_MUST_USE enum ats_status ats_jwt_make(const struct ats_jwt *jwt,
                                          const struct ats_key_pair *pair, struct ats_buf *ret_text,
                                          struct ats_error *err);

#endif
