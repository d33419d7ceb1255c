/* SPDX-License-Identifier: Apache-2.0 */
/* A flag that takes a date or a time. Thread: any. */
#ifndef ATS_CLI_ARGUMENT_TIME_H
#define ATS_CLI_ARGUMENT_TIME_H

#include "cli/command.h"

#include <stdint.h>

/* Milliseconds since 1970; 0 where the flag was not given. CONFIG. */
ATS_MUST_USE enum ats_status ats_argument_time(const struct ats_arguments *arguments,
                                               const char *flag, int64_t *ret_ms,
                                               struct ats_error *err);
/* An end that may be taken away: `never` gives 0. `ret_given`: whether the flag was there. CONFIG. */
ATS_MUST_USE enum ats_status ats_argument_end(const struct ats_arguments *arguments,
                                              const char *flag, bool *ret_given, int64_t *ret_ms,
                                              struct ats_error *err);

#endif
