/* SPDX-License-Identifier: Apache-2.0 */
/* What a journal does while all goes well: append, read, acknowledge, remove, fill up, go on after a clean stop. */
#include "common/journal/journal.h"

#include "tests/unit/common/journal/folder.h"

#include "common/base/limits.h"

Test(journal, reads_what_was_appended_in_order)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    struct ats_journal_entry entry;
    cr_assert_eq(append(journal, 7, "first"), 1);
    cr_assert_eq(append(journal, 8, ""), 2);
    cr_assert_eq(append(journal, 9, "third"), 3);
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert_eq(entry.journal_id, ats_journal_id(journal));
    cr_assert_eq(entry.position, 1);
    cr_assert_eq(entry.kind, 7);
    cr_assert(ats_span_is(entry.data, "first"));
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert_eq(entry.position, 2);
    cr_assert_eq(entry.data.len, 0);
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert(ats_span_is(entry.data, "third"));
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_ERR_AGAIN);
    close_all(journal, reader);
}

Test(journal, a_reader_at_the_end_sees_what_comes_later)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    struct ats_journal_entry entry;
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_ERR_AGAIN);
    (void)append(journal, 1, "late");
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert(ats_span_is(entry.data, "late"));
    close_all(journal, reader);
}

Test(journal, goes_on_through_several_segments)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    for (uint64_t i = 1; i <= 200; i++) {
        append_number(journal, i);
        maintain(journal);
    }
    for (uint64_t i = 1; i <= 200; i++)
        cr_assert_eq(next_number(reader), i);
    cr_assert_gt(count_segments(), 3);
    close_all(journal, reader);
}

Test(journal, removes_a_segment_when_its_last_record_is_acknowledged)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    uint64_t per_segment = fill_segment(journal);
    maintain(journal);
    append_number(journal, per_segment + 1);
    maintain(journal);
    cr_assert_eq(count_segments(), 3); /* the full one, the one begun, the spare */
    for (uint64_t i = 1; i <= per_segment; i++)
        (void)next_number(reader);
    ats_journal_acknowledge(journal, ats_journal_id(journal), per_segment - 1);
    maintain(journal);
    cr_assert_eq(count_segments(), 3);
    ats_journal_acknowledge(journal, ats_journal_id(journal), per_segment);
    (void)next_number(reader); /* the reader leaves the segment */
    maintain(journal);
    cr_assert_eq(count_segments(), 2);
    close_all(journal, reader);
}

Test(journal, keeps_an_acknowledged_segment_while_a_reader_is_in_it)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, true);
    uint64_t per_segment = fill_segment(journal);
    maintain(journal);
    append_number(journal, per_segment + 1);
    cr_assert_eq(next_number(reader), 1);
    ats_journal_acknowledge(journal, ats_journal_id(journal), per_segment + 1);
    maintain(journal);
    cr_assert_eq(count_segments(), 3);
    for (uint64_t i = 2; i <= per_segment + 1; i++)
        cr_assert_eq(next_number(reader), i);
    maintain(journal);
    cr_assert_eq(count_segments(), 2);
    close_all(journal, reader);
}

Test(journal, refuses_when_full_and_takes_more_when_room_is_made)
{
    struct ats_journal *journal = open_journal();
    uint64_t position = 0;
    uint64_t count = 0;
    enum ats_status status;
    uint8_t data[100] = {0};
    do {
        status = ats_journal_append(journal, 1, ats_span_of(data, sizeof(data)), &position);
        count += status == ATS_OK;
        maintain(journal);
    } while (status == ATS_OK || status == ATS_ERR_AGAIN);
    cr_assert_eq(status, ATS_ERR_LIMIT);
    cr_assert_eq(position, count);
    cr_assert_leq(folder_bytes(), default_options.size_max + 4096);
    ats_journal_acknowledge(journal, ats_journal_id(journal), count / 2);
    maintain(journal);
    cr_assert_eq(ats_journal_append(journal, 1, ats_span_of(data, sizeof(data)), &position),
                 ATS_OK);
    cr_assert_eq(position, count + 1);
    ats_journal_close(journal);
}

