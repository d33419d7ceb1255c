/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device must not forget, in a small file: the counter of its CONNECTs and the sequence of its proofs. Both are stored,
 * and synced, before they are used, so that a device that loses its power at any moment never uses one twice. The sequence is
 * reserved in blocks: a write for each publish would wear out flash memory. After a crash the rest of a block is left out, which
 * the gate takes.
 *
 * Owns: the file's lock, so that no second process uses the same numbers. Thread: one.
 */
#ifndef ATS_DEVICE_EXAMPLES_STATE_H
#define ATS_DEVICE_EXAMPLES_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define EXAMPLE_SEQUENCE_BLOCK 64 /* sequences for each write */
#define EXAMPLE_PATH_MAX 4096     /* as Linux has it */

struct example_state {
    char path[EXAMPLE_PATH_MAX];
    int lock;
    uint64_t counter;  /* of the last CONNECT */
    uint64_t sequence; /* no sequence above it was used */
};

/* A file that is not there is a device that never connected. False: `ret_why` says why, in a constant text. */
bool example_state_open(struct example_state *state, const char *path, const char **ret_why);
/* The next counter: the clock's milliseconds, or one more than the last where the clock went back. */
bool example_state_take_counter(struct example_state *state, uint64_t now_ms, uint64_t *ret_counter,
                                const char **ret_why);
/* Makes sure that sequences up to `sequence` may be used. */
bool example_state_reserve(struct example_state *state, uint64_t sequence, const char **ret_why);
/* `sequence`: the last one that was used. */
void example_state_close(struct example_state *state, uint64_t sequence);

#endif
