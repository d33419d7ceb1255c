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
 * Which acts stand is a function of the accepted records alone, whenever it is asked:
 *
 *   root       but for what it signed between the place that a successor's change names and that change
 *   successor  always
 *   operator   where the acts before it that stand make it one with that key and scope, and no revocation that stands names an
 *              earlier place
 *   member     where the acts before it that stand give its group that member, with that key and the scope, and no later policy that
 *              stands names an earlier place
 *   gate       where they state it with that key, for claims, and the token's operator stands there, and none of them states the device
 *
 * of what operators and gates signed, only what the policy that stands before it leaves to as many signatures,
 *
 * and what a copy holds beside the acts is what those that stand add, one after the other: judge_again.c. So each reader comes to the
 * same by the log alone, in its order: what was accepted stays accepted, and the act itself is what undoes.
 */
#include "common/control/acts.h"
#include "common/control/body_policy.h"
#include "common/control/judge_again.h"
#include "common/control/store_key.h"
#include "device/wire.h"

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

enum ats_status ats_judge_mark(struct ats_judge *judge, struct ats_control_act *act, bool stands)
{
    if ((act->void_by == 0) == stands)
        return ATS_OK;
    act->void_by = stands ? 0 : (judge->marker ? judge->marker : judge->count + 1);
    return ats_control_act_put(judge->batch, act);
}

/* ---- up to where an operator stands, while it is found out ---- */

static struct ats_store_key until_key(const char *name)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "w/%s", name);
    return key;
}

enum ats_status ats_judge_stands_until(struct ats_judge *judge, const char *name,
                                       uint64_t *ret_count)
{
    struct ats_store_key key = until_key(name);
    struct ats_wire_reader reader;
    struct ats_span value;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &value);
    *ret_count = UINT64_MAX;
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    ats_wire_reader_init(&reader, value.data, value.len);
    *ret_count = ats_wire_get_u64(&reader);
    return ATS_OK;
}

static enum ats_status put_until(struct ats_judge *judge, const char *name, uint64_t count)
{
    struct ats_store_key key = until_key(name);
    struct ats_wire_writer writer;
    uint8_t bytes[8];
    uint64_t before = 0;
    enum ats_status status = ats_judge_stands_until(judge, name, &before);
    if (status != ATS_OK || before <= count)
        return status;
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    ats_wire_put_u64(&writer, count);
    return ats_store_batch_put(judge->batch, ats_store_key_span(&key),
                               ats_span_of(bytes, sizeof(bytes)));
}

/* ---- backwards: what later acts say of earlier ones ---- */

struct later {
    uint64_t root_until; /* what the root signed after it is void */
    uint64_t time_until; /* what members signed after it */
};

/* No operator's name has a '/'. */
static struct ats_store_key time_key(uint64_t count)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "w//%016" PRIx64, count);
    return key;
}

enum ats_status ats_judge_time_is_void(struct ats_judge *judge, uint64_t count, bool *ret_void)
{
    struct ats_store_key key = time_key(count);
    struct ats_span value;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &value);
    *ret_void = status == ATS_OK;
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    return ats_store_batch_delete(judge->batch, ats_store_key_span(&key));
}

static enum ats_status hear_checkpoint(struct ats_judge *judge, const struct later *later,
                                       const struct ats_control_act *act)
{
    struct ats_store_key key = time_key(act->count);
    if (act->kind != ATS_CONTROL_CHECKPOINT || act->count <= later->time_until)
        return ATS_OK;
    return ats_store_batch_put(judge->batch, ats_store_key_span(&key), ats_span_text("void"));
}

static enum ats_status hear_policy(struct later *later, const struct ats_control_record *record)
{
    struct ats_body_policy body;
    enum ats_status status = ats_body_policy_parse(record->body, &body);
    if (status == ATS_OK && body.stands_until.count > 0 &&
        body.stands_until.count < later->time_until)
        later->time_until = body.stands_until.count;
    return status;
}

static enum ats_status hear_root(struct later *later, const struct ats_control_record *record)
{
    struct ats_body_root body;
    enum ats_status status = ats_body_root_parse(record->body, &body);
    if (status == ATS_OK && body.stands_until.count > 0 &&
        body.stands_until.count < later->root_until)
        later->root_until = body.stands_until.count;
    return status;
}

