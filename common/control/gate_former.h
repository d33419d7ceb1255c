/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate's former keys: what a rotation leaves good beside the new ones until an end, so that a gate that still runs with them goes
 * on, and what it sealed is taken. Thread: any. Owns: nothing.
 */
#ifndef ATS_CONTROL_GATE_FORMER_H
#define ATS_CONTROL_GATE_FORMER_H

#include "common/control/body.h"
#include "common/control/body_json.h"

bool ats_gate_has_former(const struct ats_body_gate *gate);
/* Whether its keys, or the former ones, are good at that time. */
bool ats_gate_was_good(const struct ats_body_gate *gate, int64_t time_ms);
/* The record as the gate with that signing key reads it: where it is the former one, the former keys, certificate and end take the
   place of the new ones. false: the record has no such former key, and is left as it is. */
bool ats_gate_take_former(struct ats_body_gate *gate,
                          const uint8_t signing_key[ATS_PUBLIC_KEY_SIZE]);
/* The record's optional member "former". For body_principal.c. */
ATS_MUST_USE enum ats_status ats_gate_former_read(struct ats_body_reader *reader,
                                                  struct ats_gate_former *ret_former);
/* How many members it has put: 0 or 1. */
size_t ats_gate_former_put(json_t *object, const struct ats_gate_former *former);

#endif
