/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/set.h"

#include <stdlib.h>

struct ats_contract_set {
    struct ats_contract **items; /* by name, and the versions of one name from the lowest up */
    size_t count;
};

enum ats_status ats_contract_set_new(struct ats_contract_set **ret_set)
{
    *ret_set = calloc(1, sizeof(**ret_set));
    return *ret_set ? ATS_OK : ATS_ERR_MEMORY;
}

/* The numbers have no leading zeros: the longer is the larger. */
static int compare_versions(const char *a, const char *b)
{
    for (;;) {
        size_t a_len = strcspn(a, ".");
        size_t b_len = strcspn(b, ".");
        int order = a_len == b_len ? memcmp(a, b, a_len) : a_len < b_len ? -1 : 1;
        if (order != 0 || a[a_len] == '\0' || b[b_len] == '\0')
            return order;
        a += a_len + 1;
        b += b_len + 1;
    }
}

static bool is_behind(const struct ats_contract *a, const struct ats_contract *b)
{
    int order = strcmp(ats_contract_name(a), ats_contract_name(b));
    return order != 0 ? order > 0
                      : compare_versions(ats_contract_version(a), ats_contract_version(b)) > 0;
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
    size_t at = set->count++;
    for (; at > 0 && is_behind(grown[at - 1], contract); at--)
        grown[at] = grown[at - 1];
    grown[at] = ats_contract_ref(contract);
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
