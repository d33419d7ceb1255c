/* SPDX-License-Identifier: Apache-2.0 */
/* Quarantined events are admitted anew, each once: what a record must be, who judges it, and what is known after a restart. */
#include "plugin/acknowledge.h"
#include "plugin/replay_check.h"
#include "plugin/replay_judge.h"
#include "tests/unit/plugin/gate_fixture.h"

#include "common/identity/seal.h"
#include "common/record/schemas.h"

/* Kept out by the contract's range for temp, of which the next version takes more. */
#define HOT_PAYLOAD                                                                                \
    "{\"device_id\":\"" DEVICE "\",\"device\":\"Press\",\"ts\":1763999999,"                        \
    "\"data\":{\"co\":0.004,\"humidity\":51.0,\"light\":false,\"lpg\":0.007,\"motion\":false,"     \
    "\"smoke\":0.02,\"temp\":85}}"

static const uint8_t seal_key[ATS_SEAL_KEY_SIZE] = {7};
static struct ats_replay_candidate candidate;
static struct ats_event_texts texts;
static struct ats_buf scratch;
static struct ats_kafka_record record;
static struct ats_replay_record named;
static uint8_t journal_memory[64 * 1024];

/* With another setting in the place of `from`, if one is given. */
static void apply_next_version_with(const char *from, const char *to)
{
    struct ats_body_contract body = {0};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    body.odcs = read_document(ATS_SOURCE_DIR "/schemas/contracts/env-sensor/contract.odcs.yaml");
    body.avsc = read_document(ATS_SOURCE_DIR "/schemas/contracts/env-sensor/schema.avsc");
    body.odcs = replaced(body.odcs, "version: 1.0.0", "version: 1.1.0");
    body.odcs = replaced(body.odcs, ", 80]", ", 90]");
    if (to)
        body.odcs = replaced(body.odcs, from, to);
    body.schema_id = ats_schema_id(ats_span_text(body.avsc));
    apply_text_of(ATS_CONTROL_CONTRACT, "env-sensor@1.1.0", ats_body_contract_format(&body, &text),
                  &text);
    ats_body_contract_fini(&body);
}

static void apply_next_version(const char *event_time)
{
    apply_next_version_with("maxAge: none", event_time);
}

/* As a restart finds it. */
static void reopen(void)
{
    close_gate();
    open_gate(NULL, NULL);
}

/* What the forwarder makes of the newest event. */
static void forward_last(void)
{
    struct ats_event event = last_event();
    size_t len = 0;
    cr_assert_eq(ats_event_encode(&event, journal_memory, sizeof(journal_memory), &len), ATS_OK);
    cr_assert_eq(ats_event_decode(ats_span_of(journal_memory, len), &event), ATS_OK);
    event.gate = ats_span_text(GATE);
    event.journal_id = 5;
    event.position = 9;
    ats_buf_clear(&scratch);
    cr_assert_eq(ats_event_to_kafka(&event, "f1ee7", "ats.", &texts, &scratch, &record), ATS_OK);
    ats_seal_leaf(&record, named.hash);
    static uint8_t tag[ATS_SEAL_SIZE];
    ats_seal_tag(seal_key, &record, tag);
    ats_kafka_record_add(&record, ATS_SEAL_HEADER, ats_span_of(tag, sizeof(tag)));
}

static void begin(void)
{
    fixture_open(NULL, NULL, NULL);
    ats_buf_init(&scratch, ATS_RECORD_MAX);
    candidate = (struct ats_replay_candidate){.memory = malloc(ATS_JOURNAL_RECORD_MAX)};
    connect_with_token();
    struct ats_gate_client client = device_client();
    fix.wall_ms -= 5000;
    cr_assert_eq(publish_as(&client, TOPIC, HOT_PAYLOAD), ATS_GATE_REJECT, "%s", fix.log);
    fix.wall_ms += 5000;
    forward_last();
}

static void end(void)
{
    free(candidate.memory);
    ats_buf_fini(&scratch);
    fixture_end();
}

TestSuite(replays, .init = begin, .fini = end);

static bool check(void)
{
    const struct ats_replay_wanted wanted = {&named, GATE, seal_key};
    return ats_replay_check(&record, &wanted, &candidate);
}

