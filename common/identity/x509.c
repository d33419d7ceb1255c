/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/x509.h"

#include "common/base/file.h"
#include "common/base/limits.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <time.h>

#define SECOND_MS 1000

static bool time_of(const ASN1_TIME *time, int64_t *ret_ms)
{
    struct tm tm = {0};
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *ret_ms = (int64_t)timegm(&tm) * SECOND_MS;
    return true;
}

/* SubjectPublicKeyInfo says what kind of key it is, and has its parameters: all of it is hashed. */
static bool hash_of(const X509 *certificate, uint8_t ret_hash[ATS_SPKI_HASH_SIZE])
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len <= 0)
        return false;
    (void)crypto_hash_sha256(ret_hash, der, (unsigned long long)(unsigned)len);
    OPENSSL_free(der);
    return true;
}

static bool read_certificate(const X509 *certificate, struct ats_x509 *ret_x509)
{
    struct ats_x509 x509 = {0};
    if (!certificate || !hash_of(certificate, x509.spki) ||
        !time_of(X509_get0_notBefore(certificate), &x509.not_before_ms) ||
        !time_of(X509_get0_notAfter(certificate), &x509.not_after_ms))
        return false;
    x509.not_after_ms += SECOND_MS; /* its last second is inside */
    *ret_x509 = x509;
    return true;
}

bool ats_x509_take(void *certificate, struct ats_x509 *ret_x509)
{
    bool good = read_certificate(certificate, ret_x509);
    X509_free(certificate);
    ERR_clear_error();
    return good;
}

enum ats_status ats_x509_parse(struct ats_span der, struct ats_x509 *ret_x509)
{
    const unsigned char *at = der.data;
    X509 *certificate =
        der.len > 0 && der.len <= ATS_X509_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    bool whole = certificate && at == der.data + der.len;
    bool good = ats_x509_take(certificate, ret_x509);
    return whole && good ? ATS_OK : ATS_ERR_MALFORMED;
}

static X509 *parse_pem(struct ats_span text)
{
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return certificate;
}

enum ats_status ats_x509_read(const char *path, struct ats_x509 *ret_x509, struct ats_error *err)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_X509_MAX);
    enum ats_status status = ats_file_read(path, &text, err);
    if (status == ATS_OK && ats_x509_parse(ats_buf_span(&text), ret_x509) != ATS_OK &&
        (text.len == 0 || !ats_x509_take(parse_pem(ats_buf_span(&text)), ret_x509)))
        status = ats_error_set(err, ATS_ERR_MALFORMED,
                               "%s holds no X.509 certificate in PEM or DER", path);
    ats_buf_fini(&text);
    return status;
}

void ats_spki_id(const uint8_t spki[ATS_SPKI_HASH_SIZE], char ret_id[ATS_KEY_ID_SIZE])
{
    (void)sodium_bin2hex(ret_id, ATS_KEY_ID_SIZE, spki, (ATS_KEY_ID_SIZE - 1) / 2);
}
