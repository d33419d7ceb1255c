/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include "common/identity/seal.h"
#include "common/record/evidence.h"
#include "tests/unit/common/control/fleet.h"

#define GATE "gate-1"
#define TOPIC "ats.evidence"

static struct ats_key_pair gate_key;
static struct ats_key_pair agreement;
static struct ats_key_pair former_key; /* the gate's before a rotation */
static struct ats_key_pair former_agreement;
static struct ats_control_history history;
static struct ats_evidence_log evidence;
static uint64_t applied;
static uint8_t leaves[8 * ATS_LEAF_SIZE];
static char said[1024]; /* names of faults, and of chains */
static struct ats_evidence_chain sum;

/* 0: without the former keys. */
static void put_gate_of(struct ats_body_gate body, int64_t former_end_ms)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record newest;
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    memcpy(body.signing_key, gate_key.public_key, sizeof(body.signing_key));
    memcpy(body.agreement_key, agreement.public_key, sizeof(body.agreement_key));
    make_certificate(ATS_CERTIFICATE_GATE, GATE, body.signing_key, &fleet.operator_,
                     body.certificate, &body.certificate_len);
    if (former_end_ms > 0) {
        body.former.not_after_ms = former_end_ms;
        memcpy(body.former.signing_key, former_key.public_key, sizeof(body.former.signing_key));
        memcpy(body.former.agreement_key, former_agreement.public_key,
               sizeof(body.former.agreement_key));
        make_certificate(ATS_CERTIFICATE_GATE, GATE, body.former.signing_key, &fleet.operator_,
                         body.former.certificate, &body.former.certificate_len);
    }
    cr_assert_eq(ats_body_gate_format(&body, &text), ATS_OK);
    cr_assert_eq(apply_body(ATS_CONTROL_GATE, GATE, "op", &fleet.operator_, ats_buf_span(&text)),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(&text);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_GATE, ats_span_text(GATE), &newest), ATS_OK);
    applied++;
    cr_assert_eq(ats_control_history_add(&history, &newest, history.whole ? applied : 0), ATS_OK);
    ats_contract_set_free(history.contracts);
    cr_assert_eq(ats_control_history_complete(&history, view, applied), ATS_OK);
    ats_store_view_close(view);
}

static void put_gate_for(int64_t not_before_ms, int64_t not_after_ms)
{
    put_gate_of(
        (struct ats_body_gate){.not_before_ms = not_before_ms, .not_after_ms = not_after_ms}, 0);
}

static void put_gate(bool revoked)
{
    put_gate_of((struct ats_body_gate){.revoked = revoked}, 0);
}

static void begin(void)
{
    fleet_begin_with_operator();
    applied = 2;
    ats_control_history_init(&history, &fleet.pins, true);
    ats_key_pair_generate(&gate_key, ATS_KEY_SIGNING);
    put_gate(false);
    ats_evidence_log_init(&evidence, &history, TOPIC);
    for (size_t i = 0; i < sizeof(leaves); i++)
        leaves[i] = (uint8_t)(i / ATS_LEAF_SIZE + 1);
}

static void end(void)
{
    ats_evidence_log_fini(&evidence);
    ats_control_history_fini(&history);
    fleet_end();
}

TestSuite(evidence_log, .init = begin, .fini = end);

static void found(void *ctx, enum ats_evidence_fault fault, struct ats_span gate, uint64_t number,
                  const char *text)
{
    (void)ctx;
    (void)gate;
    size_t used = strlen(said);
    cr_assert_neq(text[0], '\0');
    (void)snprintf(said + used, sizeof(said) - used, "%s(%llu) ", ats_evidence_fault_name(fault),
                   (unsigned long long)number);
}

static void summed(void *ctx, const struct ats_evidence_chain *chain)
{
    (void)ctx;
    sum = *chain;
}