static enum ats_replay_answer judge(void)
{
    ats_gate_replay_judge(fix.gate, &candidate);
    return candidate.answer;
}

static void assert_check_refuses(const char *reason)
{
    cr_assert(!check());
    cr_assert_eq(candidate.answer, ATS_REPLAY_REFUSED);
    cr_assert_str_eq(candidate.reason, reason);
    cr_assert_neq(candidate.text[0], '\0');
}

static void assert_refused(const char *reason)
{
    size_t before = journal_count();
    cr_assert(check());
    cr_assert_eq(judge(), ATS_REPLAY_REFUSED);
    cr_assert_str_eq(candidate.reason, reason, "%s", candidate.reason);
    cr_assert_eq(journal_count(), before);
}

/* ---- what a record is ---- */

Test(replays, a_record_with_another_hash_is_refused)
{
    named.hash[3] ^= 1;
    assert_check_refuses("hash");
}

Test(replays, a_record_without_the_gates_seal_is_refused)
{
    record.header_count--;
    assert_check_refuses("seal");
}

Test(replays, a_record_whose_seal_is_anothers_is_refused)
{
    static const uint8_t other[ATS_SEAL_KEY_SIZE] = {8};
    const struct ats_replay_wanted wanted = {&named, GATE, other};
    cr_assert(!ats_replay_check(&record, &wanted, &candidate));
    cr_assert_str_eq(candidate.reason, "seal");
}

Test(replays, a_record_of_another_gate_is_refused)
{
    const struct ats_replay_wanted wanted = {&named, "gate-2", seal_key};
    cr_assert(!ats_replay_check(&record, &wanted, &candidate));
    cr_assert_str_eq(candidate.reason, "gate");
}

Test(replays, without_seals_the_signers_of_the_replay_vouch)
{
    const struct ats_replay_wanted wanted = {&named, "gate-2", NULL};
    record.header_count--;
    cr_assert(ats_replay_check(&record, &wanted, &candidate));
    named.hash[0] ^= 1;
    cr_assert(!ats_replay_check(&record, &wanted, &candidate));
}

Test(replays, a_record_that_a_gate_never_writes_is_refused)
{
    record.header_count--;
    record.value = ats_span_text("poison");
    ats_seal_leaf(&record, named.hash);
    uint8_t tag[ATS_SEAL_SIZE];
    ats_seal_tag(seal_key, &record, tag);
    ats_kafka_record_add(&record, ATS_SEAL_HEADER, ats_span_of(tag, sizeof(tag)));
    assert_check_refuses("not-a-record");
}

/* ---- who judges ---- */

Test(replays, what_the_contract_still_refuses_stays_where_it_is)
{
    assert_refused("range");
}

Test(replays, a_newer_version_admits_it_with_the_time_and_proof_that_it_had)
{
    apply_next_version(NULL);
    reopen();
    size_t before = journal_count();
    cr_assert(check());
    cr_assert_eq(judge(), ATS_REPLAY_ADMITTED, "%s %s", candidate.reason, candidate.text);
    struct ats_event event = last_event();
    cr_assert_eq(journal_count(), before + 1);
    cr_assert_eq(event.kind, ATS_EVENT_ADMITTED);
    cr_assert_eq(event.received_ms, fix.wall_ms - 5000);
    cr_assert_eq(event.proof, ATS_EVENT_PROOF_CONNECTION);
    cr_assert(ats_span_is(event.contract_version, "1.1.0"));
    cr_assert(ats_span_is(event.device, DEVICE));
    cr_assert(ats_span_is(event.replay, "gate-1/0000000000000005/9"));
    cr_assert_eq(event.reason_rule.len, 0);
    cr_assert_gt(event.value.len, 0);
}

Test(replays, a_second_time_it_is_known)
{
    apply_next_version(NULL);
    reopen();
    cr_assert(check());
    cr_assert_eq(judge(), ATS_REPLAY_ADMITTED);
    size_t before = journal_count();
    cr_assert_eq(judge(), ATS_REPLAY_REPEATED);
    cr_assert_eq(journal_count(), before);
}

