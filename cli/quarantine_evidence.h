/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gates' signed journal checkpoints say of records of quarantine, where nobody can check their seal any more: whether the record there is the
 * one that its gate forwarded. Thread: one. Owns: what it has read.
 */
#ifndef ATS_CLI_QUARANTINE_EVIDENCE_H
#define ATS_CLI_QUARANTINE_EVIDENCE_H

#include "cli/evidence.h"
#include "cli/session.h"

struct ats_quarantine_evidence {
    struct ats_control_history history;
    struct ats_evidence_log log;
    char topic[ATS_KAFKA_TOPIC_MAX + 1];
    enum ats_status status;
};

/* Reads the evidence topic to the end that it has; one that is not there covers nothing. The caller closes it, also after a failure. */
ATS_MUST_USE enum ats_status ats_quarantine_evidence_open(struct ats_quarantine_evidence *evidence,
                                                          const struct ats_cli *cli,
                                                          struct ats_session *session,
                                                          struct ats_error *err);
void ats_quarantine_evidence_close(struct ats_quarantine_evidence *evidence);
/* "signed", "differs", "fork" or "not-covered". */
const char *ats_quarantine_evidence_of(struct ats_quarantine_evidence *evidence,
                                       const struct ats_kafka_record *record,
                                       const struct ats_event *event);

#endif
