/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/evidence.h"

#include "device/wire.h"

#include <inttypes.h>
#include <stdlib.h>

/* No device's name begins with a control character. */
#define KEY_STATE "\1evidence/state"
#define KEY_PENDING "\1evidence/pending"
#define KEY_LEAVES "\1evidence/leaves/"
#define STATE_VERSION 1
#define STATE_SIZE 128
/* Leaves that share an entry of the store: two kilobytes, so that a commit rewrites little more than what is new. */
#define CHUNK 64
#define PENDING_MAX (ATS_EVIDENCE_LEAVES_MAX * ATS_LEAF_SIZE + 1024)

static int64_t now_ms(const struct ats_evidence *evidence)
{
    return ats_clock_monotonic_ms(evidence->options->clock);
}

static uint64_t next_position(const struct ats_evidence *evidence)
{
    return evidence->first + evidence->count;
}

/* --- what the store has --- */

struct chunk_key {
    uint8_t bytes[sizeof(KEY_LEAVES) - 1 + 4];
};

static struct ats_span make_chunk_key(size_t index, struct chunk_key *key)
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, key->bytes, sizeof(key->bytes));
    ats_wire_put_fixed(&writer, KEY_LEAVES, sizeof(KEY_LEAVES) - 1);
    ats_wire_put_u32(&writer, (uint32_t)index);
    return ats_span_of(key->bytes, writer.len);
}

static size_t chunk_size(const struct ats_evidence *evidence, size_t index)
{
    size_t left = evidence->count - index * CHUNK;
    return (left < CHUNK ? left : CHUNK) * ATS_LEAF_SIZE;
}

static bool read_state(struct ats_evidence *evidence, struct ats_span value)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, value.data, value.len);
    bool known = ats_wire_get_u32(&reader) == STATE_VERSION;
    evidence->number = ats_wire_get_u64(&reader);
    const uint8_t *hash = ats_wire_get_fixed(&reader, sizeof(evidence->hash));
    evidence->records = ats_wire_get_u64(&reader);
    evidence->control_count = ats_wire_get_u64(&reader);
    evidence->journal_id = ats_wire_get_u64(&reader);
    evidence->first = ats_wire_get_u64(&reader);
    uint64_t count = ats_wire_get_u64(&reader);
    if (!known || !ats_wire_reader_done(&reader) || count > ATS_EVIDENCE_LEAVES_MAX)
        return false;
    memcpy(evidence->hash, hash, sizeof(evidence->hash));
    evidence->count = evidence->stored = (size_t)count;
    return true;
}

static bool read_leaves(struct ats_evidence *evidence, struct ats_store_view *view)
{
    for (size_t i = 0; i * CHUNK < evidence->count; i++) {
        struct chunk_key key;
        struct ats_span value;
        size_t size = chunk_size(evidence, i);
        if (ats_store_get(view, make_chunk_key(i, &key), &value) != ATS_OK || value.len < size)
            return false;
        memcpy(evidence->leaves + i * CHUNK * ATS_LEAF_SIZE, value.data, size);
    }
    return true;
}

static bool read_pending(struct ats_evidence *evidence, struct ats_store_view *view)
{
    struct ats_span value;
    struct ats_checkpoint checkpoint;
    enum ats_status status = ats_store_get(view, ats_span_text(KEY_PENDING), &value);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND; /* nothing was signed yet */
    ats_buf_append(&evidence->pending, value.data, value.len);
    return value.len == 0 || ats_evidence_decode(value, &checkpoint, NULL) == ATS_OK;
}

