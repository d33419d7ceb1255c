/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Thread: any. */
#ifndef ATS_BASE_UTF8_H
#define ATS_BASE_UTF8_H

#include "common/base/limits.h"
#include "common/base/span.h"

/* The length of the sequence of two to four bytes at the beginning, or 0 if it is none. */
size_t ats_utf8_sequence(struct ats_span text);
/* How many bytes from the beginning are good: text.len if all are. */
size_t ats_utf8_span(struct ats_span text);
/* How much of `text` there is in `max` bytes without half a character at the end; for "%.*s". */
int ats_utf8_cut(const char *text, size_t max);
/* A value quoted in an error: the two arguments of "'%.*s'". */
#define ATS_QUOTE(text) ats_utf8_cut(text, ATS_QUOTE_MAX), text
/* Writes one character in one to four bytes; their number. */
size_t ats_utf8_put(uint32_t code_point, uint8_t *ret_bytes);

#endif
