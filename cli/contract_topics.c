/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_topics.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/contract/filter.h"
#include "common/control/body.h"
#include "common/control/catalog.h"
#include "common/control/name_pattern.h"

#include <stdio.h>

struct signer {
    const char *name;
    struct ats_body_operator body;
};

struct check {
    const struct ats_contract *contract;
    const struct ats_contract_set *set; /* all that the log has */
    struct signer signers[2];
    size_t signer_count;
};

static bool is_own(const struct check *check, const struct ats_contract *other)
{
    return strcmp(ats_contract_name(other), ats_contract_name(check->contract)) == 0;
}

/* ---- who may state what ---- */

static enum ats_status add_signer(struct ats_store_view *view, const char *name,
                                  struct check *check)
{
    struct ats_control_record record;
    struct signer *signer = &check->signers[check->signer_count];
    if (!name || name[0] == '\0')
        return ATS_OK;
    signer->name = name;
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_OPERATOR, ats_span_text(name), &record);
    if (status == ATS_OK)
        status = ats_body_operator_parse(record.body, &signer->body);
    if (status == ATS_OK)
        check->signer_count++;
    return status;
}

static bool may_state(const struct signer *signer, const struct ats_contract *contract)
{
    char name[2 * ATS_NAME_MAX + 2];
    (void)snprintf(name, sizeof(name), "%s@%s", ats_contract_name(contract),
                   ats_contract_version(contract));
    return (signer->body.kinds & (UINT32_C(1) << ATS_CONTROL_CONTRACT)) != 0 &&
           ats_name_matches(signer->body.names, name);
}

/* Who of the signers may state no version of that contract; NULL: nobody. */
static const char *who_may_not(const struct check *check, const struct ats_contract *other)
{
    for (size_t i = 0; i < check->signer_count; i++) {
        bool may = false;
        for (size_t j = 0; j < ats_contract_set_count(check->set) && !may; j++) {
            const struct ats_contract *version = ats_contract_set_at(check->set, j);
            may = strcmp(ats_contract_name(version), ats_contract_name(other)) == 0 &&
                  may_state(&check->signers[i], version);
        }
        if (!may)
            return check->signers[i].name;
    }
    return NULL;
}

/* ---- what stands in the way ---- */

/* The first filter of `other` that has topics of `filter`: all, or some at least. */
static const char *find_like(const struct ats_contract *other, const char *filter,
                             enum ats_filter_common at_least)
{
    for (size_t i = 0; i < ats_contract_topic_count(other); i++)
        if (ats_filter_compare(filter, ats_contract_topic(other, i)) >= at_least)
            return ats_contract_topic(other, i);
    return NULL;
}

static bool has_already(const struct check *check, const char *filter)
{
    for (size_t i = 0; i < ats_contract_set_count(check->set); i++) {
        const struct ats_contract *other = ats_contract_set_at(check->set, i);
        if (is_own(check, other) && find_like(other, filter, ATS_FILTERS_ALL))
            return true;
    }
    return false;
}

static enum ats_status refuse_same(const struct check *check, const struct ats_contract *other,
                                   const char *filter, struct ats_error *err)
{
    const char *who = who_may_not(check, other);
    if (!who)
        return ats_error_set(err, ATS_ERR_REFUSED,
                             "the topics of '%.*s' are contract %.*s@%s's already: publish a new "
                             "version of that one, or choose other topics",
                             ATS_QUOTE(filter), ATS_QUOTE(ats_contract_name(other)),
                             ats_contract_version(other));
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "the topics of '%.*s' are contract %.*s@%s's already, which '%.*s' may "
                         "not state: choose other topics, or let who may state that one publish a "
                         "new version of it",
                         ATS_QUOTE(filter), ATS_QUOTE(ats_contract_name(other)),
                         ats_contract_version(other), ATS_QUOTE(who));
}

static enum ats_status check_same(const struct check *check, struct ats_error *err)
{
    for (size_t i = 0; i < ats_contract_set_count(check->set); i++) {
        const struct ats_contract *other = ats_contract_set_at(check->set, i);
        for (size_t j = 0; j < ats_contract_topic_count(check->contract); j++) {
            const char *filter = ats_contract_topic(check->contract, j);
            if (!is_own(check, other) && find_like(other, filter, ATS_FILTERS_ALL))
                return refuse_same(check, other, filter, err);
        }
    }
    return ATS_OK;
}

