/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/changelog.h"

#include "common/base/parse.h"
#include "common/kafka/reader.h"
#include "device/wire.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#define TAG_HEADER "ats_tag"
#define INPUT_HEADER "ats_input"
#define LABEL_KEY "ATTESTREAM-1 changelog key"
#define LABEL_TAG "ATTESTREAM-1 changelog tag"
#define RESTORE_POLL_MS 200

enum ats_status ats_changelog_init(struct ats_changelog *changelog,
                                   const struct ats_kafka_config *kafka, const char *group,
                                   int32_t partition, const uint8_t group_secret[32],
                                   struct ats_error *err)
{
    char suffix[ATS_KAFKA_TOPIC_MAX + 1];
    changelog->kafka = kafka;
    changelog->partition = partition;
    (void)crypto_generichash(changelog->key, sizeof(changelog->key), (const uint8_t *)LABEL_KEY,
                             strlen(LABEL_KEY), group_secret, 32);
    if (snprintf(suffix, sizeof(suffix), "state.%s", group) >= (int)sizeof(suffix))
        return ats_error_set(err, ATS_ERR_LIMIT, "the group's name is too long for a topic");
    return ats_kafka_topic_name(kafka, suffix, changelog->topic, err);
}

static void put_span(crypto_generichash_state *hash, struct ats_span span)
{
    uint8_t len[8];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, len, sizeof(len));
    ats_wire_put_u64(&writer,
                     span.data ? span.len : UINT64_MAX); /* a tombstone is not an empty value */
    (void)crypto_generichash_update(hash, len, sizeof(len));
    if (span.len > 0)
        (void)crypto_generichash_update(hash, span.data, span.len);
}

static void make_tag(const struct ats_changelog *changelog, struct ats_span key,
                     struct ats_span value, struct ats_span input,
                     uint8_t tag[ATS_CHANGELOG_TAG_SIZE])
{
    crypto_generichash_state hash;
    uint8_t partition[4];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, partition, sizeof(partition));
    ats_wire_put_u32(&writer, (uint32_t)changelog->partition);
    (void)crypto_generichash_init(&hash, changelog->key, sizeof(changelog->key),
                                  ATS_CHANGELOG_TAG_SIZE);
    put_span(&hash, ats_span_text(LABEL_TAG));
    put_span(&hash, ats_span_text(changelog->topic));
    put_span(&hash, ats_span_of(partition, sizeof(partition)));
    put_span(&hash, key);
    put_span(&hash, value);
    put_span(&hash, input);
    (void)crypto_generichash_final(&hash, tag, ATS_CHANGELOG_TAG_SIZE);
}

/* Whether the record was written by this group, and in its place: input numbers only grow, so a copy of an old record that
   somebody appended again shows. */
static bool is_own(const struct ats_changelog *changelog, const struct ats_kafka_record *record,
                   uint64_t *newest_input)
{
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
    uint64_t input = 0;
    struct ats_span text = ats_kafka_record_header(record, INPUT_HEADER);
    struct ats_span found = ats_kafka_record_header(record, TAG_HEADER);
    make_tag(changelog, record->key, record->value, text, tag);
    if (found.len != ATS_CHANGELOG_TAG_SIZE ||
        sodium_memcmp(found.data, tag, ATS_CHANGELOG_TAG_SIZE) != 0 ||
        ats_parse_uint64(text, &input) != ATS_OK || input < *newest_input)
        return false;
    *newest_input = input;
    return true;
}

enum ats_status ats_changelog_take(const struct ats_changelog *changelog,
                                   const struct ats_kafka_record *record, struct ats_state *state,
                                   uint64_t *newest_input, struct ats_metrics *metrics,
                                   struct ats_error *err)
{
    if (!is_own(changelog, record, newest_input)) {
        ats_metrics_add(metrics, ATS_METRIC_FOREIGN_STATE, 1);
        return ATS_OK;
    }
    ats_metrics_add(metrics, ATS_METRIC_RESTORED, 1);
    enum ats_status status = ats_state_restore(state, record->key, record->value);
    if (status == ATS_OK)
        return ATS_OK;
    return ats_error_set(err, status,
                         "state of %s [%d]: %s after %zu bytes (state_max bounds them)",
                         changelog->topic, (int)changelog->partition, ats_status_name(status),
                         ats_state_bytes(state));
}

enum ats_status ats_changelog_restore(const struct ats_changelog *changelog,
                                      struct ats_state *state, struct ats_metrics *metrics,
                                      const atomic_bool *stopping, struct ats_error *err)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_record record;
    uint64_t newest_input = 0;
    enum ats_status status =
        ats_kafka_reader_open(changelog->kafka, changelog->topic, changelog->partition,
                              ATS_KAFKA_OFFSET_BEGINNING, &reader, err);
    while (status == ATS_OK) {
        enum ats_status next = ats_kafka_reader_next(reader, RESTORE_POLL_MS, &record, err);
        if (next == ATS_OK)
            status = ats_changelog_take(changelog, &record, state, &newest_input, metrics, err);
        else if (next == ATS_ERR_AGAIN && ats_kafka_reader_at_end(reader))
            break;
        else if (atomic_load(stopping))
            status = ats_error_set(err, ATS_ERR_UNAVAILABLE, "stopped while restoring state");
        else if (ats_status_class(next) != ATS_CLASS_RETRY)
            status = next;
    }
    ats_kafka_reader_close(reader);
    return status;
}

void ats_changelog_record(const struct ats_changelog *changelog, struct ats_span key,
                          struct ats_span value, uint64_t input_number,
                          struct ats_changelog_texts *texts, struct ats_kafka_record *ret_record)
{
    int len = snprintf(texts->input, sizeof(texts->input), "%" PRIu64, input_number);
    struct ats_span input = ats_span_of(texts->input, (size_t)len);
    make_tag(changelog, key, value, input, texts->tag);
    ret_record->topic = changelog->topic;
    ret_record->partition = changelog->partition;
    ret_record->timestamp_ms = 0; /* now */
    ret_record->key = key;
    ret_record->value = value;
    ret_record->header_count = 0;
    ats_kafka_record_add(ret_record, INPUT_HEADER, input);
    ats_kafka_record_add(ret_record, TAG_HEADER, ats_span_of(texts->tag, sizeof(texts->tag)));
}

struct writer {
    const struct ats_changelog *changelog;
    struct ats_transaction *transaction;
    uint64_t input_number;
    struct ats_error *err;
};

static enum ats_status write_entry(void *ctx, struct ats_span key, struct ats_span value)
{
    struct writer *writer = ctx;
    struct ats_changelog_texts texts;
    struct ats_kafka_record record;
    ats_changelog_record(writer->changelog, key, value, writer->input_number, &texts, &record);
    return ats_transaction_produce(writer->transaction, &record, writer->err);
}

enum ats_status ats_changelog_write(const struct ats_changelog *changelog,
                                    const struct ats_state *state, uint64_t input_number,
                                    struct ats_transaction *transaction, struct ats_error *err)
{
    struct writer writer = {changelog, transaction, input_number, err};
    return ats_state_each_dirty(state, write_entry, &writer);
}
