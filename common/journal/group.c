/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are there together. Each but the last says that more follows; a recovery cuts off a group that has no last. */
#include "common/journal/journal_internal.h"

static uint64_t end_of(const struct ats_journal *journal)
{
    return atomic_load_explicit(&journal->tail->end, memory_order_relaxed);
}

enum ats_status ats_journal_group_begin(struct ats_journal *journal, bool fresh)
{
    journal->group_size = 0;
    journal->group_count = 0;
    return !fresh && ats_journal_has_room(journal, 0) ? ATS_OK : ats_journal_next_segment(journal);
}

enum ats_status ats_journal_group_add(struct ats_journal *journal, uint32_t kind,
                                      struct ats_span data)
{
    uint64_t size = ats_segment_record_size(data.len);
    if (data.len > ATS_JOURNAL_RECORD_MAX ||
        !ats_journal_has_room(journal, journal->group_size + size))
        return ATS_ERR_LIMIT;
    journal->group_last = end_of(journal) + journal->group_size;
    journal->group_count++;
    ats_segment_write(journal->tail, journal->group_last,
                      journal->last_position + journal->group_count, kind | ATS_SEGMENT_MORE, data);
    journal->group_size += size;
    return ATS_OK;
}

enum ats_status ats_journal_group_end(struct ats_journal *journal, uint64_t *ret_first)
{
    struct ats_segment *tail = journal->tail;
    if (journal->group_count == 0)
        return ATS_OK;
    ats_segment_end_group(tail, journal->group_last, journal->last_position + journal->group_count);
    if (journal->options.sync == ATS_JOURNAL_SYNC_ALWAYS &&
        ats_segment_sync(tail, end_of(journal) + journal->group_size) != ATS_OK) {
        ats_journal_group_drop(journal);
        return ATS_ERR_IO;
    }
    *ret_first = journal->last_position + 1;
    journal->last_position += journal->group_count;
    ats_journal_publish(journal, journal->group_size);
    return ATS_OK;
}

void ats_journal_group_drop(struct ats_journal *journal)
{
    ats_segment_unwrite(journal->tail, end_of(journal), journal->group_size);
    journal->group_size = 0;
    journal->group_count = 0;
}
