/* SPDX-License-Identifier: Apache-2.0 */
/* What a journal makes of a folder that a crash, a disk or a stranger has left. */
#include "common/journal/journal.h"

#include "tests/unit/common/journal/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* Runs `work` in a child that ends by SIGKILL when the work is done: no close, nothing flushed. */
static void in_killed_child(void (*work)(void *ctx), void *ctx)
{
    pid_t child = fork();
    int status = 0;
    cr_assert_geq(child, 0);
    if (child == 0) {
        work(ctx);
        (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

struct child_work {
    const struct ats_journal_options *options; /* NULL: the default */
    uint64_t count;
    uint64_t acknowledge; /* 0: none */
    int report;           /* pipe that gets each position, or -1 */
};

static void append_in_child(void *ctx)
{
    const struct child_work *work = ctx;
    struct ats_journal *journal = NULL;
    int64_t now_ms = 0;
    if (ats_journal_open(folder, work->options ? work->options : &default_options, &journal,
                         NULL) != ATS_OK)
        _exit(1);
    uint64_t id = ats_journal_id(journal);
    for (uint64_t i = 1; i <= work->count; i++) {
        if (try_append_number(journal, i) != ATS_OK)
            _exit(2);
        if (i == work->acknowledge)
            ats_journal_acknowledge(journal, id, i);
        if (work->report >= 0 && write(work->report, &i, sizeof(i)) != (ssize_t)sizeof(i))
            _exit(3);
        now_ms += 3600000;
        if (ats_journal_maintain(journal, now_ms, NULL) != ATS_OK)
            _exit(4);
    }
}

static void leave_unclean(uint64_t count)
{
    struct child_work work = {.count = count, .report = -1};
    in_killed_child(append_in_child, &work);
}

Test(journal, keeps_every_record_after_a_kill_and_starts_a_new_id)
{
    leave_unclean(100);
    struct ats_journal *journal = open_journal();
    const struct ats_journal_recovery *recovery = ats_journal_recovered(journal);
    struct ats_journal_reader *reader = open_reader(journal, false);
    struct ats_journal_entry entry;
    cr_assert_not(recovery->clean);
    cr_assert_eq(recovery->records, 100);
    cr_assert_eq(recovery->torn + recovery->corrupt + recovery->lost, 0);
    uint64_t old_id = 0;
    for (uint64_t i = 1; i <= 100; i++) {
        cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
        cr_assert_eq(entry.position, i);
        cr_assert_neq(entry.journal_id, ats_journal_id(journal));
        cr_assert(old_id == 0 || entry.journal_id == old_id);
        old_id = entry.journal_id;
    }
    cr_assert_eq(append(journal, 5, "after"), 1);
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert_eq(entry.journal_id, ats_journal_id(journal));
    cr_assert_eq(entry.position, 1);
    cr_assert(ats_span_is(entry.data, "after"));
    close_all(journal, reader);
}

Test(journal, keeps_what_it_answered_for_when_killed_at_any_moment)
{
    int ends[2];
    uint64_t position = 0;
    uint64_t last = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct child_work work = {.count = 250, .report = ends[1]};
        append_in_child(&work);
        (void)pause();
        _exit(0);
    }
    (void)close(ends[1]);
    while (last < 120 && read(ends[0], &position, sizeof(position)) == (ssize_t)sizeof(position))
        last = position;
    cr_assert_eq(last, 120);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    while (read(ends[0], &position, sizeof(position)) == (ssize_t)sizeof(position))
        last = position;
    (void)close(ends[0]);
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    cr_assert_geq(ats_journal_recovered(journal)->records, last);
    cr_assert_eq(ats_journal_recovered(journal)->torn, 0);
    for (uint64_t i = 1; i <= last; i++)
        cr_assert_eq(next_number(reader), i);
    close_all(journal, reader);
}

Test(journal, the_stored_watermark_survives_a_kill)
{
    struct child_work work = {.count = 100, .acknowledge = 60, .report = -1};
    in_killed_child(append_in_child, &work);
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    cr_assert_eq(next_number(reader), 61);
    cr_assert_eq(ats_journal_backlog_bytes(journal), 40 * NUMBER_RECORD_SIZE);
    close_all(journal, reader);
}

Test(journal, two_kills_leave_two_ids_to_read_in_order)
{
    leave_unclean(30);
    leave_unclean(40);
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    struct ats_journal_entry entry;
    uint64_t first_id = 0;
    for (uint64_t i = 1; i <= 70; i++) {
        cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
        cr_assert_eq(entry.position, i <= 30 ? i : i - 30);
        first_id = i == 1 ? entry.journal_id : first_id;
        cr_assert_eq(entry.journal_id == first_id, i <= 30);
    }
    ats_journal_acknowledge(journal, first_id, 30);
    cr_assert_eq(ats_journal_backlog_bytes(journal), 40 * NUMBER_RECORD_SIZE);
    ats_journal_acknowledge(journal, entry.journal_id, 40);
    cr_assert_eq(ats_journal_backlog_bytes(journal), 0);
    close_all(journal, reader);
}

Test(journal, many_kills_do_not_use_up_the_journal)
{
    enum { KILLS = 20 };
    const struct ats_journal_options roomy = {.segment_size = 16 * SEGMENT_SIZE,
                                              .size_max = 64 * SEGMENT_SIZE};
    struct child_work work = {.options = &roomy, .count = 1, .report = -1};
    for (int i = 0; i < KILLS; i++)
        in_killed_child(append_in_child, &work);
    struct ats_journal *journal = open_with(&roomy);
    cr_assert_eq(ats_journal_recovered(journal)->records, KILLS);
    append_number(journal, 1);
    ats_journal_close(journal);
}

/* The segments' numbers in the folder, in order. */
struct found {
    uint64_t numbers[64];
    size_t count;
};

static void note_segment(void *ctx, const char *name, const char *path)
{
    struct found *found = ctx;
    (void)path;
    if (has_suffix(name, ".seg"))
        found->numbers[found->count++] = strtoull(name, NULL, 16);
}

static int compare(const void *a, const void *b)
{
    return *(const uint64_t *)a < *(const uint64_t *)b ? -1 : 1;
}

static void path_of_segment(size_t index, char path[2 * PATH_MAX])
{
    struct found found = {.count = 0};
    char name[32];
    each_file(note_segment, &found);
    cr_assert_lt(index, found.count);
    qsort(found.numbers, found.count, sizeof(found.numbers[0]), compare);
    (void)snprintf(name, sizeof(name), "%016llx.seg", (unsigned long long)found.numbers[index]);
    path_in_folder(name, path);
}

static size_t read_bytes(const char *path, uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t len = fread(bytes, 1, size, file);
    (void)fclose(file);
    return len;
}

static void write_bytes(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, len, file), len);
    cr_assert_eq(fclose(file), 0);
}

