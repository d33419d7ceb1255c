/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys: Ed25519 for signatures, X25519 for agreement; PKCS#8 and SPKI PEM files (RFC 8410). A key's id is the
 * first 16 hexadecimal digits of SHA-256 over its 32 public bytes.
 *
 * Thread: any. Secrets: fini zeroes them; a secret file must have mode 0600.
 */
#ifndef ATS_IDENTITY_KEY_H
#define ATS_IDENTITY_KEY_H

#include "common/base/error.h"
#include "common/base/span.h"
#include "device/device.h"

#define ATS_PUBLIC_KEY_SIZE 32
#define ATS_SIGNATURE_SIZE 64
#define ATS_KEY_ID_SIZE ATS_DEVICE_KEY_ID_SIZE

enum ats_key_kind { ATS_KEY_SIGNING, ATS_KEY_AGREEMENT };

struct ats_key_pair {
    enum ats_key_kind kind;
    uint8_t public_key[ATS_PUBLIC_KEY_SIZE];
    uint8_t seed[32];       /* the private key as PKCS#8 holds it */
    uint8_t secret_key[64]; /* signing: as libsodium wants it; agreement: seed in the first half */
};

/* Initialises libsodium; every program calls it once before any other call here. */
ATS_MUST_USE enum ats_status ats_identity_init(void);
void ats_key_pair_generate(struct ats_key_pair *pair, enum ats_key_kind kind);
/* MALFORMED: not one unencrypted PEM key of that kind; REFUSED: group or others may read it. */
ATS_MUST_USE enum ats_status ats_key_pair_read(const char *path, enum ats_key_kind kind,
                                               struct ats_key_pair *ret_pair,
                                               struct ats_error *err);
/* Mode 0600; EXISTS rather than overwrite. */
ATS_MUST_USE enum ats_status ats_key_pair_write(const struct ats_key_pair *pair, const char *path,
                                                struct ats_error *err);
void ats_key_pair_fini(struct ats_key_pair *pair);
ATS_MUST_USE enum ats_status ats_public_key_read(const char *path, enum ats_key_kind kind,
                                                 uint8_t ret_key[ATS_PUBLIC_KEY_SIZE],
                                                 struct ats_error *err);
/* Replaces the file if there is one. */
ATS_MUST_USE enum ats_status ats_public_key_write(const uint8_t key[ATS_PUBLIC_KEY_SIZE],
                                                  enum ats_key_kind kind, const char *path,
                                                  struct ats_error *err);
void ats_key_id(const uint8_t key[ATS_PUBLIC_KEY_SIZE], char ret_id[ATS_KEY_ID_SIZE]);

void ats_sign(const struct ats_key_pair *pair, struct ats_span message,
              uint8_t ret_signature[ATS_SIGNATURE_SIZE]);
bool ats_verify(const uint8_t key[ATS_PUBLIC_KEY_SIZE], struct ats_span message,
                const uint8_t signature[ATS_SIGNATURE_SIZE]);

#endif
