/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What time it is at a place in the log: the newest checkpoint's before it, and before the first that of a root's newest record,
 * so that a root whose clock was wrong once states the next with a right one.
 * Who holds an operator's key must not be able to move it, be it forwards, which would end the others' time, or by standing still.
 */
#include "common/control/checkpoint.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"
#include "device/wire.h"

static enum ats_status root_time(struct ats_judge *judge, int64_t *ret_time_ms)
{
    struct ats_span stored;
    struct ats_wire_reader reader;
    enum ats_status status =
        ats_store_batch_get(judge->batch, ats_span_text(ATS_STORE_KEY_TIME), &stored);
    *ret_time_ms = 0;
    if (status == ATS_ERR_NOT_FOUND)
        return ATS_OK;
    if (status != ATS_OK)
        return status;
    ats_wire_reader_init(&reader, stored.data, stored.len);
    *ret_time_ms = (int64_t)ats_wire_get_u64(&reader);
    return ATS_OK;
}

enum ats_status ats_judge_log_time(struct ats_judge *judge, int64_t *ret_time_ms)
{
    struct ats_registry_checkpoint checkpoint;
    enum ats_status status = ats_judge_newest_checkpoint(judge, &checkpoint);
    if (status == ATS_ERR_NOT_FOUND)
        return root_time(judge, ret_time_ms);
    *ret_time_ms = status == ATS_OK ? checkpoint.time_ms : 0;
    return status;
}

enum ats_status ats_judge_log_time_put(struct ats_judge *judge)
{
    uint8_t bytes[8];
    struct ats_wire_writer writer;
    bool by_root = judge->record.kind == ATS_CONTROL_ROOT ||
                   judge->record.kind == ATS_CONTROL_OPERATOR ||
                   judge->record.kind == ATS_CONTROL_POLICY;
    if (!by_root)
        return ATS_OK;
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    ats_wire_put_u64(&writer, (uint64_t)judge->record.time_ms);
    return ats_store_batch_put(judge->batch, ats_span_text(ATS_STORE_KEY_TIME),
                               ats_span_of(bytes, sizeof(bytes)));
}

enum ats_status ats_registry_log_time_ms(struct ats_store_view *view, int64_t *ret_time_ms)
{
    struct ats_registry_checkpoint checkpoint;
    struct ats_wire_reader reader;
    struct ats_span stored;
    enum ats_status status = ats_registry_checkpoint(view, &checkpoint);
    *ret_time_ms = status == ATS_OK ? checkpoint.time_ms : 0;
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    status = ats_store_get(view, ats_span_text(ATS_STORE_KEY_TIME), &stored);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    ats_wire_reader_init(&reader, stored.data, stored.len);
    *ret_time_ms = (int64_t)ats_wire_get_u64(&reader);
    return ATS_OK;
}
