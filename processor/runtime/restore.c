/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a changelog to its end.
 *
 * Under read_committed the end is the first transaction that is open, and not what the partition holds: a state that was read so
 * far is not wrong, it is not there yet. So the end that has to be reached is the one that Kafka tells beside it, for readers
 * that do not wait. It is taken once, after the former owner was fenced: all that this group has committed is before it.
 */
#include "processor/runtime/changelog.h"

#include "common/kafka/reader.h"

#include <inttypes.h>

#define POLL_MS 200
#define ASK_MS 2000

enum ats_restore_step ats_restore_step(int64_t position, int64_t end, int64_t stable_end)
{
    if (position >= end)
        return ATS_RESTORE_DONE;
    return stable_end < end ? ATS_RESTORE_HELD_UP : ATS_RESTORE_MORE;
}

struct restore {
    const struct ats_changelog *changelog;
    struct ats_kafka_reader *reader;
    int64_t end; /* negative: not known yet */
    bool done;
};

/* At the end that the reader sees. OK: done, or there is more to come. */
static enum ats_status look_behind(struct restore *restore, struct ats_error *err)
{
    int64_t position = ats_kafka_reader_position(restore->reader);
    int64_t stable_end = 0;
    if (restore->end < 0)
        restore->end = ats_kafka_reader_high(restore->reader);
    restore->done = position >= restore->end;
    if (restore->done)
        return ATS_OK;
    enum ats_status status = ats_kafka_reader_ask_end(restore->reader, ASK_MS, &stable_end, err);
    if (status != ATS_OK)
        return ats_status_class(status) == ATS_CLASS_RETRY ? ATS_OK : status;
    if (ats_restore_step(position, restore->end, stable_end) != ATS_RESTORE_HELD_UP)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_AGAIN,
                         "partition %d of %s: a transaction is open there from offset %" PRId64
                         " on, and nothing behind it can be read until it ends; this goes on by "
                         "itself then (docs/topics.md says how to end it)",
                         (int)restore->changelog->partition, restore->changelog->topic, stable_end);
}

enum ats_status ats_changelog_restore(struct ats_changelog *changelog, struct ats_state *state,
                                      struct ats_metrics *metrics,
                                      struct ats_changelog_restored *ret_restored,
                                      const atomic_bool *stopping, struct ats_error *err)
{
    struct restore restore = {.changelog = changelog, .end = -1};
    struct ats_kafka_record record;
    *ret_restored = (struct ats_changelog_restored){0};
    enum ats_status status =
        ats_kafka_reader_open(changelog->kafka, changelog->topic, changelog->partition,
                              ATS_KAFKA_OFFSET_BEGINNING, &restore.reader, err);
    while (status == ATS_OK && !restore.done) {
        enum ats_status next = ats_kafka_reader_next(restore.reader, POLL_MS, &record, err);
        if (next == ATS_OK)
            status = ats_changelog_take(changelog, &record, state, ret_restored, metrics, err);
        else if (atomic_load(stopping))
            status = ats_error_set(err, ATS_ERR_UNAVAILABLE, "stopped while restoring state");
        else if (next == ATS_ERR_AGAIN && ats_kafka_reader_at_end(restore.reader))
            status = look_behind(&restore, err);
        else if (ats_status_class(next) != ATS_CLASS_RETRY)
            status = next;
    }
    ats_kafka_reader_close(restore.reader);
    return status == ATS_OK ? ats_changelog_check(changelog, state, ret_restored, err) : status;
}
