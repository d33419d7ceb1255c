/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/body.h"

#include <criterion/criterion.h>

#define KEY "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

static struct ats_buf text;

static void begin(void)
{
    cr_assert_eq(ats_identity_init(), ATS_OK);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
}

static void finish(void)
{
    ats_buf_fini(&text);
}

TestSuite(control_body, .init = begin, .fini = finish);

static void fill(uint8_t *key, int byte)
{
    memset(key, byte, ATS_PUBLIC_KEY_SIZE);
}

Test(control_body, root_survives_a_round_trip)
{
    struct ats_body_root body = {0};
    struct ats_body_root back;
    fill(body.root, 1);
    fill(body.successor, 2);
    cr_assert_eq(ats_body_root_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_root_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_arr_eq(&body, &back, sizeof(body));
}

Test(control_body, operator_survives_a_round_trip)
{
    struct ats_body_operator body = {.kinds = 1U << ATS_CONTROL_DEVICE | 1U << ATS_CONTROL_GATE,
                                     .names = "press-[0-9]*",
                                     .not_after_ms = 1764000000123,
                                     .revoked = true,
                                     .certificate = {1, 2, 3},
                                     .certificate_len = 3};
    struct ats_body_operator back;
    fill(body.key, 3);
    cr_assert_eq(ats_body_operator_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_operator_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_arr_eq(body.key, back.key, sizeof(body.key));
    cr_assert_eq(body.kinds, back.kinds);
    cr_assert_str_eq(body.names, back.names);
    cr_assert_eq(body.not_after_ms, back.not_after_ms);
    cr_assert(back.revoked);
    cr_assert_eq(back.certificate_len, 3);
    cr_assert_arr_eq(body.certificate, back.certificate, 3);
}

Test(control_body, gate_survives_a_round_trip)
{
    struct ats_body_gate body = {.site = "hall-2", .certificate_len = ATS_CERTIFICATE_MAX};
    struct ats_body_gate back;
    fill(body.signing_key, 4);
    fill(body.agreement_key, 5);
    memset(body.certificate, 9, sizeof(body.certificate));
    cr_assert_eq(ats_body_gate_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_gate_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_arr_eq(body.signing_key, back.signing_key, sizeof(body.signing_key));
    cr_assert_arr_eq(body.agreement_key, back.agreement_key, sizeof(body.agreement_key));
    cr_assert_str_eq(back.site, "hall-2");
    cr_assert_not(back.revoked);
    cr_assert_eq(back.certificate_len, ATS_CERTIFICATE_MAX);
}

Test(control_body, a_gate_needs_no_site)
{
    struct ats_body_gate body = {.certificate_len = 1};
    struct ats_body_gate back;
    fill(body.signing_key, 4);
    fill(body.agreement_key, 5);
    cr_assert_eq(ats_body_gate_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_gate_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_str_eq(back.site, "");
}

Test(control_body, processor_survives_a_round_trip)
{
    struct ats_body_processor body = {.members = {{.name = "p1"}, {.name = "p2"}},
                                      .member_count = 2};
    struct ats_body_processor back;
    fill(body.agreement_key, 6);
    fill(body.members[0].signing_key, 8);
    fill(body.members[1].signing_key, 7);
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_processor_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_eq(back.member_count, 2);
    cr_assert_str_eq(back.members[1].name, "p2");
    cr_assert_arr_eq(back.members[1].signing_key, body.members[1].signing_key, ATS_PUBLIC_KEY_SIZE);
}

Test(control_body, a_group_takes_its_limit_of_members_and_no_more)
{
    struct ats_body_processor back;
    for (size_t count = ATS_PROCESSOR_MEMBERS_MAX; count <= ATS_PROCESSOR_MEMBERS_MAX + 1;
         count++) {
        ats_buf_clear(&text);
        ats_buf_append_text(&text, "{\"agreement_key\":\"" KEY "\",\"members\":[");
        for (size_t i = 0; i < count; i++)
            ats_buf_printf(&text, "%s{\"name\":\"p%zu\",\"signing_key\":\"" KEY "\"}",
                           i > 0 ? "," : "", i);
        ats_buf_append_text(&text, "]}");
        enum ats_status status = ats_body_processor_parse(ats_buf_span(&text), &back);
        cr_assert_eq(status, count > ATS_PROCESSOR_MEMBERS_MAX ? ATS_ERR_LIMIT : ATS_OK);
    }
}

Test(control_body, refuses_a_member_that_stands_twice)
{
    struct ats_body_processor body = {.members = {{.name = "p1"}, {.name = "p1"}},
                                      .member_count = 2};
    struct ats_body_processor back;
    cr_assert_eq(ats_body_processor_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_processor_parse(ats_buf_span(&text), &back), ATS_ERR_INVALID);
}

static struct ats_body_device sample_device(void)
{
    struct ats_body_device body = {.state = ATS_DEVICE_SUSPENDED,
                                   .key_count = 2,
                                   .asset = "press-1",
                                   .site = "hall-2",
                                   .contracts = {"env-sensor", "machine-temp"},
                                   .contract_count = 2};
    fill(body.keys[0].key, 1);
    fill(body.keys[1].key, 2);
    ats_key_id(body.keys[0].key, body.keys[0].id);
    ats_key_id(body.keys[1].key, body.keys[1].id);
    return body;
}

Test(control_body, device_survives_a_round_trip)
{
    struct ats_body_device body = sample_device();
    struct ats_body_device back;
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_eq(back.state, ATS_DEVICE_SUSPENDED);
    cr_assert_eq(back.key_count, 2);
    cr_assert_str_eq(back.keys[1].id, body.keys[1].id);
    cr_assert_arr_eq(back.keys[1].key, body.keys[1].key, ATS_PUBLIC_KEY_SIZE);
    cr_assert_str_eq(back.asset, "press-1");
    cr_assert_str_eq(back.site, "hall-2");
    cr_assert_eq(back.contract_count, 2);
    cr_assert_str_eq(back.contracts[1], "machine-temp");
}

Test(control_body, keys_of_a_device_have_a_validity)
{
    struct ats_body_device body = sample_device();
    struct ats_body_device back;
    body.keys[0].not_after_ms = 2000;
    body.keys[1].not_before_ms = 1000;
    body.keys[1].not_after_ms = 1001;
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_eq(back.keys[0].not_before_ms, 0);
    cr_assert(ats_device_key_is_valid(&back.keys[0], 0));
    cr_assert(ats_device_key_is_valid(&back.keys[0], 1999));
    cr_assert_not(ats_device_key_is_valid(&back.keys[0], 2000));
    cr_assert_not(ats_device_key_is_valid(&back.keys[1], 999));
    cr_assert(ats_device_key_is_valid(&back.keys[1], 1000));
    cr_assert_not(ats_device_key_is_valid(&back.keys[1], 1001));
}

/* A reader of an older version takes it as long as no key has an end. */
Test(control_body, a_key_without_validity_is_stated_as_ever)
{
    struct ats_body_device body = sample_device();
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_null(strstr(ats_buf_text(&text), "not_"));
}

Test(control_body, refuses_a_key_that_ends_before_it_begins)
{
    struct ats_body_device body = sample_device();
    struct ats_body_device back;
    body.keys[0].not_before_ms = 1000;
    body.keys[0].not_after_ms = 1000;
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&text), &back), ATS_ERR_INVALID);
}

Test(control_body, a_device_has_attributes)
{
    static const struct {
        const char *name;
        const char *text;
    } given[] = {{"asset", "press-7"},          {"site", "hall-2"},       {"line", "line 3"},
                 {"vendor", "Acme + Söhne"},    {"model", "X/200 \"S\""}, {"firmware", "1.2.3#7"},
                 {"warranty_end", "2028-02-29"}};
    struct ats_body_device body = sample_device();
    struct ats_body_device back;
    size_t count = 0;
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++, count++) {
        cr_assert_str_eq(at->name, given[count].name);
        cr_assert_eq(ats_device_attribute_set(&body, at, ats_span_text(given[count].text)), ATS_OK,
                     "%s", at->name);
    }
    cr_assert_eq(count, sizeof(given) / sizeof(given[0]));
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&text), &back), ATS_OK);
    for (size_t i = 0; i < count; i++)
        cr_assert_str_eq(ats_device_attribute_get(&back, &ats_device_attributes[i]), given[i].text);
}

