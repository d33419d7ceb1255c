/* SPDX-License-Identifier: Apache-2.0 */
/* A gate by its name, as tokens name it. Thread: one. */
#ifndef ATS_CLI_GATE_NAME_H
#define ATS_CLI_GATE_NAME_H

#include "common/store/store.h"

#include <stdbool.h>

struct ats_gate_objection {
    const char *reason; /* a gate's own, for scripts */
    const char *text;   /* "is revoked" */
};

/* Whether the copy has no such gate, or has it revoked, or (`claims`) as one that may not take claims: that may come later, or be
   a slip. */
bool ats_gate_name_objection(struct ats_store_view *view, const char *name, bool claims,
                             struct ats_gate_objection *ret_objection);
/* A note of that about a claim token. */
void ats_gate_name_note_claims(struct ats_store_view *view, const char *name);

#endif
