/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/schema.h"
#include "common/control/record.h"
#include "tests/unit/common/record/decoded.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct ats_key_pair pair;
static struct ats_buf value;

static void begin(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_key_pair_generate(&pair, ATS_KEY_SIGNING);
    ats_buf_init(&value, ATS_CONTROL_RECORD_MAX + 4096);
}

static void finish(void)
{
    ats_buf_fini(&value);
}

TestSuite(control_record, .init = begin, .fini = finish);

static struct ats_control_record sample(void)
{
    struct ats_control_record record = {
        .kind = ATS_CONTROL_DEVICE,
        .name = "b8:27:eb:bf:9d:51",
        .revision = 7,
        .signer = "op",
        .time_ms = 1764000000123,
        .body = ats_span_text("{\"state\":\"active\"}"),
    };
    memset(record.fleet, 1, sizeof(record.fleet));
    memset(record.predecessor, 2, sizeof(record.predecessor));
    cr_assert_eq(ats_control_record_sign(&record, &pair), ATS_OK);
    return record;
}

static struct ats_span encoded(const struct ats_control_record *record)
{
    ats_buf_clear(&value);
    cr_assert_eq(ats_control_record_encode(record, &value), ATS_OK);
    return ats_buf_span(&value);
}

Test(control_record, survives_a_round_trip)
{
    struct ats_control_record record = sample();
    struct ats_control_record back;
    uint8_t hash[ATS_HASH_SIZE];
    uint8_t hash_back[ATS_HASH_SIZE];
    cr_assert_eq(ats_control_record_decode(encoded(&record), &back), ATS_OK);
    cr_assert_eq(back.kind, record.kind);
    cr_assert_str_eq(back.name, record.name);
    cr_assert_eq(back.revision, record.revision);
    cr_assert_str_eq(back.signer, record.signer);
    cr_assert_str_eq(back.key_id, record.key_id);
    cr_assert_eq(back.time_ms, record.time_ms);
    cr_assert(ats_span_equal(back.body, record.body));
    cr_assert_eq(ats_control_record_verify(&back, pair.public_key), ATS_OK);
    ats_control_record_hash(&record, hash);
    ats_control_record_hash(&back, hash_back);
    cr_assert_arr_eq(hash, hash_back, sizeof(hash));
}

Test(control_record, carries_the_id_of_its_schema)
{
    struct ats_control_record record = sample();
    uint32_t id = 0;
    struct ats_span body;
    cr_assert_eq(ats_framing_get(encoded(&record), &id, &body), ATS_OK);
    cr_assert_eq(id, ats_schema_id(schema_text("control")));
}

Test(control_record, verifies_under_its_own_key_alone)
{
    struct ats_control_record record = sample();
    struct ats_key_pair other;
    ats_key_pair_generate(&other, ATS_KEY_SIGNING);
    cr_assert_eq(ats_control_record_verify(&record, pair.public_key), ATS_OK);
    cr_assert_eq(ats_control_record_verify(&record, other.public_key), ATS_ERR_REFUSED);
}

static void assert_covered(const struct ats_control_record *changed, const char *what)
{
    cr_assert_eq(ats_control_record_verify(changed, pair.public_key), ATS_ERR_REFUSED,
                 "%s is not under the signature", what);
}

Test(control_record, signs_every_field)
{
    const struct ats_control_record record = sample();
    struct ats_control_record changed = record;
    changed.fleet[31] ^= 1;
    assert_covered(&changed, "fleet");
    changed = record;
    changed.kind = ATS_CONTROL_GATE;
    assert_covered(&changed, "kind");
    changed = record;
    changed.name[0] = 'x';
    assert_covered(&changed, "name");
    changed = record;
    changed.revision++;
    assert_covered(&changed, "revision");
    changed = record;
    changed.predecessor[0] ^= 1;
    assert_covered(&changed, "predecessor");
    changed = record;
    changed.signer[0] = 'x';
    assert_covered(&changed, "signer");
    changed = record;
    changed.key_id[0] = changed.key_id[0] == '0' ? '1' : '0';
    assert_covered(&changed, "key id");
    changed = record;
    changed.time_ms++;
    assert_covered(&changed, "time");
    changed = record;
    changed.body = ats_span_text("{\"state\":\"actIve\"}");
    assert_covered(&changed, "body");
}

