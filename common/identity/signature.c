/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point P has no part of small order where [L]P is the neutral one, L the order of the group (RFC 8032, section 5.1). That is what
 * crypto_core_ed25519_is_valid_point() is for, but up to 1.0.20 it takes P + (0, -1) for P (CVE-2025-69277), and distributions
 * mend that or not. [L + 1]P = P says the same and is exact in each version; multiplying also refuses what is of small order or in
 * another form.
 */
#include "common/identity/signature.h"

#include <sodium.h>
#include <string.h>

/* L + 1, little-endian. */
static const uint8_t order_and_one[crypto_scalarmult_ed25519_SCALARBYTES] = {
    0xee, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

bool ats_point_is_good(const uint8_t point[ATS_PUBLIC_KEY_SIZE])
{
    uint8_t same[crypto_scalarmult_ed25519_BYTES];
    return crypto_scalarmult_ed25519_noclamp(same, order_and_one, point) == 0 &&
           memcmp(same, point, sizeof(same)) == 0;
}

bool ats_signature_verify(const uint8_t key[ATS_PUBLIC_KEY_SIZE], struct ats_span message,
                          const uint8_t signature[ATS_SIGNATURE_SIZE])
{
    return ats_verify(key, message, signature) && ats_point_is_good(signature);
}

bool ats_signature_verify_certificate(const struct ats_certificate *certificate,
                                      const uint8_t issuer_key[ATS_PUBLIC_KEY_SIZE])
{
    return ats_certificate_verify(certificate, issuer_key) &&
           ats_point_is_good(certificate->signature);
}

bool ats_signature_verify_claim(const struct ats_claim *claim)
{
    return ats_claim_verify(claim) && ats_point_is_good(claim->signature) &&
           ats_point_is_good(claim->key);
}
