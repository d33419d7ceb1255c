/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/replay_documents.h"

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static enum ats_status read_document(const char *path, struct ats_buf *buf, struct ats_error *err)
{
    ats_buf_init(buf, ATS_DOCUMENT_MAX);
    return ats_file_read(path, buf, err);
}

/* NAME@VERSION=ID, of a contract that is in the set. */
static enum ats_status set_schema_id(const char *text, struct ats_contract_set *set,
                                     struct ats_error *err)
{
    const char *equals = strchr(text, '=');
    size_t name_len = equals ? (size_t)(equals - text) : 0;
    uint64_t id = 0;
    bool good = equals && ats_parse_uint64(ats_span_text(equals + 1), &id) == ATS_OK && id >= 1 &&
                id <= INT32_MAX;
    for (size_t i = 0; good && i < ats_contract_set_count(set); i++) {
        struct ats_contract *contract = ats_contract_set_at(set, i);
        char name[2 * ATS_NAME_MAX];
        (void)snprintf(name, sizeof(name), "%s@%s", ats_contract_name(contract),
                       ats_contract_version(contract));
        if (strlen(name) == name_len && memcmp(name, text, name_len) == 0) {
            ats_contract_set_schema_id(contract, (uint32_t)id);
            return ATS_OK;
        }
    }
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "option '--schema-id': '%.*s' is not allowed (allowed: NAME@VERSION=ID, "
                         "of a contract that is given, with an id from 1 to 2^31-1)",
                         ATS_QUOTE(text));
}

static enum ats_status add_contract(const char *folder, struct ats_contract_set *set,
                                    struct ats_error *err)
{
    char odcs_path[PATH_MAX];
    char avsc_path[PATH_MAX];
    struct ats_buf odcs = {0};
    struct ats_buf avsc = {0};
    struct ats_contract *contract = NULL;
    int odcs_len = snprintf(odcs_path, sizeof(odcs_path), "%s/contract.odcs.yaml", folder);
    int avsc_len = snprintf(avsc_path, sizeof(avsc_path), "%s/schema.avsc", folder);
    if (odcs_len >= PATH_MAX || avsc_len >= PATH_MAX)
        return ats_error_set(err, ATS_ERR_NOT_FOUND, "%.100s...: the path is too long", folder);
    enum ats_status status = read_document(odcs_path, &odcs, err);
    if (status == ATS_OK)
        status = read_document(avsc_path, &avsc, err);
    if (status == ATS_OK)
        status = ats_contract_compile(ats_buf_span(&odcs), odcs_path, ats_buf_span(&avsc),
                                      avsc_path, &contract, err);
    if (status == ATS_OK) {
        status = ats_contract_set_add(set, contract);
        if (status != ATS_OK)
            (void)ats_error_set(err, status, "%s: cannot stand beside another contract", folder);
    }
    ats_contract_unref(contract);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
    return status;
}

static enum ats_status add_usecase(const char *path, struct ats_usecase_list *list,
                                   struct ats_error *err)
{
    struct ats_buf text = {0};
    enum ats_status status = read_document(path, &text, err);
    if (status == ATS_OK)
        status = ats_usecase_parse(ats_buf_span(&text), path, &list->items[list->count], err);
    if (status == ATS_OK)
        list->count++;
    ats_buf_fini(&text);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const struct ats_usecase *const *first = a;
    const struct ats_usecase *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

static enum ats_status read_usecases(const struct ats_replay_documents *documents,
                                     struct ats_usecase_list *list, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    list->items = calloc(documents->usecase_count + 1, sizeof(*list->items));
    if (!list->items)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < documents->usecase_count && status == ATS_OK; i++)
        status = add_usecase(documents->usecases[i], list, err);
    if (status != ATS_OK)
        return status;
    qsort(list->items, list->count, sizeof(struct ats_usecase *), by_name);
    for (size_t i = 1; i < list->count; i++) {
        if (strcmp(list->items[i - 1]->name, list->items[i]->name) == 0)
            return ats_error_set(err, ATS_ERR_CONFIG, "two use cases have the name '%s'",
                                 list->items[i]->name);
    }
    return ATS_OK;
}

/* That every use case is about a contract that was given, and can run. */
static enum ats_status check_usecases(const struct ats_snapshot *snapshot, struct ats_error *err)
{
    for (size_t i = 0; i < snapshot->usecases.count; i++) {
        const struct ats_usecase *usecase = snapshot->usecases.items[i];
        if (!ats_contract_set_find_name(snapshot->contracts, usecase->contract))
            return ats_error_set(err, ATS_ERR_CONFIG,
                                 "use case %s is about the contract %s, which was not given",
                                 usecase->name, usecase->contract);
    }
    return ats_pipeline_check(snapshot, err);
}

enum ats_status ats_replay_documents_read(const struct ats_replay_documents *documents,
                                          struct ats_snapshot **ret_snapshot, struct ats_error *err)
{
    struct ats_contract_set *set = NULL;
    struct ats_usecase_list list = {0};
    enum ats_status status = ats_contract_set_new(&set);
    if (status != ATS_OK)
        return ats_error_set(err, status, "out of memory");
    for (size_t i = 0; i < documents->contract_count && status == ATS_OK; i++)
        status = add_contract(documents->contracts[i], set, err);
    for (size_t i = 0; i < documents->schema_id_count && status == ATS_OK; i++)
        status = set_schema_id(documents->schema_ids[i], set, err);
    if (status == ATS_OK)
        status = read_usecases(documents, &list, err);
    if (status != ATS_OK) {
        ats_contract_set_free(set);
        ats_usecase_list_fini(&list);
        return status;
    }
    struct ats_snapshot *snapshot = ats_snapshot_new(0, set, &list);
    if (!snapshot)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    status = check_usecases(snapshot, err);
    if (status != ATS_OK) {
        ats_snapshot_unref(snapshot);
        return status;
    }
    *ret_snapshot = snapshot;
    return ATS_OK;
}
