/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quarantine_evidence.h"

#include "cli/topic_walk.h"
#include "cli/topics.h"

static void pass_over(void *ctx, enum ats_evidence_fault fault, struct ats_span gate,
                      uint64_t number, const char *text)
{
    (void)ctx;
    (void)fault;
    (void)gate;
    (void)number;
    (void)text;
}

static bool visit(void *ctx, const struct ats_kafka_record *record)
{
    struct ats_quarantine_evidence *evidence = ctx;
    evidence->status = ats_evidence_log_add(&evidence->log, record, pass_over, NULL);
    return evidence->status == ATS_OK;
}

static enum ats_status take_history(struct ats_quarantine_evidence *evidence,
                                    const struct ats_session *session)
{
    struct ats_store_view *view = ats_session_view(session);
    ats_control_history_init(&evidence->history, ats_session_pins(session), false);
    enum ats_status status = ats_control_history_add_newest(&evidence->history, view);
    return status == ATS_OK
               ? ats_control_history_complete(&evidence->history, view,
                                              ats_registry_count(ats_session_registry(session)))
               : status;
}

enum ats_status ats_quarantine_evidence_open(struct ats_quarantine_evidence *evidence,
                                             const struct ats_cli *cli, struct ats_session *session,
                                             struct ats_error *err)
{
    struct ats_topic_walk walk = {
        .cli = cli, .topic = evidence->topic, .visit = visit, .ctx = evidence};
    *evidence = (struct ats_quarantine_evidence){0};
    enum ats_status status = take_history(evidence, session);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the local copy cannot be read: %s",
                             ats_status_name(status));
    status = ats_topics_resolve(cli, "evidence", evidence->topic, err);
    ats_evidence_log_init(&evidence->log, &evidence->history, evidence->topic);
    if (status == ATS_OK)
        status = ats_topic_walk_to_end(&walk, err);
    if (status == ATS_ERR_NOT_FOUND)
        return ATS_OK;
    if (status == ATS_OK && evidence->status != ATS_OK)
        status = ats_error_set(err, evidence->status, "out of memory");
    return status;
}

void ats_quarantine_evidence_close(struct ats_quarantine_evidence *evidence)
{
    ats_evidence_log_fini(&evidence->log);
    ats_control_history_fini(&evidence->history);
}

/* As of a record that rests on its gate's word. */
const char *ats_quarantine_evidence_of(struct ats_quarantine_evidence *evidence,
                                       const struct ats_kafka_record *record,
                                       const struct ats_event *event)
{
    struct ats_message_finding finding = {
        .verdict = ATS_MESSAGE_GATES_WORD, .has_event = true, .event = *event};
    ats_evidence_appraise(&evidence->log, record, &finding);
    if (finding.verdict == ATS_MESSAGE_GATES_WORD_SIGNED)
        return "signed";
    if (finding.reason == ATS_MESSAGE_EVIDENCE_FORK)
        return "fork";
    return finding.reason == ATS_MESSAGE_EVIDENCE_DIFFERS ? "differs" : "not-covered";
}
