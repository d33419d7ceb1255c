/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of presence.h, in the state folder, one JSON object a line:
 *
 *   sessions.ndjson     who is connected, after a line with gate and time; replaced whole
 *   departed.ndjson     who has gone, appended to; past ATS_GATE_DEPARTED_FILE_MAX it becomes departed.1.ndjson, and the one of
 *                       before is forgotten
 *
 * What sessions.ndjson holds at a start is of the process before, whose devices have gone since: it goes into departed.ndjson, and stays
 * until it is there or the next list replaces it.
 *
 * Thread: the forwarder's. Owns: its files while they are open.
 */
#ifndef ATS_PLUGIN_PRESENCE_FILE_H
#define ATS_PLUGIN_PRESENCE_FILE_H

#include "common/base/log.h"
#include "common/base/ring.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ATS_PRESENCE_PATH_SIZE 4096

struct ats_presence_file {
    struct ats_ring *rows; /* borrowed */
    const char *folder;    /* borrowed */
    const char *gate;      /* borrowed */
    struct ats_log *log;   /* borrowed */
    FILE *sessions;        /* the next sessions.ndjson, or NULL */
    FILE *departed;        /* or NULL */
    bool began;
    bool sessions_failed; /* told once until it works again, as that of the other file */
    bool departed_failed;
    uint64_t rows_lost; /* of which no line could be made */
};

void ats_presence_file_init(struct ats_presence_file *file, struct ats_ring *rows,
                            const char *folder, const char *gate, struct ats_log *log);
/* Writes what the ring has. */
void ats_presence_file_step(struct ats_presence_file *file);
void ats_presence_file_fini(struct ats_presence_file *file);

#endif
