/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The read API of Confluent's Schema Registry (version 1), answered from the control log: what stock serializers, deserializers and tools
 * ask for. Nothing can be registered here: schemas come from `attestream contract publish` and `topics create`. docs/topics.md has the
 * paths and what a version's number is. Thread: the HTTP server's.
 */
#ifndef ATS_HTTP_REGISTRY_H
#define ATS_HTTP_REGISTRY_H

#include "processor/http/routes.h"

/* Whether the path is one of the registry's; then `ret_answer` and `body` are it. */
bool ats_http_registry_route(const struct ats_http_source *source,
                             const struct ats_http_request *request, struct ats_buf *body,
                             struct ats_http_answer *ret_answer);

#endif
