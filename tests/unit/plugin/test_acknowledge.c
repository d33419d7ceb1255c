/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/acknowledge.h"

#include "plugin/counters.h"
#include "tests/unit/plugin/gate_fixture.h"

#include <stdlib.h>

static struct ats_acknowledge acknowledge;
static struct ats_store *full_store;
static char full_folder[] = "/tmp/attestream-full-XXXXXX";

static enum ats_status put_one(unsigned key, size_t size)
{
    static const uint8_t value[1024];
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(full_store, &batch), ATS_OK);
    enum ats_status status =
        ats_store_batch_put(batch, ats_span_of(&key, sizeof(key)), ats_span_of(value, size));
    enum ats_status committed = ats_store_batch_commit(batch);
    return status == ATS_OK ? committed : status;
}

/* A store that takes nothing more. */
static void open_full_store(void)
{
    unsigned key = 0;
    cr_assert_not_null(mkdtemp(full_folder));
    cr_assert_eq(ats_store_open(full_folder, 1 << 16, &full_store, &fix.err), ATS_OK, "%s",
                 fix.err.text);
    for (size_t size = 1024; size > 0; size /= 4)
        while (put_one(key, size) == ATS_OK)
            cr_assert_lt(key++, 10000);
}

static void begin(void)
{
    fixture_open(NULL, NULL, NULL);
    open_full_store();
    acknowledge = (struct ats_acknowledge){.journal = fix.gate->journal,
                                           .store = fix.gate->mark_store,
                                           .counter_store = fix.gate->counter_store,
                                           .metrics = &fix.gate->metrics,
                                           .log = fix.gate->log};
    cr_assert_eq(ats_acknowledge_init(&acknowledge), ATS_OK);
}

static void end(void)
{
    ats_acknowledge_fini(&acknowledge);
    ats_store_close(full_store);
    scratch_remove(full_folder);
    fixture_end();
}

TestSuite(acknowledge, .init = begin, .fini = end);

/* What the forwarder makes of the counter's record. */
static void take_counter(uint64_t position, uint64_t counter)
{
    uint64_t count = 0;
    uint64_t sent = 0;
    struct ats_flight flight = {.journal_id = ats_journal_id(fix.gate->journal),
                                .position = position,
                                .device = ats_span_text(DEVICE),
                                .counter = counter,
                                .done = true};
    cr_assert_eq(ats_counters_take(fix.gate, DEVICE, counter, &fix.err), ATS_REASON_NONE);
    ats_in_flight_push(&acknowledge.flights, &flight);
    cr_assert_eq(ats_acknowledge_take(&acknowledge, &count, &sent), ATS_OK);
    cr_assert_eq(count, 1);
    cr_assert_eq(sent, 0);
}

static uint64_t backlog(void)
{
    return ats_journal_backlog_bytes(fix.gate->journal);
}

static uint64_t stored(void)
{
    uint64_t counter = 0;
    cr_assert_eq(ats_device_store_get(fix.gate->counter_store, DEVICE, &counter), ATS_OK);
    return counter;
}

Test(acknowledge, stores_the_highest_counter_and_counts_nothing_as_forwarded)
{
    take_counter(1, 5);
    take_counter(2, 9);
    ats_acknowledge_commit(&acknowledge);
    cr_assert_eq(stored(), 9);
    cr_assert_eq(backlog(), 0);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.forwarded), 0);
}

Test(acknowledge, never_moves_the_watermark_past_a_counter_that_is_not_stored)
{
    acknowledge.counter_store = full_store;
    take_counter(1, 5);
    uint64_t before = backlog();
    ats_acknowledge_commit(&acknowledge);
    cr_assert_gt(before, 0);
    cr_assert_eq(backlog(), before);
    cr_assert_not_null(strstr(fix.log, "forwarder.marks"), "%s", fix.log);
    acknowledge.counter_store = fix.gate->counter_store;
    ats_acknowledge_commit(&acknowledge);
    cr_assert_eq(stored(), 5, "it is tried again");
    cr_assert_eq(backlog(), 0);
}

/* What the forwarder makes of a publish. */
static void take_publish(uint64_t position, uint64_t sequence)
{
    uint64_t count = 0;
    uint64_t sent = 0;
    struct ats_flight flight = {.journal_id = ats_journal_id(fix.gate->journal),
                                .position = position,
                                .device = ats_span_text(DEVICE),
                                .sequence = sequence,
                                .done = true};
    ats_in_flight_push(&acknowledge.flights, &flight);
    cr_assert_eq(ats_acknowledge_take(&acknowledge, &count, &sent), ATS_OK);
    cr_assert_eq(sent, 1);
}

Test(acknowledge, says_which_store_takes_nothing_once_each)
{
    acknowledge.counter_store = full_store;
    take_counter(1, 5);
    ats_acknowledge_commit(&acknowledge);
    ats_acknowledge_commit(&acknowledge);
    cr_assert_eq(lines_with("forwarder.marks"), 1, "%s", fix.log);
    cr_assert_eq(lines_with("forwarder.marks store=counters"), 1, "%s", fix.log);
    acknowledge.counter_store = fix.gate->counter_store;
    acknowledge.store = full_store;
    take_publish(2, 1);
    ats_acknowledge_commit(&acknowledge);
    ats_acknowledge_commit(&acknowledge);
    cr_assert_eq(lines_with("forwarder.marks"), 2, "%s", fix.log);
    cr_assert_eq(lines_with("forwarder.marks store=marks"), 1, "%s", fix.log);
}

Test(acknowledge, forgets_with_a_flight_that_is_given_up_its_counter)
{
    acknowledge.counter_store = full_store;
    take_counter(1, 5);
    ats_acknowledge_commit(&acknowledge);
    ats_acknowledge_forget(&acknowledge);
    acknowledge.counter_store = fix.gate->counter_store;
    ats_acknowledge_commit(&acknowledge);
    cr_assert_eq(stored(), 0);
    cr_assert_gt(backlog(), 0, "the journal still has it");
}
