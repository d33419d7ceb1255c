/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quarantine_judge.h"

#include "common/base/utf8.h"
#include "common/control/body.h"
#include "common/control/catalog.h"

#include <stdio.h>
#include <stdlib.h>

enum ats_status ats_quarantine_judge_open(struct ats_quarantine_judge *judge,
                                          struct ats_store_view *view, struct ats_error *err)
{
    *judge = (struct ats_quarantine_judge){.view = view, .batch = ats_batch_new()};
    ats_buf_init(&judge->value, ATS_RECORD_MAX);
    if (!judge->batch)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    enum ats_status status = ats_catalog_contracts(view, NULL, NULL, &judge->contracts);
    return status == ATS_OK ? ATS_OK
                            : ats_error_set(err, status, "the contracts cannot be read: %s",
                                            ats_status_name(status));
}

void ats_quarantine_judge_close(struct ats_quarantine_judge *judge)
{
    ats_contract_set_free(judge->contracts);
    ats_batch_free(judge->batch);
    ats_buf_fini(&judge->value);
}

static bool refuse(struct ats_quarantine_refusal *refusal, const char *reason, const char *text)
{
    refusal->reason = reason;
    (void)snprintf(refusal->text, sizeof(refusal->text), "%.*s",
                   ats_utf8_cut(text, sizeof(refusal->text) - 1), text);
    return false;
}

/* Whether the record has all that it takes. */
static bool check_whole(const struct ats_event *event, struct ats_quarantine_refusal *refusal)
{
    if (event->proof == ATS_EVENT_PROOF_NONE || event->device.len == 0)
        return refuse(refusal, "unproven", "nobody proved it: it is a copy of what was refused");
    if (ats_span_is(event->reason_rule, ats_rule_name(ATS_RULE_SIZE)))
        return refuse(refusal, "cut", "it was too large, and is not kept whole");
    if (event->item_count > 0 && event->proof == ATS_EVENT_PROOF_SIGNATURE)
        return refuse(refusal, "part",
                      "it is a part of what the device signed, and the whole is not kept");
    return true;
}

static enum ats_status find_device(const struct ats_quarantine_judge *judge,
                                   const struct ats_event *event, struct ats_body_device *ret_body)
{
    struct ats_control_record record;
    enum ats_status status =
        ats_registry_find(judge->view, ATS_CONTROL_DEVICE, event->device, &record);
    return status == ATS_OK ? ats_body_device_parse(record.body, ret_body) : status;
}

static bool allows(const struct ats_body_device *device, const char *contract)
{
    bool allowed = device->contract_count == 0;
    for (size_t i = 0; i < device->contract_count; i++)
        allowed = allowed || ats_device_contract_is_of(device->contracts[i], contract);
    return allowed;
}

static bool check_rights(const struct ats_event *event, const struct ats_body_device *device,
                         const struct ats_contract *contract, struct ats_span placeholder,
                         struct ats_quarantine_refusal *refusal)
{
    enum ats_proof_level least = ats_contract_least_proof(contract);
    if (device->least_proof > least)
        least = device->least_proof;
    if (placeholder.data && !ats_span_equal(placeholder, event->device))
        return refuse(refusal, "topic-device", "the topic is another device's");
    if (!allows(device, ats_contract_name(contract)))
        return refuse(refusal, "contract-not-allowed", "the device may not use the contract");
    /* Proofs and levels have the same numbers. */
    if ((int)event->proof < (int)least)
        return refuse(refusal, "proof-weak", "contract or device ask for a stronger proof");
    return true;
}

static bool check_series(const struct ats_event *event, const struct ats_contract *contract,
                         struct ats_quarantine_refusal *refusal)
{
    static const enum ats_rule rules[] = {ATS_RULE_TIME_BACK, ATS_RULE_CHANGE_RATE,
                                          ATS_RULE_STUCK_VALUE};
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (ats_contract_keeps_out_by_series(contract) &&
            ats_span_is(event->reason_rule, ats_rule_name(rules[i])))
            return refuse(refusal, "series",
                          "it was held against the event before it, and the contract still has "
                          "such rules");
    return true;
}

