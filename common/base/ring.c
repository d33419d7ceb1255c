/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ring.h"

#include <string.h>
#include <sys/mman.h>

enum ats_status ats_ring_init(struct ats_ring *ring, size_t item_size, size_t capacity)
{
    memset(ring, 0, sizeof(*ring));
    void *slots = mmap(NULL, capacity * item_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED)
        return ATS_ERR_MEMORY;
    (void)madvise(slots, capacity * item_size, MADV_DONTDUMP);
    ring->slots = slots;
    ring->item_size = item_size;
    ring->capacity = capacity;
    return ATS_OK;
}

void ats_ring_fini(struct ats_ring *ring)
{
    if (!ring->slots)
        return;
    explicit_bzero(ring->slots, ring->item_size * ring->capacity);
    (void)munmap(ring->slots, ring->item_size * ring->capacity);
    ring->slots = NULL;
}

bool ats_ring_lock(struct ats_ring *ring)
{
    return mlock(ring->slots, ring->item_size * ring->capacity) == 0;
}

static uint8_t *slot_of(const struct ats_ring *ring, size_t counter)
{
    return ring->slots + counter % ring->capacity * ring->item_size;
}

bool ats_ring_push(struct ats_ring *ring, const void *item)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&ring->head, memory_order_acquire) == ring->capacity)
        return false;
    memcpy(slot_of(ring, tail), item, ring->item_size);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool ats_ring_pop(struct ats_ring *ring, void *ret_item)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&ring->tail, memory_order_acquire))
        return false;
    uint8_t *slot = slot_of(ring, head);
    memcpy(ret_item, slot, ring->item_size);
    explicit_bzero(slot, ring->item_size);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

size_t ats_ring_count(const struct ats_ring *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    return atomic_load_explicit(&ring->tail, memory_order_acquire) - head;
}
