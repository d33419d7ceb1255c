/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings on their way from JSON to Avro. Avro wants a length first, JSON tells it last, so it is inserted where it belongs.
 * A failure is the buffer's status. Internal to common/contract. Thread: one at a time.
 */
#ifndef ATS_CONTRACT_TEXT_H
#define ATS_CONTRACT_TEXT_H

#include "common/contract/json.h"

/* Appends a string as Avro: length and characters, escapes resolved. */
void ats_text_put(struct ats_buf *out, struct ats_json_text text);
/* Appends the characters alone. */
void ats_text_append(struct ats_buf *out, struct ats_json_text text);
/* The characters for a look: in the payload itself, or in the free room of `out` until the next append. */
struct ats_span ats_text_peek(struct ats_buf *out, struct ats_json_text text);
/* From UTF-8 to the bytes that its characters U+0000 to U+00FF stand for, in place from `begin` on; false if one is above. */
bool ats_text_narrow(struct ats_buf *out, size_t begin);
/* Puts a count or length before the bytes that stand from `begin` on. */
void ats_text_insert_count(struct ats_buf *out, size_t begin, int64_t value);

#endif
