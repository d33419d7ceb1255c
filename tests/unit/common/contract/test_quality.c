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
    cr_assert_not(text_passes("validValues: [on, \"off\"]", "5"));
    cr_assert_eq(verdict.rule, ATS_RULE_ALLOWED_VALUES);
    cr_assert(integer_passes("validValues: [1, 2.0]", 2));
    cr_assert(integer_passes("mustBe: 3", 3));
    cr_assert_not(integer_passes("mustNotBe: 3", 3));
    cr_assert(passes("\"boolean\"", "mustBe: false",
                     (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = false}));
    cr_assert_not(passes("\"boolean\"", "mustBe: false",
                         (struct ats_leaf){.type = ATS_LEAF_BOOLEAN, .value.boolean = true}));
}

Test(quality, a_value_that_is_too_large_for_a_double_is_still_told_from_its_neighbour)
{
    cr_assert(integer_passes("maximum: 9007199254740992", 9007199254740992));
    cr_assert_not(integer_passes("maximum: 9007199254740992", 9007199254740993));
    cr_assert_str_eq(verdict.text, "9007199254740993 is above the most allowed, 9007199254740992");
    cr_assert_not(integer_passes("minimum: 9007199254740993", 9007199254740992));
    cr_assert_not(integer_passes("mustNotBe: 9007199254740993", 9007199254740993));
    cr_assert(integer_passes("mustNotBe: 9007199254740993", 9007199254740992));
    cr_assert_not(
        integer_passes("mustNotBeBetween: [9007199254740993, 9007199254740993]", 9007199254740993));
    cr_assert(integer_passes("minimum: -1e300", INT64_MIN));
    cr_assert(integer_passes("mustBeLessThan: 9223372036854775808", INT64_MAX));
    cr_assert(integer_passes("minimum: 2.5", 3));
    cr_assert_not(integer_passes("minimum: 2.5", 2));
}

Test(quality, a_bound_of_a_float_is_rounded_as_its_values_are)
{
    const struct ats_leaf tenth = {.type = ATS_LEAF_REAL, .value.real = (double)0.1F};
    cr_assert(passes("\"float\"", "maximum: 0.1", tenth));
    cr_assert(passes("\"float\"", "validValues: [0.1]", tenth));
}

/* The status of adding the rules in their order to a leaf of that type. */
static enum ats_status add_all(const char *type, const char *rules, struct ats_error *err)
{
    struct ats_plan plan = plan_of_type(type);
    struct ats_yaml *yaml = NULL;
    struct ats_quality quality = {0};
    enum ats_status status = ats_yaml_parse(ats_span_text(rules), "t.yaml", &yaml, err);
    cr_assert_eq(status, ATS_OK, "%s", rules);
    for (const struct ats_yaml_node *node = ats_yaml_first(ats_yaml_root(yaml));
         node && status == ATS_OK; node = ats_yaml_next(node))
        status = ats_quality_add(&quality, ats_yaml_key(node), plan.leaves[0], node, err);
    ats_quality_fini(&quality);
    ats_yaml_free(yaml);
    ats_plan_fini(&plan);
    return status;
}

static void expect_refused(const char *type, const char *rules, const char *text)
{
    struct ats_error err = {0};
    cr_assert_eq(add_all(type, rules, &err), ATS_ERR_CONFIG, "%s", rules);
    cr_assert_eq(strncmp(err.text, text, strlen(text)), 0, "%s", err.text);
}

static void expect_taken(const char *type, const char *rules)
{
    struct ats_error err = {0};
    cr_assert_eq(add_all(type, rules, &err), ATS_OK, "%s: %s", rules, err.text);
}

#define ENUM "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}"
#define FIXED "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}"

Test(quality, a_value_that_the_leaf_can_never_have_is_refused)
{
    expect_refused("\"string\"", "validValues: [1, 2]",
                   "t.yaml:1: key 'validValues': '1' is no value of 'v', which the schema makes "
                   "string");
    expect_refused("\"string\"", "mustNotBe: true", "t.yaml:1: key 'mustNotBe': 'true' is no");
    expect_refused("\"long\"", "validValues: ['1', '2']",
                   "t.yaml:1: key 'validValues': '1' in quotes is no value of 'v'");
    expect_refused("\"long\"", "validValues: [1, 2.5]", "t.yaml:1: key 'validValues': '2.5' is no");
    expect_refused("\"int\"", "mustBe: 2147483648", "t.yaml:1: key 'mustBe': '2147483648' is no");
    expect_refused("\"boolean\"", "mustBe: 1", "t.yaml:1: key 'mustBe': '1' is no");
    expect_refused(ENUM, "validValues: [A, C]", "t.yaml:1: key 'validValues': 'C' is no");
    expect_refused(FIXED, "mustBe: abc", "t.yaml:1: key 'mustBe': 'abc' is no");
    expect_refused("\"bytes\"", "mustBe: \xc3\xa9", "t.yaml:1: key 'mustBe': '\xc3\xa9' is no");
    expect_refused("[\"string\",\"double\"]", "mustBe: true", "t.yaml:1: key 'mustBe'");
    expect_refused("\"double\"", "mustBe: ~", "t.yaml:1: key 'mustBe': null is no value");
    expect_taken("[\"null\",\"string\",\"double\"]", "validValues: [x, 5, '5']");
    expect_taken("\"double\"", "validValues: [1, 2.5, 1e300]");
    expect_taken(ENUM, "mustNotBe: A");
    expect_taken(FIXED, "mustNotBe: ab");
}

