/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4648 base64 as libsodium reads it, held to its alphabet. Thread: any. */
#ifndef ATS_BASE_BASE64_H
#define ATS_BASE_BASE64_H

#include "common/base/span.h"
#include "common/base/status.h"

/*
 * Section 4 with padding, and section 5 without. INVALID: a character of no alphabet, wrong padding, spare bits that are not
 * zero, or more than `cap` bytes; so each text that is taken is the only one of its bytes.
 */
ATS_MUST_USE enum ats_status ats_base64_decode(struct ats_span text, uint8_t *ret_bytes, size_t cap,
                                               size_t *ret_len);
ATS_MUST_USE enum ats_status ats_base64url_decode(struct ats_span text, uint8_t *ret_bytes,
                                                  size_t cap, size_t *ret_len);
/* Section 4 with padding, as a text for the caller to free; NULL when out of memory. */
char *ats_base64_encode(struct ats_span bytes);
/* Whether each byte is one of the URL alphabet, and there is one. */
bool ats_is_base64url(struct ats_span text);

#endif
