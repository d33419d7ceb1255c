/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry says of a device, as sessions keep it. */
#include "plugin/pins.h"

#include <stdio.h>
#include <stdlib.h>

static void say_standing(const struct ats_gate *gate)
{
    static const struct {
        enum ats_log_level level;
        const char *event;
        const char *hint;
    } words[] = {
        [ATS_GATE_UNCERTIFIED] = {ATS_LOG_WARNING, "gate.uncertified",
                                  "the control log does not vouch for this gate"},
        [ATS_GATE_CERTIFIED] = {ATS_LOG_INFO, "gate.certified",
                                "the control log vouches for this gate"},
        [ATS_GATE_KEYS_DIFFER] = {ATS_LOG_ERROR, "gate.keys-differ",
                                  "devices are refused: this gate's record has other keys; use "
                                  "the folder that `attestream gate add` or `gate rotate-key` "
                                  "wrote for it last, or wait until the log has been read"},
        [ATS_GATE_REVOKED] = {ATS_LOG_ERROR, "gate.revoked",
                              "devices are refused: this gate is revoked, for ever"},
        [ATS_GATE_NOT_VALID] = {ATS_LOG_ERROR, "gate.keys-not-valid",
                                "devices are refused: by this machine's clock the gate's keys are "
                                "not good, an operator renews them with `attestream gate renew`"},
    };
    enum ats_gate_standing standing = gate->fleet.standing;
    ats_log_event(gate->log, words[standing].level, words[standing].event, "gate=%s hint=\"%s\"",
                  gate->fleet.identity.name, words[standing].hint);
}

/* Sessions end with the gate's own good standing, also those that say nothing: each is looked at again. */
static void standing_changed(struct ats_gate *gate)
{
    say_standing(gate);
    atomic_store(&gate->changes_lost, true);
}

enum ats_reason ats_gate_standing_reason(const struct ats_gate *gate)
{
    switch (gate->fleet.standing) {
    case ATS_GATE_KEYS_DIFFER:
        /* A gate that got new keys may not have read their record yet. */
        return gate->follower && !ats_control_follower_caught_up(gate->follower)
                   ? ATS_REASON_GATE_UNREADY
                   : ATS_REASON_GATE_REVOKED;
    case ATS_GATE_REVOKED:
    case ATS_GATE_NOT_VALID:
        return ATS_REASON_GATE_REVOKED;
    default:
        return ATS_REASON_NONE;
    }
}

void ats_gate_check_time(struct ats_gate *gate)
{
    const struct ats_gate_fleet *fleet = &gate->fleet;
    if (fleet->not_before_ms == 0 && fleet->not_after_ms == 0)
        return;
    if (ats_gate_fleet_check_time(&gate->fleet, ats_clock_wall_ms(gate->clock)))
        standing_changed(gate);
}

struct ats_store_view *ats_gate_view(struct ats_gate *gate)
{
    uint64_t generation = ats_registry_generation(gate->registry);
    if (gate->view_generation == generation)
        return gate->view;
    if (ats_store_view_renew(gate->view) != ATS_OK)
        return NULL;
    gate->view_generation = generation;
    if (ats_gate_fleet_refresh(&gate->fleet, gate->view, generation,
                               ats_clock_wall_ms(gate->clock)))
        standing_changed(gate);
    return gate->view;
}

enum ats_reason ats_gate_unknown_reason(const struct ats_gate *gate)
{
    return gate->fleet.standing == ATS_GATE_UNCERTIFIED ? ATS_REASON_GATE_UNREADY
                                                        : ATS_REASON_DEVICE_UNKNOWN;
}

enum ats_reason ats_gate_unproven_reason(struct ats_gate *gate, const char *user_name)
{
    struct ats_control_record record;
    struct ats_store_view *view = ats_gate_view(gate);
    bool is_device =
        view && user_name && *user_name &&
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(user_name), &record) == ATS_OK;
    return is_device ? ATS_REASON_SESSION_LOST : ATS_REASON_UNPROVEN;
}

/* What was altered on disk is nobody's. */
static void note_altered(const struct ats_gate *gate, const char *device)
{
    ats_log_event(gate->log, ATS_LOG_ERROR, "control.entry-altered", "kind=device name=%s",
                  ats_log_quote(device).text);
}

