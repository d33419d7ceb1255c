/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as RFC 8259 has it, strictly: ats_json_check() judges a whole text; the cursor then walks over text that was judged
 * good, so its functions need not check again. Internal to common/contract. Thread: any; nothing is allocated.
 */
#ifndef ATS_CONTRACT_JSON_H
#define ATS_CONTRACT_JSON_H

#include "common/base/buf.h"
#include "common/contract/verdict.h"

/* ATS_RULE_NONE, or the rule that is broken and the offset of the byte where. */
enum ats_rule ats_json_check(struct ats_span text, size_t *ret_at);

/* A place in checked text. */
struct ats_json {
    const uint8_t *at;
    const uint8_t *end;
};

enum ats_json_type {
    ATS_JSON_NULL,
    ATS_JSON_BOOLEAN,
    ATS_JSON_NUMBER,
    ATS_JSON_STRING,
    ATS_JSON_ARRAY,
    ATS_JSON_OBJECT,
};

const char *ats_json_type_name(enum ats_json_type type);
/* The type of the value at the cursor, after white space. */
enum ats_json_type ats_json_peek(struct ats_json *json);
/* Moves behind the value at the cursor. */
void ats_json_skip(struct ats_json *json);
/* In an object or array: enters (cursor at '{' or '['), then steps to each member; false at the end, cursor behind it. */
void ats_json_enter(struct ats_json *json);
bool ats_json_step(struct ats_json *json);
/* The raw bytes between a string's quotes (escapes as they stand), cursor behind it; whether it has escapes. */
struct ats_span ats_json_raw_string(struct ats_json *json, bool *ret_escaped);
/* Moves over the ':' behind a member's name. */
void ats_json_colon(struct ats_json *json);
/* The raw bytes of a number, cursor behind it. */
struct ats_span ats_json_raw_number(struct ats_json *json);
/* Writes the text of a raw string, escapes resolved, to memory of at least raw.len bytes; the number of bytes. */
size_t ats_json_unescape(struct ats_span raw, uint8_t *ret_text);
/* An integer in any notation that has an exact integral value of at most 64 bits (5, 5.0, 5e0); LIMIT or INVALID. */
enum ats_status ats_json_integer(struct ats_span raw, int64_t *ret_value);
/* The nearest double; LIMIT if it is not finite or the text is longer than ATS_JSON_NUMBER_MAX. */
enum ats_status ats_json_real(struct ats_span raw, double *ret_value);

#endif
