/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_versions.h"

#include "cli/cli.h"
#include "cli/contract_changes.h"
#include "common/contract/set.h"

#include <stdio.h>
#include <stdlib.h>

struct neighbours {
    const char *full; /* NAME@VERSION, or NAME, which is below none */
    bool same_major;
    char below[ATS_NAME_MAX + 1]; /* "" while there is none */
    char above[ATS_NAME_MAX + 1];
};

static size_t name_length(const char *full)
{
    return strcspn(full, "@");
}

/* "" where there is none. */
static const char *version_of(const char *full)
{
    size_t len = name_length(full);
    return full[len] == '@' ? &full[len + 1] : "";
}

static bool is_wanted(const struct neighbours *n, const char *other)
{
    size_t len = name_length(n->full);
    const char *is = version_of(n->full);
    const char *was = version_of(other);
    if (name_length(other) != len || strncmp(n->full, other, len) != 0 || was[0] == '\0')
        return false;
    return !n->same_major ||
           (strcspn(is, ".") == strcspn(was, ".") && strncmp(is, was, strcspn(is, ".")) == 0);
}

static enum ats_status take_nearer(void *ctx, const struct ats_control_record *record)
{
    struct neighbours *n = ctx;
    const char *version = version_of(record->name);
    const char *own = version_of(n->full);
    if (!is_wanted(n, record->name))
        return ATS_OK;
    int order = own[0] ? ats_contract_compare_versions(version, own) : -1;
    if (order == 0)
        return ATS_OK;
    char *place = order < 0 ? n->below : n->above;
    int nearer = place[0] ? ats_contract_compare_versions(version, version_of(place)) : 0;
    if (place[0] == '\0' || (order < 0 ? nearer > 0 : nearer < 0))
        memcpy(place, record->name, sizeof(n->below));
    return ATS_OK;
}

enum ats_status ats_contract_version_find(struct ats_store_view *view, const char *name,
                                          struct ats_control_record *ret_record)
{
    struct neighbours n = {.full = name};
    enum ats_status status = version_of(name)[0]
                                 ? ATS_OK
                                 : ats_registry_walk(view, ATS_CONTROL_CONTRACT, take_nearer, &n);
    const char *full = n.below[0] ? n.below : name;
    return status == ATS_OK
               ? ats_registry_find(view, ATS_CONTROL_CONTRACT, ats_span_text(full), ret_record)
               : status;
}

struct ats_contract_texts ats_contract_texts_of(const struct ats_body_contract *body)
{
    return (struct ats_contract_texts){ats_span_text(body->odcs), "odcs", ats_span_text(body->avsc),
                                       "avsc"};
}

/* ---- whether a version may follow ---- */

/* How many changes break something, and the first of them. */
static size_t count_breaks(const struct ats_comparison *comparison, struct ats_change *ret_first)
{
    size_t count = 0;
    for (size_t i = 0; i < comparison->count; i++) {
        if (comparison->changes[i].part != ATS_VERSION_MAJOR)
            continue;
        if (count == 0)
            *ret_first = comparison->changes[i];
        count++;
    }
    return count;
}

static enum ats_status refuse(const struct ats_comparison *comparison, const char *mine,
                              struct ats_error *err)
{
    struct ats_change first = {.path = "", .rule = "", .text = ""};
    size_t count = count_breaks(comparison, &first);
    char whom[ATS_CONCERNED_TEXT_MAX];
    ats_contract_changes_concerned(first.concerned, whom);
    bool late = strcmp(version_of(mine), comparison->new_version) != 0;
    unsigned long major = strtoul(comparison->new_version, NULL, 10);
    return ats_error_set(
        err, ATS_ERR_REFUSED,
        "contract %s cannot stand %s version %s: %zu %s break%s who relies on "
        "%s, first %s%s%s for %s: %s. Give it a new major version (%lu.0.0 or higher); `attestream "
        "contract diff` shows all",
        mine, late ? "before" : "behind", late ? comparison->new_version : comparison->old_version,
        count, count == 1 ? "change" : "changes", count == 1 ? "s" : "", comparison->old_version,
        first.path, first.path[0] ? " " : "", first.rule, whom, first.text, major + 1);
}

