/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/forward_told.h"

void ats_forward_told_waiting(struct ats_forward_told *told, const char *group, bool knows_group)
{
    if (told->waiting)
        return;
    told->waiting = true;
    ats_log_event(told->log, ATS_LOG_WARNING, "forwarder.waiting",
                  "group=%s reason=\"%s; the journal keeps what is admitted\"", group,
                  knows_group
                      ? "the control log has other keys of this gate, so nobody would take its seal"
                      : "the control log has no record of this processor group yet: run "
                        "`attestream processor add NAME`");
}

void ats_forward_told_sending(struct ats_forward_told *told)
{
    told->waiting = false;
}

void ats_forward_told_notice(struct ats_forward_told *told, const char *text)
{
    if (told->noticed)
        return;
    told->noticed = true;
    ats_log_event(told->log, ATS_LOG_WARNING, "forwarder.kafka-notice", "reason=\"%s\"", text);
}

void ats_forward_told_failed(struct ats_forward_told *told, enum ats_status status,
                             const char *reason, int retry_ms)
{
    if (told->failed == status)
        return;
    told->failed = status;
    ats_log_event(told->log, ATS_LOG_WARNING, "forwarder.failed", "reason=\"%s\" retry_ms=%d",
                  reason, retry_ms);
}

void ats_forward_told_taken(struct ats_forward_told *told)
{
    told->noticed = false;
    told->failed = ATS_OK;
}
