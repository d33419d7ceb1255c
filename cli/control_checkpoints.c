/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/control_checkpoints.h"

#include "cli/output.h"
#include "common/control/acts.h"
#include "common/control/body.h"
#include "common/control/heartbeat.h"
#include "common/record/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct ats_control_checkpoint {
    size_t member;
    uint64_t line;
    int64_t offset;
    int64_t time_ms;
    uint64_t place; /* accepted records before it */
    struct ats_body_checkpoint body;
    bool holds;   /* in the whole recording */
    size_t after; /* whose accepted one stood before it; SIZE_MAX: nobody's */
    uint64_t after_line;
    int64_t after_offset;
    int64_t after_time_ms;
};

const char *ats_control_remark_name(enum ats_control_remark_kind kind)
{
    static const char *const names[ATS_CONTROL_REMARK_COUNT] = {
        [ATS_CONTROL_DOUBTED] = "control-doubted",
        [ATS_CONTROL_REFUTED] = "control-refuted",
        [ATS_CONTROL_TIME_BACK] = "control-time-back",
    };
    return names[kind];
}

void ats_control_checkpoints_fini(struct ats_control_checkpoints *checkpoints)
{
    free(checkpoints->members);
    free(checkpoints->refused);
    free(checkpoints->newest);
    free(checkpoints->remarks);
    *checkpoints = (struct ats_control_checkpoints){0};
}

/* ---- noting ---- */

/* Room for one more; false: out of memory. */
static bool make_room(void **array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return true;
    size_t wanted = *cap > 0 ? 2 * *cap : 16;
    void *grown = realloc(*array, wanted * size);
    if (!grown)
        return false;
    *array = grown;
    *cap = wanted;
    return true;
}

static enum ats_status find_member(struct ats_control_checkpoints *checkpoints,
                                   const struct ats_control_record *record, size_t *ret_member)
{
    for (size_t i = 0; i < checkpoints->member_count; i++)
        if (strcmp(checkpoints->members[i].group, record->name) == 0 &&
            strcmp(checkpoints->members[i].name, record->signer) == 0 &&
            strcmp(checkpoints->members[i].key_id, record->key_id) == 0) {
            *ret_member = i;
            return ATS_OK;
        }
    void *members = checkpoints->members;
    bool has_room = make_room(&members, checkpoints->member_count, &checkpoints->member_cap,
                              sizeof(*checkpoints->members));
    checkpoints->members = members;
    if (!has_room)
        return ATS_ERR_MEMORY;
    *ret_member = checkpoints->member_count++;
    struct ats_control_checkpoint_member *member = &checkpoints->members[*ret_member];
    *member = (struct ats_control_checkpoint_member){0};
    (void)snprintf(member->group, sizeof(member->group), "%s", record->name);
    (void)snprintf(member->name, sizeof(member->name), "%s", record->signer);
    (void)snprintf(member->key_id, sizeof(member->key_id), "%s", record->key_id);
    return ATS_OK;
}

static void speak(struct ats_control_checkpoints *checkpoints,
                  const struct ats_control_checkpoint *checkpoint)
{
    struct ats_control_checkpoint_member *member = &checkpoints->members[checkpoint->member];
    if (checkpoint->body.count > member->held)
        member->held = checkpoint->body.count;
}

static enum ats_status keep_accepted(struct ats_control_checkpoints *checkpoints,
                                     const struct ats_control_checkpoint *checkpoint)
{
    if (!checkpoints->newest)
        checkpoints->newest = malloc(sizeof(*checkpoints->newest));
    if (!checkpoints->newest)
        return ATS_ERR_MEMORY;
    *checkpoints->newest = *checkpoint;
    speak(checkpoints, checkpoint);
    return ATS_OK;
}

