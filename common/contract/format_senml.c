/* SPDX-License-Identifier: Apache-2.0 */
/* SenML packs: their events become the contract's, field by field. */
#include "common/base/utf8.h"
#include "common/contract/conversion.h"
#include "common/contract/senml.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const json_types[] = {"application/senml+json", NULL};
static const char *const cbor_types[] = {"application/senml+cbor", NULL};

/* The bytes of the event's first record and of those that follow it in the pack. */
static struct ats_span bytes_of(const struct ats_senml *pack, const struct ats_senml_event *event)
{
    const uint16_t *order = &pack->order[event->begin];
    size_t last = 0;
    while (last + 1 < event->count && order[last + 1] == order[last] + 1)
        last++;
    struct ats_span first = pack->records[order[0]].bytes;
    struct ats_span end = pack->records[order[last]].bytes;
    return ats_span_of(first.data, (size_t)(end.data + end.len - first.data));
}

static enum ats_status end_open(struct ats_batch *batch, bool read)
{
    const struct ats_senml *pack = batch->senml;
    batch->single = false;
    if (!read)
        return ATS_ERR_INVALID;
    batch->count = pack->event_count;
    for (size_t i = 0; i < batch->count; i++)
        batch->items[i] = bytes_of(pack, &pack->events[i]);
    return ATS_OK;
}

static enum ats_status open_json(struct ats_batch *batch, struct ats_verdict *ret_verdict)
{
    ats_senml_begin(batch->senml, batch->input.now_ms, ret_verdict);
    return end_open(batch, ats_senml_read_json(batch->senml, batch->input.payload,
                                               ats_contract_secret(batch->contract)));
}

static enum ats_status open_cbor(struct ats_batch *batch, struct ats_verdict *ret_verdict)
{
    ats_senml_begin(batch->senml, batch->input.now_ms, ret_verdict);
    return end_open(batch, ats_senml_read_cbor(batch->senml, batch->input.payload));
}

/* ---- one event ---- */

struct mapping {
    const struct ats_odcs *odcs;
    const struct ats_plan *plan;
    struct ats_given_event *event;
    struct ats_verdict *verdict;
};

static int compare_name(const void *key, const void *entry)
{
    const struct ats_span *name = key;
    const struct ats_odcs_senml_name *at = entry;
    size_t len = strlen(at->name);
    int order = memcmp(name->data, at->name, name->len < len ? name->len : len);
    if (order != 0)
        return order;
    return name->len == len ? 0 : (name->len < len ? -1 : 1);
}

static size_t find_leaf(const struct ats_odcs_senml_names *names, struct ats_span name)
{
    const struct ats_odcs_senml_name *found =
        names->count > 0
            ? bsearch(&name, names->entries, names->count, sizeof(names->entries[0]), compare_name)
            : NULL;
    return found ? found->leaf : ATS_PLAN_NO_LEAF;
}

static bool wrong_unit(struct mapping *m, const char *path, const char *wanted)
{
    ats_verdict_set(m->verdict, ATS_RULE_UNIT, path, "the unit is none that can be converted to %s",
                    wanted);
    return false;
}

/* What a record says nothing of is in the unit that the contract says of its payloads. */
static bool convert_declared(struct mapping *m, const struct ats_odcs_unit *unit,
                             const struct ats_plan_node *node, struct ats_given *given)
{
    return !unit->payload || ats_conversion_apply(&unit->conversion, node, given, m->verdict);
}

/* Texts and booleans have no other unit. */
static bool convert_named(struct mapping *m, struct ats_span name, const struct ats_odcs_unit *unit,
                          const struct ats_plan_node *node, struct ats_given *given)
{
    struct ats_ucum from;
    char shown[ATS_UNIT_MAX + 1];
    struct ats_conversion conversion = {.from = shown, .to = unit->text};
    const char *code = ats_senml_unit_code(name);
    if (ats_span_is(name, unit->text) || (code && strcmp(code, unit->text) == 0))
        return true;
    if (!unit->known || !ats_senml_unit_read(name, &from) ||
        ats_ucum_map(&from, &unit->unit, &conversion.map) != ATS_OK)
        return wrong_unit(m, node->path, unit->text);
    if (conversion.map.identity)
        return true;
    (void)snprintf(shown, sizeof(shown), "%.*s", ATS_SPAN_ARGS(name));
    bool number = given->kind == ATS_GIVEN_INTEGER || given->kind == ATS_GIVEN_REAL;
    return number ? ats_conversion_apply(&conversion, node, given, m->verdict)
                  : wrong_unit(m, node->path, unit->text);
}

