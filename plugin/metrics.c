/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/metrics.h"

#include <inttypes.h>
#include <jansson.h>

uint64_t ats_metrics_refused(const struct ats_gate_metrics *metrics)
{
    uint64_t sum = 0;
    for (int i = 0; i < ATS_REASON_COUNT; i++)
        sum += ats_counter_get(&metrics->refused[i]);
    return sum;
}

/* Counts by reason name; those that never happened are left out. */
static json_t *by_reason(const ats_counter *counters)
{
    json_t *object = json_object();
    for (int i = 0; i < ATS_REASON_COUNT; i++) {
        uint64_t count = ats_counter_get(&counters[i]);
        if (count > 0 && json_object_set_new(object, ats_reason_info((enum ats_reason)i)->name,
                                             json_integer((json_int_t)count)) != 0)
            break;
    }
    return object;
}

static json_t *by_why(const ats_counter *counters)
{
    static const char *const names[ATS_NOT_OURS_COUNT] = {
        [ATS_NOT_OURS_METHOD] = "authentication-method",
        [ATS_NOT_OURS_USER] = "no-device",
    };
    json_t *object = json_object();
    for (int i = 0; i < ATS_NOT_OURS_COUNT; i++)
        (void)json_object_set_new(object, names[i],
                                  json_integer((json_int_t)ats_counter_get(&counters[i])));
    return object;
}

static json_t *by_outcome(const uint64_t *counts)
{
    json_t *object = json_object();
    for (int i = 0; i < ATS_CONTROL_OUTCOME_COUNT; i++)
        if (counts[i] > 0)
            (void)json_object_set_new(object, ats_control_outcome_name((enum ats_control_outcome)i),
                                      json_integer((json_int_t)counts[i]));
    return object;
}

static void add_control(json_t *root, const struct ats_gate_status *status)
{
    static const char *const imports[ATS_CONTROL_IMPORT_COUNT] = {
        [ATS_CONTROL_IMPORT_TAKEN] = "control_imports_taken",
        [ATS_CONTROL_IMPORT_STOPPED] = "control_imports_stopped",
        [ATS_CONTROL_IMPORT_REFUSED] = "control_imports_refused",
    };
    (void)json_object_set_new(root, "control_rejected_by_outcome",
                              by_outcome(status->control_rejected));
    (void)json_object_set_new(root, "control_heartbeats_refused",
                              json_integer((json_int_t)status->control_heartbeats_refused));
    (void)json_object_set_new(root, "control_copy_bytes",
                              json_integer((json_int_t)status->control_copy.used_bytes));
    (void)json_object_set_new(root, "control_copy_free_bytes",
                              json_integer((json_int_t)status->control_copy.free_bytes));
    (void)json_object_set_new(root, "control_void", json_integer((json_int_t)status->control_void));
    for (int i = 0; i < ATS_CONTROL_IMPORT_COUNT; i++)
        (void)json_object_set_new(root, imports[i],
                                  json_integer((json_int_t)status->control_imports[i]));
}

/* What was refused beside publishes and connections, and what was left to the broker. */
static void add_refusals(json_t *root, const struct ats_gate_metrics *metrics)
{
    (void)json_object_set_new(root, "connections_deferred_by_why",
                              by_why(metrics->connections_deferred));
    (void)json_object_set_new(root, "subscriptions_refused_by_reason",
                              by_reason(metrics->subscriptions_refused));
    (void)json_object_set_new(root, "deliveries_refused_by_reason",
                              by_reason(metrics->deliveries_refused));
    (void)json_object_set_new(root, "sessions_closed_by_reason",
                              by_reason(metrics->sessions_closed));
    (void)json_object_set_new(
        root, "refusals_not_logged",
        json_integer((json_int_t)ats_counter_get(&metrics->refusals_not_logged)));
}

/* To a hundredth: a store of 1 GiB fills by that with a thousand keys. */
static json_t *by_store(const double percent[ATS_STATE_STORE_COUNT])
{
    json_t *object = json_object();
    for (int i = 0; i < ATS_STATE_STORE_COUNT; i++)
        (void)json_object_set_new(object, ats_state_store_name((enum ats_state_store)i),
                                  json_real((double)(int64_t)(percent[i] * 100) / 100));
    return object;
}

static json_int_t number(const ats_counter *counter)
{
    return (json_int_t)ats_counter_get(counter);
}

void ats_rule_counts_add(struct ats_rule_counts *counts, const struct ats_verdict *verdict)
{
    if (verdict->rule != ATS_RULE_NONE) {
        counts->quarantined[verdict->rule]++;
        return;
    }
    counts->with_warnings += verdict->warned != 0;
    for (int rule = 0; rule < ATS_RULE_COUNT && verdict->warned >> rule != 0; rule++)
        counts->warned[rule] += (verdict->warned >> rule & 1) != 0;
}

void ats_metrics_add_rules(struct ats_gate_metrics *metrics, const struct ats_rule_counts *counts)
{
    ats_counter_add(&metrics->warned, counts->with_warnings);
    for (int rule = 0; rule < ATS_RULE_COUNT; rule++) {
        if (counts->quarantined[rule] > 0)
            ats_counter_add(&metrics->quarantined_by_rule[rule], counts->quarantined[rule]);
        if (counts->warned[rule] > 0)
            ats_counter_add(&metrics->warned_by_rule[rule], counts->warned[rule]);
    }
}

/* Of each rule that was met. */
static json_t *by_rule(const ats_counter counters[ATS_RULE_COUNT])
{
    json_t *object = json_object();
    for (int rule = 1; rule < ATS_RULE_COUNT; rule++)
        if (ats_counter_get(&counters[rule]) > 0)
            (void)json_object_set_new(object, ats_rule_name((enum ats_rule)rule),
                                      json_integer(number(&counters[rule])));
    return object;
}

