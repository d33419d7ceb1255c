/* SPDX-License-Identifier: Apache-2.0 */
/* The log's acts once more, from the first: what stands adds what it added when it was accepted, what is void keeps its place. */
#include "common/control/judge_again.h"

#include "common/control/body.h"
#include "common/control/checkpoint.h"
#include "common/control/claim.h"
#include "common/control/store_key.h"

enum ats_status ats_judge_again_read(struct ats_judge *judge, const struct ats_control_act *act,
                                     struct ats_buf *buf, struct ats_control_record *ret_record,
                                     bool *ret_found)
{
    struct ats_control_act stored;
    enum ats_status status =
        ats_control_revision_get(judge->batch, act->kind, act->name, act->revision, buf, &stored);
    *ret_found = status == ATS_OK && stored.count == act->count;
    if (status != ATS_OK || !*ret_found)
        return status;
    return ats_control_record_decode(ats_buf_span(buf), ret_record) == ATS_OK ? ATS_OK
                                                                              : ATS_ERR_CORRUPT;
}

typedef enum ats_status visit_act(struct ats_judge *again, struct ats_control_act *act,
                                  struct ats_span value);

/* `again->record` is the act's, `again->count` that of the records before it. */
static enum ats_status for_acts(const struct ats_judge *judge, visit_act *visit)
{
    struct ats_buf value;
    enum ats_status status = ATS_OK;
    ats_buf_init(&value, ATS_RECORD_MAX);
    for (uint64_t count = 1; status == ATS_OK && count <= judge->count + 1; count++) {
        struct ats_judge again = {.pins = judge->pins,
                                  .fleet = judge->fleet,
                                  .batch = judge->batch,
                                  .count = count - 1,
                                  .marker = judge->count + 1};
        struct ats_control_act act;
        bool found = false;
        status = ats_control_act_find(judge->batch, count, &act);
        if (status == ATS_OK)
            status = ats_judge_again_read(&again, &act, &value, &again.record, &found);
        if (status == ATS_OK && found)
            status = visit(&again, &act, ats_buf_span(&value));
    }
    ats_buf_fini(&value);
    return status;
}

/* ---- nothing holds ---- */

static enum ats_status forget(struct ats_judge *again, const struct ats_store_key *key)
{
    return ats_store_batch_delete(again->batch, ats_store_key_span(key));
}

static enum ats_status forget_principal(struct ats_judge *again, const uint8_t *key,
                                        const char *owner)
{
    char id[ATS_KEY_ID_SIZE];
    (void)owner;
    ats_key_id(key, id);
    struct ats_store_key at = ats_store_key_principal(id);
    return forget(again, &at);
}

static enum ats_status forget_device(struct ats_judge *again)
{
    struct ats_body_device device;
    enum ats_status status = ats_body_device_parse(again->record.body, &device);
    for (size_t i = 0; status == ATS_OK && i < device.key_count; i++) {
        struct ats_store_key key = ats_store_key_device(device.keys[i].id);
        status = forget(again, &key);
    }
    return status == ATS_OK ? ats_judge_claim_forget(again, &device) : status;
}

static enum ats_status forget_schema(struct ats_judge *again, uint32_t id)
{
    struct ats_store_key key = ats_store_key_schema(id);
    return forget(again, &key);
}

static enum ats_status forget_contract(struct ats_judge *again)
{
    struct ats_body_contract body;
    enum ats_status status = ats_body_contract_parse(again->record.body, &body);
    if (status == ATS_OK)
        status = forget_schema(again, body.schema_id);
    ats_body_contract_fini(&body);
    return status == ATS_OK ? ats_judge_contract_forget(again) : status;
}

static enum ats_status forget_text(struct ats_judge *again)
{
    struct ats_body_schema body;
    enum ats_status status = ats_body_schema_parse(again->record.body, &body);
    if (status == ATS_OK)
        status = forget_schema(again, body.schema_id);
    ats_body_schema_fini(&body);
    return status;
}

static enum ats_status forget_index(struct ats_judge *again)
{
    struct ats_body_gate gate;
    struct ats_body_processor processor;
    struct ats_body_operator operator_;
    enum ats_status status = ATS_OK;
    switch (again->record.kind) {
    case ATS_CONTROL_DEVICE:
        return forget_device(again);
    case ATS_CONTROL_CONTRACT:
        return forget_contract(again);
    case ATS_CONTROL_SCHEMA:
        return forget_text(again);
    case ATS_CONTROL_OPERATOR:
        status = ats_body_operator_parse(again->record.body, &operator_);
        return status == ATS_OK ? ats_judge_operator_key(again, &operator_, forget_principal)
                                : status;
    case ATS_CONTROL_GATE:
        status = ats_body_gate_parse(again->record.body, &gate);
        return status == ATS_OK ? ats_judge_gate_keys(again, &gate, forget_principal) : status;
    case ATS_CONTROL_PROCESSOR:
        status = ats_body_processor_parse(again->record.body, &processor);
        return status == ATS_OK ? ats_judge_group_keys(again, &processor, forget_principal)
                                : status;
    default:
        return ATS_OK;
    }
}

