/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict reading of one JSON object: each key is taken by name and type; what was not taken, is missing or does not fit
 * makes ats_body_reader_done() say INVALID. Failure is sticky, so that one check at the end is enough. Internal to
 * common/control. Thread: one at a time. Owns: the reader its JSON value, until done.
 */
#ifndef ATS_CONTROL_BODY_JSON_H
#define ATS_CONTROL_BODY_JSON_H

#include "common/base/buf.h"

#include <jansson.h>

struct ats_body_reader {
    json_t *object; /* NULL after a failed open */
    size_t taken;
    enum ats_status status;
};

/* An object of its own, or one inside another. */
void ats_body_reader_open(struct ats_body_reader *reader, struct ats_span text);
void ats_body_reader_enter(struct ats_body_reader *reader, json_t *object);
/* Frees, and says whether everything held. */
ATS_MUST_USE enum ats_status ats_body_reader_done(struct ats_body_reader *reader);

/* A member that must be there; the reader fails without it. */
json_t *ats_body_get(struct ats_body_reader *reader, const char *key, json_type type);
/* A member that may be missing: NULL. */
json_t *ats_body_find(struct ats_body_reader *reader, const char *key, json_type type);
/* A valid name (ats_control_name_valid), or "" where the member is missing and `optional`. */
void ats_body_get_name(struct ats_body_reader *reader, const char *key, bool optional,
                       char *ret_name);
/* Base64 of exactly `len` bytes. */
void ats_body_get_fixed(struct ats_body_reader *reader, const char *key, uint8_t *ret_bytes,
                        size_t len);
/* Base64 of 1 to `cap` bytes. */
void ats_body_get_bytes(struct ats_body_reader *reader, const char *key, uint8_t *ret_bytes,
                        size_t cap, size_t *ret_len);
/* false where it is missing. */
bool ats_body_find_boolean(struct ats_body_reader *reader, const char *key);
/* Milliseconds since 1970 up to the year 9999; 0 where it is missing. */
int64_t ats_body_find_time(struct ats_body_reader *reader, const char *key);
uint32_t ats_body_get_u31(struct ats_body_reader *reader, const char *key);
/* A copy of a text of at most ATS_DOCUMENT_MAX bytes; NULL after a failure. Owns: the caller. */
char *ats_body_get_document(struct ats_body_reader *reader, const char *key);

/* Sets a member to base64. */
void ats_body_put_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t len);
/* Takes `object`, which may be NULL after a failed allocation, and appends it to `out`. A body with fewer than `members`
   members met a failure on the way. */
ATS_MUST_USE enum ats_status ats_body_write(json_t *object, size_t members, struct ats_buf *out);

#endif
