/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/changelog.h"

#include "common/base/parse.h"
#include "device/wire.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#define TAG_HEADER "ats_tag"
#define INPUT_HEADER "ats_input"
#define STATE_HEADER "ats_state"
#define LABEL_KEY "ATTESTREAM-1 changelog key"
#define LABEL_TAG "ATTESTREAM-1 changelog tag"
#define LABEL_ENTRY "ATTESTREAM-1 changelog entry"
#define LABEL_STATE "ATTESTREAM-1 changelog state"

enum ats_status ats_changelog_init(struct ats_changelog *changelog,
                                   const struct ats_kafka_config *kafka, const char *group,
                                   int32_t partition, const uint8_t group_secret[32],
                                   struct ats_error *err)
{
    char suffix[ATS_KAFKA_TOPIC_MAX + 1];
    memset(changelog, 0, sizeof(*changelog));
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

void ats_changelog_tag(const struct ats_changelog *changelog, const char *label,
                       const struct ats_span parts[3], uint8_t tag[ATS_CHANGELOG_TAG_SIZE])
{
    crypto_generichash_state hash;
    uint8_t partition[4];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, partition, sizeof(partition));
    ats_wire_put_u32(&writer, (uint32_t)changelog->partition);
    (void)crypto_generichash_init(&hash, changelog->key, sizeof(changelog->key),
                                  ATS_CHANGELOG_TAG_SIZE);
    put_span(&hash, ats_span_text(label));
    put_span(&hash, ats_span_text(changelog->topic));
    put_span(&hash, ats_span_of(partition, sizeof(partition)));
    for (int i = 0; i < 3; i++)
        put_span(&hash, parts[i]);
    (void)crypto_generichash_final(&hash, tag, ATS_CHANGELOG_TAG_SIZE);
}

/* Puts an entry into the fingerprint, or takes it out again. Value data NULL: there is none. */
static void toggle_entry(const struct ats_changelog *changelog, struct ats_span key,
                         struct ats_span value, uint8_t fingerprint[ATS_CHANGELOG_TAG_SIZE])
{
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
    if (!value.data)
        return;
    ats_changelog_tag(changelog, LABEL_ENTRY, (struct ats_span[]){key, value, ats_span_of(NULL, 0)},
                      tag);
    for (size_t i = 0; i < sizeof(tag); i++)
        fingerprint[i] ^= tag[i];
}

static void put_numbers(uint64_t first, uint64_t second, uint8_t bytes[16])
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, bytes, 16);
    ats_wire_put_u64(&writer, first);
    ats_wire_put_u64(&writer, second);
}

static void make_state_tag(const struct ats_changelog *changelog,
                           const struct ats_changelog_summary *summary,
                           const uint8_t fingerprint[ATS_CHANGELOG_TAG_SIZE],
                           uint8_t tag[ATS_CHANGELOG_TAG_SIZE])
{
    uint8_t numbers[16];
    put_numbers(summary->input_number, summary->entries, numbers);
    ats_changelog_tag(changelog, LABEL_STATE,
                      (struct ats_span[]){ats_span_of(numbers, sizeof(numbers)),
                                          ats_span_of(fingerprint, ATS_CHANGELOG_TAG_SIZE),
                                          ats_span_of(NULL, 0)},
                      tag);
}

/* Whether the record was written by this group, and in its place: input numbers only grow, so a copy of an old record that
   somebody appended again mostly shows. */
static bool is_own(const struct ats_changelog *changelog, const struct ats_kafka_record *record,
                   struct ats_changelog_summary *newest)
{
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
    uint64_t input = 0;
    struct ats_span text = ats_kafka_record_header(record, INPUT_HEADER);
    struct ats_span found = ats_kafka_record_header(record, TAG_HEADER);
    struct ats_span state = ats_kafka_record_header(record, STATE_HEADER);
    struct ats_wire_reader reader;
    ats_changelog_tag(changelog, LABEL_TAG, (struct ats_span[]){record->key, record->value, text},
                      tag);
    if (found.len != sizeof(tag) || sodium_memcmp(found.data, tag, sizeof(tag)) != 0 ||
        state.len != 8 + sizeof(newest->tag) || ats_parse_uint64(text, &input) != ATS_OK ||
        input < newest->input_number)
        return false;
    newest->input_number = input;
    ats_wire_reader_init(&reader, state.data, state.len);
    newest->entries = ats_wire_get_u64(&reader);
    memcpy(newest->tag, state.data + 8, sizeof(newest->tag));
    return true;
}

