/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and times as the texts of record headers, and back. Written out here because every record needs several of
 * them: printf and the C library's calendar (a lock around the time zone) would cost more than the rest of a record.
 *
 * Thread: any. Owns: nothing; a formatting function fills memory of its caller, adds a NUL and returns the length.
 */
#ifndef ATS_RECORD_TEXT_H
#define ATS_RECORD_TEXT_H

#include "common/base/clock.h"
#include "common/base/span.h"
#include "common/base/status.h"

#define ATS_TEXT_NUMBER_SIZE 32
#define ATS_TEXT_HEX64_SIZE 17

size_t ats_text_decimal(uint64_t value, char ret_text[ATS_TEXT_NUMBER_SIZE]);
/* 16 lower-case digits. */
size_t ats_text_hex64(uint64_t value, char ret_text[ATS_TEXT_HEX64_SIZE]);
/* "2026-11-24T13:32:52.123Z"; a time outside the years 0001 to 9999 is moved to the nearer end. */
size_t ats_text_time(int64_t wall_ms, char ret_text[ATS_RFC3339_SIZE]);

/* MALFORMED for anything but what the functions above write. */
ATS_MUST_USE enum ats_status ats_text_hex64_parse(struct ats_span text, uint64_t *ret_value);
ATS_MUST_USE enum ats_status ats_text_time_parse(struct ats_span text, int64_t *ret_wall_ms);

#endif
