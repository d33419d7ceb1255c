/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Thread: any. */
#ifndef ATS_CONTRACT_UTF8_H
#define ATS_CONTRACT_UTF8_H

#include "common/base/span.h"

/* The length of the sequence of two to four bytes at the beginning, or 0 if it is none. */
size_t ats_utf8_sequence(struct ats_span text);
/* How many bytes from the beginning are good: text.len if all are. */
size_t ats_utf8_span(struct ats_span text);
/* Writes one character in one to four bytes; their number. */
size_t ats_utf8_put(uint32_t code_point, uint8_t *ret_bytes);

#endif
