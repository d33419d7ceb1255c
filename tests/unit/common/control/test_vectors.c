/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader makes of each record in tests/vectors/control.json and theft.json, and that their bytes are those of ours. */
#include "common/control/heartbeat.h"
#include "tests/unit/common/control/fleet.h"
#include "tests/unit/common/identity/vectors.h"

static json_t *vectors;
static uint8_t value[ATS_CONTROL_RECORD_MAX + 4096];

/* An empty copy under the pins of the vectors. */
static void begin_log(void)
{
    close_registry();
    remove_store();
    (void)vectors_bytes(vectors, "root_public", fleet.pins.root, ATS_PUBLIC_KEY_SIZE);
    (void)vectors_bytes(vectors, "successor_public", fleet.pins.successor, ATS_PUBLIC_KEY_SIZE);
    ats_registry_fleet_id(&fleet.pins, fleet.id);
    fleet.offset = 0;
    open_registry();
}

static void set_up(void)
{
    fleet_begin();
    vectors = vectors_read("control");
    begin_log();
}

static void tear_down(void)
{
    json_decref(vectors);
    fleet_end();
}

TestSuite(control_vectors, .init = set_up, .fini = tear_down);

static struct ats_span value_of(const json_t *step)
{
    return ats_span_of(value, vectors_bytes(step, "value", value, sizeof(value)));
}

static void expect_step(const char *log, const json_t *step)
{
    uint8_t expected[ATS_HASH_SIZE];
    uint8_t chain[ATS_HASH_SIZE];
    const char *what = vectors_text(step, "what");
    enum ats_control_outcome outcome = apply_value(value_of(step));
    cr_assert_str_eq(ats_control_outcome_name(outcome), vectors_text(step, "outcome"), "%s: %s: %s",
                     log, what, fleet.err.text);
    cr_assert_eq(ats_registry_count(fleet.registry), vectors_number(step, "count"), "%s: %s", log,
                 what);
    ats_registry_chain(fleet.registry, chain);
    (void)vectors_bytes(step, "chain", expected, sizeof(expected));
    cr_assert_arr_eq(chain, expected, sizeof(chain), "%s: %s", log, what);
}

Test(control_vectors, each_record_has_the_outcome_that_they_say)
{
    size_t i;
    json_t *step;
    json_t *records = json_object_get(vectors, "records");
    cr_assert_gt(json_array_size(records), 100);
    json_array_foreach(records, i, step) expect_step("control", step);
}

Test(control_vectors, after_a_theft_each_record_has_the_outcome_that_they_say)
{
    size_t i, k;
    json_t *log, *step;
    json_decref(vectors);
    vectors = vectors_read("theft");
    cr_assert_geq(json_array_size(json_object_get(vectors, "logs")), 9);
    json_array_foreach(json_object_get(vectors, "logs"), i, log)
    {
        begin_log();
        json_array_foreach(json_object_get(log, "records"), k, step)
            expect_step(vectors_text(log, "what"), step);
    }
}

Test(control_vectors, each_accepted_record_is_written_and_hashed_as_they_say)
{
    size_t i;
    json_t *step;
    size_t formats[3] = {0};
    unsigned kinds = 0;
    json_array_foreach(json_object_get(vectors, "records"), i, step)
    {
        struct ats_control_record record;
        struct ats_buf again;
        uint8_t expected[ATS_HASH_SIZE];
        uint8_t hash[ATS_HASH_SIZE];
        if (!json_object_get(step, "hash"))
            continue;
        struct ats_span bytes = value_of(step);
        cr_assert_eq(ats_control_record_decode(bytes, &record), ATS_OK);
        ats_buf_init(&again, sizeof(value));
        cr_assert_eq(ats_control_record_encode(&record, &again), ATS_OK);
        cr_assert(ats_span_equal(ats_buf_span(&again), bytes), "%s", vectors_text(step, "what"));
        ats_buf_fini(&again);
        ats_control_record_hash(&record, hash);
        (void)vectors_bytes(step, "hash", expected, sizeof(expected));
        cr_assert_arr_eq(hash, expected, sizeof(hash), "%s", vectors_text(step, "what"));
        formats[record.expires_ms == 0 ? 1 : 2]++;
        kinds |= 1U << record.kind;
    }
    cr_assert_eq(kinds, (1U << ATS_CONTROL_KIND_COUNT) - 1, "a kind is missing");
    cr_assert(formats[1] > 0 && formats[2] > 0, "a format is missing");
}

static const char *heartbeat_name(enum ats_status status)
{
    return status == ATS_OK ? "ok" : status == ATS_ERR_MALFORMED ? "malformed" : "refused";
}

Test(control_vectors, each_heartbeat_has_the_outcome_that_they_say)
{
    size_t i;
    json_t *step;
    struct ats_heartbeat heartbeat;
    struct ats_store_view *view = NULL;
    json_array_foreach(json_object_get(vectors, "records"), i, step)(void)
        apply_value(value_of(step));
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    json_t *heartbeats = json_object_get(vectors, "heartbeats");
    cr_assert_gt(json_array_size(heartbeats), 10);
    json_array_foreach(heartbeats, i, step) cr_assert_str_eq(
        heartbeat_name(ats_heartbeat_read(value_of(step), fleet.id, view, &heartbeat)),
        vectors_text(step, "outcome"), "%s", vectors_text(step, "what"));
    ats_store_view_close(view);
}
