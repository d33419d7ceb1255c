/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/seal.h"

#include "tests/unit/common/identity/vectors.h"

static const uint8_t key[ATS_SEAL_KEY_SIZE] = {7};

/* A sealed record; the seal's bytes are the caller's. */
static struct ats_kafka_record a_sealed_record(uint8_t seal[ATS_SEAL_SIZE])
{
    struct ats_kafka_record record = {
        .topic = "ats.telemetry.env",
        .key = ats_span_text("press-7"),
        .value = ats_span_text("value"),
        .headers = {{"ats_gate", ats_span_text("hall-2")}, {"ats_position", ats_span_text("17")}},
        .header_count = 2,
    };
    ats_seal_tag(key, &record, seal);
    record.headers[record.header_count++] =
        (struct ats_kafka_header){ATS_SEAL_HEADER, ats_span_of(seal, ATS_SEAL_SIZE)};
    return record;
}

static void make_pair(struct ats_key_pair *gate, struct ats_key_pair *group)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_key_pair_generate(gate, ATS_KEY_AGREEMENT);
    ats_key_pair_generate(group, ATS_KEY_AGREEMENT);
}

Test(seal, gate_and_group_get_the_same_key)
{
    struct ats_key_pair gate;
    struct ats_key_pair group;
    uint8_t of_gate[ATS_SEAL_KEY_SIZE];
    uint8_t of_group[ATS_SEAL_KEY_SIZE];
    uint8_t of_other_name[ATS_SEAL_KEY_SIZE];
    make_pair(&gate, &group);
    cr_assert_eq(ats_seal_key(&gate, group.public_key, "hall-2", gate.public_key, "line-a",
                              group.public_key, of_gate),
                 ATS_OK);
    cr_assert_eq(ats_seal_key(&group, gate.public_key, "hall-2", gate.public_key, "line-a",
                              group.public_key, of_group),
                 ATS_OK);
    cr_assert_arr_eq(of_gate, of_group, ATS_SEAL_KEY_SIZE);
    cr_assert_eq(ats_seal_key(&group, gate.public_key, "hall-3", gate.public_key, "line-a",
                              group.public_key, of_other_name),
                 ATS_OK);
    cr_assert_arr_neq(of_gate, of_other_name, ATS_SEAL_KEY_SIZE);
}

Test(seal, refuses_a_key_that_agrees_on_zero)
{
    struct ats_key_pair gate;
    struct ats_key_pair group;
    uint8_t zero[32] = {0};
    uint8_t out[ATS_SEAL_KEY_SIZE];
    make_pair(&gate, &group);
    cr_assert_eq(ats_seal_key(&gate, zero, "g", gate.public_key, "p", zero, out), ATS_ERR_REFUSED);
}

Test(seal, a_signing_key_agrees_on_nothing)
{
    struct ats_key_pair gate;
    struct ats_key_pair group;
    uint8_t out[ATS_SEAL_KEY_SIZE];
    make_pair(&gate, &group);
    ats_key_pair_generate(&gate, ATS_KEY_SIGNING);
    cr_assert_eq(
        ats_seal_key(&gate, group.public_key, "g", gate.public_key, "p", group.public_key, out),
        ATS_ERR_INVALID);
}

Test(seal, holds_over_the_record_as_it_was)
{
    uint8_t seal[ATS_SEAL_SIZE];
    struct ats_kafka_record record = a_sealed_record(seal);
    cr_assert_eq(ats_seal_check(key, &record), ATS_OK);
    cr_assert_eq(ats_seal_check((const uint8_t[ATS_SEAL_KEY_SIZE]){8}, &record), ATS_ERR_REFUSED);
}

Test(seal, does_not_hold_over_an_altered_record)
{
    uint8_t seal[ATS_SEAL_SIZE];
    struct ats_kafka_record record = a_sealed_record(seal);
    struct ats_kafka_record altered = record;
    altered.topic = "ats.telemetry.other";
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED);
    altered = record;
    altered.key = ats_span_text("press-8");
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED);
    altered = record;
    altered.value = ats_span_text("valuf");
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED);
    altered = record;
    altered.headers[0] = record.headers[1];
    altered.headers[1] = record.headers[0];
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED, "order counts");
    altered = record;
    altered.headers[0].name = "ats_gatf";
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED);
    altered = record;
    altered.headers[1].value = ats_span_text("18");
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED);
}

Test(seal, does_not_hold_when_a_header_is_removed_or_added)
{
    uint8_t seal[ATS_SEAL_SIZE];
    struct ats_kafka_record record = a_sealed_record(seal);
    struct ats_kafka_record altered = record;
    altered.headers[1] = record.headers[2];
    altered.header_count = 2;
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED);
    altered = record;
    altered.headers[3] = record.headers[2];
    altered.headers[2] = (struct ats_kafka_header){"ats_device", ats_span_text("x")};
    altered.header_count = 4;
    cr_assert_eq(ats_seal_check(key, &altered), ATS_ERR_REFUSED);
}

Test(seal, is_the_last_header_or_none)
{
    uint8_t seal[ATS_SEAL_SIZE];
    struct ats_kafka_record record = a_sealed_record(seal);
    record.headers[3] = (struct ats_kafka_header){"later", ats_span_text("x")};
    record.header_count = 4;
    cr_assert_eq(ats_seal_check(key, &record), ATS_ERR_REFUSED);
    record.header_count = 2;
    cr_assert_eq(ats_seal_check(key, &record), ATS_ERR_REFUSED);
    record.header_count = 0;
    cr_assert_eq(ats_seal_check(key, &record), ATS_ERR_REFUSED);
}

