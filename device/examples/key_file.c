/* SPDX-License-Identifier: Apache-2.0 */
#include "device/examples/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX 1024 /* an Ed25519 key has some 120 characters */
#define DER_MAX 128

/* An Ed25519 key has one length, and so one encoding: these bytes (RFC 8410), then the key's 32. */
static const uint8_t private_prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                         0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const uint8_t public_prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                        0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

struct form {
    const char *begin;
    const char *end;
    const uint8_t *prefix;
    size_t prefix_len;
    bool secret;
};

static const struct form private_form = {"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
                                         private_prefix, sizeof(private_prefix), true};
static const struct form public_form = {"-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----",
                                        public_prefix, sizeof(public_prefix), false};

static const char *read_text(const char *path, bool secret, char text[PEM_MAX + 1])
{
    struct stat found;
    const char *why = NULL;
    size_t len = 0;
    ssize_t got = 1;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return strerror(errno);
    if (secret && (fstat(file, &found) != 0 || (found.st_mode & 077) != 0))
        why = "others may read it; its mode must be 0600";
    while (!why && got > 0 && len < PEM_MAX) {
        got = read(file, text + len, PEM_MAX - len);
        if (got > 0)
            len += (size_t)got;
    }
    if (!why && got < 0)
        why = strerror(errno);
    text[len] = '\0';
    close(file);
    return why;
}

static const char *decode(const struct form *form, const char *text, uint8_t ret_key[32])
{
    uint8_t der[DER_MAX];
    size_t len = 0;
    const char *begin = strstr(text, form->begin);
    const char *end = begin ? strstr(begin, form->end) : NULL;
    if (!end)
        return form->secret ? "no PEM of a private key" : "no PEM of a public key";
    begin += strlen(form->begin);
    bool good = sodium_base642bin(der, sizeof(der), begin, (size_t)(end - begin), "\r\n", &len,
                                  NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
                len == form->prefix_len + 32 && memcmp(der, form->prefix, form->prefix_len) == 0;
    if (good)
        memcpy(ret_key, der + form->prefix_len, 32);
    sodium_memzero(der, sizeof(der));
    return good ? NULL : "not an Ed25519 key";
}

static bool read_key(const char *path, const struct form *form, uint8_t ret_key[32],
                     const char **ret_why)
{
    char text[PEM_MAX + 1] = "";
    *ret_why = read_text(path, form->secret, text);
    if (!*ret_why)
        *ret_why = decode(form, text, ret_key);
    sodium_memzero(text, sizeof(text));
    return !*ret_why;
}

bool example_read_seed(const char *path, uint8_t ret_seed[32], const char **ret_why)
{
    return read_key(path, &private_form, ret_seed, ret_why);
}

bool example_read_public_key(const char *path, uint8_t ret_key[32], const char **ret_why)
{
    return read_key(path, &public_form, ret_key, ret_why);
}
