/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/evidence.h"

#include "tests/unit/common/kafka/mock.h"
#include "tests/unit/plugin/gate_fixture.h"

#define INTERVAL_MS 10000
#define JOURNAL 7

static struct ats_evidence evidence;
static struct ats_checkpoint checkpoint; /* what was signed last, borrowed from `evidence` */

static void init_evidence(void)
{
    static struct ats_kafka_config kafka = {.topic_prefix = "ats."};
    static struct ats_forwarder_options options;
    options = (struct ats_forwarder_options){.kafka = &kafka,
                                             .journal = fix.gate->journal,
                                             .marks = fix.gate->mark_store,
                                             .registry = fix.gate->registry,
                                             .signing = &fix.gate->fleet.identity.signing,
                                             .fleet = fix.gate->fleet.identity.fleet,
                                             .fleet_hex = fix.gate->fleet.fleet_hex,
                                             .gate = GATE,
                                             .evidence_interval_ms = INTERVAL_MS,
                                             .clock = &fix_clock,
                                             .log = fix.gate->log};
    cr_assert_eq(ats_evidence_open(&evidence, &options), ATS_OK);
}

static void begin(void)
{
    fixture_open(NULL, NULL, NULL);
    init_evidence();
}

static void end(void)
{
    ats_evidence_fini(&evidence);
    fixture_end();
}

TestSuite(gate_evidence, .init = begin, .fini = end);

static enum ats_status note(uint64_t journal_id, uint64_t position)
{
    uint8_t leaf[ATS_LEAF_SIZE] = {(uint8_t)position, (uint8_t)(position >> 8)};
    return ats_evidence_note(&evidence, journal_id, position, leaf);
}

static void note_all(uint64_t first, uint64_t last)
{
    for (uint64_t position = first; position <= last; position++)
        cr_assert_eq(note(JOURNAL, position), ATS_OK);
}

static void store(void)
{
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(fix.gate->mark_store, &batch), ATS_OK);
    cr_assert_eq(ats_evidence_put(&evidence, batch), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    ats_evidence_stored(&evidence);
}

/* As after a crash: what is not in the store is gone. */
static void restart(void)
{
    ats_evidence_fini(&evidence);
    init_evidence();
}

static void expect_signed(uint64_t number, uint64_t first, uint64_t last)
{
    struct ats_error err = {0};
    cr_assert_gt(evidence.pending.len, 0, "nothing is signed");
    cr_assert_eq(ats_evidence_decode(ats_buf_span(&evidence.pending), &checkpoint, &err), ATS_OK,
                 "%s", err.text);
    cr_assert_eq(ats_checkpoint_check(fleet.id, fix.gate_key.public_key, &checkpoint), ATS_OK);
    cr_assert_eq(checkpoint.number, number);
    cr_assert_eq(checkpoint.first, first);
    cr_assert_eq(ats_checkpoint_last(&checkpoint), last);
    cr_assert_eq(checkpoint.time_ms, fix.wall_ms);
    cr_assert_eq(checkpoint.control_count, ats_registry_count(fix.gate->registry));
    for (uint64_t position = first; position <= last; position++)
        cr_assert_eq(ats_checkpoint_leaf(&checkpoint, position)[0], (uint8_t)position);
}

/* As if it was sent. */
static void deliver(void)
{
    store();
    cr_assert_not(evidence.pending_dirty);
    evidence.in_flight = true;
    ats_evidence_delivered(&evidence, ATS_OK);
}

Test(gate_evidence, is_signed_when_the_interval_is_over_and_not_without_a_record)
{
    note_all(1, 3);
    fix.monotonic_ms += INTERVAL_MS - 1;
    ats_evidence_sign_when_due(&evidence, false);
    cr_assert_eq(evidence.pending.len, 0);
    fix.monotonic_ms += 1;
    ats_evidence_sign_when_due(&evidence, false);
    expect_signed(1, 1, 3);
    deliver();
    fix.monotonic_ms += 10 * INTERVAL_MS;
    ats_evidence_sign_when_due(&evidence, false);
    cr_assert_eq(evidence.pending.len, 0, "there is nothing new");
    cr_assert_not(ats_evidence_waits(&evidence));
}

Test(gate_evidence, names_the_one_before_and_counts_on)
{
    uint8_t hash[ATS_CHECKPOINT_HASH_SIZE];
    note_all(1, 3);
    ats_evidence_sign_when_due(&evidence, true);
    expect_signed(1, 1, 3);
    cr_assert_eq(ats_checkpoint_hash(fleet.id, &checkpoint, hash), ATS_OK);
    deliver();
    note_all(4, 5);
    ats_evidence_sign_when_due(&evidence, true);
    expect_signed(2, 4, 5);
    cr_assert_arr_eq(checkpoint.previous, hash, sizeof(hash));
    cr_assert_eq(checkpoint.records, 5);
}

/* As after its copy of the log was moved away: 60 s, and no longer. */
Test(gate_evidence, waits_a_while_for_a_control_log_that_is_read_anew)
{
    note_all(1, 3);
    evidence.control_count = ats_registry_count(fix.gate->registry) + 1;
    fix.monotonic_ms += ATS_EVIDENCE_CONTROL_WAIT_MS - 1;
    ats_evidence_sign_when_due(&evidence, true);
    cr_assert_eq(evidence.pending.len, 0);
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    ats_evidence_sign_when_due(&evidence, true);
    expect_signed(1, 1, 3);
    deliver();
    note_all(4, 4);
    evidence.control_count++;
    fix.monotonic_ms += ATS_EVIDENCE_CONTROL_WAIT_MS;
    ats_evidence_sign_when_due(&evidence, false);
    expect_signed(2, 4, 4);
}

