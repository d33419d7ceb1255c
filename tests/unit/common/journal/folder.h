/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the journal share: a folder of their own, small segments, and records that hold a number. */
#ifndef ATS_TESTS_JOURNAL_FOLDER_H
#define ATS_TESTS_JOURNAL_FOLDER_H

#include "common/journal/journal.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_SIZE 4096
#define NUMBER_SIZE 100
#define NUMBER_RECORD_SIZE 112

static char folder[PATH_MAX];

static const struct ats_journal_options default_options = {
    .segment_size = SEGMENT_SIZE,
    .size_max = 8 * SEGMENT_SIZE,
    .sync = ATS_JOURNAL_SYNC_INTERVAL,
    .sync_interval_ms = 0,
};

static void make_folder(void)
{
    scratch_folder(folder, sizeof(folder), "ats-journal");
}

static void path_in_folder(const char *name, char ret_path[2 * PATH_MAX])
{
    (void)snprintf(ret_path, 2 * (size_t)PATH_MAX, "%s/%s", folder, name);
}

static inline void each_file(void (*each)(void *ctx, const char *name, const char *path), void *ctx)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);
    cr_assert_not_null(dir);
    while ((entry = readdir(dir))) {
        char path[2 * PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        path_in_folder(entry->d_name, path);
        each(ctx, entry->d_name, path);
    }
    (void)closedir(dir);
}

static void remove_file(void *ctx, const char *name, const char *path)
{
    (void)ctx;
    (void)name;
    (void)remove(path);
}

static void remove_folder(void)
{
    each_file(remove_file, NULL);
    (void)rmdir(folder);
}

TestSuite(journal, .init = make_folder, .fini = remove_folder);

static inline bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    size_t suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static inline void count_segment(void *ctx, const char *name, const char *path)
{
    (void)path;
    if (has_suffix(name, ".seg"))
        ++*(unsigned *)ctx;
}

static inline unsigned count_segments(void)
{
    unsigned count = 0;
    each_file(count_segment, &count);
    return count;
}

static inline void count_kept(void *ctx, const char *name, const char *path)
{
    (void)path;
    if (has_suffix(name, ".seg.corrupt"))
        ++*(unsigned *)ctx;
}

static inline unsigned count_set_aside(void)
{
    unsigned count = 0;
    each_file(count_kept, &count);
    return count;
}

static inline void add_size(void *ctx, const char *name, const char *path)
{
    struct stat st;
    (void)name;
    cr_assert_eq(stat(path, &st), 0);
    *(uint64_t *)ctx += (uint64_t)st.st_size;
}

static inline uint64_t folder_bytes(void)
{
    uint64_t bytes = 0;
    each_file(add_size, &bytes);
    return bytes;
}

static inline struct ats_journal *open_with(const struct ats_journal_options *options)
{
    struct ats_journal *journal = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_journal_open(folder, options, &journal, &err), ATS_OK, "%s", err.text);
    return journal;
}

static inline struct ats_journal *open_journal(void)
{
    return open_with(&default_options);
}

static inline struct ats_journal_reader *open_reader(struct ats_journal *journal, bool from_oldest)
{
    struct ats_journal_reader *reader = NULL;
    cr_assert_eq(ats_journal_reader_open(journal, from_oldest, &reader), ATS_OK);
    return reader;
}

static inline void close_all(struct ats_journal *journal, struct ats_journal_reader *reader)
{
    ats_journal_reader_close(reader);
    ats_journal_close(journal);
}

/* Each call is an hour later than the last, so that whatever is due is done. */
static inline void maintain(struct ats_journal *journal)
{
    static int64_t now_ms;
    struct ats_error err = {0};
    now_ms += 3600000;
    cr_assert_eq(ats_journal_maintain(journal, now_ms, &err), ATS_OK, "%s", err.text);
}

static inline uint64_t append(struct ats_journal *journal, uint32_t kind, const char *text)
{
    uint64_t position = 0;
    cr_assert_eq(ats_journal_append(journal, kind, ats_span_text(text), &position), ATS_OK);
    return position;
}

static inline enum ats_status try_append_number(struct ats_journal *journal, uint64_t number)
{
    uint64_t position = 0;
    uint8_t data[NUMBER_SIZE];
    (void)memset(data, (int)number, sizeof(data));
    (void)memcpy(data, &number, sizeof(number));
    return ats_journal_append(journal, 1, ats_span_of(data, sizeof(data)), &position);
}

static inline void append_number(struct ats_journal *journal, uint64_t number)
{
    cr_assert_eq(try_append_number(journal, number), ATS_OK);
}

/* The number in the next record, or 0 when there is none. */
static inline uint64_t next_number(struct ats_journal_reader *reader)
{
    struct ats_journal_entry entry;
    uint64_t number = 0;
    if (ats_journal_reader_next(reader, &entry) != ATS_OK)
        return 0;
    cr_assert_eq(entry.data.len, NUMBER_SIZE);
    (void)memcpy(&number, entry.data.data, sizeof(number));
    for (size_t i = sizeof(number); i < NUMBER_SIZE; i++)
        cr_assert_eq(entry.data.data[i], (uint8_t)number);
    return number;
}

/* Appends numbers from 1 until the segment has no room; how many. Maintain does not run. */
static inline uint64_t fill_segment(struct ats_journal *journal)
{
    uint64_t count = (SEGMENT_SIZE - 48) / NUMBER_RECORD_SIZE;
    for (uint64_t i = 1; i <= count; i++)
        append_number(journal, i);
    return count;
}

#endif
