/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/commit_mark.h"

#include "common/base/parse.h"
#include "device/wire.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_NAME "input="
#define TIME_NAME " time="
#define TAG_NAME " tag="
#define LABEL_OFFSET "ATTESTREAM-1 committed offset"

/* Where the text has `name`: cuts it off with what stands behind it. */
static bool cut(struct ats_span *text, const char *name, struct ats_span *ret_behind)
{
    size_t name_len = strlen(name);
    const uint8_t *bytes = text->data;
    for (size_t at = 0; at + name_len <= text->len; at++) {
        if (memcmp(bytes + at, name, name_len) != 0)
            continue;
        *ret_behind = ats_span_of(bytes + at + name_len, text->len - at - name_len);
        text->len = at;
        return true;
    }
    return false;
}

static struct ats_span text_of(const rd_kafka_topic_partition_t *entry)
{
    const char *text = entry->metadata;
    size_t len = text ? entry->metadata_size : 0;
    /* Clients with which an administrator copies offsets may count the end of a C text in. */
    return ats_span_of(text, len > 0 && text[len - 1] == '\0' ? len - 1 : len);
}

struct ats_commit_mark ats_commit_mark_read(const rd_kafka_topic_partition_t *entry)
{
    const struct ats_commit_mark none = {.time_ms = -1};
    struct ats_commit_mark mark = none;
    struct ats_span text = text_of(entry);
    struct ats_span behind;
    uint64_t time_ms = 0;
    if (text.len > ATS_COMMIT_MARK_MAX)
        return none;
    (void)cut(&text, TAG_NAME, &behind);
    if (cut(&text, TIME_NAME, &behind)) {
        if (ats_parse_uint64(behind, &time_ms) != ATS_OK || time_ms > INT64_MAX)
            return none;
        mark.time_ms = (int64_t)time_ms;
    }
    mark.is_there = cut(&text, INPUT_NAME, &behind) && text.len == 0 &&
                    ats_parse_uint64(behind, &mark.input_number) == ATS_OK;
    return mark.is_there ? mark : none;
}

static void make_tag(const struct ats_changelog *changelog, const rd_kafka_topic_partition_t *entry,
                     uint64_t input_number, int64_t time_ms, uint8_t tag[ATS_CHANGELOG_TAG_SIZE])
{
    uint8_t numbers[24];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, numbers, sizeof(numbers));
    ats_wire_put_u64(&writer, (uint64_t)entry->offset);
    ats_wire_put_u64(&writer, input_number);
    ats_wire_put_u64(&writer, time_ms < 0 ? UINT64_MAX : (uint64_t)time_ms);
    ats_changelog_tag(changelog, LABEL_OFFSET,
                      (struct ats_span[]){ats_span_text(entry->topic),
                                          ats_span_of(numbers, sizeof(numbers)),
                                          ats_span_of(NULL, 0)},
                      tag);
}

static struct ats_span write_text(const struct ats_changelog *changelog,
                                  const rd_kafka_topic_partition_t *entry, uint64_t input_number,
                                  int64_t time_ms, char text[ATS_COMMIT_MARK_MAX])
{
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
    char tag_text[2 * ATS_CHANGELOG_TAG_SIZE + 1];
    char time_text[32] = "";
    make_tag(changelog, entry, input_number, time_ms, tag);
    (void)sodium_bin2hex(tag_text, sizeof(tag_text), tag, sizeof(tag));
    if (time_ms >= 0)
        (void)snprintf(time_text, sizeof(time_text), TIME_NAME "%" PRId64, time_ms);
    int len = snprintf(text, ATS_COMMIT_MARK_MAX, INPUT_NAME "%" PRIu64 "%s" TAG_NAME "%s",
                       input_number, time_text, tag_text);
    return ats_span_of(text, (size_t)len);
}

bool ats_commit_mark_holds(const struct ats_changelog *changelog,
                           const rd_kafka_topic_partition_t *entry)
{
    char text[ATS_COMMIT_MARK_MAX];
    struct ats_commit_mark mark = ats_commit_mark_read(entry);
    struct ats_span found = text_of(entry);
    if (!mark.is_there || entry->partition != changelog->partition)
        return false;
    struct ats_span ours = write_text(changelog, entry, mark.input_number, mark.time_ms, text);
    return found.len == ours.len && sodium_memcmp(found.data, ours.data, ours.len) == 0;
}

bool ats_commit_mark_set(const struct ats_changelog *changelog, rd_kafka_topic_partition_t *entry,
                         uint64_t input_number, int64_t time_ms)
{
    char text[ATS_COMMIT_MARK_MAX];
    struct ats_span mark = write_text(changelog, entry, input_number, time_ms, text);
    entry->metadata = malloc(mark.len);
    if (!entry->metadata)
        return false;
    memcpy(entry->metadata, mark.data, mark.len);
    entry->metadata_size = mark.len;
    return true;
}

void ats_commit_mark_drop(rd_kafka_topic_partition_t *entry)
{
    free(entry->metadata);
    entry->metadata = NULL;
    entry->metadata_size = 0;
}
