/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that connect with user name and password: devices with a token, and everybody else. */
#include "plugin/connect.h"

#include "common/identity/jwt.h"
#include "plugin/certificate.h"
#include "plugin/client_id.h"
#include "plugin/closed.h"
#include "plugin/expiry.h"
#include "plugin/freshness.h"
#include "plugin/wills.h"

#include <stdio.h>

/* What the broker would do with this user, had it no gate. */
static enum ats_gate_access by_broker_rules(const struct ats_gate *gate, const char *user_name)
{
    return user_name && *user_name && gate->rules.open_names ? ATS_GATE_ALLOW : ATS_GATE_DEFER;
}

static void log_refusal(struct ats_gate *gate, const struct ats_gate_client *client,
                        const char *device, enum ats_reason reason, const char *detail)
{
    unsigned long not_logged = 0;
    if (!ats_log_share_take(gate, ATS_LOG_SHARE_ADDRESS, client->address, reason, &not_logged))
        return;
    const char *forwarded = client->forwarded_for;
    ats_log_event(gate->log, ATS_LOG_WARNING,
                  ats_gate_observes(gate) ? "connect.would-refuse" : "connect.refused",
                  "device=%s client=%s reason=%s detail=%s address=%s%s%s not_logged=%lu",
                  ats_log_quote(device).text, ats_log_quote(client->id).text,
                  ats_reason_info(reason)->name,
                  ats_log_quote(detail[0] ? detail : ats_reason_info(reason)->text).text,
                  ats_log_quote(client->address).text, forwarded ? " forwarded_for=" : "",
                  forwarded ? ats_log_quote(forwarded).text : "", not_logged);
}

enum ats_gate_access ats_connect_refuse(struct ats_gate *gate, const struct ats_gate_client *client,
                                        const char *device, enum ats_reason reason,
                                        const char *detail)
{
    ats_counter_add(&gate->metrics.connections_refused[reason], 1);
    if (!gate->turn.reloading)
        ats_shed_refused(gate->shed, client->address, reason);
    log_refusal(gate, client, device, reason, detail);
    return ats_gate_observes(gate) ? by_broker_rules(gate, client->user_name) : ATS_GATE_DENY;
}

enum ats_reason ats_connect_begin(struct ats_gate *gate, const struct ats_gate_client *client,
                                  const char *device, struct ats_device_facts *facts,
                                  struct ats_session **ret_session)
{
    enum ats_reason reason = ats_lasting_client_id(gate, device, client);
    if (reason != ATS_REASON_NONE) {
        ats_device_facts_fini(facts);
        return reason;
    }
    const struct ats_session *taken_over = ats_sessions_find_client_id(gate->sessions, client->id);
    if (taken_over) {
        gate->turn.just_gone = taken_over->client;
        ats_wills_depart(gate->wills, taken_over);
    }
    const struct ats_session_activity before = ats_presence_of(gate, client, device);
    enum ats_status status =
        ats_sessions_add(gate->sessions, client->handle, client->id, device, ret_session);
    if (status != ATS_OK) {
        ats_device_facts_fini(facts);
        return ATS_REASON_GATE_BUSY;
    }
    (*ret_session)->end = client->end;
    (*ret_session)->facts = *facts;
    memset(facts, 0, sizeof(*facts));
    (*ret_session)->activity = before;
    ats_presence_begin(gate, client, *ret_session);
    ats_counter_add(&gate->metrics.connections_accepted, 1);
    ats_counter_set(&gate->metrics.sessions, ats_sessions_count(gate->sessions));
    return ATS_REASON_NONE;
}

static bool audience_fits(const struct ats_gate *gate, const char *audience)
{
    return strcmp(audience, gate->fleet.identity.name) == 0 ||
           (gate->options.token_audience == ATS_GATE_AUDIENCE_FLEET &&
            strcmp(audience, gate->fleet.fleet_hex) == 0);
}

/* Everything about a token but its signature; cheap first. */
static enum ats_reason check_claims(const struct ats_gate *gate, const struct ats_jwt *jwt,
                                    const char *device, int64_t now_s)
{
    int64_t from_s = jwt->issued_s > 0 ? jwt->issued_s : now_s;
    if (strcmp(jwt->subject, device) != 0)
        return ATS_REASON_TOKEN_SUBJECT;
    if (!audience_fits(gate, jwt->audience))
        return ATS_REASON_TOKEN_AUDIENCE;
    if (jwt->expires_s <= now_s)
        return ATS_REASON_TOKEN_EXPIRED;
    if (jwt->expires_s - from_s > gate->options.token_lifetime_max_ms / 1000)
        return ATS_REASON_TOKEN_LIFETIME;
    return gate->options.token_single_use && !*jwt->token_id ? ATS_REASON_TOKEN_ID
                                                             : ATS_REASON_NONE;
}

