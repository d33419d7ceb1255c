/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a contract's record may say. A version's first record states it and never changes; one more may end it, which says the same and
 * that it is retired, so that whoever reads the newest record of a version has its documents.
 *
 * Whose signatures it needs is what its own document asks for, and what the last version that was stated before it asks for, by the
 * log's order: who would leave one of the two out with a version that asks for less needs both for that one.
 */
#include "common/contract/contract.h"
#include "common/contract/owner.h"
#include "common/control/judge.h"
#include "common/control/store_key.h"

#define ILLEGAL ATS_CONTROL_ILLEGAL_BODY

static enum ats_status compile(const struct ats_body_contract *body,
                               struct ats_contract **ret_contract, struct ats_error *ret_reason)
{
    return ats_contract_compile(ats_span_text(body->odcs), "odcs", ats_span_text(body->avsc),
                                "avsc", ret_contract, ret_reason);
}

/* ---- a version's end ---- */

static bool says_the_same(const struct ats_body_contract *a, const struct ats_body_contract *b)
{
    return strcmp(a->odcs, b->odcs) == 0 && strcmp(a->avsc, b->avsc) == 0 &&
           a->schema_id == b->schema_id;
}

/* Whether the body ends the version that the record states. */
static enum ats_status ends(const struct ats_control_record *record,
                            const struct ats_body_contract *body, bool *ret_ends)
{
    struct ats_body_contract before;
    enum ats_status status = ats_body_contract_parse(record->body, &before);
    *ret_ends =
        status == ATS_OK && body->retired && !before.retired && says_the_same(&before, body);
    ats_body_contract_fini(&before);
    return status;
}

static enum ats_status check_change(struct ats_judge *judge, const struct ats_body_contract *body)
{
    bool legal = !body->retired;
    if (judge->current.revision == 0)
        return legal ? ATS_OK
                     : ats_judge_reject(judge, ILLEGAL, "there is no contract '%s' to retire",
                                        judge->record.name);
    enum ats_status status = ends(&judge->current, body, &legal);
    if (status != ATS_OK || legal)
        return status;
    return ats_judge_reject(judge, ILLEGAL,
                            "contract '%s' is published and does not change, but that it may be "
                            "retired once",
                            judge->record.name);
}

/* ---- whose signatures ---- */

static enum ats_status find_asked(struct ats_judge *judge, const struct ats_contract *contract,
                                  uint32_t *ret_asked)
{
    struct ats_store_key key = ats_store_key_signatures(ats_contract_name(contract));
    struct ats_span stored;
    enum ats_status status = ats_store_batch_get(judge->batch, ats_store_key_span(&key), &stored);
    *ret_asked = ats_contract_signatures(contract);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    if (stored.len != 1)
        return ATS_ERR_CORRUPT;
    *ret_asked |= stored.data[0];
    return ATS_OK;
}

/* Of nobody (""): none. */
static enum ats_status find_owner(struct ats_judge *judge, const char *name, uint32_t *ret_owner)
{
    struct ats_control_record record;
    struct ats_body_operator body;
    *ret_owner = 0;
    if (name[0] == '\0')
        return ATS_OK;
    enum ats_status status = ats_judge_find(judge, ATS_CONTROL_OPERATOR, name, &record);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_ERR_CORRUPT : status;
    if (ats_body_operator_parse(record.body, &body) != ATS_OK)
        return ATS_ERR_CORRUPT;
    *ret_owner = body.owner;
    return ATS_OK;
}

struct signers {
    uint32_t asked;
    uint32_t signer;
    uint32_t approver;
};

static enum ats_status find_signers(struct ats_judge *judge, const struct ats_contract *contract,
                                    struct signers *ret_signers)
{
    *ret_signers = (struct signers){0};
    enum ats_status status = find_asked(judge, contract, &ret_signers->asked);
    if (status == ATS_OK && ret_signers->asked != 0)
        status = find_owner(judge, judge->record.signer, &ret_signers->signer);
    if (status == ATS_OK && ret_signers->asked != 0)
        status = find_owner(judge, judge->record.approver, &ret_signers->approver);
    return status;
}

/* Of a proposal whether somebody can approve it. */
static bool may_suffice(const struct ats_judge *judge, const struct signers *signers)
{
    bool is_open = judge->record.expires_ms != 0 && judge->record.approver[0] == '\0';
    return ats_owners_suffice(signers->asked, signers->signer,
                              is_open ? ATS_OWNERS : signers->approver);
}

static enum ats_status check_signers(struct ats_judge *judge, const struct ats_contract *contract)
{
    struct signers signers;
    char asked[ATS_OWNERS_TEXT_SIZE];
    enum ats_status status = find_signers(judge, contract, &signers);
    if (status != ATS_OK || may_suffice(judge, &signers))
        return status;
    ats_owners_text(signers.asked, asked);
    bool alone =
        signers.asked == ATS_OWNERS && signers.signer != 0 && judge->record.expires_ms == 0;
    if (alone)
        return ats_judge_reject(judge, ATS_CONTROL_UNAPPROVED,
                                "contract '%s' takes the signatures of its owners %s: give "
                                "--propose FILE, and the other one runs `attestream approve FILE`",
                                ats_contract_name(contract), asked);
    return ats_judge_reject(judge, ATS_CONTROL_OUT_OF_SCOPE,
                            "contract '%s' takes the signature of its owner%s %s, and who signed "
                            "is not (`operator add --owner`)",
                            ats_contract_name(contract), signers.asked == ATS_OWNERS ? "s" : "",
                            asked);
}