Test(control_body, refuses_attributes_that_are_not_of_their_form)
{
    char long_text[ATS_NAME_MAX + 2];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[ATS_NAME_MAX + 1] = '\0';
    struct ats_body_device body = sample_device();
    for (const struct ats_device_attribute *at = ats_device_attributes; at->name; at++) {
        cr_assert_eq(ats_device_attribute_set(&body, at, ats_span_text(long_text)),
                     ATS_ERR_INVALID);
        cr_assert_eq(ats_device_attribute_set(&body, at, ats_span_text("a\nb")), ATS_ERR_INVALID);
        cr_assert_eq(ats_device_attribute_set(&body, at, ats_span_text("")), ATS_OK);
        cr_assert_str_empty(ats_device_attribute_get(&body, at));
    }
    cr_assert_eq(ats_device_attribute_set(&body, &ats_device_attributes[1], ats_span_text("a/b")),
                 ATS_ERR_INVALID, "a site is a name");
}

Test(control_body, a_device_needs_no_asset_and_no_site)
{
    struct ats_body_device body = sample_device();
    struct ats_body_device back;
    body.asset[0] = '\0';
    body.site[0] = '\0';
    body.contract_count = 0;
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_str_eq(back.asset, "");
    cr_assert_eq(back.contract_count, 0);
}

