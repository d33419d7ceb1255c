/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's scope as people write it. Thread: any. */
#ifndef ATS_CLI_OPERATOR_SCOPE_H
#define ATS_CLI_OPERATOR_SCOPE_H

#include "common/base/error.h"
#include "common/base/limits.h"

#include <stdint.h>

#define ATS_OPERATOR_KINDS_SIZE 128

/* "device,gate"; NULL: every kind that an operator may sign. CONFIG. */
ATS_MUST_USE enum ats_status ats_operator_kinds(const char *text, uint32_t *ret_kinds,
                                                struct ats_error *err);
void ats_operator_kinds_text(uint32_t kinds, char ret_text[ATS_OPERATOR_KINDS_SIZE]);
/* "ot", "it", "ot,it"; NULL or "": nobody. CONFIG. */
ATS_MUST_USE enum ats_status ats_operator_owner(const char *text, uint32_t *ret_owner,
                                                struct ats_error *err);
/* A name that is no pattern, so that nobody takes it for one. CONFIG. */
ATS_MUST_USE enum ats_status ats_operator_check_name(const char *name, struct ats_error *err);
/* A shell pattern; NULL: "*". CONFIG. */
ATS_MUST_USE enum ats_status ats_operator_names(const char *text, char ret_names[ATS_NAME_MAX + 1],
                                                struct ats_error *err);

#endif
