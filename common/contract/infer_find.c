/* SPDX-License-Identifier: Apache-2.0 */
/* Which field is the event's time, and which names the device: by what its values are, then by its name. */
#include "common/contract/infer_node.h"

#include <ctype.h>
#include <strings.h>

/* Numbers of these are a time: the years 2000 to 2100. */
#define TIME_MIN_S 946684800.0
#define TIME_MAX_S 4102444800.0

static const char *const time_names[] = {"ts",         "time",      "timestamp",   "event_time",
                                         "eventtime",  "datetime",  "measured_at", "created_at",
                                         "measuredat", "createdat", "t",           NULL};
static const char *const device_names[] = {
    "device_id", "deviceid",    "device",    "dev_id", "machine_id", "machine", "sensor_id",
    "sensorid",  "sensor",      "asset_id",  "asset",  "client_id",  "serial",  "serial_number",
    "mac",       "device_name", "equipment", "id",     NULL};

/* The place in the list, 0 for the best; as many as it has if it is not there. */
static size_t rank(const char *key, const char *const *names)
{
    size_t i = 0;
    while (names[i] && strcasecmp(names[i], key) != 0)
        i++;
    return i;
}

static const char *time_unit(const struct ats_infer_node *node)
{
    static const struct {
        const char *unit;
        double per_second;
    } units[] = {{"s", 1}, {"ms", 1e3}, {"us", 1e6}};
    enum ats_infer_type type = ats_infer_type(node);
    if (type == ATS_INFER_AS_STRING)
        return node->times == node->seen[ATS_INFER_TEXT] ? "rfc3339" : NULL;
    if (type != ATS_INFER_AS_LONG && type != ATS_INFER_AS_DOUBLE)
        return NULL;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (node->min >= TIME_MIN_S * units[i].per_second &&
            node->max < TIME_MAX_S * units[i].per_second)
            return units[i].unit;
    return NULL;
}

/* Numbers that could be seconds are counters too often: without a name that says time, they are none. */
static void try_time(const struct ats_infer_node *node, struct ats_infer_found *found, size_t *best)
{
    const char *unit = time_unit(node);
    size_t place = rank(node->key, time_names);
    bool named = time_names[place] != NULL;
    if (!unit || ats_infer_nullable(node) || (!named && strcmp(unit, "s") == 0) || place >= *best)
        return;
    *best = place;
    found->time = node;
    found->time_unit = unit;
}

/* A name that says so, or one text with a digit in it that is the same in all events. */
static void try_device(const struct ats_infer_node *node, struct ats_infer_found *found,
                       size_t *best)
{
    size_t place = rank(node->key, device_names);
    bool named = device_names[place] != NULL;
    bool same = !node->texts_more && node->text_count == 1 && node->texts[0].count > 1 &&
                strpbrk(node->texts[0].text, "0123456789");
    if (ats_infer_type(node) != ATS_INFER_AS_STRING || ats_infer_nullable(node) ||
        node->times > 0 || node->empty_text || (!named && !same) || place >= *best)
        return;
    *best = place;
    found->device = node;
}

struct search {
    struct ats_infer_found found;
    size_t time_best;
    size_t device_best;
};

static void search(const struct ats_infer_node *node, struct search *s)
{
    for (const struct ats_infer_node *child = node->first; child; child = child->next) {
        if (!ats_infer_is_name(child->key))
            continue;
        if (ats_infer_type(child) == ATS_INFER_AS_RECORD)
            search(child, s);
        else if (ats_infer_is_leaf(child)) {
            try_time(child, &s->found, &s->time_best);
            try_device(child, &s->found, &s->device_best);
        }
    }
}

struct ats_infer_found ats_infer_find(const struct ats_infer *infer)
{
    struct search s = {.time_best = SIZE_MAX, .device_best = SIZE_MAX};
    search(infer->root, &s);
    return s.found;
}

double ats_infer_span_s(const struct ats_infer_found *found)
{
    const struct ats_infer_node *time = found->time;
    if (!time)
        return 0;
    if (strcmp(found->time_unit, "rfc3339") == 0)
        return (double)(time->time_max_ms - time->time_min_ms) / 1e3;
    double unit = strcmp(found->time_unit, "s") == 0    ? 1
                  : strcmp(found->time_unit, "ms") == 0 ? 1e3
                                                        : 1e6;
    return (time->max - time->min) / unit;
}
