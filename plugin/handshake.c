/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that connect with ATTESTREAM-1, in one round trip. The order is by cost: syntax, what strangers may still cost
 * (handshakes.h: two hashes, where a look-up in the registry is some microseconds), a known active device and its key, names,
 * the counter, then one signature; key agreement and the gate's own signature only for who has proven itself. Until then nothing changes, so that a
 * replayed CONNECT does not disturb the session that is alive.
 */
#include "common/identity/session.h"
#include "plugin/client_id.h"
#include "plugin/connect.h"
#include "plugin/counters.h"
#include "plugin/expiry.h"
#include "plugin/freshness.h"
#include "plugin/numbers.h"
#include "plugin/wills.h"

struct handshake {
    const struct ats_gate_client *client;
    const char *user_name; /* as CONNECT has it, "" if none */
    struct ats_connect_data data;
    struct ats_device_facts facts;
    const uint8_t *key; /* the device's, of the facts */
    char owner[ATS_NUMBERS_OWNER_SIZE];
    struct ats_handshake_try tried;
    struct ats_session_keys *keys; /* until a session has them */
    struct ats_error err;
};

static enum ats_reason check_known(struct ats_gate *gate, struct handshake *handshake)
{
    enum ats_status status = ats_gate_look_up(gate, handshake->data.device, &handshake->facts);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_gate_unknown_reason(gate);
    if (status != ATS_OK)
        return ATS_REASON_GATE_BUSY;
    enum ats_reason reason = ats_gate_entry_reason(gate);
    if (reason == ATS_REASON_NONE)
        reason = ats_reason_of_state(handshake->facts.state);
    return reason == ATS_REASON_NONE ? ats_limits_may_connect(gate, handshake->data.device)
                                     : reason;
}

static enum ats_reason check_names(struct ats_gate *gate, const struct handshake *handshake)
{
    const char *device = handshake->data.device;
    if (*handshake->user_name && strcmp(handshake->user_name, device) != 0)
        return ATS_REASON_USER_NAME;
    if (!handshake->client->id || !ats_client_id_fits(gate->view, handshake->client->id, device))
        return ATS_REASON_CLIENT_ID;
    return ATS_REASON_NONE;
}

static enum ats_reason check_counter(struct ats_gate *gate, struct handshake *handshake)
{
    uint64_t last;
    ats_numbers_owner(handshake->data.device, handshake->data.key_id, handshake->owner);
    if (ats_counters_last(gate, handshake->owner, &last) != ATS_OK)
        return ATS_REASON_GATE_BUSY;
    return handshake->data.counter > last ? ATS_REASON_NONE : ATS_REASON_CONNECT_REPLAYED;
}

static enum ats_reason check_key(struct ats_gate *gate, struct handshake *handshake)
{
    enum ats_reason reason = ats_gate_device_key(&handshake->facts, handshake->data.key_id,
                                                 ats_clock_wall_ms(gate->clock), &handshake->key);
    if (reason == ATS_REASON_NONE && gate->fleet.standing != ATS_GATE_CERTIFIED)
        return ATS_REASON_GATE_UNREADY;
    return reason;
}

static enum ats_reason check_signature(struct ats_gate *gate, struct handshake *handshake)
{
    bool held =
        ats_session_verify(&gate->fleet.identity, &handshake->data, handshake->key,
                           handshake->client->id, handshake->user_name, &handshake->err) == ATS_OK;
    ats_handshakes_told(gate->handshakes, &handshake->tried, held);
    return held ? ATS_REASON_NONE : ATS_REASON_CONNECT_WRONG;
}

/* Everything that is checked before anything changes. */
static enum ats_reason check(struct ats_gate *gate, struct handshake *handshake,
                             struct ats_span data)
{
    if (ats_connect_decode(data.data, data.len, &handshake->data) != ATS_DEVICE_OK ||
        handshake->data.counter >= ATS_DEVICE_WILL_FIRST)
        return ATS_REASON_CONNECT_MALFORMED;
    enum ats_reason reason = ats_handshakes_ask(gate->handshakes, handshake->client->address,
                                                handshake->data.device, &handshake->tried);
    if (reason == ATS_REASON_NONE)
        reason = check_known(gate, handshake);
    if (reason == ATS_REASON_NONE)
        reason = check_key(gate, handshake);
    if (reason == ATS_REASON_NONE)
        reason = check_names(gate, handshake);
    if (reason == ATS_REASON_NONE)
        reason = check_counter(gate, handshake);
    if (reason == ATS_REASON_NONE)
        reason = check_signature(gate, handshake);
    return reason;
}

/* Of all keys that are valid now, so that a device in mid-rotation hears of what it sent under the other; what a retired one was used
   for ends with it. */
static uint64_t sequence_seen(struct ats_gate *gate, const struct handshake *handshake)
{
    char owner[ATS_NUMBERS_OWNER_SIZE];
    int64_t now_ms = ats_clock_wall_ms(gate->clock);
    uint64_t seen = 0;
    for (size_t i = 0; i < handshake->facts.key_count; i++) {
        const struct ats_device_key *key = &handshake->facts.keys[i];
        ats_numbers_owner(handshake->data.device, key->id, owner);
        const struct ats_window *window =
            ats_device_key_is_valid(key, now_ms) ? ats_gate_window(gate, owner, false) : NULL;
        if (window && window->highest > seen)
            seen = window->highest;
    }
    return seen;
}

