/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/set.h"

#include <stdlib.h>

struct ats_contract_set {
    struct ats_contract **items; /* oldest first */
    size_t count;
};

enum ats_status ats_contract_set_new(struct ats_contract_set **ret_set)
{
    *ret_set = calloc(1, sizeof(**ret_set));
    return *ret_set ? ATS_OK : ATS_ERR_MEMORY;
}

enum ats_status ats_contract_set_add(struct ats_contract_set *set, struct ats_contract *contract)
{
    struct ats_contract *same = ats_contract_set_find_schema(set, ats_contract_schema_id(contract));
    if (same && !ats_span_equal(ats_contract_schema(same), ats_contract_schema(contract)))
        return ATS_ERR_EXISTS;
    struct ats_contract **grown =
        realloc(set->items, (set->count + 1) * sizeof(struct ats_contract *));
    if (!grown)
        return ATS_ERR_MEMORY;
    set->items = grown;
    grown[set->count++] = ats_contract_ref(contract);
    return ATS_OK;
}

void ats_contract_set_free(struct ats_contract_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        ats_contract_unref(set->items[i]);
    free(set->items);
    free(set);
}

struct ats_contract *ats_contract_set_find_topic(const struct ats_contract_set *set,
                                                 struct ats_span topic, struct ats_span *ret_device)
{
    for (size_t i = set->count; i > 0; i--)
        if (ats_contract_matches(set->items[i - 1], topic, ret_device))
            return set->items[i - 1];
    return NULL;
}

struct ats_contract *ats_contract_set_find_schema(const struct ats_contract_set *set,
                                                  uint32_t schema_id)
{
    for (size_t i = set->count; i > 0; i--)
        if (ats_contract_schema_id(set->items[i - 1]) == schema_id)
            return set->items[i - 1];
    return NULL;
}

struct ats_contract *ats_contract_set_find_name(const struct ats_contract_set *set,
                                                const char *name)
{
    for (size_t i = set->count; i > 0; i--)
        if (strcmp(ats_contract_name(set->items[i - 1]), name) == 0)
            return set->items[i - 1];
    return NULL;
}

size_t ats_contract_set_count(const struct ats_contract_set *set)
{
    return set->count;
}

struct ats_contract *ats_contract_set_at(const struct ats_contract_set *set, size_t index)
{
    return set->items[index];
}
