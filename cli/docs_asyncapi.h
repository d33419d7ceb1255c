/* SPDX-License-Identifier: Apache-2.0 */
/* The AsyncAPI 3.0 document of a fleet's topics. Thread: one. */
#ifndef ATS_CLI_DOCS_ASYNCAPI_H
#define ATS_CLI_DOCS_ASYNCAPI_H

#include "cli/docs_source.h"
#include "cli/docs_topics.h"

#include <jansson.h>

/* The caller decrefs. */
ATS_MUST_USE enum ats_status ats_docs_asyncapi(const struct ats_cli *cli,
                                               const struct ats_docs *docs, json_t **ret_document,
                                               struct ats_error *err);

/* docs_headers.c: an AsyncAPI schema of the headers of what has this CloudEvents type. */
json_t *ats_docs_headers(const char *ce_type, enum ats_docs_headers form);

#endif
