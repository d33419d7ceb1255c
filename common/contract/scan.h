/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many bytes of JSON text at a time, for the hot path: the run of plain ASCII in a string, and runs of digits. No function reads at or
 * behind `end`.
 *
 * Runs of plain characters are found by 16 bytes where each processor of its kind can do it (SSE2 on x86-64, NEON on aarch64), by
 * eight in a machine word elsewhere, byte by byte at the end of the text; all give the same. Internal to common/contract. Thread: any.
 */
#ifndef ATS_CONTRACT_SCAN_H
#define ATS_CONTRACT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define ATS_SCAN_BLOCKS 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define ATS_SCAN_BLOCKS 1
#else
#define ATS_SCAN_BLOCKS 0
#endif

#define ATS_SCAN_WORD 8
#define ATS_SCAN_BLOCK 16
/* A word with that byte eight times. */
#define ATS_SCAN_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* A byte that ends a run of plain ASCII: quote, backslash, control character, or part of a longer character. */
static inline bool ats_scan_is_special(uint8_t byte)
{
    return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

static inline uint64_t ats_scan_load(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Each of these: the first special byte from `at` on, or `end`. */
static inline const uint8_t *ats_scan_bytes(const uint8_t *at, const uint8_t *end)
{
    while (at < end && !ats_scan_is_special(*at))
        at++;
    return at;
}

/* Subtracting n from a byte below n borrows into its highest bit; whether any byte did is exact, which one is not. */
static inline bool ats_scan_word_is_special(uint64_t word)
{
    uint64_t quote = word ^ ATS_SCAN_EACH('"');
    uint64_t backslash = word ^ ATS_SCAN_EACH('\\');
    uint64_t below = ((word - ATS_SCAN_EACH(0x20)) & ~word) |
                     ((quote - ATS_SCAN_EACH(1)) & ~quote) |
                     ((backslash - ATS_SCAN_EACH(1)) & ~backslash);
    return ((below | word) & ATS_SCAN_EACH(0x80)) != 0;
}

static inline const uint8_t *ats_scan_words(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= ATS_SCAN_WORD && !ats_scan_word_is_special(ats_scan_load(at)))
        at += ATS_SCAN_WORD;
    return ats_scan_bytes(at, end);
}

#if ATS_SCAN_BLOCKS
/* The number of plain bytes before the first special one of 16; 16 if there is none. */
#if defined(__SSE2__)
static inline unsigned ats_scan_block_run(const uint8_t *at)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    /* Compared with signs: what is above 0x7f is below 0x20, too. */
    __m128i special = _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)),
                                   _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                                _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(special) | 1U << ATS_SCAN_BLOCK);
}
#else
static inline unsigned ats_scan_block_run(const uint8_t *at)
{
    uint8x16_t block = vld1q_u8(at);
    uint8x16_t special =
        vorrq_u8(vcltq_s8(vreinterpretq_s8_u8(block), vdupq_n_s8(0x20)),
                 vorrq_u8(vceqq_u8(block, vdupq_n_u8('"')), vceqq_u8(block, vdupq_n_u8('\\'))));
    /* Four bits for each byte. */
    uint64_t mask =
        vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
    return mask != 0 ? (unsigned)__builtin_ctzll(mask) / 4 : ATS_SCAN_BLOCK;
}
#endif

static inline const uint8_t *ats_scan_blocks(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= ATS_SCAN_BLOCK) {
        unsigned run = ats_scan_block_run(at);
        at += run;
        if (run < ATS_SCAN_BLOCK)
            return at;
    }
    return ats_scan_words(at, end);
}
#endif

static inline const uint8_t *ats_scan_plain(const uint8_t *at, const uint8_t *end)
{
#if ATS_SCAN_BLOCKS
    return ats_scan_blocks(at, end);
#else
    return ats_scan_words(at, end);
#endif
}

/* ---- digits ---- */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The value of the digits that eight bytes begin with, and their number. The first byte is the lowest of the word. */
static inline unsigned ats_scan_digits_of_word(uint64_t word, uint64_t *ret_value)
{
    uint64_t digits = word ^ ATS_SCAN_EACH('0');
    /* The highest bit of each byte that is no digit; a carry reaches only bytes behind the first of them. */
    uint64_t others = ((digits + ATS_SCAN_EACH(0x76)) | digits) & ATS_SCAN_EACH(0x80);
    unsigned count = others != 0 ? (unsigned)__builtin_ctzll(others) / 8 : ATS_SCAN_WORD;
    /* Zeros in front for what follows the digits; the shift is by 64 at most, in two steps. */
    digits = digits << (4 * (ATS_SCAN_WORD - count)) << (4 * (ATS_SCAN_WORD - count));
    digits = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    digits = (digits * 100 + (digits >> 16)) & UINT64_C(0x0000ffff0000ffff);
    *ret_value = (digits * 10000 + (digits >> 32)) & UINT32_MAX;
    return count;
}
#endif

/* Puts the digits from `at` on behind those of `*digits`, modulo 2^64; the first byte that is none. */
static inline const uint8_t *ats_scan_digits(const uint8_t *at, const uint8_t *end,
                                             uint64_t *digits)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    static const uint32_t powers[ATS_SCAN_WORD + 1] = {1,      10,      100,      1000,     10000,
                                                       100000, 1000000, 10000000, 100000000};
    while (end - at >= ATS_SCAN_WORD) {
        uint64_t value = 0;
        unsigned count = ats_scan_digits_of_word(ats_scan_load(at), &value);
        *digits = *digits * powers[count] + value;
        at += count;
        if (count < ATS_SCAN_WORD)
            return at;
    }
#endif
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        *digits = *digits * 10 + (unsigned)(*at - '0');
    return at;
}

#endif