#define RECORD_AT(n) (48 + ((size_t)(n)-1) * NUMBER_RECORD_SIZE)

static void assert_recovers(uint64_t records, uint64_t torn)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    cr_assert_eq(ats_journal_recovered(journal)->records, records);
    cr_assert_eq(ats_journal_recovered(journal)->torn, torn);
    cr_assert_eq(ats_journal_recovered(journal)->corrupt, 0);
    for (uint64_t i = 1; i <= records; i++)
        cr_assert_eq(next_number(reader), i);
    cr_assert_eq(next_number(reader), 0);
    cr_assert_eq(append(journal, 1, "goes on"), 1);
    close_all(journal, reader);
}

/* Bytes from some offset of the last record on did not reach the disk. */
Test(journal, cuts_a_record_that_is_torn_at_any_byte)
{
    static uint8_t bytes[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    leave_unclean(5);
    path_of_segment(0, path);
    cr_assert_eq(read_bytes(path, bytes, sizeof(bytes)), sizeof(bytes));
    for (size_t at = RECORD_AT(5) + 4; at < RECORD_AT(5) + 12 + NUMBER_SIZE; at++) {
        uint8_t torn[SEGMENT_SIZE] = {0};
        (void)memcpy(torn, bytes, at);
        if (memcmp(torn, bytes, sizeof(torn)) == 0)
            continue; /* the rest was zeros anyway */
        each_file(remove_file, NULL);
        write_bytes(path, torn, sizeof(torn));
        assert_recovers(4, 1);
    }
}

Test(journal, cuts_a_record_in_a_file_that_ends_at_any_byte)
{
    static uint8_t bytes[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    leave_unclean(5);
    path_of_segment(0, path);
    cr_assert_eq(read_bytes(path, bytes, sizeof(bytes)), sizeof(bytes));
    for (size_t len = RECORD_AT(5); len < RECORD_AT(5) + NUMBER_RECORD_SIZE; len++) {
        each_file(remove_file, NULL);
        write_bytes(path, bytes, len);
        struct ats_journal *journal = open_journal();
        cr_assert_eq(ats_journal_recovered(journal)->records, 4);
        ats_journal_close(journal);
    }
}

Test(journal, a_flipped_bit_anywhere_in_a_record_hides_it_and_what_follows)
{
    static uint8_t bytes[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    leave_unclean(5);
    path_of_segment(0, path);
    cr_assert_eq(read_bytes(path, bytes, sizeof(bytes)), sizeof(bytes));
    for (size_t at = RECORD_AT(3); at < RECORD_AT(3) + 12 + NUMBER_SIZE; at++) {
        bytes[at] ^= 0x40;
        each_file(remove_file, NULL);
        write_bytes(path, bytes, sizeof(bytes));
        assert_recovers(2, 1);
        bytes[at] ^= 0x40;
    }
}

Test(journal, damage_in_the_middle_is_counted_and_the_file_is_kept_for_a_person)
{
    static uint8_t bytes[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    uint64_t per_segment = (SEGMENT_SIZE - 48) / NUMBER_RECORD_SIZE;
    leave_unclean(per_segment * 2);
    path_of_segment(0, path);
    cr_assert_eq(read_bytes(path, bytes, sizeof(bytes)), sizeof(bytes));
    bytes[RECORD_AT(10) + 20] ^= 1;
    write_bytes(path, bytes, sizeof(bytes));
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    cr_assert_eq(ats_journal_recovered(journal)->corrupt, 1);
    cr_assert_eq(ats_journal_recovered(journal)->lost, per_segment - 9);
    uint64_t old_id = 0;
    struct ats_journal_entry entry;
    for (uint64_t i = 1; i <= per_segment * 2; i++) {
        if (i >= 10 && i <= per_segment)
            continue;
        cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
        cr_assert_eq(entry.position, i);
        old_id = entry.journal_id;
    }
    ats_journal_acknowledge(journal, old_id, per_segment * 2);
    append_number(journal, 1);
    cr_assert_eq(next_number(reader), 1);
    maintain(journal);
    cr_assert_eq(count_set_aside(), 1);
    close_all(journal, reader);
}

static void begin_a_segment_for_a_group(void *ctx)
{
    struct ats_journal *journal = NULL;
    uint64_t position = 0;
    (void)ctx;
    if (ats_journal_open(folder, &default_options, &journal, NULL) != ATS_OK)
        _exit(1);
    for (uint64_t i = 1; i <= 5; i++)
        if (try_append_number(journal, i) != ATS_OK)
            _exit(2);
    if (ats_journal_maintain(journal, 3600000, NULL) != ATS_OK ||
        ats_journal_group_begin(journal, true) != ATS_OK ||
        ats_journal_group_add(journal, 1, ats_span_text("6")) != ATS_OK ||
        ats_journal_group_end(journal, &position) != ATS_OK)
        _exit(3);
}

/* A group that did not fit was taken back, and the disk has kept its beginning. */
Test(journal, what_is_left_of_a_group_that_went_into_the_next_segment_is_no_damage)
{
    static uint8_t bytes[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    in_killed_child(begin_a_segment_for_a_group, NULL);
    path_of_segment(0, path);
    cr_assert_eq(read_bytes(path, bytes, sizeof(bytes)), sizeof(bytes));
    bytes[RECORD_AT(6) + 3] = 20;
    write_bytes(path, bytes, sizeof(bytes));
    struct ats_journal *journal = open_journal();
    cr_assert_eq(ats_journal_recovered(journal)->records, 6);
    cr_assert_eq(ats_journal_recovered(journal)->torn, 1);
    cr_assert_eq(ats_journal_recovered(journal)->corrupt, 0);
    cr_assert_eq(ats_journal_recovered(journal)->lost, 0);
    ats_journal_close(journal);
}

Test(journal, a_segment_with_a_bad_header_is_set_aside_and_the_others_are_read)
{
    static uint8_t bytes[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    uint64_t per_segment = (SEGMENT_SIZE - 48) / NUMBER_RECORD_SIZE;
    leave_unclean(per_segment * 2);
    path_of_segment(0, path);
    (void)read_bytes(path, bytes, sizeof(bytes));
    bytes[20] ^= 1; /* journal id */
    write_bytes(path, bytes, sizeof(bytes));
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    cr_assert_eq(ats_journal_recovered(journal)->corrupt, 1);
    cr_assert_eq(ats_journal_recovered(journal)->records, per_segment);
    cr_assert_eq(count_set_aside(), 1);
    cr_assert_eq(next_number(reader), per_segment + 1);
    close_all(journal, reader);
}

Test(journal, a_segment_under_another_number_is_set_aside)
{
    char path[2 * PATH_MAX];
    char other[2 * PATH_MAX];
    leave_unclean(5);
    path_of_segment(0, path);
    path_in_folder("0000000000000077.seg", other);
    cr_assert_eq(rename(path, other), 0);
    struct ats_journal *journal = open_journal();
    cr_assert_eq(ats_journal_recovered(journal)->corrupt, 1);
    cr_assert_eq(ats_journal_recovered(journal)->records, 0);
    cr_assert_eq(count_set_aside(), 1);
    ats_journal_close(journal);
}

Test(journal, refuses_a_segment_of_a_later_version)
{
    static uint8_t bytes[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    struct ats_journal *journal = NULL;
    struct ats_error err = {0};
    static const uint8_t head[48] = {'A', 'T', 'S', 'J',      'R',      'N',  'L',  0,    0,
                                     0,   0,   2,   [31] = 1, [39] = 1, 0xb5, 0xa7, 0xed, 0x08};
    (void)memcpy(bytes, head, sizeof(head));
    path_in_folder("0000000000000001.seg", path);
    write_bytes(path, bytes, sizeof(bytes));
    cr_assert_eq(ats_journal_open(folder, &default_options, &journal, &err), ATS_ERR_CORRUPT);
    cr_assert_not_null(strstr(err.text, "version 2"), "%s", err.text);
}

Test(journal, a_gap_between_segments_is_counted)
{
    char path[2 * PATH_MAX];
    uint64_t per_segment = (SEGMENT_SIZE - 48) / NUMBER_RECORD_SIZE;
    leave_unclean(per_segment * 3);
    path_of_segment(1, path);
    cr_assert_eq(unlink(path), 0);
    struct ats_journal *journal = open_journal();
    cr_assert_eq(ats_journal_recovered(journal)->lost, per_segment);
    cr_assert_eq(ats_journal_recovered(journal)->records, per_segment * 2);
    ats_journal_close(journal);
}

Test(journal, removes_segments_that_were_never_used_and_leaves_foreign_files_alone)
{
    static const char *const foreign[] = {"README", "1.seg", "000000000000000G.seg",
                                          "0000000000000000.seg", "ffffffffffffffff.seg"};
    static uint8_t zeros[SEGMENT_SIZE];
    char path[2 * PATH_MAX];
    path_in_folder("0000000000000001.seg", path);
    write_bytes(path, zeros, 0);
    path_in_folder("0000000000000002.seg", path);
    write_bytes(path, zeros, sizeof(zeros));
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        path_in_folder(foreign[i], path);
        write_bytes(path, (const uint8_t *)"text", 4);
    }
    struct ats_journal *journal = open_journal();
    cr_assert_eq(ats_journal_recovered(journal)->segments, 0);
    cr_assert_eq(ats_journal_recovered(journal)->corrupt, 0);
    ats_journal_close(journal);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        path_in_folder(foreign[i], path);
        cr_assert_eq(access(path, F_OK), 0, "%s", foreign[i]);
    }
}

Test(journal, sets_a_folder_and_a_link_of_a_segments_name_aside)
{
    char path[2 * PATH_MAX];
    path_in_folder("0000000000000003.seg", path);
    cr_assert_eq(mkdir(path, 0700), 0);
    path_in_folder("0000000000000004.seg", path);
    cr_assert_eq(symlink("/etc/passwd", path), 0);
    struct ats_journal *journal = open_journal();
    cr_assert_eq(ats_journal_recovered(journal)->corrupt, 2);
    cr_assert_eq(count_set_aside(), 2);
    append_number(journal, 1);
    ats_journal_close(journal);
}

Test(journal, a_damaged_watermark_means_that_everything_is_read_again)
{
    char path[2 * PATH_MAX];
    struct ats_journal *journal = open_journal();
    uint64_t id = ats_journal_id(journal);
    for (uint64_t i = 1; i <= 10; i++)
        append_number(journal, i);
    ats_journal_acknowledge(journal, id, 7);
    ats_journal_close(journal);
    path_in_folder("watermark", path);
    write_bytes(path, (const uint8_t *)"garbage", 7);
    journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    cr_assert_not(ats_journal_recovered(journal)->clean);
    cr_assert_neq(ats_journal_id(journal), id);
    cr_assert_eq(next_number(reader), 1);
    close_all(journal, reader);
}

/* A power loss may bring an older file back; a position must not come to name two records. */
Test(journal, a_clean_mark_that_does_not_fit_the_records_is_not_believed)
{
    static uint8_t mark[64];
    char path[2 * PATH_MAX];
    struct ats_journal *journal = open_journal();
    uint64_t id = ats_journal_id(journal);
    append_number(journal, 1);
    ats_journal_close(journal);
    path_in_folder("watermark", path);
    size_t len = read_bytes(path, mark, sizeof(mark));
    journal = open_journal();
    cr_assert_eq(ats_journal_id(journal), id);
    append_number(journal, 2);
    ats_journal_close(journal);
    write_bytes(path, mark, len);
    journal = open_journal();
    cr_assert_not(ats_journal_recovered(journal)->clean);
    cr_assert_neq(ats_journal_id(journal), id);
    ats_journal_close(journal);
}

Test(journal, opens_when_it_is_full_so_that_it_can_be_emptied)
{
    struct ats_journal_options small = default_options;
    uint64_t per_segment = (SEGMENT_SIZE - 48) / NUMBER_RECORD_SIZE;
    leave_unclean(per_segment * 5);
    small.size_max = 2 * SEGMENT_SIZE;
    struct ats_journal *journal = open_with(&small);
    struct ats_journal_reader *reader = open_reader(journal, false);
    struct ats_journal_entry entry;
    cr_assert_eq(try_append_number(journal, 1), ATS_ERR_LIMIT);
    maintain(journal);
    cr_assert_eq(try_append_number(journal, 1), ATS_ERR_LIMIT);
    while (ats_journal_reader_next(reader, &entry) == ATS_OK)
        ats_journal_acknowledge(journal, entry.journal_id, entry.position);
    maintain(journal);
    append_number(journal, 1);
    cr_assert_eq(next_number(reader), 1);
    close_all(journal, reader);
}