Test(journal, asks_for_patience_when_maintain_has_not_run)
{
    struct ats_journal *journal = open_journal();
    uint64_t position = 0;
    uint64_t per_segment = fill_segment(journal); /* took the spare; none was made since */
    uint8_t data[100] = {0};
    cr_assert_gt(per_segment, 0);
    cr_assert_eq(ats_journal_append(journal, 1, ats_span_of(data, sizeof(data)), &position),
                 ATS_ERR_AGAIN);
    maintain(journal);
    cr_assert_eq(ats_journal_append(journal, 1, ats_span_of(data, sizeof(data)), &position),
                 ATS_OK);
    cr_assert_eq(position, per_segment + 1);
    ats_journal_close(journal);
}

Test(journal, takes_a_record_that_fills_a_segment_and_none_that_is_larger)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    static uint8_t data[SEGMENT_SIZE];
    struct ats_journal_entry entry;
    uint64_t position = 0;
    size_t largest = SEGMENT_SIZE - 48 - 12;
    cr_assert_eq(ats_journal_append(journal, 1, ats_span_of(data, largest + 1), &position),
                 ATS_ERR_LIMIT);
    cr_assert_eq(ats_journal_append(journal, 1, ats_span_of(data, largest), &position), ATS_OK);
    cr_assert_eq(ats_journal_reader_next(reader, &entry), ATS_OK);
    cr_assert_eq(entry.data.len, largest);
    close_all(journal, reader);
    reader = NULL;
    journal = open_journal();
    cr_assert_eq(ats_journal_recovered(journal)->records, 1);
    close_all(journal, reader);
}

Test(journal, counts_the_bytes_that_are_not_acknowledged)
{
    struct ats_journal *journal = open_journal();
    cr_assert_eq(ats_journal_backlog_bytes(journal), 0);
    for (uint64_t i = 1; i <= 100; i++) {
        append_number(journal, i);
        maintain(journal);
    }
    cr_assert_eq(ats_journal_backlog_bytes(journal), 100 * NUMBER_RECORD_SIZE);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 1);
    cr_assert_eq(ats_journal_backlog_bytes(journal), 99 * NUMBER_RECORD_SIZE);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 90);
    cr_assert_eq(ats_journal_backlog_bytes(journal), 10 * NUMBER_RECORD_SIZE);
    ats_journal_close(journal);
    journal = open_journal();
    cr_assert_eq(ats_journal_backlog_bytes(journal), 10 * NUMBER_RECORD_SIZE);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 100);
    cr_assert_eq(ats_journal_backlog_bytes(journal), 0);
    ats_journal_close(journal);
}

Test(journal, acknowledging_backwards_or_what_is_not_there_changes_nothing)
{
    struct ats_journal *journal = open_journal();
    for (uint64_t i = 1; i <= 10; i++)
        append_number(journal, i);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 5);
    uint64_t backlog = ats_journal_backlog_bytes(journal);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 4);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 11);
    ats_journal_acknowledge(journal, ats_journal_id(journal) + 1, 7);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 0);
    cr_assert_eq(ats_journal_backlog_bytes(journal), backlog);
    ats_journal_close(journal);
}

Test(journal, rewinds_to_the_first_record_that_is_not_acknowledged)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    for (uint64_t i = 1; i <= 60; i++) {
        append_number(journal, i);
        maintain(journal);
    }
    for (uint64_t i = 1; i <= 60; i++)
        (void)next_number(reader);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 40);
    ats_journal_reader_rewind(reader);
    cr_assert_eq(next_number(reader), 41);
    close_all(journal, reader);
}

Test(journal, a_clean_stop_keeps_id_position_and_watermark)
{
    struct ats_journal *journal = open_journal();
    uint64_t id = ats_journal_id(journal);
    for (uint64_t i = 1; i <= 50; i++) {
        append_number(journal, i);
        maintain(journal);
    }
    ats_journal_acknowledge(journal, id, 33);
    ats_journal_close(journal);
    journal = open_journal();
    cr_assert(ats_journal_recovered(journal)->clean);
    cr_assert_eq(ats_journal_id(journal), id);
    struct ats_journal_reader *reader = open_reader(journal, false);
    append_number(journal, 51);
    for (uint64_t i = 34; i <= 51; i++)
        cr_assert_eq(next_number(reader), i);
    close_all(journal, reader);
}

