/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer with a maximum. After a failed append (out of memory, or past the maximum)
 * `status` stays set and further appends do nothing, so that one check at the end is enough.
 *
 * Owns: its bytes; ats_buf_fini() frees them. Thread: one at a time.
 */
#ifndef ATS_BASE_BUF_H
#define ATS_BASE_BUF_H

#include "common/base/span.h"
#include "common/base/status.h"

struct ats_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;
    enum ats_status status;
};

/* An empty buffer that may grow to `max` bytes; allocates nothing yet. */
void ats_buf_init(struct ats_buf *buf, size_t max);
void ats_buf_fini(struct ats_buf *buf);
/* Forgets contents and status, keeps the memory. */
void ats_buf_clear(struct ats_buf *buf);
/* Makes room for `more` bytes behind `len`: NULL when it cannot. The caller writes there, then adds to `len`. */
uint8_t *ats_buf_reserve(struct ats_buf *buf, size_t more);
/* The same where the room is there already, else NULL, and nothing has changed: for who writes often and little. */
static inline uint8_t *ats_buf_room(const struct ats_buf *buf, size_t more)
{
    size_t cap = buf->cap < buf->max ? buf->cap : buf->max;
    return buf->status == ATS_OK && buf->len < cap && cap - buf->len >= more ? buf->data + buf->len
                                                                             : NULL;
}
void ats_buf_append(struct ats_buf *buf, const void *data, size_t len);
void ats_buf_append_byte(struct ats_buf *buf, uint8_t byte);
void ats_buf_append_text(struct ats_buf *buf, const char *text);
void ats_buf_printf(struct ats_buf *buf, const char *format, ...) ATS_PRINTF(2, 3);
/* The contents as a NUL-terminated string (the NUL is not counted in `len`); NULL when there is no room. */
const char *ats_buf_text(struct ats_buf *buf);

static inline struct ats_span ats_buf_span(const struct ats_buf *buf)
{
    return ats_span_of(buf->data, buf->len);
}

#endif
