/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/offsets.h"

#include "processor/runtime/commit_mark.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct ats_changelog changelog = {.topic = "t.state.group", .partition = 3};

static void add(rd_kafka_topic_partition_list_t *list, const char *topic, int32_t partition,
                int64_t offset, const char *metadata)
{
    rd_kafka_topic_partition_t *entry = rd_kafka_topic_partition_list_add(list, topic, partition);
    entry->offset = offset;
    if (metadata) {
        entry->metadata = malloc(strlen(metadata));
        memcpy(entry->metadata, metadata, strlen(metadata));
        entry->metadata_size = strlen(metadata);
    }
}

/* Partition 3 of topics "a" (at 10, input 41) and "b" (never committed), and partition 4 of "a". */
static struct ats_offsets *make(void)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(3);
    add(list, "a", 3, 10, "input=41");
    add(list, "a", 4, 99, "input=77");
    add(list, "b", 3, RD_KAFKA_OFFSET_INVALID, NULL);
    struct ats_offsets *offsets = ats_offsets_new(list, 3);
    rd_kafka_topic_partition_list_destroy(list);
    cr_assert_not_null(offsets);
    return offsets;
}

/* What would be committed, as "topic:offset topic:offset ". */
static void assert_to_commit(const struct ats_offsets *offsets, const char *expected)
{
    char found[256] = "";
    size_t used = 0;
    rd_kafka_topic_partition_list_t *list = ats_offsets_to_commit(offsets, &changelog, 42);
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *entry = &list->elems[i];
        cr_assert_eq(entry->partition, 3);
        struct ats_commit_mark mark = ats_commit_mark_read(entry);
        cr_assert_eq(mark.input_number, 42);
        cr_assert_eq(mark.time_ms, 1000);
        cr_assert(ats_commit_mark_holds(&changelog, entry));
        used += (size_t)snprintf(found + used, sizeof(found) - used, "%s:%lld ", entry->topic,
                                 (long long)entry->offset);
    }
    rd_kafka_topic_partition_list_destroy(list);
    cr_assert_str_eq(found, expected);
}

Test(offsets, takes_its_own_partition_of_each_topic)
{
    struct ats_offsets *offsets = make();
    cr_assert_eq(ats_offsets_count(offsets), 2);
    cr_assert_str_eq(ats_offsets_topic(offsets, 0), "a");
    cr_assert_eq(ats_offsets_committed(offsets, 0), 10);
    ats_offsets_free(offsets);
}

Test(offsets, what_was_there_when_a_wait_began_is_settled_once_it_is_over)
{
    struct ats_offsets *offsets = make();
    ats_offsets_note_end(offsets, "a", 12);
    ats_offsets_note_end(offsets, "a", 11);
    cr_assert_not(ats_offsets_is_settled(offsets, "a", 10));
    ats_offsets_settle(offsets);
    cr_assert(ats_offsets_is_settled(offsets, "a", 11));
    cr_assert_not(ats_offsets_is_settled(offsets, "a", 12));
    cr_assert_not(ats_offsets_is_settled(offsets, "b", 0));
    cr_assert_not(ats_offsets_is_settled(offsets, "other", 0));
    ats_offsets_free(offsets);
}

Test(offsets, lag_counts_from_what_is_committed)
{
    struct ats_offsets *offsets = make();
    cr_assert_eq(ats_offsets_lag(offsets, 0, 0, 10), 0);
    cr_assert_eq(ats_offsets_lag(offsets, 0, 0, 14), 4);
    cr_assert_eq(ats_offsets_lag(offsets, 0, 12, 14), 2);
    cr_assert_eq(ats_offsets_lag(offsets, 1, 3, 14), 11);
    ats_offsets_free(offsets);
}

Test(offsets, lag_leaves_out_what_holds_no_record)
{
    struct ats_offsets *offsets = make();
    ats_offsets_note_idle(offsets, "a", 13);
    ats_offsets_note_idle(offsets, "b", 5);
    ats_offsets_note_idle(offsets, "other", 5);
    cr_assert_eq(ats_offsets_lag(offsets, 0, 0, 13), 0);
    cr_assert_eq(ats_offsets_lag(offsets, 0, 0, 14), 1);
    cr_assert_eq(ats_offsets_lag(offsets, 1, 0, 5), 0);
    ats_offsets_free(offsets);
}

Test(offsets, lag_counts_records_that_are_processed_until_they_are_committed)
{
    struct ats_offsets *offsets = make();
    cr_assert_eq(ats_offsets_note(offsets, "a", 11, 1000), ATS_OK);
    ats_offsets_note_idle(offsets, "a", 14);
    cr_assert_eq(ats_offsets_lag(offsets, 0, 0, 14), 4);
    ats_offsets_rollback(offsets);
    cr_assert_eq(ats_offsets_lag(offsets, 0, 0, 14), 4);
    cr_assert_eq(ats_offsets_note(offsets, "a", 11, 1000), ATS_OK);
    ats_offsets_commit(offsets);
    cr_assert_eq(ats_offsets_lag(offsets, 0, 0, 14), 0);
    ats_offsets_free(offsets);
}