static enum ats_status judge_payload(struct ats_quarantine_judge *judge,
                                     const struct ats_event *event,
                                     const struct ats_contract *contract,
                                     struct ats_quarantine_refusal *refusal)
{
    struct ats_verdict verdict = {0};
    const struct ats_contract_input input = {.payload = event->payload,
                                             .device = event->device,
                                             .now_ms = event->received_ms,
                                             .content_type = event->content_type,
                                             .versions = judge->contracts};
    ats_buf_clear(&judge->value);
    enum ats_status status = ats_batch_open(judge->batch, contract, &input, &verdict);
    if (status == ATS_OK && !ats_batch_is_single(judge->batch)) {
        (void)refuse(refusal, "list", "it is a list of events, and one record becomes one event");
        return ATS_OK;
    }
    if (status == ATS_OK)
        status = ats_batch_admit(judge->batch, 0, &judge->value, &verdict);
    if (status != ATS_ERR_INVALID && status != ATS_ERR_LIMIT)
        return status;
    (void)refuse(refusal, ats_rule_name(verdict.rule), "");
    (void)snprintf(refusal->text, sizeof(refusal->text), "%s@%s: %.60s: %.100s",
                   ats_contract_name(contract), ats_contract_version(contract), verdict.path,
                   verdict.text);
    return ATS_OK;
}

/* What judges the device's events on that topic, by its record; NULL: it is refused. */
static const struct ats_contract *find_contract(const struct ats_quarantine_judge *judge,
                                                const struct ats_event *event,
                                                const struct ats_body_device *device,
                                                struct ats_span *ret_placeholder,
                                                struct ats_quarantine_refusal *refusal)
{
    const struct ats_contract *contract =
        ats_contract_set_find_topic(judge->contracts, event->topic, ret_placeholder);
    if (!contract) {
        (void)refuse(refusal, "topic-unknown", "no contract governs its topic");
        return NULL;
    }
    struct ats_span name = ats_span_text(ats_contract_name(contract));
    struct ats_span version = ats_device_pinned_version(device, ats_contract_name(contract));
    if (version.len > 0)
        contract = ats_contract_set_find_version(judge->contracts, name, version);
    if (!contract || !ats_contract_matches(contract, event->topic, ret_placeholder))
        (void)refuse(refusal, "contract-not-allowed",
                     "the version that the device's record names is not there, or has no such "
                     "topic");
    else if (ats_contract_is_retired(contract))
        (void)refuse(refusal, "version-retired", "the version that judges it is retired");
    return refusal->reason ? NULL : contract;
}

/* As the gate names it. */
static const char *state_reason(enum ats_device_state state)
{
    static const char *const reasons[] = {
        [ATS_DEVICE_PENDING] = "device-pending",     [ATS_DEVICE_ACTIVE] = "",
        [ATS_DEVICE_SUSPENDED] = "device-suspended", [ATS_DEVICE_REVOKED] = "device-revoked",
        [ATS_DEVICE_RETIRED] = "device-retired",
    };
    return reasons[state];
}

enum ats_status ats_quarantine_judge(struct ats_quarantine_judge *judge,
                                     const struct ats_event *event,
                                     struct ats_quarantine_refusal *ret_refusal)
{
    struct ats_body_device device;
    struct ats_span placeholder = {0};
    *ret_refusal = (struct ats_quarantine_refusal){0};
    if (!check_whole(event, ret_refusal))
        return ATS_OK;
    enum ats_status status = find_device(judge, event, &device);
    if (status == ATS_ERR_NOT_FOUND)
        (void)refuse(ret_refusal, "device-unknown", "the control log has no such device");
    else if (status == ATS_OK && device.state != ATS_DEVICE_ACTIVE)
        (void)refuse(ret_refusal, state_reason(device.state), "the device is not active");
    if (status != ATS_OK || ret_refusal->reason)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    const struct ats_contract *contract =
        find_contract(judge, event, &device, &placeholder, ret_refusal);
    if (!contract || !check_rights(event, &device, contract, placeholder, ret_refusal) ||
        !check_series(event, contract, ret_refusal))
        return ATS_OK;
    return judge_payload(judge, event, contract, ret_refusal);
}
