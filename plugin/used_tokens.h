/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-use tokens, from the CONNECT that used one up to the store that a restart reads. The way is that of CONNECT's counters
 * (counters.h): journal, memory, CONNACK; the forwarder puts it into the store before the journal may forget it; a start reads from
 * the journal what the store has not yet. What the store has is dropped from memory at its key's next CONNECT.
 *
 * Thread: the broker's. Owns: what is not known to be stored, for each key.
 */
#ifndef ATS_PLUGIN_USED_TOKENS_H
#define ATS_PLUGIN_USED_TOKENS_H

#include "common/identity/jwt.h"
#include "common/journal/journal.h"
#include "plugin/counter_record.h"
#include "plugin/reasons.h"
#include "plugin/token_store.h"

#define ATS_TOKEN_RECORD_KIND (ATS_COUNTER_RECORD_KIND + 1)

struct ats_key_tokens;

struct ats_used_tokens {
    struct ats_store *store;     /* borrowed */
    struct ats_journal *journal; /* borrowed */
    size_t keys_max;             /* in memory at a time; at least 1 */
    struct ats_key_tokens *by_key;
};

void ats_used_tokens_fini(struct ats_used_tokens *tokens);
/* Uses up the token of a device: it is in the journal when this returns NONE. TOKEN_REPLAYED: it was used before, or may have been.
   TOKENS_FULL: ATS_GATE_TOKENS_PER_KEY of its key are still good, and none of them is forgotten. GATE_BUSY: neither journal nor memory
   has room, or the store cannot be read; `err` says which. */
enum ats_reason ats_used_tokens_take(struct ats_used_tokens *tokens, const struct ats_jwt *jwt,
                                     const char *device, int64_t now_s, struct ats_error *err);
/* At the start, a record that the journal still has. MEMORY or LIMIT: no room. */
ATS_MUST_USE enum ats_status ats_used_tokens_replay(struct ats_used_tokens *tokens,
                                                    struct ats_span data, int64_t now_s);

#endif
