/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates of devices (RFC 5280). TLS verifies the chain; here only that is read by which a device is known, its public
 * key, and how long the certificate is valid. No name in it is believed, and none is read.
 *
 * Thread: any. OpenSSL's queue of errors is left empty, since the broker's TLS reads it.
 */
#ifndef ATS_IDENTITY_X509_H
#define ATS_IDENTITY_X509_H

#include "common/base/error.h"
#include "common/base/span.h"
#include "common/identity/key.h"

#define ATS_SPKI_HASH_SIZE 32

struct ats_x509 {
    uint8_t spki[ATS_SPKI_HASH_SIZE]; /* SHA-256 of SubjectPublicKeyInfo in DER */
    int64_t not_before_ms;
    int64_t not_after_ms; /* the first moment in which it is no longer valid */
};

/* From DER: one certificate, nothing behind it. MALFORMED. */
ATS_MUST_USE enum ats_status ats_x509_parse(struct ats_span der, struct ats_x509 *ret_x509);
/* From a file: one certificate in PEM, perhaps with others behind it, or in DER. IO, NOT_FOUND, MALFORMED. */
ATS_MUST_USE enum ats_status ats_x509_read(const char *path, struct ats_x509 *ret_x509,
                                           struct ats_error *err);
/* From OpenSSL's own X509, which is freed; false for NULL and one that cannot be read. */
bool ats_x509_take(void *certificate, struct ats_x509 *ret_x509);
/* The key id of such a public key: the first 16 hexadecimal digits of its hash. */
void ats_spki_id(const uint8_t spki[ATS_SPKI_HASH_SIZE], char ret_id[ATS_KEY_ID_SIZE]);

#endif
