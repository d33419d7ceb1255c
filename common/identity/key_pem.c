/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as PEM files: the one place that uses OpenSSL. Its error queue belongs to the whole thread, and the broker's TLS reads
 * it, so every failure here empties it.
 */
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/identity/key_internal.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define SECRET_MODE 0600
#define PUBLIC_MODE 0644

static int openssl_type(enum ats_key_kind kind)
{
    return kind == ATS_KEY_SIGNING ? EVP_PKEY_ED25519 : EVP_PKEY_X25519;
}

static const char *kind_name(enum ats_key_kind kind)
{
    return kind == ATS_KEY_SIGNING ? "Ed25519" : "X25519";
}

/* OpenSSL asks on the terminal unless it is given somebody to ask. */
static int no_password(char *buf, int size, int for_writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)for_writing;
    (void)ctx;
    return -1;
}

static enum ats_status read_text(const char *path, bool secret, struct ats_buf *text,
                                 struct ats_error *err)
{
    ats_buf_init(text, ATS_KEY_FILE_MAX);
    return secret ? ats_file_read_secret(path, text, err) : ats_file_read(path, text, err);
}

static void free_text(struct ats_buf *text)
{
    if (text->data)
        OPENSSL_cleanse(text->data, text->cap);
    ats_buf_fini(text);
}

/* The key of a PEM text, or NULL; the caller frees it. */
static EVP_PKEY *parse(const struct ats_buf *text, bool secret)
{
    BIO *bio = BIO_new_mem_buf(text->len > 0 ? (const char *)text->data : "", (int)text->len);
    EVP_PKEY *key = NULL;
    if (bio)
        key = secret ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)
                     : PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    return key;
}

/* The 32 raw bytes, private or public, of a key of the right kind. */
static bool raw_bytes(const EVP_PKEY *key, enum ats_key_kind kind, bool secret, uint8_t ret_raw[32])
{
    size_t len = 32;
    if (!key || EVP_PKEY_get_id(key) != openssl_type(kind))
        return false;
    int got = secret ? EVP_PKEY_get_raw_private_key(key, ret_raw, &len)
                     : EVP_PKEY_get_raw_public_key(key, ret_raw, &len);
    return got == 1 && len == 32;
}

static enum ats_status read_raw(const char *path, enum ats_key_kind kind, bool secret,
                                uint8_t ret_raw[32], struct ats_error *err)
{
    struct ats_buf text;
    EVP_PKEY *key = NULL;
    enum ats_status status = read_text(path, secret, &text, err);
    if (status != ATS_OK)
        goto out;
    key = parse(&text, secret);
    if (!raw_bytes(key, kind, secret, ret_raw)) {
        ERR_clear_error();
        status = ats_error_set(err, ATS_ERR_MALFORMED, "%s holds no %s %s key in PEM (%s)", path,
                               secret ? "private" : "public", kind_name(kind),
                               secret ? "PKCS#8, without a password" : "SubjectPublicKeyInfo");
    }
out:
    EVP_PKEY_free(key);
    free_text(&text);
    return status;
}

enum ats_status ats_key_pair_read(const char *path, enum ats_key_kind kind,
                                  struct ats_key_pair *ret_pair, struct ats_error *err)
{
    struct ats_key_pair pair = {.kind = kind};
    enum ats_status status = read_raw(path, kind, true, pair.seed, err);
    if (status == ATS_OK) {
        ats_key_pair_expand(&pair);
        *ret_pair = pair;
    }
    ats_key_pair_fini(&pair);
    return status;
}

enum ats_status ats_public_key_read(const char *path, enum ats_key_kind kind,
                                    uint8_t ret_key[ATS_PUBLIC_KEY_SIZE], struct ats_error *err)
{
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    enum ats_status status = read_raw(path, kind, false, key, err);
    if (status == ATS_OK)
        memcpy(ret_key, key, sizeof(key));
    return status;
}

/* Writes the key as PEM into `bio`. */
static bool format(BIO *bio, const EVP_PKEY *key, bool secret)
{
    if (secret)
        return PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    return PEM_write_bio_PUBKEY(bio, key) == 1;
}

static enum ats_status write_raw(const char *path, enum ats_key_kind kind, bool secret,
                                 const uint8_t raw[32], struct ats_error *err)
{
    enum ats_status status = ATS_ERR_MEMORY;
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    EVP_PKEY *key = secret ? EVP_PKEY_new_raw_private_key(openssl_type(kind), NULL, raw, 32)
                           : EVP_PKEY_new_raw_public_key(openssl_type(kind), NULL, raw, 32);
    if (!bio || !key || !format(bio, key, secret)) {
        ERR_clear_error();
        (void)ats_error_set(err, status, "out of memory for the key of %s", path);
        goto out;
    }
    long len = BIO_get_mem_data(bio, &text);
    struct ats_span span = ats_span_of(text, (size_t)len);
    status = secret ? ats_file_create(path, span, SECRET_MODE, err)
                    : ats_file_write(path, span, PUBLIC_MODE, err);
out:
    EVP_PKEY_free(key);
    BIO_free(bio);
    return status;
}

enum ats_status ats_key_pair_write(const struct ats_key_pair *pair, const char *path,
                                   struct ats_error *err)
{
    return write_raw(path, pair->kind, true, pair->seed, err);
}

enum ats_status ats_public_key_write(const uint8_t key[ATS_PUBLIC_KEY_SIZE], enum ats_key_kind kind,
                                     const char *path, struct ats_error *err)
{
    return write_raw(path, kind, false, key, err);
}
