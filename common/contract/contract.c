/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/contract.h"

#include "common/base/limits.h"
#include "common/contract/contract_internal.h"
#include "common/contract/conversion.h"
#include "common/contract/filter.h"
#include "common/contract/odcs.h"
#include "common/contract/schema.h"
#include "common/contract/transcode.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

struct ats_contract {
    _Atomic(uint32_t) references;
    char *schema;
    size_t schema_len;
    uint32_t schema_id;
    bool retired;
    struct ats_plan plan;
    struct ats_odcs odcs;
};

static void free_contract(struct ats_contract *contract)
{
    ats_odcs_fini(&contract->odcs);
    ats_plan_fini(&contract->plan);
    free(contract->schema);
    free(contract);
}

static enum ats_status compile(struct ats_contract *contract, struct ats_span odcs,
                               const char *odcs_name, struct ats_span avsc, const char *avsc_name,
                               struct ats_error *err)
{
    enum ats_status status = ats_plan_compile(avsc, avsc_name, &contract->plan, err);
    if (status != ATS_OK)
        return status;
    contract->schema = malloc(avsc.len);
    if (!contract->schema)
        return ats_error_set(err, ATS_ERR_MEMORY, "%s: out of memory", avsc_name);
    memcpy(contract->schema, avsc.data, avsc.len);
    contract->schema_len = avsc.len;
    contract->schema_id = ats_schema_id(avsc);
    status = ats_odcs_read(odcs, odcs_name, &contract->plan, &contract->odcs, err);
    if (status == ATS_OK)
        ats_conversion_bind(&contract->odcs, &contract->plan);
    return status;
}

enum ats_status ats_contract_compile(struct ats_span odcs, const char *odcs_name,
                                     struct ats_span avsc, const char *avsc_name,
                                     struct ats_contract **ret_contract, struct ats_error *err)
{
    struct ats_contract *contract = calloc(1, sizeof(*contract));
    if (!contract)
        return ats_error_set(err, ATS_ERR_MEMORY, "%s: out of memory", odcs_name);
    atomic_init(&contract->references, 1);
    enum ats_status status = compile(contract, odcs, odcs_name, avsc, avsc_name, err);
    if (status == ATS_OK)
        *ret_contract = contract;
    else
        free_contract(contract);
    return status;
}

struct ats_contract *ats_contract_ref(struct ats_contract *contract)
{
    atomic_fetch_add_explicit(&contract->references, 1, memory_order_relaxed);
    return contract;
}

void ats_contract_unref(struct ats_contract *contract)
{
    if (contract && atomic_fetch_sub_explicit(&contract->references, 1, memory_order_acq_rel) == 1)
        free_contract(contract);
}

void ats_contract_retire(struct ats_contract *contract)
{
    contract->retired = true;
}

bool ats_contract_is_retired(const struct ats_contract *contract)
{
    return contract->retired;
}

uint32_t ats_contract_signatures(const struct ats_contract *contract)
{
    return contract->odcs.signatures;
}

const uint8_t *ats_contract_secret(const struct ats_contract *contract)
{
    return contract->plan.secret;
}

const struct ats_plan *ats_contract_plan(const struct ats_contract *contract)
{
    return &contract->plan;
}

const struct ats_odcs *ats_contract_odcs(const struct ats_contract *contract)
{
    return &contract->odcs;
}

const char *ats_contract_name(const struct ats_contract *contract)
{
    return contract->odcs.name;
}

const char *ats_contract_version(const struct ats_contract *contract)
{
    return contract->odcs.version;
}

struct ats_span ats_contract_schema(const struct ats_contract *contract)
{
    return ats_span_of(contract->schema, contract->schema_len);
}

uint32_t ats_contract_schema_id(const struct ats_contract *contract)
{
    return contract->schema_id;
}

void ats_contract_set_schema_id(struct ats_contract *contract, uint32_t schema_id)
{
    contract->schema_id = schema_id;
}

enum ats_proof_level ats_contract_least_proof(const struct ats_contract *contract)
{
    return contract->odcs.least_proof;
}

bool ats_contract_takes_bare_avro(const struct ats_contract *contract)
{
    return ats_odcs_has_format(&contract->odcs, ATS_FORMAT_AVRO);
}

