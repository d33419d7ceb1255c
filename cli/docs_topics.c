/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/docs_topics.h"

#include "common/base/limits.h"
#include "common/record/cloudevents.h"

#include <stdio.h>

const struct ats_docs_topic ats_docs_topics[] = {
    {"quarantine",
     {{"quarantine", "quarantine", ATS_CE_TYPE_QUARANTINE, ATS_DOCS_HEADERS_QUARANTINED},
      {"dead-letter", "quarantine", ATS_CE_TYPE_QUARANTINE, ATS_DOCS_HEADERS_PLAIN}},
     "asset or device",
     "What was not admitted: the original bytes and the reason; also the processor's dead "
     "letters."},
    {"decisions",
     {{"decision", "decision", ATS_CE_TYPE_DECISION, ATS_DOCS_HEADERS_PLAIN}},
     "asset",
     "The processor's answer to each admitted event."},
    {"alerts",
     {{"alert", "alert", ATS_CE_TYPE_ALERT, ATS_DOCS_HEADERS_PLAIN}},
     "episode",
     "The present state of each episode."},
    {"erp.requests",
     {{"maintenance-request", "maintenance-request", ATS_CE_TYPE_MAINTENANCE,
       ATS_DOCS_HEADERS_PLAIN}},
     "asset",
     "Maintenance requests for an ERP."},
    {"twin", {{0}}, "thing id", "Updates of digital twins, as Eclipse Ditto protocol messages."},
    {"evidence",
     {{"journal-checkpoint", "journal-checkpoint", ATS_CE_TYPE_JOURNAL_CHECKPOINT,
       ATS_DOCS_HEADERS_PLAIN}},
     "gate",
     "What a gate signs of the records that it forwarded."},
    {"control",
     {{"control", "control", NULL, ATS_DOCS_HEADERS_PLAIN},
      {"control-approved", "control-approved", NULL, ATS_DOCS_HEADERS_PLAIN}},
     "kind/name",
     "Signed records of who and what is trusted."},
    {"heartbeat",
     {{"heartbeat", "control", NULL, ATS_DOCS_HEADERS_PLAIN}},
     "group/member",
     "How far each member of the processor's group has read the control log, and when."},
    {NULL, {{0}}, NULL, NULL},
};

enum ats_status ats_docs_telemetry_topic(const struct ats_cli *cli,
                                         const struct ats_contract *contract,
                                         char ret_name[ATS_KAFKA_TOPIC_MAX + 1],
                                         struct ats_error *err)
{
    char suffix[ATS_NAME_MAX + 16];
    (void)snprintf(suffix, sizeof(suffix), "telemetry.%s", ats_contract_name(contract));
    return ats_kafka_topic_name(&cli->kafka, suffix, ret_name, err);
}
