/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/receipts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND_MS 1000

/* What this device was told in the second that is now. NULL: no room for another one. */
static struct ats_device_limits *told_of(struct ats_gate *gate, const struct ats_session *session)
{
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    struct ats_device_limits *limits = ats_session_limits(gate->sessions, session);
    if (!limits)
        return NULL;
    limits->touched = limits->touched || !session->claims; /* whose name is nobody's yet */
    if (now_ms - limits->told_window_ms >= SECOND_MS) {
        limits->told_window_ms = now_ms;
        limits->receipts = 0;
    }
    return limits;
}

static bool within_budget(struct ats_gate *gate, const struct ats_session *session)
{
    int64_t now_ms = ats_clock_monotonic_ms(gate->clock);
    if (now_ms - gate->receipts_window_ms >= SECOND_MS) {
        gate->receipts_window_ms = now_ms;
        gate->receipts = 0;
    }
    struct ats_device_limits *limits = told_of(gate, session);
    if (!limits || gate->receipts >= gate->options.receipts_per_second ||
        limits->receipts >= ATS_GATE_RECEIPTS_PER_DEVICE)
        return false;
    gate->receipts++;
    limits->receipts++;
    return true;
}

/* The caller frees the text. */
static char *format_with(const struct ats_receipt *receipt, const char *topic)
{
    const struct ats_reason_info *info = ats_reason_info(receipt->reason);
    const struct ats_verdict *verdict = receipt->verdict;
    json_t *root = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "code", info->code, "reason", info->name,
        "verdict", ats_verdict_kind_name(info->kind),                           /**/
        "class", verdict ? ats_verdict_class_name(verdict->verdict_class) : "", /**/
        "path", verdict ? verdict->path : "", "rule", verdict ? ats_rule_name(verdict->rule) : "",
        "text", verdict && verdict->text[0] ? verdict->text : info->text, /**/
        "topic", topic, "sequence",
        receipt->sequence <= INT64_MAX ? (json_int_t)receipt->sequence : 0);
    if (root && receipt->item)
        (void)json_object_set_new(root, "item", json_integer(*receipt->item));
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

/* Everything but the topic has a bound of its own. */
static char *format(const struct ats_receipt *receipt)
{
    char *text = format_with(receipt, receipt->topic);
    if (!text || strlen(text) < ATS_GATE_RECEIPT_MAX)
        return text;
    free(text);
    return format_with(receipt, "");
}

void ats_receipt_send(struct ats_gate *gate, struct ats_session *session,
                      const struct ats_receipt *receipt)
{
    if (!gate->options.receipts)
        return;
    bool sent = false;
    if (within_budget(gate, session)) {
        char topic[sizeof(ATS_RECEIPTS_TOPIC) + ATS_SESSION_NAME_MAX];
        (void)snprintf(topic, sizeof(topic), ATS_RECEIPTS_TOPIC "%s", session->device_name);
        char *text = format(receipt);
        sent = text && gate->broker.publish_to(gate->broker.ctx, session->client_id, topic,
                                               ats_span_text(text));
        free(text);
    }
    ats_counter_add(sent ? &gate->metrics.receipts_sent : &gate->metrics.receipts_dropped, 1);
}
