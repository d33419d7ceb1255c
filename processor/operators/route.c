/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/operators/route.h"

#include <stdlib.h>

/* Counts the use cases that cannot run, and keeps the first one's text. */
struct left_out {
    size_t count;
    struct ats_error first;
};

static enum ats_status add_chain(struct ats_route *route, const struct ats_usecase *usecase,
                                 struct left_out *left_out)
{
    struct ats_error err = {0};
    struct ats_chain *chain = NULL;
    enum ats_status status = ats_chain_new(usecase, route->contract, &chain, &err);
    if (status == ATS_ERR_INVALID) {
        if (left_out->count++ == 0)
            left_out->first = err;
        return ATS_OK;
    }
    if (status != ATS_OK)
        return status;
    route->results[route->chain_count] = &chain->result;
    route->chains[route->chain_count++] = chain;
    return ATS_OK;
}

static enum ats_status make_route(const struct ats_snapshot *snapshot,
                                  const struct ats_contract *contract, struct ats_route *route,
                                  struct left_out *left_out)
{
    size_t count = snapshot->usecases.count;
    route->contract = contract;
    route->schema_id = ats_contract_schema_id(contract);
    if (count == 0)
        return ATS_OK;
    route->chains = calloc(count, sizeof(*route->chains));
    route->results = calloc(count, sizeof(*route->results));
    if (!route->chains || !route->results)
        return ATS_ERR_MEMORY;
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        const struct ats_usecase *usecase = snapshot->usecases.items[i];
        if (strcmp(usecase->contract, ats_contract_name(contract)) == 0)
            status = add_chain(route, usecase, left_out);
    }
    return status;
}

enum ats_status ats_routes_make(const struct ats_snapshot *snapshot, struct ats_routes *ret_routes,
                                struct ats_error *err)
{
    struct ats_routes routes = {0};
    struct left_out left_out = {0};
    enum ats_status status = ATS_OK;
    size_t count = ats_contract_set_count(snapshot->contracts);
    routes.items = count > 0 ? calloc(count, sizeof(*routes.items)) : NULL;
    if (count > 0 && !routes.items)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count && status == ATS_OK; i++) {
        const struct ats_contract *contract = ats_contract_set_at(snapshot->contracts, i);
        size_t leaf_count = ats_contract_leaf_count(contract);
        if (leaf_count > routes.leaf_count_max)
            routes.leaf_count_max = leaf_count;
        routes.count++;
        status = make_route(snapshot, contract, &routes.items[i], &left_out);
    }
    if (status != ATS_OK) {
        ats_routes_fini(&routes);
        return ats_error_set(err, status, "out of memory");
    }
    *ret_routes = routes;
    if (left_out.count == 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_INVALID, "%s%s", left_out.first.text,
                         left_out.count > 1 ? " (and others)" : "");
}

void ats_routes_fini(struct ats_routes *routes)
{
    for (size_t i = 0; i < routes->count; i++) {
        for (size_t j = 0; j < routes->items[i].chain_count; j++)
            ats_chain_free(routes->items[i].chains[j]);
        free(routes->items[i].chains);
        free(routes->items[i].results);
    }
    free(routes->items);
    *routes = (struct ats_routes){0};
}

const struct ats_route *ats_routes_find(const struct ats_routes *routes,
                                        const struct ats_event *event)
{
    for (size_t i = 0; i < routes->count; i++) {
        const struct ats_route *route = &routes->items[i];
        if (route->schema_id == event->schema_id &&
            ats_span_is(event->contract, ats_contract_name(route->contract)) &&
            ats_span_is(event->contract_version, ats_contract_version(route->contract)))
            return route;
    }
    return NULL;
}
