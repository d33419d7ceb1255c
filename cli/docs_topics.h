/* SPDX-License-Identifier: Apache-2.0 */
/* What is documented of the fleet's own topics. Thread: any. */
#ifndef ATS_CLI_DOCS_TOPICS_H
#define ATS_CLI_DOCS_TOPICS_H

#include "cli/command.h"
#include "common/contract/contract.h"

struct ats_docs_topic {
    const char *suffix;     /* behind the prefix; NULL ends the table */
    const char *schemas[2]; /* of its values, as in schemas/records; none: JSON */
    const char *ce_type;    /* NULL: no CloudEvents attributes */
    const char *key;
    const char *what; /* one sentence */
};
extern const struct ats_docs_topic ats_docs_topics[];

/* The full name of a contract's topic. */
ATS_MUST_USE enum ats_status ats_docs_telemetry_topic(const struct ats_cli *cli,
                                                      const struct ats_contract *contract,
                                                      char ret_name[ATS_KAFKA_TOPIC_MAX + 1],
                                                      struct ats_error *err);

#endif
