/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of compare.c, one file each. Internal to common/contract. Thread: any. */
#ifndef ATS_CONTRACT_COMPARE_PARTS_H
#define ATS_CONTRACT_COMPARE_PARTS_H

#include "common/contract/avsc_tree.h"
#include "common/contract/compare.h"
#include "common/contract/odcs.h"

struct ats_compared {
    struct ats_plan plan;
    struct ats_odcs odcs;
    struct ats_avsc_tree tree;
};

struct ats_comparing {
    const struct ats_compared *before;
    const struct ats_compared *after;
    struct ats_comparison *comparison;
    enum ats_status status; /* MEMORY stays */
};

void ats_compare_add(struct ats_comparing *c, unsigned concerned, enum ats_version_part part,
                     const char *path, const char *rule, const char *format, ...) ATS_PRINTF(6, 7);

/* compare_payload.c: payloads that the former schema took, by their types. */
void ats_compare_payloads(struct ats_comparing *c);
/* compare_quality.c: the rules of each single value. */
void ats_compare_quality(struct ats_comparing *c);
/* compare_series.c: rules that hold an event against the one before it. */
void ats_compare_series(struct ats_comparing *c);
/* compare_formats.c: payload formats, SenML's names, units. */
void ats_compare_formats(struct ats_comparing *c);
/* compare_settings.c: the property `attestream`, and who is accountable. */
void ats_compare_settings(struct ats_comparing *c);

#endif
