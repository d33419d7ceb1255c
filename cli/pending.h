/* SPDX-License-Identifier: Apache-2.0 */
/* Records that `init` made while there was no Kafka: one file each, as the Kafka value, in the order of their numbers. */
#ifndef ATS_CLI_PENDING_H
#define ATS_CLI_PENDING_H

#include "cli/fleet.h"

#define ATS_PENDING_MAX 16

struct ats_pending {
    struct ats_buf values[ATS_PENDING_MAX];
    size_t count;
};

ATS_MUST_USE enum ats_status ats_pending_put(const struct ats_cli *cli, unsigned number,
                                             struct ats_span value, struct ats_error *err);
/* Owns: the caller, also after a failure. */
ATS_MUST_USE enum ats_status
ats_pending_read(const struct ats_cli *cli, struct ats_pending *ret_pending, struct ats_error *err);
void ats_pending_fini(struct ats_pending *pending);
/* Whether some wait. */
bool ats_pending_any(const struct ats_cli *cli);
/* Removes the files, once the records are in the log. */
void ats_pending_remove(const struct ats_cli *cli);

#endif
