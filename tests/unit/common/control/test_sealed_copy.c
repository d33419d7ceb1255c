/* SPDX-License-Identifier: Apache-2.0 */
/* A registry on a sealed store: what was altered on disk is nobody's, and is made anew from the log. */
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/store/alter.h"

#define RECORDS_MAX 8

static const uint8_t secret[ATS_STORE_SECRET_SIZE] = {7};
static struct ats_buf values[RECORDS_MAX]; /* the log, by offset */

static void open_sealed(void)
{
    cr_assert_eq(ats_store_open(fleet.folder, TEST_MAP_SIZE, &fleet.store, &fleet.err), ATS_OK);
    ats_store_seal(fleet.store, secret);
    cr_assert_eq(ats_registry_open(fleet.store, &fleet.pins, &fleet.registry, &fleet.err), ATS_OK,
                 "%s", fleet.err.text);
}

static void append(enum ats_control_kind kind, const char *name, const char *signer,
                   const struct ats_key_pair *pair, const struct ats_buf *body)
{
    struct ats_buf *value = &values[fleet.offset];
    struct ats_control_record record = next_record(kind, name, signer, ats_buf_span(body));
    encode(&record, pair, value);
    cr_assert_eq(apply_value(ats_buf_span(value)), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
}

static void append_device_by(const char *name, enum ats_device_state state, const char *signer,
                             const struct ats_key_pair *pair)
{
    struct ats_body_device body = device_body(state);
    struct ats_buf text;
    (void)snprintf(body.asset, sizeof(body.asset), "asset-of-%s", name);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    append(ATS_CONTROL_DEVICE, name, signer, pair, &text);
    ats_buf_fini(&text);
}

static void append_device(const char *name, enum ats_device_state state)
{
    append_device_by(name, state, "op", &fleet.operator_);
}

static void append_root(void)
{
    struct ats_body_root body = {0};
    struct ats_buf text;
    memcpy(body.root, fleet.root.public_key, sizeof(body.root));
    memcpy(body.successor, fleet.successor.public_key, sizeof(body.successor));
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    append(ATS_CONTROL_ROOT, "root", "root", &fleet.root, &text);
    ats_buf_fini(&text);
}

static void append_operator(const char *name, const struct ats_body_operator *body)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_operator_format(body, &text), ATS_OK);
    append(ATS_CONTROL_OPERATOR, name, "root", &fleet.root, &text);
    ats_buf_fini(&text);
}

/* Root, operator, and the devices d1 and d2. */
static void begin(void)
{
    fleet_begin();
    close_registry();
    open_sealed();
    append_root();
    struct ats_body_operator op = operator_body("op", &fleet.operator_);
    append_operator("op", &op);
    append_device("d1", ATS_DEVICE_ACTIVE);
    append_device("d2", ATS_DEVICE_ACTIVE);
}

static void end(void)
{
    for (size_t i = 0; i < RECORDS_MAX; i++)
        ats_buf_fini(&values[i]);
    fleet_end();
}

TestSuite(sealed_copy, .init = begin, .fini = end);

static enum ats_status find(const char *name)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(name), &record);
    ats_store_view_close(view);
    return status;
}

static void alter_d1(void)
{
    cr_assert_geq(alter_store(fleet.folder, "asset-of-d1", "asset-of-xx"), 1);
    cr_assert_eq(find("d1"), ATS_ERR_CORRUPT);
}

/* The log's first `count` records again. */
static enum ats_status rebuild(int64_t count)
{
    cr_assert_eq(ats_registry_begin_rebuild(fleet.registry, &fleet.err), ATS_OK);
    for (int64_t i = 0; i < count; i++) {
        enum ats_control_outcome outcome = ATS_CONTROL_OUTCOME_COUNT;
        cr_assert_eq(
            ats_registry_apply(fleet.registry, i, ats_buf_span(&values[i]), &outcome, &fleet.err),
            ATS_OK);
        cr_assert_eq(outcome, ATS_CONTROL_ACCEPTED);
    }
    return ats_registry_end_rebuild(fleet.registry, &fleet.err);
}

Test(sealed_copy, a_device_that_was_altered_on_disk_is_nobodys_and_the_others_stay)
{
    alter_d1();
    cr_assert_eq(find("d2"), ATS_OK);
    cr_assert_eq(ats_registry_altered(fleet.registry), 1);
}

Test(sealed_copy, a_start_reads_on_where_it_was_and_judges_nothing_again)
{
    close_registry();
    open_sealed();
    cr_assert_eq(ats_registry_count(fleet.registry), 4);
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 4);
    cr_assert_not(ats_registry_was_emptied(fleet.registry));
    cr_assert_eq(find("d1"), ATS_OK);
}

