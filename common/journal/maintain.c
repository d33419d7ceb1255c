/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader's thread does for the writer: room ahead, room behind, durability. */
#include "common/journal/journal_internal.h"

enum ats_status ats_journal_prepare_spare(struct ats_journal *journal, struct ats_error *err)
{
    struct ats_segment *spare = NULL;
    uint64_t size = journal->options.segment_size;
    if (atomic_load_explicit(&journal->spare, memory_order_acquire))
        return ATS_OK;
    if (journal->size > journal->options.size_max - size) {
        atomic_store_explicit(&journal->full, true, memory_order_release);
        return ats_error_set(err, ATS_ERR_LIMIT, "the journal in %s is full", journal->folder);
    }
    enum ats_status status =
        ats_segment_create(journal->folder, journal->next_number++, size, &spare, err);
    atomic_store_explicit(&journal->full, status == ATS_ERR_LIMIT, memory_order_release);
    if (status != ATS_OK)
        return status;
    journal->size += size;
    atomic_store_explicit(&journal->spare, spare, memory_order_release);
    return ATS_OK;
}

static bool is_read(const struct ats_journal *journal, const struct ats_segment *segment)
{
    for (size_t i = 0; i < ATS_JOURNAL_READERS_MAX; i++) {
        const struct ats_journal_reader *reader = journal->readers[i];
        if (reader &&
            (reader->cursor.segment == segment || reader->cursor.segment == &journal->sentinel))
            return true;
    }
    return false;
}

static enum ats_status remove_acknowledged(struct ats_journal *journal, struct ats_error *err)
{
    (void)ats_journal_cursor_settle(&journal->first_unacked);
    /* Else it stands in the list, and what is before it may go; the first append may happen right now. */
    if (journal->first_unacked.segment == &journal->sentinel)
        return ATS_OK;
    for (;;) {
        struct ats_segment *first =
            atomic_load_explicit(&journal->sentinel.next, memory_order_acquire);
        if (first == journal->first_unacked.segment || is_read(journal, first))
            return ATS_OK;
        struct ats_segment *next = atomic_load_explicit(&first->next, memory_order_acquire);
        enum ats_status status =
            ats_segment_remove(journal->folder, first->number, first->broken, err);
        if (status != ATS_OK)
            return status;
        atomic_store_explicit(&journal->sentinel.next, next, memory_order_release);
        journal->size -= first->size;
        ats_segment_free(first);
    }
}

enum ats_status ats_journal_sync_all(struct ats_journal *journal, struct ats_error *err)
{
    struct ats_segment *segment = &journal->sentinel;
    while ((segment = atomic_load_explicit(&segment->next, memory_order_acquire))) {
        uint64_t end = atomic_load_explicit(&segment->end, memory_order_acquire);
        if (ats_segment_sync(segment, end) != ATS_OK)
            return ats_error_set(err, ATS_ERR_IO, "cannot sync the journal in %s", journal->folder);
    }
    return ATS_OK;
}

static enum ats_status sync_when_due(struct ats_journal *journal, int64_t monotonic_ms,
                                     struct ats_error *err)
{
    if (journal->options.sync != ATS_JOURNAL_SYNC_INTERVAL || monotonic_ms < journal->sync_due_ms)
        return ATS_OK;
    journal->sync_due_ms = monotonic_ms + journal->options.sync_interval_ms;
    return ats_journal_sync_all(journal, err);
}

static enum ats_status store_mark_when_due(struct ats_journal *journal, int64_t monotonic_ms,
                                           struct ats_error *err)
{
    struct ats_journal_mark mark = journal->stored;
    mark.segment = journal->first_unacked.segment->number;
    mark.position = journal->first_unacked.position;
    if (monotonic_ms < journal->mark_due_ms ||
        (mark.segment == journal->stored.segment && mark.position == journal->stored.position))
        return ATS_OK;
    journal->mark_due_ms = monotonic_ms + ATS_JOURNAL_WATERMARK_INTERVAL_MS;
    enum ats_status status = ats_journal_mark_write(journal->folder, &mark, err);
    if (status == ATS_OK)
        journal->stored = mark;
    return status;
}

/* A full disk is tried again after a while, not at every call: each try allocates and gives back a segment. */
static enum ats_status prepare_when_due(struct ats_journal *journal, int64_t monotonic_ms,
                                        struct ats_error *err)
{
    if (monotonic_ms < journal->create_due_ms)
        return ATS_OK;
    enum ats_status status = ats_journal_prepare_spare(journal, err);
    if (status == ATS_OK ||
        journal->size > journal->options.size_max - journal->options.segment_size)
        return ATS_OK;
    journal->create_due_ms = monotonic_ms + ATS_JOURNAL_CREATE_RETRY_MS;
    return status;
}

enum ats_status ats_journal_maintain(struct ats_journal *journal, int64_t monotonic_ms,
                                     struct ats_error *err)
{
    struct ats_error ignored;
    enum ats_status removed = remove_acknowledged(journal, err);
    enum ats_status prepared =
        prepare_when_due(journal, monotonic_ms, removed == ATS_OK ? err : &ignored);
    enum ats_status first = removed == ATS_OK ? prepared : removed;
    enum ats_status synced = sync_when_due(journal, monotonic_ms, first == ATS_OK ? err : &ignored);
    first = first == ATS_OK ? synced : first;
    enum ats_status stored =
        store_mark_when_due(journal, monotonic_ms, first == ATS_OK ? err : &ignored);
    return first == ATS_OK ? stored : first;
}
