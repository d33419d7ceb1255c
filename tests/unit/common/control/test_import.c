/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of the log from a file: taken whole, in parts, or not at all. The fleet's own registry makes the log, and a second one
   with the same pins takes it in. */
#include "tests/unit/common/control/fleet.h"

#include "common/control/heartbeat.h"
#include "common/control/import.h"
#include "common/record/recorded.h"

#define RECORDS_MAX 16

static struct ats_buf values[RECORDS_MAX];
static size_t value_count;
static struct ats_key_pair member;
static struct fleet source;
static struct ats_import result;
static size_t commits;
static char path[128];

static void keep(struct ats_control_record *record, const struct ats_key_pair *pair)
{
    encode(record, pair, &values[value_count]);
    cr_assert_eq(apply_value(ats_buf_span(&values[value_count])), ATS_CONTROL_ACCEPTED, "%s",
                 fleet.err.text);
    value_count++;
}

static void keep_body(enum ats_control_kind kind, const char *name, const char *signer,
                      const struct ats_key_pair *pair, const struct ats_buf *text)
{
    struct ats_control_record record = next_record(kind, name, signer, ats_buf_span(text));
    keep(&record, pair);
}

static void keep_device_by(const char *name, const char *signer, const struct ats_key_pair *pair)
{
    struct ats_buf text;
    const struct ats_body_device body = device_body(ATS_DEVICE_ACTIVE);
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    keep_body(ATS_CONTROL_DEVICE, name, signer, pair, &text);
    ats_buf_fini(&text);
}

static void keep_device(const char *name)
{
    keep_device_by(name, "op", &fleet.operator_);
}

static void keep_checkpoint(void)
{
    const struct ats_checkpoint_signer by = {
        .fleet = fleet.id, .group = "g", .member = "m1", .pair = &member};
    struct ats_buf *value = &values[value_count];
    ats_buf_init(value, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_checkpoint_write(&by, fleet.registry, TEST_TIME_MS, value), ATS_OK);
    cr_assert_eq(apply_value(ats_buf_span(value)), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    value_count++;
}

static void keep_founders(void)
{
    struct ats_buf text;
    struct ats_body_root root = {0};
    struct ats_body_operator operator_ = operator_body("op", &fleet.operator_);
    struct ats_body_processor group = {.member_count = 1, .agreement_key = {7}};
    memcpy(root.root, fleet.root.public_key, sizeof(root.root));
    memcpy(root.successor, fleet.successor.public_key, sizeof(root.successor));
    (void)snprintf(group.members[0].name, sizeof(group.members[0].name), "m1");
    ats_key_pair_generate(&member, ATS_KEY_SIGNING);
    memcpy(group.members[0].signing_key, member.public_key, ATS_PUBLIC_KEY_SIZE);
    group.members[0].may_checkpoint = true;
    ats_buf_init(&text, 8192);
    cr_assert_eq(ats_body_root_format(&root, &text), ATS_OK);
    keep_body(ATS_CONTROL_ROOT, "root", "root", &fleet.root, &text);
    ats_buf_clear(&text);
    cr_assert_eq(ats_body_operator_format(&operator_, &text), ATS_OK);
    keep_body(ATS_CONTROL_OPERATOR, "op", "root", &fleet.root, &text);
    ats_buf_clear(&text);
    cr_assert_eq(ats_body_processor_format(&group, &text), ATS_OK);
    keep_body(ATS_CONTROL_PROCESSOR, "g", "op", &fleet.operator_, &text);
    ats_buf_fini(&text);
}

/* 0 root, 1 operator, 2 group, 3 d1, 4 checkpoint, 5 d2, 6 d3, 7 checkpoint, 8 d4; then an empty registry in the source's place. */
static void begin(void)
{
    value_count = commits = 0;
    fleet_begin();
    keep_founders();
    keep_device("d1");
    keep_checkpoint();
    keep_device("d2");
    keep_device("d3");
    keep_checkpoint();
    keep_device("d4");
    source = fleet;
    scratch_folder(fleet.folder, sizeof(fleet.folder), "ats-control");
    open_registry();
    (void)snprintf(path, sizeof(path), "%s.jsonl", fleet.folder);
}

static void end(void)
{
    (void)unlink(path);
    for (size_t i = 0; i < value_count; i++)
        ats_buf_fini(&values[i]);
    fleet_end();
    fleet = source;
    fleet_end();
}

TestSuite(import, .init = begin, .fini = end);

static void write_line(FILE *file, int64_t offset, struct ats_span value)
{
    const struct ats_kafka_record record = {
        .topic = "ats.control", .offset = offset, .value = value};
    json_t *json = ats_recorded_json(&record);
    cr_assert_eq(json_dumpf(json, file, JSON_COMPACT), 0);
    cr_assert_eq(fputc('\n', file), '\n');
    json_decref(json);
}

/* The records from .. to, where `skipped` is left out and `altered` has another last byte; -1: none. */
static void write_piece(int from, int to, int skipped, int altered)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (int i = from; i < to; i++) {
        if (i == altered)
            values[i].data[values[i].len - 1] ^= 1;
        if (i != skipped)
            write_line(file, i, ats_buf_span(&values[i]));
        if (i == altered)
            values[i].data[values[i].len - 1] ^= 1;
    }
    (void)fclose(file);
}

