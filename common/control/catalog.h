/* SPDX-License-Identifier: Apache-2.0 */
/* From the registry to what the hot paths use: compiled contracts and parsed use cases. Thread: any, each with its own view. */
#ifndef ATS_CONTROL_CATALOG_H
#define ATS_CONTROL_CATALOG_H

#include "common/contract/set.h"
#include "common/control/registry.h"
#include "common/usecase/usecase.h"

/* Called for each contract or use case that cannot be compiled, with its name; it is left out of the result. */
typedef void ats_catalog_bad(void *ctx, const char *name, const struct ats_error *err);

/* Every contract of the registry, compiled; from `known`, which may be NULL, are those that it has of the same records: a record
   never changes, and a compilation takes a millisecond. */
ATS_MUST_USE enum ats_status ats_catalog_contracts_anew(struct ats_store_view *view,
                                                        const struct ats_contract_set *known,
                                                        ats_catalog_bad *bad, void *ctx,
                                                        struct ats_contract_set **ret_set);
/* The same without any. */
ATS_MUST_USE enum ats_status ats_catalog_contracts(struct ats_store_view *view,
                                                   ats_catalog_bad *bad, void *ctx,
                                                   struct ats_contract_set **ret_set);

struct ats_usecase_list {
    struct ats_usecase **items;
    size_t count;
};

/* Every use case of the registry, parsed, sorted by name. */
ATS_MUST_USE enum ats_status ats_catalog_usecases(struct ats_store_view *view, ats_catalog_bad *bad,
                                                  void *ctx, struct ats_usecase_list *ret_list);
void ats_usecase_list_fini(struct ats_usecase_list *list);
/* Sets the ids that this process frames its records with (ats_record_schema_set_id) as the schemas' records say. */
ATS_MUST_USE enum ats_status ats_catalog_record_ids(struct ats_store_view *view);
/* The text of any schema that a Confluent-framed value may name: of records (kind schema) and of contracts. The buffer
   gets a copy; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_catalog_schema(struct ats_store_view *view, uint32_t schema_id,
                                                struct ats_buf *ret_text);

#endif
