/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What open does with the folder it finds. Files that are not ours stay untouched; a segment that cannot be read is set
 * aside for a person to look at, and counted; what can be read is linked in the order of its numbers.
 */
#include "common/journal/journal_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

struct numbers {
    uint64_t *list;
    size_t count;
    uint64_t largest; /* of files set aside, too */
};

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static enum ats_status list_segments(const char *folder, struct numbers *ret_numbers,
                                     struct ats_error *err)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);
    if (!dir)
        return ats_error_set(err, ATS_ERR_IO, "cannot list %s: %s", folder, strerror(errno));
    ret_numbers->list = calloc(ATS_JOURNAL_SEGMENTS_MAX, sizeof(*ret_numbers->list));
    enum ats_status status = ret_numbers->list ? ATS_OK : ATS_ERR_MEMORY;
    while (status == ATS_OK && (entry = readdir(dir))) {
        uint64_t number = 0;
        bool live = ats_segment_parse_name(entry->d_name, "", &number);
        if (!live && !ats_segment_parse_name(entry->d_name, ".corrupt", &number))
            continue;
        if (number > ret_numbers->largest)
            ret_numbers->largest = number;
        if (live && ret_numbers->count == ATS_JOURNAL_SEGMENTS_MAX)
            status = ats_error_set(err, ATS_ERR_LIMIT, "%s holds more than %d segments", folder,
                                   ATS_JOURNAL_SEGMENTS_MAX);
        else if (live)
            ret_numbers->list[ret_numbers->count++] = number;
    }
    (void)closedir(dir);
    if (status == ATS_OK)
        qsort(ret_numbers->list, ret_numbers->count, sizeof(uint64_t), compare_numbers);
    return status;
}

static void link_segment(struct ats_journal *journal, struct ats_segment *segment)
{
    atomic_store_explicit(&journal->tail->next, segment, memory_order_relaxed);
    journal->tail = segment;
}

static enum ats_status load_segment(struct ats_journal *journal, uint64_t number,
                                    struct ats_error *err)
{
    struct ats_segment *segment = NULL;
    enum ats_status status = ats_segment_open(journal->folder, number, &segment, err);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_segment_remove(journal->folder, number, false, err);
    if (status == ATS_ERR_MALFORMED) {
        journal->recovery.corrupt++;
        return ats_segment_remove(journal->folder, number, true, err);
    }
    if (status != ATS_OK)
        return status;
    if (segment->record_count > 0 || segment->broken) {
        link_segment(journal, segment);
        return ATS_OK;
    }
    ats_segment_free(segment);
    return ats_segment_remove(journal->folder, number, false, err);
}

/* The next segment with records in it, if the same journal id wrote it. */
static const struct ats_segment *next_of_id(const struct ats_segment *segment)
{
    const struct ats_segment *next = segment;
    do
        next = atomic_load_explicit(&next->next, memory_order_relaxed);
    while (next && next->record_count == 0);
    return next && next->journal_id == segment->journal_id ? next : NULL;
}

/* A record that does not hold is torn if no record of its journal id is missing behind it, and damage otherwise. */
static enum ats_status settle_segment(struct ats_journal *journal, struct ats_segment *segment,
                                      struct ats_error *err)
{
    struct ats_journal_recovery *recovery = &journal->recovery;
    const struct ats_segment *next = next_of_id(segment);
    uint64_t behind = segment->first_position + segment->record_count;
    bool damaged = segment->broken && next && next->first_position > behind;
    recovery->segments += segment->record_count > 0;
    recovery->records += segment->record_count;
    recovery->torn += segment->broken && !damaged;
    recovery->corrupt += damaged;
    if (next && segment->record_count > 0 && next->first_position > behind)
        recovery->lost += next->first_position - behind;
    enum ats_status status = damaged ? ATS_OK : ats_segment_trim(segment, journal->folder, err);
    journal->size += segment->size;
    return status;
}

static enum ats_status load_segments(struct ats_journal *journal, struct ats_error *err)
{
    struct numbers numbers = {0};
    enum ats_status status = list_segments(journal->folder, &numbers, err);
    journal->next_number = numbers.largest + 1;
    for (size_t i = 0; i < numbers.count && status == ATS_OK; i++)
        status = load_segment(journal, numbers.list[i], err);
    free(numbers.list);
    struct ats_segment *segment = &journal->sentinel;
    while (status == ATS_OK &&
           (segment = atomic_load_explicit(&segment->next, memory_order_relaxed)))
        status = settle_segment(journal, segment, err);
    return status;
}

static void find_first_unacked(struct ats_journal *journal, const struct ats_journal_mark *mark)
{
    struct ats_journal_cursor *cursor = &journal->first_unacked;
    cursor->segment = &journal->sentinel;
    if (mark->segment >= journal->next_number)
        journal->next_number = mark->segment + 1;
    while (ats_journal_cursor_settle(cursor)) {
        struct ats_journal_entry entry;
        const struct ats_segment *segment = cursor->segment;
        if (segment->number > mark->segment ||
            (segment->number == mark->segment && cursor->position >= mark->position))
            break;
        cursor->offset = ats_segment_read(segment, cursor->offset, cursor->position++, &entry);
    }
}

static uint64_t count_backlog(const struct ats_journal *journal)
{
    const struct ats_segment *segment = journal->first_unacked.segment;
    uint64_t bytes =
        atomic_load_explicit(&segment->end, memory_order_relaxed) - journal->first_unacked.offset;
    while ((segment = atomic_load_explicit(&segment->next, memory_order_relaxed)))
        bytes +=
            atomic_load_explicit(&segment->end, memory_order_relaxed) - ATS_JOURNAL_HEADER_SIZE;
    return bytes;
}

/* Goes on with the last journal id only if nothing can be missing behind its last position: else a position could name
   two records, and who has seen the first would drop the second. */
static bool may_continue(const struct ats_journal *journal, const struct ats_journal_mark *mark)
{
    const struct ats_segment *last = journal->tail;
    bool same_id = last->journal_id == mark->journal_id && mark->journal_id != 0;
    uint64_t found = same_id ? last->first_position + last->record_count - 1 : 0;
    return mark->clean && mark->journal_id != 0 && found == mark->last_position;
}

enum ats_status ats_journal_recover(struct ats_journal *journal, struct ats_error *err)
{
    struct ats_journal_mark mark = {0};
    bool fresh = false;
    journal->tail = &journal->sentinel;
    enum ats_status status = load_segments(journal, err);
    if (status != ATS_OK)
        return status;
    status = ats_journal_mark_read(journal->folder, &mark, err);
    if (status == ATS_ERR_NOT_FOUND)
        fresh = journal->tail == &journal->sentinel;
    else if (status == ATS_ERR_CORRUPT)
        mark = (struct ats_journal_mark){0}; /* everything is read again */
    else if (status != ATS_OK)
        return status;
    find_first_unacked(journal, &mark);
    atomic_store_explicit(&journal->appended, count_backlog(journal), memory_order_relaxed);
    journal->stored = mark;
    journal->recovery.clean = fresh || may_continue(journal, &mark);
    if (!fresh && journal->recovery.clean) {
        journal->id = mark.journal_id;
        journal->last_position = mark.last_position;
        return ATS_OK;
    }
    if (getrandom(&journal->id, sizeof(journal->id), 0) != (ssize_t)sizeof(journal->id))
        return ats_error_set(err, ATS_ERR_IO, "no random bytes: %s", strerror(errno));
    return ATS_OK;
}
