/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mends a sealed copy of the control log: when a read has met an entry that was altered on disk, the copy is made anew from the
 * log, in one commit. Until then the altered entry is nobody's and the rest stays in force; new records wait for the end of it,
 * some ten seconds for 100,000 of them. Thread: the registry's writer.
 */
#ifndef ATS_CONTROL_MEND_H
#define ATS_CONTROL_MEND_H

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/control/registry.h"
#include "common/kafka/reader.h"

#include <stdatomic.h>

struct ats_control_mend {
    const struct ats_kafka_config *kafka;
    const char *topic;
    struct ats_registry *registry;
    struct ats_log *log;
    const atomic_bool *stop; /* gives up where it stands */
    /* Own; begin with zeros. */
    uint64_t seen;
    int64_t next_try_ms;
};

/* Call where the log is being followed. True: the copy was made anew. Without an altered entry: one atomic load. */
bool ats_control_mend(struct ats_control_mend *mend);
/* Call where a record could not be judged since the copy answered CORRUPT, with the reason: of an entry that is gone no read says
   that it was altered, and no record behind it is taken before the copy is whole again. */
bool ats_control_mend_corrupt(struct ats_control_mend *mend, const struct ats_error *err);

#endif
