/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/odcs_lint.h"

#include <criterion/criterion.h>

#define HEAD "apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.2.3\nstatus: active\n"

static void expect_good(const char *text, size_t properties)
{
    struct ats_odcs_report report;
    struct ats_error err = {0};
    cr_assert_eq(ats_odcs_lint(ats_span_text(text), "t.yaml", &report, &err), ATS_OK, "%s",
                 err.text);
    cr_assert_eq(report.properties, properties);
    cr_assert_str_eq(report.api_version, "v3.1.0");
}

static void expect_refusal(const char *text, const char *expected)
{
    struct ats_odcs_report report;
    struct ats_error err = {0};
    cr_assert_eq(ats_odcs_lint(ats_span_text(text), "t.yaml", &report, &err), ATS_ERR_CONFIG, "%s",
                 text);
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