Test(journal, many_clean_stops_do_not_use_up_the_journal)
{
    for (uint64_t i = 1; i <= 50; i++) {
        struct ats_journal *journal = open_journal();
        append_number(journal, i);
        ats_journal_close(journal);
    }
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *reader = open_reader(journal, false);
    for (uint64_t i = 1; i <= 50; i++)
        cr_assert_eq(next_number(reader), i);
    cr_assert_leq(count_segments(), 3);
    close_all(journal, reader);
}

Test(journal, an_empty_journal_keeps_its_id_over_a_clean_stop)
{
    struct ats_journal *journal = open_journal();
    uint64_t id = ats_journal_id(journal);
    ats_journal_close(journal);
    cr_assert_eq(count_segments(), 0);
    journal = open_journal();
    cr_assert_eq(ats_journal_id(journal), id);
    ats_journal_close(journal);
}

Test(journal, from_oldest_reads_acknowledged_records_that_are_still_there)
{
    struct ats_journal *journal = open_journal();
    for (uint64_t i = 1; i <= 10; i++)
        append_number(journal, i);
    ats_journal_acknowledge(journal, ats_journal_id(journal), 8);
    struct ats_journal_reader *oldest = open_reader(journal, true);
    struct ats_journal_reader *rest = open_reader(journal, false);
    cr_assert_eq(next_number(oldest), 1);
    cr_assert_eq(next_number(rest), 9);
    ats_journal_reader_close(oldest);
    close_all(journal, rest);
}

Test(journal, opens_a_limited_number_of_readers)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal_reader *readers[ATS_JOURNAL_READERS_MAX];
    struct ats_journal_reader *extra = NULL;
    for (size_t i = 0; i < ATS_JOURNAL_READERS_MAX; i++)
        readers[i] = open_reader(journal, false);
    cr_assert_eq(ats_journal_reader_open(journal, false, &extra), ATS_ERR_LIMIT);
    for (size_t i = 0; i < ATS_JOURNAL_READERS_MAX; i++)
        ats_journal_reader_close(readers[i]);
    ats_journal_close(journal);
}

Test(journal, syncs_each_record_when_told_to)
{
    struct ats_journal_options options = default_options;
    options.sync = ATS_JOURNAL_SYNC_ALWAYS;
    struct ats_journal *journal = open_with(&options);
    struct ats_journal_reader *reader = open_reader(journal, false);
    for (uint64_t i = 1; i <= 50; i++) {
        append_number(journal, i);
        maintain(journal);
    }
    for (uint64_t i = 1; i <= 50; i++)
        cr_assert_eq(next_number(reader), i);
    close_all(journal, reader);
}

Test(journal, is_opened_by_one_at_a_time)
{
    struct ats_journal *journal = open_journal();
    struct ats_journal *second = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_journal_open(folder, &default_options, &second, &err), ATS_ERR_EXISTS);
    cr_assert_not_null(strstr(err.text, folder));
    ats_journal_close(journal);
}

Test(journal, refuses_sizes_that_cannot_work)
{
    struct ats_journal *journal = NULL;
    struct ats_error err = {0};
    struct ats_journal_options options = default_options;
    options.segment_size = ATS_JOURNAL_SEGMENT_MIN - 1;
    cr_assert_eq(ats_journal_open(folder, &options, &journal, &err), ATS_ERR_CONFIG);
    options.segment_size = SEGMENT_SIZE;
    options.size_max = 2 * SEGMENT_SIZE - 1;
    cr_assert_eq(ats_journal_open(folder, &options, &journal, &err), ATS_ERR_CONFIG);
    options.size_max = (uint64_t)SEGMENT_SIZE * (ATS_JOURNAL_SEGMENTS_MAX + 1);
    cr_assert_eq(ats_journal_open(folder, &options, &journal, &err), ATS_ERR_CONFIG);
}

Test(journal, works_with_two_segments_for_ever)
{
    struct ats_journal_options options = default_options;
    options.size_max = 2 * SEGMENT_SIZE;
    struct ats_journal *journal = open_with(&options);
    struct ats_journal_reader *reader = open_reader(journal, false);
    for (uint64_t i = 1; i <= 500; i++) {
        append_number(journal, i);
        cr_assert_eq(next_number(reader), i);
        ats_journal_acknowledge(journal, ats_journal_id(journal), i);
        maintain(journal);
    }
    cr_assert_leq(count_segments(), 2);
    close_all(journal, reader);
}