/* Packs the allowed contracts into one block of memory. */
static enum ats_status take_contracts(const struct ats_body_device *body,
                                      struct ats_device_facts *facts)
{
    size_t len = 0;
    for (size_t i = 0; i < body->contract_count; i++)
        len += strlen(body->contracts[i]) + 1;
    if (len == 0)
        return ATS_OK;
    facts->contracts = malloc(len);
    if (!facts->contracts)
        return ATS_ERR_MEMORY;
    for (size_t i = 0; i < body->contract_count; i++) {
        size_t size = strlen(body->contracts[i]) + 1;
        memcpy(facts->contracts + facts->contracts_len, body->contracts[i], size);
        facts->contracts_len += size;
    }
    return ATS_OK;
}

static enum ats_status take_body(const struct ats_gate *gate, const struct ats_body_device *body,
                                 const char *device, struct ats_device_facts *facts)
{
    facts->state = body->state;
    facts->key_count = body->key_count;
    facts->least_proof = body->least_proof;
    memcpy(facts->keys, body->keys, sizeof(facts->keys));
    (void)snprintf(facts->asset, sizeof(facts->asset), "%s", body->asset[0] ? body->asset : device);
    enum ats_status status = take_contracts(body, facts);
    return status == ATS_OK ? ats_pins_make(gate, facts) : status;
}

enum ats_status ats_gate_look_up(struct ats_gate *gate, const char *device,
                                 struct ats_device_facts *facts)
{
    struct ats_store_view *view = ats_gate_view(gate);
    if (!view)
        return ATS_ERR_IO;
    struct ats_control_record record;
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(device), &record);
    if (status == ATS_OK && facts->revision == record.revision) {
        facts->generation = gate->view_generation;
        return ATS_OK;
    }
    ats_device_facts_fini(facts);
    if (status == ATS_ERR_CORRUPT)
        note_altered(gate, device);
    if (status != ATS_OK)
        return status;
    struct ats_body_device body;
    status = ats_body_device_parse(record.body, &body);
    if (status == ATS_OK)
        status = take_body(gate, &body, device, facts);
    if (status != ATS_OK) {
        ats_device_facts_fini(facts);
        return status;
    }
    facts->revision = record.revision;
    facts->generation = gate->view_generation;
    return ATS_OK;
}

enum ats_reason ats_gate_device_key(const struct ats_device_facts *facts, const char *key_id,
                                    int64_t now_ms, const uint8_t **ret_key)
{
    const struct ats_device_key *key = ats_device_facts_key(facts, key_id);
    if (!key || key->is_spki) /* signs nothing of ours */
        return ATS_REASON_KEY_UNKNOWN;
    if (!ats_device_key_is_valid(key, now_ms))
        return ATS_REASON_KEY_NOT_VALID;
    *ret_key = key->key;
    return ATS_REASON_NONE;
}

/* A connection is worth what the key is that opened it: who stole that one must not publish on with it. */
static enum ats_reason check_opening_key(const struct ats_session *session, int64_t now_ms)
{
    const struct ats_device_key *key = ats_device_facts_key(&session->facts, session->key_id);
    return key && ats_device_key_is_valid(key, now_ms) ? ATS_REASON_NONE : ATS_REASON_SESSION_KEY;
}

enum ats_reason ats_gate_recheck(struct ats_gate *gate, struct ats_session *session, int64_t now_ms)
{
    if (session->claims)
        return ATS_REASON_CLAIM_CONNECTION;
    if (session->facts.generation != ats_registry_generation(gate->registry)) {
        enum ats_status status = ats_gate_look_up(gate, session->device_name, &session->facts);
        if (status == ATS_ERR_NOT_FOUND)
            return ATS_REASON_DEVICE_UNKNOWN;
        if (status != ATS_OK)
            return ATS_REASON_GATE_BUSY;
    }
    enum ats_reason reason = ats_gate_standing_reason(gate);
    if (reason == ATS_REASON_NONE)
        reason = ats_reason_of_state(session->facts.state);
    return reason == ATS_REASON_NONE ? check_opening_key(session, now_ms) : reason;
}

enum ats_reason ats_gate_session_reason(struct ats_gate *gate, struct ats_session *session)
{
    int64_t now_ms = ats_clock_wall_ms(gate->clock);
    if (session->expires_ms != 0 && session->expires_ms <= now_ms)
        return ATS_REASON_SESSION_EXPIRED;
    return ats_gate_recheck(gate, session, now_ms);
}
