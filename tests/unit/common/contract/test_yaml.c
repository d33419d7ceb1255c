/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/yaml.h"

#include "common/base/buf.h"
#include "common/base/limits.h"

#include <criterion/criterion.h>

static struct ats_yaml *parse(const char *text)
{
    struct ats_yaml *yaml = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_yaml_parse(ats_span_text(text), "t.yaml", &yaml, &err), ATS_OK, "%s",
                 err.text);
    return yaml;
}

static void expect_refusal(const char *text, const char *expected)
{
    struct ats_yaml *yaml = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_yaml_parse(ats_span_text(text), "t.yaml", &yaml, &err), ATS_ERR_CONFIG);
    cr_assert(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
    cr_assert_null(yaml);
}

Test(yaml, keeps_order_and_keys)
{
    struct ats_yaml *yaml = parse("a: 1\nlist:\n  - x\n  - {b: 2}\n");
    const struct ats_yaml_node *a = ats_yaml_first(ats_yaml_root(yaml));
    const struct ats_yaml_node *list = ats_yaml_next(a);
    cr_assert_str_eq(ats_yaml_key(a), "a");
    cr_assert_eq(ats_yaml_count(list), 2);
    const struct ats_yaml_node *x = ats_yaml_first(list);
    cr_assert_str_eq(ats_yaml_key(x), "list");
    cr_assert_not_null(ats_yaml_find(ats_yaml_next(x), "b"));
    cr_assert_null(ats_yaml_next(list));
    ats_yaml_free(yaml);
}

Test(yaml, reads_typed_scalars)
{
    struct ats_yaml *yaml = parse("t: some text\ni: -7\nr: 2.5e3\nb: true\nd: 5m\nc: two\n");
    const struct ats_yaml_node *root = ats_yaml_root(yaml);
    static const char *const choices[] = {"one", "two", NULL};
    const char *text = NULL;
    int64_t integer = 0;
    double real = 0;
    bool boolean = false;
    size_t index = 0;
    cr_assert_eq(ats_yaml_get_text(ats_yaml_find(root, "t"), &text, NULL), ATS_OK);
    cr_assert_str_eq(text, "some text");
    cr_assert_eq(ats_yaml_get_integer(ats_yaml_find(root, "i"), -10, 10, &integer, NULL), ATS_OK);
    cr_assert_eq(integer, -7);
    cr_assert_eq(ats_yaml_get_real(ats_yaml_find(root, "r"), &real, NULL), ATS_OK);
    cr_assert_eq(real, 2500.0);
    cr_assert_eq(ats_yaml_get_boolean(ats_yaml_find(root, "b"), &boolean, NULL), ATS_OK);
    cr_assert(boolean);
    cr_assert_eq(ats_yaml_get_duration(ats_yaml_find(root, "d"), &integer, NULL), ATS_OK);
    cr_assert_eq(integer, 300000);
    cr_assert_eq(ats_yaml_get_choice(ats_yaml_find(root, "c"), choices, &index, NULL), ATS_OK);
    cr_assert_eq(index, 1);
    ats_yaml_free(yaml);
}

Test(yaml, errors_name_file_line_key_and_what_is_allowed)
{
    struct ats_yaml *yaml = parse("# comment\ni: eleven\nc: three\n");
    const struct ats_yaml_node *root = ats_yaml_root(yaml);
    static const char *const choices[] = {"one", "two", NULL};
    struct ats_error err = {0};
    int64_t integer = 0;
    size_t index = 0;
    cr_assert_eq(ats_yaml_get_integer(ats_yaml_find(root, "i"), 1, 9, &integer, &err),
                 ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text,
                     "t.yaml:2: key 'i': 'eleven' is not allowed (allowed: an integer 1..9)");
    cr_assert_eq(ats_yaml_get_choice(ats_yaml_find(root, "c"), choices, &index, &err),
                 ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "t.yaml:3: key 'c': 'three' is not allowed (allowed: one, two)");
    ats_yaml_free(yaml);
}

Test(yaml, unknown_key_names_the_nearest)
{
    struct ats_yaml *yaml = parse("topics: []\nprof: mac\n");
    static const char *const keys[] = {"topics", "proof", NULL};
    struct ats_error err = {0};
    cr_assert_eq(ats_yaml_check_keys(ats_yaml_root(yaml), keys, &err), ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "t.yaml:2: key 'prof': unknown key (did you mean 'proof'?)");
    ats_yaml_free(yaml);
}

Test(yaml, missing_key_is_an_error_at_its_mapping)
{
    struct ats_yaml *yaml = parse("a: 1\nb:\n  c: 2\n");
    const struct ats_yaml_node *node = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_yaml_require(ats_yaml_find(ats_yaml_root(yaml), "b"), "d", &node, &err),
                 ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "t.yaml:3: key 'b': missing key 'd'");
    ats_yaml_free(yaml);
}

