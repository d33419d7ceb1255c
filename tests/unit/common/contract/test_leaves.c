/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transcoder hands out leaves while it writes: for random schemas and random texts, good ones and spoilt ones, they must be what the
 * decoder reads from the bytes written; and what is refused with them is refused without them, in the same words.
 */
#include "tests/leaf_equal.h"
#include "tests/unit/common/contract/support.h"

#define SCHEMAS 300
#define TEXTS 40

static uint64_t state = 88172645463325252u;
static struct ats_buf schema;
static struct ats_buf text;
static struct ats_buf out;
static struct ats_leaf handed[ATS_CONTRACT_LEAVES_MAX];
static struct ats_leaf decoded[ATS_CONTRACT_LEAVES_MAX];
static int names; /* of named types */

static size_t below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state * 0x9e3779b97f4a7c15u >> 33) % limit;
}

static void setup(void)
{
    ats_buf_init(&schema, 1000000);
    ats_buf_init(&text, 1000000);
    ats_buf_init(&out, 1000000);
}

static void teardown(void)
{
    ats_buf_fini(&schema);
    ats_buf_fini(&text);
    ats_buf_fini(&out);
}

TestSuite(leaves, .init = setup, .fini = teardown);

/* ---- random schemas ---- */

static void put_type(int depth);

static void put_fields(int depth)
{
    static const char *const stems[] = {"a", "bb", "temperature", "a_name_of_thirty_characters_12"};
    size_t count = 1 + below(6);
    ats_buf_printf(&schema, "{\"type\":\"record\",\"name\":\"N%d\",\"fields\":[", names++);
    for (size_t i = 0; i < count; i++) {
        ats_buf_printf(&schema, "%s{\"name\":\"%s%zu\",\"type\":", i ? "," : "", stems[below(4)],
                       i);
        size_t kind = below(6);
        if (kind == 0) {
            ats_buf_append_text(&schema, "\"int\",\"default\":7}");
        } else if (kind == 1) {
            ats_buf_append_text(&schema, "[\"null\",\"string\"],\"default\":null}");
        } else {
            put_type(depth);
            ats_buf_append_text(&schema, "}");
        }
    }
    ats_buf_append_text(&schema, "]}");
}

static void put_type(int depth)
{
    static const char *const plain[] = {"\"boolean\"",
                                        "\"int\"",
                                        "\"long\"",
                                        "\"float\"",
                                        "\"double\"",
                                        "\"double\"",
                                        "\"string\"",
                                        "\"bytes\"",
                                        "\"string\"",
                                        "[\"null\",\"double\"]",
                                        "[\"null\",\"long\"]",
                                        "[\"long\",\"double\",\"string\",\"null\"]",
                                        "[\"boolean\",\"null\"]",
                                        "\"null\"",
                                        "{\"type\":\"array\",\"items\":[\"null\",\"string\"]}",
                                        "{\"type\":\"map\",\"values\":\"double\"}"};
    size_t kind = below(20);
    if (kind < 16) {
        ats_buf_append_text(&schema, plain[kind]);
    } else if (kind == 16) {
        ats_buf_printf(&schema, "{\"type\":\"fixed\",\"name\":\"N%d\",\"size\":2}", names++);
    } else if (kind == 17) {
        ats_buf_printf(&schema, "{\"type\":\"enum\",\"name\":\"N%d\",\"symbols\":[\"OFF\",\"ON\"]}",
                       names++);
    } else if (depth < 3) {
        put_fields(depth + 1);
    } else {
        ats_buf_append_text(&schema, "\"int\"");
    }
}

/* ---- random texts for them ---- */

static void put_value(const struct ats_plan_node *node);

static void put_space(void)
{
    static const char *const spaces[] = {"", "", "", " ", "\n\t ", "\r"};
    ats_buf_append_text(&text, spaces[below(6)]);
}

