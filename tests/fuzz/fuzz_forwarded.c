/* SPDX-License-Identifier: Apache-2.0 */
/* A record of a telemetry topic as the processor finds it, by anyone: its headers, its event and its seal. */
#include "common/identity/seal.h"
#include "common/record/event.h"
#include "tests/fuzz/record_input.h"

#include <string.h>

/* What the journal keeps of the event is the event. */
static void check_event(const struct ats_kafka_record *record)
{
    static uint8_t memory[ATS_EVENT_OVERHEAD_MAX + 4 * 65536];
    struct ats_event event;
    struct ats_event back;
    struct ats_error err = {.text = ""};
    size_t len = 0;
    if (ats_event_from_kafka(record, &event, &err) != ATS_OK) {
        FUZZ_CHECK(err.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(event.gate.len > 0 && event.gate.len <= ATS_NAME_MAX);
    FUZZ_CHECK(event.device.len <= ATS_NAME_MAX && event.topic.len <= ATS_TOPIC_MAX);
    event.kind = ATS_EVENT_ADMITTED;
    FUZZ_CHECK(ats_event_encode(&event, memory, sizeof(memory), &len) == ATS_OK);
    FUZZ_CHECK(ats_event_decode(ats_span_of(memory, len), &back) == ATS_OK);
    FUZZ_CHECK(ats_span_equal(back.device, event.device) && back.sequence == event.sequence);
    FUZZ_CHECK(ats_span_equal(back.topic, event.topic) && back.qos == event.qos);
}

/* The same record as one of quarantine, which a gate reads back. */
static void check_quarantined(const struct ats_kafka_record *record)
{
    static uint8_t memory[ATS_EVENT_OVERHEAD_MAX + 4 * 65536];
    struct ats_event event;
    struct ats_event back;
    struct ats_error err = {.text = ""};
    size_t len = 0;
    if (ats_event_from_quarantine(record, &event, &err) != ATS_OK) {
        FUZZ_CHECK(err.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(event.gate.len > 0 && event.gate.len <= ATS_NAME_MAX);
    if (ats_event_encode(&event, memory, sizeof(memory), &len) != ATS_OK)
        return;
    FUZZ_CHECK(ats_event_decode(ats_span_of(memory, len), &back) == ATS_OK);
    FUZZ_CHECK(ats_span_equal(back.payload, event.payload));
}

/* A seal is the last header and holds over what stands before it, or there is none. */
static void check_seal(struct ats_kafka_record *record)
{
    static const uint8_t key[ATS_SEAL_KEY_SIZE] = {7};
    uint8_t before[ATS_SEAL_SIZE];
    uint8_t after[ATS_SEAL_SIZE];
    uint8_t tag[ATS_SEAL_SIZE];
    FUZZ_CHECK(ats_seal_check(key, record) == ATS_ERR_REFUSED);
    if (record->header_count == ATS_KAFKA_HEADERS_MAX)
        return;
    bool sealed = record->header_count > 0 &&
                  strcmp(record->headers[record->header_count - 1].name, ATS_SEAL_HEADER) == 0;
    ats_seal_leaf(record, before);
    ats_seal_tag(key, record, tag);
    record->headers[record->header_count++] =
        (struct ats_kafka_header){ATS_SEAL_HEADER, ats_span_of(tag, sizeof(tag))};
    ats_seal_leaf(record, after);
    FUZZ_CHECK(ats_seal_check(key, record) == ATS_OK);
    FUZZ_CHECK(sealed || memcmp(before, after, sizeof(before)) == 0);
    tag[0] ^= 1;
    FUZZ_CHECK(ats_seal_check(key, record) == ATS_ERR_REFUSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_kafka_record record;
    FUZZ_CHECK(ats_identity_init() == ATS_OK);
    if (!fuzz_record(data, size, &record))
        return 0;
    check_event(&record);
    check_quarantined(&record);
    check_seal(&record);
    return 0;
}
