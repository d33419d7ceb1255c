/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a drafted contract that are still left to a person (common/contract/infer.h). Thread: one. */
#ifndef ATS_CLI_CONTRACT_MARKS_H
#define ATS_CLI_CONTRACT_MARKS_H

#include "common/base/span.h"

#include <jansson.h>

/* A list of {line, text}, perhaps empty; the caller decrefs. NULL when out of memory. */
json_t *ats_marks_find(struct ats_span odcs);
/* One line each on stdout, "FILE:LINE: left to decide: TEXT". */
void ats_marks_print(const char *file, const json_t *marks);

#endif