/* A certificate came over TLS whatever the listener; what is not known to be TLS counts as plain. */
static bool is_plain(const struct ats_gate *gate, const struct ats_gate_client *client)
{
    return !client->certificate && !ats_tls_listeners_has(&gate->tls, client->port);
}

struct token_login {
    const struct ats_gate_client *client;
    const char *device;
    struct ats_span token;
    bool by_certificate; /* there is one, and no token */
    struct ats_jwt jwt;
    struct ats_error err;
};

static enum ats_reason check_token(struct ats_gate *gate, struct token_login *login,
                                   const struct ats_device_facts *facts)
{
    int64_t now_s = ats_clock_wall_ms(gate->clock) / 1000;
    if (login->token.len == 0)
        return ATS_REASON_TOKEN_MISSING;
    if (!gate->options.allow_plain_tokens && is_plain(gate, login->client))
        return ATS_REASON_TOKEN_PLAIN;
    if (ats_jwt_parse(login->token, &login->jwt, &login->err) != ATS_OK)
        return ATS_REASON_TOKEN_MALFORMED;
    enum ats_reason reason = check_claims(gate, &login->jwt, login->device, now_s);
    if (reason != ATS_REASON_NONE)
        return reason;
    const uint8_t *key = NULL;
    reason = ats_gate_device_key(facts, login->jwt.key_id, ats_clock_wall_ms(gate->clock), &key);
    if (reason != ATS_REASON_NONE)
        return reason;
    struct ats_handshake_try tried;
    reason = ats_handshakes_ask(gate->handshakes, login->client->address, login->device, &tried);
    if (reason != ATS_REASON_NONE)
        return reason;
    bool held = ats_jwt_verify(login->token, &login->jwt, key, now_s,
                               gate->options.token_leeway_ms / 1000, &login->err) == ATS_OK;
    ats_handshakes_told(gate->handshakes, &tried, held);
    return held ? ATS_REASON_NONE : ATS_REASON_TOKEN_WRONG;
}

/* A token with a `jti` opens one connection. In the journal before CONNACK, as the counter of a CONNECT is. */
static enum ats_reason take_token(struct ats_gate *gate, struct token_login *login)
{
    return *login->jwt.token_id
               ? ats_used_tokens_take(&gate->used_tokens, &login->jwt, login->device,
                                      ats_clock_wall_ms(gate->clock) / 1000, &login->err)
               : ATS_REASON_NONE;
}

static enum ats_reason check_certificate(struct ats_gate *gate, const struct token_login *login,
                                         const struct ats_device_facts *facts)
{
    enum ats_reason reason = ats_certificate_check(gate, login->client, facts);
    return reason == ATS_REASON_NONE ? ats_handshakes_take_held(gate->handshakes, login->device)
                                     : reason;
}

static enum ats_reason check_device(struct ats_gate *gate, struct token_login *login,
                                    const struct ats_device_facts *facts)
{
    enum ats_reason reason = ats_gate_entry_reason(gate);
    if (reason == ATS_REASON_NONE)
        reason = ats_reason_of_state(facts->state);
    if (reason == ATS_REASON_NONE)
        reason = ats_limits_may_connect(gate, login->device);
    if (reason == ATS_REASON_NONE)
        reason = login->by_certificate ? check_certificate(gate, login, facts)
                                       : check_token(gate, login, facts);
    if (reason == ATS_REASON_NONE &&
        (!login->client->id || !ats_client_id_fits(gate->view, login->client->id, login->device)))
        reason = ATS_REASON_CLIENT_ID;
    if (reason == ATS_REASON_NONE)
        reason = ats_lasting_client_id_room(gate, login->device, login->client);
    return reason == ATS_REASON_NONE ? take_token(gate, login) : reason;
}