Test(control_body, refuses_a_key_id_that_is_not_the_keys)
{
    struct ats_body_device body = sample_device();
    struct ats_body_device back;
    body.keys[0].id[0] = body.keys[0].id[0] == '0' ? '1' : '0';
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&text), &back), ATS_ERR_INVALID);
}

Test(control_body, refuses_a_key_that_stands_twice)
{
    struct ats_body_device body = sample_device();
    struct ats_body_device back;
    body.keys[1] = body.keys[0];
    cr_assert_eq(ats_body_device_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&text), &back), ATS_ERR_INVALID);
}

Test(control_body, contract_survives_a_round_trip)
{
    char odcs[] = "version: 1.0.0\nname: \"\xc3\xa9\"\n";
    char avsc[] = "{\"type\": \"record\"}\n";
    struct ats_body_contract body = {.odcs = odcs, .avsc = avsc, .schema_id = INT32_MAX};
    struct ats_body_contract back;
    cr_assert_eq(ats_body_contract_format(&body, &text), ATS_OK);
    cr_assert_eq(ats_body_contract_parse(ats_buf_span(&text), &back), ATS_OK);
    cr_assert_str_eq(back.odcs, odcs);
    cr_assert_str_eq(back.avsc, avsc);
    cr_assert_eq(back.schema_id, INT32_MAX);
    ats_body_contract_fini(&back);
    ats_body_contract_fini(&back);
}

Test(control_body, usecase_and_schema_survive_a_round_trip)
{
    char yaml[] = "name: x\n";
    char avsc[] = "\"string\"";
    struct ats_body_usecase usecase = {.yaml = yaml};
    struct ats_body_usecase usecase_back;
    struct ats_body_schema schema = {.text = avsc, .schema_id = 0};
    struct ats_body_schema schema_back;
    cr_assert_eq(ats_body_usecase_format(&usecase, &text), ATS_OK);
    cr_assert_eq(ats_body_usecase_parse(ats_buf_span(&text), &usecase_back), ATS_OK);
    cr_assert_str_eq(usecase_back.yaml, yaml);
    ats_body_usecase_fini(&usecase_back);
    ats_buf_clear(&text);
    cr_assert_eq(ats_body_schema_format(&schema, &text), ATS_OK);
    cr_assert_eq(ats_body_schema_parse(ats_buf_span(&text), &schema_back), ATS_OK);
    cr_assert_str_eq(schema_back.text, avsc);
    ats_body_schema_fini(&schema_back);
}

Test(control_body, refuses_a_document_that_is_not_utf8)
{
    char yaml[] = "name: \xff\n";
    struct ats_body_usecase usecase = {.yaml = yaml};
    cr_assert_eq(ats_body_usecase_format(&usecase, &text), ATS_ERR_INVALID);
}

Test(control_body, refuses_a_document_above_the_limit)
{
    struct ats_body_usecase usecase;
    ats_buf_append_text(&text, "{\"yaml\":\"");
    for (size_t i = 0; i <= ATS_DOCUMENT_MAX; i++)
        ats_buf_append_byte(&text, 'x');
    ats_buf_append_text(&text, "\"}");
    cr_assert_eq(ats_body_usecase_parse(ats_buf_span(&text), &usecase), ATS_ERR_LIMIT);
}