static enum ats_status keep_refused(struct ats_control_checkpoints *checkpoints,
                                    struct ats_control_checkpoint *checkpoint)
{
    const struct ats_control_checkpoint *newest = checkpoints->newest;
    checkpoint->after = SIZE_MAX;
    if (newest && newest->time_ms > checkpoint->time_ms) {
        checkpoint->after = newest->member;
        checkpoint->after_line = newest->line;
        checkpoint->after_offset = newest->offset;
        checkpoint->after_time_ms = newest->time_ms;
    }
    void *refused = checkpoints->refused;
    bool has_room = make_room(&refused, checkpoints->refused_count, &checkpoints->refused_cap,
                              sizeof(*checkpoints->refused));
    checkpoints->refused = refused;
    if (!has_room)
        return ATS_ERR_MEMORY;
    checkpoints->refused[checkpoints->refused_count++] = *checkpoint;
    return ATS_OK;
}

/* These outcomes come after the signature: it is the member's word. */
static bool is_a_members_word(enum ats_control_outcome outcome)
{
    return outcome == ATS_CONTROL_ACCEPTED || outcome == ATS_CONTROL_LATE_CHECKPOINT ||
           outcome == ATS_CONTROL_WRONG_CHECKPOINT;
}

enum ats_status ats_control_checkpoints_note(struct ats_control_checkpoints *checkpoints,
                                             struct ats_span value,
                                             enum ats_control_outcome outcome, uint64_t line,
                                             int64_t offset, uint64_t place)
{
    struct ats_control_record record;
    struct ats_control_checkpoint checkpoint = {.line = line, .offset = offset, .place = place};
    const bool is_strangers = outcome == ATS_CONTROL_UNKNOWN_SIGNER;
    if ((!is_a_members_word(outcome) && !is_strangers) ||
        ats_control_record_decode(value, &record) != ATS_OK ||
        record.kind != ATS_CONTROL_CHECKPOINT || record.revision == ATS_HEARTBEAT_REVISION)
        return ATS_OK;
    checkpoints->strangers += is_strangers;
    if (is_strangers || ats_body_checkpoint_parse(record.body, &checkpoint.body) != ATS_OK)
        return ATS_OK;
    checkpoint.time_ms = record.time_ms;
    enum ats_status status = find_member(checkpoints, &record, &checkpoint.member);
    if (status != ATS_OK)
        return status;
    return outcome == ATS_CONTROL_ACCEPTED ? keep_accepted(checkpoints, &checkpoint)
                                           : keep_refused(checkpoints, &checkpoint);
}

/* ---- concluding ---- */

/* An act's chained hash is that with its record. */
static enum ats_status hold_against(struct ats_control_checkpoints *checkpoints,
                                    struct ats_store_view *view, uint64_t count,
                                    struct ats_control_checkpoint *checkpoint)
{
    struct ats_control_act act;
    if (checkpoint->body.count <= count) {
        enum ats_status status = ats_control_act_get(view, checkpoint->body.count, &act);
        if (status != ATS_OK)
            return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
        checkpoint->holds = memcmp(checkpoint->body.chain, act.chain, sizeof(act.chain)) == 0;
    }
    if (checkpoint->holds)
        speak(checkpoints, checkpoint);
    else if (checkpoint->body.count > checkpoints->members[checkpoint->member].denied)
        checkpoints->members[checkpoint->member].denied = checkpoint->body.count;
    return ATS_OK;
}

/* Records after which a key may be no member's any more: of its group, or of who stands for that group's record. */
static bool can_end_a_key(enum ats_control_kind kind)
{
    return kind == ATS_CONTROL_PROCESSOR || kind == ATS_CONTROL_OPERATOR ||
           kind == ATS_CONTROL_POLICY || kind == ATS_CONTROL_ROOT;
}

static enum ats_status find_end_of_keys(struct ats_store_view *view, uint64_t count,
                                        uint64_t *ret_end)
{
    struct ats_control_act act;
    for (*ret_end = count; *ret_end > 0; (*ret_end)--) {
        enum ats_status status = ats_control_act_get(view, *ret_end, &act);
        if (status != ATS_OK)
            return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
        if (can_end_a_key(act.kind))
            return ATS_OK;
    }
    return ATS_OK;
}

