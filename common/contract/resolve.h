/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schema resolution (Avro 1.12): whether who has the reader's schema can read every value that was written with the writer's. Each
 * thing that stands in the way is told with its path and a sentence. Thread: any.
 */
#ifndef ATS_CONTRACT_RESOLVE_H
#define ATS_CONTRACT_RESOLVE_H

#include "common/contract/avsc_tree.h"

enum ats_resolve_fault {
    ATS_RESOLVE_TYPE,          /* neither the same type nor one that it is promoted to */
    ATS_RESOLVE_NAME,          /* another record, enum or fixed */
    ATS_RESOLVE_NAMESPACE,     /* the same name in another namespace: some libraries refuse it */
    ATS_RESOLVE_FIELD_MISSING, /* the writer has no such field and the reader no default */
    ATS_RESOLVE_FIELD_TWICE,   /* by its aliases the reader's field is two of the writer's */
    ATS_RESOLVE_SYMBOL, /* the reader's enum lacks a symbol; told also where its default takes the place */
    ATS_RESOLVE_SIZE,         /* of a fixed */
    ATS_RESOLVE_BRANCH,       /* no branch of the reader's union */
    ATS_RESOLVE_LOGICAL_TYPE, /* read without a fault, and taken for something else */
};

struct ats_resolve_finding {
    enum ats_resolve_fault fault;
    bool breaks; /* else all values can be read, but somebody should know */
    const char *
        path; /* dotted, of the reader's field; "list[]" for an array's item, "map{}" for a map's value */
    const char *text;
};

/* Both texts are borrowed for the call. */
typedef void (*ats_resolve_tell)(void *ctx, const struct ats_resolve_finding *finding);

/* True if no finding breaks. LIMIT: unions are nested so that the schemas cannot be compared in reasonable time. */
ATS_MUST_USE enum ats_status ats_resolve(const struct ats_avsc_tree *reader,
                                         const struct ats_avsc_tree *writer, ats_resolve_tell tell,
                                         void *ctx, bool *ret_readable);
/* "type", "name", "namespace", "missing-field", ... */
const char *ats_resolve_fault_name(enum ats_resolve_fault fault);

#endif
