/* SPDX-License-Identifier: Apache-2.0 */
/* A flag that takes a time: as a date, as RFC 3339 writes it, or as how long it is from now. Thread: any. */
#ifndef ATS_CLI_ARGUMENT_TIME_H
#define ATS_CLI_ARGUMENT_TIME_H

#include "cli/command.h"

#include <stdint.h>

/* For the help of each such flag. */
#define ATS_TIME_FORMS "TIME: 2027-12-31, 2027-12-31T23:59:59Z, or 30d (from now)."

/* Milliseconds since 1970; 0 where the flag was not given. CONFIG. */
ATS_MUST_USE enum ats_status ats_argument_time(const struct ats_arguments *arguments,
                                               const char *flag, int64_t *ret_ms,
                                               struct ats_error *err);
/* An end that may be taken away: `never` gives 0. `ret_given`: whether the flag was there. CONFIG. */
ATS_MUST_USE enum ats_status ats_argument_end(const struct ats_arguments *arguments,
                                              const char *flag, bool *ret_given, int64_t *ret_ms,
                                              struct ats_error *err);

#endif
