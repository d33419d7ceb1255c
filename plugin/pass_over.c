/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/pass_over.h"

#include "plugin/counter_record.h"
#include "plugin/used_tokens.h"

#include <inttypes.h>

bool ats_pass_over(const struct ats_journal_entry *entry, struct ats_log *log,
                   struct ats_event *ret_event, struct ats_flight *ret_flight)
{
    struct ats_counter_record record;
    struct ats_token_record token;
    bool is_counter = entry->kind == ATS_COUNTER_RECORD_KIND;
    bool is_token = entry->kind == ATS_TOKEN_RECORD_KIND;
    *ret_flight = (struct ats_flight){.done = true};
    if (is_counter && ats_counter_record_decode(entry->data, &record)) {
        ret_flight->device = record.owner;
        ret_flight->counter = record.counter;
        return true;
    }
    if (is_token && ats_token_record_decode(entry->data, &token)) {
        ret_flight->token = entry->data;
        return true;
    }
    if (!is_counter && !is_token && ats_event_decode(entry->data, ret_event) == ATS_OK)
        return false;
    ats_log_event(log, ATS_LOG_ERROR, "journal.unreadable",
                  "journal=%016" PRIx64 " position=%" PRIu64 " bytes=%zu", entry->journal_id,
                  entry->position, entry->data.len);
    return true;
}
