/* SPDX-License-Identifier: Apache-2.0 */
/* From a CONNECT with a single-use token to the store, with the forwarder's part done by hand. */
#include "plugin/used_tokens.h"

#include "plugin/acknowledge.h"
#include "plugin/pass_over.h"
#include "tests/unit/plugin/gate_fixture.h"

static struct ats_acknowledge acknowledge;

static void begin(void)
{
    fixture_open(NULL, NULL, NULL);
}

static void end(void)
{
    ats_acknowledge_fini(&acknowledge);
    fixture_end();
}

TestSuite(used_tokens, .init = begin, .fini = end);

static enum ats_reason take_of(const char *device, const char *id, int64_t expires_s)
{
    struct ats_jwt jwt = {.expires_s = expires_s};
    (void)snprintf(jwt.key_id, sizeof(jwt.key_id), "0123456789abcdef");
    (void)snprintf(jwt.token_id, sizeof(jwt.token_id), "%s", id);
    return ats_used_tokens_take(&fix.gate->used_tokens, &jwt, device, fix.wall_ms / 1000, &fix.err);
}

static enum ats_reason take(const char *id)
{
    return take_of(DEVICE, id, fix.wall_ms / 1000 + 600);
}

static void fill(void)
{
    char id[16];
    for (int i = 0; i < ATS_GATE_TOKENS_PER_KEY; i++) {
        (void)snprintf(id, sizeof(id), "%d", i);
        cr_assert_eq(take(id), ATS_REASON_NONE);
    }
}

/* What the forwarder does with the whole journal. */
static void store_all(void)
{
    ats_acknowledge_fini(&acknowledge);
    uint64_t count = 0;
    uint64_t sent = 0;
    struct ats_journal_reader *reader = NULL;
    struct ats_journal_entry entry;
    struct ats_flight flight;
    struct ats_event event;
    acknowledge = (struct ats_acknowledge){.journal = fix.gate->journal,
                                           .store = fix.gate->mark_store,
                                           .counter_store = fix.gate->counter_store,
                                           .token_store = fix.gate->token_store,
                                           .clock = &fix_clock,
                                           .metrics = &fix.gate->metrics,
                                           .log = fix.gate->log};
    cr_assert_eq(ats_acknowledge_init(&acknowledge), ATS_OK);
    cr_assert_eq(ats_journal_reader_open(fix.gate->journal, false, &reader), ATS_OK);
    while (ats_journal_reader_next(reader, &entry) == ATS_OK) {
        cr_assert(ats_pass_over(&entry, fix.gate->log, &event, &flight));
        flight.journal_id = entry.journal_id;
        flight.position = entry.position;
        ats_in_flight_push(&acknowledge.flights, &flight);
    }
    cr_assert_eq(ats_acknowledge_take(&acknowledge, &count, &sent), ATS_OK);
    cr_assert_gt(count, 0);
    cr_assert_eq(sent, 0);
    ats_acknowledge_commit(&acknowledge);
    ats_journal_reader_close(reader);
}

static size_t stored_count(void)
{
    struct ats_token_record record;
    struct ats_token_set set = {.items = (struct ats_used_token[ATS_GATE_TOKENS_PER_KEY]){{0}}};
    ats_token_record_make(DEVICE, "0123456789abcdef", "", 0, &record);
    cr_assert_eq(ats_token_store_get(fix.gate->token_store, record.key, &set), ATS_OK);
    return set.count;
}

Test(used_tokens, are_in_the_journal_when_they_are_taken_and_in_the_store_before_it_forgets_them)
{
    cr_assert_eq(take("a"), ATS_REASON_NONE);
    cr_assert_gt(ats_journal_backlog_bytes(fix.gate->journal), 0);
    cr_assert_eq(stored_count(), 0, "nobody waits for the store");
    store_all();
    cr_assert_eq(stored_count(), 1);
    cr_assert_eq(ats_journal_backlog_bytes(fix.gate->journal), 0);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.forwarded), 0);
    cr_assert_eq(take("a"), ATS_REASON_TOKEN_REPLAYED);
    cr_assert_eq(take("b"), ATS_REASON_NONE);
}

