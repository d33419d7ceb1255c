/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/scan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define LENGTH_MAX 70
#define ALIGNMENTS 16

typedef const uint8_t *scan_function(const uint8_t *at, const uint8_t *end);

static scan_function *const ways[] = {
    ats_scan_words,
#if ATS_SCAN_BLOCKS
    ats_scan_blocks,
#endif
    ats_scan_plain,
};

/* Each way finds what the plain loop finds. The text ends where its memory does, so that a sanitizer sees each byte read beyond. */
static void expect_alike(const uint8_t *text, size_t len, size_t alignment)
{
    uint8_t *memory = malloc(alignment + len + 1);
    cr_assert(memory);
    uint8_t *at = memory + alignment;
    memcpy(at, text, len);
    uint8_t *exact = realloc(memory, alignment + len > 0 ? alignment + len : 1);
    cr_assert(exact);
    at = exact + alignment;
    const uint8_t *expected = ats_scan_bytes(at, at + len);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        cr_assert_eq(ways[i](at, at + len), expected, "way %zu: %zu, not %zu, of %zu at %zu", i,
                     (size_t)(ways[i](at, at + len) - at), (size_t)(expected - at), len, alignment);
    free(exact);
}

Test(scan, every_way_finds_each_special_byte_at_every_alignment_length_and_place)
{
    static const uint8_t specials[] = {'"', '\\', 0, '\n', 0x1f, 0x80, 0xc3, 0xff};
    uint8_t text[LENGTH_MAX];
    for (size_t len = 0; len < LENGTH_MAX; len++) {
        for (size_t alignment = 0; alignment < ALIGNMENTS; alignment++) {
            memset(text, 'x', sizeof(text));
            expect_alike(text, len, alignment);
            size_t place = len > 0 ? (len * 7 + alignment * 3) % len : 0;
            text[place] = specials[(len + alignment) % sizeof(specials)];
            expect_alike(text, len, alignment);
        }
        for (size_t place = 0; place < len; place++) {
            memset(text, 'x', sizeof(text));
            text[place] = specials[(len + place) % sizeof(specials)];
            expect_alike(text, len, place % ALIGNMENTS);
        }
    }
}

Test(scan, every_way_tells_each_byte_as_the_plain_loop_does)
{
    uint8_t text[24];
    for (int byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < sizeof(text); place++) {
            memset(text, place % 2 ? 0x7f : ' ', sizeof(text));
            text[place] = (uint8_t)byte;
            expect_alike(text, sizeof(text), 0);
        }
    }
}

/* Neighbours that borrow from each other in a word. */
Test(scan, every_way_finds_the_first_special_byte_of_random_texts)
{
    static const uint8_t letters[] = {' ', '!', '"', '#', '[', '\\', ']', 0x1f, 0x7f, 0x80, 'a', 0};
    uint64_t state = 88172645463325252u;
    uint8_t text[40];
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof(text); i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            size_t letter = (state >> 60) < 12 ? 10 : (size_t)(state >> 33) % sizeof(letters);
            text[i] = letters[letter];
        }
        expect_alike(text, (size_t)(state >> 40) % sizeof(text), (size_t)(state >> 50) % 16);
    }
}

Test(scan, digits_are_read_as_their_number)
{
    char text[48];
    for (int digits = 0; digits <= 19; digits++) {
        for (int more = 0; more < 12; more++) {
            static const char *const ends[] = {"",  ".", "e", "/",    ":",        "x",
                                               " ", ",", "}", "\xff", "\x80\x39", "-12345678"};
            uint64_t expected = digits > 0 ? 1234567890987654321u : 0;
            uint64_t value = 0;
            (void)snprintf(text, sizeof(text), "%.*s%s", digits, "1234567890987654321", ends[more]);
            const uint8_t *at = (const uint8_t *)text;
            for (int i = digits; i < 19 && digits > 0; i++)
                expected /= 10;
            cr_assert_eq(ats_scan_digits(at, at + strlen(text), &value), at + digits, "%s", text);
            cr_assert_eq(value, expected, "%s: %llu", text, (unsigned long long)value);
        }
    }
}

Test(scan, digits_go_behind_those_before)
{
    static const uint8_t text[] = "0070";
    uint64_t value = 12;
    cr_assert_eq(ats_scan_digits(text, text + 4, &value), text + 4);
    cr_assert_eq(value, 120070);
}
