/* SPDX-License-Identifier: Apache-2.0 */
/* A record of a telemetry topic as the processor finds it, by anyone: its headers, its event and its seal. The input is a series of
   pieces, each with its length in two bytes before it: topic, key, value, then names and values of headers in turn. */
#include "common/identity/seal.h"
#include "common/record/event.h"
#include "tests/fuzz/support.h"

#include <string.h>

#define PIECES_MAX (3 + 2 * ATS_KAFKA_HEADERS_MAX)
#define NAME_MAX_LEN 64

static size_t cut(const uint8_t *data, size_t size, struct ats_span *ret_pieces)
{
    size_t count = 0;
    while (count < PIECES_MAX && size >= 2) {
        size_t len = (size_t)data[0] << 8 | data[1];
        len = len < size - 2 ? len : size - 2;
        ret_pieces[count++] = ats_span_of(data + 2, len);
        data += 2 + len;
        size -= 2 + len;
    }
    return count;
}

/* A text of C, as a header's name is. */
static const char *text_of(struct ats_span piece, char *memory)
{
    size_t len = piece.len < NAME_MAX_LEN - 1 ? piece.len : NAME_MAX_LEN - 1;
    memcpy(memory, piece.data, len);
    memory[len] = '\0';
    return memory;
}

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
    static char names[1 + ATS_KAFKA_HEADERS_MAX][NAME_MAX_LEN];
    struct ats_span pieces[PIECES_MAX];
    struct ats_kafka_record record = {.partition = 0};
    size_t count = cut(data, size, pieces);
    FUZZ_CHECK(ats_identity_init() == ATS_OK);
    if (count < 3)
        return 0;
    record.topic = text_of(pieces[0], names[0]);
    record.key = pieces[1];
    record.value = pieces[2];
    for (size_t i = 3; i + 1 < count; i += 2) {
        char *name = names[1 + record.header_count];
        record.headers[record.header_count++] =
            (struct ats_kafka_header){text_of(pieces[i], name), pieces[i + 1]};
    }
    check_event(&record);
    check_seal(&record);
    return 0;
}
