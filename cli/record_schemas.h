/* SPDX-License-Identifier: Apache-2.0 */
/* Stating the schemas of the records that this version writes, each with the id that its records are framed with. Thread: one. */
#ifndef ATS_CLI_RECORD_SCHEMAS_H
#define ATS_CLI_RECORD_SCHEMAS_H

#include "cli/schema_registry.h"
#include "cli/session.h"

#define ATS_RECORD_SCHEMAS_MAX 64

/* By the place in ats_record_schema_texts; 0: the one that the log has, else that of the text. */
struct ats_record_ids {
    uint32_t ids[ATS_RECORD_SCHEMAS_MAX];
};

/* Registers what a registry may give an id for; all 0 where there is no registry (NULL). */
ATS_MUST_USE enum ats_status ats_record_ids_ask(const struct ats_cli *cli,
                                                struct ats_schema_registry *registry,
                                                struct ats_record_ids *ret_ids,
                                                struct ats_error *err);
/* Whether the log has each as this version has it, with its id. */
bool ats_record_schemas_are_stated(struct ats_session *session, const struct ats_record_ids *ids);
/* States those that are not; how many. */
ATS_MUST_USE enum ats_status ats_record_schemas_state(struct ats_session *session,
                                                      const struct ats_record_ids *ids,
                                                      size_t *ret_count, struct ats_error *err);

#endif
