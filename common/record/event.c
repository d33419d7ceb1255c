/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's form of an event. */
#include "common/record/event.h"

#include "device/wire.h"

/* Format 1 had no items and no content type, format 2 no replays. Records of them may wait in a gate's journal while the gate is
   replaced. */
#define EVENT_FORMAT_FIRST 1
#define EVENT_FORMAT_ITEMS 2
#define EVENT_FORMAT 3

static void put_span(struct ats_wire_writer *writer, struct ats_span span)
{
    ats_wire_put_bytes(writer, span.data, span.len);
}

static struct ats_span get_span(struct ats_wire_reader *reader)
{
    size_t len = 0;
    const uint8_t *data = ats_wire_get_bytes(reader, &len);
    return ats_span_of(data, len);
}

struct ats_contract_input ats_event_input(const struct ats_event *event)
{
    return (struct ats_contract_input){.payload = event->payload,
                                       .device = event->device,
                                       .now_ms = event->received_ms,
                                       .content_type = event->content_type};
}

bool ats_event_item_is_good(const struct ats_event *event)
{
    return event->item_count == 0
               ? event->item == 0
               : event->item < event->item_count && event->item_count <= ATS_BATCH_ITEMS_MAX;
}

enum ats_status ats_event_encode(const struct ats_event *event, uint8_t *memory, size_t cap,
                                 size_t *ret_len)
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, cap);
    ats_wire_put_u8(&writer, EVENT_FORMAT);
    ats_wire_put_u8(&writer, (uint8_t)event->kind);
    put_span(&writer, event->device);
    put_span(&writer, event->asset);
    put_span(&writer, event->topic);
    ats_wire_put_u8(&writer, event->qos);
    ats_wire_put_u8(&writer, event->retain ? 1 : 0);
    put_span(&writer, event->contract);
    put_span(&writer, event->contract_version);
    ats_wire_put_u32(&writer, event->schema_id);
    ats_wire_put_u64(&writer, (uint64_t)event->received_ms);
    ats_wire_put_u64(&writer, event->control_count);
    put_span(&writer, event->traceparent);
    ats_wire_put_u8(&writer, (uint8_t)event->proof);
    ats_wire_put_u64(&writer, event->sequence);
    ats_wire_put_u64(&writer, event->proof_time_ms);
    put_span(&writer, event->session);
    put_span(&writer, event->key_id);
    put_span(&writer, event->signature);
    ats_wire_put_u64(&writer, event->digest);
    put_span(&writer, event->value);
    put_span(&writer, event->payload);
    put_span(&writer, event->reason_class);
    put_span(&writer, event->reason_rule);
    put_span(&writer, event->reason_path);
    put_span(&writer, event->reason_text);
    ats_wire_put_u32(&writer, event->item);
    ats_wire_put_u32(&writer, event->item_count);
    put_span(&writer, event->warnings);
    put_span(&writer, event->content_type);
    put_span(&writer, event->replay);
    if (writer.overflow)
        return ATS_ERR_LIMIT;
    *ret_len = writer.len;
    return ATS_OK;
}

enum ats_status ats_event_decode(struct ats_span data, struct ats_event *ret_event)
{
    struct ats_wire_reader reader;
    struct ats_event event = {0};
    ats_wire_reader_init(&reader, data.data, data.len);
    uint8_t format = ats_wire_get_u8(&reader);
    uint8_t kind = ats_wire_get_u8(&reader);
    event.device = get_span(&reader);
    event.asset = get_span(&reader);
    event.topic = get_span(&reader);
    event.qos = ats_wire_get_u8(&reader);
    uint8_t retain = ats_wire_get_u8(&reader);
    event.contract = get_span(&reader);
    event.contract_version = get_span(&reader);
    event.schema_id = ats_wire_get_u32(&reader);
    event.received_ms = (int64_t)ats_wire_get_u64(&reader);
    event.control_count = ats_wire_get_u64(&reader);
    event.traceparent = get_span(&reader);
    uint8_t proof = ats_wire_get_u8(&reader);
    event.sequence = ats_wire_get_u64(&reader);
    event.proof_time_ms = ats_wire_get_u64(&reader);
    event.session = get_span(&reader);
    event.key_id = get_span(&reader);
    event.signature = get_span(&reader);
    event.digest = ats_wire_get_u64(&reader);
    event.value = get_span(&reader);
    event.payload = get_span(&reader);
    event.reason_class = get_span(&reader);
    event.reason_rule = get_span(&reader);
    event.reason_path = get_span(&reader);
    event.reason_text = get_span(&reader);
    if (format >= EVENT_FORMAT_ITEMS) {
        event.item = ats_wire_get_u32(&reader);
        event.item_count = ats_wire_get_u32(&reader);
        event.warnings = get_span(&reader);
        event.content_type = get_span(&reader);
    }
    if (format >= EVENT_FORMAT)
        event.replay = get_span(&reader);
    if (!ats_wire_reader_done(&reader) || format < EVENT_FORMAT_FIRST || format > EVENT_FORMAT ||
        event.qos > 2 || retain > 1 ||
        (kind != ATS_EVENT_ADMITTED && kind != ATS_EVENT_QUARANTINED) ||
        proof > ATS_EVENT_PROOF_SIGNATURE || !ats_event_item_is_good(&event))
        return ATS_ERR_MALFORMED;
    event.kind = (enum ats_event_kind)kind;
    event.retain = retain == 1;
    event.proof = (enum ats_event_proof)proof;
    *ret_event = event;
    return ATS_OK;
}