/* The lower one of two versions comes first, whichever is published. */
static enum ats_status check_pair(const struct ats_body_contract *before,
                                  const struct ats_body_contract *after, const char *mine,
                                  struct ats_error *err)
{
    const struct ats_contract_texts was = ats_contract_texts_of(before);
    const struct ats_contract_texts is = ats_contract_texts_of(after);
    struct ats_comparison comparison;
    enum ats_status status = ats_contract_compare(&was, &is, &comparison, err);
    if (status != ATS_OK)
        return status;
    if (comparison.required == ATS_VERSION_MAJOR)
        status = refuse(&comparison, mine, err);
    else if (!ats_comparison_holds(&comparison))
        ats_cli_note("warning: from %s to %s of '%s' the %s part of the version should rise: "
                     "`attestream contract diff` shows what changed",
                     comparison.old_version, comparison.new_version, comparison.name,
                     ats_version_part_name(comparison.required));
    ats_comparison_fini(&comparison);
    return status;
}

enum ats_status ats_contract_versions_check_both(const struct ats_control_record *a,
                                                 const struct ats_control_record *b,
                                                 struct ats_error *err)
{
    const struct neighbours n = {.full = b->name, .same_major = true};
    struct ats_body_contract bodies[2];
    if (a->kind != ATS_CONTROL_CONTRACT || b->kind != ATS_CONTROL_CONTRACT ||
        !is_wanted(&n, a->name))
        return ATS_OK;
    bool a_first = ats_contract_compare_versions(version_of(a->name), version_of(b->name)) < 0;
    enum ats_status status = ats_body_contract_parse(a_first ? a->body : b->body, &bodies[0]);
    if (status != ATS_OK)
        return ats_error_set(err, status, "'%s' or '%s' holds no contract", a->name, b->name);
    status = ats_body_contract_parse(a_first ? b->body : a->body, &bodies[1]);
    if (status == ATS_OK) {
        status = check_pair(&bodies[0], &bodies[1], a_first ? b->name : a->name, err);
        ats_body_contract_fini(&bodies[1]);
    }
    ats_body_contract_fini(&bodies[0]);
    return status;
}

static enum ats_status check_beside(struct ats_store_view *view, const char *other, bool below,
                                    const struct ats_body_contract *mine, const char *full,
                                    struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_body_contract theirs;
    if (other[0] == '\0')
        return ATS_OK;
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_CONTRACT, ats_span_text(other), &record);
    if (status == ATS_OK)
        status = ats_body_contract_parse(record.body, &theirs);
    if (status != ATS_OK)
        return ats_error_set(err, status, "contract %s of the local copy cannot be read: %s", other,
                             ats_status_name(status));
    status = below ? check_pair(&theirs, mine, full, err) : check_pair(mine, &theirs, full, err);
    ats_body_contract_fini(&theirs);
    return status;
}

enum ats_status ats_contract_versions_check(struct ats_store_view *view,
                                            const struct ats_control_record *record,
                                            struct ats_error *err)
{
    struct neighbours n = {.full = record->name, .same_major = true};
    struct ats_body_contract mine;
    if (record->kind != ATS_CONTROL_CONTRACT)
        return ATS_OK;
    enum ats_status status = ats_body_contract_parse(record->body, &mine);
    if (status != ATS_OK)
        return ats_error_set(err, status, "'%s' holds no contract", record->name);
    if (!mine.retired) /* its end says nothing else */
        status = ats_registry_walk(view, ATS_CONTROL_CONTRACT, take_nearer, &n);
    if (status != ATS_OK)
        (void)ats_error_set(err, status, "the local copy cannot be read: %s",
                            ats_status_name(status));
    if (status == ATS_OK)
        status = check_beside(view, n.below, true, &mine, record->name, err);
    if (status == ATS_OK)
        status = check_beside(view, n.above, false, &mine, record->name, err);
    ats_body_contract_fini(&mine);
    return status;
}
