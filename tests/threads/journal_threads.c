/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer, one reader who also acknowledges and maintains, one onlooker: every record arrives once, in order and
 * whole, through many segments and a journal that is full now and then. A plain program, for ThreadSanitizer.
 */
#include "common/base/clock.h"
#include "common/journal/journal_internal.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT_SIZE 65536
#define RECORD_MAX 700
#define WAKE_ROUNDS 20
/* Longer than the test may take: a lost wake-up ends it by its time-out. */
#define WAKE_TIMEOUT_MS 600000

struct run {
    struct ats_journal *journal;
    uint64_t count;
    _Atomic(bool) done;
    _Atomic(uint64_t) received;
    uint64_t refused; /* the writer's */
};

static _Noreturn void fail(const char *what, uint64_t number)
{
    (void)fprintf(stderr, "%s at %" PRIu64 "\n", what, number);
    exit(1);
}

static void check(bool holds, const char *what, uint64_t number)
{
    if (!holds)
        fail(what, number);
}

static size_t fill(uint8_t data[RECORD_MAX], uint64_t number)
{
    size_t len = 8 + number * 37 % (RECORD_MAX - 8);
    memset(data, (int)(number & 0xff), len);
    memcpy(data, &number, sizeof(number));
    return len;
}

static void append_one(struct run *run, uint64_t number)
{
    uint8_t data[RECORD_MAX];
    uint64_t position = 0;
    struct ats_span span = ats_span_of(data, fill(data, number));
    enum ats_status status = ats_journal_append(run->journal, (uint32_t)number, span, &position);
    while (status == ATS_ERR_AGAIN || status == ATS_ERR_LIMIT) {
        run->refused++;
        (void)sched_yield();
        status = ats_journal_append(run->journal, (uint32_t)number, span, &position);
    }
    check(status == ATS_OK, "append failed", number);
    check(position == number, "wrong position", number);
}

static void *write_all(void *ctx)
{
    struct run *run = ctx;
    for (uint64_t i = 1; i <= run->count; i++)
        append_one(run, i);
    return NULL;
}

static void check_entry(const struct ats_journal_entry *entry, uint64_t number)
{
    uint8_t expected[RECORD_MAX];
    size_t len = fill(expected, number);
    check(entry->position == number, "out of order", number);
    check(entry->kind == (uint32_t)number, "wrong kind", number);
    check(entry->data.len == len && memcmp(entry->data.data, expected, len) == 0, "wrong bytes",
          number);
}

static void maintain(struct ats_journal *journal)
{
    struct ats_error err = {0};
    if (ats_journal_maintain(journal, ats_clock_monotonic_ms(&ats_clock_system), &err) != ATS_OK)
        fail(err.text, 0);
}

static void *read_all(void *ctx)
{
    struct run *run = ctx;
    struct ats_journal_reader *reader = NULL;
    struct ats_journal_entry entry;
    check(ats_journal_reader_open(run->journal, false, &reader) == ATS_OK, "no reader", 0);
    for (uint64_t i = 1; i <= run->count; i++) {
        while (ats_journal_reader_next(reader, &entry) == ATS_ERR_AGAIN) {
            maintain(run->journal);
            ats_journal_wait(run->journal, 10);
        }
        check_entry(&entry, i);
        if (i % 50 == 0 || i == run->count)
            ats_journal_acknowledge(run->journal, entry.journal_id, i);
        if (i % 20 == 0)
            maintain(run->journal);
    }
    ats_journal_reader_close(reader);
    return NULL;
}

static void *look_on(void *ctx)
{
    struct run *run = ctx;
    while (!atomic_load(&run->done)) {
        uint64_t backlog = ats_journal_backlog_bytes(run->journal);
        check(backlog <= (uint64_t)1 << 40, "backlog below zero", backlog);
        (void)sched_yield();
    }
    return NULL;
}

/* Each record is appended only after the reader has taken the one before and gone to sleep, or is about to. */
static void *read_sleeping(void *ctx)
{
    struct run *run = ctx;
    struct ats_journal_reader *reader = NULL;
    struct ats_journal_entry entry;
    check(ats_journal_reader_open(run->journal, false, &reader) == ATS_OK, "no reader", 0);
    for (uint64_t i = 1; i <= WAKE_ROUNDS; i++) {
        while (ats_journal_reader_next(reader, &entry) == ATS_ERR_AGAIN)
            ats_journal_wait(run->journal, WAKE_TIMEOUT_MS);
        check_entry(&entry, i);
        atomic_store(&run->received, i);
    }
    ats_journal_reader_close(reader);
    return NULL;
}

static void *write_slowly(void *ctx)
{
    struct run *run = ctx;
    for (uint64_t i = 1; i <= WAKE_ROUNDS; i++) {
        /* Odd rounds append once the reader says that it sleeps; even rounds race with it. */
        while (i % 2 == 1 && atomic_load(&run->journal->sleeping) == 0)
            (void)sched_yield();
        append_one(run, i);
        while (atomic_load(&run->received) < i)
            (void)sched_yield();
    }
    return NULL;
}

static pthread_t start(void *(*body)(void *), struct run *run)
{
    pthread_t thread;
    check(pthread_create(&thread, NULL, body, run) == 0, "no thread", 0);
    return thread;
}

static void run_threads(const char *folder, enum ats_journal_sync sync, uint64_t count,
                        void *(*writer)(void *), void *(*reader)(void *))
{
    const struct ats_journal_options options = {.segment_size = SEGMENT_SIZE,
                                                .size_max = 4 * SEGMENT_SIZE,
                                                .sync = sync,
                                                .sync_interval_ms = 10};
    struct ats_error err = {0};
    struct run run = {.count = count};
    if (ats_journal_open(folder, &options, &run.journal, &err) != ATS_OK)
        fail(err.text, 0);
    pthread_t onlooker = start(look_on, &run);
    pthread_t reading = start(reader, &run);
    pthread_t writing = start(writer, &run);
    (void)pthread_join(writing, NULL);
    (void)pthread_join(reading, NULL);
    atomic_store(&run.done, true);
    (void)pthread_join(onlooker, NULL);
    if (reader == read_all)
        check(ats_journal_backlog_bytes(run.journal) == 0, "backlog left", count);
    ats_journal_close(run.journal);
    (void)printf("%" PRIu64 " records, %" PRIu64 " refused on the way\n", count, run.refused);
}

int main(void)
{
    static const char *const names[] = {"fast", "synced", "slow"};
    char base[] = "/tmp/ats-journal-threads-XXXXXX";
    char folders[3][PATH_MAX];
    char command[PATH_MAX];
    check(mkdtemp(base) != NULL, "no folder", 0);
    for (size_t i = 0; i < 3; i++)
        (void)snprintf(folders[i], sizeof(folders[i]), "%s/%s", base, names[i]);
    run_threads(folders[0], ATS_JOURNAL_SYNC_INTERVAL, 20000, write_all, read_all);
    run_threads(folders[1], ATS_JOURNAL_SYNC_ALWAYS, 300, write_all, read_all);
    run_threads(folders[2], ATS_JOURNAL_SYNC_NEVER, WAKE_ROUNDS, write_slowly, read_sleeping);
    (void)snprintf(command, sizeof(command), "rm -r '%s'", base);
    return system(command) == 0 ? 0 : 1;
}