static enum ats_status forget_act(struct ats_judge *again, struct ats_control_act *act,
                                  struct ats_span value)
{
    (void)value;
    enum ats_status status = forget_index(again);
    return status == ATS_OK ? ats_control_set_aside(again->batch, act->kind, act->name) : status;
}

/* ---- what stands holds again ---- */

static enum ats_status operator_stands(struct ats_judge *again, const char *name,
                                       const char *key_id, bool *ret_stands)
{
    struct ats_control_record record;
    struct ats_body_operator body;
    uint64_t until = 0;
    *ret_stands = false;
    enum ats_status status = ats_judge_find(again, ATS_CONTROL_OPERATOR, name, &record);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    if (ats_body_operator_parse(record.body, &body) != ATS_OK)
        return ATS_ERR_CORRUPT;
    if (!ats_operator_signs(&body, key_id, again->record.kind, again->record.name))
        return ATS_OK;
    status = ats_judge_stands_until(again, name, &until);
    *ret_stands = status == ATS_OK && again->count < until;
    return status;
}

static enum ats_status member_stands(struct ats_judge *again, bool *ret_stands)
{
    struct ats_body_operator member = {0};
    char key_id[ATS_KEY_ID_SIZE];
    bool is_void = false;
    *ret_stands = false;
    enum ats_status status = ats_judge_time_is_void(again, again->count + 1, &is_void);
    if (status == ATS_OK && !is_void)
        status = ats_judge_checkpoint_signer(again, &member);
    if (status != ATS_OK || is_void)
        return status == ATS_ERR_REFUSED ? ATS_OK : status;
    ats_key_id(member.key, key_id);
    *ret_stands = member.kinds != 0 && strcmp(key_id, again->record.key_id) == 0;
    return ATS_OK;
}

/* Where an operator's record of that device stands again before it, it is the first no more. */
static enum ats_status gate_stands(struct ats_judge *again, bool *ret_stands)
{
    struct ats_control_record held;
    enum ats_status status = ATS_OK;
    *ret_stands = ats_judge_by_gate(again, &status) && status == ATS_OK;
    if (status != ATS_OK || !*ret_stands)
        return status == ATS_ERR_REFUSED ? ATS_OK : status;
    status = ats_judge_find(again, ATS_CONTROL_DEVICE, again->record.name, &held);
    *ret_stands = status == ATS_ERR_NOT_FOUND;
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

static enum ats_status text_stands(struct ats_judge *again, bool *ret_stands)
{
    struct ats_body_schema body;
    enum ats_status status = ats_body_schema_parse(again->record.body, &body);
    if (status == ATS_OK)
        status = ats_judge_schema_id_is_free(again, body.text, body.schema_id, ret_stands);
    ats_body_schema_fini(&body);
    return status;
}

static enum ats_status act_stands(struct ats_judge *again, const struct ats_control_act *act,
                                  bool *ret_stands)
{
    enum ats_status status = ATS_OK;
    *ret_stands = act->void_by == 0;
    if (ats_judge_is_by_root(act))
        return ATS_OK;
    if (act->kind == ATS_CONTROL_CHECKPOINT)
        return member_stands(again, ret_stands);
    if (act->signer[0] == '/')
        status = gate_stands(again, ret_stands);
    else
        status = operator_stands(again, act->signer, act->key_id, ret_stands);
    if (status == ATS_OK && *ret_stands && act->approver[0] != '\0')
        status = operator_stands(again, act->approver, act->approver_key_id, ret_stands);
    if (status == ATS_OK && *ret_stands && act->kind == ATS_CONTROL_CONTRACT)
        status = ats_judge_contract_again(again, ret_stands);
    if (status == ATS_OK && *ret_stands && act->kind == ATS_CONTROL_SCHEMA)
        status = text_stands(again, ret_stands);
    return status == ATS_OK && *ret_stands ? ats_judge_alone_again(again, ret_stands) : status;
}

static enum ats_status judge_act(struct ats_judge *again, struct ats_control_act *act,
                                 struct ats_span value)
{
    bool stands = false;
    enum ats_status status = act_stands(again, act, &stands);
    if (status == ATS_OK)
        status = ats_judge_mark(again, act, stands);
    if (status != ATS_OK)
        return status;
    if (!stands)
        return ats_control_act_skip(again->batch, act, &again->record);
    status = ats_control_act_hold(again->batch, act, value);
    if (status == ATS_OK)
        status = ats_judge_log_time_put(again);
    return status == ATS_OK ? ats_judge_index_body(again) : status;
}

enum ats_status ats_judge_again(struct ats_judge *judge)
{
    enum ats_status status = for_acts(judge, forget_act);
    if (status == ATS_OK)
        status = ats_store_batch_delete(judge->batch, ats_span_text(ATS_STORE_KEY_CHECKPOINT));
    if (status == ATS_OK)
        status = ats_store_batch_delete(judge->batch, ats_span_text(ATS_STORE_KEY_TIME));
    return status == ATS_OK ? for_acts(judge, judge_act) : status;
}