/* The one that follows on `before` (NULL: the first) with `count` positions from `first` on. */
static struct ats_checkpoint follow(const struct ats_checkpoint *before, uint64_t journal_id,
                                    uint64_t first, size_t count)
{
    struct ats_checkpoint checkpoint = {.gate = ats_span_text(GATE),
                                        .number = before ? before->number + 1 : 1,
                                        .journal_id = journal_id,
                                        .first = first,
                                        .records = (before ? before->records : 0) + count,
                                        .leaves = ats_span_of(leaves, count * ATS_LEAF_SIZE),
                                        .time_ms = TEST_TIME_MS,
                                        .control_count = applied};
    if (before)
        cr_assert_eq(ats_checkpoint_hash(fleet.id, before, checkpoint.previous), ATS_OK);
    cr_assert_eq(ats_checkpoint_sign(fleet.id, &gate_key, &checkpoint), ATS_OK);
    return checkpoint;
}

static void add(const struct ats_checkpoint *checkpoint)
{
    struct ats_buf value;
    struct ats_kafka_record record = {.topic = TOPIC};
    ats_buf_init(&value, ATS_RECORD_MAX);
    ats_evidence_encode(checkpoint, &value);
    record.value = ats_buf_span(&value);
    cr_assert_eq(ats_evidence_log_add(&evidence, &record, found, NULL), ATS_OK);
    ats_buf_fini(&value);
}

static void expect(const char *faults)
{
    ats_evidence_log_chains(&evidence, found, summed, NULL);
    cr_assert_str_eq(said, faults);
}

Test(evidence_log, holds_over_crashes_copies_and_any_order)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    struct ats_checkpoint c = follow(&b, 3, 1, 2);
    struct ats_checkpoint d = follow(&c, 3, 3, 1);
    add(&d);
    add(&b);
    add(&a);
    add(&c);
    add(&b);
    expect("");
    cr_assert_eq(sum.checkpoints, 4);
    cr_assert_eq(sum.first, 1);
    cr_assert_eq(sum.last, 4);
    cr_assert_eq(sum.positions, 8);
    cr_assert_eq(sum.faults, 0);
}

Test(evidence_log, may_begin_behind_number_1)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    add(&b);
    expect("");
    cr_assert_eq(sum.first, 2);
}

Test(evidence_log, has_a_gap_where_one_is_missing)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    struct ats_checkpoint c = follow(&b, 7, 6, 2);
    add(&a);
    add(&c);
    expect("gap(3) not-covered(3) ");
    cr_assert_eq(sum.faults, 2);
}

Test(evidence_log, has_a_gap_where_one_follows_on_another)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint stranger = follow(NULL, 8, 1, 2);
    struct ats_checkpoint b = follow(&stranger, 7, 4, 2);
    add(&a);
    add(&b);
    expect("gap(2) ");
}

Test(evidence_log, has_a_gap_where_the_count_of_positions_does_not_go_on)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    b.records++;
    cr_assert_eq(ats_checkpoint_sign(fleet.id, &gate_key, &b), ATS_OK);
    add(&a);
    add(&b);
    expect("gap(2) ");
}

Test(evidence_log, tells_positions_that_none_covers)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 5, 2);
    add(&a);
    add(&b);
    expect("not-covered(2) ");
}

Test(evidence_log, has_a_fork_where_two_follow_on_one)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    struct ats_checkpoint other = follow(&a, 9, 1, 2);
    add(&a);
    add(&b);
    add(&other);
    expect("fork(2) ");
}

/* Behind a chain that begins anew, or far apart in a good one. */
Test(evidence_log, has_a_fork_where_two_share_a_position)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 6);
    struct ats_checkpoint b = follow(&a, 8, 1, 1);
    struct ats_checkpoint c = follow(&b, 7, 6, 1);
    add(&a);
    add(&b);
    add(&c);
    expect("fork(3) ");
}

