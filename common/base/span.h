/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes: a pointer and a length. A span never owns; who lent it says how long it holds. */
#ifndef ATS_BASE_SPAN_H
#define ATS_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ats_span {
    const uint8_t *data;
    size_t len;
};

static inline struct ats_span ats_span_of(const void *data, size_t len)
{
    return (struct ats_span){.data = data, .len = len};
}

static inline struct ats_span ats_span_text(const char *text)
{
    return (struct ats_span){.data = (const uint8_t *)text, .len = text ? strlen(text) : 0};
}

static inline bool ats_span_equal(struct ats_span a, struct ats_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Whether the span holds exactly the bytes of `text`. */
static inline bool ats_span_is(struct ats_span span, const char *text)
{
    return ats_span_equal(span, ats_span_text(text));
}

/* Arguments for "%.*s". */
#define ATS_SPAN_ARGS(span) (int)(span).len, (const char *)(span).data

#endif
