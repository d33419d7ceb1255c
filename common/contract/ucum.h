/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units: codes of UCUM (the Unified Code for Units of Measure, version 2.2), and the map from one to another of the same dimension. A
 * unit is an exact factor of base units, with a shift where its scale begins elsewhere (Cel, [degF]); so a map is exact, too, until it is
 * applied. Internal to common/contract.
 *
 * The arithmetic is part of what a signature proves, since `verify message` does it again: a value x becomes (x * factor + offset) /
 * divisor in IEEE 754 doubles, each of the three operations rounded once to nearest, none of them fused with another.
 *
 * Thread: any; nothing allocates.
 */
#ifndef ATS_CONTRACT_UCUM_H
#define ATS_CONTRACT_UCUM_H

#include "common/base/span.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* metre, second, gram, radian, kelvin, coulomb, candela, mole, bit */
#define ATS_UCUM_DIMENSIONS 9

struct ats_ucum {
    uint64_t
        numerator; /* of its factor of base units: numerator / denominator * 10^exponent * pi^pi */
    uint64_t denominator;
    int16_t exponent;
    int8_t pi;
    int8_t dimensions[ATS_UCUM_DIMENSIONS];
    uint16_t own; /* a unit that is of no base unit, such as [iU] or [pH]; 0: none */
    int8_t own_exponent;
    bool scale;  /* not a ratio: it begins elsewhere, or is a logarithm */
    bool opaque; /* good, but nothing is computed with it: it is converted to no other */
    int64_t shift_numerator; /* base units where its scale has 0 */
    int64_t shift_denominator;
};

struct ats_ucum_map {
    double factor;
    double offset;
    double divisor;
    /* The same as integers, if each is below 2^53: then integers are mapped exactly. */
    int64_t exact_factor;
    int64_t exact_offset;
    int64_t exact_divisor;
    bool exact;
    bool identity; /* values stay as they are, each bit of them */
};

/* INVALID: no code of UCUM; `*ret_fault`, a static text, says why. */
ATS_MUST_USE enum ats_status ats_ucum_parse(struct ats_span text, struct ats_ucum *ret_unit,
                                            const char **ret_fault);
/* The code of UCUM that people mean by that other name of a unit ("degC"); NULL. */
const char *ats_ucum_meant(struct ats_span text);

/* What maps a value in `from` to one in `to`. INVALID: not of one dimension; LIMIT: too far apart to be exact. */
ATS_MUST_USE enum ats_status ats_ucum_map(const struct ats_ucum *from, const struct ats_ucum *to,
                                          struct ats_ucum_map *ret_map);
/* May be infinite where the value is too large. */
double ats_ucum_real(const struct ats_ucum_map *map, double value);
/* INVALID: it is no integer then; LIMIT: it does not fit. */
ATS_MUST_USE enum ats_status ats_ucum_integer(const struct ats_ucum_map *map, int64_t value,
                                              int64_t *ret_value);
/* An integer from a value that may have a fraction: 1.5 km are 1500 m. */
ATS_MUST_USE enum ats_status ats_ucum_integer_of_real(const struct ats_ucum_map *map, double value,
                                                      int64_t *ret_value);

#endif
