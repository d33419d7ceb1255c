/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who stands, written anew from docs/adr/0010 for test_standing.c, as plainly as it can be: no store, every act looked at again for every
 * question. It shares the parsers of bodies with what it checks, and nothing else.
 */
#ifndef ATS_TESTS_CONTROL_STANDING_MODEL_H
#define ATS_TESTS_CONTROL_STANDING_MODEL_H

#include "common/control/body_policy.h"
#include "common/control/claim.h"
#include "common/control/name_pattern.h"
#include "tests/unit/common/control/fleet.h"

#include <inttypes.h>

#define MODEL_ACTS 400

/* An accepted record; what it says is parsed when it is asked for. */
struct model_act {
    struct ats_control_record record;
    bool stands;
};

static struct {
    struct model_act acts[MODEL_ACTS + 1]; /* from 1, by count */
    size_t count;
} model;

/* `value` must live as long. */
static inline void model_accept(struct ats_span value)
{
    cr_assert_lt(model.count, MODEL_ACTS);
    cr_assert_eq(ats_control_record_decode(value, &model.acts[++model.count].record), ATS_OK);
}

static inline bool model_is_roots(const struct ats_control_record *record)
{
    return record->kind == ATS_CONTROL_ROOT || record->kind == ATS_CONTROL_OPERATOR ||
           record->kind == ATS_CONTROL_POLICY;
}

/* The newest act that stands of that kind and name before act `at`; NULL. */
static inline const struct ats_control_record *model_held(enum ats_control_kind kind,
                                                          const char *name, size_t at)
{
    for (size_t i = at - 1; i > 0; i--)
        if (model.acts[i].stands && model.acts[i].record.kind == kind &&
            strcmp(model.acts[i].record.name, name) == 0)
            return &model.acts[i].record;
    return NULL;
}

static inline struct ats_body_place model_place_of(const struct ats_control_record *record)
{
    struct ats_body_root root;
    struct ats_body_policy policy;
    struct ats_body_operator operator_;
    if (record->kind == ATS_CONTROL_ROOT && ats_body_root_parse(record->body, &root) == ATS_OK)
        return root.stands_until;
    if (record->kind == ATS_CONTROL_POLICY &&
        ats_body_policy_parse(record->body, &policy) == ATS_OK)
        return policy.stands_until;
    if (record->kind == ATS_CONTROL_OPERATOR &&
        ats_body_operator_parse(record->body, &operator_) == ATS_OK && operator_.revoked)
        return operator_.stands_until;
    return (struct ats_body_place){0};
}

/* Whether an act that stands, later than `at`, of that kind (and that name, if one is given), names an earlier place than `at`. */
static inline bool model_is_undone(enum ats_control_kind kind, const char *name, size_t at)
{
    for (size_t i = at + 1; i <= model.count; i++) {
        const struct ats_control_record *record = &model.acts[i].record;
        struct ats_body_place place = model_place_of(record);
        if (model.acts[i].stands && record->kind == kind &&
            (!name || strcmp(record->name, name) == 0) && place.count > 0 && place.count < at)
            return true;
    }
    return false;
}

static inline bool model_has_id(const uint8_t *key, const char *key_id)
{
    char id[ATS_KEY_ID_SIZE];
    ats_key_id(key, id);
    return strcmp(id, key_id) == 0;
}

static inline bool model_operator_signs(const char *name, const char *key_id, size_t at)
{
    struct ats_body_operator body;
    const struct ats_control_record *record = &model.acts[at].record;
    const struct ats_control_record *stated = model_held(ATS_CONTROL_OPERATOR, name, at);
    return stated && ats_body_operator_parse(stated->body, &body) == ATS_OK && !body.revoked &&
           model_has_id(body.key, key_id) && (body.kinds >> record->kind & 1) != 0 &&
           ats_name_matches(body.names, record->name) &&
           !model_is_undone(ATS_CONTROL_OPERATOR, name, at);
}

static inline bool model_member_signs(size_t at)
{
    struct ats_body_processor group;
    const struct ats_control_record *record = &model.acts[at].record;
    const struct ats_control_record *stated = model_held(ATS_CONTROL_PROCESSOR, record->name, at);
    if (!stated || ats_body_processor_parse(stated->body, &group) != ATS_OK ||
        model_is_undone(ATS_CONTROL_POLICY, NULL, at))
        return false;
    for (size_t i = 0; i < group.member_count; i++)
        if (strcmp(group.members[i].name, record->signer) == 0)
            return group.members[i].may_checkpoint &&
                   model_has_id(group.members[i].signing_key, record->key_id);
    return false;
}

static inline bool model_gate_signs(const struct ats_body_device *device, size_t at)
{
    struct ats_body_gate gate;
    struct ats_claim claim;
    struct ats_claim_token token;
    const struct ats_control_record *record = &model.acts[at].record;
    const struct ats_control_record *stated = model_held(ATS_CONTROL_GATE, record->signer, at);
    return stated && ats_body_gate_parse(stated->body, &gate) == ATS_OK && !gate.revoked &&
           gate.claims &&
           (model_has_id(gate.signing_key, record->key_id) ||
            (gate.former.not_after_ms != 0 &&
             model_has_id(gate.former.signing_key, record->key_id))) &&
           ats_claim_decode(device->claim, device->claim_len, &claim) == ATS_DEVICE_OK &&
           ats_claim_token_decode(claim.token, claim.token_len, &token) == ATS_OK &&
           model_operator_signs(token.signer, token.key_id, at) &&
           !model_held(ATS_CONTROL_DEVICE, record->name, at);
}

