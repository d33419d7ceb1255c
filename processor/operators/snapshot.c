/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/operators/pipeline.h"

#include <stdatomic.h>
#include <stdlib.h>

struct ats_snapshot *ats_snapshot_new(uint64_t control_count, struct ats_contract_set *contracts,
                                      struct ats_usecase_list *usecases)
{
    struct ats_snapshot *snapshot = malloc(sizeof(*snapshot));
    if (!snapshot) {
        ats_contract_set_free(contracts);
        ats_usecase_list_fini(usecases);
        return NULL;
    }
    snapshot->control_count = control_count;
    snapshot->contracts = contracts;
    snapshot->usecases = *usecases;
    atomic_init(&snapshot->references, 1);
    *usecases = (struct ats_usecase_list){0};
    return snapshot;
}

struct ats_snapshot *ats_snapshot_ref(struct ats_snapshot *snapshot)
{
    if (snapshot)
        (void)atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void ats_snapshot_unref(struct ats_snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1)
        return;
    ats_contract_set_free(snapshot->contracts);
    ats_usecase_list_fini(&snapshot->usecases);
    free(snapshot);
}