static void on_pulled(void *ctx, const struct ats_kafka_record *record,
                      enum ats_control_outcome outcome, const struct ats_error *reason)
{
    (void)ctx;
    (void)record;
    (void)outcome;
    (void)reason;
}

static void on_committed(void *ctx)
{
    (void)ctx;
    commits++;
}

static enum ats_status take(void)
{
    fleet.err = (struct ats_error){0};
    return ats_control_import(fleet.registry, path, on_pulled, on_committed, NULL, &result,
                              &fleet.err);
}

Test(import, takes_a_whole_log_and_stands_where_the_log_does)
{
    uint8_t ours[ATS_HASH_SIZE], theirs[ATS_HASH_SIZE];
    write_piece(0, 9, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.accepted, 9);
    cr_assert_eq(result.left, 0);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 9);
    ats_registry_chain(fleet.registry, ours);
    ats_registry_chain(source.registry, theirs);
    cr_assert_eq(memcmp(ours, theirs, sizeof(ours)), 0);
    cr_assert_eq(commits, 1);
}

Test(import, takes_a_later_piece_that_begins_with_what_it_knows)
{
    write_piece(0, 5, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    write_piece(4, 9, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.accepted, 4);
    write_piece(2, 9, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.taken, 0);
    cr_assert_eq(ats_registry_count(fleet.registry), 9);
}

Test(import, refuses_a_piece_that_begins_too_late)
{
    write_piece(0, 4, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    write_piece(5, 9, -1, -1);
    cr_assert_eq(take(), ATS_ERR_INVALID);
    cr_assert(strstr(fleet.err.text, "begins at offset 5"), "%s", fleet.err.text);
    cr_assert_eq(ats_registry_count(fleet.registry), 4);
}

Test(import, stops_before_a_gap_so_that_the_record_can_still_come)
{
    write_piece(0, 9, 8, -1);
    FILE *file = fopen(path, "a");
    cr_assert_not_null(file);
    write_line(file, 9, ats_span_text("garbage"));
    (void)fclose(file);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.left, 1);
    cr_assert_eq(result.stopped_at, 8);
    cr_assert(strstr(result.reason.text, "nothing there"), "%s", result.reason.text);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 8);
}

Test(import, stops_at_the_last_checkpoint_that_held_where_a_record_was_taken_out)
{
    write_piece(0, 9, 5, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.outcome, ATS_CONTROL_WRONG_CHECKPOINT);
    cr_assert_eq(result.left, 3);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 5);
}

/* The mark of a transaction has an offset and is no record. */
Test(import, passes_a_gap_where_a_checkpoint_behind_it_vouches)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (int i = 0; i < 9; i++)
        write_line(file, i < 6 ? i : i + 2, ats_buf_span(&values[i]));
    (void)fclose(file);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.left, 0);
    cr_assert_eq(result.accepted, 9);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 11);
}

Test(import, refuses_a_piece_whose_offsets_go_back)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (int i = 0; i < 3; i++)
        write_line(file, i == 2 ? 1 : i, ats_buf_span(&values[i]));
    (void)fclose(file);
    cr_assert_eq(take(), ATS_ERR_INVALID);
    cr_assert(strstr(fleet.err.text, "goes back"), "%s", fleet.err.text);
    cr_assert_eq(ats_registry_count(fleet.registry), 0);
}

Test(import, stops_before_an_altered_record_so_that_the_true_one_can_still_come)
{
    write_piece(0, 9, -1, 8);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.left, 1);
    cr_assert_eq(result.stopped_at, 8);
    cr_assert_eq(result.outcome, ATS_CONTROL_BAD_SIGNATURE);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 8);
    write_piece(0, 9, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(ats_registry_count(fleet.registry), 9);
}