Test(sealed_copy, the_log_makes_an_altered_entry_anew_and_it_goes_on)
{
    alter_d1();
    cr_assert_eq(rebuild(4), ATS_OK, "%s", fleet.err.text);
    cr_assert_eq(find("d1"), ATS_OK);
    cr_assert_eq(ats_registry_count(fleet.registry), 4);
    append_device("d3", ATS_DEVICE_ACTIVE);
    close_registry();
    open_sealed();
    cr_assert_eq(find("d1"), ATS_OK);
    cr_assert_eq(find("d3"), ATS_OK);
}

Test(sealed_copy, a_log_that_shows_less_than_the_copy_had_changes_nothing)
{
    alter_d1();
    cr_assert_eq(rebuild(3), ATS_ERR_INVALID);
    cr_assert_eq(find("d1"), ATS_ERR_CORRUPT);
    cr_assert_eq(find("d2"), ATS_OK);
    cr_assert_eq(ats_registry_count(fleet.registry), 4);
    append_device("d3", ATS_DEVICE_ACTIVE);
}

Test(sealed_copy, a_copy_under_another_secret_opens_empty_and_is_read_anew)
{
    close_registry();
    cr_assert_eq(ats_store_open(fleet.folder, TEST_MAP_SIZE, &fleet.store, &fleet.err), ATS_OK);
    ats_store_seal(fleet.store, (const uint8_t[ATS_STORE_SECRET_SIZE]){8});
    cr_assert_eq(ats_registry_open(fleet.store, &fleet.pins, &fleet.registry, &fleet.err), ATS_OK);
    cr_assert(ats_registry_was_emptied(fleet.registry));
    cr_assert_eq(ats_registry_next_offset(fleet.registry), 0);
    cr_assert_eq(find("d1"), ATS_ERR_NOT_FOUND);
    fleet.offset = 0;
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(apply_value(ats_buf_span(&values[i])), ATS_CONTROL_ACCEPTED);
    cr_assert_eq(find("d1"), ATS_OK);
}

Test(sealed_copy, a_copy_from_before_seals_opens_empty)
{
    close_registry();
    cr_assert_eq(ats_store_open(fleet.folder, TEST_MAP_SIZE, &fleet.store, &fleet.err), ATS_OK);
    struct ats_store_batch *batch = NULL;
    cr_assert_eq(ats_store_batch_begin(fleet.store, &batch), ATS_OK);
    cr_assert_eq(ats_store_batch_clear(batch), ATS_OK);
    cr_assert_eq(ats_store_batch_commit(batch), ATS_OK);
    cr_assert_eq(ats_registry_open(fleet.store, &fleet.pins, &fleet.registry, &fleet.err), ATS_OK);
    cr_assert_eq(ats_registry_count(fleet.registry), 0); /* it has its pins, unsealed */
    close_registry();
    open_sealed();
    cr_assert(ats_registry_was_emptied(fleet.registry));
}

/* A thief's device d3, and a thief's suspension of d2; then both are void. */
static void append_theft(void)
{
    struct ats_key_pair pair;
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    struct ats_body_operator thief = operator_body("thief", &pair);
    append_operator("thief", &thief);
    thief.revoked = true;
    thief.stands_until.count = ats_registry_count(fleet.registry);
    ats_registry_chain(fleet.registry, thief.stands_until.chain);
    append_device_by("d2", ATS_DEVICE_SUSPENDED, "thief", &pair);
    append_device_by("d3", ATS_DEVICE_ACTIVE, "thief", &pair);
    append_operator("thief", &thief);
}

static void expect_void(void)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    struct ats_control_act act;
    cr_assert_eq(find("d3"), ATS_ERR_NOT_FOUND);
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    cr_assert_eq(ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text("d2"), &record), ATS_OK);
    cr_assert_eq(record.revision, 1, "the thief's is void");
    cr_assert_eq(ats_control_act_get(view, 7, &act), ATS_OK);
    cr_assert_eq(act.void_by, 8);
    ats_store_view_close(view);
}

Test(sealed_copy, what_is_void_is_void_after_a_start_and_after_a_rebuild)
{
    append_theft();
    expect_void();
    alter_d1();
    cr_assert_eq(rebuild(8), ATS_OK, "%s", fleet.err.text);
    expect_void();
    cr_assert_eq(find("d1"), ATS_OK);
    close_registry();
    open_sealed();
    cr_assert_not(ats_registry_was_emptied(fleet.registry));
    expect_void();
}

/* The record that made them void is not in the log that it is made anew from. */
Test(sealed_copy, a_log_without_the_revocation_gives_nobody_back)
{
    append_theft();
    alter_d1();
    cr_assert_eq(rebuild(7), ATS_ERR_INVALID);
    expect_void();
}