static enum ats_status hear(struct ats_judge *judge, struct later *later,
                            const struct ats_control_act *act,
                            const struct ats_control_record *record)
{
    struct ats_body_operator body;
    if (act->kind == ATS_CONTROL_ROOT)
        return hear_root(later, record);
    if (act->kind == ATS_CONTROL_POLICY)
        return hear_policy(later, record);
    enum ats_status status = ats_body_operator_parse(record->body, &body);
    if (status != ATS_OK || !body.revoked || body.stands_until.count == 0)
        return status;
    return put_until(judge, act->name, body.stands_until.count);
}

/* Marks what roots signed, and keeps up to where operators stand. */
static enum ats_status look_back(struct ats_judge *judge)
{
    struct later later = {UINT64_MAX, UINT64_MAX};
    struct ats_buf value;
    enum ats_status status = ATS_OK;
    ats_buf_init(&value, ATS_RECORD_MAX);
    for (uint64_t count = judge->count + 1; status == ATS_OK && count > 0; count--) {
        struct ats_control_act act;
        struct ats_control_record record;
        bool found = false;
        status = ats_control_act_find(judge->batch, count, &act);
        if (status == ATS_OK)
            status = hear_checkpoint(judge, &later, &act);
        if (status != ATS_OK || !ats_judge_is_by_root(&act))
            continue;
        bool stands = strcmp(act.signer, "root") != 0 || count <= later.root_until;
        status = ats_judge_mark(judge, &act, stands);
        if (status != ATS_OK || !stands)
            continue;
        status = ats_judge_again_read(judge, &act, &value, &record, &found);
        if (status == ATS_OK && found)
            status = hear(judge, &later, &act, &record);
    }
    ats_buf_fini(&value);
    return status;
}

static enum ats_status forget_untils(struct ats_judge *judge)
{
    enum ats_status status = ATS_OK;
    for (uint64_t count = 1; status == ATS_OK && count <= judge->count + 1; count++) {
        struct ats_control_act act;
        status = ats_control_act_find(judge->batch, count, &act);
        if (status != ATS_OK || act.kind != ATS_CONTROL_OPERATOR)
            continue;
        struct ats_store_key key = until_key(act.name);
        status = ats_store_batch_delete(judge->batch, ats_store_key_span(&key));
    }
    return status;
}

enum ats_status ats_judge_void(struct ats_judge *judge)
{
    enum ats_status status = look_back(judge);
    if (status == ATS_OK)
        status = ats_judge_again(judge);
    if (status == ATS_OK)
        status = forget_untils(judge);
    return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
}

/* ---- the acts that make others void ---- */

/* Most operators are revoked without a theft: nothing of theirs is after the place, and nothing rests on that. */
static enum ats_status signed_after(struct ats_judge *judge, uint64_t place, bool *ret_signed)
{
    enum ats_status status = ATS_OK;
    *ret_signed = false;
    for (uint64_t count = place + 1; status == ATS_OK && !*ret_signed && count <= judge->count;
         count++) {
        struct ats_control_act act;
        status = ats_control_act_find(judge->batch, count, &act);
        *ret_signed =
            status == ATS_OK && act.void_by == 0 && ats_control_act_is_by(&act, judge->record.name);
    }
    return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
}

enum ats_status ats_judge_void_of_operator(struct ats_judge *judge)
{
    struct ats_body_operator body;
    bool some = false;
    enum ats_status status = ats_body_operator_parse(judge->record.body, &body);
    if (status == ATS_OK && body.revoked && body.stands_until.count > 0)
        status = signed_after(judge, body.stands_until.count, &some);
    return status == ATS_OK && some ? ats_judge_void(judge) : status;
}

enum ats_status ats_judge_void_of_root(struct ats_judge *judge)
{
    struct ats_body_root body;
    enum ats_status status = ats_body_root_parse(judge->record.body, &body);
    return status == ATS_OK && body.stands_until.count > 0 ? ats_judge_void(judge) : status;
}

enum ats_status ats_judge_void_of_policy(struct ats_judge *judge)
{
    struct ats_body_policy body;
    enum ats_status status = ats_body_policy_parse(judge->record.body, &body);
    return status == ATS_OK && body.stands_until.count > 0 ? ats_judge_void(judge) : status;
}
