/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings of the control log: which are read, and what is told of the members' checkpoints in them. */
#include "cli/control_history.h"

#include "common/control/body_policy.h"
#include "common/control/heartbeat.h"
#include "common/record/recorded.h"
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/identity/vectors.h"

#define GROUP "line-1"
#define OTHER_GROUP "line-2"
#define MEMBERS 4
#define LINES_MAX 32

static struct ats_key_pair members[MEMBERS];
static struct ats_key_pair agreement;
static char names[MEMBERS][4];
static char folder[64];        /* of the pins */
static char *lines[LINES_MAX]; /* the log's */
static size_t line_count;
static struct ats_control_history history;
static struct ats_error said;

static void write_pin(const char *name, const uint8_t key[ATS_PUBLIC_KEY_SIZE])
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    cr_assert_eq(ats_public_key_write(key, ATS_KEY_SIGNING, path, NULL), ATS_OK);
}

static void write_pins(const uint8_t *root, const uint8_t *successor)
{
    write_pin("root.pub.pem", root);
    write_pin("successor.pub.pem", successor);
}

static void add_line(struct ats_span value)
{
    const struct ats_kafka_record record = {
        .topic = "ats.control", .offset = (int64_t)line_count, .value = value};
    json_t *object = ats_recorded_json(&record);
    cr_assert_lt(line_count, LINES_MAX);
    lines[line_count] = json_dumps(object, JSON_COMPACT);
    cr_assert_not_null(lines[line_count++]);
    json_decref(object);
}

static enum ats_control_outcome put(enum ats_control_kind kind, const char *name,
                                    const char *signer, const struct ats_key_pair *pair,
                                    struct ats_span body, int64_t time_ms)
{
    struct ats_control_record record = next_record(kind, name, signer, body);
    struct ats_buf value;
    record.time_ms = time_ms;
    encode(&record, pair, &value);
    enum ats_control_outcome outcome = apply_value(ats_buf_span(&value));
    add_line(ats_buf_span(&value));
    ats_buf_fini(&value);
    return outcome;
}

static void put_text(enum ats_control_kind kind, const char *name, const char *signer,
                     const struct ats_key_pair *pair, struct ats_buf *text)
{
    cr_assert_eq(put(kind, name, signer, pair, ats_buf_span(text), TEST_TIME_MS),
                 ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    ats_buf_fini(text);
}

/* The first `count` members, of whom those in `silent` (bits) have no scope. */
static void put_group_with(size_t count, unsigned silent)
{
    struct ats_body_processor body = {.member_count = count};
    struct ats_buf text;
    memcpy(body.agreement_key, agreement.public_key, sizeof(body.agreement_key));
    for (size_t i = 0; i < count; i++) {
        memcpy(body.members[i].signing_key, members[i].public_key, ATS_PUBLIC_KEY_SIZE);
        (void)snprintf(body.members[i].name, sizeof(body.members[i].name), "%s", names[i]);
        body.members[i].may_checkpoint = !(silent >> i & 1);
    }
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    put_text(ATS_CONTROL_PROCESSOR, GROUP, "op", &fleet.operator_, &text);
}

/* With one member, of the first one's name in the other group. */
static struct ats_key_pair put_another_group(const char *signer, const struct ats_key_pair *pair)
{
    struct ats_body_processor body = {.member_count = 1, .members = {{.may_checkpoint = true}}};
    struct ats_key_pair key;
    struct ats_key_pair shared;
    struct ats_buf text;
    ats_key_pair_generate(&key, ATS_KEY_SIGNING);
    ats_key_pair_generate(&shared, ATS_KEY_AGREEMENT);
    memcpy(body.agreement_key, shared.public_key, sizeof(body.agreement_key));
    memcpy(body.members[0].signing_key, key.public_key, ATS_PUBLIC_KEY_SIZE);
    (void)snprintf(body.members[0].name, sizeof(body.members[0].name), "%s", names[0]);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    put_text(ATS_CONTROL_PROCESSOR, OTHER_GROUP, signer, pair, &text);
    return key;
}

static void put_group_of(size_t count)
{
    put_group_with(count, 0);
}

/* The others keep theirs. */
static void put_new_key_of(size_t member)
{
    ats_key_pair_generate(&members[member], ATS_KEY_SIGNING);
    put_group_of(MEMBERS);
}

static void put_group(void)
{
    ats_key_pair_generate(&agreement, ATS_KEY_AGREEMENT);
    for (size_t i = 0; i < MEMBERS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "m%zu", i + 1);
        ats_key_pair_generate(&members[i], ATS_KEY_SIGNING);
    }
    put_group_of(MEMBERS);
}

