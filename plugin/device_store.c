/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/device_store.h"

#include "device/wire.h"

#define NUMBER_SIZE 8

static enum ats_status decode(struct ats_span value, uint64_t *ret_number)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, value.data, value.len);
    *ret_number = ats_wire_get_u64(&reader);
    return ats_wire_reader_done(&reader) ? ATS_OK : ATS_ERR_CORRUPT;
}

enum ats_status ats_device_store_get(struct ats_store *store, const char *device,
                                     uint64_t *ret_number)
{
    struct ats_store_view *view = NULL;
    struct ats_span value;
    *ret_number = 0;
    enum ats_status status = ats_store_view_open(store, &view);
    if (status == ATS_OK)
        status = ats_store_get(view, ats_span_text(device), &value);
    if (status == ATS_OK)
        status = decode(value, ret_number);
    ats_store_view_close(view);
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

enum ats_status ats_device_store_raise(struct ats_store_batch *batch, struct ats_span device,
                                       uint64_t number)
{
    struct ats_span old;
    uint64_t old_number = 0;
    if (ats_store_batch_get(batch, device, &old) == ATS_OK && decode(old, &old_number) == ATS_OK &&
        old_number >= number)
        return ATS_OK;
    uint8_t memory[NUMBER_SIZE];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_u64(&writer, number);
    return ats_store_batch_put(batch, device, ats_span_of(memory, writer.len));
}