static enum ats_status check_filter(const struct check *check, const struct ats_contract *other,
                                    const char *filter, struct ats_error *err)
{
    const char *theirs = find_like(other, filter, ATS_FILTERS_SOME);
    const char *who = theirs && !has_already(check, filter) ? who_may_not(check, other) : NULL;
    if (!who)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "'%.*s' has topics in common with '%.*s' of contract %.*s@%s, which "
                         "'%.*s' may not state: only who may state both may lay one over the "
                         "other, and the last by name governs then. Choose other topics, or let "
                         "such an operator publish it",
                         ATS_QUOTE(filter), ATS_QUOTE(theirs), ATS_QUOTE(ats_contract_name(other)),
                         ats_contract_version(other), ATS_QUOTE(who));
}

static enum ats_status check_common(const struct check *check, struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < ats_contract_set_count(check->set); i++) {
        const struct ats_contract *other = ats_contract_set_at(check->set, i);
        for (size_t j = 0; status == ATS_OK && !is_own(check, other) &&
                           j < ats_contract_topic_count(check->contract);
             j++)
            status = check_filter(check, other, ats_contract_topic(check->contract, j), err);
    }
    return status;
}

/* Versions of one contract, which follow each other, share filters; other contracts have none in common. */
static bool is_new_filter(const struct ats_contract_set *set, size_t at, const char *filter)
{
    const char *name = ats_contract_name(ats_contract_set_at(set, at));
    for (; at > 0; at--) {
        const struct ats_contract *before = ats_contract_set_at(set, at - 1);
        if (strcmp(ats_contract_name(before), name) != 0)
            return true;
        if (find_like(before, filter, ATS_FILTERS_ALL))
            return false;
    }
    return true;
}

static enum ats_status check_count(const struct check *check, struct ats_error *err)
{
    size_t known = 0;
    size_t brought = 0;
    for (size_t i = 0; i < ats_contract_topic_count(check->contract); i++)
        brought += !has_already(check, ats_contract_topic(check->contract, i));
    for (size_t i = 0; i < ats_contract_set_count(check->set); i++) {
        const struct ats_contract *other = ats_contract_set_at(check->set, i);
        for (size_t j = 0; j < ats_contract_topic_count(other); j++)
            known += is_new_filter(check->set, i, ats_contract_topic(other, j));
    }
    if (brought == 0 || known + brought <= ATS_CONTRACT_FILTERS_MAX)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "the fleet's contracts may have %d topic filters together: they have %zu, "
                         "and this one brings %zu more. A filter is free again only where its "
                         "contract becomes void: choose fewer that are wider (with + and #)",
                         ATS_CONTRACT_FILTERS_MAX, known, brought);
}

static enum ats_status run(const struct check *check, struct ats_error *err)
{
    /* Who may not state the contract itself is told that, by the log's judge. */
    for (size_t i = 0; i < check->signer_count; i++)
        if (!may_state(&check->signers[i], check->contract))
            return ATS_OK;
    enum ats_status status = check_same(check, err);
    if (status == ATS_OK)
        status = check_common(check, err);
    return status == ATS_OK ? check_count(check, err) : status;
}

enum ats_status ats_contract_topics_check(struct ats_store_view *view,
                                          const struct ats_contract *contract, const char *signer,
                                          const char *approver, struct ats_error *err)
{
    struct check check = {.contract = contract};
    struct ats_contract_set *set = NULL;
    /* An operator that is unknown is the judge's, too. */
    if (add_signer(view, signer, &check) != ATS_OK || add_signer(view, approver, &check) != ATS_OK)
        return ATS_OK;
    enum ats_status status = ats_catalog_contracts(view, NULL, NULL, &set);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the published contracts cannot be read: %s",
                             ats_status_name(status));
    check.set = set;
    status = run(&check, err);
    ats_contract_set_free(set);
    return status;
}

enum ats_status ats_contract_of_record(const struct ats_control_record *record,
                                       struct ats_contract **ret_contract, struct ats_error *err)
{
    struct ats_body_contract body;
    enum ats_status status = ats_body_contract_parse(record->body, &body);
    if (status != ATS_OK)
        return ats_error_set(err, status, "'%s' holds no contract", record->name);
    status = ats_contract_compile(ats_span_text(body.odcs), "odcs", ats_span_text(body.avsc),
                                  "avsc", ret_contract, err);
    if (status == ATS_OK && body.retired)
        ats_contract_retire(*ret_contract);
    ats_body_contract_fini(&body);
    return status;
}

enum ats_status ats_contract_topics_check_record(struct ats_store_view *view,
                                                 const struct ats_control_record *record,
                                                 struct ats_error *err)
{
    struct ats_contract *contract = NULL;
    if (record->kind != ATS_CONTROL_CONTRACT)
        return ATS_OK;
    enum ats_status status = ats_contract_of_record(record, &contract, err);
    if (status == ATS_OK)
        status = ats_contract_topics_check(view, contract, record->signer, record->approver, err);
    ats_contract_unref(contract);
    return status;
}
