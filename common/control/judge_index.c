/* SPDX-License-Identifier: Apache-2.0 */
/* What an accepted record adds to the store beside itself. Bodies were judged before: one that cannot be parsed now is
   a failure. */
#include "common/control/body.h"
#include "common/control/checkpoint.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"

static enum ats_status index_device(struct ats_judge *judge)
{
    struct ats_body_device device;
    enum ats_status status = ats_body_device_parse(judge->record.body, &device);
    for (size_t i = 0; status == ATS_OK && i < device.key_count; i++) {
        struct ats_store_key key = ats_store_key_device(device.keys[i].id);
        status = ats_judge_put_owner(judge, &key, judge->record.name);
    }
    return status == ATS_OK ? ats_judge_claim_index(judge, &device) : status;
}

static enum ats_status index_gate(struct ats_judge *judge)
{
    struct ats_body_gate gate;
    enum ats_status status = ats_body_gate_parse(judge->record.body, &gate);
    return status == ATS_OK ? ats_judge_gate_keys(judge, &gate, ats_judge_key_put) : status;
}

static enum ats_status index_group(struct ats_judge *judge)
{
    struct ats_body_processor processor;
    enum ats_status status = ats_body_processor_parse(judge->record.body, &processor);
    return status == ATS_OK ? ats_judge_group_keys(judge, &processor, ats_judge_key_put) : status;
}

static enum ats_status index_operator(struct ats_judge *judge)
{
    struct ats_body_operator operator_;
    enum ats_status status = ats_body_operator_parse(judge->record.body, &operator_);
    return status == ATS_OK ? ats_judge_operator_key(judge, &operator_, ats_judge_key_put) : status;
}

static enum ats_status put_schema(struct ats_judge *judge, uint32_t id, const char *text)
{
    struct ats_store_key key = ats_store_key_schema(id);
    return ats_judge_put_owner(judge, &key, text);
}

static enum ats_status index_contract(struct ats_judge *judge)
{
    struct ats_body_contract body;
    enum ats_status status = ats_body_contract_parse(judge->record.body, &body);
    if (status == ATS_OK)
        status = put_schema(judge, body.schema_id, body.avsc);
    ats_body_contract_fini(&body);
    return status == ATS_OK ? ats_judge_contract_put(judge) : status;
}

static enum ats_status index_schema(struct ats_judge *judge)
{
    struct ats_body_schema body;
    enum ats_status status = ats_body_schema_parse(judge->record.body, &body);
    if (status == ATS_OK)
        status = put_schema(judge, body.schema_id, body.text);
    ats_body_schema_fini(&body);
    return status;
}

enum ats_status ats_judge_index(struct ats_judge *judge)
{
    enum ats_status status = ats_judge_log_time_put(judge);
    if (status == ATS_OK)
        status = ats_judge_index_body(judge);
    if (status == ATS_OK)
        status = ats_judge_tally(judge);
    if (status == ATS_OK && judge->record.kind == ATS_CONTROL_OPERATOR)
        status = ats_judge_void_of_operator(judge);
    if (status == ATS_OK && judge->record.kind == ATS_CONTROL_ROOT)
        status = ats_judge_void_of_root(judge);
    if (status == ATS_OK && judge->record.kind == ATS_CONTROL_POLICY)
        status = ats_judge_void_of_policy(judge);
    return status;
}

enum ats_status ats_judge_index_body(struct ats_judge *judge)
{
    switch (judge->record.kind) {
    case ATS_CONTROL_OPERATOR:
        return index_operator(judge);
    case ATS_CONTROL_GATE:
        return index_gate(judge);
    case ATS_CONTROL_PROCESSOR:
        return index_group(judge);
    case ATS_CONTROL_DEVICE:
        return index_device(judge);
    case ATS_CONTROL_CONTRACT:
        return index_contract(judge);
    case ATS_CONTROL_SCHEMA:
        return index_schema(judge);
    case ATS_CONTROL_CHECKPOINT:
        return ats_judge_checkpoint_put(judge);
    case ATS_CONTROL_REPLAY:
        return ats_judge_replay_put(judge);
    default:
        return ATS_OK;
    }
}