static void put_device(const char *name)
{
    struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    put_text(ATS_CONTROL_DEVICE, name, "op", &fleet.operator_, &text);
}

static void put_operator_record(const char *name, const struct ats_body_operator *body)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_operator_format(body, &text), ATS_OK);
    put_text(ATS_CONTROL_OPERATOR, name, "root", &fleet.root, &text);
}

static struct ats_body_checkpoint here(void)
{
    struct ats_body_checkpoint body = {.count = ats_registry_count(fleet.registry)};
    ats_registry_chain(fleet.registry, body.chain);
    return body;
}

static enum ats_control_outcome put_checkpoint_as(const char *group, const char *name,
                                                  const struct ats_key_pair *pair,
                                                  struct ats_body_checkpoint body, int64_t time_ms)
{
    struct ats_buf text;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_checkpoint_format(&body, &text), ATS_OK);
    enum ats_control_outcome outcome =
        put(ATS_CONTROL_CHECKPOINT, group, name, pair, ats_buf_span(&text), time_ms);
    ats_buf_fini(&text);
    return outcome;
}

static enum ats_control_outcome put_checkpoint(size_t member, struct ats_body_checkpoint body,
                                               int64_t time_ms)
{
    return put_checkpoint_as(GROUP, names[member], &members[member], body, time_ms);
}

static void put_true(size_t member)
{
    cr_assert_eq(put_checkpoint(member, here(), TEST_TIME_MS + 1), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
}

static void put_false(size_t member, uint64_t more)
{
    struct ats_body_checkpoint body = here();
    body.count += more;
    body.chain[0] ^= 1;
    cr_assert_eq(put_checkpoint(member, body, TEST_TIME_MS + 1), ATS_CONTROL_WRONG_CHECKPOINT);
}

static void begin(void)
{
    struct ats_body_root root = {0};
    struct ats_buf text;
    fleet_begin();
    scratch_folder(folder, sizeof(folder), "ats-pins");
    write_pins(fleet.root.public_key, fleet.successor.public_key);
    memcpy(root.root, fleet.root.public_key, sizeof(root.root));
    memcpy(root.successor, fleet.successor.public_key, sizeof(root.successor));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&root, &text), ATS_OK);
    put_text(ATS_CONTROL_ROOT, "root", "root", &fleet.root, &text);
    struct ats_body_operator operator_ = operator_body("op", &fleet.operator_);
    put_operator_record("op", &operator_);
    put_group();
    put_device("dev-1");
    put_true(0);
}

static void end(void)
{
    for (size_t i = 0; i < line_count; i++)
        free(lines[i]);
    ats_control_history_fini(&history);
    scratch_remove(folder);
    fleet_end();
}

TestSuite(control_history, .init = begin, .fini = end);

/* All lines but one of them (from 0; SIZE_MAX: all). */
static enum ats_status read_without(size_t left_out)
{
    const struct ats_cli cli = {.fleet = folder};
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    for (size_t i = 0; i < line_count; i++)
        if (i != left_out)
            (void)fprintf(file, "%s\n", lines[i]);
    rewind(file);
    ats_control_history_fini(&history);
    enum ats_status status =
        ats_control_history_of_recording(&cli, file, "control.jsonl", &history, &said);
    (void)fclose(file);
    return status;
}

/* "control-doubted(m1:6) ..." */
static void expect(const char *remarks)
{
    char told[512] = "";
    for (size_t i = 0; i < history.checkpoints.remark_count; i++) {
        const struct ats_control_remark *remark = &history.checkpoints.remarks[i];
        const char *name = history.checkpoints.members[remark->member].name;
        size_t used = strlen(told);
        (void)snprintf(told + used, sizeof(told) - used, "%s(%s:%llu) ",
                       ats_control_remark_name(remark->kind), name,
                       (unsigned long long)remark->line);
        cr_assert_geq(remark->offset, (int64_t)remark->line - 1);
        cr_assert_not_null(strstr(remark->text.text, name), "%s", remark->text.text);
    }
    cr_assert_str_eq(told, remarks);
}