static void assert_no_root(const char *json)
{
    struct ats_body_root body = {0};
    cr_assert_eq(ats_body_root_parse(ats_span_text(json), &body), ATS_ERR_INVALID, "%s", json);
}

Test(control_body, refuses_what_it_does_not_understand)
{
    assert_no_root("");
    assert_no_root("null");
    assert_no_root("[]");
    assert_no_root("{\"root\":\"" KEY "\"}");
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":\"" KEY "\",\"more\":1}");
    assert_no_root("{\"root\":\"" KEY "\",\"root\":\"" KEY "\",\"successor\":\"" KEY "\"}");
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":1}");
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":null}");
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":\"" KEY "\"");
}

Test(control_body, refuses_bad_base64)
{
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":\"AQEB\"}");
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":\"\"}");
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":\"" KEY "AQEB\"}");
    assert_no_root("{\"root\":\"" KEY "\",\"successor\":\"*QEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
                   "EBAQE=\"}");
}

static void assert_no_operator(const char *json)
{
    struct ats_body_operator body;
    cr_assert_eq(ats_body_operator_parse(ats_span_text(json), &body), ATS_ERR_INVALID, "%s", json);
}

#define OPERATOR(kinds, names, rest)                                                               \
    "{\"key\":\"" KEY "\",\"kinds\":" kinds ",\"names\":" names ",\"certificate\":\"AQ==\"" rest "}"

Test(control_body, refuses_a_scope_that_it_cannot_read)
{
    struct ats_body_operator body;
    cr_assert_eq(
        ats_body_operator_parse(ats_span_text(OPERATOR("[\"device\"]", "\"*\"", "")), &body),
        ATS_OK);
    assert_no_operator(OPERATOR("[\"devise\"]", "\"*\"", ""));
    assert_no_operator(OPERATOR("[\"device\",\"device\"]", "\"*\"", ""));
    assert_no_operator(OPERATOR("[1]", "\"*\"", ""));
    assert_no_operator(OPERATOR("\"device\"", "\"*\"", ""));
    assert_no_operator(OPERATOR("[]", "\"\"", ""));
    assert_no_operator(OPERATOR("[]", "\"a\\nb\"", ""));
    assert_no_operator(OPERATOR("[]", "\"*\"", ",\"not_after\":-1"));
    assert_no_operator(OPERATOR("[]", "\"*\"", ",\"not_after\":1.5"));
    assert_no_operator(OPERATOR("[]", "\"*\"", ",\"revoked\":0"));
}

Test(control_body, refuses_a_device_with_hostile_members)
{
    static const char *const bodies[] = {
        "{\"state\":\"actve\",\"keys\":[]}",
        "{\"state\":1,\"keys\":[]}",
        "{\"state\":\"active\",\"keys\":{}}",
        "{\"state\":\"active\",\"keys\":[1]}",
        "{\"state\":\"active\",\"keys\":[{}]}",
        "{\"state\":\"active\",\"keys\":[],\"asset\":\"a/b\"}",
        "{\"state\":\"active\",\"keys\":[],\"asset\":\"\"}",
        "{\"state\":\"active\",\"keys\":[],\"vendor\":\"\"}",
        "{\"state\":\"active\",\"keys\":[],\"model\":7}",
        "{\"state\":\"active\",\"keys\":[],\"warranty_end\":\"2027-02-29\"}",
        "{\"state\":\"active\",\"keys\":[],\"contracts\":[\"+\"]}",
        "{\"state\":\"active\",\"keys\":[],\"contracts\":[null]}",
        "{\"state\":\"active\",\"keys\":[],\"contracts\":\"env\"}",
        "{\"state\":\"active\"}",
    };
    struct ats_body_device body;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        cr_assert_eq(ats_body_device_parse(ats_span_text(bodies[i]), &body), ATS_ERR_INVALID, "%s",
                     bodies[i]);
}

Test(control_body, refuses_a_schema_id_out_of_range)
{
    struct ats_body_schema body;
    cr_assert_eq(
        ats_body_schema_parse(ats_span_text("{\"text\":\"\",\"schema_id\":2147483648}"), &body),
        ATS_ERR_INVALID);
    cr_assert_eq(ats_body_schema_parse(ats_span_text("{\"text\":\"\",\"schema_id\":-1}"), &body),
                 ATS_ERR_INVALID);
}

