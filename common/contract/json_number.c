/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of JSON: scanned into decimal digits and exponent in one pass, then converted exactly. */
#include "common/contract/json.h"

#include "common/base/parse.h"
#include "common/contract/decimal.h"

#include <math.h>

/* Larger exponents mean zero or infinity whatever the digits are. */
#define EXPONENT_MAX 1000000

/* The longest run of zeros that is held back before a digit; more do not fit 64 bits anyway. */
#define ZEROS_MAX 20

static bool is_digit(const struct ats_json *json)
{
    return json->at < json->end && *json->at >= '0' && *json->at <= '9';
}

/* Zeros are held back until a digit follows, so that 1000000000000000000000e-3 is exact. */
struct decimal {
    uint64_t digits;
    int zeros;
    bool exact;
};

static void add_digit(struct decimal *decimal, unsigned digit)
{
    if (digit == 0) {
        decimal->zeros += decimal->digits > 0 ? 1 : 0;
        return;
    }
    if (decimal->zeros >= ZEROS_MAX)
        decimal->exact = false;
    for (; decimal->exact && decimal->zeros >= 0; decimal->zeros--) {
        decimal->exact = decimal->digits <= (UINT64_MAX - 9) / 10;
        decimal->digits *= decimal->exact ? 10 : 1;
    }
    decimal->zeros = 0;
    decimal->digits += decimal->exact ? digit : 0;
}

/* At least one digit; their number, or -1. */
static int take_digits(struct ats_json *json, struct decimal *decimal)
{
    const uint8_t *begin = json->at;
    for (; is_digit(json); json->at++)
        add_digit(decimal, (unsigned)(*json->at - '0'));
    if (json->at > begin)
        return (int)(json->at - begin);
    (void)ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    return -1;
}

/* Behind the 'e'. */
static bool take_exponent(struct ats_json *json, int *ret_exponent)
{
    bool negative = json->at < json->end && *json->at == '-';
    int value = 0;
    if (negative || (json->at < json->end && *json->at == '+'))
        json->at++;
    if (!is_digit(json))
        return ats_json_fail(json, ATS_RULE_JSON_SYNTAX);
    for (; is_digit(json); json->at++)
        value = value < EXPONENT_MAX ? value * 10 + (*json->at - '0') : value;
    *ret_exponent = negative ? -value : value;
    return true;
}

bool ats_json_number(struct ats_json *json, struct ats_json_number *ret_number)
{
    const uint8_t *begin = json->at;
    struct decimal decimal = {.exact = true};
    int fraction = 0;
    int exponent = 0;
    bool negative = *json->at == '-';
    json->at += negative ? 1 : 0;
    if (json->at < json->end && *json->at == '0')
        json->at++; /* a zero in front stands alone */
    else if (take_digits(json, &decimal) < 0)
        return false;
    const uint8_t *whole = json->at;
    if (json->at < json->end && *json->at == '.') {
        json->at++;
        fraction = take_digits(json, &decimal);
        if (fraction < 0)
            return false;
    }
    if (json->at < json->end && (*json->at | 0x20) == 'e') {
        json->at++;
        if (!take_exponent(json, &exponent))
            return false;
    }
    *ret_number = (struct ats_json_number){.raw = ats_span_of(begin, (size_t)(json->at - begin)),
                                           .digits = decimal.digits,
                                           .exponent = exponent - fraction + decimal.zeros,
                                           .negative = negative,
                                           .exact = decimal.exact,
                                           .plain = json->at == whole};
    return true;
}

enum ats_status ats_json_to_integer(const struct ats_json_number *number, int64_t *ret_value)
{
    uint64_t digits = number->digits;
    uint64_t max = (uint64_t)INT64_MAX + (number->negative ? 1 : 0);
    /* The last digit is not zero: a negative exponent leaves a fraction. */
    if (digits > 0 && number->exponent < 0)
        return ATS_ERR_INVALID;
    if (!number->exact)
        return ATS_ERR_LIMIT;
    for (int i = 0; digits > 0 && i < number->exponent; i++) {
        if (digits > max / 10)
            return ATS_ERR_LIMIT;
        digits *= 10;
    }
    if (digits > max)
        return ATS_ERR_LIMIT;
    *ret_value = number->negative ? (int64_t)(0 - digits) : (int64_t)digits;
    return ATS_OK;
}

/* The number as a C string. LIMIT: it is too long. */
static enum ats_status copy_raw(const struct ats_json_number *number,
                                char ret_text[ATS_JSON_NUMBER_MAX + 1])
{
    if (number->raw.len > ATS_JSON_NUMBER_MAX)
        return ATS_ERR_LIMIT;
    memcpy(ret_text, number->raw.data, number->raw.len);
    ret_text[number->raw.len] = '\0';
    return ATS_OK;
}

enum ats_status ats_json_to_double(const struct ats_json_number *number, double *ret_value)
{
    double value = 0;
    if (number->exact && ats_decimal_to_double(number->digits, number->exponent, &value)) {
        *ret_value = number->negative ? -value : value;
        return ATS_OK;
    }
    char text[ATS_JSON_NUMBER_MAX + 1];
    enum ats_status status = copy_raw(number, text);
    return status == ATS_OK ? ats_parse_double(text, ret_value) : status;
}

/* Whether it lies in the middle between two floats, so that a rounding before may have decided the one to come. */
static bool is_halfway(double value, float nearest)
{
    double back = (double)nearest;
    double other = (double)nextafterf(nearest, value > back ? HUGE_VALF : -HUGE_VALF);
    double distance = fabs(value - back);
    return distance > 0 && !(fabs(other - value) > distance);
}

enum ats_status ats_json_to_float(const struct ats_json_number *number, float *ret_value)
{
    char text[ATS_JSON_NUMBER_MAX + 1];
    double value = 0;
    enum ats_status status = ats_json_to_double(number, &value);
    if (status != ATS_OK)
        return status;
    *ret_value = (float)value;
    if (isfinite(*ret_value) && !is_halfway(value, *ret_value))
        return ATS_OK;
    status = copy_raw(number, text);
    return status == ATS_OK ? ats_parse_float(text, ret_value) : status;
}
