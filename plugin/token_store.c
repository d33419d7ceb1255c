/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/token_store.h"

#include "device/wire.h"

#include <sodium.h>

#define HASH_SIZE 24
#define TIME_SIZE 8
#define ENTRY_SIZE (TIME_SIZE + HASH_SIZE)
/* Expired ones that go for each that comes: the store shrinks again, and nobody waits long for it. */
#define PURGE_MAX 8

static const uint8_t forgotten_key[] = {0xff};

static void encode_time(uint8_t to[TIME_SIZE], int64_t time_s)
{
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, to, TIME_SIZE);
    ats_wire_put_u64(&writer, (uint64_t)time_s);
}

static int64_t decode_time(struct ats_span value)
{
    struct ats_wire_reader reader;
    ats_wire_reader_init(&reader, value.data, TIME_SIZE);
    return (int64_t)ats_wire_get_u64(&reader);
}

static void make_entry(const struct ats_jwt *jwt, uint8_t ret_entry[ENTRY_SIZE])
{
    static const uint8_t end = 0;
    crypto_generichash_state state;
    encode_time(ret_entry, jwt->expires_s);
    (void)crypto_generichash_init(&state, NULL, 0, HASH_SIZE);
    (void)crypto_generichash_update(&state, (const uint8_t *)jwt->key_id, strlen(jwt->key_id));
    (void)crypto_generichash_update(&state, &end, 1);
    (void)crypto_generichash_update(&state, (const uint8_t *)jwt->token_id, strlen(jwt->token_id));
    (void)crypto_generichash_final(&state, ret_entry + TIME_SIZE, HASH_SIZE);
}

/* The latest expiry that was forgotten; 0 if none was. */
static enum ats_status read_forgotten(struct ats_store_batch *batch, int64_t *ret_s)
{
    struct ats_span value;
    *ret_s = 0;
    enum ats_status status =
        ats_store_batch_get(batch, ats_span_of(forgotten_key, sizeof(forgotten_key)), &value);
    if (status == ATS_ERR_NOT_FOUND)
        return ATS_OK;
    if (status == ATS_OK && value.len != TIME_SIZE)
        return ATS_ERR_CORRUPT;
    if (status == ATS_OK)
        *ret_s = decode_time(value);
    return status;
}

static enum ats_status write_forgotten(struct ats_store_batch *batch, int64_t time_s)
{
    uint8_t value[TIME_SIZE];
    encode_time(value, time_s);
    return ats_store_batch_put(batch, ats_span_of(forgotten_key, sizeof(forgotten_key)),
                               ats_span_of(value, sizeof(value)));
}

/* Takes expired ones away, oldest first. */
static enum ats_status purge(struct ats_store_batch *batch, int64_t now_s, int64_t *forgotten_s)
{
    int64_t before = *forgotten_s;
    for (int i = 0; i < PURGE_MAX; i++) {
        struct ats_span first;
        size_t count = 0;
        uint8_t entry[ENTRY_SIZE];
        enum ats_status status = ats_store_batch_first(batch, &first, &count);
        if (status == ATS_ERR_NOT_FOUND || (status == ATS_OK && first.len != ENTRY_SIZE))
            break;
        if (status != ATS_OK)
            return status;
        int64_t expires_s = decode_time(first);
        if (expires_s > now_s)
            break;
        memcpy(entry, first.data, sizeof(entry));
        status = ats_store_batch_delete(batch, ats_span_of(entry, sizeof(entry)));
        if (status != ATS_OK)
            return status;
        *forgotten_s = expires_s > *forgotten_s ? expires_s : *forgotten_s;
    }
    return *forgotten_s == before ? ATS_OK : write_forgotten(batch, *forgotten_s);
}

static enum ats_status add(struct ats_store_batch *batch, const struct ats_jwt *jwt, size_t max)
{
    static const uint8_t used = 1;
    uint8_t entry[ENTRY_SIZE];
    struct ats_span first;
    struct ats_span value;
    size_t count = 0;
    make_entry(jwt, entry);
    enum ats_status status = ats_store_batch_get(batch, ats_span_of(entry, sizeof(entry)), &value);
    if (status != ATS_ERR_NOT_FOUND)
        return status == ATS_OK ? ATS_ERR_EXISTS : status;
    status = ats_store_batch_first(batch, &first, &count);
    if (status != ATS_OK && status != ATS_ERR_NOT_FOUND)
        return status;
    if (count >= max)
        return ATS_ERR_LIMIT;
    return ats_store_batch_put(batch, ats_span_of(entry, sizeof(entry)), ats_span_of(&used, 1));
}

enum ats_status ats_token_store_take(struct ats_store *store, const struct ats_jwt *jwt,
                                     int64_t now_s, size_t max)
{
    struct ats_store_batch *batch = NULL;
    int64_t forgotten_s = 0;
    enum ats_status status = ats_store_batch_begin(store, &batch);
    if (status != ATS_OK)
        return status;
    status = read_forgotten(batch, &forgotten_s);
    if (status == ATS_OK)
        status = purge(batch, now_s, &forgotten_s);
    if (status == ATS_OK && jwt->expires_s <= forgotten_s)
        status = ATS_ERR_EXISTS;
    if (status == ATS_OK)
        status = add(batch, jwt, max + (forgotten_s > 0)); /* which has an entry of its own */
    if (status != ATS_OK) {
        ats_store_batch_abort(batch);
        return status;
    }
    return ats_store_batch_commit(batch);
}