static enum ats_status look_who_is_member(struct ats_control_checkpoints *checkpoints,
                                          struct ats_store_view *view)
{
    for (size_t i = 0; i < checkpoints->member_count; i++) {
        struct ats_control_checkpoint_member *member = &checkpoints->members[i];
        uint8_t key[ATS_PUBLIC_KEY_SIZE];
        enum ats_status status =
            ats_heartbeat_find_signer(view, member->group, member->name, member->key_id, key);
        if (status != ATS_OK && status != ATS_ERR_REFUSED)
            return status;
        member->former = status == ATS_ERR_REFUSED;
        if (!member->former && member->held > checkpoints->confirmed)
            checkpoints->confirmed = member->held;
    }
    return ATS_OK;
}

/* An honest member had read what it signed before its key ended. A checkpoint that holds and counts that end shows that it would hold,
   too. */
static bool is_refuted(const struct ats_control_checkpoints *checkpoints,
                       const struct ats_control_checkpoint_member *member)
{
    return member->former && checkpoints->confirmed >= checkpoints->keys_end;
}

static struct ats_control_remark *add_remark(struct ats_control_checkpoints *checkpoints,
                                             enum ats_control_remark_kind kind, size_t member,
                                             uint64_t line, int64_t offset)
{
    for (size_t i = 0; i < checkpoints->remark_count; i++)
        if (checkpoints->remarks[i].kind == kind && checkpoints->remarks[i].member == member)
            return NULL; /* the first one is named */
    struct ats_control_remark *remark = &checkpoints->remarks[checkpoints->remark_count++];
    *remark =
        (struct ats_control_remark){.kind = kind, .member = member, .line = line, .offset = offset};
    return remark;
}

static void remark_another_log(struct ats_control_checkpoints *checkpoints,
                               const struct ats_control_checkpoint *checkpoint)
{
    const struct ats_control_checkpoint_member *member = &checkpoints->members[checkpoint->member];
    bool refuted = is_refuted(checkpoints, member);
    struct ats_control_remark *remark =
        add_remark(checkpoints, refuted ? ATS_CONTROL_REFUTED : ATS_CONTROL_DOUBTED,
                   checkpoint->member, checkpoint->line, checkpoint->offset);
    if (!remark)
        return;
    if (refuted)
        (void)ats_error_set(&remark->text, ATS_ERR_REFUSED,
                            "the checkpoint at offset %" PRId64
                            ", of member '%s' of group '%s', tells of another log; its key is no "
                            "member's any more, and by the checkpoint of one that is, this "
                            "recording is the log up to there",
                            checkpoint->offset, member->name, member->group);
    else
        (void)ats_error_set(&remark->text, ATS_ERR_REFUSED,
                            "the checkpoint at offset %" PRId64
                            ", of member '%s' of group '%s', tells of another log: its word is "
                            "false, or records were lost, taken out, put in or changed; a "
                            "checkpoint speaks for the first %" PRIu64 " records",
                            checkpoint->offset, member->name, member->group,
                            checkpoints->confirmed);
}

static void remark_time(struct ats_control_checkpoints *checkpoints,
                        const struct ats_control_checkpoint *checkpoint)
{
    bool known = checkpoint->after != SIZE_MAX;
    size_t index = known ? checkpoint->after : checkpoint->member;
    const struct ats_control_checkpoint_member *member = &checkpoints->members[index];
    char time[ATS_RFC3339_SIZE];
    struct ats_control_remark *remark =
        add_remark(checkpoints, ATS_CONTROL_TIME_BACK, index,
                   known ? checkpoint->after_line : checkpoint->line,
                   known ? checkpoint->after_offset : checkpoint->offset);
    if (!remark)
        return;
    if (!known) {
        (void)ats_error_set(&remark->text, ATS_ERR_REFUSED,
                            "the time of the checkpoint at offset %" PRId64
                            ", of member '%s' of group '%s', is not the log's: one of the clocks "
                            "was wrong; which records the log has is not in doubt",
                            remark->offset, member->name, member->group);
        return;
    }
    (void)ats_text_time(checkpoint->after_time_ms, time);
    (void)ats_error_set(&remark->text, ATS_ERR_REFUSED,
                        "the checkpoint at offset %" PRId64
                        ", of member '%s' of group '%s', gives the log the time %s, and a later "
                        "one, at offset %" PRId64
                        ", an earlier time: one of the clocks was wrong, or the key was stolen; "
                        "which records the log has is not in doubt",
                        remark->offset, member->name, member->group, time, checkpoint->offset);
}

