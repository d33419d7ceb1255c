/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a record does nothing but stop: it ends a device or a gate, or takes members or their scope out of a group, and leaves
 * everything else as it was. One person does that at once, whatever kinds the policy names as critical: who has to wait for a second
 * person leaves a thief the day. How much of it an hour is the policy's too (judge_policy.c). A record that stops and also gives
 * something, such as a key, takes two.
 */
#include "common/control/allowance.h"
#include "common/control/judge.h"

/* ---- devices ---- */

static bool same_key(const struct ats_device_key *a, const struct ats_device_key *b)
{
    return strcmp(a->id, b->id) == 0 && a->is_spki == b->is_spki &&
           memcmp(a->key, b->key, sizeof(a->key)) == 0 && a->not_before_ms == b->not_before_ms &&
           a->not_after_ms == b->not_after_ms;
}

static bool same_keys(const struct ats_body_device *a, const struct ats_body_device *b)
{
    for (size_t i = 0; i < a->key_count && a->key_count == b->key_count; i++)
        if (!same_key(&a->keys[i], &b->keys[i]))
            return false;
    return a->key_count == b->key_count;
}

/* But for the claim, which stands in a device's first record alone. */
bool ats_device_only_stops(const struct ats_body_device *device,
                           const struct ats_body_device *before)
{
    bool ends = device->state == ATS_DEVICE_SUSPENDED || device->state == ATS_DEVICE_REVOKED ||
                device->state == ATS_DEVICE_RETIRED;
    return ends && device->state != before->state && device->least_proof == before->least_proof &&
           same_keys(device, before) && ats_device_same_texts(device, before);
}

static bool device_only_stops(const struct ats_judge *judge)
{
    struct ats_body_device device;
    struct ats_body_device before;
    return ats_body_device_parse(judge->record.body, &device) == ATS_OK &&
           ats_body_device_parse(judge->current.body, &before) == ATS_OK &&
           ats_device_only_stops(&device, &before);
}

/* ---- gates ---- */

static bool gate_only_stops(const struct ats_judge *judge)
{
    struct ats_body_gate gate;
    struct ats_body_gate before;
    return ats_body_gate_parse(judge->record.body, &gate) == ATS_OK &&
           ats_body_gate_parse(judge->current.body, &before) == ATS_OK && gate.revoked &&
           !before.revoked && gate.claims == before.claims && strcmp(gate.site, before.site) == 0 &&
           gate.not_before_ms == before.not_before_ms && gate.not_after_ms == before.not_after_ms &&
           memcmp(gate.signing_key, before.signing_key, sizeof(gate.signing_key)) == 0 &&
           memcmp(gate.agreement_key, before.agreement_key, sizeof(gate.agreement_key)) == 0 &&
           ats_span_equal(ats_span_of(gate.certificate, gate.certificate_len),
                          ats_span_of(before.certificate, before.certificate_len));
}

/* ---- processor groups ---- */

static bool had_member(const struct ats_body_processor *before,
                       const struct ats_body_processor *group, size_t at)
{
    for (size_t i = 0; i < before->member_count; i++)
        if (strcmp(before->members[i].name, group->members[at].name) == 0)
            return memcmp(before->members[i].signing_key, group->members[at].signing_key,
                          ATS_PUBLIC_KEY_SIZE) == 0 &&
                   (before->members[i].may_checkpoint || !group->members[at].may_checkpoint);
    return false;
}

static bool group_only_stops(const struct ats_judge *judge)
{
    struct ats_body_processor group;
    struct ats_body_processor before;
    if (ats_body_processor_parse(judge->record.body, &group) != ATS_OK ||
        ats_body_processor_parse(judge->current.body, &before) != ATS_OK ||
        memcmp(group.agreement_key, before.agreement_key, sizeof(group.agreement_key)) != 0)
        return false;
    for (size_t i = 0; i < group.member_count; i++)
        if (!had_member(&before, &group, i))
            return false;
    return true;
}

bool ats_judge_only_stops(const struct ats_judge *judge)
{
    if (judge->stops == 0 || judge->current.revision == 0)
        return false;
    return (judge->record.kind == ATS_CONTROL_DEVICE && device_only_stops(judge)) ||
           (judge->record.kind == ATS_CONTROL_GATE && gate_only_stops(judge)) ||
           (judge->record.kind == ATS_CONTROL_PROCESSOR && group_only_stops(judge));
}