static void put_number(bool integral)
{
    static const char *const odd[] = {"0",
                                      "-0",
                                      "5.0",
                                      "1e3",
                                      "12E-1",
                                      "2147483648",
                                      "-2147483648",
                                      "0.5",
                                      "1e400",
                                      "01",
                                      "1.",
                                      "-",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "9007199254740993",
                                      "1e-5",
                                      "0.1234567890123456789012",
                                      "18446744073709551616"};
    if (below(8) == 0)
        ats_buf_append_text(&text, odd[below(sizeof(odd) / sizeof(odd[0]))]);
    else if (integral)
        ats_buf_printf(&text, "%lld", (long long)(int32_t)state >> below(32));
    else
        ats_buf_printf(&text, "%.*g", (int)(1 + below(17)),
                       ((double)below(1000000000) - 5e8) / (double)(1 + below(10000000)));
}

static void put_string(void)
{
    static const char *const pieces[] = {"plain text that is long enough for blocks",
                                         "\xc3\xa9",
                                         "\\u00e9",
                                         "\\n",
                                         "x",
                                         "\xe2\x82\xac",
                                         "",
                                         "\\ud83d\\ude00"};
    ats_buf_append_text(&text, "\"");
    for (size_t i = below(4); i > 0; i--)
        ats_buf_append_text(&text, pieces[below(2) ? 4 * below(2) : below(8)]);
    ats_buf_append_text(&text, "\"");
}

static void put_key(const struct ats_plan_node *field, bool first)
{
    if (below(12) == 0)
        ats_buf_printf(&text, "%s\"\\u%04x%s\" :", first ? "" : ",", field->name[0],
                       field->name + 1);
    else
        ats_buf_printf(&text, "%s\"%s\":", first ? "" : ",", field->name);
}

static void put_object(const struct ats_plan_node *node)
{
    bool first = true;
    size_t shift = below(4) == 0 ? below(node->child_count) : 0;
    ats_buf_append_text(&text, "{");
    for (size_t i = 0; i < node->child_count; i++) {
        const struct ats_plan_node *field = &node->children[(i + shift) % node->child_count];
        if (below(8) == 0 && (field->has_default || below(8) == 0))
            continue;
        put_space();
        put_key(field, first);
        first = false;
        put_value(field);
        put_space();
    }
    ats_buf_append_text(&text, below(40) ? "}" : ",\"unknown\":[{\"a\":1}]}");
}

static void put_items(const struct ats_plan_node *node)
{
    bool map = node->type == ATS_AVRO_MAP;
    ats_buf_append_text(&text, map ? "{" : "[");
    for (size_t i = 0, count = below(4); i < count; i++) {
        ats_buf_append_text(&text, i ? "," : "");
        if (map)
            ats_buf_printf(&text, "\"k%zu\":", below(12) ? i : 0);
        put_value(&node->children[0]);
    }
    ats_buf_append_text(&text, map ? "}" : "]");
}

static void put_wrong(void)
{
    static const char *const values[] = {"null", "true", "0", "\"x\"", "[]", "{}", "nul", "\"", ""};
    ats_buf_append_text(&text, values[below(sizeof(values) / sizeof(values[0]))]);
}

static void put_value(const struct ats_plan_node *node)
{
    put_space();
    if (below(60) == 0) {
        put_wrong();
        return;
    }
    switch (node->type) {
    case ATS_AVRO_NULL:
        ats_buf_append_text(&text, "null");
        return;
    case ATS_AVRO_BOOLEAN:
        ats_buf_append_text(&text, below(2) ? "true" : "false");
        return;
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
    case ATS_AVRO_FLOAT:
    case ATS_AVRO_DOUBLE:
        put_number(node->type == ATS_AVRO_INT || node->type == ATS_AVRO_LONG);
        return;
    case ATS_AVRO_STRING:
    case ATS_AVRO_BYTES:
        put_string();
        return;
    case ATS_AVRO_FIXED:
        ats_buf_append_text(&text, below(2) ? "\"ab\"" : "\"\xc3\xa9z\"");
        return;
    case ATS_AVRO_ENUM:
        ats_buf_append_text(&text, below(2) ? "\"ON\"" : "\"O\\u0046F\"");
        return;
    case ATS_AVRO_RECORD:
        put_object(node);
        return;
    case ATS_AVRO_UNION:
        put_value(&node->children[below(node->child_count)]);
        return;
    default:
        put_items(node);
    }
}

