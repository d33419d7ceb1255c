/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/set.h"

#include <stdlib.h>

struct item {
    struct ats_contract *contract;
    bool is_signed;
    uint8_t signature[ATS_CONTRACT_SIGNATURE_SIZE];
};

struct ats_contract_set {
    struct item *items; /* by name, and the versions of one name from the lowest up */
    size_t count;
    bool has_retired;
};

enum ats_status ats_contract_set_new(struct ats_contract_set **ret_set)
{
    *ret_set = calloc(1, sizeof(**ret_set));
    return *ret_set ? ATS_OK : ATS_ERR_MEMORY;
}

/* The numbers have no leading zeros: the longer is the larger. */
int ats_contract_compare_versions(const char *a, const char *b)
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
                      : ats_contract_compare_versions(ats_contract_version(a),
                                                      ats_contract_version(b)) > 0;
}

static enum ats_status add(struct ats_contract_set *set, const struct item *item)
{
    struct ats_contract *contract = item->contract;
    struct ats_contract *same = ats_contract_set_find_schema(set, ats_contract_schema_id(contract));
    if (same && !ats_span_equal(ats_contract_schema(same), ats_contract_schema(contract)))
        return ATS_ERR_EXISTS;
    struct item *grown = realloc(set->items, (set->count + 1) * sizeof(*grown));
    if (!grown)
        return ATS_ERR_MEMORY;
    set->items = grown;
    size_t at = set->count++;
    for (; at > 0 && is_behind(grown[at - 1].contract, contract); at--)
        grown[at] = grown[at - 1];
    grown[at] = *item;
    set->has_retired = set->has_retired || ats_contract_is_retired(contract);
    (void)ats_contract_ref(contract);
    return ATS_OK;
}

enum ats_status ats_contract_set_add(struct ats_contract_set *set, struct ats_contract *contract)
{
    const struct item item = {.contract = contract};
    return add(set, &item);
}

enum ats_status ats_contract_set_add_signed(struct ats_contract_set *set,
                                            struct ats_contract *contract,
                                            const uint8_t signature[ATS_CONTRACT_SIGNATURE_SIZE])
{
    struct item item = {.contract = contract, .is_signed = true};
    memcpy(item.signature, signature, sizeof(item.signature));
    return add(set, &item);
}

enum ats_status ats_contract_set_copy(const struct ats_contract_set *set,
                                      struct ats_contract_set **ret_set)
{
    struct ats_contract_set *copy = NULL;
    enum ats_status status = ats_contract_set_new(&copy);
    for (size_t i = 0; status == ATS_OK && i < set->count; i++)
        status = add(copy, &set->items[i]);
    if (status == ATS_OK)
        *ret_set = copy;
    else
        ats_contract_set_free(copy);
    return status;
}

struct ats_contract *
ats_contract_set_find_signed(const struct ats_contract_set *set,
                             const uint8_t signature[ATS_CONTRACT_SIGNATURE_SIZE])
{
    for (size_t i = 0; set && i < set->count; i++)
        if (set->items[i].is_signed &&
            memcmp(set->items[i].signature, signature, ATS_CONTRACT_SIGNATURE_SIZE) == 0)
            return set->items[i].contract;
    return NULL;
}

void ats_contract_set_free(struct ats_contract_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        ats_contract_unref(set->items[i].contract);
    free(set->items);
    free(set);
}

bool ats_contract_set_equal(const struct ats_contract_set *a, const struct ats_contract_set *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = a->items[i].contract == b->items[i].contract;
    return equal;
}

static struct ats_contract *find_matching(const struct ats_contract_set *set, struct ats_span topic,
                                          bool retired, struct ats_span *ret_device)
{
    for (size_t i = set->count; i > 0; i--) {
        struct ats_contract *contract = set->items[i - 1].contract;
        if (ats_contract_is_retired(contract) == retired &&
            ats_contract_matches(contract, topic, ret_device))
            return contract;
    }
    return NULL;
}

struct ats_contract *ats_contract_set_find_topic(const struct ats_contract_set *set,
                                                 struct ats_span topic, struct ats_span *ret_device)
{
    struct ats_contract *found = find_matching(set, topic, false, ret_device);
    return found || !set->has_retired ? found : find_matching(set, topic, true, ret_device);
}

struct ats_contract *ats_contract_set_find_schema(const struct ats_contract_set *set,
                                                  uint32_t schema_id)
{
    for (size_t i = set->count; i > 0; i--)
        if (ats_contract_schema_id(set->items[i - 1].contract) == schema_id)
            return set->items[i - 1].contract;
    return NULL;
}

struct ats_contract *ats_contract_set_find_name(const struct ats_contract_set *set,
                                                const char *name)
{
    struct ats_contract *highest = NULL;
    for (size_t i = set->count; i > 0; i--) {
        struct ats_contract *contract = set->items[i - 1].contract;
        if (strcmp(ats_contract_name(contract), name) != 0)
            continue;
        if (!ats_contract_is_retired(contract))
            return contract;
        highest = highest ? highest : contract;
    }
    return highest;
}

struct ats_contract *ats_contract_set_find_version(const struct ats_contract_set *set,
                                                   struct ats_span name, struct ats_span version)
{
    for (size_t i = 0; i < set->count; i++) {
        struct ats_contract *contract = set->items[i].contract;
        if (ats_span_is(name, ats_contract_name(contract)) &&
            ats_span_is(version, ats_contract_version(contract)))
            return contract;
    }
    return NULL;
}

size_t ats_contract_set_count(const struct ats_contract_set *set)
{
    return set->count;
}

struct ats_contract *ats_contract_set_at(const struct ats_contract_set *set, size_t index)
{
    return set->items[index].contract;
}
