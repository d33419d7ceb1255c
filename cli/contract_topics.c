/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_topics.h"

#include "cli/cli.h"
#include "common/base/utf8.h"
#include "common/contract/filter.h"
#include "common/control/catalog.h"

struct comparison {
    const struct ats_contract *contract;
    const char *noted; /* the contract that the last note names: its versions follow each other */
};

static enum ats_status refuse(const struct ats_contract *other, const char *filter,
                              struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "the topics of '%.*s' are contract %s@%s's already: publish a new version "
                         "of that one, or choose other topics",
                         ATS_QUOTE(filter), ats_contract_name(other), ats_contract_version(other));
}

static void note_overlap(struct comparison *comparison, const struct ats_contract *other,
                         const char *ours, const char *theirs)
{
    const char *name = ats_contract_name(comparison->contract);
    const char *other_name = ats_contract_name(other);
    if (strcmp(other_name, comparison->noted) == 0)
        return;
    comparison->noted = other_name;
    ats_cli_note("'%.*s' overlaps '%.*s' of contract %s@%s: topics of both are governed by '%s', "
                 "the last by name",
                 ATS_QUOTE(ours), ATS_QUOTE(theirs), other_name, ats_contract_version(other),
                 strcmp(name, other_name) > 0 ? name : other_name);
}

static enum ats_status compare(struct comparison *comparison, const struct ats_contract *other,
                               struct ats_error *err)
{
    for (size_t i = 0; i < ats_contract_topic_count(comparison->contract); i++)
        for (size_t j = 0; j < ats_contract_topic_count(other); j++) {
            const char *ours = ats_contract_topic(comparison->contract, i);
            const char *theirs = ats_contract_topic(other, j);
            enum ats_filter_common common = ats_filter_compare(ours, theirs);
            if (common == ATS_FILTERS_ALL)
                return refuse(other, ours, err);
            if (common == ATS_FILTERS_SOME)
                note_overlap(comparison, other, ours, theirs);
        }
    return ATS_OK;
}

enum ats_status ats_contract_topics_check(struct ats_store_view *view,
                                          const struct ats_contract *contract,
                                          struct ats_error *err)
{
    struct comparison comparison = {.contract = contract, .noted = ""};
    struct ats_contract_set *set = NULL;
    enum ats_status status = ats_catalog_contracts(view, NULL, NULL, &set);
    if (status != ATS_OK)
        return ats_error_set(err, status, "the published contracts cannot be read: %s",
                             ats_status_name(status));
    for (size_t i = ats_contract_set_count(set); i > 0 && status == ATS_OK; i--) {
        const struct ats_contract *other = ats_contract_set_at(set, i - 1);
        if (strcmp(ats_contract_name(other), ats_contract_name(contract)) != 0)
            status = compare(&comparison, other, err);
    }
    ats_contract_set_free(set);
    return status;
}
