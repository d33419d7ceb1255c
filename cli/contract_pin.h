/* SPDX-License-Identifier: Apache-2.0 */
/* The version of a contract that a device's record names. Thread: one. */
#ifndef ATS_CLI_CONTRACT_PIN_H
#define ATS_CLI_CONTRACT_PIN_H

#include "cli/command.h"
#include "common/contract/set.h"

/* What judges the device's publishes in the place of the contract that governs their topic, as a gate would find it: the version that the
   device's record in the fleet's copy names, or that contract; NULL where it is retired, or not in the set. `device` "": nobody's. */
const struct ats_contract *ats_contract_judging(const struct ats_cli *cli,
                                                const struct ats_contract_set *set,
                                                const char *device,
                                                const struct ats_contract *governs);

#endif
