/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/counter_record.h"

#include "device/wire.h"

size_t ats_counter_record_encode(const char *owner, uint64_t counter,
                                 uint8_t ret_data[ATS_COUNTER_RECORD_MAX])
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_data, ATS_COUNTER_RECORD_MAX);
    ats_wire_put_text(&writer, owner);
    ats_wire_put_u64(&writer, counter);
    return writer.overflow ? 0 : writer.len;
}

bool ats_counter_record_decode(struct ats_span data, struct ats_counter_record *ret_record)
{
    struct ats_wire_reader reader;
    size_t len = 0;
    ats_wire_reader_init(&reader, data.data, data.len);
    const uint8_t *name = ats_wire_get_bytes(&reader, &len);
    *ret_record = (struct ats_counter_record){.owner = ats_span_of(name, len),
                                              .counter = ats_wire_get_u64(&reader)};
    return ats_wire_reader_done(&reader) && len > 0 && len < ATS_NUMBERS_OWNER_SIZE;
}
