/* SPDX-License-Identifier: Apache-2.0 */
/* Reads tests/vectors/NAME.json, which Python's cryptography wrote. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include "common/base/span.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>

static inline json_t *vectors_read(const char *name)
{
    char path[512];
    json_error_t error;
    (void)snprintf(path, sizeof(path), "%s/tests/vectors/%s.json", ATS_SOURCE_DIR, name);
    json_t *vectors = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(vectors, "%s: %s", path, error.text);
    return vectors;
}

static inline const char *vectors_text(const json_t *vectors, const char *name)
{
    const char *text = json_string_value(json_object_get(vectors, name));
    cr_assert_not_null(text, "no text '%s'", name);
    return text;
}

/* The bytes behind hexadecimal digits; their number. */
static inline size_t vectors_bytes(const json_t *vectors, const char *name, uint8_t *ret_bytes,
                                   size_t cap)
{
    const char *text = vectors_text(vectors, name);
    size_t len = 0;
    cr_assert_eq(sodium_hex2bin(ret_bytes, cap, text, strlen(text), NULL, &len, NULL), 0, "%s",
                 name);
    return len;
}

static inline uint64_t vectors_number(const json_t *vectors, const char *name)
{
    const json_t *number = json_object_get(vectors, name);
    cr_assert(json_is_integer(number), "no number '%s'", name);
    return (uint64_t)json_integer_value(number);
}

#endif
