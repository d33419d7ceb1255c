/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/commit_mark.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER 41
#define TIME_MS INT64_C(1764000000000)

/* Made with Python's hashlib, as tests/e2e/test_committed_offsets.py makes them. */
#define TAG "c5a41a5fc0c11529d0ac2d633af48c8e"
#define TAG_WITHOUT_TIME "415f935d0bdec778211abdee4d2bf833"

static const uint8_t secret[32] = {1, 2, 3};
static struct ats_changelog changelog;
static rd_kafka_topic_partition_list_t *list;
static rd_kafka_topic_partition_t *entry;

static void make_changelog(const char *prefix, const char *group, int32_t partition,
                           const uint8_t group_secret[32])
{
    const struct ats_kafka_config kafka = {.topic_prefix = prefix};
    struct ats_error err = {0};
    cr_assert_eq(ats_changelog_init(&changelog, &kafka, group, partition, group_secret, &err),
                 ATS_OK);
    changelog.kafka = NULL;
}

static void init(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    make_changelog("t.", "group", 2, secret);
    list = rd_kafka_topic_partition_list_new(1);
    entry = rd_kafka_topic_partition_list_add(list, "t.telemetry.a", 2);
    entry->offset = 10;
    cr_assert(ats_commit_mark_set(&changelog, entry, NUMBER, TIME_MS));
}

static void fini(void)
{
    rd_kafka_topic_partition_list_destroy(list);
}

static void say_bytes(const char *text, size_t size)
{
    ats_commit_mark_drop(entry);
    entry->metadata = malloc(size + 1);
    memcpy(entry->metadata, text, size);
    entry->metadata_size = size;
}

static void say(const char *text)
{
    say_bytes(text, strlen(text));
}

static bool holds(void)
{
    return ats_commit_mark_holds(&changelog, entry);
}

TestSuite(commit_mark, .init = init, .fini = fini);

Test(commit_mark, says_input_and_time_and_has_the_tag_of_another_implementation)
{
    cr_assert(ats_span_is(ats_span_of(entry->metadata, entry->metadata_size),
                          "input=41 time=1764000000000 tag=" TAG));
    struct ats_commit_mark mark = ats_commit_mark_read(entry);
    cr_assert(mark.is_there);
    cr_assert_eq(mark.input_number, NUMBER);
    cr_assert_eq(mark.time_ms, TIME_MS);
    cr_assert(holds());
}

Test(commit_mark, leaves_out_a_time_that_is_not_known)
{
    ats_commit_mark_drop(entry);
    cr_assert(ats_commit_mark_set(&changelog, entry, NUMBER, -1));
    cr_assert(ats_span_is(ats_span_of(entry->metadata, entry->metadata_size),
                          "input=41 tag=" TAG_WITHOUT_TIME));
    cr_assert(holds());
    cr_assert_lt(ats_commit_mark_read(entry).time_ms, 0);
}

Test(commit_mark, holds_with_the_largest_numbers)
{
    ats_commit_mark_drop(entry);
    entry->offset = INT64_MAX;
    cr_assert(ats_commit_mark_set(&changelog, entry, UINT64_MAX, INT64_MAX));
    cr_assert(holds());
    cr_assert_eq(ats_commit_mark_read(entry).input_number, UINT64_MAX);
    cr_assert_eq(ats_commit_mark_read(entry).time_ms, INT64_MAX);
}

Test(commit_mark, holds_with_the_end_of_a_c_text_counted_in)
{
    static const char text[] = "input=41 time=1764000000000 tag=" TAG;
    say_bytes(text, sizeof(text));
    cr_assert(holds());
}

Test(commit_mark, does_not_hold_beside_another_offset_topic_or_partition)
{
    entry->offset = 11;
    cr_assert_not(holds());
    entry->offset = 10;
    entry->partition = 3;
    cr_assert_not(holds());
    changelog.partition = 3;
    cr_assert_not(holds());
    entry->partition = changelog.partition = 2;
    cr_assert(holds());
    entry->topic[strlen(entry->topic) - 1] = 'b';
    cr_assert_not(holds());
}

Test(commit_mark, does_not_hold_for_another_group_prefix_or_key)
{
    static const uint8_t other[32] = {1, 2, 4};
    make_changelog("t.", "other", 2, secret);
    cr_assert_not(holds());
    make_changelog("u.", "group", 2, secret);
    cr_assert_not(holds());
    make_changelog("t.", "group", 2, other);
    cr_assert_not(holds());
    make_changelog("t.", "group", 2, secret);
    cr_assert(holds());
}

Test(commit_mark, does_not_hold_where_anything_is_changed)
{
    char text[ATS_COMMIT_MARK_MAX];
    size_t len = entry->metadata_size;
    memcpy(text, entry->metadata, len);
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        say_bytes(text, len);
        cr_assert_not(holds(), "byte %zu", i);
        text[i] ^= 1;
        say_bytes(text, i);
        cr_assert_not(holds(), "%zu bytes", i);
    }
    say_bytes(text, len);
    cr_assert(holds());
}

Test(commit_mark, of_somebody_else_does_not_hold)
{
    static const char *const strange[] = {"",
                                          "input=41",
                                          "input=41 time=1764000000000",
                                          "input=99999999999",
                                          "input=41 time=9000000000000000000 tag=" TAG,
                                          "input=42 time=1764000000000 tag=" TAG,
                                          "input=41 tag=" TAG,
                                          "input=41 time=1764000000000 tag=",
                                          "input=41 time=1764000000000 tag=" TAG " ",
                                          "input=41 time=1764000000000 tag=" TAG " tag=" TAG,
                                          "input=41 time=1764000000000 time=1764000000000 tag=" TAG,
                                          "time=1764000000000 input=41 tag=" TAG,
                                          "input=041 time=1764000000000 tag=" TAG,
                                          "input=41 time=01764000000000 tag=" TAG,
                                          "input=41 time=1764000000000 tag="
                                          "C5A41A5FC0C11529D0AC2D633AF48C8E",
                                          "tag=" TAG,
                                          " time=1764000000000 tag=" TAG};
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        say(strange[i]);
        cr_assert_not(holds(), "%s", strange[i]);
    }
    ats_commit_mark_drop(entry);
    cr_assert_not(holds());
}

Test(commit_mark, says_nothing_that_is_no_number)
{
    static const char *const strange[] = {"input",
                                          "input=",
                                          "input=x",
                                          "input=-1",
                                          "other=5",
                                          "time=5",
                                          "xinput=5",
                                          "input=5 time",
                                          "input=x time=5",
                                          " time=5",
                                          "input=5 ",
                                          "input=5 time=x",
                                          "input=5 time=",
                                          "input=5 time=1 time=2",
                                          "input= time=5",
                                          "input=5 time=9223372036854775808",
                                          "input=99999999999999999999"};
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        say(strange[i]);
        struct ats_commit_mark mark = ats_commit_mark_read(entry);
        cr_assert_not(mark.is_there, "%s", strange[i]);
        cr_assert_eq(mark.input_number, 0, "%s", strange[i]);
        cr_assert_lt(mark.time_ms, 0, "%s", strange[i]);
    }
}
