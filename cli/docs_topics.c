/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/docs_topics.h"

#include "common/base/limits.h"
#include "common/record/cloudevents.h"

#include <stdio.h>

const struct ats_docs_topic ats_docs_topics[] = {
    {"quarantine",
     {"quarantine"},
     ATS_CE_TYPE_QUARANTINE,
     "asset or device",
     "What was not admitted: the original bytes and the reason; also the processor's dead "
     "letters."},
    {"decisions",
     {"decision"},
     ATS_CE_TYPE_DECISION,
     "asset",
     "The processor's answer to each admitted event."},
    {"alerts", {"alert"}, ATS_CE_TYPE_ALERT, "episode", "The present state of each episode."},
    {"erp.requests",
     {"maintenance-request"},
     ATS_CE_TYPE_MAINTENANCE,
     "asset",
     "Maintenance requests for an ERP."},
    {"twin",
     {NULL},
     NULL,
     "thing id",
     "Updates of digital twins, as Eclipse Ditto protocol messages."},
    {"evidence",
     {"journal-checkpoint"},
     ATS_CE_TYPE_JOURNAL_CHECKPOINT,
     "gate",
     "What a gate signs of the records that it forwarded."},
    {"control",
     {"control", "control-approved"},
     NULL,
     "kind/name",
     "Signed records of who and what is trusted."},
    {"heartbeat",
     {"control"},
     NULL,
     "group/member",
     "How far each member of the processor's group has read the control log, and when."},
    {NULL, {NULL}, NULL, NULL, NULL},
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
