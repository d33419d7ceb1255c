/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs.h"
#include "common/contract/owner.h"
#include "tests/unit/common/contract/support.h"

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"string\"},{\"name\":\"n\",\"type\":[\"null\",\"double\"],"
    "\"default\":null},"
    "{\"name\":\"in\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["
    "{\"name\":\"x\",\"type\":\"long\"}]}},"
    "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"int\"}}]}";

#define HEAD                                                                                       \
    "apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.2.3\nstatus: active\n" /* 1-5 */
#define PROPERTIES                                                                                 \
    "schema:\n"                                                              /* 6 */               \
    "  - name: r\n"                                                          /* 7 */               \
    "    properties:\n"                                                      /* 8 */               \
    "      - {name: id, logicalType: string}\n"                              /* 9 */               \
    "      - {name: n, logicalType: number}\n"                               /* 10 */              \
    "      - name: in\n"                                                     /* 11 */              \
    "        properties: [{name: x, logicalType: timestamp}]\n"              /* 12 */              \
    "      - {name: l, logicalType: array, items: {logicalType: integer}}\n" /* 13 */
#define CUSTOM "customProperties:\n  - property: attestream\n    value:\n"   /* 14-16 */
#define SETTINGS CUSTOM "      topics: [\"a/{device}/b\"]\n"                 /* 17 */

static enum ats_status read(const char *text, struct ats_odcs *ret_odcs, struct ats_error *err)
{
    struct ats_plan plan = plan_of(schema);
    enum ats_status status = ats_odcs_read(ats_span_text(text), "t.yaml", &plan, ret_odcs, err);
    ats_plan_fini(&plan);
    return status;
}

