/* SPDX-License-Identifier: Apache-2.0 */
/* Changing one device: its newest record is read, edited and published as the next. Thread: one. */
#ifndef ATS_CLI_DEVICE_CHANGE_H
#define ATS_CLI_DEVICE_CHANGE_H

#include "cli/command.h"
#include "common/control/body.h"
#include "common/store/store.h"

/* What to change in the body, with the copy of the log for what else it says; a failure ends the command. */
typedef enum ats_status ats_device_edit(void *ctx, const char *name, struct ats_store_view *view,
                                        struct ats_body_device *body, struct ats_error *err);

/* Publishes what the edit makes of the device; nothing if that changes nothing, so that a command may be run again. */
ATS_MUST_USE enum ats_status ats_device_change(const struct ats_cli *cli, const char *name,
                                               ats_device_edit *edit, void *ctx,
                                               struct ats_error *err);
/* REFUSED where the device's state is final, so that nothing about it changes any more. */
ATS_MUST_USE enum ats_status ats_device_check_changes(const char *name,
                                                      const struct ats_body_device *body,
                                                      struct ats_error *err);

#endif
