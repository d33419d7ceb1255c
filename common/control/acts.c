/* SPDX-License-Identifier: Apache-2.0 */
/* A value that the store lends is void with the next write, so what is moved is copied first. */
#include "common/control/acts.h"

#include "common/control/store_key.h"
#include "device/wire.h"

#include <sodium.h>

#define ATS_LABEL_CHAIN "ATTESTREAM-1 chain"
#define ACT_SIZE_MAX (4 * ATS_NAME_MAX + 256)
#define PLACE_SIZE (8 + ATS_HASH_SIZE)
#define COUNT_SIZE 8

static void take_text(struct ats_wire_reader *reader, char *ret_text, size_t size)
{
    size_t len = 0;
    const uint8_t *text = ats_wire_get_bytes(reader, &len);
    if (!text || len >= size) {
        reader->failed = true;
        return;
    }
    memcpy(ret_text, text, len);
    ret_text[len] = '\0';
}

static enum ats_status decode_act(struct ats_span bytes, uint64_t count,
                                  struct ats_control_act *ret_act)
{
    struct ats_wire_reader reader;
    *ret_act = (struct ats_control_act){.count = count};
    ats_wire_reader_init(&reader, bytes.data, bytes.len);
    ret_act->void_by = ats_wire_get_u64(&reader);
    take_text(&reader, ret_act->signer, sizeof(ret_act->signer));
    take_text(&reader, ret_act->key_id, sizeof(ret_act->key_id));
    take_text(&reader, ret_act->approver, sizeof(ret_act->approver));
    take_text(&reader, ret_act->approver_key_id, sizeof(ret_act->approver_key_id));
    uint64_t kind = ats_wire_get_u64(&reader);
    take_text(&reader, ret_act->name, sizeof(ret_act->name));
    ret_act->revision = ats_wire_get_u64(&reader);
    ret_act->time_ms = (int64_t)ats_wire_get_u64(&reader);
    const uint8_t *chain = ats_wire_get_fixed(&reader, sizeof(ret_act->chain));
    if (!ats_wire_reader_done(&reader) || !chain || kind >= ATS_CONTROL_KIND_COUNT)
        return ATS_ERR_CORRUPT;
    ret_act->kind = (enum ats_control_kind)kind;
    memcpy(ret_act->chain, chain, sizeof(ret_act->chain));
    return ATS_OK;
}

enum ats_status ats_control_act_get(struct ats_store_view *view, uint64_t count,
                                    struct ats_control_act *ret_act)
{
    struct ats_store_key key = ats_store_key_act(count);
    struct ats_span bytes;
    enum ats_status status = ats_store_get(view, ats_store_key_span(&key), &bytes);
    return status == ATS_OK ? decode_act(bytes, count, ret_act) : status;
}

enum ats_status ats_control_act_find(struct ats_store_batch *batch, uint64_t count,
                                     struct ats_control_act *ret_act)
{
    struct ats_store_key key = ats_store_key_act(count);
    struct ats_span bytes;
    enum ats_status status = ats_store_batch_get(batch, ats_store_key_span(&key), &bytes);
    return status == ATS_OK ? decode_act(bytes, count, ret_act) : status;
}

enum ats_status ats_control_act_put(struct ats_store_batch *batch,
                                    const struct ats_control_act *act)
{
    uint8_t bytes[ACT_SIZE_MAX];
    struct ats_wire_writer writer;
    struct ats_store_key key = ats_store_key_act(act->count);
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    ats_wire_put_u64(&writer, act->void_by);
    ats_wire_put_text(&writer, act->signer);
    ats_wire_put_text(&writer, act->key_id);
    ats_wire_put_text(&writer, act->approver);
    ats_wire_put_text(&writer, act->approver_key_id);
    ats_wire_put_u64(&writer, act->kind);
    ats_wire_put_text(&writer, act->name);
    ats_wire_put_u64(&writer, act->revision);
    ats_wire_put_u64(&writer, (uint64_t)act->time_ms);
    ats_wire_put_fixed(&writer, act->chain, sizeof(act->chain));
    if (writer.overflow)
        return ATS_ERR_INTERNAL;
    return ats_store_batch_put(batch, ats_store_key_span(&key), ats_span_of(bytes, writer.len));
}

