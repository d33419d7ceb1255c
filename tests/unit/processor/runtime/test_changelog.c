/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/changelog.h"

#include <criterion/criterion.h>

static const uint8_t secret[32] = {1, 2, 3};
static const struct ats_kafka_config kafka = {.topic_prefix = "t."};

/* A record as the group writes it, and what a restore makes of it. */
static struct {
    struct ats_changelog changelog;
    struct ats_changelog_texts texts;
    struct ats_kafka_record record;
    struct ats_state *state;
    struct ats_metrics metrics;
    struct ats_changelog_restored restored;
} the;

/* Before another restore. */
static void forget(void)
{
    struct ats_error err = {0};
    ats_state_free(the.state);
    the.state = ats_state_new(1 << 20);
    the.restored = (struct ats_changelog_restored){0};
    cr_assert_eq(ats_changelog_init(&the.changelog, &kafka, "group", 2, secret, &err), ATS_OK);
}

static void init(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    forget();
}

static void fini(void)
{
    ats_state_free(the.state);
}

static void write_value(const char *key, struct ats_span value, uint64_t input)
{
    const struct ats_changelog_summary summary = {.input_number = input};
    ats_changelog_record(&the.changelog, ats_span_text(key), value, &summary, &the.texts,
                         &the.record);
}

static enum ats_status take(void)
{
    struct ats_error err = {0};
    return ats_changelog_take(&the.changelog, &the.record, the.state, &the.restored, &the.metrics,
                              &err);
}

static void assert_value(const char *key, const char *expected)
{
    struct ats_span found = ats_state_view(the.state, ats_span_text(key));
    cr_assert(expected ? ats_span_is(found, expected) : found.data == NULL, "%s: %.*s", key,
              ATS_SPAN_ARGS(found));
}

static void assert_foreign(uint64_t count)
{
    cr_assert_eq(atomic_load(&the.metrics.values[ATS_METRIC_FOREIGN_STATE]), count);
}

TestSuite(changelog, .init = init, .fini = fini);

Test(changelog, goes_to_the_tasks_own_partition)
{
    write_value("k", ats_span_text("v"), 7);
    cr_assert_str_eq(the.record.topic, "t.state.group");
    cr_assert_eq(the.record.partition, 2);
    cr_assert(ats_span_is(ats_kafka_record_header(&the.record, "ats_input"), "7"));
}

Test(changelog, restores_what_the_group_wrote)
{
    write_value("k", ats_span_text("one"), 1);
    cr_assert_eq(take(), ATS_OK);
    write_value("k", ats_span_text("two"), 2);
    cr_assert_eq(take(), ATS_OK);
    write_value("j", ats_span_text("three"), 2);
    cr_assert_eq(take(), ATS_OK);
    assert_value("k", "two");
    assert_value("j", "three");
    assert_foreign(0);
}

Test(changelog, a_tombstone_removes)
{
    write_value("k", ats_span_text("one"), 1);
    cr_assert_eq(take(), ATS_OK);
    write_value("k", ats_span_of(NULL, 0), 2);
    cr_assert_eq(take(), ATS_OK);
    assert_value("k", NULL);
    assert_foreign(0);
}

Test(changelog, ignores_and_counts_a_record_without_a_tag)
{
    write_value("k", ats_span_text("v"), 1);
    the.record.header_count = 1;
    cr_assert_eq(take(), ATS_OK);
    assert_value("k", NULL);
    assert_foreign(1);
}

Test(changelog, ignores_what_was_changed_after_it_was_tagged)
{
    for (int what = 0; what < 4; what++) {
        write_value("k", ats_span_text("v"), 1);
        if (what == 0)
            the.record.key = ats_span_text("j");
        else if (what == 1)
            the.record.value = ats_span_text("w");
        else if (what == 2)
            the.record.value = ats_span_of(NULL, 0);
        else
            the.record.headers[0].value = ats_span_text("2");
        cr_assert_eq(take(), ATS_OK);
    }
    cr_assert_eq(ats_state_count(the.state), 0);
    assert_foreign(4);
}

Test(changelog, ignores_the_records_of_another_partition_group_or_key)
{
    struct ats_changelog others[3];
    struct ats_error err = {0};
    static const uint8_t other_secret[32] = {9};
    cr_assert_eq(ats_changelog_init(&others[0], &kafka, "group", 3, secret, &err), ATS_OK);
    cr_assert_eq(ats_changelog_init(&others[1], &kafka, "other", 2, secret, &err), ATS_OK);
    cr_assert_eq(ats_changelog_init(&others[2], &kafka, "group", 2, other_secret, &err), ATS_OK);
    for (size_t i = 0; i < 3; i++) {
        const struct ats_changelog_summary summary = {.input_number = 1};
        ats_changelog_record(&others[i], ats_span_text("k"), ats_span_text("v"), &summary,
                             &the.texts, &the.record);
        cr_assert_eq(take(), ATS_OK);
    }
    cr_assert_eq(ats_state_count(the.state), 0);
    assert_foreign(3);
}

