/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The replay window of one device: the 64 sequences up to the highest seen, as a bit each and the digest of the packet.
 *
 *   sequence > highest                 -> NEW
 *   in the window, bit clear           -> NEW
 *   in the window, bit set, same digest-> DUPLICATE (a retransmission and a replay look the same)
 *   in the window, bit set, other bytes-> ATTACK
 *   below the window, or bit set but the packet not known any more -> OLD
 *
 * Judging leaves no trace; only ats_window_note(), called once the packet is in the journal, does.
 * Thread: one at a time.
 */
#ifndef ATS_IDENTITY_WINDOW_H
#define ATS_IDENTITY_WINDOW_H

#include "common/base/span.h"

#define ATS_WINDOW_SIZE 64
/* Of a sequence that was seen before this process, by a packet that nobody remembers. */
#define ATS_WINDOW_DIGEST_UNKNOWN 0

struct ats_window {
    uint64_t highest;                  /* 0: nothing seen; sequences start at 1 */
    uint64_t seen;                     /* bit i: sequence highest - i was seen */
    uint64_t digests[ATS_WINDOW_SIZE]; /* of sequence s at s % ATS_WINDOW_SIZE */
};

enum ats_window_verdict { ATS_WINDOW_NEW, ATS_WINDOW_DUPLICATE, ATS_WINDOW_ATTACK, ATS_WINDOW_OLD };

enum ats_window_verdict ats_window_judge(const struct ats_window *window, uint64_t sequence,
                                         uint64_t digest);
void ats_window_note(struct ats_window *window, uint64_t sequence, uint64_t digest);
/* SipHash-2-4 of QoS, retain and the SipHashes of topic and payload (so that the payload is not copied), under a key of the
   process or a fixed one (rebuilds need the same). Not for deciding who sent a packet: that is the proof's work. */
uint64_t ats_window_digest(const uint8_t key[16], const char *topic, uint8_t qos, bool retain,
                           struct ats_span payload);

#endif
