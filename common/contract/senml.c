/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/senml.h"

#include "common/base/calendar.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Version 10 is that of RFC 8428, and what a pack has that says nothing. */
#define VERSION 10
/* Times below are relative to now (section 4.5.3). */
#define ABSOLUTE_S 268435456.0
#define US_PER_S 1e6

#define BIT(kind) (1u << (kind))
#define NUMBER (BIT(ATS_GIVEN_INTEGER) | BIT(ATS_GIVEN_REAL))

static const struct {
    const char *name;
    unsigned kinds; /* that its value may have */
} labels[ATS_SENML_LABEL_COUNT] = {
    [ATS_SENML_BVER] = {"bver", BIT(ATS_GIVEN_INTEGER)},
    [ATS_SENML_BN] = {"bn", BIT(ATS_GIVEN_TEXT)},
    [ATS_SENML_BT] = {"bt", NUMBER},
    [ATS_SENML_BU] = {"bu", BIT(ATS_GIVEN_TEXT)},
    [ATS_SENML_BV] = {"bv", NUMBER},
    [ATS_SENML_BS] = {"bs", NUMBER},
    [ATS_SENML_N] = {"n", BIT(ATS_GIVEN_TEXT)},
    [ATS_SENML_U] = {"u", BIT(ATS_GIVEN_TEXT)},
    [ATS_SENML_V] = {"v", NUMBER},
    [ATS_SENML_VS] = {"vs", BIT(ATS_GIVEN_TEXT)},
    [ATS_SENML_VB] = {"vb", BIT(ATS_GIVEN_BOOLEAN)},
    [ATS_SENML_VD] = {"vd", BIT(ATS_GIVEN_BYTES)},
    [ATS_SENML_S] = {"s", NUMBER},
    [ATS_SENML_T] = {"t", NUMBER},
    [ATS_SENML_UT] = {"ut", NUMBER},
};

const char *ats_senml_label_name(enum ats_senml_label label)
{
    return labels[label].name;
}

enum ats_senml_label ats_senml_label_find(struct ats_span name)
{
    size_t i = 0;
    while (i < ATS_SENML_LABEL_COUNT && !ats_span_is(name, labels[i].name))
        i++;
    return (enum ats_senml_label)i;
}

