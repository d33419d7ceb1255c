/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of what readers count: records of the control log and what is in them, heartbeats, journal checkpoints. Whether one
 * holds must not depend on the library: libsodium 1.0.18 compares the bytes of R (without the cofactor), later ones ask whether the
 * difference is of small order (with it), and the two part where key or R has a part of small order. So both have none here.
 * A signature costs about 90 us more than ats_verify() where the library multiplies by the cofactor, and nothing where it does not;
 * ats_verify() does for what one reader judges for itself: CONNECT, tokens, publishes.
 *
 * Thread: any. Owns: nothing.
 */
#ifndef ATS_IDENTITY_SIGNATURE_H
#define ATS_IDENTITY_SIGNATURE_H

#include "common/identity/key.h"
#include "device/claim.h"

/* Whether it is the text, the only one, of a point of edwards25519 of prime order. */
bool ats_point_is_good(const uint8_t point[ATS_PUBLIC_KEY_SIZE]);
/* By a key of which ats_point_is_good() is known: one that the log accepted in a body. */
bool ats_signature_verify(const uint8_t key[ATS_PUBLIC_KEY_SIZE], struct ats_span message,
                          const uint8_t signature[ATS_SIGNATURE_SIZE]);
/* The same of a certificate and of the device's signature in a claim; the claim's own key is looked at, too. */
bool ats_signature_verify_certificate(const struct ats_certificate *certificate,
                                      const uint8_t issuer_key[ATS_PUBLIC_KEY_SIZE]);
bool ats_signature_verify_claim(const struct ats_claim *claim);

/* Holds for "cofactor" where a library multiplies by the cofactor, and for no other: a good key, and R with a part of order 8. */
extern const uint8_t ats_odd_key[ATS_PUBLIC_KEY_SIZE];
extern const uint8_t ats_odd_signature[ATS_SIGNATURE_SIZE];

#endif