bool ats_contract_takes_senml(const struct ats_contract *contract)
{
    return ats_odcs_has_format(&contract->odcs, ATS_FORMAT_SENML_JSON) ||
           ats_odcs_has_format(&contract->odcs, ATS_FORMAT_SENML_CBOR);
}

const struct ats_contract_limits *ats_contract_limits(const struct ats_contract *contract)
{
    return &contract->odcs.limits;
}

const char *ats_contract_accountable(const struct ats_contract *contract)
{
    return contract->odcs.accountable;
}

const char *ats_contract_device_field(const struct ats_contract *contract)
{
    size_t leaf = contract->odcs.device_leaf;
    return leaf == ATS_PLAN_NO_LEAF ? "" : contract->plan.leaves[leaf]->path;
}

size_t ats_contract_topic_count(const struct ats_contract *contract)
{
    return contract->odcs.topic_count;
}

const char *ats_contract_topic(const struct ats_contract *contract, size_t index)
{
    return contract->odcs.topics[index];
}

bool ats_contract_matches(const struct ats_contract *contract, struct ats_span topic,
                          struct ats_span *ret_device)
{
    /* Topics that begin with '$' are the broker's, those below `ats` the gate's: no filter of ours does, and a wildcard in
       front leaves them out (MQTT 5, section 4.7.2). */
    bool reserved = (topic.len > 0 && topic.data[0] == '$') || ats_topic_is_own(topic);
    for (size_t i = 0; i < contract->odcs.topic_count && !reserved; i++) {
        *ret_device = ats_span_of(NULL, 0);
        if (ats_filter_matches(contract->odcs.topics[i], topic, ret_device))
            return true;
    }
    *ret_device = ats_span_of(NULL, 0);
    return false;
}

static const char *leaf_path(const struct ats_contract *contract, size_t leaf)
{
    return leaf == ATS_PLAN_NO_LEAF ? "" : contract->plan.leaves[leaf]->path;
}

static bool check_device(const struct ats_contract *contract, struct ats_span device,
                         const struct ats_leaf *leaves, struct ats_verdict *ret_verdict)
{
    size_t leaf = contract->odcs.device_leaf;
    if (leaf == ATS_PLAN_NO_LEAF || !device.data)
        return true;
    if (leaves[leaf].type == ATS_LEAF_TEXT && ats_span_equal(leaves[leaf].value.text, device))
        return true;
    ats_verdict_set(ret_verdict, ATS_RULE_DEVICE, leaf_path(contract, leaf),
                    "the payload names another device than the one that sent it");
    return false;
}

static bool check_quality(const struct ats_contract *contract,
                          const struct ats_contract_input *input, const struct ats_leaf *leaves,
                          struct ats_verdict *ret_verdict)
{
    const struct ats_event_time *time = &contract->odcs.event_time;
    return check_device(contract, input->device, leaves, ret_verdict) &&
           ats_quality_check(&contract->odcs.quality, leaves, ret_verdict) &&
           ats_event_time_check(time, leaves, leaf_path(contract, time->leaf), input->now_ms,
                                ret_verdict);
}

/* The rules judge the leaves as the processor will read them: handed out while they are written, or read back. */
static enum ats_status encode_and_check(const struct ats_contract *contract,
                                        const struct ats_contract_input *input, struct ats_buf *out,
                                        struct ats_verdict *ret_verdict)
{
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    ats_framing_put(out, contract->schema_id);
    size_t body = out->len;
    const struct ats_transcode_options options = {.secret = contract->plan.secret,
                                                  .ignore_unknown = contract->odcs.ignore_unknown};
    struct ats_transcode_leaves written = {.leaves = leaves, .count = contract->plan.leaf_count};
    enum ats_status status =
        ats_transcode(&contract->plan.root, &options, input->payload, out, &written, ret_verdict);
    if (status != ATS_OK)
        return status;
    struct ats_span encoded = ats_span_of(out->data + body, out->len - body);
    if (!written.whole && ats_plan_decode(&contract->plan, encoded, leaves) != ATS_OK)
        return ATS_ERR_INTERNAL;
    return check_quality(contract, input, leaves, ret_verdict) ? ATS_OK : ATS_ERR_INVALID;
}

