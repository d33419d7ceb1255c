/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/acknowledge.h"

enum ats_status ats_acknowledge_init(struct ats_acknowledge *acknowledge)
{
    return ats_in_flight_init(&acknowledge->flights);
}

void ats_acknowledge_fini(struct ats_acknowledge *acknowledge)
{
    ats_in_flight_fini(&acknowledge->flights);
    ats_marks_fini(&acknowledge->marks);
}

enum ats_status ats_acknowledge_take(struct ats_acknowledge *acknowledge, uint64_t *ret_count)
{
    const struct ats_flight *flight;
    for (*ret_count = 0; (flight = ats_in_flight_peek(&acknowledge->flights)); ++*ret_count) {
        if (flight->sequence > 0) {
            enum ats_status status =
                ats_marks_note(&acknowledge->marks, flight->device, flight->sequence);
            if (status != ATS_OK)
                return status;
        }
        acknowledge->taken++;
        acknowledge->quarantined_bytes += flight->quarantined_len;
        acknowledge->too_large += flight->too_large;
        acknowledge->newest = *flight;
        ats_in_flight_pop(&acknowledge->flights);
    }
    return ATS_OK;
}

static void forget_taken(struct ats_acknowledge *acknowledge)
{
    acknowledge->taken = 0;
    acknowledge->quarantined_bytes = 0;
    acknowledge->too_large = 0;
}

void ats_acknowledge_commit(struct ats_acknowledge *acknowledge)
{
    if (acknowledge->taken == 0)
        return;
    enum ats_status status = ats_marks_store(&acknowledge->marks, acknowledge->store);
    if (status != ATS_OK) {
        ats_log_event(acknowledge->log, ATS_LOG_ERROR, "forwarder.marks",
                      "reason=\"cannot store the sequences seen: %s\"", ats_status_name(status));
        return;
    }
    ats_journal_acknowledge(acknowledge->journal, acknowledge->newest.journal_id,
                            acknowledge->newest.position);
    ats_counter_add(&acknowledge->metrics->forwarded, acknowledge->taken);
    ats_counter_add(&acknowledge->metrics->quarantine_bytes_out, acknowledge->quarantined_bytes);
    ats_counter_add(&acknowledge->metrics->forwarded_too_large, acknowledge->too_large);
    forget_taken(acknowledge);
}

void ats_acknowledge_forget(struct ats_acknowledge *acknowledge)
{
    ats_in_flight_clear(&acknowledge->flights);
    ats_marks_fini(&acknowledge->marks);
    forget_taken(acknowledge);
}
