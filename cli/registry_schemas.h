/* SPDX-License-Identifier: Apache-2.0 */
/* The schemas that a site's own Schema Registry is to have: of each contract's versions, and of the topics of gate and processor. */
#ifndef ATS_CLI_REGISTRY_SCHEMAS_H
#define ATS_CLI_REGISTRY_SCHEMAS_H

#include "cli/command.h"
#include "common/control/record.h"
#include "common/store/store.h"

#define ATS_SUBJECT_SIZE (ATS_KAFKA_TOPIC_MAX + sizeof("-value"))

struct ats_registry_schema {
    enum ats_control_kind kind; /* a contract, or a record's schema */
    char name[ATS_NAME_MAX +
              1]; /* of its record in the control log: "ID@VERSION", or the record's */
    char subject[ATS_SUBJECT_SIZE];
    uint32_t schema_id; /* with which its records are framed */
    char *text;
};

struct ats_registry_schemas {
    struct ats_registry_schema *items; /* by subject; versions of one from the lowest up */
    size_t count;
    size_t room;
};

/* Of the control log's topics there is none: how its records are framed is how its readers know them. */
ATS_MUST_USE enum ats_status ats_registry_schemas_list(const struct ats_cli *cli,
                                                       struct ats_store_view *view,
                                                       struct ats_registry_schemas *ret_list,
                                                       struct ats_error *err);
void ats_registry_schemas_fini(struct ats_registry_schemas *list);
/* "<topic>-value", of a topic behind the prefix. CONFIG. */
ATS_MUST_USE enum ats_status ats_registry_subject(const struct ats_cli *cli, const char *topic,
                                                  const char *name,
                                                  char ret_subject[ATS_SUBJECT_SIZE],
                                                  struct ats_error *err);
/* Whether the records of this schema have an id that a registry gave. */
bool ats_registry_gave_id(const struct ats_registry_schema *schema);
/* Whether the schema of a record, or of a version of that contract (NULL: of none), is such a one in the control log. */
ATS_MUST_USE enum ats_status ats_registry_ids_used(struct ats_store_view *view,
                                                   const char *contract, bool *ret_used,
                                                   struct ats_error *err);

#endif
