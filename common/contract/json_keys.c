/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of JSON objects, compared as the text that they mean, whatever its escapes. */
#include "common/contract/json.h"

#include "common/base/utf8.h"

#include <sodium.h>

/* A longer key is hashed in blocks of this size, each behind the hash of those before it. */
#define BLOCK_SIZE 256

void ats_json_keys_init(struct ats_json_keys *keys, const uint8_t *secret)
{
    keys->secret = secret;
    keys->count = 0;
    keys->ready = false;
}

/* Hands out the bytes of a string one by one, escapes resolved. */
struct byte_walk {
    const uint8_t *at;
    const uint8_t *end;
    uint8_t pending[4];
    size_t len;
    size_t next;
};

static struct byte_walk walk_of(struct ats_json_text text)
{
    return (struct byte_walk){.at = text.raw.data, .end = text.raw.data + text.raw.len};
}

static int walk_next(struct byte_walk *walk)
{
    if (walk->next < walk->len)
        return walk->pending[walk->next++];
    if (walk->at == walk->end)
        return -1;
    if (*walk->at != '\\')
        return *walk->at++;
    walk->len = ats_utf8_put(ats_json_take_escape(&walk->at), walk->pending);
    walk->next = 1;
    return walk->pending[0];
}

/* The next bytes, at most a block of them. */
static size_t take_block(struct byte_walk *walk, bool escaped, uint8_t *ret_block)
{
    size_t len = 0;
    if (!escaped) {
        len = (size_t)(walk->end - walk->at) < BLOCK_SIZE ? (size_t)(walk->end - walk->at)
                                                          : BLOCK_SIZE;
        memcpy(ret_block, walk->at, len);
        walk->at += len;
        return len;
    }
    for (int byte = 0; len < BLOCK_SIZE && (byte = walk_next(walk)) >= 0; len++)
        ret_block[len] = (uint8_t)byte;
    return len;
}

/* The same key of another open object has another hash. */
static uint64_t hash_key(const uint8_t *secret, size_t base, struct ats_json_text key)
{
    uint8_t bytes[sizeof(uint64_t) + BLOCK_SIZE];
    uint64_t hash = base;
    struct byte_walk walk = walk_of(key);
    size_t len = 0;
    do {
        memcpy(bytes, &hash, sizeof(hash));
        len = take_block(&walk, key.escaped, bytes + sizeof(hash));
        (void)crypto_shorthash((uint8_t *)&hash, bytes, sizeof(hash) + len, secret);
    } while (len == BLOCK_SIZE);
    return hash;
}

_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "a hash is one number");
_Static_assert(crypto_shorthash_KEYBYTES == ATS_JSON_SECRET_SIZE, "what json.h promises");

static bool text_equal(struct ats_json_text a, struct ats_json_text b)
{
    if (!a.escaped && !b.escaped)
        return ats_span_equal(a.raw, b.raw);
    struct byte_walk walk_a = walk_of(a);
    struct byte_walk walk_b = walk_of(b);
    int byte = 0;
    do {
        byte = walk_next(&walk_a);
        if (byte != walk_next(&walk_b))
            return false;
    } while (byte >= 0);
    return true;
}

/* The slot of that key, or the free one where it belongs. */
static size_t find_slot(const struct ats_json_keys *keys, size_t base, uint64_t hash,
                        struct ats_json_text key)
{
    size_t slot = (size_t)hash & (ATS_JSON_SLOTS - 1);
    for (; keys->slots[slot] != 0; slot = (slot + 1) & (ATS_JSON_SLOTS - 1)) {
        const struct ats_json_entry *entry = &keys->entries[keys->slots[slot] - 1];
        if (entry->hash == hash && entry->base == base && text_equal(entry->text, key))
            break;
    }
    return slot;
}

bool ats_json_keys_add(struct ats_json_keys *keys, size_t base, struct ats_json *json,
                       struct ats_json_text key)
{
    if (!keys->ready)
        memset(keys->slots, 0, sizeof(keys->slots));
    keys->ready = true;
    uint64_t hash = hash_key(keys->secret, base, key);
    size_t slot = find_slot(keys, base, hash, key);
    if (keys->slots[slot] != 0)
        return ats_json_fail(json, ATS_RULE_JSON_DUPLICATE_KEY);
    if (keys->count == ATS_JSON_KEYS_MAX)
        return ats_json_fail(json, ATS_RULE_SIZE);
    keys->entries[keys->count++] =
        (struct ats_json_entry){hash, (uint16_t)base, (uint16_t)slot, key};
    keys->slots[slot] = (uint16_t)keys->count;
    return true;
}

void ats_json_keys_pop(struct ats_json_keys *keys, size_t base)
{
    while (keys->count > base)
        keys->slots[keys->entries[--keys->count].slot] = 0;
}
