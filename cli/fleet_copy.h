/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fleet's verified copy of the control log as it lies in the folder: Kafka is not asked. For a command that needs no fleet and
 * says what it can see; one that rests on the answer takes a session (session.h). Thread: one.
 */
#ifndef ATS_CLI_FLEET_COPY_H
#define ATS_CLI_FLEET_COPY_H

#include "cli/command.h"
#include "common/control/registry.h"

struct ats_fleet_copy {
    struct ats_store *store;
    struct ats_registry *registry;
    struct ats_store_view *view;
};

/* Opens the store in the folder, for which one command at a time has the lock; waits so long for another. EXISTS: the other has it
   still. */
ATS_MUST_USE enum ats_status ats_fleet_store_open(const char *folder, int timeout_ms,
                                                  struct ats_store **ret_store,
                                                  struct ats_error *err);
/* NOT_FOUND: the folder has none, or an empty one. EXISTS: another command has it, and had it for ATS_CLI_COPY_TIMEOUT_MS. Others: it cannot be read. The caller closes it,
   also after a failure. */
ATS_MUST_USE enum ats_status ats_fleet_copy_open(const struct ats_cli *cli,
                                                 struct ats_fleet_copy *ret_copy,
                                                 struct ats_error *err);
void ats_fleet_copy_close(struct ats_fleet_copy *copy);

#endif
