/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control/catalog.h"

#include "common/contract/schema.h"
#include "common/control/body.h"
#include "common/control/store_key.h"
#include "common/record/schemas.h"

#include <stdlib.h>

struct gather {
    ats_catalog_bad *bad;
    void *ctx;
    const struct ats_contract_set *known;
    struct ats_contract_set *set;
    struct ats_usecase_list *list;
};

/* One document that does not compile must not take the others down; memory that is short must. */
static enum ats_status leave_out(struct gather *gather, const struct ats_control_record *record,
                                 enum ats_status status, struct ats_error *err)
{
    if (status == ATS_ERR_MEMORY)
        return status;
    if (err->text[0] == '\0')
        (void)ats_error_set(err, status, "%s", ats_status_name(status));
    if (gather->bad)
        gather->bad(gather->ctx, record->name, err);
    return ATS_OK;
}

static enum ats_status compile(const struct ats_control_record *record,
                               struct ats_contract **ret_contract, struct ats_error *err)
{
    struct ats_body_contract body;
    enum ats_status status = ats_body_contract_parse(record->body, &body);
    if (status != ATS_OK)
        return status;
    status = ats_contract_compile(ats_span_text(body.odcs), "odcs", ats_span_text(body.avsc),
                                  "avsc", ret_contract, err);
    if (status == ATS_OK)
        ats_contract_set_schema_id(*ret_contract, body.schema_id);
    if (status == ATS_OK && body.retired)
        ats_contract_retire(*ret_contract);
    ats_body_contract_fini(&body);
    return status;
}

static enum ats_status add_contract(void *ctx, const struct ats_control_record *record)
{
    struct gather *gather = ctx;
    struct ats_error err = {0};
    enum ats_status status = ATS_OK;
    struct ats_contract *contract = ats_contract_set_find_signed(gather->known, record->signature);
    if (contract)
        (void)ats_contract_ref(contract);
    else
        status = compile(record, &contract, &err);
    if (status == ATS_OK)
        status = ats_contract_set_add_signed(gather->set, contract, record->signature);
    ats_contract_unref(contract);
    return status == ATS_OK ? ATS_OK : leave_out(gather, record, status, &err);
}

enum ats_status ats_catalog_contracts(struct ats_store_view *view, ats_catalog_bad *bad, void *ctx,
                                      struct ats_contract_set **ret_set)
{
    return ats_catalog_contracts_anew(view, NULL, bad, ctx, ret_set);
}

enum ats_status ats_catalog_contracts_anew(struct ats_store_view *view,
                                           const struct ats_contract_set *known,
                                           ats_catalog_bad *bad, void *ctx,
                                           struct ats_contract_set **ret_set)
{
    struct gather gather = {.bad = bad, .ctx = ctx, .known = known};
    enum ats_status status = ats_contract_set_new(&gather.set);
    if (status != ATS_OK)
        return status;
    status = ats_registry_walk(view, ATS_CONTROL_CONTRACT, add_contract, &gather);
    if (status != ATS_OK) {
        ats_contract_set_free(gather.set);
        return status;
    }
    *ret_set = gather.set;
    return ATS_OK;
}

static enum ats_status append(struct ats_usecase_list *list, struct ats_usecase *usecase)
{
    struct ats_usecase **items =
        realloc(list->items, (list->count + 1) * sizeof(struct ats_usecase *));
    if (!items)
        return ATS_ERR_MEMORY;
    list->items = items;
    list->items[list->count++] = usecase;
    return ATS_OK;
}

static enum ats_status add_usecase(void *ctx, const struct ats_control_record *record)
{
    struct gather *gather = ctx;
    struct ats_usecase *usecase = NULL;
    struct ats_body_usecase body;
    struct ats_error err = {0};
    enum ats_status status = ats_body_usecase_parse(record->body, &body);
    if (status == ATS_OK) {
        status = ats_usecase_parse(ats_span_text(body.yaml), record->name, &usecase, &err);
        ats_body_usecase_fini(&body);
    }
    if (status == ATS_OK)
        status = append(gather->list, usecase);
    if (status == ATS_OK)
        return ATS_OK;
    ats_usecase_free(usecase);
    return leave_out(gather, record, status, &err);
}

enum ats_status ats_catalog_usecases(struct ats_store_view *view, ats_catalog_bad *bad, void *ctx,
                                     struct ats_usecase_list *ret_list)
{
    struct ats_usecase_list list = {0};
    struct gather gather = {.bad = bad, .ctx = ctx, .list = &list};
    enum ats_status status = ats_registry_walk(view, ATS_CONTROL_USECASE, add_usecase, &gather);
    if (status != ATS_OK) {
        ats_usecase_list_fini(&list);
        return status;
    }
    *ret_list = list;
    return ATS_OK;
}

void ats_usecase_list_fini(struct ats_usecase_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        ats_usecase_free(list->items[i]);
    free(list->items);
    *list = (struct ats_usecase_list){0};
}

/* Whose newest record has this very text. A reader of another version may be told of another one, and frames with its own. */
static enum ats_status find_record_schema_id(struct ats_store_view *view,
                                             const struct ats_record_schema_text *schema,
                                             uint32_t *ret_id)
{
    struct ats_control_record record;
    struct ats_body_schema body;
    *ret_id = ats_schema_id(schema->text);
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_SCHEMA, ats_span_text(schema->name), &record);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    if (ats_body_schema_parse(record.body, &body) != ATS_OK)
        return ATS_OK;
    if (ats_span_is(schema->text, body.text))
        *ret_id = body.schema_id;
    ats_body_schema_fini(&body);
    return ATS_OK;
}

enum ats_status ats_catalog_record_ids(struct ats_store_view *view)
{
    enum ats_status status = ATS_OK;
    const struct ats_record_schema_text *schema = ats_record_schema_texts;
    for (; schema->name && status == ATS_OK; schema++) {
        uint32_t id = 0;
        if (!ats_record_schema_takes_id(schema->name))
            continue;
        status = find_record_schema_id(view, schema, &id);
        if (status == ATS_OK)
            ats_record_schema_set_id(schema->name, id);
    }
    return status;
}

enum ats_status ats_catalog_schema(struct ats_store_view *view, uint32_t schema_id,
                                   struct ats_buf *ret_text)
{
    struct ats_store_key key = ats_store_key_schema(schema_id);
    struct ats_span text;
    enum ats_status status = ats_store_get(view, ats_store_key_span(&key), &text);
    if (status != ATS_OK)
        return status;
    ats_buf_append(ret_text, text.data, text.len);
    return ret_text->status;
}
