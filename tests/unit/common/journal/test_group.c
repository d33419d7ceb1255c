/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are there together or not at all. */
#include "common/journal/journal.h"

#include "tests/unit/common/journal/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static enum ats_status add_number(struct ats_journal *journal, uint64_t number)
{
    uint8_t data[NUMBER_SIZE];
    (void)memset(data, (int)number, sizeof(data));
    (void)memcpy(data, &number, sizeof(number));
    return ats_journal_group_add(journal, 1, ats_span_of(data, sizeof(data)));
}

static uint64_t append_group(struct ats_journal *journal, uint64_t from, uint64_t count)
{
    uint64_t first = 0;
    cr_assert_eq(ats_journal_group_begin(journal, false), ATS_OK);
    for (uint64_t i = 0; i < count; i++)
        cr_assert_eq(add_number(journal, from + i), ATS_OK);
    cr_assert_eq(ats_journal_group_end(journal, &first), ATS_OK);
    return first;
}

Test(journal, a_group_is_read_as_records_one_behind_the_other)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    append_number(journal, 1);
    cr_assert_eq(append_group(journal, 2, 3), 2);
    append_number(journal, 5);
    for (uint64_t i = 1; i <= 5; i++)
        cr_assert_eq(next_number(reader), i);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 3); /* in the middle of it */
    ats_journal_reader_rewind(reader);
    cr_assert_eq(next_number(reader), 4);
    close_all(journal, reader);
}

Test(journal, a_group_has_the_kinds_that_it_was_given)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    struct ats_journal_entry entry;
    uint64_t first = 0;
    cr_assert_eq(ats_journal_group_begin(journal, false), ATS_OK);
    cr_assert_eq(ats_journal_group_add(journal, 7, ats_span_text("a")), ATS_OK);
    cr_assert_eq(ats_journal_group_add(journal, 9, ats_span_text("")), ATS_OK);
    cr_assert_eq(ats_journal_group_end(journal, &first), ATS_OK);
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert_eq(entry.kind, 7);
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert_eq(entry.kind, 9);
    close_all(journal, reader);
}

Test(journal, nobody_sees_a_group_before_its_end_nor_one_that_is_dropped)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    cr_assert_eq(ats_journal_group_begin(journal, false), ATS_OK);
    cr_assert_eq(add_number(journal, 1), ATS_OK);
    cr_assert_eq(add_number(journal, 2), ATS_OK);
    cr_assert_eq(next_number(reader), 0);
    ats_journal_group_drop(journal);
    cr_assert_eq(next_number(reader), 0);
    append_number(journal, 3);
    cr_assert_eq(next_number(reader), 3);
    close_all(journal, reader);
    journal = open_journal();
    cr_assert_eq(ats_journal_recovered(journal)->records, 1);
    ats_journal_close(journal);
}

Test(journal, a_group_that_does_not_fit_goes_into_the_next_segment)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    const uint64_t in_one = (SEGMENT_SIZE - 48) / NUMBER_RECORD_SIZE - 2;
    uint64_t first = 0;
    for (uint64_t i = 1; i <= in_one; i++)
        append_number(journal, i);
    maintain(journal);
    cr_assert_eq(ats_journal_group_begin(journal, false), ATS_OK);
    cr_assert_eq(add_number(journal, in_one + 1), ATS_OK);
    cr_assert_eq(add_number(journal, in_one + 2), ATS_OK);
    cr_assert_eq(add_number(journal, in_one + 3), ATS_ERR_LIMIT);
    ats_journal_group_drop(journal);
    cr_assert_eq(ats_journal_group_begin(journal, true), ATS_OK);
    for (uint64_t i = 1; i <= 3; i++)
        cr_assert_eq(add_number(journal, in_one + i), ATS_OK);
    cr_assert_eq(ats_journal_group_end(journal, &first), ATS_OK);
    cr_assert_eq(first, in_one + 1);
    for (uint64_t i = 1; i <= in_one + 3; i++)
        cr_assert_eq(next_number(reader), i);
    close_all(journal, reader);
}

Test(journal, a_group_larger_than_a_segment_is_refused)
{
    struct ats_journal *journal = open_journal();
    enum ats_status status = ats_journal_group_begin(journal, true);
    for (uint64_t i = 1; status == ATS_OK; i++)
        status = add_number(journal, i);
    cr_assert_eq(status, ATS_ERR_LIMIT);
    ats_journal_group_drop(journal);
    append_number(journal, 1);
    ats_journal_close(journal);
}

static void leave_half_a_group(void)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct ats_journal *journal = open_journal();
        append_number(journal, 1);
        (void)append_group(journal, 2, 2);
        if (ats_journal_group_begin(journal, false) != ATS_OK || add_number(journal, 4) != ATS_OK ||
            add_number(journal, 5) != ATS_OK)
            _exit(1);
        (void)kill(getpid(), SIGKILL);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

Test(journal, half_a_group_is_not_there_after_a_kill)
{
    leave_half_a_group();
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, true);
    cr_assert_eq(ats_journal_recovered(journal)->records, 3);
    for (uint64_t i = 1; i <= 3; i++)
        cr_assert_eq(next_number(reader), i);
    cr_assert_eq(next_number(reader), 0);
    append_number(journal, 9);
    cr_assert_eq(next_number(reader), 9);
    close_all(journal, reader);
}