Test(yaml, a_quoted_number_is_text)
{
    struct ats_yaml *yaml = parse("n: \"5\"\nb: 'true'\nz: ~\ne: ''\n");
    const struct ats_yaml_node *root = ats_yaml_root(yaml);
    double real = 0;
    bool boolean = false;
    cr_assert_eq(ats_yaml_get_real(ats_yaml_find(root, "n"), &real, NULL), ATS_ERR_CONFIG);
    cr_assert_eq(ats_yaml_get_boolean(ats_yaml_find(root, "b"), &boolean, NULL), ATS_ERR_CONFIG);
    cr_assert(ats_yaml_is_null(ats_yaml_find(root, "z")));
    cr_assert_not(ats_yaml_is_null(ats_yaml_find(root, "e")));
    cr_assert_str_eq(ats_yaml_scalar(ats_yaml_find(root, "e")), "");
    ats_yaml_free(yaml);
}

Test(yaml, refuses_what_would_make_a_tree_endless_or_unclear)
{
    expect_refusal("a: &x [1]\nb: *x\n", "t.yaml:2: aliases");
    expect_refusal("a: 1\nb: 2\na: 3\n", "t.yaml:3: key 'a' stands twice");
    expect_refusal("a: !!binary aGk=\n", "t.yaml:1: tags");
    expect_refusal("a: 1\nb: !!python/object {c: 1}\n", "t.yaml:2: tags");
    expect_refusal("a: !!set [1]\n", "t.yaml:1: tags");
    expect_refusal("? [1]\n: 2\n", "t.yaml:1: a key must be a single value");
    expect_refusal("a: \"x\\0y\"\n", "t.yaml:1: a NUL character");
    expect_refusal("a: 1\n---\nb: 2\n", "t.yaml:2: a second document");
}

static void expect_refused_bytes(struct ats_span text, const char *expected)
{
    struct ats_yaml *yaml = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_yaml_parse(text, "t.yaml", &yaml, &err), ATS_ERR_CONFIG);
    cr_assert_eq(strncmp(err.text, expected, strlen(expected)), 0, "%s", err.text);
}

#define BYTES(text) ats_span_of(text, sizeof(text) - 1)

Test(yaml, refuses_what_is_not_utf8_and_characters_that_yaml_has_not_at_their_line)
{
    expect_refused_bytes(BYTES("\xff\xfe"
                               "a\0:\0 \0"
                               "1\0"),
                         "t.yaml:1: not UTF-8");
    expect_refused_bytes(BYTES("a: 1\nb: \xe9\n"), "t.yaml:2: not UTF-8");
    expect_refused_bytes(BYTES("a: 1\nb: 2\nc: x\0y\n"), "t.yaml:3: a NUL character");
    expect_refused_bytes(BYTES("a: 1\nb: 2\nc: \x01\n"), "t.yaml:3: not YAML: control");
}

Test(yaml, a_null_is_no_text)
{
    struct ats_yaml *yaml = parse("a: null\nb: ~\nc:\nd: NULL\ne: 'null'\n");
    const struct ats_yaml_node *root = ats_yaml_root(yaml);
    const char *text = NULL;
    for (const char *key = "abcd"; *key; key++) {
        const char name[] = {*key, '\0'};
        cr_assert_eq(ats_yaml_get_text(ats_yaml_find(root, name), &text, NULL), ATS_ERR_CONFIG);
    }
    cr_assert_eq(ats_yaml_get_text(ats_yaml_find(root, "e"), &text, NULL), ATS_OK);
    cr_assert_str_eq(text, "null");
    ats_yaml_free(yaml);
}

Test(yaml, refuses_what_is_no_mapping)
{
    expect_refusal("", "t.yaml:1: expected a mapping");
    expect_refusal("- 1\n", "t.yaml:1: expected a mapping");
    expect_refusal("just text\n", "t.yaml:1: expected a mapping");
}

Test(yaml, refuses_broken_text_with_its_line)
{
    expect_refusal("a: 1\nb: [1, 2\n", "t.yaml:3: not YAML");
    expect_refusal("a: 1\n\tb: 2\n", "t.yaml:2: not YAML");
}

Test(yaml, refuses_depth_and_size_beyond_the_limits)
{
    char deep[200] = "a: ";
    memset(deep + 3, '[', ATS_YAML_DEPTH_MAX);
    deep[3 + ATS_YAML_DEPTH_MAX] = '\0';
    expect_refusal(deep, "t.yaml:1: nested too deep");
    struct ats_buf many;
    ats_buf_init(&many, ATS_DOCUMENT_MAX);
    ats_buf_append_text(&many, "a: [");
    for (int i = 0; i < ATS_YAML_NODES_MAX; i++)
        ats_buf_append_text(&many, "1,");
    ats_buf_append_text(&many, "]");
    expect_refusal(ats_buf_text(&many), "t.yaml:1: too many entries");
    ats_buf_fini(&many);
}
