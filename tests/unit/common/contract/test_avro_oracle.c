/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro-c as a judge: random values are built in avro-c and printed as JSON with their fields in random order; what the transcoder
 * makes of that JSON must be avro-c's own encoding, byte for byte, and avro-c must read it back as the same value.
 */
#include "tests/unit/common/contract/support.h"

#include <avro.h>

#define ROUNDS 400

static uint64_t state = 88172645463325252u;

static uint64_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(size_t limit)
{
    return (size_t)(random_bits() >> 33) % limit;
}

static void fill(avro_value_t *value, struct ats_buf *json);

static int64_t random_long(void)
{
    return (int64_t)random_bits() >> below(64);
}

/* A text of characters of every length, printed with and without escapes. */
static void random_text(char *text, size_t characters, struct ats_buf *json)
{
    static const struct {
        const char *utf8;
        const char *escaped;
    } letters[] = {{"a", "a"},
                   {"\"", "\\\""},
                   {"\n", "\\n"},
                   {"\xc3\xa9", "\\u00e9"},
                   {"\xc3\xa9", "\xc3\xa9"},
                   {"\xe2\x82\xac", "\\u20AC"},
                   {"\xf0\x9f\x98\x80", "\\ud83d\\ude00"},
                   {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
                   {"/", "\\/"},
                   {"z", "\\u007a"}};
    text[0] = '\0';
    ats_buf_append_text(json, "\"");
    for (size_t i = 0; i < characters; i++) {
        size_t letter = below(sizeof(letters) / sizeof(letters[0]));
        strcat(text, letters[letter].utf8);
        ats_buf_append_text(json, letters[letter].escaped);
    }
    ats_buf_append_text(json, "\"");
}

static void fill_binary(avro_value_t *value, struct ats_buf *json, size_t len, bool fixed)
{
    uint8_t bytes[32];
    ats_buf_append_text(json, "\"");
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)random_bits();
        ats_buf_printf(json, "\\u%04x", bytes[i]);
    }
    ats_buf_append_text(json, "\"");
    cr_assert_eq(fixed ? avro_value_set_fixed(value, bytes, len)
                       : avro_value_set_bytes(value, bytes, len),
                 0);
}

static void fill_record(avro_value_t *value, struct ats_buf *json)
{
    size_t count = 0;
    cr_assert_eq(avro_value_get_size(value, &count), 0);
    size_t order[32];
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1 && below(2); i--) {
        size_t other = below(i);
        size_t swap = order[i - 1];
        order[i - 1] = order[other];
        order[other] = swap;
    }
    ats_buf_append_text(json, "{ ");
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        const char *name = NULL;
        cr_assert_eq(avro_value_get_by_index(value, order[i], &field, &name), 0);
        ats_buf_printf(json, "%s\"%s\": ", i ? "," : "", name);
        fill(&field, json);
    }
    ats_buf_append_text(json, "}");
}

static void fill_items(avro_value_t *value, struct ats_buf *json, bool map)
{
    size_t count = below(4);
    ats_buf_append_text(json, map ? "{" : "[");
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        char key[32];
        (void)snprintf(key, sizeof(key), "key %zu", i);
        ats_buf_append_text(json, i ? ", " : "");
        if (map)
            ats_buf_printf(json, "\"%s\":", key);
        cr_assert_eq(map ? avro_value_add(value, key, &item, NULL, NULL)
                         : avro_value_append(value, &item, NULL),
                     0);
        fill(&item, json);
    }
    ats_buf_append_text(json, map ? "}" : "]");
}

static void fill_union(avro_value_t *value, struct ats_buf *json)
{
    avro_value_t branch;
    size_t count = avro_schema_union_size(avro_value_get_schema(value));
    cr_assert_eq(avro_value_set_branch(value, (int)below(count), &branch), 0);
    fill(&branch, json);
}

static void fill_number(avro_value_t *value, struct ats_buf *json, avro_type_t type)
{
    double real = (double)random_long() / 1024.0;
    if (type == AVRO_INT32) {
        int32_t integer = (int32_t)random_long();
        cr_assert_eq(avro_value_set_int(value, integer), 0);
        ats_buf_printf(json, below(4) ? "%d" : "%d.0", integer);
    } else if (type == AVRO_INT64) {
        int64_t integer = random_long();
        cr_assert_eq(avro_value_set_long(value, integer), 0);
        ats_buf_printf(json, "%lld", (long long)integer);
    } else if (type == AVRO_FLOAT) {
        cr_assert_eq(avro_value_set_float(value, (float)real), 0);
        ats_buf_printf(json, "%.9e", (double)(float)real);
    } else {
        cr_assert_eq(avro_value_set_double(value, real), 0);
        ats_buf_printf(json, "%.17e", real);
    }
}

static void fill_symbol(avro_value_t *value, struct ats_buf *json)
{
    avro_schema_t schema = avro_value_get_schema(value);
    int symbol = (int)below((size_t)avro_schema_enum_number_of_symbols(schema));
    cr_assert_eq(avro_value_set_enum(value, symbol), 0);
    ats_buf_printf(json, "\"%s\"", avro_schema_enum_get(schema, symbol));
}

static void fill_text(avro_value_t *value, struct ats_buf *json)
{
    char text[256];
    random_text(text, below(20), json);
    cr_assert_eq(avro_value_set_string(value, text), 0);
}

