/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One segment: a file of fixed size, mapped whole. The file format and nothing of threads but `end` and `next`,
 * through which the writer shows the reader what is there:
 *
 *   map:  [header 48][record]...[record] 0 0 0 ...
 *                                        ^ end
 *
 * `end` moves after the record's bytes are in place. `next` is set once, when the writer leaves the segment for good:
 * whoever sees `next` may take `end` as final (so load `next` first).
 */
#ifndef ATS_JOURNAL_SEGMENT_H
#define ATS_JOURNAL_SEGMENT_H

#include "common/journal/journal.h"

#include <stdatomic.h>

#define ATS_JOURNAL_HEADER_SIZE 48
#define ATS_JOURNAL_RECORD_HEAD_SIZE 12

struct ats_segment {
    uint8_t *map;
    uint64_t size;
    uint64_t number; /* its file's name; order of creation */
    uint64_t journal_id;
    uint64_t first_position;
    uint64_t record_count; /* after a recovery; not kept while appending */
    uint64_t synced;       /* bytes known to be on the disk; used by whoever syncs */
    bool broken;           /* a record in it does not hold */
    _Atomic(uint64_t) end;
    _Atomic(struct ats_segment *) next;
};

/* Bytes that a record takes. */
static inline uint64_t ats_segment_record_size(size_t data_len)
{
    return (ATS_JOURNAL_RECORD_HEAD_SIZE + (uint64_t)data_len + 7) & ~(uint64_t)7;
}

/* A new file of zeros with its blocks allocated, durable in its folder. LIMIT: the disk is full. */
ATS_MUST_USE enum ats_status ats_segment_create(const char *folder, uint64_t number, uint64_t size,
                                                struct ats_segment **ret_segment,
                                                struct ats_error *err);
/* Maps a file and checks all of its records. NOT_FOUND: blank, never used. MALFORMED: not a segment of this number.
   CORRUPT: a version that this code does not know. */
ATS_MUST_USE enum ats_status ats_segment_open(const char *folder, uint64_t number,
                                              struct ats_segment **ret_segment,
                                              struct ats_error *err);
/* Gives the unused rest of a recovered segment's file back to the disk; a torn record goes with it. */
ATS_MUST_USE enum ats_status ats_segment_trim(struct ats_segment *segment, const char *folder,
                                              struct ats_error *err);
/* Unmaps; the file stays. */
void ats_segment_free(struct ats_segment *segment);
/* Removes the file, or keeps it as "NAME.corrupt" if `keep`. */
ATS_MUST_USE enum ats_status ats_segment_remove(const char *folder, uint64_t number, bool keep,
                                                struct ats_error *err);

/* Finds `end`, `record_count` and `broken`: records up to the first that does not hold. */
void ats_segment_scan(struct ats_segment *segment);
/* Writes the header: the segment now belongs to that journal from that position on. */
void ats_segment_begin(struct ats_segment *segment, uint64_t journal_id, uint64_t first_position);
/* Of a record's kind: the next record belongs to the same group. A group that is not whole is not there. */
#define ATS_SEGMENT_MORE 0x80000000u
/* Writes a record at `offset`, not before `end`, which stays; there must be room. */
void ats_segment_write(struct ats_segment *segment, uint64_t offset, uint64_t position,
                       uint32_t kind, struct ats_span data);
/* Makes the record that was written there the last of its group. */
void ats_segment_end_group(struct ats_segment *segment, uint64_t offset, uint64_t position);
/* Zeros what write has put there. */
void ats_segment_unwrite(struct ats_segment *segment, uint64_t offset, uint64_t size);
/* The record that starts at `offset`, below `end`. Answers the offset of the next. */
uint64_t ats_segment_read(const struct ats_segment *segment, uint64_t offset, uint64_t position,
                          struct ats_journal_entry *ret_entry);
/* Makes the bytes up to `end` durable. */
ATS_MUST_USE enum ats_status ats_segment_sync(struct ats_segment *segment, uint64_t end);

/* "0123456789abcdef.seg" and with `suffix` behind it. False for any other name. */
bool ats_segment_parse_name(const char *name, const char *suffix, uint64_t *ret_number);
/* Makes names in the folder durable. */
ATS_MUST_USE enum ats_status ats_segment_sync_folder(const char *folder, struct ats_error *err);

#endif
