/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contract_names.h"

#include "cli/cli.h"
#include "common/base/buf.h"
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

static void note_if_unknown(struct ats_store_view *view, const char *name)
{
    struct search search = {.wanted = name};
    ats_buf_init(&search.list, LIST_MAX);
    if (ats_registry_walk(view, ATS_CONTROL_CONTRACT, visit, &search) == ATS_OK && !search.found) {
        const char *list = search.list.len > 0 ? ats_buf_text(&search.list) : "none";
        ats_cli_note(
            "warning: contract '%s' is not published (published: %s); it is allowed all the same",
            name, list ? list : "...");
    }
    ats_buf_fini(&search.list);
}

void ats_contract_names_note_unknown(struct ats_store_view *view,
                                     const struct ats_body_device *device)
{
    for (size_t i = 0; i < device->contract_count; i++)
        note_if_unknown(view, device->contracts[i]);
}

void ats_contract_names_gather(struct ats_body_device *seen, const struct ats_body_device *device)
{
    for (size_t i = 0; i < device->contract_count; i++) {
        size_t k = 0;
        while (k < seen->contract_count && strcmp(seen->contracts[k], device->contracts[i]) != 0)
            k++;
        if (k == seen->contract_count && k < ATS_DEVICE_CONTRACTS_MAX)
            memcpy(seen->contracts[seen->contract_count++], device->contracts[i], ATS_NAME_MAX + 1);
    }
}