Test(evidence_log, tells_a_chain_that_begins_anew)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    struct ats_checkpoint anew = follow(NULL, 9, 1, 2);
    struct ats_checkpoint after = follow(&anew, 9, 3, 2);
    add(&a);
    add(&b);
    add(&anew);
    add(&after);
    expect("begins-anew(1) ");
}

Test(evidence_log, tells_a_control_count_that_goes_back)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    put_gate(false);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    applied--;
    struct ats_checkpoint c = follow(&b, 7, 6, 2);
    add(&a);
    add(&b);
    add(&c);
    expect("goes-back(3) ");
}

Test(evidence_log, takes_nothing_that_does_not_hold)
{
    struct ats_kafka_record record = {.topic = "ats.decisions"};
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint changed = a;
    changed.time_ms++;
    add(&changed);
    changed = a;
    changed.gate = ats_span_text("gate-2");
    add(&changed);
    changed = a;
    changed.control_count = applied + 1;
    add(&changed);
    cr_assert_eq(ats_evidence_log_add(&evidence, &record, found, NULL), ATS_OK);
    record.topic = TOPIC;
    record.value = ats_span_text("no checkpoint");
    cr_assert_eq(ats_evidence_log_add(&evidence, &record, found, NULL), ATS_OK);
    put_gate(true);
    struct ats_checkpoint late = follow(NULL, 7, 1, 3);
    add(&late);
    cr_assert_eq(evidence.holds.count, 0);
    expect("signature(1) gate-unknown(1) control-behind(1) topic(0) malformed(0) gate-revoked(1) ");
}

/* The fleet's copy after two changes of the gate's key: of those before it knows nothing. */
static void rotate_in_a_copy(struct ats_checkpoint *ret_old)
{
    *ret_old = follow(NULL, 7, 1, 3);
    ats_control_history_fini(&history);
    ats_control_history_init(&history, &fleet.pins, false);
    ats_key_pair_generate(&gate_key, ATS_KEY_SIGNING);
    put_gate(false);
}

Test(evidence_log, of_a_copy_does_not_call_an_older_keys_signature_forged)
{
    struct ats_checkpoint old;
    rotate_in_a_copy(&old);
    struct ats_checkpoint b = follow(&old, 7, 4, 2);
    add(&old);
    add(&b);
    expect("undecided(1) ");
    cr_assert_eq(sum.checkpoints, 1);
    cr_assert_eq(sum.first, 2);
    cr_assert_eq(sum.faults, 0);
    cr_assert_eq(sum.undecided, 1);
}

Test(evidence_log, of_a_copy_calls_a_signature_forged_where_the_gate_never_had_another_key)
{
    struct ats_checkpoint changed = follow(NULL, 7, 1, 3);
    changed.time_ms++;
    history.whole = false;
    add(&changed);
    expect("signature(1) ");
    cr_assert_eq(evidence.undecided.count, 0);
}

Test(evidence_log, of_a_copy_has_no_gap_where_an_undecided_one_lies)
{
    struct ats_checkpoint old;
    rotate_in_a_copy(&old);
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    struct ats_key_pair unknown;
    ats_key_pair_generate(&unknown, ATS_KEY_SIGNING);
    cr_assert_eq(ats_checkpoint_sign(fleet.id, &unknown, &b), ATS_OK);
    struct ats_checkpoint c = follow(&b, 7, 6, 2);
    struct ats_checkpoint d = follow(&c, 7, 8, 2);
    struct ats_checkpoint e = follow(&d, 7, 10, 2);
    add(&a);
    add(&b);
    add(&c);
    add(&e);
    expect("undecided(2) gap(5) not-covered(5) ");
    cr_assert_eq(sum.undecided, 1);
}

/* Whoever has no key may write anything that is not decided, but nothing that the gate's next checkpoint names. */
Test(evidence_log, nobody_without_a_key_fills_a_gap)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    struct ats_checkpoint c = follow(&b, 7, 6, 2);
    b.control_count = 1000000; /* more than there are */
    add(&a);
    add(&b);
    add(&c);
    expect("control-behind(2) gap(3) not-covered(3) ");
}