/* ---- both ways ---- */

struct tally {
    int admitted;
    int whole;
    int refused;
};

static void compare_leaves(const struct ats_plan *plan)
{
    cr_assert_eq(ats_plan_decode(plan, ats_buf_span(&out), decoded), ATS_OK);
    for (size_t i = 0; i < plan->leaf_count; i++)
        cr_assert(leaf_equal(&handed[i], &decoded[i]), "leaf %s of %.*s", plan->leaves[i]->path,
                  ATS_SPAN_ARGS(ats_buf_span(&text)));
}

static void judge(const struct ats_plan *plan, struct tally *tally)
{
    const struct ats_transcode_options options = {.secret = test_secret,
                                                  .ignore_unknown = below(2) == 0};
    struct ats_transcode_leaves leaves = {.leaves = handed, .count = plan->leaf_count};
    struct ats_verdict with = {.rule = ATS_RULE_NONE};
    struct ats_verdict without = {.rule = ATS_RULE_NONE};
    ats_buf_clear(&out);
    enum ats_status plain =
        ats_transcode(&plan->root, &options, ats_buf_span(&text), &out, NULL, &without);
    ats_buf_clear(&out);
    enum ats_status status =
        ats_transcode(&plan->root, &options, ats_buf_span(&text), &out, &leaves, &with);
    cr_assert_eq(status, plain);
    cr_assert_eq(with.rule, without.rule);
    cr_assert_str_eq(with.text, without.text);
    cr_assert_str_eq(with.path, without.path);
    tally->admitted += status == ATS_OK;
    tally->refused += status != ATS_OK;
    cr_assert(status == ATS_OK || out.len == 0);
    if (status != ATS_OK || !leaves.whole)
        return;
    tally->whole++;
    compare_leaves(plan);
}

Test(leaves, those_handed_out_are_those_decoded)
{
    struct tally tally = {0};
    for (int i = 0; i < SCHEMAS; i++) {
        ats_buf_clear(&schema);
        put_fields(0);
        struct ats_plan plan = plan_of(ats_buf_text(&schema));
        for (int k = 0; k < TEXTS; k++) {
            ats_buf_clear(&text);
            put_object(&plan.root);
            judge(&plan, &tally);
        }
        ats_plan_fini(&plan);
    }
    /* Each kind came often enough to say something. */
    cr_assert_gt(tally.whole, SCHEMAS * TEXTS / 8, "%d", tally.whole);
    cr_assert_gt(tally.admitted - tally.whole, SCHEMAS * TEXTS / 50, "%d", tally.admitted);
    cr_assert_gt(tally.refused, SCHEMAS * TEXTS / 20, "%d", tally.refused);
}

static bool is_whole(const char *type, const char *json)
{
    struct ats_plan plan = plan_of_type(type);
    const struct ats_transcode_options options = {.secret = test_secret};
    struct ats_transcode_leaves leaves = {.leaves = handed, .count = plan.leaf_count};
    struct ats_verdict verdict;
    ats_buf_clear(&out);
    cr_assert_eq(ats_transcode(&plan.root, &options, ats_span_text(json), &out, &leaves, &verdict),
                 ATS_OK, "%s", json);
    ats_plan_fini(&plan);
    return leaves.whole;
}

/* What costs a second look, and what must not. */
Test(leaves, only_escaped_texts_and_defaults_must_be_decoded)
{
    cr_assert(is_whole("\"string\"", "{\"v\":\"plain\"}"));
    cr_assert(is_whole("\"string\"", "{\"v\":\"\xc3\xa9\"}"));
    cr_assert_not(is_whole("\"string\"", "{\"v\":\"\\u00e9\"}"));
    cr_assert(is_whole("\"bytes\"", "{\"v\":\"plain\"}"));
    cr_assert_not(is_whole("\"bytes\"", "{\"v\":\"\xc3\xa9\"}"));
    cr_assert_not(is_whole("\"int\",\"default\":5", "{}"));
    cr_assert(is_whole("[\"null\",\"int\"]", "{ \"v\" : null }"));
}
