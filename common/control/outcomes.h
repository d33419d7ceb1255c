/* SPDX-License-Identifier: Apache-2.0 */
/* What each outcome of a control record means: one table for docs/refusals.md. Thread: any. */
#ifndef ATS_CONTROL_OUTCOMES_H
#define ATS_CONTROL_OUTCOMES_H

#include "common/base/buf.h"
#include "common/control/registry.h"

/* Those that are not ACCEPTED, as Markdown. */
void ats_control_outcomes_print(struct ats_buf *out);

#endif
