/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the last admitted event of each device said, under each contract that holds events against the one before them
 * (common/contract/series.h). In memory alone: after a start each device begins anew. When it is full, who was heard least recently makes
 * room.
 *
 * Thread: the broker's. Owns: everything; a state is good until the next call that may make one.
 */
#ifndef ATS_PLUGIN_DEVICE_SERIES_H
#define ATS_PLUGIN_DEVICE_SERIES_H

#include "common/base/limits.h"
#include "common/contract/contract.h"
#include "common/contract/series.h"

struct ats_device_series;

/* NULL: out of memory. */
ATS_MUST_USE struct ats_device_series *ats_device_series_new(size_t devices_max);
void ats_device_series_free(struct ats_device_series *series);
/* A copy of the state of that device under that version of the contract; all zero where there is none. */
void ats_device_series_load(struct ats_device_series *series, const char *device,
                            const struct ats_contract *contract,
                            struct ats_series_state *ret_state);
/* Without memory for one more it is as if there had been no event. */
void ats_device_series_store(struct ats_device_series *series, const char *device,
                             const struct ats_contract *contract,
                             const struct ats_series_state *state);

#endif
