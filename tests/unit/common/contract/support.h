/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of common/contract share: contracts made from a schema text, and from the folders in schemas/contracts. */
#ifndef ATS_TESTS_CONTRACT_SUPPORT_H
#define ATS_TESTS_CONTRACT_SUPPORT_H

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/contract/contract.h"
#include "common/contract/plan.h"
#include "common/contract/transcode.h"

#include <criterion/criterion.h>
#include <stdio.h>

static inline struct ats_plan plan_of(const char *schema)
{
    struct ats_plan plan;
    struct ats_error err = {0};
    cr_assert_eq(ats_plan_compile(ats_span_text(schema), "t.avsc", &plan, &err), ATS_OK, "%s",
                 err.text);
    return plan;
}

static const uint8_t test_secret[ATS_JSON_SECRET_SIZE] = {1, 2, 3};

static inline enum ats_status transcode(const struct ats_plan *plan, bool ignore_unknown,
                                        struct ats_span json, struct ats_buf *out,
                                        struct ats_verdict *ret_verdict)
{
    const struct ats_transcode_options options = {.secret = test_secret,
                                                  .ignore_unknown = ignore_unknown};
    return ats_transcode(&plan->root, &options, json, out, NULL, ret_verdict);
}

/* A plan for {"v": ...} with that type. */
static inline struct ats_plan plan_of_type(const char *type)
{
    char schema[4096];
    (void)snprintf(schema, sizeof(schema),
                   "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"v\",\"type\":%s}]}",
                   type);
    return plan_of(schema);
}

/* A contract `c` of the topic t/{device}: the Avro fields, the ODCS properties (YAML, flow) and more settings, each begun with a comma. */
static inline enum ats_status try_compile_fields(const char *version, const char *fields,
                                                 const char *properties, const char *settings,
                                                 struct ats_contract **ret_contract,
                                                 struct ats_error *err)
{
    char odcs[4096];
    char avsc[4096];
    (void)snprintf(odcs, sizeof(odcs),
                   "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: %s\nstatus: active\n"
                   "schema:\n  - name: c\n    properties: [%s]\n"
                   "customProperties:\n  - property: attestream\n"
                   "    value: {topics: [\"t/{device}\"]%s}\n",
                   version, properties, settings);
    (void)snprintf(avsc, sizeof(avsc), "{\"type\":\"record\",\"name\":\"C\",\"fields\":[%s]}",
                   fields);
    return ats_contract_compile(ats_span_text(odcs), "c.yaml", ats_span_text(avsc), "c.avsc",
                                ret_contract, err);
}

static inline struct ats_contract *compile_fields(const char *version, const char *fields,
                                                  const char *properties, const char *settings)
{
    struct ats_contract *contract = NULL;
    struct ats_error err = {0};
    cr_assert_eq(try_compile_fields(version, fields, properties, settings, &contract, &err), ATS_OK,
                 "%s", err.text);
    return contract;
}

static inline struct ats_contract *compile_folder(const char *name)
{
    char odcs_path[512];
    char avsc_path[512];
    struct ats_buf odcs;
    struct ats_buf avsc;
    struct ats_error err = {0};
    struct ats_contract *contract = NULL;
    ats_buf_init(&odcs, ATS_DOCUMENT_MAX);
    ats_buf_init(&avsc, ATS_DOCUMENT_MAX);
    (void)snprintf(odcs_path, sizeof(odcs_path),
                   ATS_SOURCE_DIR "/schemas/contracts/%s/contract.odcs.yaml", name);
    (void)snprintf(avsc_path, sizeof(avsc_path), ATS_SOURCE_DIR "/schemas/contracts/%s/schema.avsc",
                   name);
    cr_assert_eq(ats_file_read(odcs_path, &odcs, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_file_read(avsc_path, &avsc, &err), ATS_OK, "%s", err.text);
    cr_assert_eq(ats_contract_compile(ats_buf_span(&odcs), odcs_path, ats_buf_span(&avsc),
                                      avsc_path, &contract, &err),
                 ATS_OK, "%s", err.text);
    ats_buf_fini(&odcs);
    ats_buf_fini(&avsc);
    return contract;
}

#endif
