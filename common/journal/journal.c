/* SPDX-License-Identifier: Apache-2.0 */
/* Open, close and the writer's side. */
#include "common/journal/journal_internal.h"

#include "common/base/file.h"
#include "common/base/lock.h"

#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum ats_status check_options(const struct ats_journal_options *options,
                                     struct ats_error *err)
{
    uint64_t size = options->segment_size;
    if (size < ATS_JOURNAL_SEGMENT_MIN || size > INT64_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG, "a journal segment of %llu bytes (allowed: %d..)",
                             (unsigned long long)size, ATS_JOURNAL_SEGMENT_MIN);
    if (options->size_max / 2 < size || options->size_max / size > ATS_JOURNAL_SEGMENTS_MAX)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "a journal of %llu bytes in segments of %llu (allowed: 2 to %d "
                             "segments)",
                             (unsigned long long)options->size_max, (unsigned long long)size,
                             ATS_JOURNAL_SEGMENTS_MAX);
    return ATS_OK;
}

/* From here on a stop is unclean until close says otherwise. */
static enum ats_status mark_unclean(struct ats_journal *journal, struct ats_error *err)
{
    journal->stored.clean = false;
    journal->stored.journal_id = journal->id;
    journal->stored.last_position = journal->last_position;
    return ats_journal_mark_write(journal->folder, &journal->stored, err);
}

static enum ats_status open_folder(struct ats_journal *journal, const char *folder,
                                   struct ats_error *err)
{
    enum ats_status status = ats_file_make_folder(folder, 0700, err);
    if (status == ATS_OK)
        status = ats_folder_lock(folder, &journal->lock_fd, err);
    if (status == ATS_OK)
        status = ats_journal_recover(journal, err);
    if (status == ATS_OK)
        status = mark_unclean(journal, err);
    if (status != ATS_OK)
        return status;
    status = ats_journal_prepare_spare(journal, err);
    /* Full: what is in it can still be read, acknowledged and so removed. */
    return status == ATS_ERR_LIMIT ? ATS_OK : status;
}

/* Unmaps and unlocks; writes nothing, so that the next open recovers. */
static void free_journal(struct ats_journal *journal)
{
    struct ats_segment *segment =
        atomic_load_explicit(&journal->sentinel.next, memory_order_acquire);
    while (segment) {
        struct ats_segment *next = atomic_load_explicit(&segment->next, memory_order_acquire);
        ats_segment_free(segment);
        segment = next;
    }
    ats_segment_free(atomic_load_explicit(&journal->spare, memory_order_acquire));
    ats_folder_unlock(journal->lock_fd);
    free(journal->folder);
    free(journal);
}

enum ats_status ats_journal_open(const char *folder, const struct ats_journal_options *options,
                                 struct ats_journal **ret_journal, struct ats_error *err)
{
    enum ats_status status = check_options(options, err);
    if (status != ATS_OK)
        return status;
    struct ats_journal *journal = calloc(1, sizeof(*journal));
    if (!journal)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory for the journal in %s", folder);
    journal->lock_fd = -1;
    journal->options = *options;
    journal->folder = strdup(folder);
    status = journal->folder ? open_folder(journal, folder, err)
                             : ats_error_set(err, ATS_ERR_MEMORY,
                                             "out of memory for the journal in %s", folder);
    if (status != ATS_OK) {
        free_journal(journal);
        return status;
    }
    *ret_journal = journal;
    return ATS_OK;
}

/* A stop is clean only if everything is on the disk before the mark says so. */
static void mark_clean(struct ats_journal *journal)
{
    const struct ats_journal_cursor *unacked = &journal->first_unacked;
    struct ats_journal_mark mark = {.segment = unacked->segment->number,
                                    .position = unacked->position,
                                    .clean = true,
                                    .journal_id = journal->id,
                                    .last_position = journal->last_position};
    if (ats_journal_sync_all(journal, NULL) != ATS_OK)
        return;
    if (ats_journal_mark_write(journal->folder, &mark, NULL) != ATS_OK)
        return;
    struct ats_segment *spare = atomic_load_explicit(&journal->spare, memory_order_acquire);
    if (spare && ats_segment_remove(journal->folder, spare->number, false, NULL) != ATS_OK)
        return; /* the next open removes it */
}

