/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts by their names alone, as devices name them. Thread: one. */
#ifndef ATS_CLI_CONTRACT_NAMES_H
#define ATS_CLI_CONTRACT_NAMES_H

#include "common/control/body.h"
#include "common/store/store.h"

/* Adds an entry to the device's contracts: NAME, or NAME@VERSION, which pins that version. `what` begins the errors. CONFIG, LIMIT. */
ATS_MUST_USE enum ats_status ats_contract_names_add(struct ats_body_device *device,
                                                    const char *what, const char *entry,
                                                    struct ats_error *err);
/* A note for each contract of the device that no version of is published, or not the one that is pinned: it may come later, or be a slip.
   And for each pinned version that is retired. */
void ats_contract_names_note_unknown(struct ats_store_view *view,
                                     const struct ats_body_device *device);

/* Whether a contract of that name is published, and gives it. Else gives the one that may have been meant: the nearest, or the first; "": there is none. */
bool ats_contract_names_suggest(struct ats_store_view *view, const char *name,
                                char ret_name[ATS_NAME_MAX + 1]);

/* The first few contracts that the rows of a file name, to be looked up once each. All zero: none. */
struct ats_contract_names {
    struct {
        char name[ATS_NAME_MAX + 1];
        size_t line; /* of the first row that names it */
    } items[ATS_DEVICE_CONTRACTS_MAX];
    size_t count;
};

/* Adds the contracts of the device in that line which are new, as far as there is room. */
void ats_contract_names_gather(struct ats_contract_names *names,
                               const struct ats_body_device *device, size_t line);
/* The same notes, with the line. */
void ats_contract_names_note_gathered(struct ats_store_view *view,
                                      const struct ats_contract_names *names);

#endif