Test(evidence_log, passes_over_evidence_of_another_kind)
{
    struct ats_kafka_record record = {.topic = TOPIC, .value = ats_span_text("{}")};
    ats_kafka_record_add_text(&record, "ce_type", "lineage");
    cr_assert_eq(ats_evidence_log_add(&evidence, &record, found, NULL), ATS_OK);
    expect("");
    cr_assert_eq(evidence.read, 1);
}

Test(evidence_log, a_checkpoint_is_judged_whatever_its_headers_say)
{
    struct ats_buf value;
    struct ats_kafka_record record = {.topic = TOPIC};
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    a.time_ms++;
    ats_buf_init(&value, ATS_RECORD_MAX);
    ats_evidence_encode(&a, &value);
    record.value = ats_buf_span(&value);
    ats_kafka_record_add_text(&record, "ce_type", "lineage");
    cr_assert_eq(ats_evidence_log_add(&evidence, &record, found, NULL), ATS_OK);
    ats_buf_fini(&value);
    expect("signature(1) ");
}

static void add_at(int64_t time_ms)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    a.time_ms = time_ms;
    cr_assert_eq(ats_checkpoint_sign(fleet.id, &gate_key, &a), ATS_OK);
    add(&a);
}

Test(evidence_log, outside_its_gates_time_a_checkpoint_covers_nothing)
{
    put_gate_for(TEST_TIME_MS, TEST_TIME_MS + 1000);
    add_at(TEST_TIME_MS - 1);
    add_at(TEST_TIME_MS + 1000);
    cr_assert_eq(evidence.holds.count, 0);
    add_at(TEST_TIME_MS);
    cr_assert_eq(evidence.holds.count, 1);
    expect("gate-keys-not-valid(1) gate-keys-not-valid(1) ");
}

static void add_signed_at(int64_t time_ms, const struct ats_key_pair *key)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    a.time_ms = time_ms;
    cr_assert_eq(ats_checkpoint_sign(fleet.id, key, &a), ATS_OK);
    add(&a);
}

/* The end of one key is not moved by the other's, whichever of them comes first. */
Test(evidence_log, holds_each_key_of_a_rotated_gate_against_its_own_end)
{
    const int64_t first = TEST_TIME_MS + 1000;
    const int64_t second = TEST_TIME_MS + 2000;
    former_key = gate_key;
    former_agreement = agreement;
    ats_key_pair_generate(&gate_key, ATS_KEY_SIGNING);
    put_gate_of((struct ats_body_gate){.not_after_ms = first}, second);
    add_signed_at(first, &gate_key);
    cr_assert_eq(evidence.holds.count, 0);
    add_signed_at(first, &former_key);
    cr_assert_eq(evidence.holds.count, 1);
    put_gate_of((struct ats_body_gate){.not_after_ms = second}, first);
    add_signed_at(first, &former_key);
    cr_assert_eq(evidence.holds.count, 1);
    add_signed_at(first, &gate_key);
    cr_assert_eq(evidence.holds.count, 2);
    cr_assert_str_eq(said, "gate-keys-not-valid(1) gate-keys-not-valid(1) ");
}

/* A record before the newest may have had another end. */
Test(evidence_log,
     of_a_copy_is_undecided_outside_the_newest_records_time_and_wrong_outside_the_only_ones)
{
    fleet_end();
    fleet_begin_with_operator();
    applied = 2;
    ats_control_history_fini(&history);
    ats_control_history_init(&history, &fleet.pins, false);
    put_gate_for(TEST_TIME_MS, TEST_TIME_MS + 1000);
    add_at(TEST_TIME_MS + 1000);
    cr_assert_str_eq(said, "gate-keys-not-valid(1) ");
    cr_assert_eq(evidence.undecided.count, 0);
    ats_control_history_fini(&history);
    ats_control_history_init(&history, &fleet.pins, false);
    put_gate_for(TEST_TIME_MS, TEST_TIME_MS + 500);
    add_at(TEST_TIME_MS + 500);
    cr_assert_str_eq(said, "gate-keys-not-valid(1) undecided(1) ");
    cr_assert_eq(evidence.undecided.count, 1);
    cr_assert_eq(evidence.holds.count, 0);
}

