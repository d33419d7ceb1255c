/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose key is whose, among gates, processor groups and operators: a key belongs for ever to the first that the log accepted it
 * for. Else one gate's folder, or one member's, given to a second would make two names of one key, and what either signs or
 * seals could be the other's; and one operator's key under two names would stop twice as much within an hour, and outlive its
 * own revocation.
 */
#include "common/control/gate_former.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"

#define OWNER_SIZE (2 * ATS_NAME_MAX + 16)

static struct ats_store_key store_key(const uint8_t *key)
{
    char id[ATS_KEY_ID_SIZE];
    ats_key_id(key, id);
    return ats_store_key_principal(id);
}

enum ats_status ats_judge_put_owner(struct ats_judge *judge, const struct ats_store_key *key,
                                    const char *owner)
{
    struct ats_span stored;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(key), &stored);
    if (status != ATS_ERR_NOT_FOUND)
        return status;
    return ats_store_batch_put(judge->batch, ats_store_key_span(key), ats_span_text(owner));
}

enum ats_status ats_judge_key_check(struct ats_judge *judge, const uint8_t *key, const char *owner)
{
    struct ats_store_key at = store_key(key);
    struct ats_span stored;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&at), &stored);
    if (status == ATS_ERR_NOT_FOUND || (status == ATS_OK && ats_span_is(stored, owner)))
        return ATS_OK;
    if (status != ATS_OK)
        return status;
    return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY, "a key of %s belongs to %.*s", owner,
                            ATS_SPAN_ARGS(stored));
}

enum ats_status ats_judge_key_put(struct ats_judge *judge, const uint8_t *key, const char *owner)
{
    struct ats_store_key at = store_key(key);
    return ats_judge_put_owner(judge, &at, owner);
}

enum ats_status ats_judge_gate_keys(struct ats_judge *judge, const struct ats_body_gate *gate,
                                    ats_judge_key_rule *rule)
{
    char owner[OWNER_SIZE];
    (void)snprintf(owner, sizeof(owner), "gate/%s", judge->record.name);
    enum ats_status status = rule(judge, gate->signing_key, owner);
    if (status == ATS_OK)
        status = rule(judge, gate->agreement_key, owner);
    if (status == ATS_OK && ats_gate_has_former(gate))
        status = rule(judge, gate->former.signing_key, owner);
    if (status == ATS_OK && ats_gate_has_former(gate))
        status = rule(judge, gate->former.agreement_key, owner);
    return status;
}

enum ats_status ats_judge_group_keys(struct ats_judge *judge,
                                     const struct ats_body_processor *processor,
                                     ats_judge_key_rule *rule)
{
    char owner[OWNER_SIZE];
    (void)snprintf(owner, sizeof(owner), "processor/%s", judge->record.name);
    enum ats_status status = rule(judge, processor->agreement_key, owner);
    for (size_t i = 0; i < processor->member_count && status == ATS_OK; i++) {
        (void)snprintf(owner, sizeof(owner), "processor/%s/%s", judge->record.name,
                       processor->members[i].name);
        status = rule(judge, processor->members[i].signing_key, owner);
    }
    return status;
}

enum ats_status ats_judge_operator_key(struct ats_judge *judge,
                                       const struct ats_body_operator *operator_,
                                       ats_judge_key_rule *rule)
{
    char owner[OWNER_SIZE];
    (void)snprintf(owner, sizeof(owner), "operator/%s", judge->record.name);
    return rule(judge, operator_->key, owner);
}

/* Where a theft is undone, two that stand may have one key: with the key that it had, an operator can be revoked all the same. */
enum ats_status ats_judge_own_operator_key(struct ats_judge *judge,
                                           const struct ats_body_operator *operator_,
                                           const struct ats_body_operator *before)
{
    struct ats_body_root roots;
    if (judge->current.revision > 0 &&
        memcmp(operator_->key, before->key, sizeof(before->key)) == 0)
        return ATS_OK;
    enum ats_status status = ats_judge_roots(judge, &roots);
    if (status != ATS_OK)
        return status;
    if (memcmp(operator_->key, roots.root, sizeof(roots.root)) == 0 ||
        memcmp(operator_->key, roots.successor, sizeof(roots.successor)) == 0)
        return ats_judge_reject(judge, ATS_CONTROL_ILLEGAL_BODY,
                                "its key is the root's or the successor's");
    return ats_judge_operator_key(judge, operator_, ats_judge_key_check);
}
