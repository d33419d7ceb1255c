/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a copy stands in its log, and the store's entry of that, which is written with the records that led there. Internal to
 * common/control. Thread: any, each with a batch of its own. Owns: nothing.
 */
#ifndef ATS_CONTROL_REGISTRY_STATE_H
#define ATS_CONTROL_REGISTRY_STATE_H

#include "common/control/record.h"
#include "common/store/store.h"

struct ats_registry_state {
    int64_t next_offset;
    uint64_t count;
    uint8_t chain[ATS_HASH_SIZE];
    uint8_t before[ATS_HASH_SIZE]; /* of the value at next_offset - 1; zeros: not known */
};

/* A store without one leaves the state as it is. CORRUPT: it cannot be read, or was altered. */
ATS_MUST_USE enum ats_status ats_registry_state_load(struct ats_store_batch *batch,
                                                     struct ats_registry_state *ret_state,
                                                     struct ats_error *err);
/* The same of a snapshot; NOT_FOUND where it has none. */
ATS_MUST_USE enum ats_status ats_registry_state_view(struct ats_store_view *view,
                                                     struct ats_registry_state *ret_state);
ATS_MUST_USE enum ats_status ats_registry_state_put(struct ats_store_batch *batch,
                                                    const struct ats_registry_state *state);
/* Whether the log can be known again by the record before next_offset. */
bool ats_registry_state_knows_before(const struct ats_registry_state *state);

#endif
