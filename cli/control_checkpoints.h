/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the checkpoints in a recording of the control log say of that recording. Each is one member's signed word that the log's
 * first `count` records have the chained hash `chain`; so it is held against the whole recording, wherever it stands and
 * whatever its time is. One that holds speaks for the records up to there, whether or not its time goes back.
 *
 * One that does not hold is that member's word, and with a stolen key anything can be signed. So one member's raises a doubt, whoever
 * speaks against it, as long as its key is a member's. Two members' refuse the recording, unless a checkpoint of a key in force holds that
 * counts as many records. The word of a key that is no member's any more is refuted where one of a key in force holds and counts all
 * records that may have ended a key: behind them it signs nothing. Proof is for the caller to refuse by; all else is a remark.
 *
 * Which keys are in force, the recording's own records say, and who makes it can leave some out: the one that made an honest member's
 * key a member's (its checkpoints are a stranger's then, and counted as such), or that ended a stolen one.
 *
 * A heartbeat, which is of the same form, is no word about the log, since whoever can read one could put it there.
 *
 * Memory: an entry for each checkpoint that was not accepted, and some 2 KiB for each key that signed one. Thread: one. Owns:
 * everything in it.
 */
#ifndef ATS_CLI_CONTROL_CHECKPOINTS_H
#define ATS_CLI_CONTROL_CHECKPOINTS_H

#include "common/base/error.h"
#include "common/control/registry.h"

#include <jansson.h>

enum ats_control_remark_kind {
    ATS_CONTROL_DOUBTED,   /* a member tells of another log */
    ATS_CONTROL_REFUTED,   /* whose key was ended since */
    ATS_CONTROL_TIME_BACK, /* later ones, in which the log is this one, have an earlier time */
    ATS_CONTROL_REMARK_COUNT,
};

/* Of one kind and key; there is one of each at most. */
struct ats_control_remark {
    enum ats_control_remark_kind kind;
    size_t
        member; /* whose checkpoints they are; of TIME_BACK: who said the later time, if one did */
    uint64_t line; /* of the first one */
    int64_t offset;
    struct ats_error text;
};

/* With another key a member is another witness. */
struct ats_control_checkpoint_member {
    char group[ATS_NAME_MAX + 1];
    char name[ATS_NAME_MAX + 1];
    char key_id[ATS_KEY_ID_SIZE];
    bool former; /* at the recording's end the key is no member's that may sign */
    uint64_t
        denied; /* the most records that one of its checkpoints counts which does not hold; 0: none */
    uint64_t held; /* and of those that do */
};

struct ats_control_checkpoint;

struct ats_control_checkpoints {
    struct ats_control_checkpoint_member *members; /* which signed one */
    size_t member_count;
    size_t member_cap;
    struct ats_control_checkpoint *refused;
    size_t refused_count;
    size_t refused_cap;
    struct ats_control_checkpoint *newest; /* the accepted one; NULL: none yet */
    uint64_t strangers; /* checkpoints by keys that are no member's where they stand */
    uint64_t
        confirmed; /* so many records are the log's by one of a key that is a member's at the recording's end */
    bool ends_with_one; /* the last record is the checkpoint that counts all before it */
    uint64_t keys_end;  /* so many records, with all that may have ended a key */
    struct ats_control_remark *remarks;
    size_t remark_count;
};

/* Zeros are an empty one. */
void ats_control_checkpoints_fini(struct ats_control_checkpoints *checkpoints);
/* Each record of the recording, with its outcome and how many were accepted before it. MEMORY. */
ATS_MUST_USE enum ats_status
ats_control_checkpoints_note(struct ats_control_checkpoints *checkpoints, struct ats_span value,
                             enum ats_control_outcome outcome, uint64_t line, int64_t offset,
                             uint64_t place);
/* At the recording's end, with the view of its `count` records: makes the remarks. REFUSED: two members prove that it is another log
   than theirs. MEMORY, or a failure of the store. */
ATS_MUST_USE enum ats_status
ats_control_checkpoints_conclude(struct ats_control_checkpoints *checkpoints,
                                 struct ats_store_view *view, uint64_t count,
                                 struct ats_error *err);
/* "control-doubted", ... */
const char *ats_control_remark_name(enum ats_control_remark_kind kind);
/* An object with control_file, control_line, control_offset, group, member, key_id, confirmed; the caller's. */
json_t *ats_control_remark_json(const struct ats_control_checkpoints *checkpoints,
                                const struct ats_control_remark *remark, const char *file);

#endif