enum ats_status ats_changelog_take(struct ats_changelog *changelog,
                                   const struct ats_kafka_record *record, struct ats_state *state,
                                   struct ats_changelog_restored *restored,
                                   struct ats_metrics *metrics, struct ats_error *err)
{
    if (!is_own(changelog, record, &restored->newest)) {
        restored->foreign++;
        ats_metrics_add(metrics, ATS_METRIC_FOREIGN_STATE, 1);
        return ATS_OK;
    }
    ats_metrics_add(metrics, ATS_METRIC_RESTORED, 1);
    toggle_entry(changelog, record->key, ats_state_view(state, record->key), changelog->committed);
    enum ats_status status = ats_state_restore(state, record->key, record->value);
    toggle_entry(changelog, record->key, record->value, changelog->committed);
    if (status == ATS_OK)
        return ATS_OK;
    return ats_error_set(err, status,
                         "state of %s [%d]: %s after %zu bytes (state_max bounds them)",
                         changelog->topic, (int)changelog->partition, ats_status_name(status),
                         ats_state_bytes(state));
}

enum ats_status ats_changelog_check(const struct ats_changelog *changelog,
                                    const struct ats_state *state,
                                    const struct ats_changelog_restored *restored,
                                    struct ats_error *err)
{
    uint8_t tag[ATS_CHANGELOG_TAG_SIZE];
    const struct ats_changelog_summary *newest = &restored->newest;
    size_t found = ats_state_count(state);
    if (newest->input_number == 0)
        return ATS_OK; /* nothing was written, or nothing is left: then the committed offsets tell */
    make_state_tag(changelog, newest, changelog->committed, tag);
    if (found == newest->entries && sodium_memcmp(tag, newest->tag, sizeof(tag)) == 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CORRUPT,
                         "partition %d of %s holds %zu entries, but its newest transaction left "
                         "%" PRIu64 "%s: others have written to it (%" PRIu64
                         " records are not the group's own), and compaction dropped its records",
                         (int)changelog->partition, changelog->topic, found, newest->entries,
                         found == newest->entries ? " with another content" : "",
                         restored->foreign);
}

struct fold {
    const struct ats_changelog *changelog;
    uint8_t *fingerprint;
};

static enum ats_status fold_entry(void *ctx, struct ats_span key, struct ats_span value,
                                  struct ats_span before)
{
    const struct fold *fold = ctx;
    toggle_entry(fold->changelog, key, before, fold->fingerprint);
    toggle_entry(fold->changelog, key, value, fold->fingerprint);
    return ATS_OK;
}

void ats_changelog_summarize(struct ats_changelog *changelog, const struct ats_state *state,
                             uint64_t input_number, struct ats_changelog_summary *ret_summary)
{
    struct fold fold = {changelog, changelog->written};
    memcpy(changelog->written, changelog->committed, sizeof(changelog->written));
    (void)ats_state_each_dirty(state, fold_entry, &fold);
    ret_summary->input_number = input_number;
    ret_summary->entries = ats_state_count(state);
    make_state_tag(changelog, ret_summary, changelog->written, ret_summary->tag);
}

void ats_changelog_commit(struct ats_changelog *changelog)
{
    memcpy(changelog->committed, changelog->written, sizeof(changelog->committed));
}

void ats_changelog_record(const struct ats_changelog *changelog, struct ats_span key,
                          struct ats_span value, const struct ats_changelog_summary *summary,
                          struct ats_changelog_texts *texts, struct ats_kafka_record *ret_record)
{
    int len = snprintf(texts->input, sizeof(texts->input), "%" PRIu64, summary->input_number);
    struct ats_span input = ats_span_of(texts->input, (size_t)len);
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, texts->state, sizeof(texts->state));
    ats_wire_put_u64(&writer, summary->entries);
    memcpy(texts->state + 8, summary->tag, sizeof(summary->tag));
    ats_changelog_tag(changelog, LABEL_TAG, (struct ats_span[]){key, value, input}, texts->tag);
    ret_record->topic = changelog->topic;
    ret_record->partition = changelog->partition;
    ret_record->key = key;
    ret_record->value = value;
    ret_record->header_count = 0;
    ats_kafka_record_add(ret_record, INPUT_HEADER, input);
    ats_kafka_record_add(ret_record, TAG_HEADER, ats_span_of(texts->tag, sizeof(texts->tag)));
    ats_kafka_record_add(ret_record, STATE_HEADER, ats_span_of(texts->state, sizeof(texts->state)));
}

struct writer {
    const struct ats_changelog *changelog;
    struct ats_transaction *transaction;
    struct ats_changelog_summary summary;
    struct ats_error *err;
};

static enum ats_status write_entry(void *ctx, struct ats_span key, struct ats_span value,
                                   struct ats_span before)
{
    struct writer *writer = ctx;
    struct ats_changelog_texts texts;
    struct ats_kafka_record record;
    (void)before;
    ats_changelog_record(writer->changelog, key, value, &writer->summary, &texts, &record);
    return ats_transaction_produce(writer->transaction, &record, writer->err);
}

enum ats_status ats_changelog_write(struct ats_changelog *changelog, const struct ats_state *state,
                                    uint64_t input_number, struct ats_transaction *transaction,
                                    struct ats_error *err)
{
    struct writer writer = {.changelog = changelog, .transaction = transaction, .err = err};
    ats_changelog_summarize(changelog, state, input_number, &writer.summary);
    return ats_state_each_dirty(state, write_entry, &writer);
}
