/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/quality.h"
#include "tests/unit/common/contract/support.h"

static struct ats_verdict verdict;

/* Whether a leaf of that Avro type passes the rule `name: value`. */
static bool passes(const char *type, const char *rule, struct ats_leaf leaf)
{
    struct ats_plan plan = plan_of_type(type);
    struct ats_yaml *yaml = NULL;
    struct ats_quality quality = {0};
    struct ats_error err = {0};
    cr_assert_eq(ats_yaml_parse(ats_span_text(rule), "t.yaml", &yaml, &err), ATS_OK, "%s",
                 err.text);
    const struct ats_yaml_node *node = ats_yaml_first(ats_yaml_root(yaml));
    cr_assert_eq(ats_quality_add(&quality, ats_yaml_key(node), plan.leaves[0], node, &err), ATS_OK,
                 "%s", err.text);
    memset(&verdict, 0, sizeof(verdict));
    bool good = ats_quality_check(&quality, &leaf, &verdict);
    cr_assert_eq(good, verdict.rule == ATS_RULE_NONE);
    ats_quality_fini(&quality);
    ats_yaml_free(yaml);
    ats_plan_fini(&plan);
    return good;
}

static bool real_passes(const char *rule, double real)
{
    return passes("[\"null\",\"double\"]", rule,
                  (struct ats_leaf){.type = ATS_LEAF_REAL, .value.real = real});
}

static bool integer_passes(const char *rule, int64_t integer)
{
    return passes("\"long\"", rule,
                  (struct ats_leaf){.type = ATS_LEAF_INTEGER, .value.integer = integer});
}

static bool text_passes(const char *rule, const char *text)
{
    return passes("\"string\"", rule,
                  (struct ats_leaf){.type = ATS_LEAF_TEXT, .value.text = ats_span_text(text)});
}

static bool absent_passes(const char *rule)
{
    return passes("[\"null\",\"double\"]", rule, (struct ats_leaf){.type = ATS_LEAF_ABSENT});
}

Test(quality, ranges_include_their_ends)
{
    cr_assert(real_passes("mustBeBetween: [-40, 80]", -40));
    cr_assert(real_passes("mustBeBetween: [-40, 80]", 80));
    cr_assert_not(real_passes("mustBeBetween: [-40, 80]", 80.1));
    cr_assert_eq(verdict.rule, ATS_RULE_RANGE);
    cr_assert_str_eq(verdict.path, "v");
    cr_assert_str_eq(verdict.text, "80.1 is not between -40 and 80");
    cr_assert(real_passes("minimum: 0", 0));
    cr_assert_not(real_passes("minimum: 0", -0.001));
    cr_assert(real_passes("maximum: 1", 1));
    cr_assert_not(integer_passes("maximum: 1", 2));
    cr_assert_not(real_passes("mustNotBeBetween: [0, 1]", 1));
    cr_assert(real_passes("mustNotBeBetween: [0, 1]", 1.5));
}

Test(quality, exclusive_bounds_exclude_their_end)
{
    cr_assert_not(real_passes("exclusiveMinimum: 0", 0));
    cr_assert(real_passes("exclusiveMinimum: 0", 5e-324));
    cr_assert_not(integer_passes("mustBeLessThan: 5", 5));
    cr_assert(integer_passes("mustBeLessThan: 5", 4));
    cr_assert_not(integer_passes("mustBeGreaterThan: 5", 5));
    cr_assert(integer_passes("mustBeGreaterOrEqualTo: 5", 5));
    cr_assert(integer_passes("mustBeLessOrEqualTo: 5", 5));
    cr_assert_not(integer_passes("exclusiveMaximum: 5", 5));
}

Test(quality, allowed_values_are_compared_by_type)
{
    cr_assert(text_passes("validValues: [on, \"off\", '5']", "5"));
    cr_assert(text_passes("validValues: ['']", ""));
    cr_assert_not(text_passes("validValues: [on, \"off\", 5]", "5"));
    cr_assert_eq(verdict.rule, ATS_RULE_ALLOWED_VALUES);
    cr_assert(integer_passes("validValues: [1, 2.0]", 2));
    cr_assert_not(integer_passes("validValues: [1, true]", 0));
    cr_assert_not(integer_passes("validValues: [true]", 1));
    cr_assert(integer_passes("mustBe: 3", 3));
    cr_assert_not(integer_passes("mustNotBe: 3", 3));
    cr_assert(passes("\"boolean\"", "mustBe: false",
                     (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = false}));
    cr_assert_not(passes("\"boolean\"", "mustBe: false",
                         (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = true}));
}

Test(quality, lengths_are_counted_in_characters)
{
    cr_assert(text_passes("maxLength: 2", "\xc3\xa9\xf0\x9f\x98\x80"));
    cr_assert_not(text_passes("maxLength: 2", "abc"));
    cr_assert_not(text_passes("minLength: 1", ""));
    cr_assert(text_passes("minLength: 1", "a"));
}

Test(quality, an_absent_value_passes_all_but_not_null)
{
    cr_assert(absent_passes("minimum: 5"));
    cr_assert(absent_passes("validValues: [5]"));
    cr_assert(absent_passes("mustNotBe: 5"));
    cr_assert_not(absent_passes("required: true"));
    cr_assert_eq(verdict.rule, ATS_RULE_NOT_NULL);
    cr_assert(real_passes("required: true", 0));
}

Test(quality, the_first_rule_that_does_not_hold_is_told)
{
    struct ats_plan plan = plan_of_type("\"double\"");
    struct ats_yaml *yaml = NULL;
    struct ats_quality quality = {0};
    struct ats_leaf leaf = {.type = ATS_LEAF_REAL, .value.real = 5};
    cr_assert_eq(
        ats_yaml_parse(ats_span_text("minimum: 0\nmaximum: 4\nmustNotBe: 5\n"), "t", &yaml, NULL),
        ATS_OK);
    for (const struct ats_yaml_node *node = ats_yaml_first(ats_yaml_root(yaml)); node;
         node = ats_yaml_next(node))
        cr_assert_eq(ats_quality_add(&quality, ats_yaml_key(node), plan.leaves[0], node, NULL),
                     ATS_OK);
    cr_assert_not(ats_quality_check(&quality, &leaf, &verdict));
    cr_assert_str_eq(verdict.text, "5 is above the most allowed, 4");
    ats_quality_fini(&quality);
    ats_yaml_free(yaml);
    ats_plan_fini(&plan);
}
