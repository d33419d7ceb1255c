/* SPDX-License-Identifier: Apache-2.0 */
/* From one unit to another: exact until it is applied. */
#include "common/contract/ucum.h"

#include <math.h>
#include <string.h>

/* Each integer up to this is a double of its own. */
#define EXACT_MAX (INT64_C(1) << 53)
#define PI 3.14159265358979323846

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

struct ratio {
    unsigned_wide numerator;
    unsigned_wide denominator;
};

static unsigned_wide common_divisor(unsigned_wide a, unsigned_wide b)
{
    while (b != 0) {
        unsigned_wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void reduce(struct ratio *ratio)
{
    unsigned_wide divisor = common_divisor(ratio->numerator, ratio->denominator);
    ratio->numerator /= divisor;
    ratio->denominator /= divisor;
}

static bool times(unsigned_wide *number, unsigned_wide by)
{
    return !__builtin_mul_overflow(*number, by, number);
}

static bool times_tens(struct ratio *ratio, int exponent)
{
    unsigned_wide *side = exponent < 0 ? &ratio->denominator : &ratio->numerator;
    unsigned_wide *other = exponent < 0 ? &ratio->numerator : &ratio->denominator;
    for (; exponent != 0; exponent += exponent < 0 ? 1 : -1) {
        if (*other % 10 == 0)
            *other /= 10;
        else if (!times(side, 10))
            return false;
    }
    return true;
}

/* The one's factor over the other's, without pi. */
static bool quotient(const struct ats_ucum *from, const struct ats_ucum *to,
                     struct ratio *ret_ratio)
{
    ret_ratio->numerator = (unsigned_wide)from->numerator * to->denominator;
    ret_ratio->denominator = (unsigned_wide)from->denominator * to->numerator;
    reduce(ret_ratio);
    bool good = times_tens(ret_ratio, from->exponent - to->exponent);
    reduce(ret_ratio);
    return good;
}

/* Where the one's scale begins on the other's: the difference of both in base units, in units of the other. */
static bool difference(const struct ats_ucum *from, const struct ats_ucum *to, wide *ret_numerator,
                       unsigned_wide *ret_denominator)
{
    wide shift = (wide)from->shift_numerator * to->shift_denominator -
                 (wide)to->shift_numerator * from->shift_denominator;
    struct ratio ratio = {.numerator = (unsigned_wide)(shift < 0 ? -shift : shift),
                          .denominator = (unsigned_wide)from->shift_denominator *
                                         (uint64_t)to->shift_denominator};
    reduce(&ratio);
    if (!times(&ratio.numerator, to->denominator) || !times(&ratio.denominator, to->numerator))
        return false;
    reduce(&ratio);
    if (!times_tens(&ratio, -to->exponent))
        return false;
    reduce(&ratio);
    *ret_numerator = shift < 0 ? -(wide)ratio.numerator : (wide)ratio.numerator;
    *ret_denominator = ratio.denominator;
    return ratio.numerator >> 126 == 0;
}

static double with_pi(unsigned_wide number, int powers)
{
    double value = (double)number;
    for (int i = 0; i < powers; i++)
        value *= PI;
    return value;
}

static bool set_map(struct ats_ucum_map *map, const struct ratio *ratio, wide offset, int pi)
{
    unsigned_wide magnitude = (unsigned_wide)(offset < 0 ? -offset : offset);
    map->factor = with_pi(ratio->numerator, pi > 0 ? pi : 0);
    map->divisor = with_pi(ratio->denominator, pi < 0 ? -pi : 0);
    map->offset = (double)offset;
    map->exact = pi == 0 && ratio->numerator <= EXACT_MAX && ratio->denominator <= EXACT_MAX &&
                 magnitude <= EXACT_MAX;
    map->exact_factor = map->exact ? (int64_t)ratio->numerator : 0;
    map->exact_divisor = map->exact ? (int64_t)ratio->denominator : 0;
    map->exact_offset = map->exact ? (int64_t)offset : 0;
    map->identity = pi == 0 && offset == 0 && ratio->numerator == 1 && ratio->denominator == 1;
    return map->factor > 0 && map->divisor > 0;
}

enum ats_status ats_ucum_map(const struct ats_ucum *from, const struct ats_ucum *to,
                             struct ats_ucum_map *ret_map)
{
    struct ratio ratio;
    wide offset = 0;
    unsigned_wide denominator = 1;
    bool same = from->own == to->own && from->own_exponent == to->own_exponent &&
                memcmp(from->dimensions, to->dimensions, sizeof(from->dimensions)) == 0;
    if (!same || from->opaque || to->opaque)
        return ATS_ERR_INVALID;
    if (!quotient(from, to, &ratio) || !difference(from, to, &offset, &denominator))
        return ATS_ERR_LIMIT;
    if (offset != 0) { /* over one divisor */
        unsigned_wide divisor = common_divisor(ratio.denominator, denominator);
        unsigned_wide wider = denominator / divisor;
        unsigned_wide widest = ratio.denominator / divisor;
        if (widest >> 64 != 0 || __builtin_mul_overflow(offset, (wide)widest, &offset) ||
            !times(&ratio.numerator, wider) || !times(&ratio.denominator, wider))
            return ATS_ERR_LIMIT;
    }
    return set_map(ret_map, &ratio, offset, from->pi - to->pi) ? ATS_OK : ATS_ERR_LIMIT;
}

double ats_ucum_real(const struct ats_ucum_map *map, double value)
{
    /* Three operations, each rounded once (the build forbids to fuse them): see ucum.h. */
    return map->identity ? value : (value * map->factor + map->offset) / map->divisor;
}

enum ats_status ats_ucum_integer(const struct ats_ucum_map *map, int64_t value, int64_t *ret_value)
{
    if (map->identity) {
        *ret_value = value;
        return ATS_OK;
    }
    if (!map->exact)
        return ats_ucum_integer_of_real(map, (double)value, ret_value);
    wide mapped = (wide)value * map->exact_factor + map->exact_offset;
    if (mapped % map->exact_divisor != 0)
        return ATS_ERR_INVALID;
    mapped /= map->exact_divisor;
    if (mapped < INT64_MIN || mapped > INT64_MAX)
        return ATS_ERR_LIMIT;
    *ret_value = (int64_t)mapped;
    return ATS_OK;
}

enum ats_status ats_ucum_integer_of_real(const struct ats_ucum_map *map, double value,
                                         int64_t *ret_value)
{
    double mapped = ats_ucum_real(map, value);
    if (floor(mapped) < mapped)
        return ATS_ERR_INVALID;
    if (!(fabs(mapped) <= (double)EXACT_MAX))
        return ATS_ERR_LIMIT;
    *ret_value = (int64_t)mapped;
    return ATS_OK;
}
