/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/docs_source.h"

#include "cli/document.h"
#include "cli/session.h"
#include "common/base/limits.h"
#include "common/contract/set.h"
#include "common/control/body.h"

#include <stdlib.h>

/* Takes both, also where it fails. */
static enum ats_status add(struct ats_docs *docs, struct ats_contract *contract,
                           struct ats_yaml *odcs, struct ats_error *err)
{
    struct ats_docs_contract *grown = NULL;
    if (docs->count < ATS_CONTRACT_FILTERS_MAX)
        grown = realloc(docs->contracts, (docs->count + 1) * sizeof(*grown));
    if (!grown) {
        ats_contract_unref(contract);
        ats_yaml_free(odcs);
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory, or too many contracts");
    }
    docs->contracts = grown;
    grown[docs->count++] = (struct ats_docs_contract){.contract = contract, .odcs = odcs};
    return ATS_OK;
}

static void free_one(struct ats_docs_contract *one)
{
    ats_contract_unref(one->contract);
    ats_yaml_free(one->odcs);
}

void ats_docs_fini(struct ats_docs *docs)
{
    for (size_t i = 0; i < docs->count; i++)
        free_one(&docs->contracts[i]);
    free(docs->contracts);
    *docs = (struct ats_docs){.count = 0};
}

static int by_name(const void *a, const void *b)
{
    const struct ats_docs_contract *first = a;
    const struct ats_docs_contract *second = b;
    int order = strcmp(ats_contract_name(first->contract), ats_contract_name(second->contract));
    return order ? order
                 : ats_contract_compare_versions(ats_contract_version(first->contract),
                                                 ats_contract_version(second->contract));
}

static bool same_name(const struct ats_docs *docs, size_t a, size_t b)
{
    return strcmp(ats_contract_name(docs->contracts[a].contract),
                  ats_contract_name(docs->contracts[b].contract)) == 0;
}

static void sort(struct ats_docs *docs)
{
    if (docs->count > 1)
        qsort(docs->contracts, docs->count, sizeof(*docs->contracts), by_name);
}

static enum ats_status read_folder(const char *folder, struct ats_docs *docs, struct ats_error *err)
{
    struct ats_contract_files files;
    struct ats_yaml *odcs = NULL;
    enum ats_status status = ats_contract_files_read(folder, &files, err);
    if (status != ATS_OK)
        return status;
    status = ats_yaml_parse(ats_buf_span(&files.odcs), folder, &odcs, err);
    if (status == ATS_OK)
        status = add(docs, ats_contract_ref(files.contract), odcs, err);
    ats_contract_files_fini(&files);
    return status;
}

enum ats_status ats_docs_read_folders(const char *const *folders, size_t count,
                                      struct ats_docs *ret_docs, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    *ret_docs = (struct ats_docs){.count = 0};
    for (size_t i = 0; i < count && status == ATS_OK; i++)
        status = read_folder(folders[i], ret_docs, err);
    sort(ret_docs);
    for (size_t i = 1; i < ret_docs->count && status == ATS_OK; i++)
        if (same_name(ret_docs, i - 1, i))
            status = ats_error_set(err, ATS_ERR_CONFIG, "the contract '%s' is in two folders",
                                   ats_contract_name(ret_docs->contracts[i].contract));
    if (status != ATS_OK)
        ats_docs_fini(ret_docs);
    return status;
}

struct reading {
    struct ats_docs *docs;
    struct ats_error *err;
};

/* A contract that was accepted compiles; where it does not all the same, that is told. One that is retired is no contract any more. */
static enum ats_status read_record(void *ctx, const struct ats_control_record *record)
{
    struct reading *reading = ctx;
    struct ats_body_contract body;
    struct ats_contract *contract = NULL;
    struct ats_yaml *odcs = NULL;
    enum ats_status status = ats_body_contract_parse(record->body, &body);
    if (status != ATS_OK)
        return ats_error_set(reading->err, status, "%s: %s", record->name, ats_status_name(status));
    struct ats_span text = ats_span_text(body.odcs);
    if (body.retired) {
        ats_body_contract_fini(&body);
        return ATS_OK;
    }
    status = ats_contract_compile(text, record->name, ats_span_text(body.avsc), record->name,
                                  &contract, reading->err);
    if (status == ATS_OK) {
        ats_contract_set_schema_id(contract, body.schema_id);
        status = ats_yaml_parse(text, record->name, &odcs, reading->err);
    }
    ats_body_contract_fini(&body);
    if (status == ATS_OK)
        return add(reading->docs, contract, odcs, reading->err);
    ats_contract_unref(contract);
    return status;
}

/* Of several versions the highest, which governs. */
static void keep_highest(struct ats_docs *docs)
{
    size_t kept = 0;
    for (size_t i = 0; i < docs->count; i++) {
        if (i + 1 < docs->count && same_name(docs, i, i + 1))
            free_one(&docs->contracts[i]);
        else
            docs->contracts[kept++] = docs->contracts[i];
    }
    docs->count = kept;
}

enum ats_status ats_docs_read_log(const struct ats_cli *cli, struct ats_docs *ret_docs,
                                  struct ats_error *err)
{
    struct ats_session *session = NULL;
    struct reading reading = {.docs = ret_docs, .err = err};
    *ret_docs = (struct ats_docs){.count = 0};
    enum ats_status status = ats_session_open(cli, ATS_SESSION_READ, &session, err);
    if (status == ATS_OK) {
        status = ats_registry_walk(ats_session_view(session), ATS_CONTROL_CONTRACT, read_record,
                                   &reading);
        if (status != ATS_OK && err->text[0] == '\0')
            (void)ats_error_set(err, status, "the local copy cannot be read: %s",
                                ats_status_name(status));
    }
    ats_session_close(session);
    sort(ret_docs);
    keep_highest(ret_docs);
    if (status != ATS_OK)
        ats_docs_fini(ret_docs);
    return status;
}
