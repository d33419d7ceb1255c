/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A status with a sentence for a person. Functions that can fail for a reason worth telling take a
 * `struct ats_error *err` as their last parameter; it may be NULL, and is written only on failure.
 */
#ifndef ATS_BASE_ERROR_H
#define ATS_BASE_ERROR_H

#include "common/base/status.h"

#define ATS_ERROR_TEXT_MAX 512

struct ats_error {
    enum ats_status status;
    char text[ATS_ERROR_TEXT_MAX];
};

/* Writes the text (cut to fit, between characters) and returns `status`, so that a caller can `return ats_error_set(...)`. */
enum ats_status ats_error_set(struct ats_error *err, enum ats_status status, const char *format,
                              ...) ATS_PRINTF(3, 4);
/* Puts "prefix: " before the text that is already there, as in "FILE:12: ...". */
void ats_error_prefix(struct ats_error *err, const char *format, ...) ATS_PRINTF(2, 3);

#endif