static enum ats_reason answer(struct ats_gate *gate, struct handshake *handshake, uint8_t *ret_data,
                              size_t *ret_len)
{
    struct ats_key_pair ephemeral;
    handshake->keys = ats_sessions_keys_take(gate->sessions);
    ats_gate_say_unlocked(gate);
    if (!handshake->keys)
        return ATS_REASON_GATE_BUSY;
    if (!ats_ring_pop(&gate->ephemeral_keys, &ephemeral))
        ats_key_pair_generate(&ephemeral, ATS_KEY_AGREEMENT);
    enum ats_status status =
        ats_session_accept(&gate->fleet.identity, &handshake->data, handshake->client->id,
                           handshake->user_name, &ephemeral, sequence_seen(gate, handshake),
                           ats_clock_wall_ms(gate->clock), handshake->keys, ret_data, ret_len);
    ats_key_pair_fini(&ephemeral);
    return status == ATS_OK ? ATS_REASON_NONE : ATS_REASON_CONNECT_WRONG;
}

/* A re-authentication leaves its connection the will that came with CONNECT, and so the counter that it was signed with. */
static uint64_t will_counter(struct ats_gate *gate, const struct handshake *handshake)
{
    const struct ats_gate_client *client = handshake->client;
    const struct ats_session *before =
        ats_sessions_find(gate->sessions, client->handle, client->id, handshake->data.device);
    return before && before->has_keys ? before->counter : handshake->data.counter;
}

static enum ats_reason begin(struct ats_gate *gate, struct handshake *handshake)
{
    uint64_t counter = will_counter(gate, handshake);
    struct ats_session *session = NULL;
    if (!gate->broker.set_user_name(gate->broker.ctx, handshake->client->handle,
                                    handshake->data.device))
        return ATS_REASON_GATE_BUSY;
    enum ats_reason reason = ats_connect_begin(gate, handshake->client, handshake->data.device,
                                               &handshake->facts, &session);
    if (reason != ATS_REASON_NONE)
        return reason;
    memcpy(session->key_id, handshake->data.key_id, sizeof(session->key_id));
    ats_expiry_set(gate, session, 0);
    session->has_keys = true;
    session->counter = counter;
    session->keys = handshake->keys;
    handshake->keys = NULL;
    return ATS_REASON_NONE;
}

static bool is_ours(const char *method)
{
    return method &&
           (strcmp(method, ATS_DEVICE_METHOD) == 0 || strcmp(method, ATS_DEVICE_CLAIM_METHOD) == 0);
}

/* By another authentication method, which another plugin may know; or by one of ours, which is not looked at where the gate observes. */
static enum ats_gate_access
connect_otherwise(struct ats_gate *gate, const struct ats_gate_client *client, const char *method)
{
    if (gate->options.exclusive && !ats_gate_observes(gate))
        return ats_connect_refuse(gate, client, client->user_name, ATS_REASON_EXCLUSIVE,
                                  "another authentication method");
    if (!is_ours(method))
        ats_counter_add(&gate->metrics.connections_deferred[ATS_NOT_OURS_METHOD], 1);
    return ATS_GATE_DEFER;
}

enum ats_gate_access ats_gate_connect_with(struct ats_gate *gate,
                                           const struct ats_gate_client *client, const char *method,
                                           struct ats_span data, uint8_t *ret_data, size_t *ret_len)
{
    gate->turn.reloading = false;
    gate->turn.just_gone = NULL;
    ats_gate_begin_turn(gate);
    ats_wills_forget(gate->wills, client->handle);
    if (method && strcmp(method, ATS_DEVICE_CLAIM_METHOD) == 0 && !ats_gate_observes(gate))
        return ats_gate_claim(gate, client, data, ret_data, ret_len);
    if (!method || strcmp(method, ATS_DEVICE_METHOD) != 0 || ats_gate_observes(gate))
        return connect_otherwise(gate, client, method);
    struct handshake handshake = {.client = client,
                                  .user_name = client->user_name ? client->user_name : ""};
    enum ats_reason reason = check(gate, &handshake, data);
    if (reason == ATS_REASON_NONE)
        reason = ats_counters_take(gate, handshake.owner, handshake.data.counter, &handshake.err);
    /* Behind the counter, so that what is refused for it cannot be played again. */
    if (reason == ATS_REASON_NONE)
        reason = ats_lasting_client_id_room(gate, handshake.data.device, client);
    if (reason == ATS_REASON_NONE)
        reason = answer(gate, &handshake, ret_data, ret_len);
    if (reason == ATS_REASON_NONE)
        reason = begin(gate, &handshake);
    ats_sessions_keys_give(gate->sessions, handshake.keys);
    ats_device_facts_fini(&handshake.facts);
    if (reason != ATS_REASON_NONE)
        return ats_connect_refuse(gate, client, handshake.data.device, reason, handshake.err.text);
    ats_log_event(gate->log, ATS_LOG_INFO, "connect.accepted",
                  "device=%s client=%s method=" ATS_DEVICE_METHOD,
                  ats_log_quote(handshake.data.device).text, ats_log_quote(client->id).text);
    return ATS_GATE_ALLOW;
}
