/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plugin/gate_fixture.h"

#include "plugin/presence_file.h"

#include <jansson.h>

static struct ats_presence_file file;

static void begin(void)
{
    fixture_open(NULL, NULL, NULL);
    ats_presence_file_init(&file, &fix.gate->presence.rows, fix.state_folder, GATE, fix.gate->log);
}

static void end(void)
{
    ats_presence_file_fini(&file);
    fixture_end();
}

TestSuite(presence, .init = begin, .fini = end);

/* As many ticks as a pass of few sessions takes, and the other thread's step after each. */
static void pass(void)
{
    fix.monotonic_ms += 2 * ATS_GATE_PRESENCE_MS;
    for (int i = 0; i < 8; i++) {
        ats_gate_tick(fix.gate);
        ats_presence_file_step(&file);
    }
}

/* The file's text, "" where there is none; good until the next call. */
static const char *text_of(const char *name)
{
    static char text[65536];
    char path[192];
    (void)snprintf(path, sizeof(path), "%s/%s", fix.state_folder, name);
    FILE *from = fopen(path, "r");
    size_t len = from ? fread(text, 1, sizeof(text) - 1, from) : 0;
    text[len] = '\0';
    if (from)
        (void)fclose(from);
    return text;
}

static void assert_has(const char *name, const char *part)
{
    cr_assert_not_null(strstr(text_of(name), part), "%s: %s", name, text_of(name));
}

static void connect_from(const char *address)
{
    struct ats_gate_client client = device_client();
    client.address = address;
    cr_assert_eq(ats_gate_connect(fix.gate, &client, good_token()), ATS_GATE_ALLOW, "%s", fix.log);
}

static void send_payload(const char *payload)
{
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = {.topic = TOPIC, .qos = 1, .payload = ats_span_text(payload)};
    (void)ats_gate_publish(fix.gate, &client, &publish);
}

Test(presence, lists_who_is_connected_and_since_when)
{
    connect_from("192.0.2.7");
    fix.wall_ms += 1000;
    send_payload(GOOD_PAYLOAD);
    fix.wall_ms += 1000;
    pass();
    assert_has("sessions.ndjson", "{\"gate\":\"" GATE "\",\"time\":");
    assert_has("sessions.ndjson", "\"device\":\"" DEVICE "\"");
    assert_has("sessions.ndjson", "\"client\":\"" DEVICE "\"");
    assert_has("sessions.ndjson", "\"connected\":true");
    assert_has("sessions.ndjson", "\"address\":\"192.0.2.7\"");
    assert_has("sessions.ndjson", "\"method\":\"token\"");
    assert_has("sessions.ndjson", "\"since\":\"2025-11-24T16:00:00.000Z\"");
    assert_has("sessions.ndjson", "\"last_publish\":\"2025-11-24T16:00:01.000Z\"");
    assert_has("sessions.ndjson", "\"seen\":\"2025-11-24T16:00:02.000Z\"");
    assert_has("sessions.ndjson", "\"published\":1,\"refused\":0");
}

Test(presence, says_when_a_device_went)
{
    connect_from("192.0.2.7");
    pass();
    fix.wall_ms += 5000;
    ats_gate_disconnected(fix.gate, &handles[0]);
    pass();
    cr_assert_null(strstr(text_of("sessions.ndjson"), DEVICE));
    assert_has("departed.ndjson", "\"device\":\"" DEVICE "\",\"connected\":false");
    assert_has("departed.ndjson", "\"seen\":\"2025-11-24T16:00:05.000Z\"");
}

Test(presence, a_device_that_came_back_has_not_gone)
{
    connect_from("192.0.2.7");
    ats_gate_disconnected(fix.gate, &handles[0]);
    connect_from("192.0.2.8");
    pass();
    assert_has("sessions.ndjson", "192.0.2.8");
    cr_assert_str_eq(text_of("departed.ndjson"), "");
}

