/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts of two persons. A record with two signatures is one act: two operators, with a key each, signed the same bytes before the
 * proposal's end, and either might have signed it alone but for the policy. The policy names the kinds that take two, and how much
 * of what runs one operator may stop alone in an hour (judge_stops.c), so that whoever holds one key can stop a device and no plant.
 */
#include "common/base/limits.h"
#include "common/control/allowance.h"
#include "common/control/body_policy.h"
#include "common/control/checkpoint.h"
#include "common/control/judge.h"
#include "common/control/tally.h"

#include <inttypes.h>

static enum ats_status read_tally(struct ats_judge *judge, struct ats_tally *ret_tally)
{
    int64_t now_ms = 0;
    enum ats_status status = ats_judge_log_time(judge, &now_ms);
    return status == ATS_OK ? ats_tally_find(judge->batch, judge->record.signer, now_ms, ret_tally)
                            : status;
}

static enum ats_status find_policy(struct ats_judge *judge, struct ats_body_policy *ret_policy)
{
    struct ats_control_record record;
    enum ats_status status = ats_judge_find(judge, ATS_CONTROL_POLICY, ATS_POLICY_NAME, &record);
    *ret_policy = (struct ats_body_policy){.hourly = ATS_POLICY_UNLIMITED};
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    return ats_body_policy_parse(record.body, ret_policy) == ATS_OK ? ATS_OK : ATS_ERR_CORRUPT;
}

static bool is_by_operator(const struct ats_judge *judge)
{
    return (ATS_OPERATOR_KINDS & (UINT32_C(1) << judge->record.kind)) != 0;
}

static enum ats_status check_alone(struct ats_judge *judge)
{
    struct ats_body_policy policy;
    struct ats_tally tally;
    enum ats_control_kind kind = judge->record.kind;
    enum ats_status status = find_policy(judge, &policy);
    if (status != ATS_OK)
        return status;
    if ((policy.critical & (UINT32_C(1) << kind)) != 0 && !ats_judge_only_stops(judge))
        return ats_judge_reject(judge, ATS_CONTROL_UNAPPROVED,
                                "a %s takes two persons: give --propose FILE, and another operator "
                                "runs `attestream approve FILE`",
                                ats_control_kind_name(kind));
    if (policy.hourly == ATS_POLICY_UNLIMITED || judge->stops == 0)
        return ATS_OK;
    status = read_tally(judge, &tally);
    if (status != ATS_OK)
        return status;
    uint64_t stopped = ats_tally_count(&tally);
    if (stopped < policy.hourly && judge->stops <= policy.hourly - stopped)
        return ATS_OK;
    return ats_judge_reject(judge, ATS_CONTROL_UNAPPROVED,
                            "'%s' has stopped %" PRIu64
                            " devices, gates or members within an hour and would stop %" PRIu64
                            " more: that takes two persons: give --propose FILE, and "
                            "another operator runs `attestream approve FILE`",
                            judge->record.signer, stopped, judge->stops);
}

/* What it was held against may be void by now: an end stays one, whatever keys its body says. */
static bool ends(const struct ats_judge *again)
{
    struct ats_body_gate gate;
    struct ats_body_device device;
    if (again->record.kind == ATS_CONTROL_GATE)
        return ats_body_gate_parse(again->record.body, &gate) == ATS_OK && gate.revoked;
    return again->record.kind == ATS_CONTROL_DEVICE &&
           ats_body_device_parse(again->record.body, &device) == ATS_OK &&
           (device.state == ATS_DEVICE_SUSPENDED || device.state == ATS_DEVICE_REVOKED ||
            device.state == ATS_DEVICE_RETIRED);
}

enum ats_status ats_judge_alone_again(struct ats_judge *again, bool *ret_enough)
{
    struct ats_body_policy policy;
    enum ats_status status = find_policy(again, &policy);
    *ret_enough =
        status == ATS_OK && (again->record.expires_ms != 0 ||
                             (policy.critical & (UINT32_C(1) << again->record.kind)) == 0);
    if (status != ATS_OK || *ret_enough)
        return status;
    status = ats_judge_find(again, again->record.kind, again->record.name, &again->current);
    if (status == ATS_OK)
        status = ats_judge_stops(again);
    *ret_enough = status == ATS_OK && (ats_judge_only_stops(again) || ends(again));
    return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
}

static enum ats_status check_proposal(struct ats_judge *judge)
{
    int64_t now_ms = 0;
    enum ats_status status = ats_judge_log_time(judge, &now_ms);
    if (status != ATS_OK)
        return status;
    if (judge->record.expires_ms <= now_ms)
        return ats_judge_reject(judge, ATS_CONTROL_UNAPPROVED, "the proposal has expired");
    if (judge->record.expires_ms <= judge->record.time_ms ||
        judge->record.expires_ms - judge->record.time_ms > ATS_PROPOSAL_LIFE_MAX_MS)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "a proposal lasts at most seven days");
    return ATS_OK;
}

