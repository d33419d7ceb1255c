/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/device_rules.h"

#include <stdlib.h>

/* What names a row is written before `count` grows, and never again. */
struct row {
    char device[ATS_NAME_MAX + 1];
    char contract[ATS_NAME_MAX + 1];
    enum ats_rule rule;
    ats_counter quarantined;
    ats_counter warned;
    ats_counter last_ms;
};

struct ats_device_rules {
    struct row *rows;
    size_t rows_max;
    _Atomic(size_t) count;
    uint32_t
        *slots; /* 1 + a row's number, or 0; twice as many as rows, so that one is always free */
    size_t slot_mask;
    ats_counter others_quarantined;
    ats_counter others_warned;
    ats_counter changes;
};

struct ats_device_rules *ats_device_rules_new(size_t rows_max)
{
    struct ats_device_rules *rules = calloc(1, sizeof(*rules));
    if (!rules)
        return NULL;
    rules->rows_max = rows_max;
    rules->slot_mask = 2 * rows_max - 1;
    rules->rows = calloc(rows_max, sizeof(*rules->rows));
    rules->slots = calloc(2 * rows_max, sizeof(*rules->slots));
    if (rules->rows && rules->slots)
        return rules;
    ats_device_rules_free(rules);
    return NULL;
}

void ats_device_rules_free(struct ats_device_rules *rules)
{
    if (!rules)
        return;
    free(rules->rows);
    free(rules->slots);
    free(rules);
}

/* FNV-1a. Names are enrolled, so nobody chooses them to collide. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return (hash ^ 0xff) * UINT64_C(1099511628211);
}

static void copy_name(char to[ATS_NAME_MAX + 1], const char *name)
{
    size_t len = strnlen(name, ATS_NAME_MAX);
    memcpy(to, name, len);
    to[len] = '\0';
}

static struct row *make_row(struct ats_device_rules *rules, size_t slot, const char *device,
                            const char *contract, enum ats_rule rule)
{
    size_t count = atomic_load_explicit(&rules->count, memory_order_relaxed);
    if (count == rules->rows_max)
        return NULL;
    struct row *row = &rules->rows[count];
    copy_name(row->device, device);
    copy_name(row->contract, contract);
    row->rule = rule;
    rules->slots[slot] = (uint32_t)(count + 1);
    atomic_store_explicit(&rules->count, count + 1, memory_order_release);
    return row;
}

/* NULL: there is none, and no room for one. */
static struct row *get_row(struct ats_device_rules *rules, const char *device, const char *contract,
                           enum ats_rule rule)
{
    uint64_t hash = hash_text(hash_text(UINT64_C(14695981039346656037), device), contract);
    size_t at = (size_t)(hash ^ hash >> 32) + (size_t)rule * 31;
    for (;; at++) {
        uint32_t number = rules->slots[at & rules->slot_mask];
        if (number == 0)
            return make_row(rules, at & rules->slot_mask, device, contract, rule);
        struct row *row = &rules->rows[number - 1];
        if (row->rule == rule && strcmp(row->device, device) == 0 &&
            strcmp(row->contract, contract) == 0)
            return row;
    }
}

/* Replays bring times of before. */
static void note_last(struct row *row, int64_t now_ms)
{
    if ((int64_t)ats_counter_get(&row->last_ms) < now_ms)
        ats_counter_set(&row->last_ms, (uint64_t)now_ms);
}

void ats_device_rules_add(struct ats_device_rules *rules, const char *device, const char *contract,
                          const struct ats_rule_counts *counts, int64_t now_ms)
{
    for (int rule = 1; rule < ATS_RULE_COUNT; rule++) {
        if (counts->quarantined[rule] == 0 && counts->warned[rule] == 0)
            continue;
        struct row *row = get_row(rules, device, contract, (enum ats_rule)rule);
        ats_counter_add(row ? &row->quarantined : &rules->others_quarantined,
                        counts->quarantined[rule]);
        ats_counter_add(row ? &row->warned : &rules->others_warned, counts->warned[rule]);
        if (row)
            note_last(row, now_ms);
        ats_counter_add(&rules->changes, 1);
    }
}

size_t ats_device_rules_count(const struct ats_device_rules *rules)
{
    return atomic_load_explicit(&rules->count, memory_order_acquire);
}

void ats_device_rules_read(const struct ats_device_rules *rules, size_t index,
                           struct ats_device_rules_row *ret_row)
{
    const struct row *row = &rules->rows[index];
    *ret_row = (struct ats_device_rules_row){.device = row->device,
                                             .contract = row->contract,
                                             .rule = row->rule,
                                             .quarantined = ats_counter_get(&row->quarantined),
                                             .warned = ats_counter_get(&row->warned),
                                             .last_ms = (int64_t)ats_counter_get(&row->last_ms)};
}

void ats_device_rules_others(const struct ats_device_rules *rules, uint64_t *ret_quarantined,
                             uint64_t *ret_warned)
{
    *ret_quarantined = ats_counter_get(&rules->others_quarantined);
    *ret_warned = ats_counter_get(&rules->others_warned);
}

uint64_t ats_device_rules_changes(const struct ats_device_rules *rules)
{
    return ats_counter_get(&rules->changes);
}
