/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 keys from PEM files as `attestream` and OpenSSL write them. A device with a secure element has no such file. */
#ifndef ATS_DEVICE_EXAMPLES_KEY_FILE_H
#define ATS_DEVICE_EXAMPLES_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The seed of a private key (PKCS#8). Refuses a file that others may read. False: `ret_why` says why, in a constant text. */
bool example_read_seed(const char *path, uint8_t ret_seed[32], const char **ret_why);
/* A public key (SPKI), for instance a pinned root. */
bool example_read_public_key(const char *path, uint8_t ret_key[32], const char **ret_why);

#endif
