/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `rules.ndjson` in the gate's state folder: the table of device_rules.h, for people and `attestream device rules`. Its first line says
 * whose it is, of when, since when it counts, and what had no row. Written beside and put in place once it is whole.
 *
 * Thread: the forwarder's. Owns: the file while it is being written; the rest is borrowed.
 */
#ifndef ATS_PLUGIN_DEVICE_RULES_FILE_H
#define ATS_PLUGIN_DEVICE_RULES_FILE_H

#include "common/base/clock.h"
#include "common/base/log.h"
#include "plugin/device_rules.h"

#include <stdio.h>

struct ats_device_rules_file {
    const struct ats_device_rules *rules; /* NULL: none */
    const char *folder;
    const char *gate;
    const struct ats_clock *clock;
    struct ats_log *log;
    int64_t since_ms;
    int64_t next_ms;  /* monotonic */
    uint64_t shown;   /* changes */
    bool began;       /* one was written since the start */
    FILE *file;       /* NULL: none at hand */
    size_t row;       /* the next one to be written */
    uint64_t changes; /* with which it began */
    bool failed;      /* told already */
};

void ats_device_rules_file_init(struct ats_device_rules_file *file,
                                const struct ats_device_rules *rules, const char *folder,
                                const char *gate, const struct ats_clock *clock,
                                struct ats_log *log);
/* Writes a bounded number of rows where something has changed and it is time. */
void ats_device_rules_file_step(struct ats_device_rules_file *file);
/* All that has changed, at once: at the end. */
void ats_device_rules_file_finish(struct ats_device_rules_file *file);

#endif
