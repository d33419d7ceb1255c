/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/seal.h"

#include "device/wire.h"

#include <sodium.h>

#define LABEL_SEAL_KEY "ATTESTREAM-1 seal key"
#define LABEL_SEAL "ATTESTREAM-1 seal"
#define LABEL_LEAF "ATTESTREAM-1 journal leaf"
#define KEY_INPUT_MAX 512 /* label, two names of their greatest length, two keys: 357 */

enum ats_status ats_seal_key(const struct ats_key_pair *own,
                             const uint8_t other_key[ATS_PUBLIC_KEY_SIZE], const char *gate,
                             const uint8_t gate_key[ATS_PUBLIC_KEY_SIZE], const char *group,
                             const uint8_t group_key[ATS_PUBLIC_KEY_SIZE],
                             uint8_t ret_key[ATS_SEAL_KEY_SIZE])
{
    uint8_t shared[32];
    uint8_t memory[KEY_INPUT_MAX];
    struct ats_wire_writer writer;
    if (own->kind != ATS_KEY_AGREEMENT)
        return ATS_ERR_INVALID;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_text(&writer, LABEL_SEAL_KEY);
    ats_wire_put_text(&writer, gate);
    ats_wire_put_fixed(&writer, gate_key, ATS_PUBLIC_KEY_SIZE);
    ats_wire_put_text(&writer, group);
    ats_wire_put_fixed(&writer, group_key, ATS_PUBLIC_KEY_SIZE);
    if (writer.overflow)
        return ATS_ERR_LIMIT;
    if (crypto_scalarmult(shared, own->seed, other_key) != 0)
        return ATS_ERR_REFUSED;
    (void)crypto_generichash(ret_key, ATS_SEAL_KEY_SIZE, memory, writer.len, shared,
                             sizeof(shared));
    sodium_memzero(shared, sizeof(shared));
    return ATS_OK;
}

static void add_number(crypto_generichash_state *state, uint32_t number)
{
    uint8_t memory[4];
    struct ats_wire_writer writer;
    ats_wire_writer_init(&writer, memory, sizeof(memory));
    ats_wire_put_u32(&writer, number);
    (void)crypto_generichash_update(state, memory, sizeof(memory));
}

/* Length-prefixed, as wire.h has it, but streamed: a value is not copied. */
static void add_span(crypto_generichash_state *state, struct ats_span span)
{
    add_number(state, (uint32_t)span.len);
    (void)crypto_generichash_update(state, span.data, span.len);
}

static void digest_of(const char *label, const uint8_t *key, size_t key_len,
                      const struct ats_kafka_record *record, size_t header_count,
                      uint8_t ret_digest[ATS_SEAL_SIZE])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key, key_len, ATS_SEAL_SIZE);
    add_span(&state, ats_span_text(label));
    add_span(&state, ats_span_text(record->topic));
    add_span(&state, record->key);
    add_number(&state, (uint32_t)header_count);
    for (size_t i = 0; i < header_count; i++) {
        add_span(&state, ats_span_text(record->headers[i].name));
        add_span(&state, record->headers[i].value);
    }
    add_number(&state, record->value.data ? 1 : 0); /* a tombstone is not an empty value */
    add_span(&state, record->value);
    (void)crypto_generichash_final(&state, ret_digest, ATS_SEAL_SIZE);
}

static void tag_of(const uint8_t key[ATS_SEAL_KEY_SIZE], const struct ats_kafka_record *record,
                   size_t header_count, uint8_t ret_tag[ATS_SEAL_SIZE])
{
    digest_of(LABEL_SEAL, key, ATS_SEAL_KEY_SIZE, record, header_count, ret_tag);
}

void ats_seal_tag(const uint8_t key[ATS_SEAL_KEY_SIZE], const struct ats_kafka_record *record,
                  uint8_t ret_tag[ATS_SEAL_SIZE])
{
    tag_of(key, record, record->header_count, ret_tag);
}

enum ats_status ats_seal_check(const uint8_t key[ATS_SEAL_KEY_SIZE],
                               const struct ats_kafka_record *record)
{
    uint8_t tag[ATS_SEAL_SIZE];
    if (record->header_count == 0)
        return ATS_ERR_REFUSED;
    const struct ats_kafka_header *last = &record->headers[record->header_count - 1];
    if (strcmp(last->name, ATS_SEAL_HEADER) != 0 || last->value.len != sizeof(tag))
        return ATS_ERR_REFUSED;
    tag_of(key, record, record->header_count - 1, tag);
    return sodium_memcmp(tag, last->value.data, sizeof(tag)) == 0 ? ATS_OK : ATS_ERR_REFUSED;
}

void ats_seal_leaf(const struct ats_kafka_record *record, uint8_t ret_leaf[ATS_SEAL_SIZE])
{
    size_t count = record->header_count;
    if (count > 0 && strcmp(record->headers[count - 1].name, ATS_SEAL_HEADER) == 0)
        count--;
    digest_of(LABEL_LEAF, NULL, 0, record, count, ret_leaf);
}
