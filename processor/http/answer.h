/* SPDX-License-Identifier: Apache-2.0 */
/* What the routes' answers are made with. Thread: any. */
#ifndef ATS_HTTP_ANSWER_H
#define ATS_HTTP_ANSWER_H

#include "processor/http/routes.h"

#include <jansson.h>

#define ATS_HTTP_TYPE_JSON "application/json"
#define ATS_HTTP_TYPE_TEXT "text/plain; version=0.0.4; charset=utf-8"
/* What Confluent's clients ask for and get. */
#define ATS_HTTP_TYPE_REGISTRY "application/vnd.schemaregistry.v1+json"

/* Appends the JSON text and takes the reference. */
void ats_http_append_json(struct ats_buf *body, json_t *json);
struct ats_http_answer ats_http_answer_error(struct ats_buf *body, unsigned status,
                                             const char *type, int code, const char *message);

#endif
