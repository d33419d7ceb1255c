/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/changelog.h"

#include "common/kafka/reader.h"
#include "device/wire.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#define TAG_SIZE 16
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
                     struct ats_span value, struct ats_span input, uint8_t tag[TAG_SIZE])
{
    crypto_generichash_state hash;
    uint8_t partition[4];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, partition, sizeof(partition));
    ats_wire_put_u32(&writer, (uint32_t)changelog->partition);
    (void)crypto_generichash_init(&hash, changelog->key, sizeof(changelog->key), TAG_SIZE);
    put_span(&hash, ats_span_text(LABEL_TAG));
    put_span(&hash, ats_span_text(changelog->topic));
    put_span(&hash, ats_span_of(partition, sizeof(partition)));
    put_span(&hash, key);
    put_span(&hash, value);
    put_span(&hash, input);
    (void)crypto_generichash_final(&hash, tag, TAG_SIZE);
}

static enum ats_status restore_record(const struct ats_changelog *changelog,
                                      const struct ats_kafka_record *record,
                                      struct ats_state *state, struct ats_metrics *metrics)
{
    uint8_t tag[TAG_SIZE];
    struct ats_span found = ats_kafka_record_header(record, TAG_HEADER);
    make_tag(changelog, record->key, record->value, ats_kafka_record_header(record, INPUT_HEADER),
             tag);
    if (found.len != TAG_SIZE || sodium_memcmp(found.data, tag, TAG_SIZE) != 0) {
        ats_metrics_add(metrics, ATS_METRIC_FOREIGN_STATE, 1);
        return ATS_OK;
    }
    ats_metrics_add(metrics, ATS_METRIC_RESTORED, 1);
    return ats_state_restore(state, record->key, record->value);
}

enum ats_status ats_changelog_restore(const struct ats_changelog *changelog,
                                      struct ats_state *state, struct ats_metrics *metrics,
                                      const atomic_bool *stopping, struct ats_error *err)
{
    struct ats_kafka_reader *reader = NULL;
    struct ats_kafka_record record;
    enum ats_status status =
        ats_kafka_reader_open(changelog->kafka, changelog->topic, changelog->partition,
                              ATS_KAFKA_OFFSET_BEGINNING, &reader, err);
    if (status != ATS_OK)
        return status;
    while (status == ATS_OK) {
        enum ats_status next = ats_kafka_reader_next(reader, RESTORE_POLL_MS, &record, err);
        if (next == ATS_OK)
            status = restore_record(changelog, &record, state, metrics);
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

struct writer {
    const struct ats_changelog *changelog;
    struct ats_transaction *transaction;
    char input[24];
    struct ats_error *err;
};

static enum ats_status write_entry(void *ctx, struct ats_span key, struct ats_span value)
{
    struct writer *writer = ctx;
    uint8_t tag[TAG_SIZE];
    struct ats_kafka_record record = {.topic = writer->changelog->topic,
                                      .partition = writer->changelog->partition,
                                      .key = key,
                                      .value = value};
    make_tag(writer->changelog, key, value, ats_span_text(writer->input), tag);
    ats_kafka_record_add_text(&record, INPUT_HEADER, writer->input);
    ats_kafka_record_add(&record, TAG_HEADER, ats_span_of(tag, sizeof(tag)));
    return ats_transaction_produce(writer->transaction, &record, writer->err);
}

enum ats_status ats_changelog_write(const struct ats_changelog *changelog,
                                    const struct ats_state *state, uint64_t input_number,
                                    struct ats_transaction *transaction, struct ats_error *err)
{
    struct writer writer = {.changelog = changelog, .transaction = transaction, .err = err};
    (void)snprintf(writer.input, sizeof(writer.input), "%" PRIu64, input_number);
    return ats_state_each_dirty(state, write_entry, &writer);
}