static void expect_read(const char *remarks)
{
    cr_assert_eq(read_without(SIZE_MAX), ATS_OK, "%s", said.text);
    cr_assert_eq(history.count, ats_registry_count(fleet.registry));
    cr_assert_not_null(ats_control_history_find(&history, ATS_CONTROL_DEVICE,
                                                ats_span_text("dev-1"), history.count));
    expect(remarks);
}

Test(control_history, of_an_honest_log_has_no_remark)
{
    put_device("dev-2");
    struct ats_body_checkpoint late = here();
    put_true(1);
    cr_assert_eq(put_checkpoint(0, late, TEST_TIME_MS + 1), ATS_CONTROL_LATE_CHECKPOINT);
    expect_read("");
}

/* A member's key dates the log forward: what honest members say from then on goes back, and the log is the log all the same. */
Test(control_history, is_read_behind_a_checkpoint_out_of_the_future)
{
    cr_assert_eq(put_checkpoint(1, here(), TEST_TIME_MS + 86400000), ATS_CONTROL_ACCEPTED);
    expect_read("");
    cr_assert_eq(put_checkpoint(0, here(), TEST_TIME_MS + 2), ATS_CONTROL_WRONG_CHECKPOINT);
    put_device("dev-2");
    cr_assert_eq(put_checkpoint(2, here(), TEST_TIME_MS + 3), ATS_CONTROL_WRONG_CHECKPOINT);
    expect_read("control-time-back(m2:6) ");
}

Test(control_history, of_a_log_with_a_stolen_members_key_is_read_at_each_of_its_ends)
{
    json_t *vectors = vectors_read("theft");
    json_t *log;
    size_t i;
    uint8_t root[ATS_PUBLIC_KEY_SIZE];
    uint8_t successor[ATS_PUBLIC_KEY_SIZE];
    static uint8_t value[ATS_CONTROL_RECORD_MAX + 4096];
    (void)vectors_bytes(vectors, "root_public", root, sizeof(root));
    (void)vectors_bytes(vectors, "successor_public", successor, sizeof(successor));
    write_pins(root, successor);
    while (line_count > 0)
        free(lines[--line_count]);
    json_array_foreach(json_object_get(vectors, "logs"), i, log)
    {
        size_t k;
        json_t *step;
        if (strcmp(vectors_text(log, "what"), "a member's key") != 0)
            continue;
        json_array_foreach(json_object_get(log, "records"), k, step)
        {
            add_line(ats_span_of(value, vectors_bytes(step, "value", value, sizeof(value))));
            cr_assert_eq(read_without(SIZE_MAX), ATS_OK, "%s: %s", vectors_text(step, "what"),
                         said.text);
            expect(k < 8 ? "" : "control-time-back(line-a-0:7) ");
        }
        cr_assert_eq(k, 12);
    }
    cr_assert_eq(line_count, 12);
    json_decref(vectors);
}

/* Of these, the recording at hand may be the true log. */
Test(control_history, is_doubted_by_one_members_false_checkpoint_as_the_newest_record_and_read)
{
    put_device("dev-2");
    put_false(1, 0);
    expect_read("control-doubted(m2:7) ");
    put_false(1, 5); /* the same key says it again: no second witness */
    expect_read("control-doubted(m2:7) ");
}

Test(control_history, is_doubted_by_one_member_that_counts_what_nobody_has_and_read)
{
    put_false(1, 1000);
    expect_read("control-doubted(m2:6) ");
    put_true(0);
    expect_read("control-doubted(m2:6) ");
}

/* Its word is that of a key which an operator has taken away, and the log went on. */
Test(control_history, refutes_what_a_former_member_counts_and_nobody_has)
{
    put_false(MEMBERS - 1, 1000);
    put_group_of(MEMBERS - 1);
    expect_read("control-doubted(m4:6) ");
    put_true(0);
    expect_read("control-refuted(m4:6) ");
    put_false(1, 1000); /* as many members as keys were stolen, one after the other */
    expect_read("control-refuted(m4:6) control-doubted(m2:9) ");
    put_true(0);
    expect_read("control-refuted(m4:6) control-doubted(m2:9) ");
}

static void put_operator(void)
{
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator other = operator_body("op-2", &pair);
    put_operator_record("op-2", &other);
}

