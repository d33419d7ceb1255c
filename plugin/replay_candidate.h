/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of quarantine on its way to be admitted anew: the replayer's thread reads it from Kafka and checks what it is, the broker's
 * judges it and puts it into the journal.
 *
 *   replayer --- ring `asked` ---> broker's thread: judged by the contract that governs now, journal
 *            <-- ring `answered` --
 *
 * The rings hold pointers; a candidate is the replayer's, but between the two rings the broker's thread alone writes to its answer.
 * Thread: as above. Owns: the replayer its memory.
 */
#ifndef ATS_PLUGIN_REPLAY_CANDIDATE_H
#define ATS_PLUGIN_REPLAY_CANDIDATE_H

#include "common/base/ring.h"
#include "common/contract/verdict.h"
#include "common/record/event.h"
#include "plugin/replays.h"

enum ats_replay_answer {
    ATS_REPLAY_ADMITTED, /* it is in the journal */
    ATS_REPLAY_REPEATED, /* it was before */
    ATS_REPLAY_REFUSED,  /* by `reason` and `text`; it stays where it is */
    ATS_REPLAY_LATER,    /* the gate has no room, or may not admit anything now */
};

struct ats_replay_candidate {
    struct ats_event event; /* as it was kept out; borrowed from `memory` */
    uint8_t *memory;        /* ATS_JOURNAL_RECORD_MAX, from the first use on */
    char id_text[ATS_EVENT_ID_SIZE];
    struct ats_span id; /* of that event */
    char key[ATS_REPLAY_KEY_SIZE];
    size_t number; /* in the control record's list */
    enum ats_replay_answer answer;
    const char *reason; /* a name of docs/refusals.md; static */
    char text[ATS_VERDICT_TEXT_MAX];
};

struct ats_replay_rings {
    struct ats_ring asked;
    struct ats_ring answered;
};

ATS_MUST_USE static inline enum ats_status ats_replay_rings_init(struct ats_replay_rings *rings)
{
    const size_t size = sizeof(struct ats_replay_candidate *);
    enum ats_status status = ats_ring_init(&rings->asked, size, ATS_GATE_REPLAYS_WAITING);
    return status == ATS_OK ? ats_ring_init(&rings->answered, size, ATS_GATE_REPLAYS_WAITING)
                            : status;
}

static inline void ats_replay_rings_fini(struct ats_replay_rings *rings)
{
    ats_ring_fini(&rings->asked);
    ats_ring_fini(&rings->answered);
}

#endif
