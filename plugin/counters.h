/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONNECT counters of ATTESTREAM-1, from the CONNECT that was accepted to the store that a restart reads:
 *
 *   broker's thread   journal (counter_record.h) -> memory (numbers.h) -> CONNACK
 *   forwarder         passes the record, sends nothing -> store of the counters -> the journal may forget it
 *   next start        what the journal has and the store has not is memory again
 *
 * So a CONNECT does not wait for the disk (but with `journal_sync always`, as each append does), and what was accepted survives
 * SIGKILL at once, and power loss as `journal_sync` says (docs/adr/0017).
 *
 * Thread: the broker's. Owns: nothing.
 */
#ifndef ATS_PLUGIN_COUNTERS_H
#define ATS_PLUGIN_COUNTERS_H

#include "plugin/gate_state.h"

/* The highest counter that was accepted of the owner (a device under one of its keys: numbers.h), 0: none. IO, CORRUPT: the store cannot be read. */
ATS_MUST_USE enum ats_status ats_counters_last(struct ats_gate *gate, const char *owner,
                                               uint64_t *ret_counter);
/* Remembers an accepted one; it is in the journal when this returns NONE. GATE_BUSY, and `err` says why: the journal is full or
   has no segment ready, or there is no room for the owner. */
enum ats_reason ats_counters_take(struct ats_gate *gate, const char *owner, uint64_t counter,
                                  struct ats_error *err);
/* At the start, a record that the journal still has; another kind of bytes is left to the forwarder. LIMIT: no room. */
ATS_MUST_USE enum ats_status ats_counters_replay(struct ats_gate *gate, struct ats_span data);

#endif
