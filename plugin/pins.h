/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of contracts that a device's record names (`NAME@VERSION` among its contracts): what it publishes on that contract's topics is
 * judged by that version, whichever governs them for others. They are found when the device's facts are made, and once again when the
 * gate has another set of contracts. Thread: the broker's.
 */
#ifndef ATS_PLUGIN_PINS_H
#define ATS_PLUGIN_PINS_H

#include "plugin/gate_state.h"
#include "plugin/reasons.h"

/* Takes the pins out of the facts' list, and looks them up. MEMORY. */
ATS_MUST_USE enum ats_status ats_pins_make(const struct ats_gate *gate,
                                           struct ats_device_facts *facts);
/* Puts the version that judges the device's publishes to the topic in the place of the one that governs it (`contract`), with what the
   topic has for {device}. CONTRACT: the gate does not have it, or it has no such topic; VERSION_RETIRED. Allocates nothing. */
enum ats_reason ats_pins_apply(const struct ats_gate *gate, struct ats_device_facts *facts,
                               struct ats_span topic, struct ats_contract **contract,
                               struct ats_span *placeholder);

#endif
