/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may publish, before a message is looked at. A publish is only let through to its verdict here, in admit.c. A will
 * gets its verdict here: the broker asks for it nowhere else, when its connection is gone, or right after another connection
 * took over its client id, which ended its session (wills.h). On a topic that no contract governs the broker's own rules decide, but
 * for a device only while it is what it was let in as.
 */
#include "plugin/closed.h"
#include "plugin/reads.h"
#include "plugin/receipts.h"
#include "plugin/topics.h"
#include "plugin/wills.h"

#include "common/contract/filter.h"

static bool is_own(const char *topic)
{
    return ats_topic_is_own(ats_span_text(topic));
}

bool ats_topic_governed(const struct ats_gate *gate, const char *topic,
                        struct ats_contract **ret_contract, struct ats_span *ret_device)
{
    *ret_contract = ats_contract_set_find_topic(gate->contracts, ats_span_text(topic), ret_device);
    return *ret_contract || is_own(topic) || gate->options.exclusive;
}

enum ats_gate_access ats_gate_by_broker_rules(const struct ats_gate *gate)
{
    return gate->rules.open_access ? ATS_GATE_ALLOW : ATS_GATE_DEFER;
}

/* The device whose connection it is or was; a stranger's user name says nothing. */
static const char *device_of(const struct ats_gate_client *client, enum ats_reason reason)
{
    return reason == ATS_REASON_UNPROVEN || reason == ATS_REASON_WILL ? NULL : client->user_name;
}

/* `session` NULL: none. What is refused while the broker stops gets no receipt: there is no turn any more in which it would leave. */
static enum ats_gate_access refuse(struct ats_gate *gate, const struct ats_gate_client *client,
                                   const struct ats_gate_publish *publish,
                                   struct ats_session *session, enum ats_reason reason)
{
    ats_counter_add(&gate->metrics.published, 1);
    ats_counter_add(&gate->metrics.refused[reason], 1);
    unsigned long not_logged = 0;
    if (ats_refusal_is_logged(gate, session, reason, &not_logged))
        ats_log_event(
            gate->log, ATS_LOG_INFO, "publish.refused",
            "device=%s client=%s topic=%s reason=%s path=\"\" rule= sequence=0 not_logged=%lu",
            ats_log_quote(session ? session->device_name : device_of(client, reason)).text,
            ats_log_quote(client->id).text, ats_log_quote(publish->topic).text,
            ats_reason_info(reason)->name, not_logged);
    const struct ats_receipt receipt = {.reason = reason, .topic = publish->topic};
    if (session && reason != ATS_REASON_STOPPING)
        ats_receipt_send(gate, session, &receipt);
    if (ats_reason_answer(reason, client->mqtt5, publish->qos) != ATS_GATE_CLOSE)
        return ATS_GATE_DENY;
    if (session)
        ats_closed_note(gate, session, reason);
    return ATS_GATE_DENY_CLOSE;
}

/* What no device may write, whatever the broker's own rules say. */
static enum ats_reason check_topic(const struct ats_gate *gate, const struct ats_session *session,
                                   const char *topic)
{
    if (topic[0] == '$')
        return ATS_REASON_TOPIC_SYSTEM;
    return gate->options.device_reads == ATS_GATE_READS_OWN &&
                   ats_reads_others_command(gate->options.device_commands, session->device_name,
                                            topic)
               ? ATS_REASON_TOPIC_DEVICE
               : ATS_REASON_NONE;
}

/* Of a device's session, also of one that has ended (`live` not set). What a publish leaves is judged where its verdict falls (admit.c);
   a will comes here alone, before the broker's own rules. */
static enum ats_reason check_elsewhere(struct ats_gate *gate, struct ats_session *session,
                                       const struct ats_gate_publish *publish, bool live)
{
    enum ats_reason reason = ats_gate_session_reason(gate, session);
    if (reason == ATS_REASON_NONE) {
        reason = check_topic(gate, session, publish->topic);
        return reason == ATS_REASON_NONE && !live
                   ? ats_lasting_retained(gate, session->device_name, publish)
                   : reason;
    }
    if (live && reason != ATS_REASON_GATE_BUSY)
        ats_closed_later(gate, session, reason, ATS_GATE_RECEIPT_GRACE_MS);
    return reason;
}

/* On a topic that nobody governs. Who has a device's name and no session is one whose will was forgotten, or whom another plugin let
   in: neither is asked for anything that could be checked. */
static enum ats_gate_access may_publish_elsewhere(struct ats_gate *gate,
                                                  const struct ats_gate_client *client,
                                                  const struct ats_gate_publish *publish,
                                                  struct ats_session *session)
{
    char device[ATS_NAME_MAX + 1];
    struct ats_session gone;
    enum ats_reason reason = ATS_REASON_NONE;
    if (session) {
        reason = check_elsewhere(gate, session, publish, true);
    } else if (ats_wills_take(gate->wills, client, device, &gone)) {
        reason = check_elsewhere(gate, &gone, publish, false);
        ats_device_facts_fini(&gone.facts);
    } else if (ats_gate_unproven_reason(gate, client->user_name) == ATS_REASON_SESSION_LOST) {
        reason = ATS_REASON_SESSION_LOST;
    }
    return reason == ATS_REASON_NONE ? ats_gate_by_broker_rules(gate)
                                     : refuse(gate, client, publish, session, reason);
}

enum ats_gate_access ats_gate_may_publish(struct ats_gate *gate,
                                          const struct ats_gate_client *client,
                                          const struct ats_gate_publish *publish)
{
    ats_gate_begin_turn(gate);
    struct ats_contract *contract;
    struct ats_span device = {0};
    bool governed = ats_topic_governed(gate, publish->topic, &contract, &device);
    struct ats_session *session =
        ats_sessions_find(gate->sessions, client->handle, client->id, client->user_name);
    if ((session && session->claims) || (!session && ats_is_claim_connection(client)))
        return refuse(gate, client, publish, session, ATS_REASON_CLAIM_CONNECTION);
    if (!governed)
        return may_publish_elsewhere(gate, client, publish, session);
    /* A broker that ends sends the wills of those who are connected through this check, and nothing tells them from publishes.
       Nor is one taken then that waits for its delay. */
    if ((session || ats_wills_knows(gate->wills, client->handle)) && gate->broker.is_stopping &&
        gate->broker.is_stopping(gate->broker.ctx))
        return refuse(gate, client, publish, session, ATS_REASON_STOPPING);
    if (session)
        return ATS_GATE_ALLOW;
    enum ats_gate_access access;
    if (ats_gate_will(gate, client, publish, &access))
        return access;
    /* The broker may use the handle again at once: it only tells apart those that have no session. */
    bool is_will = gate->turn.just_gone == client->handle;
    return refuse(gate, client, publish, NULL,
                  is_will ? ATS_REASON_WILL : ats_gate_unproven_reason(gate, client->user_name));
}
