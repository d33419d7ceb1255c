/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/given.h"

#include "common/base/calendar.h"
#include "common/contract/avro.h"
#include "common/contract/schema.h"

#include <math.h>

struct encoder {
    const struct ats_given *leaves;
    struct ats_buf *out;
    struct ats_verdict *verdict;
};

static const char *const kind_names[] = {"nothing",  "a boolean", "a number",
                                         "a number", "a text",    "bytes"};

/* ---- breaches of the schema: each sets the verdict and returns false ---- */

static bool wrong_type(struct encoder *e, const struct ats_plan_node *node,
                       const struct ats_given *given)
{
    ats_verdict_set(e->verdict, ATS_RULE_TYPE, node->path, "expected %s, found %s",
                    ats_avro_type_name(ats_plan_value_node(node)->type), kind_names[given->kind]);
    return false;
}

static bool out_of_range(struct encoder *e, const struct ats_plan_node *node)
{
    ats_verdict_set(e->verdict, ATS_RULE_NUMBER_RANGE, node->path, "the number does not fit %s",
                    ats_avro_type_name(node->type));
    return false;
}

static bool missing(struct encoder *e, const struct ats_plan_node *field)
{
    ats_verdict_set(e->verdict, ATS_RULE_MISSING_FIELD, field->path, "the field is missing");
    return false;
}

/* ---- values ---- */

/* 5.0 is an integer, as in JSON. INVALID: it has a fraction; LIMIT: it does not fit. */
static enum ats_status to_integer(const struct ats_plan_node *node, const struct ats_given *given,
                                  int64_t *ret_value)
{
    double real = given->value.real;
    *ret_value = given->kind == ATS_GIVEN_INTEGER ? given->value.integer : 0;
    if (given->kind == ATS_GIVEN_REAL) {
        if (floor(real) < real)
            return ATS_ERR_INVALID;
        if (!(real >= -0x1p63 && real < 0x1p63))
            return ATS_ERR_LIMIT;
        *ret_value = (int64_t)real;
    }
    bool narrow = node->type == ATS_AVRO_INT;
    return narrow && (*ret_value < INT32_MIN || *ret_value > INT32_MAX) ? ATS_ERR_LIMIT : ATS_OK;
}

static bool put_integer(struct encoder *e, const struct ats_plan_node *node,
                        const struct ats_given *given)
{
    int64_t value = 0;
    enum ats_status status = to_integer(node, given, &value);
    if (status == ATS_ERR_INVALID) {
        ats_verdict_set(e->verdict, ATS_RULE_TYPE, node->path,
                        "expected %s, found a number with a fraction",
                        ats_avro_type_name(node->type));
        return false;
    }
    if (status != ATS_OK)
        return out_of_range(e, node);
    ats_avro_put_long(e->out, value);
    return true;
}

static bool put_real(struct encoder *e, const struct ats_plan_node *node,
                     const struct ats_given *given)
{
    double value = given->kind == ATS_GIVEN_REAL ? given->value.real : (double)given->value.integer;
    if (node->type == ATS_AVRO_DOUBLE) {
        ats_avro_put_double(e->out, value);
        return true;
    }
    if (!isfinite((float)value))
        return out_of_range(e, node);
    ats_avro_put_float(e->out, (float)value);
    return true;
}

static bool put_symbol(struct encoder *e, const struct ats_plan_node *node, struct ats_span text)
{
    for (size_t i = 0; i < node->symbol_count; i++) {
        if (!ats_span_is(text, node->symbols[i]))
            continue;
        ats_avro_put_long(e->out, (int64_t)i);
        return true;
    }
    ats_verdict_set(e->verdict, ATS_RULE_ENUM_SYMBOL, node->path, "not one of the enum's symbols");
    return false;
}

static bool put_fixed(struct encoder *e, const struct ats_plan_node *node, struct ats_span bytes)
{
    if (bytes.len != node->fixed_size) {
        ats_verdict_set(e->verdict, ATS_RULE_LENGTH, node->path, "%zu bytes (allowed: %zu)",
                        bytes.len, node->fixed_size);
        return false;
    }
    ats_buf_append(e->out, bytes.data, bytes.len);
    return true;
}

/* Whether a value of that kind can be one of the type; numbers are both kinds'. */
static bool goes_with(enum ats_avro_type type, enum ats_given_kind kind)
{
    switch (kind) {
    case ATS_GIVEN_BOOLEAN:
        return type == ATS_AVRO_BOOLEAN;
    case ATS_GIVEN_INTEGER:
    case ATS_GIVEN_REAL:
        return type >= ATS_AVRO_INT && type <= ATS_AVRO_DOUBLE;
    case ATS_GIVEN_TEXT:
        return type == ATS_AVRO_STRING || type == ATS_AVRO_ENUM;
    case ATS_GIVEN_BYTES:
        return type == ATS_AVRO_BYTES || type == ATS_AVRO_FIXED;
    case ATS_GIVEN_NOTHING:
        break;
    }
    return false;
}

/* As with JSON: of an integer and a real branch an exact integer that fits goes to the first, every other number to the second. */
static size_t branch_of(const struct ats_plan_node *node, const struct ats_given *given)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct ats_plan_node *branch = &node->children[i];
        int64_t value = 0;
        bool is_integer = branch->type == ATS_AVRO_INT || branch->type == ATS_AVRO_LONG;
        if (!goes_with(branch->type, given->kind))
            continue;
        if (is_integer && given->kind == ATS_GIVEN_INTEGER &&
            to_integer(branch, given, &value) == ATS_OK)
            return i;
        if (found == SIZE_MAX || !is_integer)
            found = i;
    }
    return found;
}