/* Puts a value where its name leads. */
static bool put(struct mapping *m, const struct ats_senml_record *record,
                const struct ats_odcs_senml_names *names, const struct ats_given *given,
                bool has_unit)
{
    struct ats_span name =
        ats_span_of(record->name.data + record->sensor_len, record->name.len - record->sensor_len);
    size_t leaf = find_leaf(names, name);
    if (leaf == ATS_PLAN_NO_LEAF) {
        char path[ATS_SENML_NAME_MAX + 1];
        (void)snprintf(path, sizeof(path), "%.*s", ATS_SPAN_ARGS(name));
        ats_verdict_set(m->verdict, ATS_RULE_UNKNOWN_FIELD, path, "the contract has no such %s",
                        names == &m->odcs->senml.sums ? "sum" : "name");
        return m->odcs->ignore_unknown;
    }
    const struct ats_plan_node *node = m->plan->leaves[leaf];
    const struct ats_odcs_unit *unit = &m->odcs->units[leaf];
    if (m->event->leaves[leaf].kind != ATS_GIVEN_NOTHING) {
        ats_verdict_set(m->verdict, ATS_RULE_DUPLICATE_FIELD, node->path,
                        "two records of one time give it");
        return false;
    }
    m->event->leaves[leaf] = *given;
    bool named = has_unit && record->unit.data && unit->text;
    return named ? convert_named(m, record->unit, unit, node, &m->event->leaves[leaf])
                 : convert_declared(m, unit, node, &m->event->leaves[leaf]);
}

static bool put_record(struct mapping *m, const struct ats_senml_record *record)
{
    const struct ats_odcs_senml *senml = &m->odcs->senml;
    return (record->value.kind == ATS_GIVEN_NOTHING ||
            put(m, record, &senml->names, &record->value, true)) &&
           (record->sum.kind == ATS_GIVEN_NOTHING ||
            put(m, record, &senml->sums, &record->sum, false));
}

/* Whether what stands before the fields' names is what the contract says it is of the device that sent it. */
static bool is_devices(const struct ats_batch *batch, const struct ats_odcs *odcs,
                       const struct ats_senml_record *record, struct ats_verdict *verdict)
{
    const char *pattern = odcs->senml.base_name;
    if (!pattern)
        return true;
    const char *at = strstr(pattern, "{device}");
    struct ats_span before = ats_span_of(pattern, (size_t)(at - pattern));
    struct ats_span behind = ats_span_text(at + strlen("{device}"));
    struct ats_span sensor = ats_span_of(record->name.data, record->sensor_len);
    bool good = sensor.len >= before.len + behind.len &&
                memcmp(sensor.data, before.data, before.len) == 0 &&
                memcmp(sensor.data + sensor.len - behind.len, behind.data, behind.len) == 0;
    struct ats_span device = {0};
    if (good)
        device = ats_span_of(sensor.data + before.len, sensor.len - before.len - behind.len);
    if (good && (!batch->input.device.data || ats_span_equal(device, batch->input.device)))
        return true;
    ats_verdict_set(verdict, ATS_RULE_DEVICE, "",
                    "the names begin otherwise than those of the device that sent it");
    return false;
}

static enum ats_status admit_event(const struct ats_batch *batch, size_t index, struct ats_buf *out,
                                   struct ats_verdict *ret_verdict)
{
    struct ats_given_event given;
    const struct ats_senml *pack = batch->senml;
    const struct ats_senml_event *event = &pack->events[index];
    const struct ats_senml_record *first = &pack->records[pack->order[event->begin]];
    struct mapping m = {.odcs = ats_contract_odcs(batch->contract),
                        .plan = ats_contract_plan(batch->contract),
                        .event = &given,
                        .verdict = ret_verdict};
    ats_given_init(&given, batch->contract);
    for (size_t i = 0; i < event->count; i++)
        if (!put_record(&m, &pack->records[pack->order[event->begin + i]]))
            return ATS_ERR_INVALID;
    ats_verdict_clear(ret_verdict);
    ats_given_fill(&given, &batch->input, batch->contract, first->time_us);
    enum ats_status status = ats_given_admit(&given, batch, out, ret_verdict);
    if (status == ATS_OK && !is_devices(batch, m.odcs, first, ret_verdict))
        return ATS_ERR_INVALID;
    return status;
}

const struct ats_format ats_format_senml_json = {
    .name = "senml-json", .content_types = json_types, .open = open_json, .admit = admit_event};

const struct ats_format ats_format_senml_cbor = {
    .name = "senml-cbor", .content_types = cbor_types, .open = open_cbor, .admit = admit_event};
