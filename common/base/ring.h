/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of items of one size between two threads: one pushes, one pops, neither waits nor locks.
 *
 *   slots: [0][1][2]...[capacity - 1]      head: next to pop, tail: next to push; both only grow,
 *   and slot = counter % capacity, so that tail - head is the number of items.
 *
 * Thread: push on one thread, pop on one other; count on any. Owns: its slots; items are copied in and out.
 */
#ifndef ATS_BASE_RING_H
#define ATS_BASE_RING_H

#include "common/base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ats_ring {
    uint8_t *slots;
    size_t item_size;
    size_t capacity;
    _Atomic size_t head;
    _Atomic size_t tail;
};

ATS_MUST_USE enum ats_status ats_ring_init(struct ats_ring *ring, size_t item_size,
                                           size_t capacity);
/* Zeroes the slots before it frees them: items may be secrets, and so no core dump holds the slots either. */
void ats_ring_fini(struct ats_ring *ring);
/* Keeps the slots from being swapped out; false: the system does not let it (RLIMIT_MEMLOCK), and the ring works on. */
ATS_MUST_USE bool ats_ring_lock(struct ats_ring *ring);
/* False when the ring is full; nothing is pushed then. */
bool ats_ring_push(struct ats_ring *ring, const void *item);
/* False when the ring is empty. */
bool ats_ring_pop(struct ats_ring *ring, void *ret_item);
size_t ats_ring_count(const struct ats_ring *ring);

#endif