static void put_policy(void)
{
    const struct ats_body_policy policy = {.hourly = 5};
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_policy_format(&policy, &text), ATS_OK);
    put_text(ATS_CONTROL_POLICY, "policy", "root", &fleet.root, &text);
}

static void put_root(void)
{
    struct ats_body_root body = {0};
    struct ats_buf text;
    memcpy(body.root, fleet.root.public_key, sizeof(body.root));
    memcpy(body.successor, fleet.successor.public_key, sizeof(body.successor));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    put_text(ATS_CONTROL_ROOT, "root", "root", &fleet.root, &text);
}

/* Who stands for the group's record may be ended by another, and what ends with it is not known before a checkpoint counts that. */
Test(control_history, refutes_a_former_members_word_behind_all_that_may_have_ended_its_key)
{
    static void (*const puts[])(void) = {put_operator, put_policy, put_root};
    put_false(MEMBERS - 1, 1000);
    put_group_of(MEMBERS - 1);
    put_true(0);
    expect_read("control-refuted(m4:6) ");
    put_device("dev-2");
    expect_read("control-refuted(m4:6) ");
    for (size_t i = 0; i < sizeof(puts) / sizeof(puts[0]); i++) {
        puts[i]();
        expect_read("control-doubted(m4:6) ");
        put_true(0);
        expect_read("control-refuted(m4:6) ");
    }
}

/* Of two, too: an export is made at any time, and what ended long ago refuses none. */
Test(control_history, is_doubted_and_not_refused_by_two_former_members)
{
    put_false(2, 1000);
    put_false(3, 1000);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG);
    put_group_of(2);
    expect_read("control-doubted(m3:6) control-doubted(m4:7) ");
    put_true(0);
    expect_read("control-refuted(m3:6) control-refuted(m4:7) ");
    put_operator();
    expect_read("control-doubted(m3:6) control-doubted(m4:7) ");
}

/* What a former one said that holds speaks for nothing more: its key may be in other hands. */
Test(control_history, is_spoken_for_by_keys_in_force_alone)
{
    expect_read("");
    cr_assert_eq(history.checkpoints.confirmed, 4);
    put_device("dev-2");
    put_true(MEMBERS - 1);
    expect_read("");
    cr_assert_eq(history.checkpoints.confirmed, 6);
    put_group_of(MEMBERS - 1);
    expect_read("");
    cr_assert_eq(history.checkpoints.confirmed, 4);
    cr_assert_eq(history.checkpoints.strangers, 0);
}

/* Who leaves out the record of an honest member's key has its checkpoints be a stranger's. */
Test(control_history, counts_the_checkpoints_of_keys_that_it_does_not_know)
{
    const size_t place = line_count;
    put_new_key_of(1);
    put_device("dev-2");
    put_true(1);
    put_true(1);
    expect_read("");
    cr_assert_eq(history.checkpoints.strangers, 0);
    cr_assert_eq(read_without(place), ATS_OK, "%s", said.text);
    expect("");
    cr_assert_eq(history.checkpoints.strangers, 2);
    cr_assert_eq(history.checkpoints.confirmed, 4);
}

/* The group's record was a stolen operator's: what held before holds again, and the key signed until then. */
Test(control_history, refutes_no_word_of_a_key_that_ended_as_its_record_became_void)
{
    struct ats_key_pair thief_key;
    struct ats_body_place before = {0};
    ats_key_pair_generate(&thief_key, ATS_KEY_SIGNING);
    struct ats_body_operator thief = operator_body("thief", &thief_key);
    put_operator_record("thief", &thief);
    ats_registry_place(fleet.registry, &before.count, before.chain);
    const struct ats_key_pair key = put_another_group("thief", &thief_key);
    put_true(1);
    struct ats_body_checkpoint false_ = here();
    false_.chain[0] ^= 1;
    cr_assert_eq(put_checkpoint_as(OTHER_GROUP, names[0], &key, false_, TEST_TIME_MS + 1),
                 ATS_CONTROL_WRONG_CHECKPOINT);
    thief.revoked = true;
    thief.stands_until = before;
    put_operator_record("thief", &thief);
    expect_read("control-doubted(m1:9) ");
    put_true(1);
    expect_read("control-refuted(m1:9) ");
}

