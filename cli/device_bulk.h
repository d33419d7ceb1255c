/* SPDX-License-Identifier: Apache-2.0 */
/* One act on many devices: in groups, as `device import` sends them, with a report of what was refused. Thread: one. */
#ifndef ATS_CLI_DEVICE_BULK_H
#define ATS_CLI_DEVICE_BULK_H

#include "cli/device_rows.h"
#include "cli/session.h"
#include "common/control/body.h"

#define ATS_DEVICE_FROM_FLAG(what)                                                                 \
    {                                                                                              \
        "--from", "FILE", what, false                                                              \
    }

/* What to change in the body. EXISTS: it is so already. Another failure that is not of memory or store refuses this device alone. */
typedef enum ats_status ats_device_act_edit(void *ctx, const struct ats_named_device *device,
                                            struct ats_store_view *view,
                                            struct ats_body_device *body, struct ats_error *err);

struct ats_device_act {
    const char *command; /* "suspend" */
    const char *done;    /* "suspended", before a number of devices */
    const char *verdict; /* with --json; NULL: `done` */
    const char *to;      /* "lose a key", behind "devices are to"; NULL: "be", and `done` */
    struct ats_device_columns columns;
    bool (*wants)(void *ctx, const struct ats_device_rows *rows); /* NULL: whatever the file has */
    const char *unwanted; /* what is said where it does not */
    ats_device_act_edit *edit;
    void *ctx;
};

/* Whether the call is not for one device: it names none or several, or a file. */
bool ats_device_act_is_bulk(const struct ats_arguments *arguments);
/* For the devices named, or those of --from: prints what came of it and returns the exit code, 1 where one was refused or not reached. */
int ats_device_act_run(const struct ats_cli *cli, const struct ats_arguments *arguments,
                       const struct ats_device_act *act);

#endif