Test(control_record, hashes_the_signature_too)
{
    struct ats_control_record record = sample();
    uint8_t hash[ATS_HASH_SIZE];
    uint8_t changed[ATS_HASH_SIZE];
    ats_control_record_hash(&record, hash);
    record.signature[0] ^= 1;
    ats_control_record_hash(&record, changed);
    cr_assert_arr_neq(hash, changed, sizeof(hash));
}

Test(control_record, refuses_every_shorter_value)
{
    struct ats_control_record record = sample();
    struct ats_control_record back;
    struct ats_span whole = encoded(&record);
    for (size_t len = 0; len < whole.len; len++)
        cr_assert_eq(ats_control_record_decode(ats_span_of(whole.data, len), &back),
                     ATS_ERR_MALFORMED, "%zu bytes", len);
}

Test(control_record, refuses_a_byte_too_many)
{
    struct ats_control_record record = sample();
    struct ats_control_record back;
    (void)encoded(&record);
    ats_buf_append_byte(&value, 0);
    cr_assert_eq(ats_control_record_decode(ats_buf_span(&value), &back), ATS_ERR_MALFORMED);
}

Test(control_record, refuses_another_schema)
{
    struct ats_control_record record = sample();
    struct ats_control_record back;
    (void)encoded(&record);
    value.data[4] ^= 1;
    cr_assert_eq(ats_control_record_decode(ats_buf_span(&value), &back), ATS_ERR_MALFORMED);
}

Test(control_record, refuses_another_format)
{
    struct ats_control_record record = sample();
    struct ats_control_record back;
    (void)encoded(&record);
    cr_assert_eq(value.data[ATS_FRAMING_SIZE], 2 * ATS_CONTROL_FORMAT);
    value.data[ATS_FRAMING_SIZE] = 2 * (ATS_CONTROL_FORMAT + 1);
    cr_assert_eq(ats_control_record_decode(ats_buf_span(&value), &back), ATS_ERR_MALFORMED);
}

Test(control_record, refuses_revision_zero)
{
    struct ats_control_record record = sample();
    struct ats_control_record back;
    record.revision = 0;
    cr_assert_eq(ats_control_record_decode(encoded(&record), &back), ATS_ERR_MALFORMED);
}

Test(control_record, refuses_names_that_are_not_safe)
{
    static const char *const names[] = {"", "a/b", "+", "#", "a\n", "a\"b", "a\\b", "\xff"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct ats_control_record record = sample();
        struct ats_control_record back;
        (void)snprintf(record.name, sizeof(record.name), "%s", names[i]);
        cr_assert_eq(ats_control_record_decode(encoded(&record), &back), ATS_ERR_MALFORMED,
                     "'%s' was taken", names[i]);
    }
}

Test(control_record, takes_names_up_to_the_limit)
{
    char name[ATS_NAME_MAX + 2];
    memset(name, 'a', sizeof(name));
    cr_assert(ats_control_name_valid(ats_span_of(name, ATS_NAME_MAX)));
    cr_assert_not(ats_control_name_valid(ats_span_of(name, ATS_NAME_MAX + 1)));
    cr_assert(ats_control_name_valid(ats_span_text("env-sensor@1.0.0")));
    cr_assert(ats_control_name_valid(ats_span_text("00:0f:00:70:91:0a")));
    cr_assert(ats_control_name_valid(ats_span_text("Presse f\xc3\xbcnf")));
}

Test(control_record, refuses_a_body_above_the_limit)
{
    struct ats_control_record record = sample();
    record.body.len = ATS_CONTROL_RECORD_MAX + 1;
    cr_assert_eq(ats_control_record_encode(&record, &value), ATS_ERR_LIMIT);
}

Test(control_record, names_every_kind_and_reads_it_back)
{
    for (int kind = 0; kind < ATS_CONTROL_KIND_COUNT; kind++) {
        enum ats_control_kind back;
        const char *name = ats_control_kind_name((enum ats_control_kind)kind);
        cr_assert_eq(ats_control_kind_parse(ats_span_text(name), &back), ATS_OK);
        cr_assert_eq((int)back, kind);
    }
    enum ats_control_kind kind;
    cr_assert_eq(ats_control_kind_parse(ats_span_text("king"), &kind), ATS_ERR_MALFORMED);
}
