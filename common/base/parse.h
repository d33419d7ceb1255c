/* SPDX-License-Identifier: Apache-2.0 */
/* Strict numbers and units from text: the whole text or nothing; and what text is read with. Thread: any; the locale does not matter. */
#ifndef ATS_BASE_PARSE_H
#define ATS_BASE_PARSE_H

#include "common/base/span.h"
#include "common/base/status.h"

ATS_MUST_USE enum ats_status ats_parse_int64(const char *text, int64_t *ret_value);
ATS_MUST_USE enum ats_status ats_parse_uint64(struct ats_span text, uint64_t *ret_value);
/* A finite decimal number as C writes it, without hexadecimal, "inf" or "nan". */
ATS_MUST_USE enum ats_status ats_parse_double(const char *text, double *ret_value);
/* The same, rounded to the nearest float. */
ATS_MUST_USE enum ats_status ats_parse_float(const char *text, float *ret_value);
/* 250ms, 10s, 5m, 1h, 7d; milliseconds. */
ATS_MUST_USE enum ats_status ats_parse_duration(const char *text, int64_t *ret_ms);
/* 4096, 64KiB, 16MiB, 2GiB; bytes. */
ATS_MUST_USE enum ats_status ats_parse_size(const char *text, int64_t *ret_bytes);
/* The text without white space at its ends: its first byte that is none, and the end is cut off in place. */
char *ats_text_trim(char *text);
/* The entry of `names` (ends with NULL) with the least edit distance, or NULL if none is near. */
const char *ats_nearest_name(const char *name, const char *const *names);

#endif