Test(quality, rules_that_leave_no_value_are_refused)
{
    expect_refused(
        "\"long\"", "minimum: 10\nmaximum: 5",
        "t.yaml:2: key 'maximum': no value of 'v' can pass this and the rules before it");
    expect_refused("\"double\"", "minimum: 10\nmaximum: 5", "t.yaml:2");
    expect_refused("\"double\"", "minimum: 5\nexclusiveMaximum: 5", "t.yaml:2");
    expect_refused("\"long\"", "exclusiveMinimum: 5\nexclusiveMaximum: 6", "t.yaml:2");
    expect_refused("\"double\"", "mustBeBetween: [0, 5]\nmustNotBeBetween: [-1, 6]", "t.yaml:2");
    expect_refused("\"long\"", "mustBeBetween: [4, 5]\nmustNotBe: [4, 5]", "t.yaml:2");
    expect_refused("\"int\"", "minimum: 3000000000", "t.yaml:1");
    expect_refused("\"float\"", "minimum: 1e39", "t.yaml:1");
    expect_refused("\"long\"", "minimum: 10\nvalidValues: [1, 2]", "t.yaml:2");
    expect_refused("\"string\"", "minLength: 5\nmaxLength: 2", "t.yaml:2");
    expect_refused("\"string\"", "minLength: 600000", "t.yaml:1");
    expect_refused("\"string\"", "maxLength: 2\nvalidValues: [abc, defg]", "t.yaml:2");
    expect_refused(ENUM, "minLength: 2", "t.yaml:1");
    expect_refused(ENUM, "mustNotBe: [A, B]", "t.yaml:1");
    expect_refused("\"boolean\"", "mustNotBe: [true, false]", "t.yaml:1");
    expect_taken("\"double\"", "minimum: 5\nmaximum: 5");
    expect_taken("\"double\"", "exclusiveMinimum: 5\nexclusiveMaximum: 6");
    expect_taken("\"long\"", "mustBeBetween: [4, 6]\nmustNotBe: [4, 6]");
    expect_taken("\"int\"", "maximum: 3000000000");
    expect_taken("\"long\"", "minimum: -1e300\nmaximum: 1e300");
    expect_taken("\"string\"", "minLength: 2\nmaxLength: 2147483647\nmustNotBe: ab");
    expect_taken("\"string\"", "maxLength: 0");
    expect_taken("\"bytes\"", "mustNotBe: a");
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
    struct ats_plan plan = plan_of_type("[\"null\",\"double\"]");
    struct ats_quality quality = {0};
    const struct ats_leaf absent = {.type = ATS_LEAF_ABSENT};
    const struct ats_leaf zero = {.type = ATS_LEAF_REAL, .value.real = 0};
    cr_assert_eq(ats_quality_require(&quality, plan.leaves[0], NULL, NULL), ATS_OK);
    cr_assert_not(ats_quality_check(&quality, &absent, &verdict));
    cr_assert_eq(verdict.rule, ATS_RULE_NOT_NULL);
    cr_assert(ats_quality_check(&quality, &zero, &verdict));
    ats_quality_fini(&quality);
    ats_plan_fini(&plan);
    cr_assert(absent_passes("minimum: 5"));
    cr_assert(absent_passes("validValues: [5]"));
    cr_assert(absent_passes("mustNotBe: 5"));
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

/* ---- bound rules ---- */

static struct ats_quality quality_of(const struct ats_plan *plan, const char *rules, bool required)
{
    struct ats_quality quality = {0};
    struct ats_yaml *yaml = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_yaml_parse(ats_span_text(rules), "t.yaml", &yaml, &err), ATS_OK, "%s",
                 err.text);
    const struct ats_yaml_node *root = ats_yaml_root(yaml);
    for (const struct ats_yaml_node *rule = ats_yaml_first(root); rule; rule = ats_yaml_next(rule))
        cr_assert_eq(ats_quality_add(&quality, ats_yaml_key(rule), plan->leaves[0], rule, &err),
                     ATS_OK, "%s", err.text);
    if (required)
        cr_assert_eq(ats_quality_require(&quality, plan->leaves[0], root, &err), ATS_OK);
    ats_yaml_free(yaml);
    return quality;
}