/* What a gate wrote before its revocation stands, and the newest revision alone does not say what that was. */
Test(evidence_log, of_a_copy_is_undecided_where_the_gate_is_revoked_now)
{
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    ats_control_history_fini(&history);
    ats_control_history_init(&history, &fleet.pins, false);
    put_gate(true);
    add(&a);
    cr_assert_eq(evidence.undecided.count, 1);
    expect("undecided(1) ");
}

Test(evidence_log_names, of_all_faults_stand_in_the_auditors_page)
{
    struct ats_buf page;
    char quoted[64];
    ats_buf_init(&page, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_file_read(ATS_SOURCE_DIR "/docs/verify.md", &page, NULL), ATS_OK);
    for (int i = 0; i < ATS_EVIDENCE_FAULT_COUNT; i++) {
        (void)snprintf(quoted, sizeof(quoted), "`%s`",
                       ats_evidence_fault_name((enum ats_evidence_fault)i));
        cr_assert_not_null(strstr(ats_buf_text(&page), quoted), "%s", quoted);
    }
    ats_buf_fini(&page);
}

/* The record that position 2 of journal 7 is about, and the verdict on it as it was without evidence. */
static struct ats_message_finding appraise(enum ats_message_verdict before)
{
    const struct ats_kafka_record record = {.topic = "ats.telemetry.t"};
    struct ats_message_finding finding = {.verdict = before, .has_event = true};
    finding.event.gate = ats_span_text(GATE);
    finding.event.journal_id = 7;
    finding.event.position = 2;
    ats_evidence_appraise(&evidence, &record, &finding);
    return finding;
}

static void cover(void)
{
    const struct ats_kafka_record record = {.topic = "ats.telemetry.t"};
    ats_seal_leaf(&record, leaves + ATS_LEAF_SIZE);
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    add(&a);
}

Test(evidence_log, makes_a_gates_word_a_signed_one)
{
    cover();
    cr_assert_eq(appraise(ATS_MESSAGE_GATES_WORD).verdict, ATS_MESSAGE_GATES_WORD_SIGNED);
    cr_assert_eq(appraise(ATS_MESSAGE_VERIFIED).reason, ATS_MESSAGE_NO_REASON);
}

Test(evidence_log, with_a_fork_takes_a_gates_word_and_not_what_the_device_signed)
{
    cover();
    leaves[ATS_LEAF_SIZE] ^= 1;
    struct ats_checkpoint story = follow(NULL, 7, 1, 3);
    add(&story);
    struct ats_message_finding finding = appraise(ATS_MESSAGE_GATES_WORD);
    cr_assert_eq(finding.verdict, ATS_MESSAGE_WRONG);
    cr_assert_eq(finding.reason, ATS_MESSAGE_EVIDENCE_FORK);
    finding = appraise(ATS_MESSAGE_VERIFIED);
    cr_assert_eq(finding.verdict, ATS_MESSAGE_VERIFIED);
    cr_assert_eq(finding.reason, ATS_MESSAGE_EVIDENCE_FORK);
    cr_assert_not_null(strstr(finding.text.text, "a fork"), "%s", finding.text.text);
}