static bool put_scalar(struct encoder *e, const struct ats_plan_node *node,
                       const struct ats_given *given)
{
    if (!goes_with(node->type, given->kind))
        return wrong_type(e, node, given);
    switch (node->type) {
    case ATS_AVRO_BOOLEAN:
        ats_avro_put_boolean(e->out, given->value.boolean);
        return true;
    case ATS_AVRO_INT:
    case ATS_AVRO_LONG:
        return put_integer(e, node, given);
    case ATS_AVRO_FLOAT:
    case ATS_AVRO_DOUBLE:
        return put_real(e, node, given);
    case ATS_AVRO_ENUM:
        return put_symbol(e, node, given->value.bytes);
    case ATS_AVRO_FIXED:
        return put_fixed(e, node, given->value.bytes);
    default: /* string, bytes */
        ats_avro_put_bytes(e->out, given->value.bytes);
        return true;
    }
}

static bool put_leaf(struct encoder *e, const struct ats_plan_node *node)
{
    const struct ats_given *given = &e->leaves[node->leaf];
    if (node->type != ATS_AVRO_UNION)
        return put_scalar(e, node, given);
    size_t branch = branch_of(node, given);
    if (branch == SIZE_MAX)
        return wrong_type(e, node, given);
    ats_avro_put_long(e->out, (int64_t)branch);
    return put_scalar(e, &node->children[branch], given);
}

/* ---- records ---- */

static bool is_given(const struct encoder *e, const struct ats_plan_node *node)
{
    if (node->leaf != ATS_PLAN_NO_LEAF)
        return e->leaves[node->leaf].kind != ATS_GIVEN_NOTHING;
    for (size_t i = 0; node->type == ATS_AVRO_RECORD && i < node->child_count; i++)
        if (is_given(e, &node->children[i]))
            return true;
    return false;
}

/* A record of which nothing is given has its default; one without is made of its fields' defaults. */
static bool put_record(struct encoder *e, const struct ats_plan_node *record)
{
    for (size_t i = 0; i < record->child_count; i++) {
        const struct ats_plan_node *field = &record->children[i];
        bool given = is_given(e, field);
        bool good = true;
        if (!given && field->has_default)
            ats_buf_append(e->out, field->default_bytes, field->default_len);
        else if (field->type == ATS_AVRO_RECORD)
            good = put_record(e, field);
        else if (given)
            good = put_leaf(e, field);
        else
            good = missing(e, field);
        if (!good)
            return false;
    }
    return true;
}

/* ---- the interface ---- */

void ats_given_init(struct ats_given_event *event, const struct ats_contract *contract)
{
    size_t count = ats_contract_plan(contract)->leaf_count;
    for (size_t i = 0; i < count; i++)
        event->leaves[i].kind = ATS_GIVEN_NOTHING;
}

/* To the nearest multiple of `unit_us`. */
static int64_t rounded(int64_t time_us, int64_t unit_us)
{
    int64_t half = unit_us / 2;
    int64_t shifted = time_us + half;
    return shifted / unit_us - (shifted % unit_us < 0 ? 1 : 0);
}

static struct ats_given time_given(struct ats_given_event *event, const struct ats_plan_node *node,
                                   enum ats_time_unit unit, int64_t time_us)
{
    static const int64_t unit_us[] = {
        [ATS_TIME_SECONDS] = 1000000, [ATS_TIME_MILLISECONDS] = 1000, [ATS_TIME_MICROSECONDS] = 1};
    enum ats_avro_type type = ats_plan_value_node(node)->type;
    if (unit == ATS_TIME_RFC3339) {
        size_t len = ats_calendar_format(rounded(time_us, 1000), event->time);
        return (struct ats_given){.kind = ATS_GIVEN_TEXT,
                                  .value.bytes = ats_span_of(event->time, len)};
    }
    if (type == ATS_AVRO_FLOAT || type == ATS_AVRO_DOUBLE)
        return (struct ats_given){.kind = ATS_GIVEN_REAL,
                                  .value.real = (double)time_us / (double)unit_us[unit]};
    return (struct ats_given){.kind = ATS_GIVEN_INTEGER,
                              .value.integer = rounded(time_us, unit_us[unit])};
}

void ats_given_fill(struct ats_given_event *event, const struct ats_contract_input *input,
                    const struct ats_contract *contract, int64_t time_us)
{
    const struct ats_odcs *odcs = ats_contract_odcs(contract);
    const struct ats_plan *plan = ats_contract_plan(contract);
    size_t device = odcs->device_leaf;
    size_t time = odcs->event_time.leaf;
    if (device != ATS_PLAN_NO_LEAF && input->device.data &&
        event->leaves[device].kind == ATS_GIVEN_NOTHING)
        event->leaves[device] =
            (struct ats_given){.kind = ATS_GIVEN_TEXT, .value.bytes = input->device};
    if (time != ATS_PLAN_NO_LEAF && event->leaves[time].kind == ATS_GIVEN_NOTHING)
        event->leaves[time] = time_given(event, plan->leaves[time], odcs->event_time.unit, time_us);
}

enum ats_status ats_given_admit(const struct ats_given_event *event, const struct ats_batch *batch,
                                struct ats_buf *out, struct ats_verdict *ret_verdict)
{
    struct encoder e = {.leaves = event->leaves, .out = out, .verdict = ret_verdict};
    ats_framing_put(out, ats_contract_schema_id(batch->contract));
    size_t body = out->len;
    if (!put_record(&e, &ats_contract_plan(batch->contract)->root))
        return ATS_ERR_INVALID;
    if (out->status != ATS_OK)
        return out->status;
    return ats_contract_check_body(batch->contract, &batch->input,
                                   ats_span_of(out->data + body, out->len - body), ret_verdict);
}
