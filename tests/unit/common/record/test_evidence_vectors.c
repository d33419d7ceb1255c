/* SPDX-License-Identifier: Apache-2.0 */
/* What the values of the topic evidence in tests/vectors/checkpoints.json are worth, and that ours are written like them. */
#include "common/record/evidence.h"

#include "tests/unit/common/identity/vectors.h"

static const char *outcome_of(const json_t *vectors, struct ats_span value)
{
    struct ats_checkpoint checkpoint;
    uint8_t fleet_of_vectors[32];
    uint8_t key[ATS_PUBLIC_KEY_SIZE];
    (void)vectors_bytes(vectors, "fleet", fleet_of_vectors, sizeof(fleet_of_vectors));
    (void)vectors_bytes(vectors, "gate_public", key, sizeof(key));
    if (ats_evidence_decode(value, &checkpoint, NULL) != ATS_OK)
        return "malformed";
    return ats_checkpoint_check(fleet_of_vectors, key, &checkpoint) == ATS_OK ? "ok" : "signature";
}

Test(evidence_vectors, each_case_of_the_vectors_is_worth_what_they_say)
{
    size_t i;
    json_t *each;
    uint8_t bytes[2048];
    cr_assert_eq(ats_identity_init(), ATS_OK);
    json_t *vectors = vectors_read("checkpoints");
    cr_assert_gt(json_array_size(json_object_get(vectors, "cases")), 20);
    json_array_foreach(json_object_get(vectors, "cases"), i, each) cr_assert_str_eq(
        outcome_of(vectors, ats_span_of(bytes, vectors_bytes(each, "value", bytes, 2048))),
        vectors_text(each, "outcome"), "%s", vectors_text(each, "what"));
    json_decref(vectors);
}

Test(evidence_vectors, values_are_written_as_in_the_vectors)
{
    size_t i;
    json_t *each;
    uint8_t bytes[2048];
    json_t *vectors = vectors_read("checkpoints");
    json_array_foreach(json_object_get(vectors, "checkpoints"), i, each)
    {
        struct ats_checkpoint checkpoint;
        struct ats_buf again;
        struct ats_span value = ats_span_of(bytes, vectors_bytes(each, "value", bytes, 2048));
        cr_assert_eq(ats_evidence_decode(value, &checkpoint, NULL), ATS_OK);
        ats_buf_init(&again, sizeof(bytes));
        ats_evidence_encode(&checkpoint, &again);
        cr_assert(ats_span_equal(ats_buf_span(&again), value));
        ats_buf_fini(&again);
    }
    cr_assert_eq(i, 2);
    json_decref(vectors);
}
