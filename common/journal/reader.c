/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's side: cursors, acknowledgement, waiting. */
#include "common/journal/journal_internal.h"

#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool ats_journal_cursor_settle(struct ats_journal_cursor *cursor)
{
    for (;;) {
        /* `next` before `end`: once there is a next segment, this one's end is final. */
        struct ats_segment *next =
            atomic_load_explicit(&cursor->segment->next, memory_order_acquire);
        if (cursor->offset < atomic_load_explicit(&cursor->segment->end, memory_order_acquire))
            return true;
        if (!next)
            return false;
        cursor->segment = next;
        cursor->offset = ATS_JOURNAL_HEADER_SIZE;
        cursor->position = next->first_position;
    }
}

enum ats_status ats_journal_reader_open(struct ats_journal *journal, bool from_oldest,
                                        struct ats_journal_reader **ret_reader)
{
    for (size_t i = 0; i < ATS_JOURNAL_READERS_MAX; i++) {
        if (journal->readers[i])
            continue;
        struct ats_journal_reader *reader = calloc(1, sizeof(*reader));
        if (!reader)
            return ATS_ERR_MEMORY;
        reader->journal = journal;
        reader->cursor = from_oldest ? (struct ats_journal_cursor){.segment = &journal->sentinel}
                                     : journal->first_unacked;
        journal->readers[i] = reader;
        *ret_reader = reader;
        return ATS_OK;
    }
    return ATS_ERR_LIMIT;
}

enum ats_status ats_journal_reader_next(struct ats_journal_reader *reader,
                                        struct ats_journal_entry *ret_entry)
{
    struct ats_journal *journal = reader->journal;
    struct ats_journal_cursor *cursor = &reader->cursor;
    uint64_t appended = atomic_load_explicit(&journal->appended, memory_order_acquire);
    if (!ats_journal_cursor_settle(cursor)) {
        journal->seen = appended;
        return ATS_ERR_AGAIN;
    }
    journal->naps = 0;
    cursor->offset =
        ats_segment_read(cursor->segment, cursor->offset, cursor->position++, ret_entry);
    return ATS_OK;
}

void ats_journal_reader_rewind(struct ats_journal_reader *reader)
{
    reader->cursor = reader->journal->first_unacked;
}

void ats_journal_reader_close(struct ats_journal_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < ATS_JOURNAL_READERS_MAX; i++) {
        if (reader->journal->readers[i] == reader)
            reader->journal->readers[i] = NULL;
    }
    free(reader);
}

/* Moves a cursor behind that record and adds up the bytes on the way. False: there is no such record ahead. */
static bool move_behind(struct ats_journal_cursor *cursor, uint64_t journal_id, uint64_t position,
                        uint64_t *ret_bytes)
{
    *ret_bytes = 0;
    while (ats_journal_cursor_settle(cursor)) {
        struct ats_segment *segment = cursor->segment;
        const struct ats_segment *next = atomic_load_explicit(&segment->next, memory_order_acquire);
        uint64_t end = atomic_load_explicit(&segment->end, memory_order_acquire);
        bool right_id = segment->journal_id == journal_id;
        bool beyond = next && next->journal_id == journal_id && position >= next->first_position;
        if (right_id && position < cursor->position)
            return false;
        while (right_id && !beyond && cursor->offset < end) {
            struct ats_journal_entry entry;
            uint64_t from = cursor->offset;
            cursor->offset = ats_segment_read(segment, from, cursor->position++, &entry);
            *ret_bytes += cursor->offset - from;
            if (entry.position == position)
                return true;
        }
        *ret_bytes += end - cursor->offset;
        cursor->offset = end;
    }
    return false;
}

void ats_journal_acknowledge(struct ats_journal *journal, uint64_t journal_id, uint64_t position)
{
    struct ats_journal_cursor cursor = journal->first_unacked;
    uint64_t bytes = 0;
    if (!move_behind(&cursor, journal_id, position, &bytes))
        return;
    journal->first_unacked = cursor;
    atomic_fetch_add_explicit(&journal->acked, bytes, memory_order_release);
}

static struct timespec timespec_of(int ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
}

/* Two stages. While records keep coming, naps of a millisecond: the writer is not asked to wake anybody, so that append
   stays free of system calls, and what came meanwhile is sent together. After ATS_JOURNAL_NAPS_MAX naps without a
   record, a sleep from which the next append wakes, so that an idle gate does not tick a thousand times a second. */
void ats_journal_wait(struct ats_journal *journal, int timeout_ms)
{
    if (timeout_ms <= 0 ||
        atomic_load_explicit(&journal->appended, memory_order_seq_cst) != journal->seen)
        return;
    if (journal->naps < ATS_JOURNAL_NAPS_MAX) {
        struct timespec nap = timespec_of(1);
        journal->naps++;
        (void)nanosleep(&nap, NULL);
        return;
    }
    struct timespec timeout = timespec_of(timeout_ms);
    atomic_store_explicit(&journal->sleeping, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&journal->appended, memory_order_seq_cst) == journal->seen)
        (void)syscall(SYS_futex, &journal->sleeping, FUTEX_WAIT_PRIVATE, 1, &timeout, NULL, 0);
    atomic_store_explicit(&journal->sleeping, 0, memory_order_seq_cst);
}
