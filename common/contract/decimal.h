/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal numbers as devices write them, for the hot path: at most 19 digits and no exponent; and from decimal digits to the nearest
 * double. What does not fit is left to the general way (json_number.c). Internal to common/contract. Thread: any.
 */
#ifndef ATS_CONTRACT_DECIMAL_H
#define ATS_CONTRACT_DECIMAL_H

#include "common/contract/scan.h"

/* Each number of so many digits fits 64 bits. */
#define ATS_DECIMAL_DIGITS_MAX 19
/* No more bytes are looked at: sign, digits and point, and room behind them to read them by words. A longer number is left, and its
   bytes are not read twice. */
#define ATS_DECIMAL_TEXT_MAX 32

/* (-1)^negative * digits * 10^-fraction */
struct ats_decimal {
    uint64_t digits;
    int fraction; /* digits behind the point; 0: there is no point */
    bool negative;
};

/* Takes such a number from `at` on; what follows it is not judged. NULL: it is none, or another one. */
static inline const uint8_t *ats_decimal_take(const uint8_t *at, const uint8_t *end,
                                              struct ats_decimal *ret_decimal)
{
    uint64_t digits = 0;
    end = end - at > ATS_DECIMAL_TEXT_MAX ? at + ATS_DECIMAL_TEXT_MAX : end;
    bool negative = at < end && *at == '-';
    const uint8_t *begin = at + (negative ? 1 : 0);
    const uint8_t *point = ats_scan_digits(begin, end, &digits);
    ptrdiff_t count = point - begin;
    ptrdiff_t fraction = 0;
    at = point;
    if (count == 0 || (count > 1 && *begin == '0'))
        return NULL;
    if (at < end && *at == '.') {
        at = ats_scan_digits(point + 1, end, &digits);
        fraction = at - point - 1;
        if (fraction == 0)
            return NULL;
    }
    if (count + fraction > ATS_DECIMAL_DIGITS_MAX || (at < end && (*at | 0x20) == 'e'))
        return NULL;
    *ret_decimal =
        (struct ats_decimal){.digits = digits, .fraction = (int)fraction, .negative = negative};
    return at;
}

#define ATS_DECIMAL_EXACT_MAX 22
/* The powers of ten that are doubles. */
extern const double ats_decimal_powers[ATS_DECIMAL_EXACT_MAX + 1];

/* The double nearest to digits * 10^exponent, ties to even. False: not decided here. */
bool ats_decimal_round(uint64_t digits, int exponent, double *ret_value);

/* The same. Where both factors are exact doubles there is one rounding only (W. Clinger, "How to read floating point numbers
   accurately", 1990). */
static inline bool ats_decimal_to_double(uint64_t digits, int exponent, double *ret_value)
{
    if (digits > UINT64_C(1) << 53 || exponent < -ATS_DECIMAL_EXACT_MAX ||
        exponent > ATS_DECIMAL_EXACT_MAX)
        return ats_decimal_round(digits, exponent, ret_value);
    double value = (double)digits;
    *ret_value =
        exponent < 0 ? value / ats_decimal_powers[-exponent] : value * ats_decimal_powers[exponent];
    return true;
}

#endif
