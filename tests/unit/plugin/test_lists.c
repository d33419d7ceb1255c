/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that are lists of events, at the gate: what becomes a record, and of which size a list may be. */
#include "tests/unit/plugin/gate_fixture.h"

static struct ats_device device;
static char payload[64 * 1024];
static uint8_t envelope[sizeof(payload) + 1024];

static void setup(void)
{
    fixture_open(NULL, NULL, NULL);
    cr_assert_eq(ats_device_init(&device, DEVICE, GATE, fix.device_key.seed, fleet.id,
                                 (const uint8_t(*)[32])fleet.root.public_key, 1),
                 ATS_DEVICE_OK);
    connect_with_token();
}

TestSuite(lists, .init = setup, .fini = fixture_end);

/* A list of so many good events, of which the one with the index `bad` is none; ATS_BATCH_ITEMS_MAX: all are. */
static void write_list(size_t count, size_t bad)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(payload + len, sizeof(payload) - len, "%c%s", i == 0 ? '[' : ',',
                                i == bad ? BAD_PAYLOAD : GOOD_PAYLOAD);
    (void)snprintf(payload + len, sizeof(payload) - len, "]");
    cr_assert_lt(len + 1, sizeof(payload));
}

static enum ats_gate_answer send(void)
{
    struct ats_gate_client client = device_client();
    return publish_as(&client, TOPIC, payload);
}

static enum ats_gate_answer send_signed(void)
{
    size_t len = 0;
    struct ats_device_publish proven = {.topic = TOPIC,
                                        .qos = 1,
                                        .time_ms = (uint64_t)fix.wall_ms,
                                        .payload = (const uint8_t *)payload,
                                        .payload_len = strlen(payload)};
    cr_assert_eq(ats_device_prove_envelope(&device, &proven, envelope, sizeof(envelope), &len),
                 ATS_DEVICE_OK);
    struct ats_gate_client client = device_client();
    struct ats_gate_publish publish = publish_of(TOPIC, "");
    publish.payload = ats_span_of(envelope, len);
    publish.properties = NULL;
    return ats_gate_publish(fix.gate, &client, &publish);
}

Test(lists, each_event_is_a_record_with_its_index)
{
    write_list(100, ATS_BATCH_ITEMS_MAX);
    cr_assert_eq(send(), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(journal_count(), 100);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_ADMITTED);
    cr_assert_eq(event.item, 99);
    cr_assert_eq(event.item_count, 100);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.admitted), 1);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.items_admitted), 100);
}

Test(lists, an_event_that_is_wrong_is_told_by_its_index)
{
    write_list(3, 1);
    cr_assert_eq(send(), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(journal_count(), 3);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.items_admitted), 2);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.items_quarantined), 1);
    cr_assert_eq(fix.receipt_count, 1);
    cr_assert_not_null(strstr(fix.receipts[0], "\"item\":1"), "%s", fix.receipts[0]);
}

/* Each record has the whole payload, as the signature is over that. */
Test(lists, with_a_signature_what_is_larger_than_a_segment_is_kept_whole)
{
    write_list(200, ATS_BATCH_ITEMS_MAX);
    cr_assert_gt(200 * strlen(payload), (size_t)fix.gate->options.journal_segment_size);
    cr_assert_neq(send_signed(), ATS_GATE_CLOSE, "%s", fix.log);
    cr_assert_eq(journal_count(), 1);
    struct ats_event event = last_event();
    cr_assert_eq(event.kind, ATS_EVENT_QUARANTINED);
    cr_assert(ats_span_is(event.reason_rule, "size"));
    cr_assert_eq(event.item_count, 0);
    cr_assert_eq(event.payload.len, strlen(payload));
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.quarantined), 1);
    cr_assert_eq(ats_counter_get(&fix.gate->metrics.items_admitted), 0);
}

Test(lists, with_a_signature_what_fits_a_segment_is_admitted)
{
    write_list(60, ATS_BATCH_ITEMS_MAX);
    cr_assert_eq(send_signed(), ATS_GATE_PASS, "%s", fix.log);
    cr_assert_eq(journal_count(), 60);
    cr_assert_eq(last_event().payload.len, strlen(payload));
}
