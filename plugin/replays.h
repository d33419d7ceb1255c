/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which quarantined events were admitted anew, so that each is once, by whichever control record and after whichever crash. The event's
 * journal record is what counts; the way of that knowledge is that of sequences (marks.h):
 *
 *   journal and memory -> Kafka has it: a mark in the store, before the journal may forget the record -> out of memory
 *
 * A start reads from the journal what the store has not yet.
 *
 * Thread: the broker's; the two key makers any. Owns: what is not known to be stored.
 */
#ifndef ATS_PLUGIN_REPLAYS_H
#define ATS_PLUGIN_REPLAYS_H

#include "common/store/store.h"

/* Of the store of marks, beside owners' names, which have no such first byte. */
#define ATS_REPLAY_KEY_SIZE (1 + 2 * 16 + 1)
/* There from the first time on that replays were looked for. */
#define ATS_REPLAY_KEY_BEGUN "\x1f"

struct ats_replays;

/* `store`: borrowed. `pending_max`: events in memory at a time. */
ATS_MUST_USE enum ats_status ats_replays_new(struct ats_store *store, size_t pending_max,
                                             struct ats_replays **ret_replays);
void ats_replays_free(struct ats_replays *replays);
/* The key of a quarantined event, by its id (ats_event_id()); that of a control record of which nothing is left to do. */
void ats_replay_event_key(struct ats_span id, char ret_key[ATS_REPLAY_KEY_SIZE]);
void ats_replay_name_key(const char *name, char ret_key[ATS_REPLAY_KEY_SIZE]);
/* Whether it was admitted, and whether there is room to note one more; IO. */
ATS_MUST_USE enum ats_status ats_replays_find(struct ats_replays *replays, const char *key,
                                              bool *ret_found, bool *ret_room);
/* Before it enters the journal, so that nothing can fail behind that; taken back where it does not. MEMORY, LIMIT: no room. */
ATS_MUST_USE enum ats_status ats_replays_note(struct ats_replays *replays, const char *key);
void ats_replays_forget(struct ats_replays *replays, const char *key);

#endif