void ats_journal_close(struct ats_journal *journal)
{
    if (!journal)
        return;
    mark_clean(journal);
    free_journal(journal);
}

const struct ats_journal_recovery *ats_journal_recovered(const struct ats_journal *journal)
{
    return &journal->recovery;
}

uint64_t ats_journal_id(const struct ats_journal *journal)
{
    return journal->id;
}

uint64_t ats_journal_backlog_bytes(const struct ats_journal *journal)
{
    uint64_t acked = atomic_load_explicit(&journal->acked, memory_order_acquire);
    return atomic_load_explicit(&journal->appended, memory_order_acquire) - acked;
}

bool ats_journal_has_room(const struct ats_journal *journal, uint64_t size)
{
    const struct ats_segment *tail = journal->tail;
    /* After a clean stop the last page of a recovered segment is gone on with; of another journal id it is not. */
    return tail->map && tail->journal_id == journal->id &&
           tail->size - atomic_load_explicit(&tail->end, memory_order_relaxed) >= size;
}

enum ats_status ats_journal_next_segment(struct ats_journal *journal)
{
    struct ats_segment *spare =
        atomic_exchange_explicit(&journal->spare, NULL, memory_order_acq_rel);
    if (!spare)
        return atomic_load_explicit(&journal->full, memory_order_acquire) ? ATS_ERR_LIMIT
                                                                          : ATS_ERR_AGAIN;
    ats_segment_begin(spare, journal->id, journal->last_position + 1);
    atomic_store_explicit(&journal->tail->next, spare, memory_order_release);
    journal->tail = spare;
    return ATS_OK;
}

/* The reader announces that it sleeps, then looks at `appended` again; here it is the other way round. So one of the
   two sees the other (both sequentially consistent), and a reader that is awake costs no system call. */
void ats_journal_publish(struct ats_journal *journal, uint64_t size)
{
    struct ats_segment *tail = journal->tail;
    uint64_t end = atomic_load_explicit(&tail->end, memory_order_relaxed);
    atomic_store_explicit(&tail->end, end + size, memory_order_release);
    atomic_fetch_add_explicit(&journal->appended, size, memory_order_seq_cst);
    if (atomic_load_explicit(&journal->sleeping, memory_order_seq_cst) == 0)
        return;
    if (atomic_exchange_explicit(&journal->sleeping, 0, memory_order_acq_rel) == 1)
        (void)syscall(SYS_futex, &journal->sleeping, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

enum ats_status ats_journal_append(struct ats_journal *journal, uint32_t kind, struct ats_span data,
                                   uint64_t *ret_position)
{
    uint64_t size = ats_segment_record_size(data.len);
    if (data.len > ATS_JOURNAL_RECORD_MAX ||
        size > journal->options.segment_size - ATS_JOURNAL_HEADER_SIZE)
        return ATS_ERR_LIMIT;
    enum ats_status status =
        ats_journal_has_room(journal, size) ? ATS_OK : ats_journal_next_segment(journal);
    if (status != ATS_OK)
        return status;
    struct ats_segment *tail = journal->tail;
    uint64_t end = atomic_load_explicit(&tail->end, memory_order_relaxed);
    ats_segment_write(tail, end, journal->last_position + 1, kind, data);
    if (journal->options.sync == ATS_JOURNAL_SYNC_ALWAYS &&
        ats_segment_sync(tail, end + size) != ATS_OK) {
        ats_segment_unwrite(tail, end, size);
        return ATS_ERR_IO;
    }
    *ret_position = ++journal->last_position;
    ats_journal_publish(journal, size);
    return ATS_OK;
}