/* With its new key a member is no second one, and what the old one said is refuted by the new one's word as by any other's. */
Test(control_history, is_doubted_by_both_keys_of_one_member)
{
    put_false(1, 5);
    put_new_key_of(1);
    put_false(1, 5);
    expect_read("control-doubted(m2:6) control-doubted(m2:8) ");
    put_true(1);
    expect_read("control-refuted(m2:6) control-doubted(m2:8) ");
}

Test(control_history, is_refused_where_members_of_one_name_in_two_groups_tell_of_another_log)
{
    const struct ats_key_pair key = put_another_group("op", &fleet.operator_);
    struct ats_body_checkpoint false_ = here();
    false_.chain[0] ^= 1;
    put_false(0, 0);
    expect_read("control-doubted(m1:7) ");
    cr_assert_eq(put_checkpoint_as(OTHER_GROUP, names[0], &key, false_, TEST_TIME_MS + 1),
                 ATS_CONTROL_WRONG_CHECKPOINT);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(said.text, "'line-1/m1' at offset 6"), "%s", said.text);
    cr_assert_not_null(strstr(said.text, "'line-2/m1' at offset 7"), "%s", said.text);
}

/* A key that lost its scope is a former one, also beside two that deny. */
Test(control_history, counts_no_refuted_word_as_a_second_members)
{
    put_false(MEMBERS - 1, 1000);
    put_group_with(MEMBERS, 1U << (MEMBERS - 1));
    put_true(0);
    put_false(1, 1000);
    expect_read("control-refuted(m4:6) control-doubted(m2:9) ");
    put_false(2, 1000);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG);
}

/* It holds, and who took the key away may have done so for that. */
Test(control_history, is_refused_by_two_members_whatever_a_former_one_said)
{
    put_device("dev-2");
    put_false(1, 0);
    put_false(2, 0);
    put_true(MEMBERS - 1);
    expect_read("control-doubted(m2:7) control-doubted(m3:8) ");
    put_group_of(MEMBERS - 1);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG);
}

/* Its key is in force, and it may be false: who takes the key away, ends the doubt. */
Test(control_history, is_doubted_by_a_member_whoever_speaks_against_it)
{
    put_device("dev-2");
    put_false(1, 0);
    put_true(0);
    put_true(2);
    put_true(3);
    expect_read("control-doubted(m2:7) ");
    put_new_key_of(1);
    put_true(0);
    expect_read("control-refuted(m2:7) ");
}

/* As one stolen key does for a recording that two honest members deny: it stays in doubt. */
Test(control_history, is_doubted_by_two_members_where_a_third_speaks_for_it)
{
    put_device("dev-2");
    put_false(1, 0);
    put_false(2, 1);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG);
    put_true(0);
    expect_read("control-doubted(m2:7) control-doubted(m3:8) ");
    put_false(1, 3);
    put_false(2, 3);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG); /* behind what the third says */
}

/* A copied heartbeat says nothing of the log: whoever can read one could put it there. */
Test(control_history, is_not_doubted_by_heartbeats_that_somebody_put_there)
{
    struct ats_body_checkpoint body = here();
    body.count += 5;
    for (size_t i = 1; i < 3; i++) {
        struct ats_buf text, value;
        ats_buf_init(&text, 4096);
        cr_assert_eq(ats_body_checkpoint_format(&body, &text), ATS_OK);
        struct ats_control_record record =
            next_record(ATS_CONTROL_CHECKPOINT, GROUP, names[i], ats_buf_span(&text));
        record.revision = ATS_HEARTBEAT_REVISION;
        memset(record.predecessor, 0, sizeof(record.predecessor));
        record.time_ms = TEST_TIME_MS + 1;
        encode(&record, &members[i], &value);
        cr_assert_eq(apply_value(ats_buf_span(&value)), ATS_CONTROL_WRONG_CHECKPOINT);
        add_line(ats_buf_span(&value));
        ats_buf_fini(&value);
        ats_buf_fini(&text);
    }
    expect_read("");
}

/* Whoever makes a recording can put what members said early before what others had said long before. */
Test(control_history, refutes_nothing_by_the_order_of_its_lines)
{
    put_false(1, 5);
    put_false(2, 6);
    put_true(0);
    put_true(3);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG, "%s", said.text);
}

/* What it said of the log to its end stands before what others had said long before, and its key ended later. */
Test(control_history, refutes_no_former_member_by_the_order_of_its_lines)
{
    put_false(MEMBERS - 1, 5);
    put_true(0);
    put_group_of(MEMBERS - 1);
    expect_read("control-doubted(m4:6) ");
}

