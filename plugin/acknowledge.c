/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/acknowledge.h"

#include "plugin/numbers.h"
#include "plugin/replays.h"

#include <stdio.h>

enum ats_status ats_acknowledge_init(struct ats_acknowledge *acknowledge)
{
    return ats_in_flight_init(&acknowledge->flights);
}

void ats_acknowledge_fini(struct ats_acknowledge *acknowledge)
{
    ats_in_flight_fini(&acknowledge->flights);
    ats_marks_fini(&acknowledge->marks);
    ats_marks_fini(&acknowledge->counters);
    ats_token_marks_fini(&acknowledge->tokens);
}

static bool is_passed_over(const struct ats_flight *flight)
{
    return flight->counter > 0 || flight->token.len > 0;
}

static enum ats_status note_leaf(struct ats_acknowledge *acknowledge,
                                 const struct ats_flight *flight)
{
    return acknowledge->evidence ? ats_evidence_note(acknowledge->evidence, flight->journal_id,
                                                     flight->position, flight->leaf)
                                 : ATS_OK;
}

/* Before its leaf: the store of the leaves never knows of a counter or token that is not to be stored. */
static enum ats_status note_passed_over(struct ats_acknowledge *acknowledge,
                                        const struct ats_flight *flight)
{
    char name[ATS_NUMBERS_OWNER_SIZE];
    if (flight->token.len > 0)
        return ats_token_marks_note(&acknowledge->tokens, flight->token);
    if (flight->counter == 0)
        return ATS_OK;
    (void)snprintf(name, sizeof(name), "%.*s", ATS_SPAN_ARGS(flight->device));
    return ats_marks_raise(&acknowledge->counters, name, flight->counter);
}

/* With the marks, in one transaction. */
static enum ats_status note_replay(struct ats_acknowledge *acknowledge,
                                   const struct ats_flight *flight)
{
    char key[ATS_REPLAY_KEY_SIZE];
    ats_replay_event_key(flight->replay, key);
    return ats_marks_raise(&acknowledge->marks, key, 1);
}

enum ats_status ats_acknowledge_take(struct ats_acknowledge *acknowledge, uint64_t *ret_count,
                                     uint64_t *ret_sent)
{
    const struct ats_flight *flight;
    *ret_sent = 0;
    for (*ret_count = 0; (flight = ats_in_flight_peek(&acknowledge->flights)); ++*ret_count) {
        enum ats_status status = note_passed_over(acknowledge, flight);
        if (status == ATS_OK)
            status = note_leaf(acknowledge, flight);
        if (status == ATS_ERR_AGAIN)
            return ATS_OK;
        if (status == ATS_OK && flight->sequence > 0)
            status = ats_marks_note(&acknowledge->marks, flight->device, flight->key_id,
                                    flight->sequence);
        if (status == ATS_OK && flight->replay.len > 0)
            status = note_replay(acknowledge, flight);
        if (status != ATS_OK)
            return status;
        *ret_sent += !is_passed_over(flight);
        acknowledge->taken++;
        acknowledge->passed_over += is_passed_over(flight);
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
    acknowledge->passed_over = 0;
    acknowledge->quarantined_bytes = 0;
    acknowledge->too_large = 0;
}

static enum ats_status store_counters(struct ats_acknowledge *acknowledge)
{
    struct ats_store_batch *batch = NULL;
    if (!acknowledge->counters.by_name)
        return ATS_OK;
    enum ats_status status = ats_store_batch_begin(acknowledge->counter_store, &batch);
    if (status != ATS_OK)
        return status;
    status = ats_marks_put(&acknowledge->counters, batch);
    enum ats_status committed = ats_store_batch_commit(batch);
    if (status == ATS_OK)
        status = committed;
    if (status == ATS_OK)
        ats_marks_fini(&acknowledge->counters);
    return status;
}

/* In one transaction: a sync takes milliseconds. */
static enum ats_status store(struct ats_acknowledge *acknowledge)
{
    struct ats_evidence *evidence = acknowledge->evidence;
    struct ats_store_batch *batch = NULL;
    bool news = evidence && evidence->dirty;
    if (!acknowledge->marks.by_name && !news)
        return ATS_OK;
    enum ats_status status = ats_store_batch_begin(acknowledge->store, &batch);
    if (status != ATS_OK)
        return status;
    status = ats_marks_put(&acknowledge->marks, batch);
    if (status == ATS_OK && news)
        status = ats_evidence_put(evidence, batch);
    if (status != ATS_OK) {
        ats_store_batch_abort(batch);
        return status;
    }
    status = ats_store_batch_commit(batch);
    if (status != ATS_OK)
        return status;
    ats_marks_fini(&acknowledge->marks);
    if (news)
        ats_evidence_stored(evidence);
    return ATS_OK;
}

/* Marks last: what the stored leaves reach up to is acknowledged. `ret_where`: the one that failed. */
static enum ats_status store_all(struct ats_acknowledge *acknowledge,
                                 enum ats_state_store *ret_where)
{
    *ret_where = ATS_STATE_COUNTERS;
    enum ats_status status = store_counters(acknowledge);
    if (status != ATS_OK)
        return status;
    *ret_where = ATS_STATE_TOKENS;
    status =
        ats_token_marks_store(&acknowledge->tokens, acknowledge->token_store, acknowledge->clock);
    if (status != ATS_OK)
        return status;
    *ret_where = ATS_STATE_MARKS;
    return store(acknowledge);
}

static void say_if_failing(struct ats_acknowledge *acknowledge, enum ats_status status,
                           enum ats_state_store where)
{
    bool failing = status != ATS_OK;
    if (failing && (!acknowledge->failing || acknowledge->failing_store != where))
        ats_log_event(acknowledge->log, ATS_LOG_ERROR, "forwarder.marks",
                      "store=%s reason=\"cannot store the sequences, counters and tokens seen: "
                      "%s\" hint=\"nothing more is forwarded for good, and the journal fills\"",
                      ats_state_store_name(where), ats_store_reason(status));
    acknowledge->failing = failing;
    acknowledge->failing_store = where;
}

void ats_acknowledge_commit(struct ats_acknowledge *acknowledge)
{
    enum ats_state_store where = ATS_STATE_COUNTERS;
    enum ats_status status = store_all(acknowledge, &where);
    say_if_failing(acknowledge, status, where);
    if (status != ATS_OK)
        return;
    if (acknowledge->taken == 0)
        return;
    ats_journal_acknowledge(acknowledge->journal, acknowledge->newest.journal_id,
                            acknowledge->newest.position);
    ats_counter_add(&acknowledge->metrics->forwarded,
                    acknowledge->taken - acknowledge->passed_over);
    ats_counter_add(&acknowledge->metrics->quarantine_bytes_out, acknowledge->quarantined_bytes);
    ats_counter_add(&acknowledge->metrics->forwarded_too_large, acknowledge->too_large);
    forget_taken(acknowledge);
}

void ats_acknowledge_forget(struct ats_acknowledge *acknowledge)
{
    ats_in_flight_clear(&acknowledge->flights);
    ats_marks_fini(&acknowledge->marks);
    ats_marks_fini(&acknowledge->counters);
    ats_token_marks_fini(&acknowledge->tokens);
    forget_taken(acknowledge);
}