/* What was ended stays ended, whoever stated it before. */
static inline bool model_ends(const struct ats_control_record *record)
{
    struct ats_body_device device;
    struct ats_body_gate gate;
    if (record->kind == ATS_CONTROL_GATE)
        return ats_body_gate_parse(record->body, &gate) == ATS_OK && gate.revoked;
    if (record->kind != ATS_CONTROL_DEVICE)
        return false;
    cr_assert_eq(ats_body_device_parse(record->body, &device), ATS_OK);
    return device.state != ATS_DEVICE_ACTIVE && device.state != ATS_DEVICE_PENDING;
}

/* As often as a member of `a`, or its scope, is found in `b`. */
static inline size_t model_common(const struct ats_body_processor *a,
                                  const struct ats_body_processor *b)
{
    size_t common = 0;
    for (size_t i = 0; i < a->member_count; i++)
        for (size_t k = 0; k < b->member_count; k++)
            if (strcmp(a->members[i].name, b->members[k].name) == 0 &&
                memcmp(a->members[i].signing_key, b->members[k].signing_key, ATS_PUBLIC_KEY_SIZE) ==
                    0)
                common += a->members[i].may_checkpoint && b->members[k].may_checkpoint ? 2 : 1;
    return common;
}

static inline bool model_group_only_stops(const struct ats_control_record *record,
                                          const struct ats_control_record *held)
{
    struct ats_body_processor before;
    struct ats_body_processor after;
    cr_assert_eq(ats_body_processor_parse(held->body, &before), ATS_OK);
    cr_assert_eq(ats_body_processor_parse(record->body, &after), ATS_OK);
    return memcmp(before.agreement_key, after.agreement_key, ATS_PUBLIC_KEY_SIZE) == 0 &&
           model_common(&after, &before) == model_common(&after, &after) &&
           model_common(&before, &after) < model_common(&before, &before);
}

/* What one person does, whatever kinds take two: as long as there is something to stop. */
static inline bool model_only_stops(size_t at)
{
    const struct ats_control_record *record = &model.acts[at].record;
    const struct ats_control_record *held = model_held(record->kind, record->name, at);
    return held && (model_ends(record) || (record->kind == ATS_CONTROL_PROCESSOR &&
                                           model_group_only_stops(record, held)));
}

static inline bool model_is_enough(size_t at)
{
    struct ats_body_policy policy;
    const struct ats_control_record *record = &model.acts[at].record;
    const struct ats_control_record *stated = model_held(ATS_CONTROL_POLICY, ATS_POLICY_NAME, at);
    if (record->expires_ms != 0 || !stated)
        return true;
    cr_assert_eq(ats_body_policy_parse(stated->body, &policy), ATS_OK);
    return (policy.critical >> record->kind & 1) == 0 || model_only_stops(at);
}

static inline bool model_stands(size_t at)
{
    struct ats_body_device device = {0};
    const struct ats_control_record *record = &model.acts[at].record;
    if (record->kind == ATS_CONTROL_CHECKPOINT)
        return model_member_signs(at);
    if (record->kind == ATS_CONTROL_DEVICE)
        cr_assert_eq(ats_body_device_parse(record->body, &device), ATS_OK);
    if (device.claim_len > 0)
        return model_gate_signs(&device, at) && model_is_enough(at);
    return model_operator_signs(record->signer, record->key_id, at) && model_is_enough(at) &&
           (record->approver[0] == '\0' ||
            model_operator_signs(record->approver, record->approver_key_id, at));
}

/* The roots' acts from the last to the first, since later ones say of earlier ones; then the others from the first on. */
static inline void model_judge(void)
{
    for (size_t i = model.count; i > 0; i--)
        if (model_is_roots(&model.acts[i].record))
            model.acts[i].stands = strcmp(model.acts[i].record.signer, "root") != 0 ||
                                   !model_is_undone(ATS_CONTROL_ROOT, NULL, i);
    for (size_t i = 1; i <= model.count; i++)
        if (!model_is_roots(&model.acts[i].record))
            model.acts[i].stands = false;
    for (size_t i = 1; i <= model.count; i++)
        if (!model_is_roots(&model.acts[i].record))
            model.acts[i].stands = model_stands(i);
}

/* It takes its time: after each act that may make others void, and now and then. */
static inline bool model_asks(void)
{
    return model.count % 8 == 0 || model_is_roots(&model.acts[model.count].record);
}

/* Each act of the copy is void where the model has it so, and what holds of its name is the newest that stands. */
static inline void model_compare(unsigned int seed)
{
    struct ats_store_view *view = NULL;
    struct ats_control_act act;
    struct ats_control_record found;
    model_judge();
    cr_assert_eq(ats_registry_count(fleet.registry), model.count);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    for (size_t i = 1; i <= model.count; i++) {
        const struct ats_control_record *record = &model.acts[i].record;
        const struct ats_control_record *held =
            model_held(record->kind, record->name, model.count + 1);
        cr_assert_eq(ats_control_act_get(view, i, &act), ATS_OK);
        cr_assert_eq(act.void_by == 0, model.acts[i].stands,
                     "seed %u, after %zu records: %s '%s' by '%s', record %zu, is void by %" PRIu64,
                     seed, model.count, ats_control_kind_name(record->kind), record->name,
                     record->signer, i, act.void_by);
        enum ats_status status =
            ats_registry_find(view, record->kind, ats_span_text(record->name), &found);
        cr_assert_eq(status, held ? ATS_OK : ATS_ERR_NOT_FOUND);
        cr_assert(!held || memcmp(found.signature, held->signature, sizeof(found.signature)) == 0,
                  "seed %u, after %zu records: another %s '%s' holds", seed, model.count,
                  ats_control_kind_name(record->kind), record->name);
    }
    ats_store_view_close(view);
}

#endif
