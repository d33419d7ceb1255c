/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts by their names alone, as devices name them. Thread: one. */
#ifndef ATS_CLI_CONTRACT_NAMES_H
#define ATS_CLI_CONTRACT_NAMES_H

#include "common/control/body.h"
#include "common/store/store.h"

/* A note for each contract of the device that no version of is published: it may come later, or be a slip. */
void ats_contract_names_note_unknown(struct ats_store_view *view,
                                     const struct ats_body_device *device);

/* Adds the contracts of `device` that `seen` has not yet, as far as there is room. */
void ats_contract_names_gather(struct ats_body_device *seen, const struct ats_body_device *device);

#endif