static void add_replays(json_t *root, const struct ats_gate_metrics *metrics)
{
    (void)json_object_set_new(root, "replays_admitted",
                              json_integer(number(&metrics->replays_admitted)));
    (void)json_object_set_new(root, "replays_repeated",
                              json_integer(number(&metrics->replays_repeated)));
    (void)json_object_set_new(root, "replays_refused",
                              json_integer(number(&metrics->replays_refused)));
    (void)json_object_set_new(root, "replays_waiting",
                              json_integer(number(&metrics->replays_waiting)));
}

enum ats_status ats_metrics_json(const struct ats_gate_metrics *metrics,
                                 const struct ats_gate_status *status, struct ats_buf *out)
{
    char time[ATS_RFC3339_SIZE];
    ats_clock_format_rfc3339(status->now_ms, time);
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:o, s:I, s:I, s:I, s:o, "
        "s:I, s:o, s:I, "
        "s:I, s:I, s:I, "
        "s:I, "
        "s:I, "
        "s:I, s:b, s:I, s:b, s:b, s:I, s:s?}",
        "time", time, "gate", status->gate, "mode", status->mode, /**/
        "published", number(&metrics->published), "admitted", number(&metrics->admitted),
        "quarantined", number(&metrics->quarantined), "quarantine_copies",
        number(&metrics->quarantine_copies), "lists", number(&metrics->lists), "items_admitted",
        number(&metrics->items_admitted), "items_quarantined", number(&metrics->items_quarantined),
        "quarantined_by_rule", by_rule(metrics->quarantined_by_rule), "warned",
        number(&metrics->warned), "warned_by_rule", by_rule(metrics->warned_by_rule), "duplicates",
        number(&metrics->duplicates),                                             /**/
        "sequence_gaps", number(&metrics->sequence_gaps),                         /**/
        "refused", (json_int_t)ats_metrics_refused(metrics),                      /**/
        "refused_by_reason", by_reason(metrics->refused),                         /**/
        "connections_accepted", number(&metrics->connections_accepted),           /**/
        "connections_refused_by_reason", by_reason(metrics->connections_refused), /**/
        "sessions", number(&metrics->sessions), "forwarded", number(&metrics->forwarded),
        "forwarded_too_large", number(&metrics->forwarded_too_large), "forward_failures",
        number(&metrics->forward_failures),                     /**/
        "receipts_sent", number(&metrics->receipts_sent),       /**/
        "receipts_dropped", number(&metrics->receipts_dropped), /**/
        "control_count", (json_int_t)status->control_count,     /**/
        "control_caught_up", status->control_caught_up ? 1 : 0, /**/
        "control_age_ms", (json_int_t)status->control_age_ms,   /**/
        "control_stale", status->control_stale ? 1 : 0,         /**/
        "control_withheld", status->control_withheld ? 1 : 0,   /**/
        "backlog_bytes", (json_int_t)status->backlog_bytes, "missing_topic",
        status->missing_topic[0] ? status->missing_topic : NULL);
    if (root) {
        (void)json_object_set_new(root, "claims_taken",
                                  json_integer(number(&metrics->claims_taken)));
        (void)json_object_set_new(root, "claims_written",
                                  json_integer(number(&metrics->claims_written)));
        (void)json_object_set_new(root, "shedding_address_groups",
                                  json_integer((json_int_t)status->shed.groups));
        (void)json_object_set_new(root, "shedding_let_in", json_real(status->shed.let_in));
        (void)json_object_set_new(root, "shedding_declined", json_boolean(status->shed.declined));
        (void)json_object_set_new(root, "shedding_insufficient",
                                  json_boolean(status->shed.insufficient));
        (void)json_object_set_new(root, "shedding_failing", json_boolean(status->shed.failing));
        (void)json_object_set_new(root, "shedding_connections_held_back",
                                  json_integer((json_int_t)status->shed.kept_out));
        (void)json_object_set_new(root, "tokens_forgotten",
                                  json_integer(number(&metrics->tokens_forgotten)));
        (void)json_object_set_new(root, "state_used_percent_by_store",
                                  by_store(status->state_used_percent));
        (void)json_object_set_new(root, "shedding_listeners_covered",
                                  json_integer((json_int_t)status->shed.covered));
        (void)json_object_set_new(root, "shedding_listeners",
                                  json_integer((json_int_t)status->shed.listeners));
        (void)json_object_set_new(root, "session_rows_lost",
                                  json_integer((json_int_t)status->session_rows_lost));
        add_replays(root, metrics);
        add_refusals(root, metrics);
        add_control(root, status);
    }
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    if (text) {
        ats_buf_append_text(out, text);
        ats_buf_append_text(out, "\n");
    }
    free(text);
    json_decref(root);
    return text ? out->status : ATS_ERR_MEMORY;
}

void ats_metrics_line(const struct ats_gate_metrics *metrics, struct ats_buf *out)
{
    ats_buf_printf(out,
                   "published=%" PRIu64 " admitted=%" PRIu64 " quarantined=%" PRIu64
                   " refused=%" PRIu64 " duplicates=%" PRIu64 " forwarded=%" PRIu64
                   " sessions=%" PRIu64 " receipts=%" PRIu64,
                   ats_counter_get(&metrics->published), ats_counter_get(&metrics->admitted),
                   ats_counter_get(&metrics->quarantined), ats_metrics_refused(metrics),
                   ats_counter_get(&metrics->duplicates), ats_counter_get(&metrics->forwarded),
                   ats_counter_get(&metrics->sessions), ats_counter_get(&metrics->receipts_sent));
}
