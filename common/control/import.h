/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of the control log from a file, where Kafka is cut off. Each line is a recorded Kafka record
 * (common/record/recorded.h), as `attestream control export` and `attestream watch control --raw` write them. Every record is judged
 * as from the log, at its offset. The piece must begin at or before the last record that the copy has read, which must be the same
 * there, and offsets must rise. Some may be missing: the marks of transactions take offsets, and anybody who may write to the topic
 * can put some there.
 *
 * Whoever carries the file could have altered it. A record that is refused, or missing, may have been another, accepted one before: the
 * copy must not go past it, or it would lack that one for ever. So what follows it is taken only where an accepted checkpoint behind it
 * says that nothing is missing; where one contradicts, what came after the last that held is left out,
 * unless a later one holds after all.
 */
#ifndef ATS_CONTROL_IMPORT_H
#define ATS_CONTROL_IMPORT_H

#include "common/control/pull.h"

struct ats_import {
    uint64_t taken;    /* records that were new, accepted or not */
    uint64_t accepted; /* of these */
    uint64_t left;     /* new ones that were left out */
    /* Why, where `left` is not zero: the first that was refused or missing (MALFORMED) and that no checkpoint covers. */
    int64_t stopped_at;
    enum ats_control_outcome outcome;
    struct ats_error reason;
};

/* Called after each commit. */
typedef void ats_control_committed(void *ctx);

/* INVALID: offsets that do not rise, a piece that begins too late, or not this log. MALFORMED: a line is no recorded record. IO, LIMIT. In these cases nothing was stored.
   Thread: the registry's writer. */
ATS_MUST_USE enum ats_status ats_control_import(struct ats_registry *registry, const char *path,
                                                ats_control_pulled *pulled,
                                                ats_control_committed *committed, void *ctx,
                                                struct ats_import *ret_import,
                                                struct ats_error *err);

#endif
