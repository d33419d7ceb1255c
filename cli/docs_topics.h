/* SPDX-License-Identifier: Apache-2.0 */
/* What is documented of the fleet's own topics. Thread: any. */
#ifndef ATS_CLI_DOCS_TOPICS_H
#define ATS_CLI_DOCS_TOPICS_H

#include "cli/command.h"
#include "common/contract/contract.h"

/* Which headers a record has beside CloudEvents' attributes. */
enum ats_docs_headers {
    ATS_DOCS_HEADERS_PLAIN,       /* none */
    ATS_DOCS_HEADERS_QUARANTINED, /* of what a gate forwards, and did not admit */
    ATS_DOCS_HEADERS_ADMITTED,
};

struct ats_docs_message {
    const char *name;    /* no two messages have the same; NULL: there is none */
    const char *schema;  /* as in schemas/records */
    const char *ce_type; /* NULL: no headers */
    enum ats_docs_headers headers;
};

struct ats_docs_topic {
    const char *suffix;                  /* behind the prefix; NULL ends the table */
    struct ats_docs_message messages[2]; /* none: JSON */
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