/* A member had read fewer records than the one that is taken out, and signed later. */
Test(control_history, is_doubted_where_what_speaks_for_it_counts_less)
{
    const size_t victim = line_count;
    struct ats_body_checkpoint late = here();
    put_device("dev-2");
    cr_assert_eq(put_checkpoint(0, late, TEST_TIME_MS + 1), ATS_CONTROL_LATE_CHECKPOINT);
    put_true(1);
    expect_read("");
    cr_assert_eq(read_without(victim), ATS_OK, "%s", said.text);
    expect("control-doubted(m2:7) ");
}

/* Its time goes back, and it says which records there are. */
Test(control_history, refutes_by_a_checkpoint_whose_time_goes_back)
{
    cr_assert_eq(put_checkpoint(1, here(), TEST_TIME_MS + 86400000), ATS_CONTROL_ACCEPTED);
    put_false(MEMBERS - 1, 0);
    put_group_of(MEMBERS - 1);
    expect_read("control-doubted(m4:7) ");
    cr_assert_eq(put_checkpoint(0, here(), TEST_TIME_MS + 2), ATS_CONTROL_WRONG_CHECKPOINT);
    expect_read("control-refuted(m4:7) control-time-back(m2:6) ");
}

/* It counts less than stands there, which is no fault of its own, and other records. */
Test(control_history, is_doubted_by_a_late_checkpoint_with_another_chain)
{
    struct ats_body_checkpoint late;
    put_device("dev-2");
    late = here();
    late.chain[0] ^= 1;
    put_device("dev-3");
    cr_assert_eq(put_checkpoint(1, late, TEST_TIME_MS + 1), ATS_CONTROL_LATE_CHECKPOINT);
    expect_read("control-doubted(m2:8) ");
}

/* With the true log's later checkpoints, of one member and of two. */
Test(control_history, with_a_record_taken_out_is_refused)
{
    const size_t victim = line_count;
    put_device("dev-2");
    put_true(0);
    expect_read("");
    cr_assert_eq(read_without(victim), ATS_OK);
    expect("control-doubted(m1:6) ");
    put_true(1);
    expect_read("");
    cr_assert_eq(read_without(victim), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(said.text, "control.jsonl:6: "), "%s", said.text);
    cr_assert_not_null(strstr(said.text, "tell of another log"), "%s", said.text);
    cr_assert_not_null(strstr(said.text, "'line-1/m1' at offset 6"), "%s", said.text);
    cr_assert_not_null(strstr(said.text, "'line-1/m2' at offset 7"), "%s", said.text);
}

/* A record that the members had not read stands in it: they count less. */
Test(control_history, with_a_record_put_in_is_refused)
{
    const size_t place = line_count;
    struct ats_body_checkpoint without = here();
    put_device("dev-2");
    cr_assert_eq(put_checkpoint(0, without, TEST_TIME_MS + 1), ATS_CONTROL_LATE_CHECKPOINT);
    expect_read("");
    cr_assert_eq(place + 2, line_count);
    struct ats_body_checkpoint other = here();
    other.chain[0] ^= 1;
    put_device("dev-3");
    cr_assert_eq(put_checkpoint(0, other, TEST_TIME_MS + 1), ATS_CONTROL_LATE_CHECKPOINT);
    cr_assert_eq(put_checkpoint(2, other, TEST_TIME_MS + 1), ATS_CONTROL_LATE_CHECKPOINT);
    cr_assert_eq(read_without(SIZE_MAX), ATS_ERR_CONFIG);
}

Test(control_history_names, of_all_remarks_stand_in_the_auditors_page)
{
    struct ats_buf page;
    char quoted[64];
    ats_buf_init(&page, ATS_DOCUMENT_MAX);
    cr_assert_eq(ats_file_read(ATS_SOURCE_DIR "/docs/verify.md", &page, NULL), ATS_OK);
    for (int i = 0; i < ATS_CONTROL_REMARK_COUNT; i++) {
        (void)snprintf(quoted, sizeof(quoted), "`%s`",
                       ats_control_remark_name((enum ats_control_remark_kind)i));
        cr_assert_not_null(strstr(ats_buf_text(&page), quoted), "%s", quoted);
    }
    ats_buf_fini(&page);
}
