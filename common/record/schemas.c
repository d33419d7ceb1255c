/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/schemas.h"

#include "common/contract/schema.h"

#include <assert.h>
#include <stdatomic.h>

#define SCHEMAS_MAX 32

const struct ats_record_topic ats_record_topics[] = {
    {"alert", "alerts"},
    {"control", "control"},
    {"decision", "decisions"},
    {"journal-checkpoint", "evidence"},
    {"maintenance-request", "erp.requests"},
    {"quarantine", "quarantine"},
    {NULL, NULL},
};

/* 0: neither set nor computed. */
static _Atomic(uint32_t) ids[SCHEMAS_MAX];

static size_t index_of(const char *name)
{
    size_t i = 0;
    while (ats_record_schema_texts[i].name && strcmp(ats_record_schema_texts[i].name, name) != 0)
        i++;
    assert(ats_record_schema_texts[i].name && i < SCHEMAS_MAX);
    return i;
}

uint32_t ats_record_schema_id(const char *name)
{
    size_t i = index_of(name);
    uint32_t id = atomic_load_explicit(&ids[i], memory_order_relaxed);
    if (id != 0)
        return id;
    /* One that another thread sets meanwhile stays. */
    uint32_t own = ats_schema_id(ats_record_schema_texts[i].text);
    return atomic_compare_exchange_strong(&ids[i], &id, own) ? own : id;
}

bool ats_record_schema_takes_id(const char *name)
{
    return strcmp(name, "control") != 0 && strcmp(name, "control-approved") != 0;
}

void ats_record_schema_set_id(const char *name, uint32_t schema_id)
{
    assert(ats_record_schema_takes_id(name));
    atomic_store_explicit(&ids[index_of(name)], schema_id, memory_order_relaxed);
}
