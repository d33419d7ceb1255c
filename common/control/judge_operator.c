/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator may do and for how long. The beginning is held against the log's time alone, which may be an hour behind; the end
 * against the later of that and the one that the record states itself: a signer's own clock is believed against the signer, never for
 * it.
 */
#include "common/base/calendar.h"
#include "common/control/judge.h"
#include "common/control/name_pattern.h"

#include <inttypes.h>

enum ats_status ats_judge_standing(struct ats_judge *judge, const char *name,
                                   const struct ats_body_operator *signer)
{
    int64_t log_ms = 0;
    enum ats_status status = ats_judge_log_time(judge, &log_ms);
    if (status != ATS_OK)
        return status;
    int64_t time_ms = judge->record.time_ms > log_ms ? judge->record.time_ms : log_ms;
    if (signer->revoked)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "operator '%s' is revoked",
                                name);
    if (signer->not_after_ms != 0 && signer->not_after_ms <= time_ms)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "operator '%s' has expired",
                                name);
    if (signer->not_before_ms > log_ms)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER,
                                "operator '%s' is not in office yet", name);
    return ATS_OK;
}

enum ats_status ats_judge_scope(struct ats_judge *judge, const char *name,
                                const struct ats_body_operator *signer)
{
    enum ats_control_kind kind = judge->record.kind;
    if ((signer->kinds & (UINT32_C(1) << kind)) == 0)
        return ats_judge_reject(
            judge, ATS_CONTROL_OUT_OF_SCOPE, "out of scope: '%s' may not sign %s '%s', nor any %s",
            name, ats_control_kind_name(kind), judge->record.name, ats_control_kind_name(kind));
    if (!ats_name_matches(signer->names, judge->record.name))
        return ats_judge_reject(judge, ATS_CONTROL_OUT_OF_SCOPE,
                                "out of scope: '%s' may not sign %s '%s', only names like %s", name,
                                ats_control_kind_name(kind), judge->record.name, signer->names);
    return ATS_OK;
}

/* Devices believe whom an operator's certificate certifies: it must not reach further than the record. */
static enum ats_status check_certificate_reach(struct ats_judge *judge,
                                               const struct ats_body_operator *operator_)
{
    struct ats_certificate certificate;
    bool may_sign_gates = (operator_->kinds & (UINT32_C(1) << ATS_CONTROL_GATE)) != 0;
    if (operator_->revoked)
        return ATS_OK;
    if (may_sign_gates != (operator_->certificate_len > 0))
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                may_sign_gates
                                    ? "who may sign gates needs a certificate for devices"
                                    : "who may sign no gates has no certificate for devices");
    if (!may_sign_gates)
        return ATS_OK;
    bool readable = ats_certificate_decode(operator_->certificate, operator_->certificate_len,
                                           &certificate) == ATS_DEVICE_OK;
    if (!readable || certificate.not_before_ms < (uint64_t)operator_->not_before_ms)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "its certificate begins before the operator");
    if (operator_->not_after_ms == 0 ||
        certificate.not_after_ms <= (uint64_t)operator_->not_after_ms)
        return ATS_OK;
    return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                            "its certificate outlasts the operator");
}

/* A theft may have begun earlier than was known: the root may move the place back, and change nothing else. */
static enum ats_status check_correction(struct ats_judge *judge,
                                        const struct ats_body_operator *operator_,
                                        const struct ats_body_operator *before)
{
    const struct ats_body_place *place = &operator_->stands_until;
    if (!operator_->revoked || place->count == 0 ||
        memcmp(operator_->key, before->key, sizeof(before->key)) != 0)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "a revoked operator stays revoked");
    if (before->stands_until.count != 0 && place->count >= before->stands_until.count)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "it is revoked as of control record %" PRIu64
                                ": only an earlier place may follow",
                                before->stands_until.count);
    return ats_judge_place_named(judge, place);
}

enum ats_status ats_judge_operator(struct ats_judge *judge,
                                   const struct ats_body_operator *operator_,
                                   const struct ats_body_operator *before)
{
    if (before->revoked)
        return check_correction(judge, operator_, before);
    if (operator_->stands_until.count > 0) {
        if (!operator_->revoked)
            return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                    "only a revoked operator stands until a place in the log");
        return ats_judge_place_named(judge, &operator_->stands_until);
    }
    if (operator_->not_after_ms != 0 && operator_->not_after_ms <= operator_->not_before_ms)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY, "it ends before it begins");
    return check_certificate_reach(judge, operator_);
}
