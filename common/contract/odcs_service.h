/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `slaProperties`: what is promised of a stream. Those that we know are held against what they need (value, unit, element); frequency and
 * freshness the gate can watch, event by event. Internal to common/contract. Thread: any.
 */
#ifndef ATS_CONTRACT_ODCS_SERVICE_H
#define ATS_CONTRACT_ODCS_SERVICE_H

#include "common/contract/odcs.h"

/* Each entry by itself, as far as it is one that we know; the others say what they like, but name elements that are there. CONFIG. */
ATS_MUST_USE enum ats_status ats_odcs_check_services(const struct ats_yaml_node *root,
                                                     struct ats_error *err);

#endif