Test(offsets, lag_of_an_input_without_a_known_end_hides_no_other)
{
    struct ats_offsets *offsets = make();
    struct ats_lag lag = {0};
    ats_lag_add(&lag, offsets, 1, 0, -1);
    cr_assert_lt(ats_lag_shown(&lag), 0);
    ats_lag_add(&lag, offsets, 0, 0, 14);
    cr_assert_eq(ats_lag_shown(&lag), 4);
    cr_assert_eq(lag.unknown, 1);
    ats_offsets_free(offsets);
}

Test(offsets, begins_a_topic_that_was_never_committed_at_its_beginning)
{
    struct ats_offsets *offsets = make();
    cr_assert_str_eq(ats_offsets_topic(offsets, 1), "b");
    cr_assert_eq(ats_offsets_committed(offsets, 1), RD_KAFKA_OFFSET_BEGINNING);
    ats_offsets_free(offsets);
}

Test(offsets, commits_behind_the_newest_record_of_each_topic_that_has_one)
{
    struct ats_offsets *offsets = make();
    assert_to_commit(offsets, "");
    cr_assert_eq(ats_offsets_note(offsets, "b", 5, 1000), ATS_OK);
    cr_assert_eq(ats_offsets_note(offsets, "b", 6, 1000), ATS_OK);
    assert_to_commit(offsets, "b:7 ");
    cr_assert_eq(ats_offsets_note(offsets, "a", 10, 1000), ATS_OK);
    assert_to_commit(offsets, "a:11 b:7 ");
    ats_offsets_commit(offsets);
    assert_to_commit(offsets, "");
    cr_assert_eq(ats_offsets_committed(offsets, 0), 11);
    cr_assert_eq(ats_offsets_committed(offsets, 1), 7);
    ats_offsets_free(offsets);
}

Test(offsets, goes_back_to_what_is_committed_after_an_abort)
{
    struct ats_offsets *offsets = make();
    cr_assert_eq(ats_offsets_note(offsets, "a", 10, 1000), ATS_OK);
    ats_offsets_rollback(offsets);
    assert_to_commit(offsets, "");
    cr_assert_eq(ats_offsets_committed(offsets, 0), 10);
    ats_offsets_free(offsets);
}

Test(offsets, does_not_take_a_record_of_another_topic)
{
    struct ats_offsets *offsets = make();
    cr_assert_eq(ats_offsets_note(offsets, "c", 1, 1000), ATS_ERR_NOT_FOUND);
    ats_offsets_free(offsets);
}

Test(offsets, reads_the_greatest_input_number_of_its_partition)
{
    struct ats_offsets *offsets = make();
    cr_assert_eq(ats_offsets_input_number(offsets), 41);
    ats_offsets_free(offsets);
}

/* The mark that would be committed for topic "a". */
static struct ats_commit_mark next_mark(const struct ats_offsets *offsets)
{
    rd_kafka_topic_partition_list_t *list = ats_offsets_to_commit(offsets, &changelog, 42);
    cr_assert_eq(list->cnt, 1);
    struct ats_commit_mark mark = ats_commit_mark_read(&list->elems[0]);
    rd_kafka_topic_partition_list_destroy(list);
    return mark;
}

Test(offsets, carry_the_newest_time_of_what_was_processed)
{
    struct ats_offsets *offsets = make();
    cr_assert_eq(ats_offsets_note(offsets, "a", 10, 5000), ATS_OK);
    cr_assert_eq(ats_offsets_note(offsets, "a", 11, 4000), ATS_OK);
    cr_assert_eq(next_mark(offsets).time_ms, 5000);
    ats_offsets_commit(offsets);
    cr_assert_eq(ats_offsets_note(offsets, "a", 12, 9000), ATS_OK);
    ats_offsets_rollback(offsets);
    cr_assert_eq(ats_offsets_note(offsets, "a", 12, 4500), ATS_OK);
    cr_assert_eq(next_mark(offsets).time_ms, 5000);
    ats_offsets_free(offsets);
}

Test(partitions, of_equal_count_are_fine_and_others_are_named)
{
    struct ats_error err = {0};
    cr_assert_eq(ats_partitions_check("t.a", 4, "state.g", 4, &err), ATS_OK);
    cr_assert_eq(ats_partitions_check("t.a", 4, "state.g", 8, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "topic t.a has 4 partitions and state.g has 8"));
}
