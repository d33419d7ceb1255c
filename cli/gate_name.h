/* SPDX-License-Identifier: Apache-2.0 */
/* A gate by its name, as tokens name it. Thread: one. */
#ifndef ATS_CLI_GATE_NAME_H
#define ATS_CLI_GATE_NAME_H

#include "common/store/store.h"

#include <stdbool.h>

/* A note where the copy has no such gate, or has it revoked, or (`claims`) as one that may not take claims: that may come later, or be
   a slip. */
void ats_gate_name_note(struct ats_store_view *view, const char *name, bool claims);

#endif
