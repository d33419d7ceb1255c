/* SPDX-License-Identifier: Apache-2.0 */
/* What anyone says with a committed offset: it holds only as the group itself would have said it, byte by byte. */
#include "processor/runtime/commit_mark.h"

#include "tests/fuzz/support.h"

static const struct ats_kafka_config kafka = {.topic_prefix = "t."};
static const uint8_t secret[32] = {1, 2, 3};
static char topic[] = "t.telemetry.a";

/* Whether the input is `mark`, also with the end of a C text. */
static bool is_said(const uint8_t *data, size_t size, const rd_kafka_topic_partition_t *mark)
{
    size_t len = mark->metadata_size;
    return size >= len && memcmp(data, mark->metadata, len) == 0 &&
           (size == len || (size == len + 1 && data[len] == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_changelog changelog;
    struct ats_error err = {.text = ""};
    rd_kafka_topic_partition_t entry = {.topic = topic, .partition = 2, .offset = 10};
    rd_kafka_topic_partition_t own = entry;
    FUZZ_CHECK(ats_identity_init() == ATS_OK);
    FUZZ_CHECK(ats_changelog_init(&changelog, &kafka, "group", 2, secret, &err) == ATS_OK);
    entry.metadata = malloc(size + 1);
    FUZZ_CHECK(entry.metadata);
    if (size > 0)
        memcpy(entry.metadata, data, size);
    entry.metadata_size = size;
    struct ats_commit_mark mark = ats_commit_mark_read(&entry);
    FUZZ_CHECK(mark.is_there || (mark.input_number == 0 && mark.time_ms < 0));
    FUZZ_CHECK(ats_commit_mark_set(&changelog, &own, mark.input_number, mark.time_ms));
    struct ats_commit_mark again = ats_commit_mark_read(&own);
    FUZZ_CHECK(again.is_there && again.input_number == mark.input_number &&
               again.time_ms == mark.time_ms);
    FUZZ_CHECK(ats_commit_mark_holds(&changelog, &own));
    FUZZ_CHECK(ats_commit_mark_holds(&changelog, &entry) ==
               (mark.is_there && is_said(data, size, &own)));
    ats_commit_mark_drop(&own);
    ats_commit_mark_drop(&entry);
    return 0;
}