Test(gate_evidence, covers_no_gap_and_no_two_journals_in_one)
{
    note_all(1, 2);
    cr_assert_eq(note(JOURNAL, 5), ATS_OK);
    expect_signed(1, 1, 2);
    deliver();
    cr_assert_eq(note(JOURNAL + 1, 1), ATS_OK);
    expect_signed(2, 5, 5);
    deliver();
    ats_evidence_sign_when_due(&evidence, true);
    expect_signed(3, 1, 1);
    cr_assert_eq(checkpoint.journal_id, JOURNAL + 1);
}

Test(gate_evidence, keeps_no_more_than_one_checkpoint_and_one_full_interval)
{
    note_all(1, 2 * ATS_EVIDENCE_LEAVES_MAX);
    expect_signed(1, 1, ATS_EVIDENCE_LEAVES_MAX);
    cr_assert_eq(note(JOURNAL, 2 * ATS_EVIDENCE_LEAVES_MAX + 1), ATS_ERR_AGAIN);
    deliver();
    cr_assert_eq(note(JOURNAL, 2 * ATS_EVIDENCE_LEAVES_MAX + 1), ATS_OK);
    expect_signed(2, ATS_EVIDENCE_LEAVES_MAX + 1, 2 * ATS_EVIDENCE_LEAVES_MAX);
}

static void on_delivered(void *ctx, uint64_t tag, enum ats_status status)
{
    (void)ctx;
    cr_assert_eq(tag, ATS_EVIDENCE_TAG);
    ats_evidence_delivered(&evidence, status);
}

static void on_notice(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

static void send_it(struct ats_kafka_producer *producer)
{
    cr_assert_eq(ats_evidence_send(&evidence, producer, &fix.err), ATS_OK, "%s", fix.err.text);
}

/* One at a time, and what failed once more; with no producer at all nothing may be sent. */
Test(gate_evidence, is_sent_only_when_it_is_stored, .timeout = 120)
{
    struct mock_kafka mock;
    struct ats_kafka_producer *producer = NULL;
    mock_kafka_begin(&mock, "ats.evidence");
    cr_assert_eq(
        ats_kafka_producer_open(&mock.config, on_delivered, on_notice, NULL, &producer, &fix.err),
        ATS_OK, "%s", fix.err.text);
    note_all(1, 3);
    ats_evidence_sign_when_due(&evidence, true);
    send_it(NULL);
    cr_assert_not(evidence.in_flight);
    store();
    send_it(producer);
    cr_assert(evidence.in_flight);
    send_it(NULL);
    while (evidence.in_flight)
        (void)ats_kafka_producer_poll(producer, 100);
    cr_assert_not(ats_evidence_waits(&evidence));
    ats_kafka_producer_close(producer);
    mock_kafka_end(&mock);
}

Test(gate_evidence, is_the_same_bytes_again_after_a_crash_or_a_failure)
{
    struct ats_buf kept;
    note_all(1, 3);
    ats_evidence_sign_when_due(&evidence, true);
    store();
    ats_buf_init(&kept, ATS_RECORD_MAX);
    ats_buf_append(&kept, evidence.pending.data, evidence.pending.len);
    fix.wall_ms += 5000;
    restart();
    cr_assert(ats_span_equal(ats_buf_span(&evidence.pending), ats_buf_span(&kept)));
    evidence.in_flight = true;
    ats_evidence_delivered(&evidence, ATS_ERR_LIMIT);
    cr_assert(evidence.refused);
    cr_assert_not(evidence.in_flight);
    evidence.in_flight = true;
    ats_evidence_gave_up(&evidence);
    cr_assert_not(evidence.in_flight);
    cr_assert(ats_span_equal(ats_buf_span(&evidence.pending), ats_buf_span(&kept)));
    ats_buf_fini(&kept);
}

/* Leaves of several entries of the store, with one that is half full. */
Test(gate_evidence, goes_on_behind_what_was_stored)
{
    note_all(1, 150);
    store();
    note_all(151, 160);
    restart();
    cr_assert_eq(note(JOURNAL, 140), ATS_OK, "sent again");
    note_all(151, 200);
    store();
    restart();
    ats_evidence_sign_when_due(&evidence, true);
    expect_signed(1, 1, 200);
    store();
    restart();
    note_all(201, 201);
    store();
    ats_evidence_delivered(&evidence, ATS_OK);
    ats_evidence_sign_when_due(&evidence, true);
    expect_signed(2, 201, 201);
}

Test(gate_evidence, acknowledges_at_the_start_what_was_noted_before_the_crash)
{
    struct ats_gate_client client = device_client();
    struct ats_journal *journal = fix.gate->journal;
    connect_with_token();
    for (int i = 0; i < 3; i++)
        cr_assert_eq(publish_as(&client, TOPIC, GOOD_PAYLOAD), ATS_GATE_PASS, "%s", fix.log);
    for (uint64_t position = 1; position <= 2; position++)
        cr_assert_eq(note(ats_journal_id(journal), position), ATS_OK);
    store();
    uint64_t before = ats_journal_backlog_bytes(journal);
    restart();
    cr_assert_eq(ats_journal_backlog_bytes(journal), before / 3);
}

Test(gate_evidence, begins_a_new_chain_where_its_state_cannot_be_read)
{
    struct ats_store_batch *batch = NULL;
    note_all(1, 3);
    ats_evidence_sign_when_due(&evidence, true);
    store();
    cr_assert_eq(ats_store_batch_begin(fix.gate->mark_store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_put(batch, ats_span_text("\1evidence/state"), ats_span_text("x")),
                 ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    restart();
    cr_assert_not_null(strstr(fix.log, "evidence.lost"));
    note_all(4, 4);
    ats_evidence_sign_when_due(&evidence, true);
    expect_signed(1, 4, 4);
}
