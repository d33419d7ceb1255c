/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/refused_reads.h"

#include "plugin/receipts.h"

void ats_refused_subscription(struct ats_gate *gate, const struct ats_gate_client *client,
                              const struct ats_reader *reader, const char *filter,
                              enum ats_reason reason)
{
    ats_counter_add(&gate->metrics.subscriptions_refused[reason], 1);
    unsigned long not_logged = 0;
    if (ats_refusal_is_logged(gate, reader->session, reason, &not_logged))
        ats_log_event(gate->log, ATS_LOG_INFO, "subscribe.refused",
                      "device=%s client=%s filter=%s reason=%s not_logged=%lu",
                      ats_log_quote(reader->device).text, ats_log_quote(client->id).text,
                      ats_log_quote(filter).text, ats_reason_info(reason)->name, not_logged);
    const struct ats_receipt receipt = {.reason = reason, .topic = filter};
    if (reader->session)
        ats_receipt_send(gate, reader->session, &receipt);
}

void ats_refused_delivery(struct ats_gate *gate, const struct ats_gate_client *client,
                          const struct ats_reader *reader, const char *topic,
                          enum ats_reason reason)
{
    ats_counter_add(&gate->metrics.deliveries_refused[reason], 1);
    unsigned long not_logged = 0;
    if (ats_log_share_take(gate, ATS_LOG_SHARE_READER, reader->device, reason, &not_logged))
        ats_log_event(gate->log, ATS_LOG_INFO, "delivery.refused",
                      "device=%s client=%s topic=%s reason=%s not_logged=%lu",
                      ats_log_quote(reader->device).text, ats_log_quote(client->id).text,
                      ats_log_quote(topic).text, ats_reason_info(reason)->name, not_logged);
}