static void expect_refusal(const char *text, const char *expected)
{
    struct ats_odcs odcs;
    struct ats_error err = {0};
    cr_assert_eq(read(text, &odcs, &err), ATS_ERR_CONFIG, "%s", text);
    cr_assert(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
}

Test(odcs, reads_settings_and_their_defaults)
{
    struct ats_odcs odcs;
    struct ats_error err = {0};
    cr_assert_eq(read(HEAD PROPERTIES SETTINGS, &odcs, &err), ATS_OK, "%s", err.text);
    cr_assert_str_eq(odcs.name, "t");
    cr_assert_str_eq(odcs.version, "1.2.3");
    cr_assert_str_eq(odcs.accountable, "");
    cr_assert_eq(odcs.topic_count, 1);
    cr_assert_eq(odcs.least_proof, ATS_PROOF_CONNECTION);
    cr_assert_not(odcs.ignore_unknown);
    cr_assert_eq(odcs.device_leaf, ATS_PLAN_NO_LEAF);
    cr_assert_eq(odcs.event_time.leaf, ATS_PLAN_NO_LEAF);
    ats_odcs_fini(&odcs);
    cr_assert_eq(read(HEAD PROPERTIES SETTINGS
                      "      proof: signature\n      unknownFields: ignore\n      deviceField: id\n"
                      "      eventTime: {field: in.x, unit: us, maxAge: 7d, maxFuture: none}\n",
                      &odcs, &err),
                 ATS_OK, "%s", err.text);
    cr_assert_eq(odcs.least_proof, ATS_PROOF_SIGNED);
    cr_assert(odcs.ignore_unknown);
    cr_assert_eq(odcs.device_leaf, 0);
    cr_assert_eq(odcs.event_time.leaf, 2);
    cr_assert_eq(odcs.event_time.unit, ATS_TIME_MICROSECONDS);
    cr_assert_eq(odcs.event_time.max_age_ms, INT64_C(7) * 86400000);
    cr_assert_eq(odcs.event_time.max_future_ms, ATS_TIME_UNBOUNDED);
    ats_odcs_fini(&odcs);
}

Test(odcs, refuses_bad_heads)
{
    expect_refusal("apiVersion: v3.1.0\nkind: Data\n",
                   "t.yaml:2: key 'kind': 'Data' is not allowed");
    expect_refusal("kind: DataContract\n", "t.yaml:1: missing key 'apiVersion'");
    expect_refusal("kind: DataContract\napiVersion: v2.2.0\n", "t.yaml:2: key 'apiVersion'");
    expect_refusal("knd: DataContract\n",
                   "t.yaml:1: key 'knd': unknown key (did you mean 'kind'?)");
    expect_refusal("apiVersion: v3.1.0\nkind: DataContract\nstatus: active\nid: A b\n",
                   "t.yaml:4: key 'id': 'A b' is not allowed");
    expect_refusal(
        "apiVersion: v3.1.0\nkind: DataContract\nstatus: active\nid: a\nversion: \"1\"\n",
        "t.yaml:5: key 'version': '1' is not allowed (allowed: a version such as 1.0.0)");
    expect_refusal("apiVersion: v3.1.0\nkind: DataContract\nstatus: []\n",
                   "t.yaml:3: key 'status': expected a single value, not a list");
    expect_refusal(HEAD, "t.yaml:1: missing key 'schema'");
    expect_refusal(HEAD PROPERTIES, "t.yaml:1: customProperties has no property 'attestream'");
}

Test(odcs, properties_and_avro_fields_must_agree_both_ways)
{
    expect_refusal(HEAD "schema:\n  - name: r\n    properties:\n"
                        "      - {name: id}\n      - {name: n}\n      - {name: l}\n",
                   "t.yaml:9: key 'properties': field 'in' of the Avro schema is not described");
    expect_refusal(HEAD "schema:\n  - name: r\n    properties:\n      - {name: idd}\n",
                   "t.yaml:9: key 'name': the Avro schema has no field 'idd'");
    expect_refusal(
        HEAD "schema:\n  - name: r\n    properties:\n      - {name: id}\n      - {name: id}\n",
        "t.yaml:10: key 'name': property 'id' stands twice");
    expect_refusal(
        HEAD "schema:\n  - name: r\n    properties:\n"
             "      - name: id\n        logicalType: integer\n",
        "t.yaml:10: key 'logicalType': 'integer' does not go with the Avro type string of 'id'");
    expect_refusal(HEAD "schema:\n  - name: r\n    properties:\n"
                        "      - name: id\n        required: false\n",
                   "t.yaml:10: key 'required': false, but in the Avro schema 'id' has no default");
    expect_refusal(HEAD "schema:\n  - name: r\n    properties:\n"
                        "      - name: id\n        properties: [{name: x}]\n",
                   "t.yaml:10: key 'properties': the Avro type of 'id' is string, not a record");
    expect_refusal(HEAD "schema: []\n", "t.yaml:6: key 'schema': 0 objects");
}

#define RULE(lines)                                                                                \
    HEAD "schema:\n  - name: r\n    properties:\n      - name: n\n" lines /* from line 10 on */

Test(odcs, a_rule_that_is_not_executed_is_refused)
{
    expect_refusal(RULE("        logicalTypeOptions:\n          pattern: x\n"),
                   "t.yaml:11: key 'pattern': this rule is not supported (supported: minimum,");
    expect_refusal(RULE("        unique: true\n"), "t.yaml:10: key 'unique': not supported");
    expect_refusal(RULE("        quality:\n          - {type: sql, query: x, mustBe: 0}\n"),
                   "t.yaml:11: key 'type': 'sql' is not allowed (allowed: library, text, custom)");
    expect_refusal(RULE("        quality:\n          - {metric: duplicateValues, mustBe: 0}\n"),
                   "t.yaml:11: key 'metric': 'duplicateValues' is not allowed");
    expect_refusal(RULE("        quality:\n          - {metric: nullValues, mustBeLessThan: 5}\n"),
                   "t.yaml:11: key 'quality': a metric is judged event by event");
    expect_refusal(RULE("        quality:\n          - {metric: invalidValues, mustBe: 0}\n"),
                   "t.yaml:11: key 'quality': missing key 'arguments'");
    expect_refusal(
        RULE("        quality:\n          - {type: custom, engine: soda, implementation: x}\n"),
        "t.yaml:11: key 'engine': 'soda' is not allowed (allowed: attestream)");
    expect_refusal(
        RULE("        quality:\n          - type: custom\n            engine: attestream\n"
             "            implementation: {mustBeBetwen: [1, 2]}\n"),
        "t.yaml:13: key 'mustBeBetwen': this rule is not supported");
    expect_refusal(
        RULE("        quality:\n          - type: custom\n            engine: attestream\n"
             "            implementation: {mustBeBetween: [2, 1]}\n"),
        "t.yaml:13: key 'mustBeBetween': the smaller number must stand first");
    expect_refusal(
        RULE("        logicalTypeOptions: {minLength: 1}\n"),
        "t.yaml:10: key 'minLength': this rule is not for 'n', which the schema makes double");
    expect_refusal(HEAD "schema:\n  - name: r\n    properties:\n      - name: l\n"
                        "        items:\n          logicalTypeOptions: {minimum: 0}\n",
                   "t.yaml:11: key 'minimum': this rule is not for 'l[]'");
    expect_refusal(RULE("        quality:\n          - {type: text, descripton: x}\n"),
                   "t.yaml:11: key 'descripton': unknown key (did you mean 'description'?)");
    expect_refusal(
        RULE("        quality:\n          - {metric: nullValues, mustBe: 0, severity: info}\n"),
        "t.yaml:11: key 'severity': 'info' is not allowed (allowed: error, warning)");
}

#define ENTRY(entry) RULE("        quality:\n          - {" entry "}\n")

/* A key that the form of the entry does not execute would read as a rule that is checked. */
Test(odcs, each_form_of_a_quality_entry_has_its_own_keys)
{
    expect_refusal(
        ENTRY("type: custom, engine: attestream, implementation: {minimum: 0}, mustBe: 99"),
        "t.yaml:11: key 'mustBe': unknown key");
    expect_refusal(ENTRY("metric: nullValues, mustBe: 0, mustBeGreaterThan: 5"),
                   "t.yaml:11: key 'mustBeGreaterThan': unknown key");
    expect_refusal(ENTRY("metric: nullValues, mustBe: 0, mustBeLessThan: 1"),
                   "t.yaml:11: key 'quality': more than one bound");
    expect_refusal(ENTRY("metric: nullValues, mustBeLessThan: 1, unit: percent"),
                   "t.yaml:11: key 'unit': 'percent' is not allowed (allowed: rows)");
    expect_refusal(ENTRY("metric: nullValues, rule: nullCheck, mustBe: 0"),
                   "t.yaml:11: key 'rule': unknown key");
    expect_refusal(ENTRY("type: text, metric: rowCount"), "t.yaml:11: key 'metric': unknown key");
    expect_refusal(ENTRY("type: custom, engine: attestream, implementation: {required: false}"),
                   "t.yaml:11: key 'required': this rule is not supported");
    expect_refusal(RULE("        logicalTypeOptions: {required: false}\n"),
                   "t.yaml:10: key 'required': this rule is not supported");
    expect_refusal(RULE("        primaryKey: true\n"),
                   "t.yaml:10: key 'primaryKey': not supported");
}

Test(odcs, a_long_value_is_quoted_to_the_end_of_a_character)
{
    expect_refusal("apiVersion: v3.1.0\nkind: DataContract\nstatus: active\n"
                   "id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9x\n",
                   "t.yaml:4: key 'id': "
                   "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not");
}

Test(odcs, refuses_bad_settings)
{
    expect_refusal(HEAD PROPERTIES SETTINGS "      topic: x\n",
                   "t.yaml:18: key 'topic': unknown key (did you mean 'topics'?)");
    expect_refusal(
        HEAD PROPERTIES SETTINGS "      proof: sig\n",
        "t.yaml:18: key 'proof': 'sig' is not allowed (allowed: connection, mac, signature)");
    expect_refusal(HEAD PROPERTIES SETTINGS "      format: xml\n",
                   "t.yaml:18: key 'format': 'xml' is not allowed (allowed: json, avro, ");
    expect_refusal(
        HEAD PROPERTIES SETTINGS "      deviceField: n\n",
        "t.yaml:18: key 'deviceField': 'n' is of the Avro type double (allowed: string)");
    expect_refusal(HEAD PROPERTIES SETTINGS "      deviceField: in.y\n",
                   "t.yaml:18: key 'deviceField': the Avro schema has no single value 'in.y'");
    expect_refusal(HEAD PROPERTIES SETTINGS "      eventTime: {field: id, unit: s}\n",
                   "t.yaml:18: key 'field': 'id' is of the Avro type string");
    expect_refusal(HEAD PROPERTIES SETTINGS "      eventTime: {field: in.x}\n",
                   "t.yaml:18: key 'eventTime': missing key 'unit'");
    expect_refusal(HEAD PROPERTIES SETTINGS "      eventTime: {field: in.x, unit: s, maxAge: 5}\n",
                   "t.yaml:18: key 'maxAge': '5' is not allowed (allowed: a duration");
    expect_refusal(HEAD PROPERTIES SETTINGS "  - {property: attestream, value: 1}\n",
                   "t.yaml:18: key 'property': 'attestream' stands twice");
}

static void expect_bad_topic(const char *topic)
{
    char text[2048];
    struct ats_odcs odcs;
    struct ats_error err = {0};
    (void)snprintf(text, sizeof(text), HEAD PROPERTIES CUSTOM "      topics: ['%s']\n", topic);
    cr_assert_eq(read(text, &odcs, &err), ATS_ERR_CONFIG, "%s", topic);
    cr_assert(strncmp(err.text, "t.yaml:17: key 'topics': ", 25) == 0, "%s", err.text);
}

Test(odcs, refuses_topic_filters_that_mqtt_does_not_know)
{
    expect_bad_topic("");
    expect_bad_topic("#");
    expect_bad_topic("+/#");
    expect_bad_topic("+/{device}/#");
    expect_bad_topic("$SYS/a");
    expect_bad_topic("ats");
    expect_bad_topic("ats/receipts/{device}");
    expect_bad_topic("ats/#");
    expect_bad_topic("a/#/b");
    expect_bad_topic("a/b#");
    expect_bad_topic("a/+b");
    expect_bad_topic("a/{device}x");
    expect_bad_topic("a/{gate}");
    expect_bad_topic("{device}/{device}");
}

#define TEAM                                                                                       \
    "team: {members: [{username: ann}, {username: bob}]}\nroles: [{role: shift}]\n" /* 18-19 */
#define RACI(lines) HEAD PROPERTIES SETTINGS "  - property: raci\n    value:\n" lines TEAM

Test(odcs, names_who_is_accountable_for_the_data)
{
    struct ats_odcs odcs;
    struct ats_error err = {0};
    cr_assert_eq(read(RACI("      incidentResponse: {accountable: ann}\n"
                           "      dataOwnership: {accountable: [bob], informed: [ann, shift]}\n"),
                      &odcs, &err),
                 ATS_OK, "%s", err.text);
    cr_assert_str_eq(odcs.accountable, "bob");
    ats_odcs_fini(&odcs);
}

Test(odcs, exactly_one_is_accountable_for_an_activity)
{
    expect_refusal(RACI("      dataOwnership: {accountable: [ann, bob]}\n"),
                   "t.yaml:20: key 'accountable': 2 are accountable for 'dataOwnership'");
    expect_refusal(RACI("      dataOwnership: {responsible: ann}\n"),
                   "t.yaml:20: key 'dataOwnership': 0 are accountable for 'dataOwnership'");
    expect_refusal(
        RACI("      dataOwnership: {accountable: eve}\n"),
        "t.yaml:20: key 'accountable': 'eve' is neither a member of the team nor a role");
    expect_refusal(RACI("      dataOwnership: {accountible: ann}\n"),
                   "t.yaml:20: key 'accountible': unknown key (did you mean 'accountable'?)");
}

#define DOCUMENT(topic) HEAD PROPERTIES CUSTOM "      topics: ['" topic "']\n"

/* MQTT 5, 4.7.2: what begins with '$' is the broker's. And what is below `ats` is the gate's. */
Test(odcs, a_wildcard_in_front_reaches_neither_the_brokers_nor_the_gates_topics)
{
    struct ats_contract *contract = NULL;
    struct ats_error err = {0};
    struct ats_span device;
    const char odcs[] = DOCUMENT("{device}/a/#");
    cr_assert_eq(ats_contract_compile(ats_span_text(odcs), "t.yaml", ats_span_text(schema),
                                      "t.avsc", &contract, &err),
                 ATS_OK, "%s", err.text);
    cr_assert(ats_contract_matches(contract, ats_span_text("x/a/b"), &device));
    cr_assert(ats_contract_matches(contract, ats_span_text("x/a"), &device));
    cr_assert_not(ats_contract_matches(contract, ats_span_text("$x/a/b"), &device));
    cr_assert_not(ats_contract_matches(contract, ats_span_text("ats/a/b"), &device));
    cr_assert_null(device.data);
    ats_contract_unref(contract);
}

Test(odcs, reads_what_a_device_may_send)
{
    struct ats_odcs odcs;
    struct ats_error err = {0};
    cr_assert_eq(
        read(HEAD PROPERTIES SETTINGS "      limits: {messagesPerSecond: 0.5}\n", &odcs, &err),
        ATS_OK, "%s", err.text);
    cr_assert_float_eq(odcs.limits.messages_per_second, 0.5, 1e-9);
    cr_assert_float_eq(odcs.limits.bytes_per_second, 0, 1e-9);
    cr_assert_eq(odcs.limits.burst_ms, 10000);
    ats_odcs_fini(&odcs);
    cr_assert_eq(read(HEAD PROPERTIES SETTINGS "      limits: {bytesPerSecond: 4096, burst: 1m}\n",
                      &odcs, &err),
                 ATS_OK, "%s", err.text);
    cr_assert_float_eq(odcs.limits.bytes_per_second, 4096, 1e-9);
    cr_assert_eq(odcs.limits.burst_ms, 60000);
    ats_odcs_fini(&odcs);
}

Test(odcs, refuses_limits_that_limit_nothing_or_too_much)
{
    expect_refusal(HEAD PROPERTIES SETTINGS "      limits: {burst: 1s}\n",
                   "t.yaml:18: key 'limits': it has neither");
    expect_refusal(HEAD PROPERTIES SETTINGS "      limits: {messagesPerSecond: 0}\n",
                   "t.yaml:18: key 'messagesPerSecond': 0 is not allowed (allowed: 1e-05 to");
    expect_refusal(HEAD PROPERTIES SETTINGS "      limits: {messagesPerSecond: 2000000}\n",
                   "t.yaml:18: key 'messagesPerSecond': 2e+06 is not allowed");
    expect_refusal(HEAD PROPERTIES SETTINGS "      limits: {bytesPerSecond: much}\n",
                   "t.yaml:18: key 'bytesPerSecond'");
    expect_refusal(HEAD PROPERTIES SETTINGS "      limits: {messagesPerSecond: 1, burst: 2h}\n",
                   "t.yaml:18: key 'burst': expected 1ms to 1h");
    expect_refusal(HEAD PROPERTIES SETTINGS "      limits: {messagePerSecond: 1}\n",
                   "t.yaml:18: key 'messagePerSecond': unknown key");
    expect_refusal(HEAD PROPERTIES SETTINGS "      limits: 5\n", "t.yaml:18: key 'limits'");
}

Test(odcs, a_decimal_is_a_number_and_other_bytes_are_none)
{
    static const char *const types[] = {
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4}", "\"bytes\""};
    for (size_t i = 0; i < 2; i++) {
        struct ats_plan plan = plan_of_type(types[i]);
        struct ats_odcs odcs;
        struct ats_error err = {0};
        enum ats_status status = ats_odcs_read(
            ats_span_text(
                HEAD
                "schema: [{name: r, properties: [{name: v, logicalType: number}]}]\n" SETTINGS),
            "t.yaml", &plan, &odcs, &err);
        cr_assert_eq(status, i == 0 ? ATS_OK : ATS_ERR_CONFIG, "%s", err.text);
        if (status == ATS_OK)
            ats_odcs_fini(&odcs);
        ats_plan_fini(&plan);
    }
}

