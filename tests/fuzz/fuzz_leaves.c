/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas and payloads: the first byte holds flags, the second the number of fields, then each field's type is a byte; the rest is the
 * payload. The leaves that the transcoder hands out must be those that the decoder reads from what it wrote; what is refused must be
 * refused without leaves too, and leave the buffer as it was; and text that is no JSON must be refused.
 */
#include "tests/fuzz/support.h"
#include "tests/leaf_equal.h"

#include "common/contract/transcode.h"

#define FIELDS_MAX 16
#define IGNORE_UNKNOWN 1
#define SMALL_BUFFER 2

static const uint8_t secret[ATS_JSON_SECRET_SIZE] = {1, 2, 3};

/* Some have a name, which stands between head and tail and differs from field to field. */
#define NAMED(kind, members) "{\"type\":\"" kind "\",\"name\":\"N", "\"," members "}"
#define RECORD_FIELDS                                                                              \
    "\"fields\":[{\"name\":\"a\",\"type\":\"string\"},"                                            \
    "{\"name\":\"temperature\",\"type\":\"double\",\"default\":1}]"

static const struct {
    const char *head;
    const char *tail;
} types[] = {
    {"\"boolean\"", NULL},
    {"\"int\"", NULL},
    {"\"long\"", NULL},
    {"\"float\"", NULL},
    {"\"double\"", NULL},
    {"\"string\"", NULL},
    {"\"bytes\"", NULL},
    {"\"null\"", NULL},
    {"[\"null\",\"string\"]", NULL},
    {"[\"null\",\"double\"]", NULL},
    {"[\"long\",\"double\",\"null\"]", NULL},
    {"{\"type\":\"array\",\"items\":[\"null\",\"string\"]}", NULL},
    {"{\"type\":\"map\",\"values\":\"int\"}", NULL},
    {NAMED("fixed", "\"size\":2")},
    {NAMED("enum", "\"symbols\":[\"A\",\"B\"]")},
    {NAMED("record", RECORD_FIELDS)},
    {"\"int\",\"default\":5", NULL},
    {"\"string\",\"default\":\"x\"", NULL},
};
#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

static void put_field(struct ats_buf *schema, size_t number, uint8_t type)
{
    const char *tail = types[type % TYPE_COUNT].tail;
    ats_buf_printf(schema, "%s{\"name\":\"%c\",\"type\":%s", number > 0 ? "," : "",
                   (int)('a' + number), types[type % TYPE_COUNT].head);
    if (tail)
        ats_buf_printf(schema, "%zu%s", number, tail);
    ats_buf_append_text(schema, "}");
}

/* The plan of the last input is kept: most inputs differ in their payload alone. */
static const struct ats_plan *plan_of(struct ats_span fields)
{
    static struct ats_plan plan;
    static uint8_t last[FIELDS_MAX];
    static size_t last_len;
    struct ats_buf schema;
    if (last_len == fields.len && memcmp(last, fields.data, fields.len) == 0)
        return &plan;
    ats_plan_fini(&plan);
    ats_buf_init(&schema, ATS_DOCUMENT_MAX);
    ats_buf_append_text(&schema, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[");
    for (size_t i = 0; i < fields.len; i++)
        put_field(&schema, i, fields.data[i]);
    ats_buf_append_text(&schema, "]}");
    FUZZ_CHECK(ats_plan_compile(ats_buf_span(&schema), "avsc", &plan, NULL) == ATS_OK);
    ats_buf_fini(&schema);
    memcpy(last, fields.data, fields.len);
    last_len = fields.len;
    return &plan;
}

static void check_leaves(const struct ats_plan *plan, struct ats_span body,
                         const struct ats_transcode_leaves *leaves)
{
    struct ats_leaf decoded[2 * FIELDS_MAX];
    FUZZ_CHECK(ats_plan_decode(plan, body, decoded) == ATS_OK);
    for (size_t i = 0; i < plan->leaf_count && leaves->whole; i++)
        FUZZ_CHECK(leaf_equal(&leaves->leaves[i], &decoded[i]));
}

static bool is_json(struct ats_span text)
{
    struct ats_json json;
    static struct ats_json_keys keys;
    keys.secret = secret;
    ats_json_init(&json, text);
    return ats_json_check(&json, &keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ats_buf out;
    size_t fields = size > 2 ? 1 + data[1] % FIELDS_MAX : 0;
    if (size < 2 + fields || fields == 0)
        return 0;
    const struct ats_plan *plan = plan_of(ats_span_of(data + 2, fields));
    struct ats_span text = ats_span_of(data + 2 + fields, size - 2 - fields);
    const struct ats_transcode_options options = {
        .secret = secret, .ignore_unknown = (data[0] & IGNORE_UNKNOWN) != 0};
    struct ats_leaf handed[2 * FIELDS_MAX];
    struct ats_transcode_leaves leaves = {.leaves = handed, .count = plan->leaf_count};
    struct ats_verdict with = {.rule = ATS_RULE_NONE};
    struct ats_verdict without = {.rule = ATS_RULE_NONE};
    ats_buf_fini(&out);
    ats_buf_init(&out, data[0] & SMALL_BUFFER ? 16 : ATS_RECORD_MAX);
    enum ats_status plain = ats_transcode(&plan->root, &options, text, &out, NULL, &without);
    ats_buf_clear(&out);
    enum ats_status status = ats_transcode(&plan->root, &options, text, &out, &leaves, &with);
    FUZZ_CHECK(status == plain && with.rule == without.rule);
    if (status == ATS_OK) {
        FUZZ_CHECK(is_json(text));
        check_leaves(plan, ats_buf_span(&out), &leaves);
    } else {
        FUZZ_CHECK(out.len == 0 && with.rule != ATS_RULE_NONE);
    }
    return 0;
}
