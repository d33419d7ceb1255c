/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict reader of JSON text (RFC 8259) for the gate's hot path: it walks the text once, value by value, judges every byte that
 * it passes, and allocates nothing. Stricter than the RFC where the RFC leaves it open: no duplicate keys, no lone surrogates, no
 * byte order mark, bounded depth and number of keys.
 *
 * The first fault is sticky: it stays in the reader, and every function answers false from then on. Internal to common/contract.
 * Thread: one at a time. Owns: nothing; the text is borrowed.
 */
#ifndef ATS_CONTRACT_JSON_H
#define ATS_CONTRACT_JSON_H

#include "common/base/buf.h"
#include "common/base/limits.h"
#include "common/contract/verdict.h"

enum ats_json_kind {
    ATS_JSON_NULL,
    ATS_JSON_BOOLEAN,
    ATS_JSON_NUMBER,
    ATS_JSON_STRING,
    ATS_JSON_ARRAY,
    ATS_JSON_OBJECT,
    ATS_JSON_NOTHING, /* no value begins here */
};
#define ATS_JSON_KIND_COUNT ATS_JSON_NOTHING

struct ats_json {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
    int depth;
    enum ats_rule fault;
    const uint8_t *fault_at;
};

void ats_json_init(struct ats_json *json, struct ats_span text);
/* Puts the reader at fault; returns false. */
bool ats_json_fail(struct ats_json *json, enum ats_rule rule);
/* Tells of the reader's fault. */
void ats_json_verdict(const struct ats_json *json, struct ats_verdict *ret_verdict);

/* What begins at the reader's place, by its first byte. */
enum ats_json_kind ats_json_peek(struct ats_json *json);
/* "null", "boolean", ... */
const char *ats_json_kind_name(enum ats_json_kind kind);

bool ats_json_null(struct ats_json *json);
bool ats_json_boolean(struct ats_json *json, bool *ret_value);

/* A string as it stands between its quotes: good UTF-8, and good escapes if it has any. */
struct ats_json_text {
    struct ats_span raw;
    bool escaped;
};
bool ats_json_string(struct ats_json *json, struct ats_json_text *ret_text);
/* Writes the characters of a raw string, escapes resolved, to room for raw.len bytes; the number of bytes. */
size_t ats_json_unescape(struct ats_span raw, uint8_t *ret_bytes);
/* The character of a good escape at `*at` (the backslash); moves behind it. */
uint32_t ats_json_take_escape(const uint8_t **at);

/* A number: (-1)^negative * digits * 10^exponent, if `exact`; else more digits than fit, and only `raw` says all. */
struct ats_json_number {
    struct ats_span raw;
    uint64_t digits;
    int exponent;
    bool negative;
    bool exact;
    bool plain; /* written without fraction and exponent */
};
bool ats_json_number(struct ats_json *json, struct ats_json_number *ret_number);
/* 5, 5.0 and 5e0 are one integer. INVALID: not integral; LIMIT: not in 64 bits. */
enum ats_status ats_json_to_integer(const struct ats_json_number *number, int64_t *ret_value);
/* The nearest double, and the nearest float. LIMIT: not finite, or longer than ATS_JSON_NUMBER_MAX. */
enum ats_status ats_json_to_double(const struct ats_json_number *number, double *ret_value);
enum ats_status ats_json_to_float(const struct ats_json_number *number, float *ret_value);

/*
 * A walk over an object or array:
 *     bool first = true;
 *     if (!ats_json_open(json)) return false;
 *     while (ats_json_more(json, ']', &first)) ...read one value...
 *     return json->fault == ATS_RULE_NONE;
 */
bool ats_json_open(struct ats_json *json);
bool ats_json_more(struct ats_json *json, uint8_t close, bool *first);
/* A member's key and the colon behind it. */
bool ats_json_key(struct ats_json *json, struct ats_json_text *ret_key);
/* That nothing but white space follows. */
bool ats_json_end(struct ats_json *json);

/*
 * The keys of the objects that are open, so that none stands twice; for objects whose keys no schema lists. An object remembers
 * `count` when it begins (its base), adds its keys, and pops back to its base at its end.
 *
 * A hash table over a stack: what is popped was pushed last, so emptying its slot leaves the table as it was before. The payload's
 * sender chooses the keys, so the hash is keyed (SipHash-2-4): nobody finds keys that share a slot without the secret, and
 * the work per payload stays proportional to its length.
 */
#define ATS_JSON_SECRET_SIZE 16
#define ATS_JSON_SLOTS (2 * ATS_JSON_KEYS_MAX) /* a power of two */

struct ats_json_keys {
    const uint8_t *secret; /* ATS_JSON_SECRET_SIZE bytes, borrowed */
    size_t count;
    bool ready; /* `slots` are cleared: not before a payload needs them */
    struct ats_json_entry {
        uint64_t hash;
        uint16_t base;
        uint16_t slot;
        struct ats_json_text text;
    } entries[ATS_JSON_KEYS_MAX];
    uint16_t slots[ATS_JSON_SLOTS]; /* 1 + number of an entry, or 0 */
};
void ats_json_keys_init(struct ats_json_keys *keys, const uint8_t *secret);
bool ats_json_keys_add(struct ats_json_keys *keys, size_t base, struct ats_json *json,
                       struct ats_json_text key);
void ats_json_keys_pop(struct ats_json_keys *keys, size_t base);
/* Passes over one value of any kind, judging it. */
bool ats_json_skip(struct ats_json *json, struct ats_json_keys *keys);
/* Judges a whole text from its beginning. */
bool ats_json_check(struct ats_json *json, struct ats_json_keys *keys);

#endif