/* Bound, the rules say of a leaf what they say one by one. */
static void expect_alike(const struct ats_quality *bound, struct ats_leaf leaf)
{
    struct ats_verdict one_by_one = {.rule = ATS_RULE_NONE};
    struct ats_verdict at_once = {.rule = ATS_RULE_NONE};
    bool expected = ats_quality_check_leaf(bound, 0, &leaf, &one_by_one);
    cr_assert_eq(ats_quality_check(bound, &leaf, &at_once), expected, "%s", one_by_one.text);
    if (!expected) {
        cr_assert_eq(at_once.rule, one_by_one.rule);
        cr_assert_str_eq(at_once.text, one_by_one.text);
    }
}

static void expect_alike_everywhere(const struct ats_quality *bound)
{
    static const double reals[] = {-1e300,       -3.5, -3, -0.0, 0, 5e-324, 0.1,  0.5,  1,
                                   2.9999999999, 3,    4,  4.5,  5, 7,      1e18, 1e300};
    static const char *const texts[] = {"",
                                        "a",
                                        "ab",
                                        "abc",
                                        "abcd",
                                        "abcde",
                                        "abcdefgh",
                                        "\xc3\xa9",
                                        "\xc3\xa9\xc3\xa9",
                                        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80",
                                        "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
        expect_alike(bound, (struct ats_leaf){.type = ATS_LEAF_REAL, .value.real = reals[i]});
    for (int64_t i = -10; i <= 10; i++)
        expect_alike(bound, (struct ats_leaf){.type = ATS_LEAF_INTEGER, .value.integer = i});
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_alike(
            bound, (struct ats_leaf){.type = ATS_LEAF_TEXT, .value.text = ats_span_text(texts[i])});
    expect_alike(bound, (struct ats_leaf){.type = ATS_LEAF_INTEGER, .value.integer = INT64_MAX});
    expect_alike(bound, (struct ats_leaf){.type = ATS_LEAF_INTEGER, .value.integer = INT64_MIN});
    expect_alike(bound, (struct ats_leaf){.type = ATS_LEAF_ABSENT});
}

Test(quality, rules_that_are_bound_say_what_they_say_one_by_one)
{
    static const struct {
        const char *type;
        const char *rules;
        size_t intervals;
        size_t others;
    } cases[] = {
        {"\"double\"", "{minimum: 0, maximum: 5}", 1, 0},
        {"[\"null\",\"double\"]", "{exclusiveMinimum: 0, exclusiveMaximum: 5}", 1, 0},
        {"\"float\"", "{minimum: 0.1, mustBeLessThan: 4.5}", 1, 0},
        {"\"double\"", "{mustBeBetween: [-3, 5], mustNotBeBetween: [0.5, 3]}", 1, 1},
        {"\"long\"", "{minimum: -3, maximum: 5}", 1, 0},
        {"\"int\"", "{exclusiveMinimum: -3, exclusiveMaximum: 5, minimum: -9}", 1, 0},
        {"\"long\"", "{minimum: 0.5, maximum: 4.5}", 1, 2},
        {"\"long\"", "{mustBeLessThan: -9223372036854775807}", 1, 0},
        {"\"long\"", "{mustBeGreaterOrEqualTo: 9223372036854775807}", 1, 0},
        {"\"long\"", "{mustBeBetween: [-3, 5], mustNotBe: 4}", 1, 1},
        {"\"string\"", "{minLength: 2, maxLength: 3}", 1, 0},
        {"[\"null\",\"string\"]", "{minLength: 0, maxLength: 2, validValues: [ab, \"\", abc]}", 1,
         1},
        {"\"string\"", "{minLength: 1}", 1, 0},
        {"[\"null\",\"long\",\"double\"]", "{mustBe: 5}", 0, 1},
        {"\"boolean\"", "{mustBe: true}", 0, 1},
    };
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        size_t which = i / 2;
        struct ats_plan plan = plan_of_type(cases[which].type);
        struct ats_quality quality = quality_of(&plan, cases[which].rules, i % 2 == 1);
        struct ats_error err = {0};
        cr_assert_eq(ats_quality_bind(&quality, &plan, &err), ATS_OK);
        cr_assert_eq(quality.interval_count, cases[which].intervals, "%s", cases[which].rules);
        size_t not_null = i % 2 == 1 && cases[which].intervals == 0 ? 1 : 0;
        cr_assert_eq(quality.other_count, cases[which].others + not_null, "%s", cases[which].rules);
        expect_alike_everywhere(&quality);
        ats_quality_fini(&quality);
        ats_plan_fini(&plan);
    }
}
