/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/checkpoint.h"

#include "tests/unit/common/identity/vectors.h"

#include <stdlib.h>

static const uint8_t fleet[32] = {3};
static uint8_t leaves[3 * ATS_LEAF_SIZE];
static struct ats_key_pair gate;
static struct ats_checkpoint good;

static void start(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_key_pair_generate(&gate, ATS_KEY_SIGNING);
    for (size_t i = 0; i < sizeof(leaves); i++)
        leaves[i] = (uint8_t)i;
    good = (struct ats_checkpoint){.gate = ats_span_text("hall-2"),
                                   .number = 4,
                                   .journal_id = 7,
                                   .first = 10,
                                   .records = 9,
                                   .leaves = ats_span_of(leaves, sizeof(leaves)),
                                   .time_ms = 1750000000000,
                                   .control_count = 5};
    cr_assert_eq(ats_checkpoint_sign(fleet, &gate, &good), ATS_OK);
}

TestSuite(checkpoint, .init = start);

static enum ats_status check(const struct ats_checkpoint *checkpoint)
{
    return ats_checkpoint_check(fleet, gate.public_key, checkpoint);
}

static void expect_refused(struct ats_checkpoint changed, const char *what)
{
    cr_assert_eq(check(&changed), ATS_ERR_REFUSED, "%s", what);
}

Test(checkpoint, holds_as_it_was_signed_and_under_no_other_key_or_fleet)
{
    static const uint8_t other[32] = {4};
    struct ats_key_pair stranger;
    cr_assert_eq(check(&good), ATS_OK);
    ats_key_pair_generate(&stranger, ATS_KEY_SIGNING);
    cr_assert_eq(ats_checkpoint_check(fleet, stranger.public_key, &good), ATS_ERR_REFUSED);
    cr_assert_eq(ats_checkpoint_check(other, gate.public_key, &good), ATS_ERR_REFUSED);
}

Test(checkpoint, does_not_hold_with_any_member_changed)
{
    struct ats_checkpoint changed = good;
    changed.gate = ats_span_text("hall-3");
    expect_refused(changed, "gate");
    changed = good;
    changed.number++;
    expect_refused(changed, "number");
    changed = good;
    changed.previous[31] ^= 1;
    expect_refused(changed, "previous");
    changed = good;
    changed.journal_id++;
    expect_refused(changed, "journal");
    changed = good;
    changed.first++;
    expect_refused(changed, "first");
    changed = good;
    changed.records++;
    expect_refused(changed, "records");
    changed = good;
    changed.leaves.len -= ATS_LEAF_SIZE;
    expect_refused(changed, "last");
    changed = good;
    changed.time_ms++;
    expect_refused(changed, "time");
    changed = good;
    changed.control_count++;
    expect_refused(changed, "control");
    leaves[40] ^= 1;
    expect_refused(good, "a leaf");
}

Test(checkpoint, without_leaves_or_with_a_part_of_one_is_none)
{
    struct ats_checkpoint changed = good;
    changed.leaves.len--;
    cr_assert_eq(check(&changed), ATS_ERR_INVALID);
    changed.leaves.len = 0;
    cr_assert_eq(check(&changed), ATS_ERR_INVALID);
    changed = good;
    changed.records = 2;
    cr_assert_eq(check(&changed), ATS_ERR_INVALID, "it covers more itself");
    changed = good;
    changed.first = UINT64_MAX;
    cr_assert_eq(check(&changed), ATS_ERR_INVALID);
}

Test(checkpoint, has_the_leaf_of_each_position_that_it_covers)
{
    cr_assert_eq(ats_checkpoint_last(&good), 12);
    cr_assert_null(ats_checkpoint_leaf(&good, 9));
    cr_assert_eq(ats_checkpoint_leaf(&good, 10), leaves);
    cr_assert_eq(ats_checkpoint_leaf(&good, 12), leaves + 2 * ATS_LEAF_SIZE);
    cr_assert_null(ats_checkpoint_leaf(&good, 13));
}

/* --- what Python computes --- */