/* ---- places ---- */

/* `place` is what v/ holds, `value` what r/ holds; a span without data is not there. */
static enum ats_status decode_place(struct ats_span place, struct ats_span value,
                                    uint64_t *ret_revision, uint8_t ret_hash[ATS_HASH_SIZE])
{
    struct ats_control_record record;
    *ret_revision = 0;
    memset(ret_hash, 0, ATS_HASH_SIZE);
    if (place.data) {
        struct ats_wire_reader reader;
        ats_wire_reader_init(&reader, place.data, place.len);
        *ret_revision = ats_wire_get_u64(&reader);
        const uint8_t *hash = ats_wire_get_fixed(&reader, ATS_HASH_SIZE);
        if (!hash)
            return ATS_ERR_CORRUPT;
        memcpy(ret_hash, hash, ATS_HASH_SIZE);
    } else if (value.data) {
        if (ats_control_record_decode(value, &record) != ATS_OK)
            return ATS_ERR_CORRUPT;
        *ret_revision = record.revision;
        ats_control_record_hash(&record, ret_hash);
    }
    return ATS_OK;
}

static enum ats_status or_nothing(enum ats_status status, struct ats_span *span)
{
    if (status == ATS_ERR_NOT_FOUND)
        *span = (struct ats_span){0};
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

enum ats_status ats_control_place(struct ats_store_view *view, enum ats_control_kind kind,
                                  const char *name, uint64_t *ret_revision,
                                  uint8_t ret_hash[ATS_HASH_SIZE])
{
    struct ats_store_key place_key = ats_store_key_place(kind, name);
    struct ats_store_key record_key = ats_store_key_record(kind, name);
    struct ats_span place;
    struct ats_span value;
    enum ats_status status =
        or_nothing(ats_store_get(view, ats_store_key_span(&place_key), &place), &place);
    if (status == ATS_OK)
        status = or_nothing(ats_store_get(view, ats_store_key_span(&record_key), &value), &value);
    return status == ATS_OK ? decode_place(place, value, ret_revision, ret_hash) : status;
}

static enum ats_status find(struct ats_store_batch *batch, const struct ats_store_key *key,
                            struct ats_span *ret_value)
{
    return or_nothing(ats_store_batch_get(batch, ats_store_key_span(key), ret_value), ret_value);
}

enum ats_status ats_control_place_find(struct ats_store_batch *batch, enum ats_control_kind kind,
                                       const char *name, uint64_t *ret_revision,
                                       uint8_t ret_hash[ATS_HASH_SIZE])
{
    struct ats_store_key place_key = ats_store_key_place(kind, name);
    struct ats_store_key record_key = ats_store_key_record(kind, name);
    struct ats_span place;
    struct ats_span value;
    enum ats_status status = find(batch, &place_key, &place);
    if (status == ATS_OK)
        status = find(batch, &record_key, &value);
    return status == ATS_OK ? decode_place(place, value, ret_revision, ret_hash) : status;
}

static enum ats_status put_place(struct ats_store_batch *batch, enum ats_control_kind kind,
                                 const char *name, uint64_t revision,
                                 const uint8_t hash[ATS_HASH_SIZE])
{
    uint8_t bytes[PLACE_SIZE];
    struct ats_wire_writer writer;
    struct ats_store_key key = ats_store_key_place(kind, name);
    ats_wire_writer_init(&writer, bytes, sizeof(bytes));
    ats_wire_put_u64(&writer, revision);
    ats_wire_put_fixed(&writer, hash, ATS_HASH_SIZE);
    return ats_store_batch_put(batch, ats_store_key_span(&key), ats_span_of(bytes, writer.len));
}

/* ---- revisions ---- */

static enum ats_status put_revision(struct ats_store_batch *batch, enum ats_control_kind kind,
                                    const char *name, uint64_t revision, uint64_t count,
                                    struct ats_span value)
{
    uint8_t head[COUNT_SIZE];
    struct ats_buf bytes;
    struct ats_wire_writer writer;
    struct ats_store_key key = ats_store_key_revision(kind, name, revision);
    ats_wire_writer_init(&writer, head, sizeof(head));
    ats_wire_put_u64(&writer, count);
    ats_buf_init(&bytes, ATS_RECORD_MAX + COUNT_SIZE);
    ats_buf_append(&bytes, head, sizeof(head));
    ats_buf_append(&bytes, value.data, value.len);
    enum ats_status status = bytes.status;
    if (status == ATS_OK)
        status = ats_store_batch_put(batch, ats_store_key_span(&key), ats_buf_span(&bytes));
    ats_buf_fini(&bytes);
    return status;
}

bool ats_control_revision_count(struct ats_span stored, uint64_t *ret_count)
{
    struct ats_wire_reader reader;
    if (stored.len < COUNT_SIZE)
        return false;
    ats_wire_reader_init(&reader, stored.data, stored.len);
    *ret_count = ats_wire_get_u64(&reader);
    return true;
}

enum ats_status ats_control_revision_view(struct ats_store_view *view, enum ats_control_kind kind,
                                          const char *name, uint64_t revision,
                                          struct ats_control_act *ret_act,
                                          struct ats_span *ret_value)
{
    struct ats_store_key key = ats_store_key_revision(kind, name, revision);
    struct ats_store_key record_key = ats_store_key_record(kind, name);
    struct ats_span stored;
    uint64_t count = 0;
    enum ats_status status = ats_store_get(view, ats_store_key_span(&key), &stored);
    if (status != ATS_OK)
        return status;
    if (!ats_control_revision_count(stored, &count))
        return ATS_ERR_CORRUPT;
    *ret_value = ats_span_of(stored.data + COUNT_SIZE, stored.len - COUNT_SIZE);
    if (ret_value->len == 0)
        status = ats_store_get(view, ats_store_key_span(&record_key), ret_value);
    return status == ATS_OK ? ats_control_act_get(view, count, ret_act) : status;
}

/* `ret_value` is empty where r/ holds it; lent until the next write. */
static enum ats_status find_revision(struct ats_store_batch *batch, enum ats_control_kind kind,
                                     const char *name, uint64_t revision, uint64_t *ret_count,
                                     struct ats_span *ret_value)
{
    struct ats_store_key key = ats_store_key_revision(kind, name, revision);
    struct ats_span bytes;
    enum ats_status status = ats_store_batch_get(batch, ats_store_key_span(&key), &bytes);
    if (status != ATS_OK)
        return status;
    if (!ats_control_revision_count(bytes, ret_count))
        return ATS_ERR_CORRUPT;
    *ret_value = ats_span_of(bytes.data + COUNT_SIZE, bytes.len - COUNT_SIZE);
    return ATS_OK;
}

/* Puts what r/ holds beside its count, before r/ gets another. */
static enum ats_status keep_current(struct ats_store_batch *batch, enum ats_control_kind kind,
                                    const char *name)
{
    struct ats_store_key key = ats_store_key_record(kind, name);
    struct ats_control_record record;
    struct ats_span value;
    struct ats_span kept;
    uint64_t count = 0;
    enum ats_status status = find(batch, &key, &value);
    if (status != ATS_OK || !value.data)
        return status;
    if (ats_control_record_decode(value, &record) != ATS_OK)
        return ATS_ERR_CORRUPT;
    status = find_revision(batch, kind, name, record.revision, &count, &kept);
    if (status == ATS_ERR_NOT_FOUND || (status == ATS_OK && kept.len > 0))
        return ATS_OK; /* a copy from before acts were kept; or it is there */
    return status == ATS_OK ? put_revision(batch, kind, name, record.revision, count, value)
                            : status;
}

enum ats_status ats_control_act_hold(struct ats_store_batch *batch,
                                     const struct ats_control_act *act, struct ats_span value)
{
    struct ats_store_key place_key = ats_store_key_place(act->kind, act->name);
    struct ats_store_key key = ats_store_key_record(act->kind, act->name);
    enum ats_status status = keep_current(batch, act->kind, act->name);
    if (status == ATS_OK)
        status = ats_store_batch_put(batch, ats_store_key_span(&key), value);
    if (status == ATS_OK)
        status = put_revision(batch, act->kind, act->name, act->revision, act->count,
                              (struct ats_span){0});
    return status == ATS_OK ? ats_store_batch_delete(batch, ats_store_key_span(&place_key))
                            : status;
}

enum ats_status ats_control_act_skip(struct ats_store_batch *batch,
                                     const struct ats_control_act *act,
                                     const struct ats_control_record *record)
{
    uint8_t hash[ATS_HASH_SIZE];
    ats_control_record_hash(record, hash);
    return put_place(batch, act->kind, act->name, act->revision, hash);
}

enum ats_status ats_control_set_aside(struct ats_store_batch *batch, enum ats_control_kind kind,
                                      const char *name)
{
    struct ats_store_key place_key = ats_store_key_place(kind, name);
    struct ats_store_key key = ats_store_key_record(kind, name);
    enum ats_status status = keep_current(batch, kind, name);
    if (status == ATS_OK)
        status = ats_store_batch_delete(batch, ats_store_key_span(&key));
    return status == ATS_OK ? ats_store_batch_delete(batch, ats_store_key_span(&place_key))
                            : status;
}

enum ats_status ats_control_act_accept(struct ats_store_batch *batch,
                                       const struct ats_control_record *record,
                                       struct ats_span value, uint64_t count,
                                       const uint8_t chain[ATS_HASH_SIZE])
{
    struct ats_control_act act = {.count = count,
                                  .kind = record->kind,
                                  .revision = record->revision,
                                  .time_ms = record->time_ms};
    memcpy(act.signer, record->signer, sizeof(act.signer));
    memcpy(act.key_id, record->key_id, sizeof(act.key_id));
    memcpy(act.approver, record->approver, sizeof(act.approver));
    memcpy(act.approver_key_id, record->approver_key_id, sizeof(act.approver_key_id));
    memcpy(act.name, record->name, sizeof(act.name));
    memcpy(act.chain, chain, sizeof(act.chain));
    enum ats_status status = ats_control_act_hold(batch, &act, value);
    return status == ATS_OK ? ats_control_act_put(batch, &act) : status;
}

bool ats_control_act_is_by(const struct ats_control_act *act, const char *name)
{
    return act->kind != ATS_CONTROL_CHECKPOINT &&
           (strcmp(act->signer, name) == 0 || strcmp(act->approver, name) == 0);
}

enum ats_status ats_control_revision_act(struct ats_store_batch *batch, enum ats_control_kind kind,
                                         const char *name, uint64_t revision,
                                         struct ats_control_act *ret_act)
{
    struct ats_span value;
    uint64_t count = 0;
    enum ats_status status = find_revision(batch, kind, name, revision, &count, &value);
    return status == ATS_OK ? ats_control_act_find(batch, count, ret_act) : status;
}

enum ats_status ats_control_revision_get(struct ats_store_batch *batch, enum ats_control_kind kind,
                                         const char *name, uint64_t revision, struct ats_buf *out,
                                         struct ats_control_act *ret_act)
{
    struct ats_store_key key = ats_store_key_record(kind, name);
    struct ats_span value;
    uint64_t count = 0;
    enum ats_status status = find_revision(batch, kind, name, revision, &count, &value);
    if (status == ATS_OK && value.len == 0)
        status = ats_store_batch_get(batch, ats_store_key_span(&key), &value);
    if (status != ATS_OK)
        return status;
    ats_buf_clear(out);
    ats_buf_append(out, value.data, value.len);
    return out->status == ATS_OK ? ats_control_act_find(batch, count, ret_act) : out->status;
}

void ats_control_chain_extend(uint8_t chain[ATS_HASH_SIZE], const struct ats_control_record *record)
{
    uint8_t hash[ATS_HASH_SIZE];
    crypto_hash_sha256_state sha;
    ats_control_record_hash(record, hash);
    (void)crypto_hash_sha256_init(&sha);
    (void)crypto_hash_sha256_update(&sha, (const uint8_t *)ATS_LABEL_CHAIN,
                                    sizeof(ATS_LABEL_CHAIN) - 1);
    (void)crypto_hash_sha256_update(&sha, chain, ATS_HASH_SIZE);
    (void)crypto_hash_sha256_update(&sha, hash, sizeof(hash));
    (void)crypto_hash_sha256_final(&sha, chain);
}
