/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest double to a decimal number of up to 19 digits, after D. Lemire, "Number Parsing at a Gigabyte per Second", Software:
 * Practice and Experience 51 (2021), and the proof in N. Mushtak and D. Lemire, "Fast Number Parsing Without Fallback" (2023).
 *
 * digits * 10^e is digits * 5^e * 2^e, and the factor 2^e only moves the exponent. 5^e stands in a table, 128 bits of it. The product
 * of the digits with its upper 64 bits tells the 54 bits that a rounded double needs, unless so many bits below them are ones that the
 * lower 64 could carry into them; then they are multiplied, too. Only small powers can lie exactly between two doubles.
 */
#include "common/contract/decimal.h"

#include "common/contract/powers_of_five.h"

/* A double: 52 bits of fraction, the exponent's bias. */
#define FRACTION_BITS 52
#define BIAS 1023
/* The product's bits below the 54 (fraction, leading one, the one that rounds) and one that may be zero in front. */
#define BELOW_BITS (64 - FRACTION_BITS - 3)
#define BELOW_MASK ((UINT64_C(1) << BELOW_BITS) - 1)
/* Exponents where a product of 64 bits can lie exactly in the middle of two doubles. */
#define TIE_MIN (-4)
#define TIE_MAX 23

const double ats_decimal_powers[ATS_DECIMAL_EXACT_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

struct product {
    uint64_t high;
    uint64_t low;
};

/* All 128 bits, in halves, as every processor has it. */
static struct product multiply(uint64_t a, uint64_t b)
{
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    uint64_t cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
    uint64_t other = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX);
    return (struct product){.high = (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32),
                            .low = other << 32 | (low & UINT32_MAX)};
}

/* The upper 128 bits of `digits`, whose highest bit is set, times 5^exponent. */
static struct product multiply_power(uint64_t digits, int exponent)
{
    const uint64_t *power = powers_of_five[exponent - POWER_MIN];
    struct product product = multiply(digits, power[0]);
    if ((product.high & BELOW_MASK) != BELOW_MASK)
        return product;
    uint64_t carried = multiply(digits, power[1]).high;
    product.low += carried;
    product.high += product.low < carried ? 1 : 0;
    return product;
}

/* floor(log2(10^exponent)): 217706 / 2^16 is close enough to log2(10) for the table's exponents. */
static int binary_exponent(int exponent)
{
    return (exponent * 217706) >> 16;
}

bool ats_decimal_round(uint64_t digits, int exponent, double *ret_value)
{
    *ret_value = 0;
    if (digits == 0)
        return true;
    if (exponent < POWER_MIN || exponent > POWER_MAX)
        return false;
    int zeros = __builtin_clzll(digits);
    struct product product = multiply_power(digits << zeros, exponent);
    if (product.low == UINT64_MAX && (exponent < -27 || exponent > 55))
        return false; /* the table's cut could still carry */
    int upper = (int)(product.high >> 63);
    int shift = upper + BELOW_BITS;
    uint64_t fraction = product.high >> shift;
    /* In the middle of two: an odd one is rounded up, so the even one must not look like a middle. */
    bool tie = product.low <= 1 && exponent >= TIE_MIN && exponent <= TIE_MAX &&
               (fraction & 3) == 1 && fraction << shift == product.high;
    fraction = tie ? fraction - 1 : fraction + (fraction & 1);
    fraction >>= 1;
    int power = binary_exponent(exponent) + 63 + upper - zeros;
    if (fraction >> (FRACTION_BITS + 1) != 0) { /* rounded up to the next power of two */
        fraction = UINT64_C(1) << FRACTION_BITS;
        power++;
    }
    uint64_t bits = (uint64_t)(power + BIAS) << FRACTION_BITS |
                    (fraction & ((UINT64_C(1) << FRACTION_BITS) - 1));
    memcpy(ret_value, &bits, sizeof(bits));
    return true;
}
