/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's parts and whose they are.
 *
 *   sentinel -> segment -> segment -> tail        spare
 *               ^ removed from here    ^ writer   ^ created by maintain, taken by append
 *
 * The list starts with a sentinel of no bytes, so that an empty journal is no special case, and its last segment is
 * never removed: the writer touches the last one only, the reader's thread all others. Members of one side stand in
 * its part; what both see is atomic.
 */
#ifndef ATS_JOURNAL_JOURNAL_INTERNAL_H
#define ATS_JOURNAL_JOURNAL_INTERNAL_H

#include "common/base/limits.h"
#include "common/journal/segment.h"

/* Before the record that comes next: where it starts, or will start, and its position. */
struct ats_journal_cursor {
    struct ats_segment *segment;
    uint64_t offset;
    uint64_t position;
};

/* The file `watermark`. */
struct ats_journal_mark {
    uint64_t
        segment; /* the first record that is not acknowledged is in this one or a later one... */
    uint64_t position; /* ...and in this one not before this position */
    bool clean;        /* the journal was closed, with this id and last position */
    uint64_t journal_id;
    uint64_t last_position;
};

struct ats_journal {
    char *folder;
    int lock_fd;
    struct ats_journal_options options;
    uint64_t id;
    struct ats_segment sentinel;
    struct ats_journal_recovery recovery;

    /* Writer. */
    struct ats_segment *tail;
    uint64_t last_position;
    uint64_t group_size; /* of the records behind the tail's end that are not shown yet */
    uint64_t group_count;
    uint64_t group_last; /* where the last of them lies */

    /* Both. */
    _Atomic(struct ats_segment *) spare;
    _Atomic(bool) full; /* no spare because there may be none */
    _Atomic(uint64_t)
        appended; /* bytes of records, from the first that was not acknowledged at open */
    _Atomic(uint64_t) acked;    /* of these */
    _Atomic(uint32_t) sleeping; /* futex: the reader waits to be woken */

    /* Reader's thread. */
    struct ats_journal_cursor first_unacked;
    struct ats_journal_reader *readers[ATS_JOURNAL_READERS_MAX];
    uint64_t next_number;
    uint64_t size; /* of all segments */
    struct ats_journal_mark stored;
    int64_t mark_due_ms;
    int64_t sync_due_ms;
    int64_t create_due_ms;
    uint64_t seen; /* `appended` when a reader last found nothing */
    int naps;
};

struct ats_journal_reader {
    struct ats_journal *journal;
    struct ats_journal_cursor cursor;
};

/* The writer's: whether the tail has that much room; leaves the tail for the spare (LIMIT, AGAIN); shows the reader what was written. */
bool ats_journal_has_room(const struct ats_journal *journal, uint64_t size);
ATS_MUST_USE enum ats_status ats_journal_next_segment(struct ats_journal *journal);
void ats_journal_publish(struct ats_journal *journal, uint64_t size);

/* Moves the cursor into the next segment while its own is read out. False: no record there yet. */
bool ats_journal_cursor_settle(struct ats_journal_cursor *cursor);
/* Lists, checks and links the segments, and finds the first record that is not acknowledged. */
ATS_MUST_USE enum ats_status ats_journal_recover(struct ats_journal *journal,
                                                 struct ats_error *err);
/* Creates the segment that append takes next. LIMIT, with `full` set: the journal or the disk is full. */
ATS_MUST_USE enum ats_status ats_journal_prepare_spare(struct ats_journal *journal,
                                                       struct ats_error *err);
/* Syncs every record appended so far. */
ATS_MUST_USE enum ats_status ats_journal_sync_all(struct ats_journal *journal,
                                                  struct ats_error *err);
/* NOT_FOUND, CORRUPT (not one that we wrote). */
ATS_MUST_USE enum ats_status
ats_journal_mark_read(const char *folder, struct ats_journal_mark *ret_mark, struct ats_error *err);
/* Durable when it returns. */
ATS_MUST_USE enum ats_status ats_journal_mark_write(const char *folder,
                                                    const struct ats_journal_mark *mark,
                                                    struct ats_error *err);

#endif
