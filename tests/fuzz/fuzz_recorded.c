/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a recording as an auditor gets it from a stranger: no crash, what is read is written and read back the same, and a
   checkpoint in it is encoded as it was. */
#include "tests/fuzz/support.h"

#include "common/record/evidence.h"
#include "common/record/recorded.h"

static void check_same(const struct ats_kafka_record *a, const struct ats_kafka_record *b)
{
    FUZZ_CHECK(strcmp(a->topic, b->topic) == 0);
    FUZZ_CHECK(a->partition == b->partition && a->offset == b->offset);
    FUZZ_CHECK(a->timestamp_ms == b->timestamp_ms && a->header_count == b->header_count);
    FUZZ_CHECK(ats_span_equal(a->key, b->key) && !a->key.data == !b->key.data);
    FUZZ_CHECK(ats_span_equal(a->value, b->value) && !a->value.data == !b->value.data);
    for (size_t i = 0; i < a->header_count; i++) {
        const struct ats_kafka_header *left = &a->headers[i];
        const struct ats_kafka_header *right = &b->headers[i];
        FUZZ_CHECK(strcmp(left->name, right->name) == 0);
        FUZZ_CHECK(ats_span_equal(left->value, right->value) &&
                   !left->value.data == !right->value.data);
    }
}

static void check_round_trip(const struct ats_kafka_record *record)
{
    struct ats_recorded again;
    struct ats_kafka_record back;
    struct ats_error err;
    json_t *json = ats_recorded_json(record);
    FUZZ_CHECK(json);
    char *line = json_dumps(json, JSON_COMPACT);
    FUZZ_CHECK(line);
    ats_recorded_init(&again);
    FUZZ_CHECK(ats_recorded_parse(&again, ats_span_text(line), &back, &err) == ATS_OK);
    check_same(record, &back);
    ats_recorded_fini(&again);
    free(line);
    json_decref(json);
}

/* Avro has several encodings of one number; ours is the shortest, and no longer than what was read. */
static void check_checkpoint(struct ats_span value)
{
    struct ats_checkpoint checkpoint;
    struct ats_checkpoint back;
    struct ats_buf out;
    struct ats_error err;
    if (ats_evidence_decode(value, &checkpoint, &err) != ATS_OK)
        return;
    ats_buf_init(&out, ATS_RECORD_MAX);
    ats_evidence_encode(&checkpoint, &out);
    FUZZ_CHECK(out.status == ATS_OK && out.len <= value.len);
    FUZZ_CHECK(ats_evidence_decode(ats_buf_span(&out), &back, &err) == ATS_OK);
    FUZZ_CHECK(back.number == checkpoint.number && back.first == checkpoint.first);
    FUZZ_CHECK(ats_span_equal(back.leaves, checkpoint.leaves));
    FUZZ_CHECK(ats_checkpoint_last(&back) == ats_checkpoint_last(&checkpoint));
    ats_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_recorded recorded;
    struct ats_kafka_record record;
    struct ats_error err = {0};
    uint8_t leaf[ATS_LEAF_SIZE];
    FUZZ_CHECK(ats_identity_init() == ATS_OK);
    ats_recorded_init(&recorded);
    if (ats_recorded_parse(&recorded, ats_span_of(data, size), &record, &err) == ATS_OK) {
        check_round_trip(&record);
        check_checkpoint(record.value);
        ats_seal_leaf(&record, leaf);
    } else {
        FUZZ_CHECK(err.text[0] != '\0');
    }
    ats_recorded_fini(&recorded);
    return 0;
}