static void remark(struct ats_control_checkpoints *checkpoints,
                   const struct ats_control_checkpoint *checkpoint)
{
    if (!checkpoint->holds)
        remark_another_log(checkpoints, checkpoint);
    else if (checkpoint->body.count == checkpoint->place)
        remark_time(checkpoints, checkpoint);
}

/* With the key of before and that of now. */
static bool is_same_member(const struct ats_control_checkpoints *checkpoints, size_t a, size_t b)
{
    return strcmp(checkpoints->members[a].group, checkpoints->members[b].group) == 0 &&
           strcmp(checkpoints->members[a].name, checkpoints->members[b].name) == 0;
}

/* What one stolen key can say, a second member's does not. Of keys in force, since those that ended are doubted anew with each record
   that may end one, until a checkpoint counts it. */
static enum ats_status judge(const struct ats_control_checkpoints *checkpoints,
                             struct ats_error *err)
{
    const struct ats_control_remark *first = NULL;
    for (size_t i = 0; i < checkpoints->remark_count; i++) {
        const struct ats_control_remark *second = &checkpoints->remarks[i];
        const struct ats_control_checkpoint_member *members = checkpoints->members;
        if (second->kind != ATS_CONTROL_DOUBTED || members[second->member].former ||
            members[second->member].denied <= checkpoints->confirmed ||
            (first && is_same_member(checkpoints, first->member, second->member)))
            continue;
        if (first)
            return ats_error_set(
                err, ATS_ERR_REFUSED,
                "%" PRIu64 ": signed checkpoints of two members tell of another log, and "
                "none of a member's key in force says that it is this one: "
                "records were taken out of this recording, put in, reordered or "
                "changed ('%s/%s' at offset %" PRId64 ", '%s/%s' at offset %" PRId64 ")",
                first->line, members[first->member].group, members[first->member].name,
                first->offset, members[second->member].group, members[second->member].name,
                second->offset);
        first = second;
    }
    return ATS_OK;
}

enum ats_status ats_control_checkpoints_conclude(struct ats_control_checkpoints *checkpoints,
                                                 struct ats_store_view *view, uint64_t count,
                                                 struct ats_error *err)
{
    size_t most = checkpoints->member_count * ATS_CONTROL_REMARK_COUNT;
    enum ats_status status = ATS_OK;
    checkpoints->remarks = calloc(most > 0 ? most : 1, sizeof(*checkpoints->remarks));
    if (!checkpoints->remarks)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < checkpoints->refused_count && status == ATS_OK; i++)
        status = hold_against(checkpoints, view, count, &checkpoints->refused[i]);
    if (status == ATS_OK)
        status = find_end_of_keys(view, count, &checkpoints->keys_end);
    if (status == ATS_OK)
        status = look_who_is_member(checkpoints, view);
    if (status != ATS_OK)
        return ats_error_set(err, status, "%s", ats_status_name(status));
    checkpoints->ends_with_one = checkpoints->newest && checkpoints->newest->place + 1 == count &&
                                 checkpoints->confirmed + 1 == count;
    for (size_t i = 0; i < checkpoints->refused_count; i++)
        remark(checkpoints, &checkpoints->refused[i]);
    return judge(checkpoints, err);
}

json_t *ats_control_remark_json(const struct ats_control_checkpoints *checkpoints,
                                const struct ats_control_remark *remark, const char *file)
{
    const struct ats_control_checkpoint_member *member = &checkpoints->members[remark->member];
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:s, s:I}", "control_file", ats_output_text(file),
                     "control_line", (json_int_t)remark->line, "control_offset",
                     (json_int_t)remark->offset, "group", ats_output_text(member->group), "member",
                     ats_output_text(member->name), "key_id", member->key_id, "confirmed",
                     (json_int_t)checkpoints->confirmed);
}