static void expect_leaf(const json_t *forwarded, const uint8_t *expected)
{
    static const uint8_t nothing[ATS_LEAF_SIZE];
    uint8_t value[128];
    uint8_t leaf[ATS_LEAF_SIZE];
    size_t i = 0;
    const json_t *header = NULL;
    if (json_is_null(forwarded)) {
        cr_assert_arr_eq(expected, nothing, ATS_LEAF_SIZE);
        return;
    }
    struct ats_kafka_record record = {.topic = vectors_text(forwarded, "topic"),
                                      .key = ats_span_text(vectors_text(forwarded, "key"))};
    if (json_is_string(json_object_get(forwarded, "value")))
        record.value = ats_span_of(value, vectors_bytes(forwarded, "value", value, sizeof(value)));
    json_array_foreach(json_object_get(forwarded, "headers"), i, header)
        ats_kafka_record_add(&record, json_string_value(json_array_get(header, 0)),
                             ats_span_text(json_string_value(json_array_get(header, 1))));
    ats_seal_leaf(&record, leaf);
    cr_assert_arr_eq(leaf, expected, ATS_LEAF_SIZE);
    ats_kafka_record_add(&record, ATS_SEAL_HEADER, ats_span_text("any"));
    ats_seal_leaf(&record, leaf);
    cr_assert_arr_eq(leaf, expected, ATS_LEAF_SIZE, "the seal is not part of it");
    ats_kafka_record_add(&record, "later", ats_span_text("any"));
    ats_seal_leaf(&record, leaf);
    cr_assert_arr_neq(leaf, expected, ATS_LEAF_SIZE, "what stands behind the seal is");
}

static void expect_checkpoint(const json_t *vectors, const json_t *each)
{
    uint8_t id[32];
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    uint8_t of_leaves[8 * ATS_LEAF_SIZE];
    uint8_t hash[ATS_CHECKPOINT_HASH_SIZE];
    uint8_t expected[ATS_CHECKPOINT_HASH_SIZE];
    struct ats_key_pair pair = {.kind = ATS_KEY_SIGNING};
    (void)vectors_bytes(vectors, "fleet", id, sizeof(id));
    (void)vectors_bytes(vectors, "gate_public", key, sizeof(key));
    (void)vectors_bytes(vectors, "gate_seed", pair.seed, sizeof(pair.seed));
    (void)crypto_sign_seed_keypair(pair.public_key, pair.secret_key, pair.seed);
    struct ats_checkpoint checkpoint = {
        .gate = ats_span_text(vectors_text(vectors, "gate")),
        .number = vectors_number(each, "number"),
        .journal_id = strtoull(vectors_text(each, "journal"), NULL, 16),
        .first = vectors_number(each, "first"),
        .records = vectors_number(each, "records"),
        .leaves =
            ats_span_of(of_leaves, vectors_bytes(each, "leaves", of_leaves, sizeof(of_leaves))),
        .time_ms = (int64_t)vectors_number(each, "time_ms"),
        .control_count = vectors_number(each, "control")};
    (void)vectors_bytes(each, "previous", checkpoint.previous, sizeof(checkpoint.previous));
    (void)vectors_bytes(each, "signature", checkpoint.signature, sizeof(checkpoint.signature));
    cr_assert_eq(ats_checkpoint_check(id, key, &checkpoint), ATS_OK);
    cr_assert_eq(ats_checkpoint_hash(id, &checkpoint, hash), ATS_OK);
    (void)vectors_bytes(each, "hash", expected, sizeof(expected));
    cr_assert_arr_eq(hash, expected, sizeof(hash));
    struct ats_checkpoint again = checkpoint;
    memset(again.signature, 0, sizeof(again.signature));
    cr_assert_eq(ats_checkpoint_sign(id, &pair, &again), ATS_OK);
    cr_assert_arr_eq(again.signature, checkpoint.signature, ATS_SIGNATURE_SIZE);
    size_t i = 0;
    const json_t *forwarded = NULL;
    json_array_foreach(json_object_get(each, "forwarded"), i, forwarded)
        expect_leaf(forwarded, of_leaves + i * ATS_LEAF_SIZE);
}

Test(checkpoint, is_the_vector_s)
{
    json_t *vectors = vectors_read("checkpoints");
    size_t i = 0;
    const json_t *each = NULL;
    json_array_foreach(json_object_get(vectors, "checkpoints"), i, each)
        expect_checkpoint(vectors, each);
    cr_assert_eq(i, 2);
    json_decref(vectors);
}
