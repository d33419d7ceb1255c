/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/compare_parts.h"

#include "common/contract/resolve.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- changes ---- */

void ats_compare_add(struct ats_comparing *c, unsigned concerned, enum ats_version_part part,
                     const char *path, const char *rule, const char *format, ...)
{
    struct ats_comparison *comparison = c->comparison;
    struct ats_change change = {.concerned = concerned, .part = part, .rule = rule};
    va_list arguments;
    va_start(arguments, format);
    bool printed = vasprintf(&change.text, format, arguments) >= 0;
    va_end(arguments);
    change.text = printed ? change.text : NULL;
    change.path = strdup(path);
    struct ats_change *grown =
        change.text && change.path
            ? realloc(comparison->changes, (comparison->count + 1) * sizeof(*grown))
            : NULL;
    if (!grown) {
        free(change.text);
        free(change.path);
        c->status = ATS_ERR_MEMORY;
        return;
    }
    comparison->changes = grown;
    grown[comparison->count++] = change;
    if (part > comparison->required)
        comparison->required = part;
}

/* ---- who reads and writes records ---- */

struct reading {
    struct ats_comparing *comparing;
    unsigned concerned;
};

static void tell(void *ctx, const struct ats_resolve_finding *finding)
{
    const struct reading *reading = ctx;
    ats_compare_add(reading->comparing, reading->concerned,
                    finding->breaks ? ATS_VERSION_MAJOR : ATS_VERSION_MINOR, finding->path,
                    ats_resolve_fault_name(finding->fault), "%s", finding->text);
}

static void compare_schemas(struct ats_comparing *c)
{
    struct reading old_readers = {c, ATS_OLD_READERS};
    struct reading new_readers = {c, ATS_NEW_READERS | ATS_WRITERS};
    bool ignored = false;
    enum ats_status status =
        ats_resolve(&c->before->tree, &c->after->tree, tell, &old_readers, &ignored);
    if (status == ATS_OK)
        status = ats_resolve(&c->after->tree, &c->before->tree, tell, &new_readers, &ignored);
    if (status != ATS_OK)
        c->status = status;
}

/* ---- versions ---- */

/* Of three numbers with dots between, as an ODCS document must have them. */
static enum ats_version_part part_that_rose(const char *before, const char *after)
{
    for (int part = ATS_VERSION_MAJOR; part > ATS_VERSION_NONE; part--) {
        char *behind_old = NULL;
        char *behind_new = NULL;
        unsigned long was = strtoul(before, &behind_old, 10);
        unsigned long is = strtoul(after, &behind_new, 10);
        if (is != was)
            return is > was ? (enum ats_version_part)part : ATS_VERSION_NONE;
        before = behind_old + strspn(behind_old, ".");
        after = behind_new + strspn(behind_new, ".");
    }
    return ATS_VERSION_NONE;
}

const char *ats_version_part_name(enum ats_version_part part)
{
    static const char *const names[] = {"none", "patch", "minor", "major"};
    return names[part];
}

const char *ats_concerned_name(enum ats_concerned concerned)
{
    switch (concerned) {
    case ATS_OLD_READERS:
        return "old-readers";
    case ATS_NEW_READERS:
        return "new-readers";
    case ATS_WRITERS:
        return "writers";
    default:
        return "devices";
    }
}

bool ats_comparison_holds(const struct ats_comparison *comparison)
{
    return comparison->raised >= comparison->required;
}

/* ---- both ---- */

static enum ats_status open_one(const struct ats_contract_texts *texts, struct ats_compared *one,
                                struct ats_error *err)
{
    enum ats_status status = ats_plan_compile(texts->avsc, texts->avsc_name, &one->plan, err);
    if (status == ATS_OK)
        status = ats_odcs_read(texts->odcs, texts->odcs_name, &one->plan, &one->odcs, err);
    if (status == ATS_OK)
        status = ats_avsc_tree_read(texts->avsc, texts->avsc_name, &one->tree, err);
    return status;
}

static void close_one(struct ats_compared *one)
{
    ats_avsc_tree_fini(&one->tree);
    ats_odcs_fini(&one->odcs);
    ats_plan_fini(&one->plan);
}

static enum ats_status compare_heads(struct ats_comparing *c, struct ats_error *err)
{
    const struct ats_odcs *before = &c->before->odcs;
    const struct ats_odcs *after = &c->after->odcs;
    struct ats_comparison *comparison = c->comparison;
    if (strcmp(before->name, after->name) != 0)
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "'%s' and '%s' are two contracts: only versions of one are compared",
                             before->name, after->name);
    comparison->name = strdup(after->name);
    comparison->old_version = strdup(before->version);
    comparison->new_version = strdup(after->version);
    if (!comparison->name || !comparison->old_version || !comparison->new_version)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    comparison->raised = part_that_rose(before->version, after->version);
    return ATS_OK;
}

static enum ats_status compare_all(struct ats_comparing *c, struct ats_error *err)
{
    enum ats_status status = compare_heads(c, err);
    if (status != ATS_OK)
        return status;
    compare_schemas(c);
    ats_compare_payloads(c);
    ats_compare_quality(c);
    ats_compare_series(c);
    ats_compare_formats(c);
    ats_compare_settings(c);
    return c->status == ATS_OK
               ? ATS_OK
               : ats_error_set(err, c->status, "versions %s and %s of '%s' cannot be compared: %s",
                               c->comparison->old_version, c->comparison->new_version,
                               c->comparison->name, ats_status_name(c->status));
}

enum ats_status ats_contract_compare(const struct ats_contract_texts *before,
                                     const struct ats_contract_texts *after,
                                     struct ats_comparison *ret_comparison, struct ats_error *err)
{
    struct ats_compared was = {0};
    struct ats_compared is = {0};
    bool same =
        ats_span_equal(before->odcs, after->odcs) && ats_span_equal(before->avsc, after->avsc);
    struct ats_comparing c = {.before = &was, .after = &is, .comparison = ret_comparison};
    *ret_comparison =
        (struct ats_comparison){.required = same ? ATS_VERSION_NONE : ATS_VERSION_PATCH};
    enum ats_status status = open_one(before, &was, err);
    if (status == ATS_OK)
        status = open_one(after, &is, err);
    if (status == ATS_OK)
        status = compare_all(&c, err);
    close_one(&was);
    close_one(&is);
    if (status != ATS_OK)
        ats_comparison_fini(ret_comparison);
    return status;
}

void ats_comparison_fini(struct ats_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        free(comparison->changes[i].path);
        free(comparison->changes[i].text);
    }
    free(comparison->changes);
    free(comparison->name);
    free(comparison->old_version);
    free(comparison->new_version);
    *comparison = (struct ats_comparison){0};
}
