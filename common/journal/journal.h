/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's durable log between the broker thread and the forwarder.
 *
 *   folder/  lock   watermark   <number, 16 hex digits>.seg ...   <number>.seg.corrupt (set aside)
 *   segment: [header: magic, version, journal id, number, first position, CRC] [record] [record] ... zeros
 *   record:  [length u32][kind u32][CRC-32 over journal id, position, kind, length, data][data][padding to 8]
 *            kind's highest bit: the next record is of the same group
 *
 * Segments are memory-mapped files of a fixed size, numbered in the order of their creation. A record's position is
 * its count since the journal id began, from 1; (journal id, position) names it for ever. Each open after an unclean
 * stop starts a new random 64-bit journal id in a new segment; older segments stay until all of their records are
 * acknowledged. What was appended survives SIGKILL at once, and power loss as `sync` says.
 *
 * The watermark is stored now and then and at close: after a crash, records that were acknowledged may be read again.
 * Who receives them must know them by (gate, journal id, position).
 *
 * Thread: append and sync on one thread (the writer); one reader on another; acknowledge on the reader's
 * thread. They share only atomics. Segments are created ahead and removed on the reader's thread
 * (ats_journal_maintain), so that append neither locks nor allocates nor makes a system call.
 */
#ifndef ATS_JOURNAL_JOURNAL_H
#define ATS_JOURNAL_JOURNAL_H

#include "common/base/error.h"
#include "common/base/span.h"

struct ats_journal;
struct ats_journal_reader;

enum ats_journal_sync {
    ATS_JOURNAL_SYNC_NEVER,    /* the kernel decides */
    ATS_JOURNAL_SYNC_INTERVAL, /* on the reader's thread, at most `sync_interval_ms` apart */
    ATS_JOURNAL_SYNC_ALWAYS,   /* before append returns */
};

struct ats_journal_options {
    uint64_t segment_size; /* a record larger than a segment is LIMIT */
    uint64_t size_max; /* of all segments, at least two; append answers LIMIT when it is reached */
    enum ats_journal_sync sync;
    int64_t sync_interval_ms;
};

struct ats_journal_entry {
    uint64_t journal_id;
    uint64_t position;
    uint32_t kind;
    struct ats_span data; /* borrowed until it is acknowledged */
};

/* What open found. */
struct ats_journal_recovery {
    bool clean;        /* the last stop was clean, or there was none */
    uint64_t segments; /* with records in them */
    uint64_t records;  /* in these, acknowledged or not */
    uint64_t torn;     /* last records that were cut off */
    uint64_t
        corrupt; /* segments that could not be read, or not to their end; kept as <number>.seg.corrupt */
    uint64_t lost; /* positions that are missing between segments */
};

/* Opens or creates; recovers what an unclean stop left (a torn last record is cut off). EXISTS: in use. */
ATS_MUST_USE enum ats_status ats_journal_open(const char *folder,
                                              const struct ats_journal_options *options,
                                              struct ats_journal **ret_journal,
                                              struct ats_error *err);
/* A clean stop: the next open goes on with the same journal id. */
void ats_journal_close(struct ats_journal *journal);

/* Thread: any. */
const struct ats_journal_recovery *ats_journal_recovered(const struct ats_journal *journal);
/* The id that appends get now. */
uint64_t ats_journal_id(const struct ats_journal *journal);
/* Appends one record of up to ATS_JOURNAL_RECORD_MAX bytes. LIMIT: the journal is full, or the record too large;
   AGAIN: no segment is ready yet (maintain has not run); IO: sync failed. Nothing is appended then. Thread: writer. */
ATS_MUST_USE enum ats_status ats_journal_append(struct ats_journal *journal, uint32_t kind,
                                                struct ats_span data, uint64_t *ret_position);
/*
 * A group of records that are there together or not at all, also after a crash. It lies in one segment: where add answers LIMIT, drop
 * it and begin once more with `fresh`; LIMIT then says that it is larger than a segment.
 *
 *     begin -> add ... -> end, or drop
 *
 * AGAIN and LIMIT of begin as of append; IO of end: sync failed, and it was dropped. Thread: writer, which appends nothing in between.
 */
ATS_MUST_USE enum ats_status ats_journal_group_begin(struct ats_journal *journal, bool fresh);
ATS_MUST_USE enum ats_status ats_journal_group_add(struct ats_journal *journal, uint32_t kind,
                                                   struct ats_span data);
/* `ret_first`: the position of the first one; a group of none is nothing. */
ATS_MUST_USE enum ats_status ats_journal_group_end(struct ats_journal *journal,
                                                   uint64_t *ret_first);
void ats_journal_group_drop(struct ats_journal *journal);
/* Bytes in use by records that are not acknowledged. Thread: any. */
uint64_t ats_journal_backlog_bytes(const struct ats_journal *journal);

/* Starts behind the watermark, or (from_oldest) with the oldest record that is still there. Segments that an open
   reader has not passed stay. LIMIT: ATS_JOURNAL_READERS_MAX are open. Thread: reader. */
ATS_MUST_USE enum ats_status ats_journal_reader_open(struct ats_journal *journal, bool from_oldest,
                                                     struct ats_journal_reader **ret_reader);
/* The next record in order; AGAIN when there is none yet. */
enum ats_status ats_journal_reader_next(struct ats_journal_reader *reader,
                                        struct ats_journal_entry *ret_entry);
/* Goes back to the first record that is not acknowledged. */
void ats_journal_reader_rewind(struct ats_journal_reader *reader);
void ats_journal_reader_close(struct ats_journal_reader *reader);
/* Moves the watermark: this record and all before it are safe elsewhere. A record that is not there, or is acknowledged
   already, changes nothing. Thread: reader. */
void ats_journal_acknowledge(struct ats_journal *journal, uint64_t journal_id, uint64_t position);
/* Creates the next segment, removes acknowledged ones, stores the watermark, syncs when due. LIMIT: the disk is full.
   A full journal is no error here. Thread: reader. */
ATS_MUST_USE enum ats_status ats_journal_maintain(struct ats_journal *journal, int64_t monotonic_ms,
                                                  struct ats_error *err);
/* Waits until append may have added something since a reader last found nothing, at most `timeout_ms`; may return
   sooner. Thread: reader. */
void ats_journal_wait(struct ats_journal *journal, int timeout_ms);

#endif
