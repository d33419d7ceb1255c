/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/refusals.h"

#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#define GROW_BY 1000

enum ats_status ats_refusals_add(struct ats_refusals *refusals, size_t line, const char *name,
                                 const char *reason, struct ats_error *err)
{
    if (refusals->count % GROW_BY == 0) {
        struct ats_refusal *grown =
            realloc(refusals->items, (refusals->count + GROW_BY) * sizeof(*grown));
        if (!grown)
            return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
        refusals->items = grown;
    }
    struct ats_refusal *refusal = &refusals->items[refusals->count];
    *refusal = (struct ats_refusal){line, strdup(name), strdup(reason)};
    if (refusal->name && refusal->reason) {
        refusals->count++;
        return ATS_OK;
    }
    free(refusal->name);
    free(refusal->reason);
    return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
}

static int compare_lines(const void *a, const void *b)
{
    const struct ats_refusal *left = a;
    const struct ats_refusal *right = b;
    return (left->line > right->line) - (left->line < right->line);
}

void ats_refusals_print(struct ats_refusals *refusals, const struct ats_cli *cli)
{
    struct ats_output output;
    if (refusals->count == 0)
        return;
    qsort(refusals->items, refusals->count, sizeof(*refusals->items), compare_lines);
    ats_output_begin(&output, cli);
    for (size_t i = 0; i < refusals->count; i++) {
        const struct ats_refusal *refusal = &refusals->items[i];
        json_t *line = refusal->line > 0 ? json_integer((json_int_t)refusal->line) : json_null();
        ats_output_row(&output, json_pack("{s:s, s:o, s:o, s:o}", "verdict", "refused", "line",
                                          line, "name", ats_output_text(refusal->name), "reason",
                                          ats_output_text(refusal->reason)));
    }
    ats_output_end(&output);
}

void ats_refusals_fini(struct ats_refusals *refusals)
{
    for (size_t i = 0; i < refusals->count; i++) {
        free(refusals->items[i].name);
        free(refusals->items[i].reason);
    }
    free(refusals->items);
    *refusals = (struct ats_refusals){0};
}
