/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stolen key signed after the place up to which it stands is void. The records keep their place, in the log's chain and in
 * that of their kind and name, so that every reader counts alike; their bodies have no effect from this act on:
 *
 *   d1 rev 1 by A    d1 rev 2 by A (the thief)    d1 rev 3 by B    A is revoked as of before rev 2
 *                    void                         holds            d1 rev 3 holds, and rev 4 follows it
 *
 *   d2 rev 1 by A    d2 rev 2 by A (the thief)    A is revoked as of before rev 2
 *                    void                         d2 rev 1 holds again, and rev 3 follows rev 2
 *
 * Each reader comes to this by the log alone, in its order: what was accepted stays accepted, and the act itself is what undoes.
 */
#include "common/control/acts.h"
#include "common/control/body.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"

enum ats_status ats_judge_place_named(struct ats_judge *judge, const struct ats_body_place *place)
{
    struct ats_control_act act;
    if (place->count > judge->count)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "it names record %" PRIu64 " of a log that has %" PRIu64,
                                place->count, judge->count);
    enum ats_status status = ats_control_act_find(judge->batch, place->count, &act);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_error_set(judge->err, ATS_ERR_CORRUPT,
                             "this copy of the control log does not know who signed what: move "
                             "the store away to have it read anew");
    if (status != ATS_OK || memcmp(act.chain, place->chain, sizeof(act.chain)) == 0)
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                            "its chained hash is not that of record %" PRIu64, place->count);
}

/* ---- whose keys are whose ---- */

static enum ats_status forget_key(struct ats_judge *judge, const struct ats_store_key *key)
{
    return ats_store_batch_delete(judge->batch, ats_store_key_span(key));
}

static enum ats_status forget_principal(struct ats_judge *judge, const uint8_t *key,
                                        const char *owner)
{
    char id[ATS_KEY_ID_SIZE];
    (void)owner;
    ats_key_id(key, id);
    struct ats_store_key at = ats_store_key_principal(id);
    return forget_key(judge, &at);
}

static enum ats_status forget_device(struct ats_judge *judge)
{
    struct ats_body_device device;
    enum ats_status status = ats_body_device_parse(judge->record.body, &device);
    for (size_t i = 0; status == ATS_OK && i < device.key_count; i++) {
        struct ats_store_key key = ats_store_key_device(device.keys[i].id);
        status = forget_key(judge, &key);
    }
    struct ats_store_key enrolment = ats_store_key_enrolment(judge->record.name);
    return status == ATS_OK ? forget_key(judge, &enrolment) : status;
}

/* A key that a void record claimed is free again; the log's time is not what a void checkpoint said. A token stays used. */
static enum ats_status forget_keys(struct ats_judge *judge)
{
    struct ats_body_gate gate;
    struct ats_body_processor processor;
    enum ats_status status = ATS_OK;
    switch (judge->record.kind) {
    case ATS_CONTROL_DEVICE:
        return forget_device(judge);
    case ATS_CONTROL_GATE:
        status = ats_body_gate_parse(judge->record.body, &gate);
        return status == ATS_OK ? ats_judge_gate_keys(judge, &gate, forget_principal) : status;
    case ATS_CONTROL_PROCESSOR:
        status = ats_body_processor_parse(judge->record.body, &processor);
        return status == ATS_OK ? ats_judge_group_keys(judge, &processor, forget_principal)
                                : status;
    case ATS_CONTROL_CHECKPOINT:
        return ats_store_batch_delete(judge->batch, ats_span_text(ATS_STORE_KEY_CHECKPOINT));
    default:
        return ATS_OK;
    }
}

/* All revisions of a name, the void ones in a first pass, since two may name one key. */
static enum ats_status index_again(struct ats_judge *judge, const struct ats_control_act *about,
                                   bool the_void)
{
    struct ats_buf value;
    struct ats_control_act act;
    uint8_t hash[ATS_HASH_SIZE];
    uint64_t newest = 0;
    enum ats_status status =
        ats_control_place_find(judge->batch, about->kind, about->name, &newest, hash);
    ats_buf_init(&value, ATS_RECORD_MAX);
    for (uint64_t revision = 1; status == ATS_OK && revision <= newest; revision++) {
        status = ats_control_revision_get(judge->batch, about->kind, about->name, revision, &value,
                                          &act);
        if (status == ATS_OK)
            status = ats_control_record_decode(ats_buf_span(&value), &judge->record);
        if (status == ATS_OK && (act.void_by != 0) == the_void)
            status = the_void ? forget_keys(judge) : ats_judge_index_body(judge);
    }
    ats_buf_fini(&value);
    return status;
}

enum ats_status ats_judge_settle(struct ats_judge *judge, const struct ats_control_act *act)
{
    const struct ats_control_record record = judge->record;
    enum ats_status status = ats_control_settle(judge->batch, act->kind, act->name);
    if (status == ATS_OK)
        status = index_again(judge, act, true);
    if (status == ATS_OK)
        status = index_again(judge, act, false);
    judge->record = record;
    return status;
}

/* A name is settled at the last of its revisions in a row that are marked: a thief may have written thousands. */
static enum ats_status is_last_in_row(struct ats_judge *judge, const struct ats_control_act *act,
                                      bool *ret_last)
{
    struct ats_control_act next;
    enum ats_status status =
        ats_control_revision_act(judge->batch, act->kind, act->name, act->revision + 1, &next);
    *ret_last = status != ATS_OK || next.void_by != act->void_by;
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

enum ats_status ats_judge_settle_marked(struct ats_judge *judge, uint64_t from, uint64_t void_by)
{
    enum ats_status status = ATS_OK;
    for (uint64_t count = from; status == ATS_OK && count <= judge->count; count++) {
        struct ats_control_act act;
        bool last = false;
        status = ats_control_act_find(judge->batch, count, &act);
        if (status == ATS_OK && act.void_by == void_by)
            status = is_last_in_row(judge, &act, &last);
        if (status == ATS_OK && last)
            status = ats_judge_settle(judge, &act);
    }
    return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
}

/* ---- the act ---- */

enum ats_status ats_judge_void_of_operator(struct ats_judge *judge)
{
    struct ats_body_operator body;
    enum ats_status status = ats_body_operator_parse(judge->record.body, &body);
    if (status != ATS_OK || !body.revoked || body.stands_until.count == 0)
        return status;
    for (uint64_t count = body.stands_until.count + 1; count <= judge->count; count++) {
        struct ats_control_act act;
        status = ats_control_act_find(judge->batch, count, &act);
        bool by_it = status == ATS_OK && (strcmp(act.signer, judge->record.name) == 0 ||
                                          strcmp(act.approver, judge->record.name) == 0);
        if (by_it && act.void_by == 0) {
            act.void_by = judge->count + 1;
            status = ats_control_act_put(judge->batch, &act);
        }
        if (status != ATS_OK)
            return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
    }
    return ats_judge_settle_marked(judge, body.stands_until.count + 1, judge->count + 1);
}
