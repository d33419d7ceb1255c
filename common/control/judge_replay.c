/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A replay tells one gate to admit records of quarantine anew. Gates know of each other through the log alone, so the log says which gate
 * a record is for: the one that an accepted replay names it for first, for ever, and also where that replay is void by now, since
 * that gate may have acted on it. So no two gates admit the same record.
 */
#include "common/control/body.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"

static enum ats_status check_gate(struct ats_judge *judge, const char *name)
{
    struct ats_control_record record;
    struct ats_body_gate gate;
    enum ats_status status = ats_judge_find(judge, ATS_CONTROL_GATE, name, &record);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY, "there is no gate '%s'", name);
    if (status == ATS_OK)
        status = ats_body_gate_parse(record.body, &gate);
    if (status != ATS_OK || !gate.revoked)
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY, "gate '%s' is revoked", name);
}

static enum ats_status check_record(struct ats_judge *judge, const char *gate,
                                    const struct ats_replay_record *record)
{
    struct ats_store_key key = ats_store_key_replay(record->hash);
    struct ats_span owner;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &owner);
    if (status == ATS_ERR_NOT_FOUND || (status == ATS_OK && ats_span_is(owner, gate)))
        return ATS_OK;
    if (status != ATS_OK)
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                            "record %" PRId32 ":%" PRId64 " was named for gate '%.*s' before",
                            record->partition, record->offset, ATS_SPAN_ARGS(owner));
}

/* The gate of the record's name; false: it has none. */
static bool name_gate(const struct ats_judge *judge, char ret_gate[ATS_NAME_MAX + 1])
{
    struct ats_span gate = ats_replay_gate(judge->record.name);
    (void)snprintf(ret_gate, ATS_NAME_MAX + 1, "%.*s", ATS_SPAN_ARGS(gate));
    return gate.len > 0;
}

enum ats_status ats_judge_replay(struct ats_judge *judge)
{
    struct ats_body_replay body;
    char gate[ATS_NAME_MAX + 1];
    if (judge->current.revision > 0)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "replay '%s' is stated and does not change", judge->record.name);
    if (!name_gate(judge, gate))
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "a replay is named GATE@ID, which '%s' is not", judge->record.name);
    enum ats_status status = ats_body_replay_parse(judge->record.body, &body);
    if (ats_status_class(status) == ATS_CLASS_DROP)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "the body is not that of a replay (%s)", ats_status_name(status));
    if (status == ATS_OK)
        status = check_gate(judge, gate);
    for (size_t i = 0; i < body.count && status == ATS_OK; i++)
        status = check_record(judge, gate, &body.records[i]);
    ats_body_replay_fini(&body);
    return status;
}

enum ats_status ats_judge_replay_put(struct ats_judge *judge)
{
    struct ats_body_replay body;
    char gate[ATS_NAME_MAX + 1];
    (void)name_gate(judge, gate);
    enum ats_status status = ats_body_replay_parse(judge->record.body, &body);
    for (size_t i = 0; i < body.count && status == ATS_OK; i++) {
        struct ats_store_key key = ats_store_key_replay(body.records[i].hash);
        status = ats_judge_put_owner(judge, &key, gate);
    }
    ats_body_replay_fini(&body);
    return status;
}
