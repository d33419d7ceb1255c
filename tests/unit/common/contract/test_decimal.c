/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/decimal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static uint64_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x9e3779b97f4a7c15u;
}

static void expect_taken(const char *text, size_t len, uint64_t digits, int fraction, bool negative)
{
    struct ats_decimal decimal = {0};
    const uint8_t *at = (const uint8_t *)text;
    cr_assert_eq(ats_decimal_take(at, at + strlen(text), &decimal), at + len, "%s", text);
    cr_assert_eq(decimal.digits, digits, "%s", text);
    cr_assert_eq(decimal.fraction, fraction, "%s", text);
    cr_assert_eq(decimal.negative, negative, "%s", text);
}

static void expect_left(const char *text)
{
    struct ats_decimal decimal = {0};
    const uint8_t *at = (const uint8_t *)text;
    cr_assert_null(ats_decimal_take(at, at + strlen(text), &decimal), "%s", text);
}

Test(decimal, takes_plain_numbers_of_up_to_19_digits)
{
    expect_taken("0", 1, 0, 0, false);
    expect_taken("-0", 2, 0, 0, true);
    expect_taken("-0.50,", 5, 50, 2, true);
    expect_taken("71.25}", 5, 7125, 2, false);
    expect_taken("1764339142123, \"a\":1", 13, 1764339142123, 0, false);
    expect_taken("9999999999999999999", 19, 9999999999999999999u, 0, false);
    expect_taken("0.011737819751470924", 20, 11737819751470924, 18, false);
}

Test(decimal, leaves_what_is_no_number_or_another_one)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "+1",
                                        ".5",
                                        "1.",
                                        "1.x",
                                        "01",
                                        "-00",
                                        "1e5",
                                        "1E5",
                                        "1.5e-3",
                                        "0e0",
                                        "x",
                                        "-x",
                                        "--1",
                                        "1.e5",
                                        "00.1",
                                        "12345678901234567890",
                                        "0.1234567890123456789"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_left(texts[i]);
}

static void expect_rounded(uint64_t digits, int exponent)
{
    char text[64];
    double value = -1;
    (void)snprintf(text, sizeof(text), "%llue%d", (unsigned long long)digits, exponent);
    double expected = strtod(text, NULL);
    cr_assert(ats_decimal_round(digits, exponent, &value), "%s", text);
    cr_assert_eq(memcmp(&value, &expected, sizeof(value)), 0, "%s: %.17g, not %.17g", text, value,
                 expected);
    cr_assert(ats_decimal_to_double(digits, exponent, &value));
    cr_assert_eq(memcmp(&value, &expected, sizeof(value)), 0, "%s: %.17g, not %.17g", text, value,
                 expected);
}

/* Each entry of the table, with digits of each length. */
Test(decimal, rounds_to_the_nearest_double_at_every_exponent)
{
    for (int exponent = -64; exponent <= 64; exponent++) {
        for (int i = 0; i < 400; i++)
            expect_rounded(random_bits() >> (i % 64), exponent);
        expect_rounded(UINT64_MAX, exponent);
        expect_rounded(1, exponent);
    }
}

/* 54 bits with the last one set lie in the middle of two doubles, and their neighbours beside it. */
Test(decimal, rounds_ties_to_even)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t middle = random_bits() >> 10 | UINT64_C(1) << 53 | 1;
        expect_rounded(middle, 0);
        expect_rounded(middle << 9, 0);
        expect_rounded((middle << 9) + 1, 0);
        expect_rounded((middle << 9) - 1, 0);
    }
}

/* k * 2^-n has an end as a decimal fraction: middles with a negative exponent; and k * 5^n, with a positive one. */
Test(decimal, rounds_ties_to_even_at_small_powers)
{
    static const uint64_t powers[] = {1, 5, 25, 125, 625};
    for (int i = 0; i < 20000; i++) {
        int exponent = i % 5;
        uint64_t middle = (random_bits() >> 10 | UINT64_C(1) << 53 | 1) & ((UINT64_C(1) << 54) - 1);
        expect_rounded(middle * powers[exponent], -exponent);
        expect_rounded(middle / powers[exponent] | 1, exponent);
    }
    expect_rounded(9007199254740993, 0);
    expect_rounded(90071992547409930, -1);
    expect_rounded(5, 22);
    expect_rounded(3602879701896397, 1);
}

Test(decimal, leaves_powers_that_stand_in_no_table)
{
    double value = 0;
    cr_assert_not(ats_decimal_round(1, -65, &value));
    cr_assert_not(ats_decimal_round(1, 65, &value));
    cr_assert(ats_decimal_round(0, 1000000, &value));
    cr_assert_eq(value, 0.0);
}
