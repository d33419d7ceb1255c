/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/evidence.h"

#include "tests/unit/common/record/decoded.h"

static uint8_t leaves[2 * ATS_LEAF_SIZE];
static struct ats_checkpoint checkpoint;
static struct ats_buf value;
static struct ats_error err;

static void start(void)
{
    memset(leaves, 0xab, sizeof(leaves));
    checkpoint = (struct ats_checkpoint){.gate = ats_span_text("hall-2"),
                                         .number = 4,
                                         .previous = {1},
                                         .journal_id = 0xfedcba9876543210,
                                         .first = 10,
                                         .records = 9,
                                         .leaves = ats_span_of(leaves, sizeof(leaves)),
                                         .time_ms = 1750000000000,
                                         .control_count = 5,
                                         .signature = {2}};
    ats_buf_init(&value, ATS_RECORD_MAX);
    ats_evidence_encode(&checkpoint, &value);
}

static void finish(void)
{
    ats_buf_fini(&value);
}

TestSuite(evidence, .init = start, .fini = finish);

Test(evidence, has_every_member_of_its_schema)
{
    json_t *json = decoded("journal-checkpoint", ats_buf_span(&value));
    cr_assert_str_eq(text_of(json, "gate"), "hall-2");
    cr_assert_str_eq(text_of(json, "journal"), "fedcba9876543210");
    cr_assert_eq(integer_of(json, "number"), 4);
    cr_assert_eq(integer_of(json, "first"), 10);
    cr_assert_eq(integer_of(json, "last"), 11);
    cr_assert_eq(integer_of(json, "records"), 9);
    cr_assert_eq(integer_of(json, "time"), 1750000000000);
    cr_assert_eq(integer_of(json, "control"), 5);
    json_decref(json);
}

Test(evidence, is_read_as_it_was_written)
{
    struct ats_checkpoint back;
    cr_assert_eq(ats_evidence_decode(ats_buf_span(&value), &back, &err), ATS_OK, "%s", err.text);
    cr_assert(ats_span_is(back.gate, "hall-2"));
    cr_assert_eq(back.number, checkpoint.number);
    cr_assert_arr_eq(back.previous, checkpoint.previous, sizeof(back.previous));
    cr_assert_eq(back.journal_id, checkpoint.journal_id);
    cr_assert_eq(back.first, checkpoint.first);
    cr_assert_eq(back.records, checkpoint.records);
    cr_assert(ats_span_equal(back.leaves, checkpoint.leaves));
    cr_assert_eq(back.time_ms, checkpoint.time_ms);
    cr_assert_eq(back.control_count, checkpoint.control_count);
    cr_assert_arr_eq(back.signature, checkpoint.signature, sizeof(back.signature));
}

Test(evidence, is_malformed_when_cut_anywhere_or_longer)
{
    struct ats_checkpoint back;
    for (size_t len = 0; len < value.len; len++)
        cr_assert_eq(ats_evidence_decode(ats_span_of(value.data, len), &back, &err),
                     ATS_ERR_MALFORMED, "%zu bytes", len);
    ats_buf_append_byte(&value, 0);
    cr_assert_eq(ats_evidence_decode(ats_buf_span(&value), &back, &err), ATS_ERR_MALFORMED);
}

Test(evidence, is_a_record_of_its_gate)
{
    struct ats_evidence_texts texts;
    struct ats_kafka_record record;
    cr_assert_eq(
        ats_evidence_to_kafka(&checkpoint, ats_buf_span(&value), "ab", "plant.", &texts, &record),
        ATS_OK);
    cr_assert_str_eq(record.topic, "plant.evidence");
    cr_assert(ats_span_is(record.key, "hall-2"));
    cr_assert(ats_span_is(ats_kafka_record_header(&record, "ce_id"), "hall-2/checkpoint/4"));
    cr_assert(ats_span_is(ats_kafka_record_header(&record, "ce_source"), "/attestream/ab/hall-2"));
    cr_assert(ats_span_is(ats_kafka_record_header(&record, "ce_type"),
                          "attestream.journal-checkpoint.v1"));
}
