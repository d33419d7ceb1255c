/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records in a mapped segment. A record's length word is written last, so that after a SIGKILL a record is there whole
 * or not at all; after a power loss its pages may have reached the disk in any order, and the CRC tells.
 */
#include "common/journal/segment.h"

#include "common/base/limits.h"
#include "device/wire.h"

#include <endian.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static uint32_t load_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return be32toh(value);
}

static uint32_t record_crc(uint64_t journal_id, uint64_t position, uint32_t kind,
                           struct ats_span data)
{
    uint8_t head[24];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, head, sizeof(head));
    ats_wire_put_u64(&writer, journal_id);
    ats_wire_put_u64(&writer, position);
    ats_wire_put_u32(&writer, kind);
    ats_wire_put_u32(&writer, (uint32_t)data.len);
    uLong crc = crc32_z(0, head, writer.len);
    if (data.len > 0)
        crc = crc32_z(crc, data.data, data.len);
    return (uint32_t)crc;
}

/* The length word counts kind, CRC and data, so that a record's is never 0. */
static void store_length(uint8_t *at, size_t data_len)
{
    _Atomic(uint32_t) *word = (_Atomic(uint32_t) *)(void *)at;
    uint32_t length = data_len == SIZE_MAX ? 0 : (uint32_t)data_len + 8;
    atomic_store_explicit(word, htobe32(length), memory_order_release);
}

void ats_segment_write(struct ats_segment *segment, uint64_t offset, uint64_t position,
                       uint32_t kind, struct ats_span data)
{
    uint8_t *at = segment->map + offset;
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, at + 4, ATS_JOURNAL_RECORD_HEAD_SIZE - 4 + data.len);
    ats_wire_put_u32(&writer, kind);
    ats_wire_put_u32(&writer, record_crc(segment->journal_id, position, kind, data));
    ats_wire_put_fixed(&writer, data.data, data.len);
    store_length(at, data.len);
}

void ats_segment_end_group(struct ats_segment *segment, uint64_t offset, uint64_t position)
{
    uint8_t *at = segment->map + offset;
    struct ats_span data = ats_span_of(at + ATS_JOURNAL_RECORD_HEAD_SIZE, load_u32(at) - 8);
    uint32_t kind = load_u32(at + 4) & ~ATS_SEGMENT_MORE;
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, at + 4, ATS_JOURNAL_RECORD_HEAD_SIZE - 4);
    ats_wire_put_u32(&writer, kind);
    ats_wire_put_u32(&writer, record_crc(segment->journal_id, position, kind, data));
}

void ats_segment_unwrite(struct ats_segment *segment, uint64_t offset, uint64_t size)
{
    uint8_t *at = segment->map + offset;
    if (size == 0)
        return;
    store_length(at, SIZE_MAX);
    memset(at, 0, size);
}

uint64_t ats_segment_read(const struct ats_segment *segment, uint64_t offset, uint64_t position,
                          struct ats_journal_entry *ret_entry)
{
    const uint8_t *at = segment->map + offset;
    size_t len = load_u32(at) - 8;
    ret_entry->journal_id = segment->journal_id;
    ret_entry->position = position;
    ret_entry->kind = load_u32(at + 4) & ~ATS_SEGMENT_MORE;
    ret_entry->data = ats_span_of(at + ATS_JOURNAL_RECORD_HEAD_SIZE, len);
    return offset + ats_segment_record_size(len);
}

/* Whether a record that holds starts at `offset`; `ret_zero` says whether there is none at all. */
static bool check_record(const struct ats_segment *segment, uint64_t offset, uint64_t position,
                         bool *ret_zero)
{
    uint64_t room = segment->size - offset;
    *ret_zero = true;
    if (room < ATS_JOURNAL_RECORD_HEAD_SIZE)
        return false;
    const uint8_t *at = segment->map + offset;
    uint32_t length = load_u32(at);
    if (length == 0)
        return false;
    *ret_zero = false;
    if (length < 8 || length - 8 > ATS_JOURNAL_RECORD_MAX ||
        ats_segment_record_size(length - 8) > room)
        return false;
    struct ats_span data = ats_span_of(at + ATS_JOURNAL_RECORD_HEAD_SIZE, length - 8);
    return record_crc(segment->journal_id, position, load_u32(at + 4), data) == load_u32(at + 8);
}

/* Whether more of its group follows. */
static bool has_more(const struct ats_segment *segment, uint64_t offset)
{
    return load_u32(segment->map + offset + 4) & ATS_SEGMENT_MORE;
}

void ats_segment_scan(struct ats_segment *segment)
{
    uint64_t offset = ATS_JOURNAL_HEADER_SIZE;
    uint64_t position = segment->first_position;
    uint64_t whole_offset = offset; /* behind the last group that is there whole */
    uint64_t whole_position = position;
    bool zero;
    while (check_record(segment, offset, position, &zero)) {
        struct ats_journal_entry entry;
        bool more = has_more(segment, offset);
        offset = ats_segment_read(segment, offset, position++, &entry);
        whole_offset = more ? whole_offset : offset;
        whole_position = more ? whole_position : position;
    }
    segment->broken = !zero || whole_offset < offset;
    segment->record_count = whole_position - segment->first_position;
    atomic_store_explicit(&segment->end, whole_offset, memory_order_relaxed);
}

enum ats_status ats_segment_sync(struct ats_segment *segment, uint64_t end)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t from = segment->synced / page * page;
    if (segment->synced >= end)
        return ATS_OK;
    if (msync(segment->map + from, end - from, MS_SYNC) != 0)
        return ATS_ERR_IO;
    segment->synced = end;
    return ATS_OK;
}
