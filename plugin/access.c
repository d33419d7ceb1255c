/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may publish, subscribe and read, before a message is looked at. A publish is only let through to its verdict
 * here. A will never gets one: the broker asks for it here alone, when its connection is gone, or right after another
 * connection took over its client id, which ended its session.
 */
#include "plugin/receipts.h"
#include "plugin/topics.h"

#include "common/contract/filter.h"

static bool is_own(const char *topic)
{
    return ats_topic_is_own(ats_span_text(topic));
}

/* The place of duplicates; shortened where the topic that it replaces is short. */
static bool is_duplicate_place(const char *topic)
{
    return topic[0] == '$' && strncmp(ATS_TOPIC_DUPLICATE, topic, strlen(topic)) == 0;
}

bool ats_topic_governed(const struct ats_gate *gate, const char *topic,
                        struct ats_contract **ret_contract, struct ats_span *ret_device)
{
    *ret_contract = ats_contract_set_find_topic(gate->contracts, ats_span_text(topic), ret_device);
    return *ret_contract || is_own(topic) || gate->options.exclusive;
}

static enum ats_gate_access by_broker_rules(const struct ats_gate *gate)
{
    return gate->rules.open_access ? ATS_GATE_ALLOW : ATS_GATE_DEFER;
}

static enum ats_gate_access refuse(struct ats_gate *gate, const struct ats_gate_client *client,
                                   const struct ats_gate_publish *publish, enum ats_reason reason)
{
    ats_counter_add(&gate->metrics.published, 1);
    ats_counter_add(&gate->metrics.refused[reason], 1);
    ats_log_event(gate->log, ATS_LOG_INFO, "publish.refused",
                  "device=\"\" client=%s topic=%s reason=%s path=\"\" rule= sequence=0",
                  ats_log_quote(client->id).text, ats_log_quote(publish->topic).text,
                  ats_reason_info(reason)->name);
    return ats_reason_answer(reason, client->mqtt5, publish->qos) == ATS_GATE_CLOSE
               ? ATS_GATE_DENY_CLOSE
               : ATS_GATE_DENY;
}

enum ats_gate_access ats_gate_may_publish(struct ats_gate *gate,
                                          const struct ats_gate_client *client,
                                          const struct ats_gate_publish *publish)
{
    ats_gate_begin_turn(gate);
    struct ats_contract *contract;
    struct ats_span device = {0};
    if (!ats_topic_governed(gate, publish->topic, &contract, &device))
        return by_broker_rules(gate);
    if (ats_sessions_find(gate->sessions, client->handle, client->id, client->user_name))
        return ATS_GATE_ALLOW;
    /* The broker may use the handle again at once: it only tells apart those that have no session. */
    bool is_will = gate->turn.just_gone == client->handle;
    return refuse(gate, client, publish,
                  is_will ? ATS_REASON_WILL : ats_gate_unproven_reason(gate, client->user_name));
}

/* `ats/receipts/DEVICE` of the connection's own device. */
static bool is_own_receipts(struct ats_gate *gate, const struct ats_gate_client *client,
                            const char *topic)
{
    const struct ats_session *session =
        ats_sessions_find(gate->sessions, client->handle, client->id, client->user_name);
    size_t prefix = sizeof(ATS_RECEIPTS_TOPIC) - 1;
    return session && strncmp(topic, ATS_RECEIPTS_TOPIC, prefix) == 0 &&
           strcmp(topic + prefix, session->device_name) == 0;
}

enum ats_gate_access ats_gate_may_subscribe(struct ats_gate *gate,
                                            const struct ats_gate_client *client,
                                            const char *filter)
{
    ats_gate_begin_turn(gate);
    if (is_duplicate_place(filter))
        return ATS_GATE_DENY;
    if (!is_own(filter))
        return by_broker_rules(gate);
    return is_own_receipts(gate, client, filter) ? ATS_GATE_ALLOW : ATS_GATE_DENY;
}

enum ats_gate_access ats_gate_may_read(struct ats_gate *gate, const struct ats_gate_client *client,
                                       const char *topic)
{
    if (is_duplicate_place(topic))
        return ATS_GATE_DENY;
    if (!is_own(topic))
        return by_broker_rules(gate);
    return is_own_receipts(gate, client, topic) ? ATS_GATE_ALLOW : ATS_GATE_DENY;
}