Test(evidence_log, of_another_record_takes_a_gates_word_and_not_what_the_device_signed)
{
    struct ats_checkpoint story = follow(NULL, 7, 1, 3);
    add(&story);
    struct ats_message_finding finding = appraise(ATS_MESSAGE_GATES_WORD);
    cr_assert_eq(finding.verdict, ATS_MESSAGE_WRONG);
    cr_assert_eq(finding.reason, ATS_MESSAGE_EVIDENCE_DIFFERS);
    finding = appraise(ATS_MESSAGE_VERIFIED);
    cr_assert_eq(finding.verdict, ATS_MESSAGE_VERIFIED);
    cr_assert_eq(finding.reason, ATS_MESSAGE_EVIDENCE_DIFFERS);
}

Test(evidence_log, that_is_undecided_leaves_a_gates_word_undecided)
{
    const struct ats_kafka_record record = {.topic = "ats.telemetry.t"};
    struct ats_checkpoint old;
    ats_seal_leaf(&record, leaves + ATS_LEAF_SIZE);
    rotate_in_a_copy(&old);
    add(&old);
    struct ats_message_finding finding = appraise(ATS_MESSAGE_GATES_WORD);
    cr_assert_eq(finding.verdict, ATS_MESSAGE_UNDECIDED);
    cr_assert_eq(finding.reason, ATS_MESSAGE_EVIDENCE_UNDECIDED);
    cr_assert_not_null(strstr(finding.text.text, "--control"), "%s", finding.text.text);
    cr_assert_eq(appraise(ATS_MESSAGE_VERIFIED).reason, ATS_MESSAGE_NO_REASON);
    cr_assert_eq(appraise(ATS_MESSAGE_UNDECIDED).reason, ATS_MESSAGE_NO_REASON);
}

Test(evidence_log, that_is_undecided_and_of_another_record_is_told_beside_what_the_device_signed)
{
    struct ats_checkpoint old;
    rotate_in_a_copy(&old);
    add(&old);
    struct ats_message_finding finding = appraise(ATS_MESSAGE_VERIFIED);
    cr_assert_eq(finding.verdict, ATS_MESSAGE_VERIFIED);
    cr_assert_eq(finding.reason, ATS_MESSAGE_EVIDENCE_UNDECIDED);
    cr_assert_not_null(strstr(finding.text.text, "another record"), "%s", finding.text.text);
    finding = appraise(ATS_MESSAGE_GATES_WORD);
    cr_assert_eq(finding.verdict, ATS_MESSAGE_UNDECIDED);
}

/* Each leaf is its own record's: positions 1 to 3 and 4 to 5 of journal 7, 1 to 4 of journal 9, read in any order. */
Test(evidence_log, finds_what_covers_a_record_wherever_it_stands)
{
    const struct ats_kafka_record record = {.topic = "ats.telemetry.t"};
    struct ats_message_finding finding = {.has_event = true};
    finding.event.gate = ats_span_text(GATE);
    for (size_t i = 0; i < sizeof(leaves); i += ATS_LEAF_SIZE)
        ats_seal_leaf(&record, leaves + i);
    struct ats_checkpoint a = follow(NULL, 7, 1, 3);
    struct ats_checkpoint b = follow(&a, 7, 4, 2);
    struct ats_checkpoint c = follow(&b, 9, 1, 4);
    add(&c);
    add(&a);
    add(&b);
    for (uint64_t journal = 6; journal <= 10; journal++)
        for (uint64_t position = 0; position <= 6; position++) {
            uint64_t last = journal == 7 ? 5 : journal == 9 ? 4 : 0;
            finding.verdict = ATS_MESSAGE_GATES_WORD;
            finding.event.journal_id = journal;
            finding.event.position = position;
            ats_evidence_appraise(&evidence, &record, &finding);
            bool covered = position >= 1 && position <= last;
            cr_assert_eq(finding.verdict,
                         covered ? ATS_MESSAGE_GATES_WORD_SIGNED : ATS_MESSAGE_GATES_WORD,
                         "%llu:%llu", (unsigned long long)journal, (unsigned long long)position);
            if (covered)
                cr_assert_eq(finding.checkpoint, journal == 9 ? 3 : position <= 3 ? 1 : 2);
        }
}