/* The user name is a registered device's. */
static enum ats_gate_access connect_device(struct ats_gate *gate, struct token_login *login,
                                           struct ats_device_facts *facts)
{
    struct ats_session *session = NULL;
    enum ats_reason reason = check_device(gate, login, facts);
    if (reason == ATS_REASON_NONE)
        reason = ats_connect_begin(gate, login->client, login->device, facts, &session);
    ats_device_facts_fini(facts);
    if (reason != ATS_REASON_NONE)
        return ats_connect_refuse(gate, login->client, login->device, reason, login->err.text);
    if (login->by_certificate) {
        ats_certificate_begin(gate, login->client, session);
    } else {
        (void)snprintf(session->key_id, sizeof(session->key_id), "%s", login->jwt.key_id);
        ats_expiry_set(gate, session, login->jwt.expires_s * 1000);
    }
    ats_log_event(gate->log, ATS_LOG_INFO, "connect.accepted", "device=%s client=%s method=%s",
                  ats_log_quote(login->device).text, ats_log_quote(login->client->id).text,
                  login->by_certificate ? "certificate" : "token");
    return ats_gate_observes(gate) ? by_broker_rules(gate, login->device) : ATS_GATE_ALLOW;
}

/* Whoever is no device: the broker's own rules, unless he means to be one (a token of our kind), or the client id is
   that of a connected device. */
static enum ats_gate_access connect_other(struct ats_gate *gate, struct token_login *login)
{
    const struct ats_gate_client *client = login->client;
    if (ats_jwt_parse(login->token, &login->jwt, NULL) == ATS_OK)
        return ats_connect_refuse(gate, client, client->user_name, ats_gate_unknown_reason(gate),
                                  "");
    if (client->id && ats_sessions_find_client_id(gate->sessions, client->id))
        return ats_connect_refuse(gate, client, client->user_name, ATS_REASON_CLIENT_ID, "");
    if (client->id && ats_client_id_is_reserved(gate->view, client->id))
        return ats_connect_refuse(gate, client, client->user_name, ATS_REASON_CLIENT_ID_RESERVED,
                                  "");
    if (gate->options.exclusive)
        return ats_connect_refuse(gate, client, client->user_name, ATS_REASON_EXCLUSIVE, "");
    if (!gate->turn.reloading)
        ats_counter_add(&gate->metrics.connections_deferred[ATS_NOT_OURS_USER], 1);
    return by_broker_rules(gate, client->user_name);
}

/* The broker asks again, after a reload, for those whom it let in before: by the session that they have, or, for a
   device that is not connected but whose queue the broker keeps, by its name (it must prove itself to come back). */
static bool was_let_in(struct ats_gate *gate, const struct ats_gate_client *client, bool device,
                       enum ats_reason *ret_reason)
{
    struct ats_session *session =
        ats_sessions_find(gate->sessions, client->handle, client->id, client->user_name);
    if (session)
        *ret_reason = ats_gate_session_reason(gate, session);
    if (*ret_reason != ATS_REASON_NONE && !ats_gate_observes(gate))
        ats_closed_note(gate, session, *ret_reason);
    return session || (device && gate->turn.ticked && !client->websockets);
}

enum ats_gate_access ats_gate_connect(struct ats_gate *gate, const struct ats_gate_client *client,
                                      const char *password)
{
    bool reloading = gate->turn.reloading;
    gate->turn.just_gone = NULL;
    ats_gate_begin_turn(gate);
    struct token_login login = {.client = client, .token = ats_span_text(password)};
    login.by_certificate = client->certificate && login.token.len == 0;
    struct ats_device_facts facts = {0};
    enum ats_status status = ATS_ERR_NOT_FOUND;
    if (client->user_name && *client->user_name)
        status = ats_gate_look_up(gate, client->user_name, &facts);
    enum ats_reason reason = ATS_REASON_NONE;
    if (reloading && was_let_in(gate, client, status == ATS_OK, &reason)) {
        ats_device_facts_fini(&facts);
        if (reason != ATS_REASON_NONE)
            return ats_connect_refuse(gate, client, client->user_name, reason, "at a reload");
        return ats_gate_observes(gate) ? by_broker_rules(gate, client->user_name) : ATS_GATE_ALLOW;
    }
    ats_sessions_remove(gate->sessions, client->handle);
    ats_wills_forget(gate->wills, client->handle);
    if (ats_is_claim_text(login.token) && !ats_gate_observes(gate)) {
        ats_device_facts_fini(&facts);
        return ats_gate_claim_text(gate, client, login.token);
    }
    if (status == ATS_ERR_NOT_FOUND)
        return connect_other(gate, &login);
    login.device = client->user_name;
    if (status != ATS_OK)
        return ats_connect_refuse(gate, client, login.device, ATS_REASON_GATE_BUSY, "");
    return connect_device(gate, &login, &facts);
}
