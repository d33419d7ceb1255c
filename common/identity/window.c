/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/window.h"

#include "device/wire.h"

#include <sodium.h>

_Static_assert(crypto_shorthash_siphash24_BYTES == 8, "a digest is one 64-bit number");
_Static_assert(crypto_shorthash_siphash24_KEYBYTES == 16, "as the header says");

/* Whether the sequence lies inside the window, seen or not. */
static bool inside(const struct ats_window *window, uint64_t sequence)
{
    return sequence > 0 && sequence <= window->highest &&
           window->highest - sequence < ATS_WINDOW_SIZE;
}

enum ats_window_verdict ats_window_judge(const struct ats_window *window, uint64_t sequence,
                                         uint64_t digest)
{
    if (sequence > window->highest)
        return ATS_WINDOW_NEW;
    if (!inside(window, sequence))
        return ATS_WINDOW_OLD;
    if ((window->seen >> (window->highest - sequence) & 1) == 0)
        return ATS_WINDOW_NEW;
    uint64_t seen = window->digests[sequence % ATS_WINDOW_SIZE];
    if (seen == ATS_WINDOW_DIGEST_UNKNOWN)
        return ATS_WINDOW_OLD;
    return seen == digest ? ATS_WINDOW_DUPLICATE : ATS_WINDOW_ATTACK;
}

void ats_window_note(struct ats_window *window, uint64_t sequence, uint64_t digest)
{
    if (sequence > window->highest) {
        uint64_t jump = sequence - window->highest;
        window->seen = jump < ATS_WINDOW_SIZE ? window->seen << jump : 0;
        window->highest = sequence;
    }
    if (!inside(window, sequence))
        return;
    window->seen |= UINT64_C(1) << (window->highest - sequence);
    window->digests[sequence % ATS_WINDOW_SIZE] = digest;
}

uint64_t ats_window_digest(const uint8_t key[16], const char *topic, uint8_t qos, bool retain,
                           struct ats_span payload)
{
    uint8_t parts[18];
    uint8_t digest[8];
    struct ats_wire_reader reader;
    (void)crypto_shorthash_siphash24(parts, (const uint8_t *)topic, strlen(topic), key);
    (void)crypto_shorthash_siphash24(parts + 8, payload.data, payload.len, key);
    parts[16] = qos;
    parts[17] = retain ? 1 : 0;
    (void)crypto_shorthash_siphash24(digest, parts, sizeof(parts), key);
    ats_wire_reader_init(&reader, digest, sizeof(digest));
    return ats_wire_get_u64(&reader);
}
