/* SPDX-License-Identifier: Apache-2.0 */
/* A record of the changelog by anyone, among those of the group: it becomes no state, and is counted. */
#include "processor/runtime/changelog.h"

#include "tests/fuzz/record_input.h"

#define STATE_MAX ((size_t)1 << 20)

static const struct ats_kafka_config kafka = {.topic_prefix = "t."};
static const uint8_t secret[32] = {1, 2, 3};

/* What the group itself writes is taken before and after. */
static void write_own(struct ats_changelog *changelog, struct ats_state *state, const char *key,
                      struct ats_changelog_restored *restored, struct ats_metrics *metrics)
{
    const struct ats_changelog_summary summary = {.input_number = 1};
    struct ats_changelog_texts texts;
    struct ats_kafka_record record;
    uint64_t foreign = restored->foreign;
    ats_changelog_record(changelog, ats_span_text(key), ats_span_text("value"), &summary, &texts,
                         &record);
    FUZZ_CHECK(ats_changelog_take(changelog, &record, state, restored, metrics, NULL) == ATS_OK);
    FUZZ_CHECK(restored->foreign == foreign);
    FUZZ_CHECK(ats_span_is(ats_state_view(state, ats_span_text(key)), "value"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_changelog changelog;
    struct ats_changelog_restored restored = {0};
    static struct ats_metrics metrics;
    struct ats_kafka_record record;
    struct ats_error err = {.text = ""};
    FUZZ_CHECK(ats_identity_init() == ATS_OK);
    if (!fuzz_record(data, size, &record))
        return 0;
    FUZZ_CHECK(ats_changelog_init(&changelog, &kafka, "group", 2, secret, &err) == ATS_OK);
    struct ats_state *state = ats_state_new(STATE_MAX);
    FUZZ_CHECK(state);
    write_own(&changelog, state, "a", &restored, &metrics);
    record.partition = 2;
    FUZZ_CHECK(ats_changelog_take(&changelog, &record, state, &restored, &metrics, &err) == ATS_OK);
    FUZZ_CHECK(restored.foreign == 1);
    FUZZ_CHECK(ats_span_is(record.key, "a") || !ats_state_view(state, record.key).data);
    write_own(&changelog, state, "b", &restored, &metrics);
    ats_state_free(state);
    return 0;
}
