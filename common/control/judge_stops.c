/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much that ran a record stops, which the policy counts for each operator and hour. What counts is that a device, a gate or
 * a member of a group can do less than before, not the name of the act: a device that is retired, or lost its key, publishes no more
 * than one that is revoked. A key that had ended by the log's time did nothing any more, so that taking it out stops nothing.
 *
 * A body that cannot be read is refused elsewhere; until then it counts.
 */
#include "common/control/allowance.h"
#include "common/control/gate_former.h"
#include "common/control/judge.h"

/* By however little: who may put a beginning off by an hour does it again before the hour is over, and for ever. */
static bool is_put_off(int64_t begin_ms, int64_t begin_then_ms)
{
    return begin_ms > begin_then_ms;
}

/* 0: no end. */
static bool is_nearer(int64_t end_ms, int64_t end_then_ms)
{
    return end_ms != 0 && (end_then_ms == 0 || end_ms < end_then_ms);
}

/* ---- devices ---- */

static bool is_end(enum ats_device_state state)
{
    return state == ATS_DEVICE_SUSPENDED || state == ATS_DEVICE_REVOKED ||
           state == ATS_DEVICE_RETIRED;
}

static const struct ats_device_key *find_key(const struct ats_body_device *device, const char *id)
{
    for (size_t i = 0; i < device->key_count; i++)
        if (strcmp(device->keys[i].id, id) == 0)
            return &device->keys[i];
    return NULL;
}

static bool loses_key(const struct ats_body_device *device, const struct ats_body_device *before,
                      int64_t now_ms)
{
    for (size_t i = 0; i < before->key_count; i++) {
        const struct ats_device_key *then = &before->keys[i];
        const struct ats_device_key *key = find_key(device, then->id);
        if (then->not_after_ms != 0 && then->not_after_ms <= now_ms)
            continue;
        if (!key || is_put_off(key->not_before_ms, then->not_before_ms) ||
            is_nearer(key->not_after_ms, then->not_after_ms))
            return true;
    }
    return false;
}

static bool has_contract(const struct ats_body_device *device, const char *name)
{
    for (size_t i = 0; i < device->contract_count; i++)
        if (strcmp(device->contracts[i], name) == 0)
            return true;
    return device->contract_count == 0; /* every one */
}

static bool loses_contract(const struct ats_body_device *device,
                           const struct ats_body_device *before)
{
    for (size_t i = 0; i < before->contract_count; i++)
        if (!has_contract(device, before->contracts[i]))
            return true;
    return before->contract_count == 0 && device->contract_count > 0;
}

bool ats_device_is_stopped(const struct ats_body_device *device,
                           const struct ats_body_device *before, int64_t now_ms)
{
    if (device->state != before->state)
        return device->state != ATS_DEVICE_ACTIVE;
    return !is_end(before->state) &&
           (loses_key(device, before, now_ms) || loses_contract(device, before) ||
            device->least_proof > before->least_proof);
}

static bool stops_device(const struct ats_judge *judge, int64_t now_ms)
{
    struct ats_body_device device;
    struct ats_body_device before = {0};
    if (ats_body_device_parse(judge->record.body, &device) != ATS_OK)
        return true;
    if (judge->current.revision == 0)
        return is_end(device.state);
    if (ats_body_device_parse(judge->current.body, &before) != ATS_OK)
        return true;
    return ats_device_is_stopped(&device, &before, now_ms);
}

/* ---- gates ---- */

/* Devices open no session with a gate whose certificate ended, or has not begun: one that is renewed is dated back, further than the
   log's time may be behind. That of neither end says nothing. */
static bool shortens_certificate(const struct ats_body_gate *gate,
                                 const struct ats_body_gate *before, int64_t now_ms)
{
    struct ats_certificate now;
    struct ats_certificate then;
    return ats_certificate_decode(before->certificate, before->certificate_len, &then) ==
               ATS_DEVICE_OK &&
           (ats_certificate_decode(gate->certificate, gate->certificate_len, &now) !=
                ATS_DEVICE_OK ||
            now.not_after_ms < then.not_after_ms ||
            (now.not_before_ms > then.not_before_ms && now.not_before_ms > (uint64_t)now_ms));
}

/* A gate that still runs with its former keys stops with them. */
static bool loses_former(const struct ats_body_gate *gate, const struct ats_body_gate *before,
                         int64_t now_ms)
{
    const struct ats_gate_former *then = &before->former;
    return then->not_after_ms > now_ms &&
           (memcmp(gate->former.signing_key, then->signing_key, sizeof(then->signing_key)) != 0 ||
            gate->former.not_after_ms < then->not_after_ms);
}

static bool stops_gate(const struct ats_judge *judge, int64_t now_ms)
{
    struct ats_body_gate gate;
    struct ats_body_gate before = {0};
    if (ats_body_gate_parse(judge->record.body, &gate) != ATS_OK || gate.revoked)
        return true;
    if (judge->current.revision == 0)
        return false;
    if (ats_body_gate_parse(judge->current.body, &before) != ATS_OK)
        return true;
    return memcmp(gate.signing_key, before.signing_key, sizeof(gate.signing_key)) != 0 ||
           memcmp(gate.agreement_key, before.agreement_key, sizeof(gate.agreement_key)) != 0 ||
           (before.claims && !gate.claims) || loses_former(&gate, &before, now_ms) ||
           is_put_off(gate.not_before_ms, before.not_before_ms) ||
           is_nearer(gate.not_after_ms, before.not_after_ms) ||
           shortens_certificate(&gate, &before, now_ms);
}

/* ---- processor groups ---- */

static bool keeps_member(const struct ats_body_processor *group,
                         const struct ats_body_processor *before, size_t at)
{
    for (size_t i = 0; i < group->member_count; i++)
        if (strcmp(group->members[i].name, before->members[at].name) == 0)
            return memcmp(group->members[i].signing_key, before->members[at].signing_key,
                          ATS_PUBLIC_KEY_SIZE) == 0 &&
                   (group->members[i].may_checkpoint || !before->members[at].may_checkpoint);
    return false;
}

/* Who loses the group's key loses the group. */
static uint64_t stops_group(const struct ats_judge *judge)
{
    struct ats_body_processor group;
    struct ats_body_processor before = {0};
    if (ats_body_processor_parse(judge->record.body, &group) != ATS_OK)
        return 1;
    if (judge->current.revision == 0)
        return 0;
    if (ats_body_processor_parse(judge->current.body, &before) != ATS_OK)
        return 1;
    bool same_key =
        memcmp(group.agreement_key, before.agreement_key, sizeof(group.agreement_key)) == 0;
    uint64_t stops = 0;
    for (size_t i = 0; i < before.member_count; i++)
        if (!same_key || !keeps_member(&group, &before, i))
            stops++;
    return stops;
}

enum ats_status ats_judge_stops(struct ats_judge *judge)
{
    int64_t now_ms = 0;
    enum ats_status status = ATS_OK;
    if (judge->record.kind == ATS_CONTROL_DEVICE || judge->record.kind == ATS_CONTROL_GATE)
        status = ats_judge_log_time(judge, &now_ms);
    if (status != ATS_OK)
        return status;
    if (judge->record.kind == ATS_CONTROL_DEVICE)
        judge->stops = stops_device(judge, now_ms) ? 1 : 0;
    else if (judge->record.kind == ATS_CONTROL_GATE)
        judge->stops = stops_gate(judge, now_ms) ? 1 : 0;
    else if (judge->record.kind == ATS_CONTROL_PROCESSOR)
        judge->stops = stops_group(judge);
    return ATS_OK;
}