bool ats_senml_refuse(struct ats_senml *pack, const char *format, ...)
{
    char text[ATS_VERDICT_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ats_verdict_set(pack->verdict, ATS_RULE_SENML, "", "record %zu: %s", pack->seen, text);
    return false;
}

uint8_t *ats_senml_room(struct ats_senml *pack, size_t len)
{
    if (len > sizeof(pack->text) - pack->text_len)
        return NULL;
    uint8_t *room = pack->text + pack->text_len;
    pack->text_len += len;
    return room;
}

bool ats_senml_take(struct ats_senml *pack, struct ats_senml_raw *raw, enum ats_senml_label label,
                    struct ats_given given)
{
    if (!(labels[label].kinds & BIT(given.kind)))
        return ats_senml_refuse(pack, "%s has a value of a type that it must not have",
                                labels[label].name);
    raw->fields[label] = given;
    return true;
}

bool ats_senml_may_pass(struct ats_senml *pack, struct ats_span name)
{
    return name.len == 0 || name.data[name.len - 1] != '_'
               ? true
               : ats_senml_refuse(pack, "a field whose label ends in _ must be understood, and it "
                                        "is none that we know");
}

/* ---- records ---- */

static bool has(const struct ats_given *given)
{
    return given->kind != ATS_GIVEN_NOTHING;
}

static double number(const struct ats_given *given)
{
    if (given->kind == ATS_GIVEN_INTEGER)
        return (double)given->value.integer;
    return given->kind == ATS_GIVEN_REAL ? given->value.real : 0;
}

/* A missing one is zero. Two integers stay exact as long as 64 bits hold them. */
static struct ats_given sum_of(const struct ats_given *a, const struct ats_given *b)
{
    int64_t integer = 0;
    if (!has(a) || !has(b))
        return has(a) ? *a : *b;
    if (a->kind == ATS_GIVEN_INTEGER && b->kind == ATS_GIVEN_INTEGER &&
        !__builtin_add_overflow(a->value.integer, b->value.integer, &integer))
        return (struct ats_given){.kind = ATS_GIVEN_INTEGER, .value.integer = integer};
    return (struct ats_given){.kind = ATS_GIVEN_REAL, .value.real = number(a) + number(b)};
}

static bool is_finite(const struct ats_given *given)
{
    return given->kind != ATS_GIVEN_REAL || isfinite(given->value.real);
}

static bool take_bases(struct ats_senml *pack, const struct ats_senml_raw *raw)
{
    for (size_t i = 0; i < ATS_SENML_N; i++)
        if (has(&raw->fields[i]))
            pack->bases[i] = raw->fields[i];
    const struct ats_given *given = &raw->fields[ATS_SENML_BVER];
    int64_t version = has(given) ? given->value.integer : pack->version;
    if (pack->seen == 1)
        pack->version = has(given) ? version : VERSION;
    else if (version != pack->version)
        return ats_senml_refuse(pack, "all records have one version");
    if (pack->version < 1 || pack->version > VERSION)
        return ats_senml_refuse(pack, "a version of 1 to %d is understood", VERSION);
    return true;
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Section 4.5.1. */
static bool is_name(struct ats_span name)
{
    if (name.len == 0 || !is_alphanumeric(name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_alphanumeric(name.data[i]) && (name.data[i] == 0 || !strchr("-:./_", name.data[i])))
            return false;
    return true;
}

static bool resolve_name(struct ats_senml *pack, const struct ats_senml_raw *raw,
                         struct ats_senml_record *record)
{
    const struct ats_given *parts[] = {&pack->bases[ATS_SENML_BN], &raw->fields[ATS_SENML_N]};
    uint8_t name[ATS_SENML_NAME_MAX];
    size_t len = 0;
    for (size_t i = 0; i < 2; i++) {
        struct ats_span part = has(parts[i]) ? parts[i]->value.bytes : ats_span_of("", 0);
        if (part.len > sizeof(name) - len)
            return ats_senml_refuse(pack, "a name of more than %d characters", ATS_SENML_NAME_MAX);
        memcpy(name + len, part.data, part.len);
        len += part.len;
    }
    if (!is_name(ats_span_of(name, len)))
        return ats_senml_refuse(pack, "a name has letters, digits and - : . / _, and begins with "
                                      "one of the first two");
    uint8_t *kept = ats_senml_room(pack, len); /* it is there for each record */
    if (!kept)
        return ats_senml_refuse(pack, "more text than a pack holds");
    memcpy(kept, name, len);
    record->name = ats_span_of(kept, len);
    record->sensor_len = len;
    while (record->sensor_len > 0 && !strchr(":/", kept[record->sensor_len - 1]))
        record->sensor_len--;
    return true;
}

static bool resolve_time(struct ats_senml *pack, const struct ats_senml_raw *raw,
                         struct ats_senml_record *record)
{
    double seconds = number(&pack->bases[ATS_SENML_BT]) + number(&raw->fields[ATS_SENML_T]);
    double us = floor(seconds * US_PER_S + 0.5);
    if (seconds < ABSOLUTE_S)
        us += (double)pack->now_ms * 1000;
    if (!(us >= (double)ATS_CALENDAR_MIN_MS * 1000 && us <= (double)ATS_CALENDAR_MAX_MS * 1000))
        return ats_senml_refuse(pack, "not a time of the years 1 to 9999");
    record->time_us = (int64_t)us;
    return true;
}

static bool resolve_value(struct ats_senml *pack, const struct ats_senml_raw *raw,
                          struct ats_senml_record *record)
{
    const struct ats_given *fields = raw->fields;
    size_t values = 0;
    for (size_t i = ATS_SENML_V; i <= ATS_SENML_VD; i++) {
        values += has(&fields[i]) ? 1 : 0;
        if (has(&fields[i]))
            record->value = fields[i];
    }
    if (values > 1)
        return ats_senml_refuse(pack, "two values");
    if (values == 0 || has(&fields[ATS_SENML_V]))
        record->value = sum_of(&pack->bases[ATS_SENML_BV], &fields[ATS_SENML_V]);
    record->sum = sum_of(&pack->bases[ATS_SENML_BS], &fields[ATS_SENML_S]);
    if (!has(&record->value) && !has(&record->sum))
        return ats_senml_refuse(pack, "no value");
    return is_finite(&record->value) && is_finite(&record->sum)
               ? true
               : ats_senml_refuse(pack, "the sum with its base value is infinite");
}

/* Whether it has nothing but base fields, so that it measures nothing itself. */
static bool is_base_only(const struct ats_senml_raw *raw)
{
    bool base = false;
    for (size_t i = 0; i < ATS_SENML_LABEL_COUNT; i++) {
        if (has(&raw->fields[i]) && i >= ATS_SENML_N)
            return false;
        base = base || has(&raw->fields[i]);
    }
    return base;
}

void ats_senml_begin(struct ats_senml *pack, int64_t now_ms, struct ats_verdict *ret_verdict)
{
    pack->verdict = ret_verdict;
    pack->now_ms = now_ms;
    pack->seen = 0;
    pack->record_count = 0;
    pack->event_count = 0;
    pack->text_len = 0;
    memset(pack->bases, 0, sizeof(pack->bases));
}

bool ats_senml_add(struct ats_senml *pack, const struct ats_senml_raw *raw)
{
    struct ats_senml_record record = {.bytes = raw->bytes};
    if (!take_bases(pack, raw))
        return false;
    if (is_base_only(raw))
        return true;
    if (pack->record_count >= ATS_SENML_RECORDS_MAX) { /* the rest must still be good */
        pack->record_count++;
        return true;
    }
    if (!resolve_name(pack, raw, &record) || !resolve_time(pack, raw, &record) ||
        !resolve_value(pack, raw, &record))
        return false;
    const struct ats_given *unit =
        has(&raw->fields[ATS_SENML_U]) ? &raw->fields[ATS_SENML_U] : &pack->bases[ATS_SENML_BU];
    record.unit = has(unit) ? unit->value.bytes : ats_span_of(NULL, 0);
    pack->records[pack->record_count++] = record;
    return true;
}

/* ---- events ---- */

static int compare_events(const struct ats_senml_record *a, const struct ats_senml_record *b)
{
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    size_t len = a->sensor_len < b->sensor_len ? a->sensor_len : b->sensor_len;
    int order = memcmp(a->name.data, b->name.data, len);
    if (order != 0)
        return order;
    return a->sensor_len == b->sensor_len ? 0 : (a->sensor_len < b->sensor_len ? -1 : 1);
}

static void merge(const struct ats_senml *pack, const uint16_t *from, size_t begin, size_t middle,
                  size_t end, uint16_t *to)
{
    size_t a = begin;
    size_t b = middle;
    for (size_t i = begin; i < end; i++) {
        bool second = a == middle || (b < end && compare_events(&pack->records[from[b]],
                                                                &pack->records[from[a]]) < 0);
        to[i] = second ? from[b++] : from[a++];
    }
}

/* Merging from below, in memory that is there: the C library's sort may allocate. Equal ones keep their order. */
static void sort_records(struct ats_senml *pack)
{
    size_t count = pack->record_count;
    for (size_t i = 0; i < count; i++)
        pack->order[i] = (uint16_t)i;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t middle = begin + width < count ? begin + width : count;
            size_t end = middle + width < count ? middle + width : count;
            merge(pack, pack->order, begin, middle, end, pack->spare);
        }
        memcpy(pack->order, pack->spare, count * sizeof(pack->order[0]));
    }
}

bool ats_senml_end(struct ats_senml *pack)
{
    if (pack->record_count > ATS_SENML_RECORDS_MAX) {
        ats_verdict_set(pack->verdict, ATS_RULE_BATCH, "", "a pack of %zu records (allowed: %d)",
                        pack->record_count, ATS_SENML_RECORDS_MAX);
        return false;
    }
    sort_records(pack);
    size_t events = 0;
    for (size_t i = 0; i < pack->record_count; i++) {
        const struct ats_senml_record *record = &pack->records[pack->order[i]];
        bool first = i == 0 || compare_events(&pack->records[pack->order[i - 1]], record) != 0;
        events += first ? 1 : 0;
        if (events > ATS_BATCH_ITEMS_MAX)
            continue;
        if (first)
            pack->events[events - 1] = (struct ats_senml_event){.begin = (uint16_t)i};
        pack->events[events - 1].count++;
    }
    pack->event_count = events;
    if (events >= 1 && events <= ATS_BATCH_ITEMS_MAX)
        return true;
    ats_verdict_set(pack->verdict, ATS_RULE_BATCH, "", "a pack of %zu events (allowed: 1 to %d)",
                    events, ATS_BATCH_ITEMS_MAX);
    return false;
}
