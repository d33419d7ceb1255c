/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/tally.h"

#include "common/control/store_key.h"
#include "device/wire.h"

#define MINUTE_MS INT64_C(60000)
#define ENTRY_SIZE (8 + 8)

static struct ats_store_key tally_key(const char *operator_name)
{
    struct ats_store_key key;
    (void)snprintf(key.text, sizeof(key.text), "o/%s", operator_name);
    return key;
}

static enum ats_status decode(struct ats_span bytes, struct ats_tally *tally)
{
    struct ats_wire_reader reader;
    if (bytes.len > sizeof(tally->stops) || bytes.len % ENTRY_SIZE != 0)
        return ATS_ERR_CORRUPT;
    ats_wire_reader_init(&reader, bytes.data, bytes.len);
    for (size_t i = 0; i < bytes.len / ENTRY_SIZE; i++) {
        int64_t minute = (int64_t)ats_wire_get_u64(&reader);
        uint64_t count = ats_wire_get_u64(&reader);
        if (minute > tally->minute || minute <= tally->minute - ATS_TALLY_MINUTES)
            continue;
        tally->stops[tally->used].minute = minute;
        tally->stops[tally->used++].count = count;
    }
    return ATS_OK;
}

static enum ats_status take(enum ats_status status, struct ats_span bytes, int64_t now_ms,
                            struct ats_tally *ret_tally)
{
    *ret_tally = (struct ats_tally){.minute = now_ms / MINUTE_MS};
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    return decode(bytes, ret_tally);
}

enum ats_status ats_tally_find(struct ats_store_batch *batch, const char *operator_name,
                               int64_t now_ms, struct ats_tally *ret_tally)
{
    struct ats_store_key key = tally_key(operator_name);
    struct ats_span bytes = {0};
    enum ats_status status = ats_store_batch_get(batch, ats_store_key_span(&key), &bytes);
    return take(status, bytes, now_ms, ret_tally);
}

enum ats_status ats_tally_get(struct ats_store_view *view, const char *operator_name,
                              int64_t now_ms, struct ats_tally *ret_tally)
{
    struct ats_store_key key = tally_key(operator_name);
    struct ats_span bytes = {0};
    enum ats_status status = ats_store_get(view, ats_store_key_span(&key), &bytes);
    return take(status, bytes, now_ms, ret_tally);
}

uint64_t ats_tally_count(const struct ats_tally *tally)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < tally->used; i++)
        sum += tally->stops[i].count;
    return sum;
}

void ats_tally_add(struct ats_tally *tally, uint64_t count)
{
    bool runs = tally->used > 0 && tally->stops[tally->used - 1].minute == tally->minute;
    if (!runs) {
        tally->stops[tally->used].minute = tally->minute;
        tally->stops[tally->used++].count = 0;
    }
    tally->stops[tally->used - 1].count += count;
}

enum ats_status ats_tally_put(struct ats_store_batch *batch, const char *operator_name,
                              const struct ats_tally *tally)
{
    uint8_t bytes[ATS_TALLY_MINUTES * ENTRY_SIZE];
    struct ats_wire_writer writer;
    struct ats_store_key key = tally_key(operator_name);
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    for (size_t i = 0; i < tally->used; i++) {
        ats_wire_put_u64(&writer, (uint64_t)tally->stops[i].minute);
        ats_wire_put_u64(&writer, tally->stops[i].count);
    }
    return ats_store_batch_put(batch, ats_store_key_span(&key), ats_span_of(bytes, writer.len));
}
