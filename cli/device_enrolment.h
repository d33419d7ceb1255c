/* SPDX-License-Identifier: Apache-2.0 */
/* How devices came into the registry: by an operator, or by a claim through a gate. Thread: one. */
#ifndef ATS_CLI_DEVICE_ENROLMENT_H
#define ATS_CLI_DEVICE_ENROLMENT_H

#include "cli/list.h"
#include "common/store/store.h"

/* "operator" or "claim". */
const char *ats_device_enrolled_by(struct ats_store_view *view, const char *device);
/* {"by": "operator"}, or {"by": "claim", "gate": ..., "token_id": ..., "operator": ...}. */
json_t *ats_device_enrolment_json(struct ats_store_view *view, const char *device);
/* `device list`: the rows, each with its "enrolled" ("operator" or "claim") and the "gate" that took the claim ("" for none); the exit code. */
int ats_device_list(const struct ats_cli *cli, ats_list_row *row);

#endif