Test(replays, after_a_restart_it_is_known_by_the_journal)
{
    apply_next_version(NULL);
    reopen();
    cr_assert(check());
    cr_assert_eq(judge(), ATS_REPLAY_ADMITTED);
    reopen();
    cr_assert_eq(judge(), ATS_REPLAY_REPEATED);
}

Test(replays, once_kafka_has_it_it_is_known_by_the_store)
{
    struct ats_acknowledge acknowledge = {.journal = fix.gate->journal,
                                          .store = fix.gate->mark_store,
                                          .counter_store = fix.gate->counter_store,
                                          .token_store = fix.gate->token_store,
                                          .clock = &fix_clock,
                                          .metrics = &fix.gate->metrics,
                                          .log = fix.gate->log};
    uint64_t count = 0;
    uint64_t sent = 0;
    apply_next_version(NULL);
    cr_assert(check());
    cr_assert_eq(ats_acknowledge_init(&acknowledge), ATS_OK);
    const struct ats_flight flight = {.position = 1, .replay = candidate.id, .done = true};
    ats_in_flight_push(&acknowledge.flights, &flight);
    cr_assert_eq(ats_acknowledge_take(&acknowledge, &count, &sent), ATS_OK);
    ats_acknowledge_commit(&acknowledge);
    ats_acknowledge_fini(&acknowledge);
    reopen();
    cr_assert_eq(judge(), ATS_REPLAY_REPEATED);
}

Test(replays, its_sequence_is_no_newer_one_of_the_device)
{
    apply_next_version(NULL);
    reopen();
    cr_assert(check());
    candidate.event.sequence = 1000000;
    cr_assert_eq(judge(), ATS_REPLAY_ADMITTED);
    reopen();
    char owner[ATS_NUMBERS_OWNER_SIZE];
    ats_numbers_owner(DEVICE, "", owner);
    cr_assert_null(ats_gate_window(fix.gate, owner, false));
}

static const struct {
    enum ats_device_state state;
    const char *reason;
} states[] = {{ATS_DEVICE_SUSPENDED, "device-suspended"},
              {ATS_DEVICE_REVOKED, "device-revoked"},
              {ATS_DEVICE_RETIRED, "device-retired"}};

Test(replays, of_a_device_that_is_active_no_more_it_is_refused)
{
    for (size_t i = 0; i < 2; i++) {
        if (i > 0)
            apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
        apply_device_now(DEVICE, states[i].state);
        assert_refused(states[i].reason);
    }
}

Test(replays, of_a_retired_device_it_is_refused)
{
    apply_device_now(DEVICE, states[2].state);
    assert_refused(states[2].reason);
}

Test(replays, with_a_weaker_proof_than_is_asked_for_now_it_is_refused)
{
    fix.body.least_proof = ATS_PROOF_TAG;
    apply_device_now(DEVICE, ATS_DEVICE_ACTIVE);
    assert_refused("proof-weak");
}

Test(replays, what_the_event_before_it_kept_out_waits_for_a_contract_without_such_rules)
{
    apply_next_version(NULL);
    reopen();
    cr_assert(check());
    candidate.event.reason_rule = ats_span_text("change-rate");
    cr_assert_eq(judge(), ATS_REPLAY_ADMITTED);
}

Test(replays, what_the_event_before_it_kept_out_is_refused_while_there_are_such_rules)
{
    apply_next_version("maxBack: 1h");
    reopen();
    cr_assert(check());
    candidate.event.reason_rule = ats_span_text("time-back");
    cr_assert_eq(judge(), ATS_REPLAY_REFUSED);
    cr_assert_str_eq(candidate.reason, "series");
}

Test(replays, what_the_event_before_it_kept_out_is_admitted_where_such_rules_warn_alone)
{
    apply_next_version_with("      eventTime:", "      serviceLevels: warn\n      eventTime:");
    reopen();
    cr_assert(check());
    candidate.event.reason_rule = ats_span_text("stuck-value");
    cr_assert_eq(judge(), ATS_REPLAY_ADMITTED, "%s", candidate.text);
}