Test(odcs, reads_whose_signatures_it_asks_for)
{
    struct ats_odcs odcs;
    struct ats_error err = {0};
    cr_assert_eq(read(HEAD PROPERTIES SETTINGS, &odcs, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(odcs.signatures, 0);
    ats_odcs_fini(&odcs);
    cr_assert_eq(read(HEAD PROPERTIES SETTINGS "      signatures: [it, ot]\n", &odcs, &err), ATS_OK,
                 "%s", err.text);
    cr_assert_eq(odcs.signatures, ATS_OWNERS);
    ats_odcs_fini(&odcs);
    expect_refusal(HEAD PROPERTIES SETTINGS "      signatures: []\n",
                   "t.yaml:18: key 'signatures': nobody's signature is asked for");
    expect_refusal(HEAD PROPERTIES SETTINGS "      signatures: [ot, hr]\n",
                   "t.yaml:18: key 'signatures': 'hr' is not allowed (allowed: ot, it)");
    expect_refusal(HEAD PROPERTIES SETTINGS "      signatures: [ot, ot]\n",
                   "t.yaml:18: key 'signatures': 'ot' stands twice");
    expect_refusal(HEAD PROPERTIES SETTINGS "      signatures: ot\n",
                   "t.yaml:18: key 'signatures': ");
}
