/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_names.h"

#include "cli/cli.h"
#include "cli/fleet.h"
#include "common/base/buf.h"
#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/control/registry.h"

#include <stdio.h>

/* The names that a note lists; those that do not fit are left out. */
#define LIST_MAX 512

struct search {
    const char *wanted;
    bool found;
    char last[ATS_NAME_MAX + 1]; /* in the walk, the versions of one contract follow each other */
    struct ats_buf list;
};

static enum ats_status visit(void *ctx, const struct ats_control_record *record)
{
    struct search *search = ctx;
    char name[ATS_NAME_MAX + 1];
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(record->name, "@"), record->name);
    if (strcmp(name, search->last) == 0)
        return ATS_OK;
    memcpy(search->last, name, sizeof(name));
    search->found = search->found || strcmp(name, search->wanted) == 0;
    ats_buf_printf(&search->list, "%s%s", search->list.len > 0 ? ", " : "", name);
    return ATS_OK;
}

static bool is_number(struct ats_span text)
{
    bool good = text.len > 0 && (text.len == 1 || text.data[0] != '0');
    for (size_t i = 0; i < text.len; i++)
        good = good && text.data[i] >= '0' && text.data[i] <= '9';
    return good;
}

/* Three numbers, as a contract's version has them. */
static bool is_version(struct ats_span text)
{
    size_t parts = 0;
    size_t begin = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.data[i] != '.')
            continue;
        if (!is_number(ats_span_of(text.data + begin, i - begin)))
            return false;
        parts++;
        begin = i + 1;
    }
    return parts == 3;
}

static bool has_contract(const struct ats_body_device *device, struct ats_span name)
{
    for (size_t i = 0; i < device->contract_count; i++) {
        struct ats_span other;
        struct ats_span version;
        ats_device_contract_split(device->contracts[i], &other, &version);
        if (ats_span_equal(other, name))
            return true;
    }
    return false;
}

enum ats_status ats_contract_names_add(struct ats_body_device *device, const char *what,
                                       const char *entry, struct ats_error *err)
{
    struct ats_span name;
    struct ats_span version;
    if (device->contract_count == ATS_DEVICE_CONTRACTS_MAX)
        return ats_error_set(err, ATS_ERR_LIMIT, "%s: at most %d", what, ATS_DEVICE_CONTRACTS_MAX);
    enum ats_status status = ats_fleet_check_name("contract", entry, err);
    if (status != ATS_OK)
        return status;
    ats_device_contract_split(entry, &name, &version);
    if (strchr(entry, '@') && (name.len == 0 || !is_version(version)))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s: '%.*s' is not allowed (allowed: NAME, or NAME@VERSION such as "
                             "env-sensor@1.0.0)",
                             what, ATS_QUOTE(entry));
    if (has_contract(device, name))
        return ats_error_set(err, ATS_ERR_CONFIG, "%s: '%.*s' stands twice", what,
                             (int)(name.len < ATS_QUOTE_MAX ? name.len : ATS_QUOTE_MAX),
                             (const char *)name.data);
    (void)snprintf(device->contracts[device->contract_count++], ATS_NAME_MAX + 1, "%s", entry);
    return ATS_OK;
}

/* Of a pinned version that is published; one that is retired is told. */
static bool is_published(struct ats_store_view *view, const char *entry, const char *where)
{
    struct ats_control_record record;
    struct ats_body_contract body;
    if (ats_registry_find(view, ATS_CONTROL_CONTRACT, ats_span_text(entry), &record) != ATS_OK)
        return false;
    if (ats_body_contract_parse(record.body, &body) == ATS_OK && body.retired)
        ats_cli_note("warning: %scontract '%s' is retired: what a device publishes under it is "
                     "refused (version-retired)",
                     where, entry);
    ats_body_contract_fini(&body);
    return true;
}

/* `line`: 0 for none. */
static void note_if_unknown(struct ats_store_view *view, const char *name, size_t line)
{
    char where[32] = "";
    if (line > 0)
        (void)snprintf(where, sizeof(where), "line %zu: ", line);
    struct search search = {.wanted = name};
    if (strchr(name, '@') && is_published(view, name, where))
        return;
    ats_buf_init(&search.list, LIST_MAX);
    if (ats_registry_walk(view, ATS_CONTROL_CONTRACT, visit, &search) == ATS_OK && !search.found) {
        const char *list = search.list.len > 0 ? ats_buf_text(&search.list) : "none";
        ats_cli_note(
            "warning: %scontract '%s' is not published (published: %s); it is allowed all the same",
            where, name, list ? list : "...");
    }
    ats_buf_fini(&search.list);
}

void ats_contract_names_note_unknown(struct ats_store_view *view,
                                     const struct ats_body_device *device)
{
    for (size_t i = 0; i < device->contract_count; i++)
        note_if_unknown(view, device->contracts[i], 0);
}

struct suggestion {
    const char *meant;
    bool found; /* the very name */
    bool near;
    char name[ATS_NAME_MAX + 1];
};

static enum ats_status suggest(void *ctx, const struct ats_control_record *record)
{
    struct suggestion *suggestion = ctx;
    char name[ATS_NAME_MAX + 1];
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(record->name, "@"), record->name);
    const char *const names[] = {name, NULL};
    bool same = strcmp(name, suggestion->meant) == 0;
    bool near = ats_nearest_name(suggestion->meant, names) != NULL;
    if (suggestion->found || (!same && suggestion->name[0] && (suggestion->near || !near)))
        return ATS_OK;
    suggestion->found = same;
    memcpy(suggestion->name, name, sizeof(name));
    suggestion->near = near;
    return ATS_OK;
}

bool ats_contract_names_suggest(struct ats_store_view *view, const char *name,
                                char ret_name[ATS_NAME_MAX + 1])
{
    struct suggestion suggestion = {.meant = name};
    if (ats_registry_walk(view, ATS_CONTROL_CONTRACT, suggest, &suggestion) != ATS_OK)
        suggestion = (struct suggestion){0};
    memcpy(ret_name, suggestion.name, sizeof(suggestion.name));
    return suggestion.found;
}

static bool has(const struct ats_contract_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i].name, name) == 0)
            return true;
    return false;
}

void ats_contract_names_gather(struct ats_contract_names *names,
                               const struct ats_body_device *device, size_t line)
{
    for (size_t i = 0; i < device->contract_count; i++) {
        if (names->count == ATS_DEVICE_CONTRACTS_MAX || has(names, device->contracts[i]))
            continue;
        memcpy(names->items[names->count].name, device->contracts[i], ATS_NAME_MAX + 1);
        names->items[names->count++].line = line;
    }
}

void ats_contract_names_note_gathered(struct ats_store_view *view,
                                      const struct ats_contract_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        note_if_unknown(view, names->items[i].name, names->items[i].line);
}