static enum ats_status load(struct ats_evidence *evidence)
{
    struct ats_store_view *view = NULL;
    struct ats_span value;
    enum ats_status status = ats_store_view_open(evidence->options->marks, &view);
    if (status == ATS_OK)
        status = ats_store_get(view, ats_span_text(KEY_STATE), &value);
    if (status == ATS_OK && !(read_state(evidence, value) && read_leaves(evidence, view) &&
                              read_pending(evidence, view)))
        status = ATS_ERR_CORRUPT;
    ats_store_view_close(view);
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

/* Signing a position a second time would be a fork: where nobody knows any more what was signed, a new chain begins. */
static void begin_anew(struct ats_evidence *evidence)
{
    evidence->number = evidence->records = evidence->journal_id = evidence->first = 0;
    evidence->count = evidence->stored = 0;
    evidence->control_count = 0;
    memset(evidence->hash, 0, sizeof(evidence->hash));
    ats_buf_clear(&evidence->pending);
    ats_log_event(evidence->options->log, ATS_LOG_ERROR, "evidence.lost",
                  "reason=\"the stored state of the journal checkpoints cannot be read; a new "
                  "chain begins, which `attestream verify evidence` shows\"");
}

void ats_evidence_fini(struct ats_evidence *evidence)
{
    ats_buf_fini(&evidence->pending);
    free(evidence->leaves);
    evidence->leaves = NULL;
}

static enum ats_status resume(const struct ats_evidence *evidence)
{
    struct ats_journal *journal = evidence->options->journal;
    struct ats_journal_reader *reader = NULL;
    struct ats_journal_entry entry;
    uint64_t newest = 0;
    if (evidence->journal_id == 0)
        return ATS_OK;
    enum ats_status status = ats_journal_reader_open(journal, false, &reader);
    if (status != ATS_OK)
        return status;
    while (ats_journal_reader_next(reader, &entry) == ATS_OK) {
        bool same = entry.journal_id == evidence->journal_id;
        if (same && entry.position >= next_position(evidence))
            break;
        if (same)
            newest = entry.position;
    }
    ats_journal_reader_close(reader);
    if (newest > 0)
        ats_journal_acknowledge(journal, evidence->journal_id, newest);
    return ATS_OK;
}

enum ats_status ats_evidence_open(struct ats_evidence *evidence,
                                  const struct ats_forwarder_options *options)
{
    *evidence = (struct ats_evidence){.options = options};
    ats_buf_init(&evidence->pending, PENDING_MAX);
    evidence->leaves = calloc(ATS_EVIDENCE_LEAVES_MAX, ATS_LEAF_SIZE);
    if (!evidence->leaves || !ats_buf_reserve(&evidence->pending, PENDING_MAX))
        return ATS_ERR_MEMORY;
    enum ats_status status = load(evidence);
    if (status == ATS_ERR_CORRUPT) {
        begin_anew(evidence);
        status = ATS_OK;
    }
    evidence->since_ms = now_ms(evidence);
    return status == ATS_OK ? resume(evidence) : status;
}

/* --- signing --- */

static void describe(const struct ats_evidence *evidence, struct ats_checkpoint *checkpoint)
{
    *checkpoint = (struct ats_checkpoint){
        .gate = ats_span_text(evidence->options->gate),
        .number = evidence->number + 1,
        .journal_id = evidence->journal_id,
        .first = evidence->first,
        .records = evidence->records + evidence->count,
        .leaves = ats_span_of(evidence->leaves, evidence->count * ATS_LEAF_SIZE),
        .time_ms = ats_clock_wall_ms(evidence->options->clock),
        .control_count = ats_registry_count(evidence->options->registry)};
    memcpy(checkpoint->previous, evidence->hash, sizeof(checkpoint->previous));
}

/* The open interval becomes the checkpoint that waits. */
static enum ats_status sign(struct ats_evidence *evidence)
{
    struct ats_checkpoint checkpoint;
    uint8_t hash[ATS_CHECKPOINT_HASH_SIZE];
    describe(evidence, &checkpoint);
    if (ats_checkpoint_sign(evidence->options->fleet, evidence->options->signing, &checkpoint) !=
            ATS_OK ||
        ats_checkpoint_hash(evidence->options->fleet, &checkpoint, hash) != ATS_OK)
        return ATS_ERR_INTERNAL;
    ats_buf_clear(&evidence->pending);
    ats_evidence_encode(&checkpoint, &evidence->pending);
    if (evidence->pending.status != ATS_OK) {
        ats_buf_clear(&evidence->pending);
        return ATS_ERR_INTERNAL;
    }
    memcpy(evidence->hash, hash, sizeof(evidence->hash));
    evidence->number = checkpoint.number;
    evidence->records = checkpoint.records;
    evidence->control_count = checkpoint.control_count;
    evidence->first = next_position(evidence);
    evidence->count = evidence->stored = 0;
    evidence->dirty = evidence->pending_dirty = true;
    return ATS_OK;
}

static bool has_pending(const struct ats_evidence *evidence)
{
    return evidence->pending.len > 0;
}

enum ats_status ats_evidence_note(struct ats_evidence *evidence, uint64_t journal_id,
                                  uint64_t position, const uint8_t leaf[ATS_LEAF_SIZE])
{
    bool same = journal_id == evidence->journal_id;
    if (same && position < next_position(evidence))
        return ATS_OK;
    bool fits =
        same && position == next_position(evidence) && evidence->count < ATS_EVIDENCE_LEAVES_MAX;
    if (!fits && evidence->count > 0) {
        enum ats_status status = has_pending(evidence) ? ATS_ERR_AGAIN : sign(evidence);
        if (status != ATS_OK)
            return status;
    }
    if (evidence->count == 0) {
        evidence->journal_id = journal_id;
        evidence->first = position;
        evidence->since_ms = now_ms(evidence);
    }
    memcpy(evidence->leaves + evidence->count++ * ATS_LEAF_SIZE, leaf, ATS_LEAF_SIZE);
    evidence->dirty = true;
    return ATS_OK;
}

/* A copy of the control log that was moved away is read anew: until then the gate would name fewer records than before. */
static bool waits_for_control(const struct ats_evidence *evidence, int64_t age_ms)
{
    return ats_registry_count(evidence->options->registry) < evidence->control_count &&
           age_ms < ATS_EVIDENCE_CONTROL_WAIT_MS;
}

void ats_evidence_sign_when_due(struct ats_evidence *evidence, bool at_once)
{
    if (evidence->count == 0 || has_pending(evidence))
        return;
    int64_t age_ms = now_ms(evidence) - evidence->since_ms;
    if (waits_for_control(evidence, age_ms) ||
        (!at_once && age_ms < evidence->options->evidence_interval_ms))
        return;
    if (sign(evidence) != ATS_OK)
        ats_log_event(evidence->options->log, ATS_LOG_ERROR, "evidence.broken",
                      "reason=\"a journal checkpoint cannot be signed\"");
}

/* --- storing --- */

static enum ats_status put_state(const struct ats_evidence *evidence, struct ats_store_batch *batch)
{
    uint8_t memory[STATE_SIZE];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_u32(&writer, STATE_VERSION);
    ats_wire_put_u64(&writer, evidence->number);
    ats_wire_put_fixed(&writer, evidence->hash, sizeof(evidence->hash));
    ats_wire_put_u64(&writer, evidence->records);
    ats_wire_put_u64(&writer, evidence->control_count);
    ats_wire_put_u64(&writer, evidence->journal_id);
    ats_wire_put_u64(&writer, evidence->first);
    ats_wire_put_u64(&writer, evidence->count);
    return ats_store_batch_put(batch, ats_span_text(KEY_STATE), ats_span_of(memory, writer.len));
}

/* From the first chunk on that has a leaf which the store has not. */
static enum ats_status put_leaves(const struct ats_evidence *evidence,
                                  struct ats_store_batch *batch)
{
    enum ats_status status = ATS_OK;
    for (size_t i = evidence->stored / CHUNK; i * CHUNK < evidence->count && status == ATS_OK;
         i++) {
        struct chunk_key key;
        status = ats_store_batch_put(
            batch, make_chunk_key(i, &key),
            ats_span_of(evidence->leaves + i * CHUNK * ATS_LEAF_SIZE, chunk_size(evidence, i)));
    }
    return status;
}

enum ats_status ats_evidence_put(const struct ats_evidence *evidence, struct ats_store_batch *batch)
{
    if (!evidence->dirty)
        return ATS_OK;
    enum ats_status status = put_state(evidence, batch);
    if (status == ATS_OK)
        status = put_leaves(evidence, batch);
    if (status == ATS_OK && evidence->pending_dirty)
        status = ats_store_batch_put(batch, ats_span_text(KEY_PENDING),
                                     ats_buf_span(&evidence->pending));
    return status;
}

void ats_evidence_stored(struct ats_evidence *evidence)
{
    evidence->stored = evidence->count;
    evidence->dirty = evidence->pending_dirty = false;
}

/* --- sending --- */

static bool make_record(struct ats_evidence *evidence, struct ats_kafka_record *record)
{
    struct ats_checkpoint checkpoint;
    struct ats_span value = ats_buf_span(&evidence->pending);
    return ats_evidence_decode(value, &checkpoint, NULL) == ATS_OK &&
           ats_evidence_to_kafka(&checkpoint, value, evidence->options->fleet_hex,
                                 evidence->options->kafka->topic_prefix, &evidence->texts,
                                 record) == ATS_OK;
}

enum ats_status ats_evidence_send(struct ats_evidence *evidence,
                                  struct ats_kafka_producer *producer, struct ats_error *err)
{
    struct ats_kafka_record record;
    if (!has_pending(evidence) || evidence->in_flight || evidence->pending_dirty)
        return ATS_OK;
    if (!make_record(evidence, &record))
        return ats_error_set(err, ATS_ERR_INTERNAL, "a journal checkpoint does not fit a record");
    enum ats_status status = ats_kafka_producer_send(producer, &record, ATS_EVIDENCE_TAG, err);
    evidence->in_flight = status == ATS_OK;
    return status;
}

void ats_evidence_delivered(struct ats_evidence *evidence, enum ats_status status)
{
    evidence->in_flight = false;
    evidence->refused = status == ATS_ERR_LIMIT;
    if (status != ATS_OK)
        return;
    ats_buf_clear(&evidence->pending);
    evidence->dirty = evidence->pending_dirty = true;
}

void ats_evidence_gave_up(struct ats_evidence *evidence)
{
    evidence->in_flight = false;
}

bool ats_evidence_waits(const struct ats_evidence *evidence)
{
    return has_pending(evidence) || evidence->count > 0;
}