enum ats_status ats_contract_admit(const struct ats_contract *contract,
                                   const struct ats_contract_input *input, struct ats_buf *out,
                                   struct ats_verdict *ret_verdict)
{
    size_t before = out->len;
    size_t len = input->payload.len;
    ats_verdict_clear(ret_verdict);
    if (len == 0) {
        ats_verdict_set(ret_verdict, ATS_RULE_EMPTY, "", "no bytes at all");
        return ATS_ERR_INVALID;
    }
    if (len >
        ATS_PAYLOAD_MAX) { /* who calls may have cut it behind the limit: its length is not told */
        ats_verdict_set(ret_verdict, ATS_RULE_SIZE, "", "more than %d bytes", ATS_PAYLOAD_MAX);
        return ATS_ERR_INVALID;
    }
    enum ats_status status = encode_and_check(contract, input, out, ret_verdict);
    if (status != ATS_OK)
        out->len = before;
    return status;
}

enum ats_status ats_contract_check_body(const struct ats_contract *contract,
                                        const struct ats_contract_input *input,
                                        struct ats_span body, struct ats_verdict *ret_verdict)
{
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    if (!ats_plan_decode_given(&contract->plan, body, leaves, NULL, ret_verdict))
        return ATS_ERR_INVALID;
    return check_quality(contract, input, leaves, ret_verdict) ? ATS_OK : ATS_ERR_INVALID;
}

size_t ats_contract_leaf_count(const struct ats_contract *contract)
{
    return contract->plan.leaf_count;
}

enum ats_status ats_contract_leaf_find(const struct ats_contract *contract, const char *path,
                                       size_t *ret_index)
{
    for (size_t i = 0; i < contract->plan.leaf_count; i++) {
        if (strcmp(contract->plan.leaves[i]->path, path) == 0) {
            *ret_index = i;
            return ATS_OK;
        }
    }
    return ATS_ERR_NOT_FOUND;
}

enum ats_status ats_contract_decode(const struct ats_contract *contract, struct ats_span framed,
                                    struct ats_leaf *ret_leaves)
{
    uint32_t schema_id = 0;
    struct ats_span body;
    if (ats_framing_get(framed, &schema_id, &body) != ATS_OK || schema_id != contract->schema_id)
        return ATS_ERR_MALFORMED;
    return ats_plan_decode(&contract->plan, body, ret_leaves);
}

bool ats_leaf_number(const struct ats_leaf *leaf, double *ret_number)
{
    switch (leaf->type) {
    case ATS_LEAF_BOOLEAN:
        *ret_number = leaf->value.boolean ? 1 : 0;
        return true;
    case ATS_LEAF_INTEGER:
        *ret_number = (double)leaf->value.integer;
        return true;
    case ATS_LEAF_REAL:
        *ret_number = leaf->value.real;
        return isfinite(leaf->value.real);
    default:
        return false;
    }
}

bool ats_contract_event_time(const struct ats_contract *contract, const struct ats_leaf *leaves,
                             int64_t *ret_ms)
{
    return ats_event_time_read(&contract->odcs.event_time, leaves, ret_ms);
}

bool ats_contract_has_series(const struct ats_contract *contract)
{
    return contract->odcs.series.count > 0;
}

bool ats_contract_keeps_out_by_series(const struct ats_contract *contract)
{
    const struct ats_series *series = &contract->odcs.series;
    for (size_t i = 0; i < series->count; i++)
        if (!series->rules[i].warning)
            return true;
    return false;
}

enum ats_status ats_contract_follow(const struct ats_contract *contract, struct ats_span framed,
                                    int64_t now_ms, struct ats_series_state *state,
                                    struct ats_verdict *ret_verdict)
{
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    const struct ats_series *series = &contract->odcs.series;
    int64_t time_ms = now_ms;
    if (series->count == 0)
        return ATS_OK;
    if (ats_contract_decode(contract, framed, leaves) != ATS_OK)
        return ATS_ERR_INTERNAL;
    if (!ats_event_time_read(&contract->odcs.event_time, leaves, &time_ms))
        time_ms = now_ms;
    if (!ats_series_check(series, state, leaves, time_ms, now_ms, ret_verdict))
        return ATS_ERR_INVALID;
    ats_series_note(series, state, leaves, time_ms);
    return ATS_OK;
}