static void fill_boolean(avro_value_t *value, struct ats_buf *json)
{
    int boolean = (int)below(2);
    cr_assert_eq(avro_value_set_boolean(value, boolean), 0);
    ats_buf_append_text(json, boolean ? "true" : "false");
}

static void fill(avro_value_t *value, struct ats_buf *json)
{
    avro_type_t type = avro_value_get_type(value);
    switch (type) {
    case AVRO_NULL:
        cr_assert_eq(avro_value_set_null(value), 0);
        ats_buf_append_text(json, "null");
        return;
    case AVRO_BOOLEAN:
        fill_boolean(value, json);
        return;
    case AVRO_INT32:
    case AVRO_INT64:
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        fill_number(value, json, type);
        return;
    case AVRO_STRING:
        fill_text(value, json);
        return;
    case AVRO_BYTES:
        fill_binary(value, json, below(20), false);
        return;
    case AVRO_FIXED:
        fill_binary(value, json, (size_t)avro_schema_fixed_size(avro_value_get_schema(value)),
                    true);
        return;
    case AVRO_ENUM:
        fill_symbol(value, json);
        return;
    case AVRO_RECORD:
        fill_record(value, json);
        return;
    case AVRO_UNION:
        fill_union(value, json);
        return;
    default:
        fill_items(value, json, type == AVRO_MAP);
        return;
    }
}

static void expect_same(const struct ats_plan *plan, avro_value_t *value, avro_value_t *back,
                        struct ats_buf *json, struct ats_buf *ours)
{
    static char theirs[200000];
    struct ats_verdict verdict;
    avro_writer_t writer = avro_writer_memory(theirs, sizeof(theirs));
    cr_assert_eq(avro_value_write(writer, value), 0, "%s", avro_strerror());
    size_t len = (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
    cr_assert_eq(transcode(plan, false, ats_buf_span(json), ours, &verdict), ATS_OK, "%s: %s in %s",
                 verdict.path, verdict.text, ats_buf_text(json));
    cr_assert_eq(ours->len, len, "%s", ats_buf_text(json));
    cr_assert_eq(memcmp(ours->data, theirs, len), 0, "%s", ats_buf_text(json));
    avro_reader_t reader = avro_reader_memory((const char *)ours->data, (int64_t)ours->len);
    cr_assert_eq(avro_value_read(reader, back), 0, "%s", avro_strerror());
    avro_reader_free(reader);
    cr_assert(avro_value_equal(value, back));
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    cr_assert_eq(ats_plan_decode(plan, ats_buf_span(ours), leaves), ATS_OK);
}

static void compare(const char *text)
{
    avro_schema_t schema = NULL;
    struct ats_plan plan = plan_of(text);
    struct ats_buf json;
    struct ats_buf ours;
    cr_assert_eq(avro_schema_from_json_length(text, strlen(text), &schema), 0);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    ats_buf_init(&json, 1000000);
    ats_buf_init(&ours, 1000000);
    for (int i = 0; i < ROUNDS; i++) {
        avro_value_t value;
        avro_value_t back;
        cr_assert_eq(avro_generic_value_new(iface, &value), 0);
        cr_assert_eq(avro_generic_value_new(iface, &back), 0);
        ats_buf_clear(&json);
        ats_buf_clear(&ours);
        fill(&value, &json);
        expect_same(&plan, &value, &back, &json, &ours);
        avro_value_decref(&value);
        avro_value_decref(&back);
    }
    ats_buf_fini(&json);
    ats_buf_fini(&ours);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    ats_plan_fini(&plan);
}

Test(avro_oracle, scalars_are_encoded_as_avro_c_does)
{
    compare("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
            "{\"name\":\"n\",\"type\":\"null\"},{\"name\":\"b\",\"type\":\"boolean\"},"
            "{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"l\",\"type\":\"long\"},"
            "{\"name\":\"f\",\"type\":\"float\"},{\"name\":\"d\",\"type\":\"double\"},"
            "{\"name\":\"s\",\"type\":\"string\"},{\"name\":\"y\",\"type\":\"bytes\"},"
            "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}},"
            "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\","
            "\"C\"]}}]}");
}

Test(avro_oracle, nested_types_are_encoded_as_avro_c_does)
{
    compare(
        "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":["
        "{\"name\":\"p\",\"type\":{\"type\":\"record\",\"name\":\"P\",\"fields\":["
        "{\"name\":\"x\",\"type\":\"int\"},{\"name\":\"y\",\"type\":[\"null\",\"double\"]},"
        "{\"name\":\"t\",\"type\":{\"type\":\"map\",\"values\":\"string\"}}]}},"
        "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":\"P\"}},"
        "{\"name\":\"map\",\"type\":{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":"
        "\"long\"}}},"
        "{\"name\":\"u\",\"type\":[\"null\",\"boolean\",\"double\",\"string\","
        "{\"type\":\"array\",\"items\":\"P\"},\"P\"]},"
        "{\"name\":\"deep\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":"
        "{\"type\":\"map\",\"values\":\"P\"}}}}]}");
}

Test(avro_oracle, our_contracts_are_encoded_as_avro_c_does)
{
    static const char *const names[] = {"env-sensor", "machine-temp"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct ats_contract *contract = compile_folder(names[i]);
        char schema[20000];
        struct ats_span text = ats_contract_schema(contract);
        (void)snprintf(schema, sizeof(schema), "%.*s", ATS_SPAN_ARGS(text));
        compare(schema);
        ats_contract_unref(contract);
    }
}