static enum ats_status check_approver(struct ats_judge *judge)
{
    const struct ats_control_record *record = &judge->record;
    struct ats_control_record stored;
    struct ats_body_operator approver;
    char key_id[ATS_KEY_ID_SIZE];
    enum ats_status status = ats_judge_find(judge, ATS_CONTROL_OPERATOR, record->approver, &stored);
    if (status == ATS_ERR_NOT_FOUND)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "unknown operator '%s'",
                                record->approver);
    if (status != ATS_OK)
        return status;
    if (ats_body_operator_parse(stored.body, &approver) != ATS_OK)
        return ATS_ERR_CORRUPT;
    ats_key_id(approver.key, key_id);
    if (strcmp(key_id, record->approver_key_id) != 0)
        return ats_judge_reject(judge, ATS_CONTROL_UNKNOWN_SIGNER, "'%s' has no key %s",
                                record->approver, record->approver_key_id);
    if (strcmp(record->approver, record->signer) == 0 ||
        memcmp(approver.key, judge->signer_key, sizeof(approver.key)) == 0)
        return ats_judge_reject(judge, ATS_CONTROL_UNAPPROVED,
                                "'%s' proposed it: another person has to approve it",
                                record->signer);
    status = ats_judge_standing(judge, record->approver, &approver);
    if (status == ATS_OK)
        status = ats_judge_scope(judge, record->approver, &approver);
    if (status == ATS_OK)
        status = ats_control_record_verify_approval(record, approver.key);
    if (status == ATS_ERR_REFUSED && judge->outcome == ATS_CONTROL_ACCEPTED)
        return ats_judge_reject(judge, ATS_CONTROL_BAD_SIGNATURE,
                                "the approval of '%s' does not hold", record->approver);
    return status;
}

enum ats_status ats_judge_persons(struct ats_judge *judge)
{
    enum ats_status status = ats_judge_stops(judge);
    if (status != ATS_OK)
        return status;
    if (!is_by_operator(judge))
        return judge->record.expires_ms == 0 ? ATS_OK
                                             : ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                                                "what a root signs is no proposal");
    if (judge->record.expires_ms == 0)
        return check_alone(judge);
    status = check_proposal(judge);
    return status == ATS_OK && judge->record.approver[0] != '\0' ? check_approver(judge) : status;
}

enum ats_status ats_judge_approved(struct ats_judge *judge)
{
    if (judge->record.expires_ms == 0 || judge->record.approver[0] != '\0')
        return ATS_OK;
    return ats_judge_reject(judge, ATS_CONTROL_UNAPPROVED, "nobody has approved what '%s' proposes",
                            judge->record.signer);
}

enum ats_status ats_judge_tally(struct ats_judge *judge)
{
    struct ats_tally tally;
    if (judge->record.expires_ms != 0 || !is_by_operator(judge) || judge->stops == 0)
        return ATS_OK;
    enum ats_status status = read_tally(judge, &tally);
    if (status != ATS_OK)
        return status;
    ats_tally_add(&tally, judge->stops);
    return ats_tally_put(judge->batch, judge->record.signer, &tally);
}

enum ats_status ats_judge_policy(struct ats_judge *judge)
{
    struct ats_body_policy policy;
    if (strcmp(judge->record.name, ATS_POLICY_NAME) != 0)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY, "a policy is named 'policy'");
    enum ats_status status = ats_body_policy_parse(judge->record.body, &policy);
    if (status == ATS_OK && policy.stands_until.count > 0)
        return ats_judge_place_named(judge, &policy.stands_until);
    if (status == ATS_OK || ats_status_class(status) != ATS_CLASS_DROP)
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY, "the body is not that of a policy");
}

enum ats_status ats_registry_allowance(struct ats_store_view *view, const char *operator_name,
                                       enum ats_control_kind kind,
                                       struct ats_control_allowance *ret_allowance)
{
    struct ats_control_record record;
    struct ats_body_policy policy;
    struct ats_tally tally;
    int64_t now_ms = 0;
    *ret_allowance = (struct ats_control_allowance){.stops = UINT64_MAX, .hourly = UINT64_MAX};
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_POLICY, ats_span_text(ATS_POLICY_NAME), &record);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    if (ats_body_policy_parse(record.body, &policy) != ATS_OK)
        return ATS_ERR_CORRUPT;
    ret_allowance->takes_two = (policy.critical & (UINT32_C(1) << kind)) != 0;
    if (policy.hourly == ATS_POLICY_UNLIMITED)
        return ATS_OK;
    ret_allowance->hourly = policy.hourly;
    status = ats_registry_log_time_ms(view, &now_ms);
    if (status == ATS_OK)
        status = ats_tally_get(view, operator_name, now_ms, &tally);
    if (status != ATS_OK)
        return status;
    uint64_t stopped = ats_tally_count(&tally);
    ret_allowance->stops = policy.hourly > stopped ? policy.hourly - stopped : 0;
    return ATS_OK;
}
