/* SPDX-License-Identifier: Apache-2.0 */
#include "common/record/schemas.h"

#include "common/contract/schema.h"

#include <assert.h>
#include <stdatomic.h>

#define SCHEMAS_MAX 32

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
    /* 0 is "not computed": two threads that compute at once store the same number. */
    static _Atomic(uint32_t) ids[SCHEMAS_MAX];
    size_t i = index_of(name);
    uint32_t id = atomic_load_explicit(&ids[i], memory_order_relaxed);
    if (id == 0) {
        id = ats_schema_id(ats_record_schema_texts[i].text);
        atomic_store_explicit(&ids[i], id, memory_order_relaxed);
    }
    return id;
}
