/* SPDX-License-Identifier: Apache-2.0 */
/* A record of the quarantine topic as the event that its gate kept out: headers as everywhere, payload and reason from the value. */
#include "common/record/event_headers.h"
#include "common/record/quarantine.h"

enum ats_status ats_event_from_quarantine(const struct ats_kafka_record *record,
                                          struct ats_event *ret_event, struct ats_error *err)
{
    struct ats_quarantine kept;
    *ret_event = (struct ats_event){.kind = ATS_EVENT_QUARANTINED, .asset = record->key};
    if (!record->value.data || ats_quarantine_decode(record->value, &kept) != ATS_OK)
        return ats_error_set(err, ATS_ERR_MALFORMED, "it is no quarantine record");
    if (kept.source != ATS_QUARANTINE_GATE)
        return ats_error_set(err, ATS_ERR_MALFORMED, "it is a processor's dead letter");
    enum ats_status status = ats_event_take_headers(record, ret_event, err);
    if (status != ATS_OK)
        return status;
    if (record->key.len > ATS_NAME_MAX)
        return ats_error_set(err, ATS_ERR_MALFORMED, "key is no name");
    if (!ats_event_item_is_good(ret_event))
        return ats_error_set(err, ATS_ERR_MALFORMED, "headers ats_item and ats_items do not fit");
    ret_event->payload = kept.payload;
    ret_event->reason_class = kept.reason_class;
    ret_event->reason_rule = kept.rule;
    ret_event->reason_path = kept.path;
    ret_event->reason_text = kept.text;
    return ATS_OK;
}