Test(seal, under_another_name_does_not_hold)
{
    uint8_t seal[ATS_SEAL_SIZE];
    struct ats_kafka_record record = a_sealed_record(seal);
    record.headers[2].name = "ats_seam";
    cr_assert_eq(ats_seal_check(key, &record), ATS_ERR_REFUSED);
}

Test(seal, of_another_length_does_not_hold)
{
    uint8_t seal[ATS_SEAL_SIZE];
    struct ats_kafka_record record = a_sealed_record(seal);
    record.headers[2].value.len = ATS_SEAL_SIZE - 1;
    cr_assert_eq(ats_seal_check(key, &record), ATS_ERR_REFUSED);
    record.headers[2].value = ats_span_of(NULL, 0);
    cr_assert_eq(ats_seal_check(key, &record), ATS_ERR_REFUSED);
}

static void pair_of_vectors(const json_t *vectors, const char *name, struct ats_key_pair *pair)
{
    pair->kind = ATS_KEY_AGREEMENT;
    (void)vectors_bytes(vectors, name, pair->seed, sizeof(pair->seed));
    (void)crypto_scalarmult_base(pair->public_key, pair->seed);
}

Test(seal, key_and_tags_are_the_vector_s)
{
    struct ats_key_pair gate;
    struct ats_key_pair group;
    uint8_t pairwise[ATS_SEAL_KEY_SIZE];
    uint8_t expected[64];
    uint8_t value[128];
    uint8_t tag[ATS_SEAL_SIZE];
    size_t i = 0;
    json_t *header = NULL;
    json_t *vectors = vectors_read("seal");
    pair_of_vectors(vectors, "gate_seed", &gate);
    pair_of_vectors(vectors, "group_seed", &group);
    cr_assert_eq(ats_seal_key(&gate, group.public_key, vectors_text(vectors, "gate"),
                              gate.public_key, vectors_text(vectors, "group"), group.public_key,
                              pairwise),
                 ATS_OK);
    (void)vectors_bytes(vectors, "key", expected, sizeof(expected));
    cr_assert_arr_eq(pairwise, expected, ATS_SEAL_KEY_SIZE);
    struct ats_kafka_record record = {
        .topic = vectors_text(vectors, "topic"),
        .key = ats_span_text(vectors_text(vectors, "record_key")),
        .value = ats_span_of(value, vectors_bytes(vectors, "value", value, sizeof(value))),
    };
    json_array_foreach(json_object_get(vectors, "headers"), i, header)
        record.headers[record.header_count++] =
        (struct ats_kafka_header){json_string_value(json_array_get(header, 0)),
                                  ats_span_text(json_string_value(json_array_get(header, 1)))};
    ats_seal_tag(pairwise, &record, tag);
    (void)vectors_bytes(vectors, "tag", expected, sizeof(expected));
    cr_assert_arr_eq(tag, expected, ATS_SEAL_SIZE);
    record.value = ats_span_of(NULL, 0);
    ats_seal_tag(pairwise, &record, tag);
    (void)vectors_bytes(vectors, "tombstone_tag", expected, sizeof(expected));
    cr_assert_arr_eq(tag, expected, ATS_SEAL_SIZE);
    json_decref(vectors);
}

#define VECTOR_HEADERS_MAX 8

/* The headers of a case; their bytes are kept in `memory`. */
static void take_headers(const json_t *value, struct ats_kafka_record *record,
                         uint8_t memory[VECTOR_HEADERS_MAX][64])
{
    size_t i;
    json_t *header;
    cr_assert_leq(json_array_size(json_object_get(value, "headers")), VECTOR_HEADERS_MAX);
    json_array_foreach(json_object_get(value, "headers"), i, header)
    {
        const char *hex = json_string_value(json_array_get(header, 1));
        size_t len = 0;
        cr_assert_eq(sodium_hex2bin(memory[i], 64, hex, strlen(hex), NULL, &len, NULL), 0);
        record->headers[record->header_count++] = (struct ats_kafka_header){
            json_string_value(json_array_get(header, 0)), ats_span_of(memory[i], len)};
    }
}

Test(seal, holds_over_each_case_of_the_vectors_as_they_say)
{
    size_t i;
    json_t *value;
    uint8_t pairwise[ATS_SEAL_KEY_SIZE];
    cr_assert_eq(ats_identity_init(), ATS_OK);
    json_t *vectors = vectors_read("seal");
    (void)vectors_bytes(vectors, "key", pairwise, sizeof(pairwise));
    cr_assert_gt(json_array_size(json_object_get(vectors, "cases")), 20);
    json_array_foreach(json_object_get(vectors, "cases"), i, value)
    {
        uint8_t memory[VECTOR_HEADERS_MAX][64];
        uint8_t bytes[128] = {0};
        struct ats_kafka_record record = {.topic = vectors_text(value, "topic"),
                                          .key = ats_span_text(vectors_text(value, "key"))};
        if (json_is_string(json_object_get(value, "value")))
            record.value = ats_span_of(bytes, vectors_bytes(value, "value", bytes, sizeof(bytes)));
        take_headers(value, &record, memory);
        cr_assert_eq(ats_seal_check(pairwise, &record) == ATS_OK,
                     json_is_true(json_object_get(value, "holds")), "%s",
                     vectors_text(value, "what"));
    }
    json_decref(vectors);
}