/* No proof is asked of what a row says, so no byte of it may lose the row. */
Test(presence, of_texts_that_are_no_utf8_is_listed_all_the_same)
{
    struct ats_presence_row row = {.kind = ATS_PRESENCE_BEGIN};
    const struct ats_presence_row last = {.kind = ATS_PRESENCE_END};
    cr_assert(ats_ring_push(&fix.gate->presence.rows, &row));
    row = (struct ats_presence_row){.kind = ATS_PRESENCE_SESSION,
                                    .method = "token",
                                    .device = DEVICE,
                                    .client_id = "a\xff\xfe-\xc3"};
    (void)snprintf(row.activity.address, sizeof(row.activity.address), "\xed\xa0\x80");
    cr_assert(ats_ring_push(&fix.gate->presence.rows, &row));
    row.kind = ATS_PRESENCE_GONE;
    cr_assert(ats_ring_push(&fix.gate->presence.rows, &row));
    cr_assert(ats_ring_push(&fix.gate->presence.rows, &last));
    ats_presence_file_step(&file);
    assert_has("sessions.ndjson", "\"client\":\"a\?\?-\?\"");
    assert_has("sessions.ndjson", "\"address\":\"\?\?\?\"");
    assert_has("departed.ndjson", "\"address\":\"\?\?\?\"");
    cr_assert_eq(file.rows_lost, 0);
}

static void *no_memory(size_t size)
{
    (void)size;
    return NULL;
}

Test(presence, that_cannot_be_told_is_logged_and_counted)
{
    struct ats_presence_row row = {.kind = ATS_PRESENCE_GONE, .device = DEVICE};
    json_malloc_t given;
    json_free_t taken;
    json_get_alloc_funcs(&given, &taken);
    cr_assert(ats_ring_push(&fix.gate->presence.rows, &row));
    json_set_alloc_funcs(no_memory, taken);
    ats_presence_file_step(&file);
    json_set_alloc_funcs(given, taken);
    cr_assert_not_null(strstr(fix.log, "sessions.row-lost device=\"" DEVICE "\" rows=1"), "%s",
                       fix.log);
    cr_assert_eq(file.rows_lost, 1);
}

static void open_session(uint64_t counter)
{
    struct ats_device device;
    uint8_t data[ATS_DEVICE_CONNECT_DATA_MAX];
    uint8_t answer[ATS_GATE_DATA_MAX];
    size_t len = 0;
    struct ats_gate_client client = device_client();
    client.address = "192.0.2.7";
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, fix.device_key.seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_device_connect(&device, counter, DEVICE, DEVICE, data, sizeof(data), &len),
                 ATS_DEVICE_OK);
    cr_assert_eq(ats_gate_connect_with(fix.gate, &client, ATS_DEVICE_METHOD, ats_span_of(data, len),
                                       answer, &len),
                 ATS_GATE_ALLOW, "%s", fix.log);
}

/* Its publishes have no proof, and are refused. */
Test(presence, of_a_connection_that_proves_itself_again_goes_on)
{
    open_session(5);
    send_payload(GOOD_PAYLOAD);
    fix.wall_ms += 1000;
    open_session(6);
    send_payload(GOOD_PAYLOAD);
    pass();
    assert_has("sessions.ndjson", "\"since\":\"2025-11-24T16:00:00.000Z\"");
    assert_has("sessions.ndjson", "\"published\":2,\"refused\":2");
}

Test(presence, of_another_connection_begins_anew)
{
    struct ats_gate_client client = client_at(1, DEVICE, DEVICE, true);
    connect_from("192.0.2.7");
    send_payload(GOOD_PAYLOAD);
    fix.wall_ms += 1000;
    cr_assert_eq(ats_gate_connect(fix.gate, &client, good_token()), ATS_GATE_ALLOW, "%s", fix.log);
    pass();
    assert_has("sessions.ndjson", "\"since\":\"2025-11-24T16:00:01.000Z\"");
    assert_has("sessions.ndjson", "\"published\":0,\"refused\":0");
}

