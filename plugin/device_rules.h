/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often each rule kept an event of a device out, or warned of one, by contract: a table that is made once. A row is never taken
 * away; once all are taken, what has none is counted in one sum. In memory alone: after a start all begins at 0.
 *
 * Thread: the broker's adds; any reads, without a lock. Owns: everything.
 */
#ifndef ATS_PLUGIN_DEVICE_RULES_H
#define ATS_PLUGIN_DEVICE_RULES_H

#include "common/base/limits.h"
#include "plugin/metrics.h"

struct ats_device_rules;

/* A power of two. NULL: out of memory. */
ATS_MUST_USE struct ats_device_rules *ats_device_rules_new(size_t rows_max);
void ats_device_rules_free(struct ats_device_rules *rules);
/* Adds what the rules said of one payload's events. `device` is "" where nobody proved to be one. Does not allocate. */
void ats_device_rules_add(struct ats_device_rules *rules, const char *device, const char *contract,
                          const struct ats_rule_counts *counts, int64_t now_ms);

struct ats_device_rules_row {
    const char *device; /* good as long as the table */
    const char *contract;
    enum ats_rule rule;
    uint64_t quarantined;
    uint64_t warned;
    int64_t last_ms;
};
/* How many rows there are; each below that can be read. */
size_t ats_device_rules_count(const struct ats_device_rules *rules);
void ats_device_rules_read(const struct ats_device_rules *rules, size_t index,
                           struct ats_device_rules_row *ret_row);
/* The sums of what had no row. */
void ats_device_rules_others(const struct ats_device_rules *rules, uint64_t *ret_quarantined,
                             uint64_t *ret_warned);
/* Grows with each change. */
uint64_t ats_device_rules_changes(const struct ats_device_rules *rules);

#endif
