/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point P has no part of small order where [L]P is the neutral one, L the order of the group (RFC 8032, section 5.1). That is what
 * crypto_core_ed25519_is_valid_point() is for, but up to 1.0.20 it takes P + (0, -1) for P (CVE-2025-69277), and distributions
 * mend that or not. [L + 1]P = P says the same and is exact in each version; multiplying also refuses what is of small order or in
 * another form.
 */
#include "common/identity/signature.h"

#include <pthread.h>
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

/* ---- whether this library multiplies by the cofactor ---- */

/* Where it does not, a signature that holds has the R that follows from key, message and S, and that has no more parts than the key.
   So R is looked at only where it does: it takes this one, of a good key, with a part of order 8 in R. */
const uint8_t ats_odd_key[ATS_PUBLIC_KEY_SIZE] = {
    0xf9, 0x75, 0xa1, 0xbe, 0xe3, 0x42, 0x7a, 0x3f, 0x2f, 0xf7, 0x92, 0xc5, 0x85, 0x13, 0xcb, 0xcd,
    0x03, 0xe4, 0x10, 0x50, 0xcd, 0x0f, 0x14, 0x33, 0x27, 0x97, 0x98, 0x96, 0x92, 0xaf, 0xb8, 0x75};
const uint8_t ats_odd_signature[ATS_SIGNATURE_SIZE] = {
    0xaa, 0xb8, 0xfb, 0xd1, 0x27, 0x61, 0x2d, 0x48, 0xbb, 0xe1, 0x1c, 0x3c, 0xad, 0xaf, 0xf2, 0x73,
    0xf2, 0x07, 0xbf, 0xb6, 0xa4, 0xcf, 0xf0, 0xf2, 0x57, 0x35, 0x76, 0x31, 0xcb, 0xb0, 0xdd, 0xeb,
    0x9f, 0xa7, 0xe2, 0x42, 0x12, 0x05, 0x14, 0xd6, 0xb6, 0x55, 0x5c, 0xd1, 0xea, 0x59, 0xb7, 0x1d,
    0x28, 0xbe, 0x12, 0xd5, 0x0d, 0xf3, 0x44, 0x2b, 0x06, 0xf9, 0x84, 0x08, 0x2b, 0xac, 0xe5, 0x05};

static bool takes_any_part;

static void ask(void)
{
    takes_any_part = ats_verify(ats_odd_key, ats_span_text("cofactor"), ats_odd_signature);
}

static bool is_r_good(const uint8_t signature[ATS_SIGNATURE_SIZE])
{
    static pthread_once_t asked = PTHREAD_ONCE_INIT;
    (void)pthread_once(&asked, ask);
    return !takes_any_part || ats_point_is_good(signature);
}

bool ats_signature_verify(const uint8_t key[ATS_PUBLIC_KEY_SIZE], struct ats_span message,
                          const uint8_t signature[ATS_SIGNATURE_SIZE])
{
    return ats_verify(key, message, signature) && is_r_good(signature);
}

bool ats_signature_verify_certificate(const struct ats_certificate *certificate,
                                      const uint8_t issuer_key[ATS_PUBLIC_KEY_SIZE])
{
    return ats_certificate_verify(certificate, issuer_key) && is_r_good(certificate->signature);
}

bool ats_signature_verify_claim(const struct ats_claim *claim)
{
    return ats_claim_verify(claim) && ats_point_is_good(claim->key) && is_r_good(claim->signature);
}
