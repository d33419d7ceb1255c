/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which replays of the control log are left for this gate to do. Those that are done are marked in the store of sequences, by name, once Kafka
 * has what they brought about.
 *
 * A gate that begins with an empty store does not know what it did before it lost the one that it had. So what the log has by then is
 * told, marked and not done: whoever wants it all the same names its records once more.
 *
 * Thread: one, which has opened it. Owns: its view.
 */
#ifndef ATS_PLUGIN_REPLAY_LOG_H
#define ATS_PLUGIN_REPLAY_LOG_H

#include "common/base/log.h"
#include "common/control/body.h"
#include "common/control/follower.h"

struct ats_replay_log {
    struct ats_registry *registry;
    const struct ats_control_follower *follower; /* whether the log was read to its end */
    struct ats_store *marks;
    const char *gate;
    struct ats_log *log;
    /* Generations of the registry, written by the follower: up to which contracts were offered to the broker's thread, and where
       replays, or what makes them void, came last. */
    const _Atomic(uint64_t) *settled;
    const _Atomic(uint64_t) *stated;
    struct ats_store_view *view;
    bool has_begun;    /* the store is one that was looked at before */
    uint64_t searched; /* replays as of then were all looked at */
    uint64_t looked;   /* the one at hand was looked up as of then */
};

/* One that is to be done. Owns: its body, which ats_body_replay_fini() frees. */
struct ats_replay_due {
    char name[ATS_NAME_MAX + 1];
    struct ats_body_replay body;
};

ATS_MUST_USE enum ats_status ats_replay_log_open(struct ats_replay_log *log);
void ats_replay_log_close(struct ats_replay_log *log);
/* Now and then while nothing is asked of it: a view that stays pins the store's old pages. */
bool ats_replay_log_renew(struct ats_replay_log *log);
/* The next one; false: there is none, or not yet. */
bool ats_replay_log_next(struct ats_replay_log *log, struct ats_replay_due *ret_due);
/* Whether the one at hand became void. Looked up when something was stated since. */
bool ats_replay_log_is_void(struct ats_replay_log *log, const char *name);
/* Of an event (ats_replay_event_key()): whether Kafka has it. */
bool ats_replay_log_has(const struct ats_replay_log *log, const char *key);
ATS_MUST_USE enum ats_status ats_replay_log_mark(const struct ats_replay_log *log,
                                                 const char *name);

#endif
