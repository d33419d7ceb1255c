/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/token_store.h"

#include "device/wire.h"

#include <sodium.h>

#define ITEM_SIZE (8 + ATS_TOKEN_HASH_SIZE)
#define VALUE_MAX (8 + (size_t)ATS_GATE_TOKENS_PER_KEY * ITEM_SIZE)

static void hash_texts(const char *first, const char *second, uint8_t ret[ATS_TOKEN_HASH_SIZE])
{
    static const uint8_t end = 0;
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, ATS_TOKEN_HASH_SIZE);
    (void)crypto_generichash_update(&state, (const uint8_t *)first, strlen(first));
    (void)crypto_generichash_update(&state, &end, 1);
    (void)crypto_generichash_update(&state, (const uint8_t *)second, strlen(second));
    (void)crypto_generichash_final(&state, ret, ATS_TOKEN_HASH_SIZE);
}

void ats_token_record_make(const char *device, const char *key_id, const char *token_id,
                           int64_t expires_s, struct ats_token_record *ret_record)
{
    hash_texts(device, key_id, ret_record->key);
    hash_texts("", token_id, ret_record->used.hash);
    ret_record->used.expires_s = expires_s;
}

void ats_token_record_encode(const struct ats_token_record *record,
                             uint8_t ret_data[ATS_TOKEN_RECORD_SIZE])
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, ret_data, ATS_TOKEN_RECORD_SIZE);
    ats_wire_put_fixed(&writer, record->key, sizeof(record->key));
    ats_wire_put_u64(&writer, (uint64_t)record->used.expires_s);
    ats_wire_put_fixed(&writer, record->used.hash, sizeof(record->used.hash));
}

static void get_fixed(struct ats_wire_reader *reader, uint8_t to[ATS_TOKEN_HASH_SIZE])
{
    const uint8_t *data = ats_wire_get_fixed(reader, ATS_TOKEN_HASH_SIZE);
    if (data)
        memcpy(to, data, ATS_TOKEN_HASH_SIZE);
}

bool ats_token_record_decode(struct ats_span data, struct ats_token_record *ret_record)
{
    struct ats_wire_reader reader;
    *ret_record = (struct ats_token_record){0};
    ats_wire_reader_init(&reader, data.data, data.len);
    get_fixed(&reader, ret_record->key);
    ret_record->used.expires_s = (int64_t)ats_wire_get_u64(&reader);
    get_fixed(&reader, ret_record->used.hash);
    return ats_wire_reader_done(&reader);
}

/* --- sets --- */

static bool is_same(const struct ats_used_token *a, const struct ats_used_token *b)
{
    return a->expires_s == b->expires_s && memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

bool ats_token_set_has(const struct ats_token_set *set, const struct ats_used_token *token)
{
    if (token->expires_s <= set->forgotten_s)
        return true;
    for (size_t i = 0; i < set->count; i++)
        if (is_same(&set->items[i], token))
            return true;
    return false;
}

size_t ats_token_set_live(const struct ats_token_set *set, int64_t now_s)
{
    size_t live = 0;
    for (size_t i = 0; i < set->count; i++)
        live += set->items[i].expires_s > now_s;
    return live;
}

/* All that expire no later than that. */
static void forget_until(struct ats_token_set *set, int64_t time_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        int64_t expires_s = set->items[i].expires_s;
        if (expires_s > time_s)
            set->items[kept++] = set->items[i];
        else if (expires_s > set->forgotten_s)
            set->forgotten_s = expires_s;
    }
    set->count = kept;
}

static int64_t first_end(const struct ats_token_set *set)
{
    int64_t first_s = set->items[0].expires_s;
    for (size_t i = 1; i < set->count; i++)
        if (set->items[i].expires_s < first_s)
            first_s = set->items[i].expires_s;
    return first_s;
}

void ats_token_set_add(struct ats_token_set *set, const struct ats_used_token *token, int64_t now_s)
{
    if (ats_token_set_has(set, token))
        return;
    if (set->count == ATS_GATE_TOKENS_PER_KEY)
        forget_until(set, now_s);
    if (set->count == ATS_GATE_TOKENS_PER_KEY)
        forget_until(set, first_end(set));
    set->items[set->count++] = *token;
}