Test(presence, is_not_written_while_nothing_changes)
{
    connect_from("192.0.2.7");
    pass();
    cr_assert_not(fix.gate->presence.passing);
    char before[4096];
    (void)snprintf(before, sizeof(before), "%s", text_of("sessions.ndjson"));
    fix.wall_ms += 60000;
    pass();
    cr_assert_str_eq(text_of("sessions.ndjson"), before);
    send_payload(GOOD_PAYLOAD);
    pass();
    cr_assert_str_neq(text_of("sessions.ndjson"), before);
}

Test(presence, counts_what_is_refused)
{
    connect_from("192.0.2.7");
    fix.body.state = ATS_DEVICE_SUSPENDED;
    apply_device_now(DEVICE, ATS_DEVICE_SUSPENDED);
    send_payload(GOOD_PAYLOAD);
    pass();
    assert_has("sessions.ndjson", "\"published\":1,\"refused\":1");
}

Test(presence, waits_for_a_thread_that_is_behind)
{
    struct ats_presence_row row = {.kind = ATS_PRESENCE_BEGIN};
    connect_from("192.0.2.7");
    while (ats_ring_count(&fix.gate->presence.rows) < ATS_GATE_PRESENCE_ROWS)
        cr_assert(ats_ring_push(&fix.gate->presence.rows, &row));
    fix.monotonic_ms += 2 * ATS_GATE_PRESENCE_MS;
    for (int i = 0; i < 8; i++)
        ats_gate_tick(fix.gate);
    pass();
    pass();
    assert_has("sessions.ndjson", DEVICE);
}

Test(presence, of_the_process_before_has_gone)
{
    connect_from("192.0.2.7");
    pass();
    ats_presence_file_fini(&file);
    close_gate();
    open_gate(NULL, NULL);
    ats_presence_file_init(&file, &fix.gate->presence.rows, fix.state_folder, GATE, fix.gate->log);
    ats_presence_file_step(&file);
    cr_assert_str_eq(text_of("sessions.ndjson"), "");
    assert_has("departed.ndjson", DEVICE);
    cr_assert_null(strstr(text_of("departed.ndjson"), "\"gate\""));
}

Test(presence, of_a_folder_that_cannot_be_written_is_told_once)
{
    ats_presence_file_init(&file, &fix.gate->presence.rows, "/nonexistent", GATE, fix.gate->log);
    connect_from("192.0.2.7");
    pass();
    const char *told = strstr(fix.log, "sessions.file");
    cr_assert_not_null(told, "%s", fix.log);
    send_payload(GOOD_PAYLOAD);
    pass();
    cr_assert_null(strstr(told + 1, "sessions.file"), "%s", fix.log);
}

static void block_departed(bool block)
{
    char path[192];
    (void)snprintf(path, sizeof(path), "%s/departed.ndjson", fix.state_folder);
    cr_assert_eq(block ? mkdir(path, 0700) : rmdir(path), 0);
}

Test(presence, whose_going_cannot_be_written_is_told_once)
{
    block_departed(true);
    for (int i = 0; i < 2; i++) {
        connect_from("192.0.2.7");
        pass();
        ats_gate_disconnected(fix.gate, &handles[0]);
        pass();
    }
    const char *told = strstr(fix.log, "sessions.file file=departed.ndjson");
    cr_assert_not_null(told, "%s", fix.log);
    cr_assert_null(strstr(told + 1, "sessions.file"), "%s", fix.log);
    block_departed(false);
}

Test(presence, of_the_process_before_stays_listed_until_its_going_is_written)
{
    connect_from("192.0.2.7");
    pass();
    block_departed(true);
    ats_presence_file_init(&file, &fix.gate->presence.rows, fix.state_folder, GATE, fix.gate->log);
    ats_presence_file_step(&file);
    assert_has("sessions.ndjson", DEVICE);
    cr_assert_not_null(strstr(fix.log, "sessions.file file=departed.ndjson"), "%s", fix.log);
    block_departed(false);
    ats_presence_file_init(&file, &fix.gate->presence.rows, fix.state_folder, GATE, fix.gate->log);
    ats_presence_file_step(&file);
    cr_assert_str_eq(text_of("sessions.ndjson"), "");
    assert_has("departed.ndjson", DEVICE);
}
