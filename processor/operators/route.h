/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: for each contract of a snapshot, the chains of the use cases that are about it. Internal to processor/operators.
 *
 * Thread: the task's. Owns: the chains; contracts and use cases are borrowed from the snapshot.
 */
#ifndef ATS_OPERATORS_ROUTE_H
#define ATS_OPERATORS_ROUTE_H

#include "processor/operators/operator.h"
#include "processor/operators/pipeline.h"

struct ats_route {
    const struct ats_contract *contract;
    uint32_t schema_id;
    struct ats_chain **chains;
    const struct ats_decision_result **results; /* of the chains, in their order */
    size_t chain_count;
};

struct ats_routes {
    struct ats_route *items;
    size_t count;
    size_t leaf_count_max;
};

/* INVALID: use cases that cannot run were left out, the routes can be used; the text is of the first. MEMORY: nothing was made. */
ATS_MUST_USE enum ats_status ats_routes_make(const struct ats_snapshot *snapshot,
                                             struct ats_routes *ret_routes, struct ats_error *err);
void ats_routes_fini(struct ats_routes *routes);
/* The route of an event: its schema id, contract and version must be those of one contract; NULL. */
const struct ats_route *ats_routes_find(const struct ats_routes *routes,
                                        const struct ats_event *event);

#endif