/* Records from before a registry gave the schema its id, and such as are read where no log says it. */
Test(replays, a_record_under_a_registrys_id_is_one)
{
    apply_next_version(NULL);
    reopen();
    ats_record_schema_set_id("quarantine", 7);
    cr_assert(check());
    cr_assert_eq(judge(), ATS_REPLAY_ADMITTED);
}

Test(replays, a_list_is_refused_whole)
{
    cr_assert(check());
    candidate.event.payload = ats_span_text("[" GOOD_PAYLOAD "]");
    cr_assert_eq(judge(), ATS_REPLAY_REFUSED);
    cr_assert_str_eq(candidate.reason, "list");
}

Test(replays, a_signature_that_does_not_hold_is_refused)
{
    static const uint8_t signature[ATS_SIGNATURE_SIZE] = {1};
    cr_assert(check());
    candidate.event.proof = ATS_EVENT_PROOF_SIGNATURE;
    candidate.event.key_id = ats_span_text(fix.body.keys[0].id);
    candidate.event.signature = ats_span_of(signature, sizeof(signature));
    cr_assert_eq(judge(), ATS_REPLAY_REFUSED);
    cr_assert_str_eq(candidate.reason, "proof-wrong");
    candidate.event.key_id = ats_span_text("0123456789abcdef");
    cr_assert_eq(judge(), ATS_REPLAY_REFUSED);
    cr_assert_str_eq(candidate.reason, "key-unknown");
}

Test(replays, waits_while_the_journal_has_no_room)
{
    apply_next_version(NULL);
    close_gate();
    open_gate("mode", "enforce");
    cr_assert(check());
    static uint8_t filler[512 * 1024];
    uint64_t position;
    while (ats_journal_append(fix.gate->journal, ATS_EVENT_ADMITTED,
                              ats_span_of(filler, sizeof(filler)), &position) == ATS_OK)
        continue;
    while (ats_journal_append(fix.gate->journal, ATS_EVENT_ADMITTED, ats_span_of(filler, 64),
                              &position) == ATS_OK)
        continue;
    cr_assert_eq(judge(), ATS_REPLAY_LATER);
    bool found = true;
    bool room = false;
    cr_assert_eq(ats_replays_find(fix.gate->replays, candidate.key, &found, &room), ATS_OK);
    cr_assert(!found && room);
}

/* ---- the hand-over ---- */

Test(replays, a_turn_takes_few_and_gives_each_back)
{
    struct ats_replay_candidate *one = &candidate;
    cr_assert(check());
    for (size_t i = 0; i < ATS_GATE_REPLAYS_PER_TURN + 1; i++)
        cr_assert(ats_ring_push(&fix.gate->replay_rings.asked, &one));
    ats_gate_begin_turn(fix.gate);
    cr_assert_eq(ats_ring_count(&fix.gate->replay_rings.asked), 1);
    cr_assert_eq(ats_ring_count(&fix.gate->replay_rings.answered), ATS_GATE_REPLAYS_PER_TURN);
    ats_gate_tick(fix.gate);
    cr_assert_eq(ats_ring_count(&fix.gate->replay_rings.asked), 0);
}

Test(replays, memory_forgets_what_the_store_has)
{
    struct ats_replays *few = NULL;
    struct ats_store_batch *batch = NULL;
    bool found = false;
    bool room = false;
    cr_assert_eq(ats_replays_new(fix.gate->mark_store, 1, &few), ATS_OK);
    cr_assert_eq(ats_replays_note(few, "\x1d"
                                       "a"),
                 ATS_OK);
    cr_assert_eq(ats_replays_note(few, "\x1d"
                                       "b"),
                 ATS_ERR_LIMIT);
    cr_assert_eq(ats_store_batch_begin(fix.gate->mark_store, &batch), ATS_OK);
    cr_assert_eq(ats_device_store_raise(batch,
                                        ats_span_text("\x1d"
                                                      "a"),
                                        1),
                 ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_eq(ats_replays_find(few,
                                  "\x1d"
                                  "a",
                                  &found, &room),
                 ATS_OK);
    cr_assert(found && room);
    cr_assert_eq(ats_replays_note(few, "\x1d"
                                       "b"),
                 ATS_OK);
    ats_replays_free(few);
}
