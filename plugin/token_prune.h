/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgets single-use tokens that expired long ago, of keys whose device does not come any more or has another key: their set is made
 * as small as what a clock that goes back needs, the latest expiry forgotten (token_store.h), 3 KiB to some 50 bytes. A step looks at
 * one part in 65,536 of the keys, by the first two bytes of their hash, and the next step at the next.
 *
 * Thread: the forwarder's, which writes the store. Owns: nothing.
 */
#ifndef ATS_PLUGIN_TOKEN_PRUNE_H
#define ATS_PLUGIN_TOKEN_PRUNE_H

#include "common/base/log.h"
#include "plugin/metrics.h"
#include "plugin/token_store.h"

struct ats_token_prune {
    struct ats_store *store;          /* borrowed; NULL: nothing is done */
    struct ats_gate_metrics *metrics; /* borrowed */
    struct ats_log *log;
    uint16_t
        part; /* to be looked at next; begun anywhere, since a gate that is restarted often comes around nowhere else */
    int64_t next_ms; /* monotonic */
};

/* What is due of the next part, once in ATS_GATE_TOKEN_PRUNE_MS. A failure is logged, and what is left is found the next time around. */
void ats_token_prune_step(struct ats_token_prune *prune, int64_t monotonic_ms, int64_t now_s);

#endif