Test(import, stops_at_the_last_checkpoint_that_held_where_one_contradicts)
{
    write_piece(0, 9, -1, 5); /* d2, so that the checkpoint at 7 counts one more than there is */
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.outcome, ATS_CONTROL_WRONG_CHECKPOINT);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 5);
    cr_assert_eq(result.left, 4);
}

Test(import, passes_a_strangers_record_where_a_checkpoint_behind_it_vouches)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (int i = 0; i < 10; i++)
        write_line(file, i,
                   i == 6 ? ats_span_text("garbage") : ats_buf_span(&values[i < 6 ? i : i - 1]));
    (void)fclose(file);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.left, 0);
    cr_assert_eq(result.taken, 10);
    cr_assert_eq(result.accepted, 9);
}

Test(import, refuses_a_piece_of_another_log)
{
    write_piece(0, 5, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    write_piece(4, 9, -1, 4);
    cr_assert_eq(take(), ATS_ERR_INVALID);
    cr_assert_eq(ats_registry_count(fleet.registry), 5);
}

Test(import, names_the_line_that_is_no_record)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    write_line(file, 0, ats_buf_span(&values[0]));
    cr_assert(fputs("{\"offset\":1}\n", file) > 0);
    (void)fclose(file);
    cr_assert_neq(take(), ATS_OK);
    cr_assert(strstr(fleet.err.text, "line 2"), "%s", fleet.err.text);
    cr_assert_eq(ats_registry_count(fleet.registry), 0);
}

Test(import, says_that_there_is_no_file)
{
    cr_assert_eq(take(), ATS_ERR_IO);
}

Test(import, passes_a_checkpoint_that_lies_where_a_later_one_holds)
{
    const struct ats_body_checkpoint lie = {.count = 99};
    struct ats_buf text, false_one;
    ats_buf_init(&text, 4096);
    cr_assert_eq(ats_body_checkpoint_format(&lie, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_CHECKPOINT, "g", "m1", ats_buf_span(&text));
    encode(&record, &member, &false_one);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (int i = 0; i < 10; i++)
        write_line(file, i, ats_buf_span(i == 6 ? &false_one : &values[i < 6 ? i : i - 1]));
    (void)fclose(file);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.left, 0);
    cr_assert_eq(result.accepted, 9);
    ats_buf_fini(&false_one);
    ats_buf_fini(&text);
}

static void keep_operator(const char *name, const struct ats_body_operator *body)
{
    struct ats_buf text;
    ats_buf_init(&text, 8192);
    cr_assert_eq(ats_body_operator_format(body, &text), ATS_OK);
    keep_body(ATS_CONTROL_OPERATOR, name, "root", &fleet.root, &text);
    ats_buf_fini(&text);
}

/* 9 the thief, 10 d1 by the thief, 11 d5 by the thief, 12 the thief's revocation, 13 a checkpoint; in the source's log. */
static void keep_theft(void)
{
    const struct fleet reader = fleet;
    struct ats_key_pair pair;
    fleet = source;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator thief = operator_body("thief", &pair);
    keep_operator("thief", &thief);
    thief.revoked = true;
    thief.stands_until.count = ats_registry_count(fleet.registry);
    ats_registry_chain(fleet.registry, thief.stands_until.chain);
    keep_device_by("d1", "thief", &pair);
    keep_device_by("d5", "thief", &pair);
    keep_operator("thief", &thief);
    keep_checkpoint();
    source = fleet;
    fleet = reader;
}

/* The revision that holds; 0: none. */
static uint64_t held(const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(name), &record);
    ats_store_view_close(view);
    return status == ATS_OK ? record.revision : 0;
}

Test(import, makes_void_what_a_piece_says_that_a_thief_signed)
{
    keep_theft();
    write_piece(0, 12, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(held("d1"), 2);
    cr_assert_eq(held("d5"), 1);
    write_piece(11, 14, -1, -1);
    cr_assert_eq(take(), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(result.accepted, 2);
    cr_assert_eq(held("d1"), 1);
    cr_assert_eq(held("d5"), 0);
}

/* A checkpoint counts the void records too. */
Test(import, is_not_told_that_nothing_was_stolen)
{
    keep_theft();
    write_piece(0, 14, 12, -1);
    (void)take();
    cr_assert_gt(result.left, 0, "the checkpoint behind it contradicts");
    cr_assert_leq(ats_registry_count(fleet.registry), 12);
}
