/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A site's own Schema Registry, by the part of Confluent's HTTP API that Karapace, Apicurio, Redpanda and others share.
 *
 * Each call blocks, at most ATS_SCHEMA_REGISTRY_TIMEOUT_S for a try. What may be asked again is tried ATS_SCHEMA_REGISTRY_TRIES times at each of the
 * URLs. Thread: one. Owns: the settings.
 */
#ifndef ATS_CLI_SCHEMA_REGISTRY_H
#define ATS_CLI_SCHEMA_REGISTRY_H

#include "cli/schema_registry_settings.h"
#include "common/base/span.h"
#include "common/store/store.h"

struct ats_schema_registry;

/* The one that is configured; NULL where none is. CONFIG: so too where none is, `none` was not said, and schemas of records, or of the
   contract's versions (NULL: of none), have ids of one: the next ones would be in no registry. */
ATS_MUST_USE enum ats_status ats_schema_registry_open(const struct ats_cli *cli,
                                                      struct ats_store_view *view,
                                                      const char *contract,
                                                      struct ats_schema_registry **ret_client,
                                                      struct ats_error *err);
/* Takes the settings, which have a URL, on success. */
ATS_MUST_USE enum ats_status ats_schema_registry_new(struct ats_schema_registry_settings *settings,
                                                     struct ats_schema_registry **ret_client,
                                                     struct ats_error *err);
void ats_schema_registry_free(struct ats_schema_registry *client);
/* The one that answered last; at first the first. */
const char *ats_schema_registry_url(const struct ats_schema_registry *client);

/*
 * UNAVAILABLE: it does not answer, or has a fault of its own. CONFIG: what answers is no Schema Registry, does not let us in, or its
 * certificate does not hold. REFUSED: it does not take the schema, and says why.
 */

/* Registers the schema, or finds that it is; the id that the registry has given it, which it was asked for again: 1 to 2^31-1. */
ATS_MUST_USE enum ats_status ats_schema_registry_register(struct ats_schema_registry *client,
                                                          const char *subject,
                                                          struct ats_span schema, uint32_t *ret_id,
                                                          struct ats_error *err);
/* The id under which the subject has this schema; NOT_FOUND. */
ATS_MUST_USE enum ats_status ats_schema_registry_find(struct ats_schema_registry *client,
                                                      const char *subject, struct ats_span schema,
                                                      uint32_t *ret_id, struct ats_error *err);
/* Whether what the registry gives for the id reads records of the schema: names, types and their order are the same. NOT_FOUND: it has
   none of that id. */
ATS_MUST_USE enum ats_status ats_schema_registry_has(struct ats_schema_registry *client,
                                                     uint32_t id, struct ats_span schema,
                                                     bool *ret_same, struct ats_error *err);

#endif