Test(used_tokens, are_known_after_a_restart_from_the_journal_or_from_the_store)
{
    for (int stored = 0; stored < 2; stored++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "of-%d", stored);
        cr_assert_eq(take(id), ATS_REASON_NONE);
        if (stored)
            store_all();
        close_gate();
        open_gate(NULL, NULL);
        cr_assert_eq(take(id), ATS_REASON_TOKEN_REPLAYED);
    }
}

Test(used_tokens, one_key_fills_its_own_quota_alone)
{
    for (int stored = 0; stored < 2; stored++) {
        if (stored)
            store_all();
        else
            fill();
        cr_assert_eq(take("one more"), ATS_REASON_TOKENS_FULL);
        cr_assert_eq(take("0"), ATS_REASON_TOKEN_REPLAYED);
        cr_assert_eq(take_of("lathe-4", stored ? "b" : "a", fix.wall_ms / 1000 + 600),
                     ATS_REASON_NONE, "others are not locked out");
    }
    fix.wall_ms += 601 * 1000;
    cr_assert_eq(take("one more"), ATS_REASON_NONE, "it has room again when they have expired");
}

Test(used_tokens, stay_used_where_the_clock_goes_forward_and_back)
{
    int64_t end_s = fix.wall_ms / 1000 + 600;
    fill();
    store_all();
    fix.wall_ms += 3600 * 1000;
    cr_assert_eq(take("later"), ATS_REASON_NONE);
    fix.wall_ms -= 3600 * 1000;
    cr_assert_eq(take_of(DEVICE, "0", end_s), ATS_REASON_TOKEN_REPLAYED);
    store_all();
    cr_assert_eq(take_of(DEVICE, "0", end_s), ATS_REASON_TOKEN_REPLAYED);
    cr_assert_eq(take_of(DEVICE, "longer", fix.wall_ms / 1000 + 7200), ATS_REASON_NONE,
                 "and nobody is locked out for ever");
}

Test(used_tokens, a_key_leaves_memory_when_another_needs_its_place_and_the_store_has_it)
{
    fix.gate->used_tokens.keys_max = 1;
    cr_assert_eq(take("a"), ATS_REASON_NONE);
    cr_assert_eq(take_of("lathe-4", "a", fix.wall_ms / 1000 + 600), ATS_REASON_GATE_BUSY);
    store_all();
    cr_assert_eq(take_of("lathe-4", "a", fix.wall_ms / 1000 + 600), ATS_REASON_NONE);
    cr_assert_eq(take("a"), ATS_REASON_TOKEN_REPLAYED);
}

Test(used_tokens, are_noted_once_while_their_flight_cannot_be_taken)
{
    uint8_t data[ATS_TOKEN_RECORD_SIZE];
    struct ats_token_marks marks = {0};
    struct ats_token_record record;
    for (int token = 0; token < 2; token++) {
        ats_token_record_make(DEVICE, "0123456789abcdef", token ? "b" : "a", 1, &record);
        ats_token_record_encode(&record, data);
        for (int i = 0; i < 3; i++)
            cr_assert_eq(ats_token_marks_note(&marks, ats_span_of(data, sizeof(data))), ATS_OK);
    }
    cr_assert_eq(marks.count, 2);
    ats_token_marks_fini(&marks);
}

/* The last position. */
static uint64_t fill_journal(void)
{
    static uint8_t data[ATS_JOURNAL_RECORD_MAX];
    struct ats_span span = ats_span_of(data, sizeof(data));
    uint64_t position = 0;
    for (; span.len > 0; span.len /= 2)
        while (ats_journal_append(fix.gate->journal, ATS_EVENT_ADMITTED, span, &position) == ATS_OK)
            cr_assert_eq(ats_journal_maintain(fix.gate->journal, 0, NULL), ATS_OK);
    return position;
}

Test(used_tokens, what_the_journal_has_no_room_for_opens_nothing_and_is_not_used)
{
    uint64_t newest = fill_journal();
    cr_assert_eq(take("a"), ATS_REASON_GATE_BUSY);
    cr_assert_not_null(strstr(fix.err.text, "the journal"), "%s", fix.err.text);
    ats_journal_acknowledge(fix.gate->journal, ats_journal_id(fix.gate->journal), newest);
    cr_assert_eq(ats_journal_maintain(fix.gate->journal, 0, NULL), ATS_OK);
    cr_assert_eq(take("a"), ATS_REASON_NONE);
}
