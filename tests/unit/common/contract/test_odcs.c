/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs.h"
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
        RULE("        quality:\n          - {metric: nullValues, mustBe: 0, severity: warning}\n"),
        "t.yaml:11: key 'severity': 'warning' is not allowed (allowed: error)");
}

Test(odcs, refuses_bad_settings)
{
    expect_refusal(HEAD PROPERTIES SETTINGS "      topic: x\n",
                   "t.yaml:18: key 'topic': unknown key (did you mean 'topics'?)");
    expect_refusal(
        HEAD PROPERTIES SETTINGS "      proof: sig\n",
        "t.yaml:18: key 'proof': 'sig' is not allowed (allowed: connection, mac, signature)");
    expect_refusal(HEAD PROPERTIES SETTINGS "      format: xml\n",
                   "t.yaml:18: key 'format': 'xml' is not allowed (allowed: json)");
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
    expect_bad_topic("$SYS/a");
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
