/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequence windows, CONNECT counters and single-use tokens across restarts. What is still in the journal gives sequences and digests; below that there is only the
 * mark, the highest sequence that Kafka has: everything up to it counts as seen, with bytes unknown.
 */
#include "plugin/gate_state.h"

#include "common/record/event.h"
#include "plugin/counter_record.h"
#include "plugin/counters.h"
#include "plugin/device_store.h"
#include "plugin/numbers.h"
#include "plugin/replay_judge.h"
#include "plugin/wills.h"

#include <stdio.h>

static void begin_at_mark(struct ats_window *window, uint64_t mark)
{
    window->highest = mark;
    window->seen = ~(uint64_t)0; /* the digests stay ATS_WINDOW_DIGEST_UNKNOWN */
}

struct ats_window *ats_gate_window(struct ats_gate *gate, const char *owner, bool make)
{
    struct ats_window *window = ats_numbers_window(gate->numbers, owner, false);
    if (window)
        return window;
    uint64_t mark = 0;
    if (ats_device_store_get(gate->mark_store, owner, &mark) != ATS_OK || (mark == 0 && !make))
        return NULL;
    window = ats_numbers_window(gate->numbers, owner, true);
    if (window && mark > 0)
        begin_at_mark(window, mark);
    return window;
}

static enum ats_status note(struct ats_gate *gate, const struct ats_journal_entry *entry)
{
    struct ats_event event;
    if (entry->kind == ATS_COUNTER_RECORD_KIND)
        return ats_counters_replay(gate, entry->data);
    if (entry->kind == ATS_TOKEN_RECORD_KIND)
        return ats_used_tokens_replay(&gate->used_tokens, entry->data,
                                      ats_clock_wall_ms(gate->clock) / 1000);
    if (ats_event_decode(entry->data, &event) != ATS_OK)
        return ATS_OK;
    if (event.replay.len > 0) /* its sequence was taken when the event came */
        return ats_gate_replay_note(gate, &event);
    if (event.sequence == 0 || event.device.len == 0 || event.device.len > ATS_NAME_MAX)
        return ATS_OK;
    char device[ATS_NAME_MAX + 1];
    char key_id[ATS_KEY_ID_SIZE];
    char owner[ATS_NUMBERS_OWNER_SIZE];
    (void)snprintf(device, sizeof(device), "%.*s", ATS_SPAN_ARGS(event.device));
    (void)snprintf(key_id, sizeof(key_id), "%.*s", ATS_SPAN_ARGS(event.key_id));
    ats_numbers_owner(device, key_id, owner);
    if (ats_will_has_sequence(event.sequence))
        return ats_will_note(gate, owner, event.sequence, event.digest) ? ATS_OK : ATS_ERR_LIMIT;
    struct ats_window *window = ats_gate_window(gate, owner, true);
    if (!window)
        return ATS_ERR_LIMIT;
    ats_window_note(window, event.sequence, event.digest);
    return ATS_OK;
}

/* Quarantine's share of what is not forwarded yet. */
static void count_quarantine(struct ats_gate *gate, const struct ats_journal_entry *entry)
{
    if (entry->kind == ATS_EVENT_QUARANTINED)
        ats_counter_add(&gate->metrics.quarantine_bytes_in, entry->data.len);
}

static enum ats_status read_journal(struct ats_gate *gate, bool from_oldest, struct ats_error *err)
{
    struct ats_journal_reader *reader = NULL;
    enum ats_status status = ats_journal_reader_open(gate->journal, from_oldest, &reader);
    struct ats_journal_entry entry;
    while (status == ATS_OK && (status = ats_journal_reader_next(reader, &entry)) == ATS_OK) {
        if (from_oldest)
            status = note(gate, &entry);
        else
            count_quarantine(gate, &entry);
    }
    ats_journal_reader_close(reader);
    if (status == ATS_ERR_AGAIN)
        return ATS_OK;
    return ats_error_set(err, status,
                         "cannot rebuild sequence windows and counters from the journal: %s",
                         ats_status_name(status));
}

enum ats_status ats_gate_rebuild(struct ats_gate *gate, struct ats_error *err)
{
    enum ats_status status = read_journal(gate, true, err);
    return status == ATS_OK ? read_journal(gate, false, err) : status;
}
