/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs_lint.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct ats_findings findings;

#define HEAD "apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.2.3\nstatus: active\n"

static void expect_good(const char *text, size_t properties)
{
    struct ats_odcs_report report;
    struct ats_error err = {0};
    cr_assert_eq(ats_odcs_lint(ats_span_text(text), "t.yaml", &report, &findings, &err), ATS_OK,
                 "%s", err.text);
    cr_assert_eq(report.properties, properties);
    cr_assert_str_eq(report.api_version, "v3.1.0");
}

static void expect_refusal(const char *text, const char *expected)
{
    struct ats_odcs_report report;
    struct ats_error err = {0};
    cr_assert_eq(ats_odcs_lint(ats_span_text(text), "t.yaml", &report, &findings, &err),
                 ATS_ERR_CONFIG, "%s", text);
    cr_assert(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
}

Test(odcs_lint, takes_a_document_without_a_schema)
{
    expect_good(HEAD, 0);
    expect_good(HEAD "schema: []\n", 0);
}

Test(odcs_lint, counts_properties_further_in)
{
    expect_good(HEAD "schema: [{name: o, properties: [{name: a, properties: [{name: b}]},\n"
                     "  {name: l, logicalType: array, items: {logicalType: string}}]}]\n",
                4);
}

Test(odcs_lint, tells_text_from_what_yaml_reads_otherwise)
{
    expect_refusal(HEAD "name: 1.0\n", "t.yaml:6: key 'name': '1.0' is not allowed (allowed: text");
    expect_refusal(HEAD "name: true\n", "t.yaml:6: key 'name': 'true' is not allowed");
    expect_refusal(HEAD "name:\n", "t.yaml:6: key 'name': empty (allowed: text)");
    expect_good(HEAD "name: \"1.0\"\n", 0);
}

Test(odcs_lint, names_line_and_key_of_what_odcs_does_not_have)
{
    expect_refusal(HEAD "price:\n  priceAmount: a lot\n",
                   "t.yaml:7: key 'priceAmount': 'a lot' is not allowed (allowed: a number)");
    expect_refusal(HEAD "roles:\n  - access: read\n", "t.yaml:7: key 'roles': missing key 'role'");
    expect_refusal(HEAD "tags: x\n", "t.yaml:6: key 'tags': expected a list, not a single value");
    expect_refusal(HEAD "slaProperties: [{property: a, value: 1, untit: s}]\n",
                   "t.yaml:6: key 'untit': unknown key (did you mean 'unit'?)");
}

/* Each finding's text, one a line. */
static void expect_findings(const char *text, const char *expected)
{
    struct ats_odcs_report report;
    struct ats_error err = {0};
    char all[4096] = "";
    size_t len = 0;
    cr_assert_eq(ats_odcs_lint(ats_span_text(text), "t.yaml", &report, &findings, &err),
                 ATS_ERR_CONFIG);
    for (size_t i = 0; i < findings.count; i++)
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%.60s\n", findings.errors[i].text);
    cr_assert_str_eq(all, expected);
    cr_assert_str_eq(err.text, findings.errors[0].text);
}

Test(odcs_lint, tells_all_that_is_wrong_in_one_run)
{
    expect_findings(HEAD "name: 1.0\nprice:\n  priceAmount: a lot\n  amount: 1\nroles:\n"
                         "  - access: read\n  - role: 7\ntags: x\n",
                    "t.yaml:6: key 'name': '1.0' is not allowed (allowed: text; Y\n"
                    "t.yaml:9: key 'amount': unknown key (allowed: id, priceAmoun\n"
                    "t.yaml:8: key 'priceAmount': 'a lot' is not allowed (allowed\n"
                    "t.yaml:11: key 'roles': missing key 'role'\n"
                    "t.yaml:12: key 'role': '7' is not allowed (allowed: text; YA\n"
                    "t.yaml:13: key 'tags': expected a list, not a single value\n");
    expect_findings("a: [\n", "t.yaml:2: not YAML: did not find expected node content\n");
}

Test(odcs_lint, more_findings_than_there_is_room_for_are_counted)
{
    struct ats_odcs_report report;
    struct ats_error err = {0};
    char text[4096];
    size_t len = (size_t)snprintf(text, sizeof(text), HEAD);
    for (int i = 0; i < ATS_FINDINGS_MAX + 3; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "x%d: 1\n", i);
    cr_assert_eq(ats_odcs_lint(ats_span_text(text), "t.yaml", &report, &findings, &err),
                 ATS_ERR_CONFIG);
    cr_assert_eq(findings.count, ATS_FINDINGS_MAX);
    cr_assert_eq(findings.more, 3);
}

#define CONTRACT(properties, settings)                                                             \
    HEAD "schema:\n- name: o\n  properties: [" properties                                          \
         "]\ncustomProperties:\n- property: attestream\n  value: {" settings "}\n"

static void expect_contract(const char *odcs, const char *avsc, const char *expected)
{
    const struct ats_contract_texts texts = {ats_span_text(odcs), "t.yaml", ats_span_text(avsc),
                                             "t.avsc"};
    struct ats_odcs_report report;
    struct ats_error err = {0};
    char all[4096] = "";
    size_t len = 0;
    enum ats_status status = ats_contract_texts_lint(&texts, &report, &findings, &err);
    cr_assert_eq(status, *expected ? ATS_ERR_CONFIG : ATS_OK);
    for (size_t i = 0; i < findings.count; i++)
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%.70s\n", findings.errors[i].text);
    cr_assert_str_eq(all, expected);
}

#define AVSC                                                                                       \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},{\"name\":" \
    "\"w\",\"type\":\"string\"}]}"

Test(odcs_lint, a_contracts_two_documents_are_judged_to_their_ends)
{
    expect_contract(CONTRACT("{name: v}, {name: w}", "topics: [\"a/{device}\"]"), AVSC, "");
    expect_contract(
        CONTRACT("{name: v, logicalType: string, unique: true, customProperties: [{property: unit, "
                 "value: degC}],\n logicalTypeOptions: {maximum: 5}}, {name: x}",
                 "topics: [\"#\", \"a/{b}\"], deviceField: v, proof: none"),
        AVSC,
        "t.yaml:9: key 'maximum': unknown key (allowed: minLength, maxLength, p\n"
        "t.yaml:8: key 'value': 'degC' is no code of UCUM (did you mean 'Cel'?)\n"
        "t.yaml:8: key 'logicalType': 'string' does not go with the Avro type i\n"
        "t.yaml:8: key 'unique': not supported: an event is judged by itself (a\n"
        "t.yaml:9: key 'name': the Avro schema has no field 'x'\n"
        "t.yaml:8: key 'properties': field 'w' of the Avro schema is not descri\n"
        "t.yaml:12: key 'topics': '#' is not allowed: it would govern every top\n"
        "t.yaml:12: key 'topics': 'a/{b}' is not allowed: the only placeholder \n"
        "t.yaml:12: key 'proof': 'none' is not allowed (allowed: connection, ma\n"
        "t.yaml:12: key 'deviceField': 'v' is of the Avro type int (allowed: st\n");
    expect_contract(CONTRACT("{name: v}, {name: w}", "topic: x"), "{\"type\":\"rekord\"}",
                    "t.avsc:1: schema: unknown type rekord\n");
}

Test(odcs_lint, each_of_the_first_lines_is_judged)
{
    const char *const rest = CONTRACT("{name: v}, {name: w}", "topics: [\"a/{device}\"]");
    char document[1024];
    (void)snprintf(document, sizeof(document),
                   "apiVersion: v9\nkind: Foo\nid: Env_Sensor\nversion: one\nstatus: [x]\n%s",
                   rest + strlen(HEAD));
    expect_contract(document, AVSC,
                    "t.yaml:1: key 'apiVersion': 'v9' is not allowed (allowed: v3.1.0, v3.0\n"
                    "t.yaml:2: key 'kind': 'Foo' is not allowed (allowed: DataContract)\n"
                    "t.yaml:5: key 'status': expected a single value, not a list\n"
                    "t.yaml:3: key 'id': 'Env_Sensor' is not allowed (allowed: up to 128 of\n"
                    "t.yaml:4: key 'version': 'one' is not allowed (allowed: a version such\n");
}

#define SLA(entries) "slaProperties: [" entries "]\n"

Test(odcs_lint, service_levels_that_are_known_have_value_unit_and_elements_that_are_there)
{
    const char *const good =
        SLA("{property: frequency, value: 5, unit: min, element: o.v}, {property: completeness, "
            "value: 99.5, unit: '%', element: 'o.v, o.w'}, {property: madeUp, value: x}, "
            "{property: retention, value: 3, unit: yr, element: o}");
    const char *const bad =
        SLA("{property: frequency, value: 5, unit: parsec, element: o.x},\n {property: freshness, "
            "value: -1, unit: s},\n {property: completeness, value: 101, unit: '%', element: o.v},"
            "\n {property: completeness, value: 99, unit: '%'},\n {property: latency, value: soon, "
            "unit: s, element: p},\n {property: madeUp, value: x, element: o.v.x}");
    char document[2048];
    const char *rest = CONTRACT("{name: v}, {name: w}", "topics: [\"a/{device}\"]");
    (void)snprintf(document, sizeof(document), "%s%s", rest, good);
    expect_contract(document, AVSC, "");
    (void)snprintf(document, sizeof(document), "%s%s", rest, SLA("{value: 1}, 7"));
    expect_contract(document, AVSC,
                    "t.yaml:12: key 'slaProperties': missing key 'property'\n"
                    "t.yaml:12: key 'slaProperties': expected a mapping, not a single value\n");
    (void)snprintf(document, sizeof(document), "%s%s", rest, bad);
    expect_contract(document, AVSC,
                    "t.yaml:12: key 'unit': 'parsec' is not allowed (allowed: ms, s, sec, s\n"
                    "t.yaml:12: key 'element': the schema has no element 'o.x' (allowed: th\n"
                    "t.yaml:13: key 'value': -1 is not allowed (allowed: above 0, to 315576\n"
                    "t.yaml:14: key 'value': 101 is not allowed (allowed: above 0, to 100)\n"
                    "t.yaml:15: key 'slaProperties': missing key 'element'\n"
                    "t.yaml:16: key 'value': 'soon' is not allowed (allowed: a number)\n"
                    "t.yaml:16: key 'element': the schema has no element 'p' (allowed: the \n"
                    "t.yaml:17: key 'element': the schema has no element 'o.v.x' (allowed: \n");
}

Test(odcs_lint, a_library_check_has_exactly_one_operator)
{
    expect_refusal(HEAD "schema: [{name: o, quality: [{metric: rowCount}]}]\n",
                   "t.yaml:6: key 'quality': 0 operators");
    expect_refusal(HEAD "schema:\n- name: o\n  quality:\n  - {type: text, mustBe: 1}\n",
                   "t.yaml:9: key 'mustBe': unknown key");
}

Test(odcs_lint, options_follow_the_logical_type)
{
    expect_refusal(HEAD "schema: [{name: o, properties: [{name: a, logicalType: integer,\n"
                        "  logicalTypeOptions: {minLength: 1}}]}]\n",
                   "t.yaml:7: key 'minLength': unknown key");
    expect_refusal(HEAD "schema: [{name: o, properties: [{name: a,\n"
                        "  logicalTypeOptions: {minLength: 1}}]}]\n",
                   "t.yaml:7: key 'logicalTypeOptions': options of no type");
}

Test(odcs_lint, references_are_short_or_full)
{
    expect_good(HEAD "schema: [{name: o, relationships: [{from: a.b, to: "
                     "\"https://h/f.yaml#/schema/x/properties/y\"}]}]\n",
                0);
    expect_refusal(HEAD "schema: [{name: o, relationships: [{from: a.b, to: f.json#a/b}]}]\n",
                   "t.yaml:6: key 'to': 'f.json#a/b' is no reference");
    expect_refusal(HEAD "schema: [{name: o, relationships: [{from: a.b, to: [c.d]}]}]\n",
                   "t.yaml:6: key 'to': 'from' and 'to' are one reference each, or lists");
}

#define TEAM "team: {members: [{username: a}, {username: b}]}\n"
#define RACI(value) HEAD TEAM "customProperties:\n- property: raci\n  value: {" value "}\n"

Test(odcs_lint, each_activity_has_exactly_one_accountable)
{
    expect_good(RACI("dataOwnership: {accountable: a}, modelGovernance: {accountable: b}, "
                     "incidentResponse: {accountable: a, informed: [a, b]}"),
                0);
    expect_refusal(RACI("dataOwnership: {accountable: a}, modelGovernance: {accountable: b}"),
                   "t.yaml:9: key 'value': nobody is accountable for 'incidentResponse'");
    expect_refusal(RACI("dataOwnership: {accountable: [a, b]}"),
                   "t.yaml:9: key 'accountable': 2 are accountable for 'dataOwnership'");
}
