/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A proposal: records that one operator has signed and another is to, in a file of JSON:
 *
 *   {"proposal":1,"records":[BASE64, ...]}     each the Kafka value of a record without an approver
 *
 * Nothing in it is secret; a changed one no longer holds. Thread: any.
 */
#ifndef ATS_CLI_PROPOSAL_H
#define ATS_CLI_PROPOSAL_H

#include "common/base/buf.h"
#include "common/base/error.h"

#include <stdbool.h>

bool ats_proposal_is(struct ats_span value);
/* Whether a file can be made there, before keys are made for what it proposes; CONFIG, EXISTS. */
ATS_MUST_USE enum ats_status ats_proposal_check_place(const char *file, struct ats_error *err);
/* EXISTS where the file is there. */
ATS_MUST_USE enum ats_status ats_proposal_write(const char *file, const struct ats_buf *values,
                                                size_t count, struct ats_error *err);
/* Appends to `values` of ATS_PROPOSAL_RECORDS_MAX; the caller frees those that were. CONFIG. */
ATS_MUST_USE enum ats_status ats_proposal_read(const char *file, struct ats_buf *ret_values,
                                               size_t *ret_count, struct ats_error *err);

#endif
