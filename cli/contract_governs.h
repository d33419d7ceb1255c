/* SPDX-License-Identifier: Apache-2.0 */
/* Which contract governs topics that several have. Thread: one. */
#ifndef ATS_CLI_CONTRACT_GOVERNS_H
#define ATS_CLI_CONTRACT_GOVERNS_H

#include "common/contract/set.h"
#include "common/control/record.h"
#include "common/store/store.h"

/* The contract that governs every topic of the filter in the place of this one, or NULL. */
const struct ats_contract *ats_contract_filter_taker(const struct ats_contract_set *set,
                                                     const struct ats_contract *contract,
                                                     const char *filter);
/* Notes each other contract with which this one has topics in common, and who governs those; and that it governs none at all where
   each of its filters lies within another contract's or version's that comes before it. False then. `is_stated`: the log has it;
   else the notes say what would be. */
bool ats_contract_tell_governed(struct ats_store_view *view, const struct ats_contract *contract,
                                bool is_stated);
/* The same of a record; nothing of one of another kind. */
void ats_contract_tell_record(struct ats_store_view *view, const struct ats_control_record *record,
                              bool is_stated);

#endif