Test(control_body, bounds_the_depth_of_hostile_json)
{
    struct ats_body_root body = {0};
    for (int i = 0; i < 100000; i++)
        ats_buf_append_byte(&text, '[');
    cr_assert_eq(ats_body_root_parse(ats_buf_span(&text), &body), ATS_ERR_INVALID);
}

Test(control_body, revoked_and_retired_are_final)
{
    for (int to = ATS_DEVICE_PENDING; to <= ATS_DEVICE_RETIRED; to++) {
        cr_assert_not(ats_device_state_may_follow(ATS_DEVICE_REVOKED, (enum ats_device_state)to));
        cr_assert_not(ats_device_state_may_follow(ATS_DEVICE_RETIRED, (enum ats_device_state)to));
    }
}

Test(control_body, a_device_moves_only_along_its_table)
{
    cr_assert(ats_device_state_may_follow(ATS_DEVICE_PENDING, ATS_DEVICE_ACTIVE));
    cr_assert_not(ats_device_state_may_follow(ATS_DEVICE_PENDING, ATS_DEVICE_SUSPENDED));
    cr_assert(ats_device_state_may_follow(ATS_DEVICE_ACTIVE, ATS_DEVICE_SUSPENDED));
    cr_assert_not(ats_device_state_may_follow(ATS_DEVICE_ACTIVE, ATS_DEVICE_PENDING));
    cr_assert(ats_device_state_may_follow(ATS_DEVICE_SUSPENDED, ATS_DEVICE_ACTIVE));
    cr_assert(ats_device_state_may_follow(ATS_DEVICE_SUSPENDED, ATS_DEVICE_REVOKED));
}

Test(control_body, names_the_moves_that_a_state_allows)
{
    static const char *const moves[] = {
        [ATS_DEVICE_PENDING] = "active, revoked or retired",
        [ATS_DEVICE_ACTIVE] = "suspended, revoked or retired",
        [ATS_DEVICE_SUSPENDED] = "active, revoked or retired",
        [ATS_DEVICE_REVOKED] = "none, it is final",
        [ATS_DEVICE_RETIRED] = "none, it is final",
    };
    for (int state = ATS_DEVICE_PENDING; state <= ATS_DEVICE_RETIRED; state++) {
        char said[ATS_DEVICE_MOVES_SIZE];
        ats_device_state_moves((enum ats_device_state)state, said);
        cr_assert_str_eq(said, moves[state]);
    }
}

Test(control_body, names_every_device_state_and_reads_it_back)
{
    for (int state = ATS_DEVICE_PENDING; state <= ATS_DEVICE_RETIRED; state++) {
        enum ats_device_state back;
        const char *name = ats_device_state_name((enum ats_device_state)state);
        cr_assert_eq(ats_device_state_parse(ats_span_text(name), &back), ATS_OK);
        cr_assert_eq((int)back, state);
    }
}

Test(body, a_devices_key_may_be_that_of_a_certificate_and_its_least_proof_be_stated)
{
    struct ats_body_device body = {.state = ATS_DEVICE_ACTIVE, .key_count = 1};
    struct ats_body_device back;
    struct ats_buf formatted;
    body.least_proof = ATS_PROOF_TAG;
    body.keys[0].is_spki = true;
    memset(body.keys[0].key, 0xa5, sizeof(body.keys[0].key));
    memcpy(body.keys[0].id, "a5a5a5a5a5a5a5a5", sizeof(body.keys[0].id));
    ats_buf_init(&formatted, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&body, &formatted), ATS_OK);
    cr_assert_not_null(strstr(ats_buf_text(&formatted), "\"spki\":"), "%s",
                       ats_buf_text(&formatted));
    cr_assert_not_null(strstr(ats_buf_text(&formatted), "\"least_proof\":\"mac\""));
    cr_assert_eq(ats_body_device_parse(ats_buf_span(&formatted), &back), ATS_OK);
    cr_assert(back.keys[0].is_spki);
    cr_assert_str_eq(back.keys[0].id, body.keys[0].id);
    cr_assert_eq(back.least_proof, ATS_PROOF_TAG);
    ats_buf_fini(&formatted);
}

Test(body, a_device_with_an_unknown_least_proof_is_refused)
{
    struct ats_body_device back;
    cr_assert_eq(
        ats_body_device_parse(ats_span_text("{\"state\":\"active\",\"keys\":[],\"contracts\":[],"
                                            "\"least_proof\":\"strong\"}"),
                              &back),
        ATS_ERR_INVALID);
}