/* --- store --- */

static bool decode(struct ats_span value, struct ats_token_set *set)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, value.data, value.len);
    set->forgotten_s = (int64_t)ats_wire_get_u64(&reader);
    for (set->count = 0; reader.at < reader.len; set->count++) {
        if (set->count == ATS_GATE_TOKENS_PER_KEY || reader.failed)
            return false;
        set->items[set->count].expires_s = (int64_t)ats_wire_get_u64(&reader);
        get_fixed(&reader, set->items[set->count].hash);
    }
    return ats_wire_reader_done(&reader);
}

static struct ats_span encode(const struct ats_token_set *set, uint8_t memory[VALUE_MAX])
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, VALUE_MAX);
    ats_wire_put_u64(&writer, (uint64_t)set->forgotten_s);
    for (size_t i = 0; i < set->count; i++) {
        ats_wire_put_u64(&writer, (uint64_t)set->items[i].expires_s);
        ats_wire_put_fixed(&writer, set->items[i].hash, sizeof(set->items[i].hash));
    }
    return ats_span_of(memory, writer.len);
}

static struct ats_span key_span(const uint8_t key[ATS_TOKEN_HASH_SIZE])
{
    return ats_span_of(key, ATS_TOKEN_HASH_SIZE);
}

/* What cannot be read counts as nothing: whoever can write there can take it out as well. */
static enum ats_status decode_found(enum ats_status found, struct ats_span value,
                                    struct ats_token_set *set)
{
    bool read = found == ATS_OK && decode(value, set);
    if (!read) {
        set->count = 0;
        set->forgotten_s = 0;
    }
    return found == ATS_ERR_NOT_FOUND ? ATS_OK : found;
}

enum ats_status ats_token_store_get(struct ats_store *store, const uint8_t key[ATS_TOKEN_HASH_SIZE],
                                    struct ats_token_set *ret_set)
{
    struct ats_store_view *view = NULL;
    struct ats_span value = {0};
    enum ats_status status = ats_store_view_open(store, &view);
    if (status == ATS_OK)
        status = decode_found(ats_store_get(view, key_span(key), &value), value, ret_set);
    ats_store_view_close(view);
    return status;
}

enum ats_status ats_token_store_put(struct ats_store_batch *batch,
                                    const struct ats_token_record *record, int64_t now_s)
{
    struct ats_used_token items[ATS_GATE_TOKENS_PER_KEY];
    struct ats_token_set set = {.items = items};
    struct ats_span value = {0};
    uint8_t memory[VALUE_MAX];
    enum ats_status status = ats_store_batch_get(batch, key_span(record->key), &value);
    status = decode_found(status, value, &set);
    if (status != ATS_OK || ats_token_set_has(&set, &record->used))
        return status;
    ats_token_set_add(&set, &record->used, now_s);
    return ats_store_batch_put(batch, key_span(record->key), encode(&set, memory));
}

bool ats_token_value_ends_by(struct ats_span value, int64_t until_s)
{
    struct ats_used_token items[ATS_GATE_TOKENS_PER_KEY];
    struct ats_token_set set = {.items = items};
    return decode(value, &set) && set.count > 0 && ats_token_set_live(&set, until_s) == 0;
}

enum ats_status ats_token_store_forget(struct ats_store_batch *batch,
                                       const uint8_t key[ATS_TOKEN_HASH_SIZE], int64_t until_s,
                                       size_t *ret_count)
{
    struct ats_used_token items[ATS_GATE_TOKENS_PER_KEY];
    struct ats_token_set set = {.items = items};
    struct ats_span value = {0};
    uint8_t memory[VALUE_MAX];
    enum ats_status status = ats_store_batch_get(batch, key_span(key), &value);
    status = decode_found(status, value, &set);
    *ret_count = set.count;
    if (status != ATS_OK)
        return status;
    forget_until(&set, until_s);
    *ret_count -= set.count;
    return *ret_count > 0 ? ats_store_batch_put(batch, key_span(key), encode(&set, memory))
                          : ATS_OK;
}