/* ---- the rule ---- */

static enum ats_status check_name(struct ats_judge *judge, const struct ats_contract *contract)
{
    char name[2 * ATS_NAME_MAX];
    (void)snprintf(name, sizeof(name), "%s@%s", ats_contract_name(contract),
                   ats_contract_version(contract));
    if (strcmp(name, judge->record.name) == 0)
        return ATS_OK;
    return ats_judge_reject(judge, ILLEGAL, "it holds contract '%s'", name);
}

enum ats_status ats_judge_contract(struct ats_judge *judge, const struct ats_body_contract *body)
{
    struct ats_contract *contract = NULL;
    struct ats_error reason = {0};
    enum ats_status status = check_change(judge, body);
    if (status != ATS_OK)
        return status;
    status = compile(body, &contract, &reason);
    if (status == ATS_ERR_MEMORY)
        return status;
    if (status != ATS_OK)
        return ats_judge_reject(judge, ILLEGAL, "it does not compile: %s", reason.text);
    status = check_name(judge, contract);
    if (status == ATS_OK)
        status = ats_judge_topics_check(judge, contract);
    if (status == ATS_OK)
        status = check_signers(judge, contract);
    ats_contract_unref(contract);
    return status;
}

/* ---- of accepted ones ---- */

static enum ats_status open_accepted(const struct ats_judge *judge,
                                     struct ats_body_contract *ret_body,
                                     struct ats_contract **ret_contract)
{
    struct ats_error reason = {0};
    enum ats_status status = ats_body_contract_parse(judge->record.body, ret_body);
    return status == ATS_OK ? compile(ret_body, ret_contract, &reason) : status;
}

/* An end stands where what it ends does. */
static enum ats_status end_stands(struct ats_judge *again, const struct ats_body_contract *body,
                                  bool *ret_stands)
{
    struct ats_control_record before;
    *ret_stands = !body->retired;
    if (!body->retired)
        return ATS_OK;
    enum ats_status status =
        ats_judge_find(again, ATS_CONTROL_CONTRACT, again->record.name, &before);
    if (status != ATS_OK)
        return status == ATS_ERR_NOT_FOUND ? ATS_OK : status;
    return ends(&before, body, ret_stands);
}

enum ats_status ats_judge_contract_again(struct ats_judge *again, bool *ret_stands)
{
    struct ats_body_contract body;
    struct ats_contract *contract = NULL;
    struct signers signers = {0};
    enum ats_status status = open_accepted(again, &body, &contract);
    if (status == ATS_OK)
        status = end_stands(again, &body, ret_stands);
    if (status == ATS_OK && *ret_stands)
        status = ats_judge_schema_id_is_free(again, body.avsc, body.schema_id, ret_stands);
    if (status == ATS_OK && *ret_stands)
        status = ats_judge_topics_again(again, contract, ret_stands);
    if (status == ATS_OK && *ret_stands)
        status = find_signers(again, contract, &signers);
    *ret_stands = status == ATS_OK && *ret_stands && may_suffice(again, &signers);
    ats_contract_unref(contract);
    ats_body_contract_fini(&body);
    return status;
}

/* A version's end asks for nothing more than the version did. */
static enum ats_status put_signatures(struct ats_judge *judge, const struct ats_contract *contract)
{
    struct ats_store_key key = ats_store_key_signatures(ats_contract_name(contract));
    const uint8_t asked = (uint8_t)ats_contract_signatures(contract);
    return ats_store_batch_put(judge->batch, ats_store_key_span(&key), ats_span_of(&asked, 1));
}

enum ats_status ats_judge_contract_put(struct ats_judge *judge)
{
    struct ats_body_contract body;
    struct ats_contract *contract = NULL;
    enum ats_status status = open_accepted(judge, &body, &contract);
    if (status == ATS_OK)
        status = ats_judge_topics_put(judge, contract);
    if (status == ATS_OK && !body.retired)
        status = put_signatures(judge, contract);
    ats_contract_unref(contract);
    ats_body_contract_fini(&body);
    return status;
}

enum ats_status ats_judge_contract_forget(struct ats_judge *again)
{
    struct ats_body_contract body;
    struct ats_contract *contract = NULL;
    enum ats_status status = open_accepted(again, &body, &contract);
    if (status == ATS_OK)
        status = ats_judge_topics_forget(again, contract);
    if (status == ATS_OK) {
        struct ats_store_key key = ats_store_key_signatures(ats_contract_name(contract));
        status = ats_store_batch_delete(again->batch, ats_store_key_span(&key));
    }
    ats_contract_unref(contract);
    ats_body_contract_fini(&body);
    return status;
}
