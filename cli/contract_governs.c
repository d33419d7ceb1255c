/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_governs.h"

#include "cli/cli.h"
#include "cli/contract_topics.h"
#include "common/base/utf8.h"
#include "common/contract/filter.h"
#include "common/contract/set.h"
#include "common/control/catalog.h"

struct telling {
    const struct ats_contract *contract;
    const struct ats_contract_set *set;
    bool is_stated;
};

static bool is_last_by_name(const struct ats_contract *a, const struct ats_contract *b)
{
    return strcmp(ats_contract_name(a), ats_contract_name(b)) > 0;
}

static bool note_overlap(const struct telling *telling, const struct ats_contract *other,
                         const char *ours, const char *theirs)
{
    const struct ats_contract *last =
        is_last_by_name(telling->contract, other) ? telling->contract : other;
    if (ats_filter_compare(ours, theirs) == ATS_FILTERS_NONE)
        return false;
    ats_cli_note("'%.*s' overlaps '%.*s' of contract %s@%s: topics of both %s governed by '%s', "
                 "the last by name",
                 ATS_QUOTE(ours), ATS_QUOTE(theirs), ats_contract_name(other),
                 ats_contract_version(other), telling->is_stated ? "are" : "would be",
                 ats_contract_name(last));
    return true;
}

static bool note_first_overlap(const struct telling *telling, const struct ats_contract *other)
{
    for (size_t i = 0; i < ats_contract_topic_count(telling->contract); i++)
        for (size_t j = 0; j < ats_contract_topic_count(other); j++)
            if (note_overlap(telling, other, ats_contract_topic(telling->contract, i),
                             ats_contract_topic(other, j)))
                return true;
    return false;
}

/* Of each other contract once, by its highest version with such topics. */
static void note_overlaps(const struct telling *telling)
{
    const char *noted = ats_contract_name(telling->contract);
    const char *own = noted;
    for (size_t i = ats_contract_set_count(telling->set); i > 0; i--) {
        const struct ats_contract *other = ats_contract_set_at(telling->set, i - 1);
        const char *name = ats_contract_name(other);
        if (strcmp(name, own) != 0 && strcmp(name, noted) != 0 &&
            note_first_overlap(telling, other))
            noted = name;
    }
}

/* ---- what is left of it ---- */

static bool is_any(struct ats_span level)
{
    return ats_span_is(level, "+") || ats_span_is(level, "{device}");
}

/* Behind the level and its slash; NULL: it was the last one. */
static const char *next_level(const char *at, struct ats_span *ret_level)
{
    size_t len = strcspn(at, "/");
    *ret_level = ats_span_of(at, len);
    return at[len] == '/' ? at + len + 1 : NULL;
}

/* Whether each topic of `narrow` is one of `wide`. */
static bool lies_within(const char *narrow, const char *wide)
{
    struct ats_span inner;
    struct ats_span outer;
    while (wide) {
        wide = next_level(wide, &outer);
        if (ats_span_is(outer, "#")) /* it also stands for the level above */
            return true;
        if (!narrow)
            return false;
        narrow = next_level(narrow, &inner);
        if (ats_span_is(inner, "#") || (!is_any(outer) && !ats_span_equal(inner, outer)))
            return false;
    }
    return narrow == NULL;
}

/* As ats_contract_set_find_topic() chooses. */
static bool comes_before(const struct ats_contract *a, const struct ats_contract *b)
{
    if (ats_contract_is_retired(a) != ats_contract_is_retired(b))
        return ats_contract_is_retired(b);
    int order = strcmp(ats_contract_name(a), ats_contract_name(b));
    return order != 0 ? order > 0
                      : ats_contract_compare_versions(ats_contract_version(a),
                                                      ats_contract_version(b)) > 0;
}

const struct ats_contract *ats_contract_filter_taker(const struct ats_contract_set *set,
                                                     const struct ats_contract *contract,
                                                     const char *filter)
{
    for (size_t i = 0; i < ats_contract_set_count(set); i++) {
        const struct ats_contract *other = ats_contract_set_at(set, i);
        for (size_t j = 0; j < ats_contract_topic_count(other); j++)
            if (comes_before(other, contract) && lies_within(filter, ats_contract_topic(other, j)))
                return other;
    }
    return NULL;
}

static bool tell_whether_governs(const struct telling *telling)
{
    const struct ats_contract *taker = NULL;
    const char *filter = "";
    for (size_t i = 0; i < ats_contract_topic_count(telling->contract); i++) {
        filter = ats_contract_topic(telling->contract, i);
        taker = ats_contract_filter_taker(telling->set, telling->contract, filter);
        if (!taker)
            return true;
    }
    if (!taker)
        return true;
    ats_cli_note("warning: contract %s@%s %s no topic: other contracts or versions have them all, "
                 "as %s@%s those of '%.*s'",
                 ats_contract_name(telling->contract), ats_contract_version(telling->contract),
                 telling->is_stated ? "governs" : "would govern", ats_contract_name(taker),
                 ats_contract_version(taker), ATS_QUOTE(filter));
    return false;
}

bool ats_contract_tell_governed(struct ats_store_view *view, const struct ats_contract *contract,
                                bool is_stated)
{
    struct telling telling = {.contract = contract, .is_stated = is_stated};
    struct ats_contract_set *set = NULL;
    enum ats_status status = ats_catalog_contracts(view, NULL, NULL, &set);
    if (status != ATS_OK) {
        ats_cli_note("whose topics are whose is not known: the published contracts cannot be read "
                     "(%s)",
                     ats_status_name(status));
        return true;
    }
    telling.set = set;
    note_overlaps(&telling);
    bool governs = tell_whether_governs(&telling);
    ats_contract_set_free(set);
    return governs;
}

void ats_contract_tell_record(struct ats_store_view *view, const struct ats_control_record *record,
                              bool is_stated)
{
    struct ats_contract *contract = NULL;
    struct ats_error ignored = {0};
    if (record->kind == ATS_CONTROL_CONTRACT &&
        ats_contract_of_record(record, &contract, &ignored) == ATS_OK &&
        !ats_contract_is_retired(contract))
        (void)ats_contract_tell_governed(view, contract, is_stated);
    ats_contract_unref(contract);
}
