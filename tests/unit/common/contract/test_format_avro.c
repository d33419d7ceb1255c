/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that are Avro already. */
#include "common/contract/avro.h"
#include "common/contract/batch.h"
#include "common/contract/schema.h"
#include "common/contract/set.h"

#include "tests/unit/common/contract/support.h"

#include <math.h>

#define FIELDS                                                                                     \
    "{\"name\":\"device\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"long\"},"                \
    "{\"name\":\"v\",\"type\":\"double\"},"                                                        \
    "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":\"float\"}}"
#define PROPERTIES                                                                                 \
    "{name: device}, {name: n}, {name: v, logicalTypeOptions: {maximum: 100}}, {name: list}"

static struct ats_contract *contract;
static struct ats_batch *batch;
static struct ats_buf body;
static struct ats_buf out;
static struct ats_verdict verdict;

static void setup(void)
{
    contract = compile_fields("1.0.0", FIELDS, PROPERTIES, ", format: avro, deviceField: device");
    batch = ats_batch_new();
    ats_buf_init(&body, ATS_RECORD_MAX);
    ats_buf_init(&out, ATS_RECORD_MAX);
}

static void teardown(void)
{
    ats_batch_free(batch);
    ats_contract_unref(contract);
    ats_buf_fini(&body);
    ats_buf_fini(&out);
}

TestSuite(format_avro, .init = setup, .fini = teardown);

/* What an Avro library writes. */
static void put_body(const char *device, double v, float item)
{
    ats_avro_put_text(&body, device);
    ats_avro_put_long(&body, -3);
    ats_avro_put_double(&body, v);
    ats_avro_put_long(&body, 1);
    ats_avro_put_float(&body, item);
    ats_avro_put_long(&body, 0);
}

static enum ats_rule judge(struct ats_span payload, const struct ats_contract_set *versions)
{
    struct ats_contract_input input = {
        .payload = payload, .device = ats_span_text("d1"), .versions = versions};
    ats_buf_clear(&out);
    ats_buf_append_text(&out, "before");
    enum ats_status status = ats_batch_open(batch, contract, &input, &verdict);
    cr_assert(ats_batch_is_single(batch));
    if (status == ATS_OK)
        status = ats_batch_admit(batch, 0, &out, &verdict);
    cr_assert(status == ATS_OK || (status == ATS_ERR_INVALID && out.len == 6));
    return status == ATS_OK ? ATS_RULE_NONE : verdict.rule;
}

/* That `out` holds the body, framed with the contract's schema. */
static void assert_framed(struct ats_span wanted)
{
    struct ats_span found;
    uint32_t id = 0;
    cr_assert_eq(ats_framing_get(ats_span_of(out.data + 6, out.len - 6), &id, &found), ATS_OK);
    cr_assert_eq(id, ats_contract_schema_id(contract));
    cr_assert(ats_span_equal(found, wanted));
}

Test(format_avro, a_bare_event_is_taken_as_it_stands)
{
    put_body("d1", 21.5, 1.5f);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_NONE, "%s", verdict.text);
    assert_framed(ats_buf_span(&body));
}

/* The string's length in two bytes, and a list in two blocks of which the first tells its size. */
Test(format_avro, an_encoding_that_is_not_the_shortest_is_avro_too)
{
    static const uint8_t odd[] = "\x84\x00"
                                 "d1"
                                 "\x05"
                                 "\0\0\0\0\0\0\0\0"
                                 "\x01\x08"
                                 "\0\0\0\0"
                                 "\x02"
                                 "\0\0\0\0";
    cr_assert_eq(judge(ats_span_of(odd, sizeof(odd)), NULL), ATS_RULE_NONE, "%s", verdict.text);
    assert_framed(ats_span_of(odd, sizeof(odd)));
}

Test(format_avro, each_byte_counts)
{
    put_body("d1", 21.5, 1.5f);
    for (size_t len = 1; len < body.len; len++)
        cr_assert_eq(judge(ats_span_of(body.data, len), NULL), ATS_RULE_AVRO_SYNTAX, "%zu", len);
    cr_assert_eq(verdict.verdict_class, ATS_VERDICT_MALFORMED);
    ats_buf_append_byte(&body, 0);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_AVRO_SYNTAX, "one byte more");
    body.data[1] = 0xff;
    body.len--;
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_AVRO_SYNTAX, "no UTF-8");
}

Test(format_avro, numbers_that_json_has_not_are_refused)
{
    put_body("d1", (double)NAN, 1.5f);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_NUMBER_RANGE);
    cr_assert_str_eq(verdict.path, "v");
    ats_buf_clear(&body);
    put_body("d1", (double)-INFINITY, 1.5f);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_NUMBER_RANGE);
    ats_buf_clear(&body);
    put_body("d1", 1, INFINITY);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_NUMBER_RANGE);
    cr_assert_str_eq(verdict.path, "", "inside a list nothing has a path");
}

Test(format_avro, the_contracts_rules_hold)
{
    put_body("d1", 100.5, 1.5f);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_RANGE);
    ats_buf_clear(&body);
    put_body("d2", 1, 1.5f);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_DEVICE);
}

static void put_framed(uint32_t id)
{
    ats_buf_clear(&body);
    ats_framing_put(&body, id);
    put_body("d1", 21.5, 1.5f);
}

Test(format_avro, framed_it_names_the_contracts_own_schema)
{
    ats_contract_unref(contract);
    contract = compile_fields("2.0.0", FIELDS, PROPERTIES, ", format: avro-confluent");
    uint32_t id = ats_contract_schema_id(contract);
    put_framed(id);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_NONE, "%s", verdict.text);
    assert_framed(ats_span_of(body.data + ATS_FRAMING_SIZE, body.len - ATS_FRAMING_SIZE));
    put_framed(id + 1);
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_SCHEMA_ID);
    cr_assert(strstr(verdict.text, "the contract's"), "%s", verdict.text);
    body.data[0] = 1;
    cr_assert_eq(judge(ats_buf_span(&body), NULL), ATS_RULE_AVRO_SYNTAX);
    cr_assert_eq(judge(ats_span_of(body.data, 4), NULL), ATS_RULE_AVRO_SYNTAX);
}

Test(format_avro, the_schema_of_another_version_is_told_as_that)
{
    struct ats_contract_set *set = NULL;
    struct ats_contract *older =
        compile_fields("1.0.0", "{\"name\":\"old\",\"type\":\"long\"}", "{name: old}", "");
    ats_contract_unref(contract);
    contract = compile_fields("2.0.0", FIELDS, PROPERTIES, ", format: avro-confluent");
    cr_assert_eq(ats_contract_set_new(&set), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, older), ATS_OK);
    cr_assert_eq(ats_contract_set_add(set, contract), ATS_OK);
    put_framed(ats_contract_schema_id(older));
    cr_assert_eq(judge(ats_buf_span(&body), set), ATS_RULE_SCHEMA_ID);
    cr_assert(strstr(verdict.text, "of version 1.0.0; version 2.0.0 governs"), "%s", verdict.text);
    ats_contract_set_free(set);
    ats_contract_unref(older);
}