Test(changelog, an_old_record_that_is_appended_again_does_not_come_back)
{
    write_value("k", ats_span_text("new"), 9);
    cr_assert_eq(take(), ATS_OK);
    write_value("k", ats_span_text("old"), 8);
    cr_assert_eq(take(), ATS_OK);
    assert_value("k", "new");
    assert_foreign(1);
}

/* ---- what compaction leaves ---- */

/* A topic in which somebody else writes, too: transactions of one entry each, and which of them a restore still finds. */
static struct {
    struct ats_changelog_texts texts[4];
    struct ats_kafka_record records[4];
} topic;

/* Keys a, b, a, n with values v1 to v4, as transactions 1 to 4. */
static void write_topic(void)
{
    static const char *const keys[] = {"a", "b", "a", "n"};
    static const char *const values[] = {"v1", "v2", "v3", "v4"};
    for (uint64_t i = 0; i < 4; i++) {
        struct ats_changelog_summary summary;
        void *bytes = ats_state_edit(the.state, ats_span_text(keys[i]), 2);
        memcpy(bytes, values[i], 2);
        ats_changelog_summarize(&the.changelog, the.state, i + 1, &summary);
        ats_changelog_record(&the.changelog, ats_span_text(keys[i]), ats_span_text(values[i]),
                             &summary, &topic.texts[i], &topic.records[i]);
        ats_state_commit(the.state);
        ats_changelog_commit(&the.changelog);
    }
    forget();
}

/* Restores the records whose numbers are given, in that order. */
static enum ats_status restore(const char *numbers, struct ats_error *err)
{
    for (const char *number = numbers; *number; number++) {
        the.record = topic.records[*number - '1'];
        cr_assert_eq(take(), ATS_OK);
    }
    return ats_changelog_check(&the.changelog, the.state, &the.restored, err);
}

Test(changelog, a_restore_holds_before_and_after_compaction)
{
    struct ats_error err = {0};
    write_topic();
    cr_assert_eq(restore("1234", &err), ATS_OK, "%s", err.text);
    forget();
    cr_assert_eq(restore("234", &err), ATS_OK, "%s", err.text);
}

Test(changelog, state_that_compaction_dropped_for_a_foreign_record_is_missed)
{
    struct ats_error err = {0};
    write_topic();
    cr_assert_eq(restore("34", &err), ATS_ERR_CORRUPT);
    cr_assert_not_null(strstr(err.text, "partition 2 of t.state.group holds 2 entries"), "%s",
                       err.text);
    cr_assert_not_null(strstr(err.text, "left 3"), "%s", err.text);
}

Test(changelog, an_old_record_that_stands_in_the_place_of_a_newer_one_shows)
{
    struct ats_error err = {0};
    write_topic();
    cr_assert_eq(restore("124", &err), ATS_ERR_CORRUPT);
    cr_assert_not_null(strstr(err.text, "another content"), "%s", err.text);
}

Test(changelog, a_transaction_that_was_rolled_back_leaves_no_trace)
{
    struct ats_changelog_summary first;
    struct ats_changelog_summary second;
    memcpy(ats_state_edit(the.state, ats_span_text("a"), 2), "v1", 2);
    ats_changelog_summarize(&the.changelog, the.state, 1, &first);
    ats_state_rollback(the.state);
    memcpy(ats_state_edit(the.state, ats_span_text("a"), 2), "v1", 2);
    ats_changelog_summarize(&the.changelog, the.state, 1, &second);
    cr_assert_arr_eq(&first, &second, sizeof(first));
}

Test(changelog, an_empty_topic_is_an_empty_state)
{
    struct ats_error err = {0};
    cr_assert_eq(restore("", &err), ATS_OK);
}

Test(changelog, says_which_bound_a_state_exceeds)
{
    struct ats_error err = {0};
    ats_state_free(the.state);
    the.state = ats_state_new(4);
    write_value("k", ats_span_text("longer"), 1);
    cr_assert_eq(ats_changelog_take(&the.changelog, &the.record, the.state, &the.restored,
                                    &the.metrics, &err),
                 ATS_ERR_LIMIT);
    cr_assert_not_null(strstr(err.text, "state_max"));
}

Test(changelog, refuses_a_group_whose_topic_would_be_too_long)
{
    char name[ATS_KAFKA_TOPIC_MAX + 1];
    struct ats_error err = {0};
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    cr_assert_neq(ats_changelog_init(&the.changelog, &kafka, name, 0, secret, &err), ATS_OK);
}
