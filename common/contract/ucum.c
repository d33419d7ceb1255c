/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar (UCUM, section 2):
 *   unit      = [ "/" ] term
 *   term      = component { ( "." | "/" ) component }          from left to right
 *   component = digits | annotation | "(" term ")" | [ prefix ] atom [ [ "+" | "-" ] digits ] [ annotation ]
 *   annotation = "{" characters "}"
 * A prefix stands before metric atoms alone.
 */
#include "common/contract/ucum.h"

#include "common/base/limits.h"
#include "common/contract/ucum_table.h"

#include <stdlib.h>
#include <string.h>

#define POWER_MAX 20 /* of one dimension: no quantity has as much */
#define EXPONENT_MAX 400
#define NUMBER_MAX 99999999
#define GROUPS_MAX 8 /* parentheses in parentheses */

#define ATOM_COUNT (sizeof(atoms) / sizeof(atoms[0]))
#define PREFIX_COUNT (sizeof(prefixes) / sizeof(prefixes[0]))

struct parser {
    const char *at;
    const char *end;
    const char *fault;
    int groups;
};

static bool fail(struct parser *p, const char *fault)
{
    p->fault = p->fault ? p->fault : fault;
    return false;
}

/* ---- exact factors ---- */

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Powers of ten are kept apart, which leaves small numbers. */
static void take_tens(uint64_t *number, int16_t *exponent, int step)
{
    while (*number % 10 == 0) {
        *number /= 10;
        *exponent = (int16_t)(*exponent + step);
    }
}

static bool multiply(struct parser *p, struct ats_ucum *unit, uint64_t numerator,
                     uint64_t denominator, int exponent)
{
    if (abs(unit->exponent + exponent) > EXPONENT_MAX)
        return fail(p, "its power of ten is too large");
    uint64_t across = common_divisor(unit->numerator, denominator);
    uint64_t other = common_divisor(numerator, unit->denominator);
    if (__builtin_mul_overflow(unit->numerator / across, numerator / other, &unit->numerator) ||
        __builtin_mul_overflow(unit->denominator / other, denominator / across, &unit->denominator))
        return fail(p, "it has too many factors to be exact");
    unit->exponent = (int16_t)(unit->exponent + exponent);
    take_tens(&unit->numerator, &unit->exponent, 1);
    take_tens(&unit->denominator, &unit->exponent, -1);
    return true;
}

static bool add_power(struct parser *p, int8_t *power, int more)
{
    if (abs(*power + more) > POWER_MAX)
        return fail(p, "an exponent is too large");
    *power = (int8_t)(*power + more);
    return true;
}

/* Two units of their own in one, such as [iU]/[CFU], are good, and nothing is computed with them. */
static bool multiply_own(struct parser *p, struct ats_ucum *unit, const struct ats_ucum *by,
                         int sign)
{
    if (by->own == 0)
        return true;
    if (unit->own != 0 && unit->own != by->own)
        unit->opaque = true;
    unit->own = by->own;
    return add_power(p, &unit->own_exponent, sign * by->own_exponent);
}

/* `sign` is -1 for a division. A scale is one by itself alone: what a degree Celsius by the second is, UCUM leaves open. */
static bool multiply_unit(struct parser *p, struct ats_ucum *unit, const struct ats_ucum *by,
                          int sign, bool first)
{
    bool good = sign > 0 ? multiply(p, unit, by->numerator, by->denominator, by->exponent)
                         : multiply(p, unit, by->denominator, by->numerator, -by->exponent);
    for (size_t i = 0; i < ATS_UCUM_DIMENSIONS && good; i++)
        good = add_power(p, &unit->dimensions[i], sign * by->dimensions[i]);
    good = good && add_power(p, &unit->pi, sign * by->pi) && multiply_own(p, unit, by, sign);
    unit->opaque = unit->opaque || by->opaque || (!first && (unit->scale || by->scale)) ||
                   (by->scale && sign < 0);
    unit->scale = unit->scale || by->scale;
    unit->shift_numerator = first ? by->shift_numerator : 0;
    unit->shift_denominator = first ? by->shift_denominator : 1;
    return good;
}

static const struct ats_ucum one = {
    .numerator = 1, .denominator = 1, .shift_numerator = 0, .shift_denominator = 1};

static bool raise_power(struct parser *p, struct ats_ucum *unit, int exponent)
{
    struct ats_ucum base = *unit;
    int sign = exponent < 0 ? -1 : 1;
    if (exponent == 1)
        return true;
    *unit = one;
    if (base.numerator == 1 && base.denominator == 1 && base.exponent == 1 && base.own == 0 &&
        base.pi == 0 && memcmp(base.dimensions, one.dimensions, sizeof(one.dimensions)) == 0)
        return multiply(p, unit, 1, 1, exponent); /* 10*-21 */
    if (abs(exponent) > POWER_MAX)
        return fail(p, "an exponent is too large");
    for (int i = 0; i < abs(exponent); i++)
        if (!multiply_unit(p, unit, &base, sign, false))
            return false;
    unit->opaque = unit->opaque || base.scale;
    return true;
}

/* ---- atoms ---- */

static const struct atom *find_atom(const char *text, size_t len)
{
    size_t low = 0;
    size_t high = ATOM_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(text, atoms[middle].code, len);
        if (order == 0 && atoms[middle].code[len] == '\0')
            return &atoms[middle];
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool take_atom(struct parser *p, const struct atom *atom, const struct prefix *prefix,
                      struct ats_ucum *unit)
{
    *unit = (struct ats_ucum){.numerator = atom->numerator,
                              .denominator = atom->denominator,
                              .exponent = atom->exponent,
                              .pi = atom->pi,
                              .own = atom->own,
                              .own_exponent = atom->own != 0,
                              .scale = (atom->flags & SCALE) != 0,
                              .shift_numerator = atom->shift_numerator,
                              .shift_denominator = atom->shift_denominator};
    memcpy(unit->dimensions, atom->dimensions, sizeof(unit->dimensions));
    return !prefix || multiply(p, unit, prefix->numerator, 1, prefix->exponent);
}

static bool read_symbol(struct parser *p, const char *text, size_t len, struct ats_ucum *unit)
{
    const struct atom *atom = find_atom(text, len);
    if (atom)
        return take_atom(p, atom, NULL, unit);
    for (size_t i = 0; i < PREFIX_COUNT; i++) {
        size_t head = strlen(prefixes[i].code);
        if (len <= head || strncmp(text, prefixes[i].code, head) != 0)
            continue;
        atom = find_atom(text + head, len - head);
        if (atom && (atom->flags & METRIC))
            return take_atom(p, atom, &prefixes[i], unit);
    }
    return fail(p, "it has a part that is no unit of UCUM");
}

/* ---- the grammar ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Up to the next operator, bracket of a group, annotation, or the end; brackets hide what is in them. */
static const char *symbol_end(const struct parser *p)
{
    bool hidden = false;
    const char *at = p->at;
    for (; at < p->end && (hidden || !strchr("./(){}", *at)); at++)
        hidden = *at == '[' || (hidden && *at != ']');
    return at;
}

static bool read_digits(struct parser *p, const char *at, const char *end, int *ret_number)
{
    *ret_number = 0;
    for (; at < end; at++) {
        if (!is_digit(*at))
            return fail(p, "it has a part that is no unit of UCUM");
        if (*ret_number > NUMBER_MAX)
            return fail(p, "a number in it is too large");
        *ret_number = *ret_number * 10 + (*at - '0');
    }
    return true;
}

/* Where the exponent of a symbol begins; its end if there is none. */
static const char *exponent_begin(const char *at, const char *end)
{
    const char *digits = end;
    if (end - at > 2 && at[0] == '1' && at[1] == '0' && strchr("*^", at[2]))
        return at + 3;
    while (digits > at && is_digit(digits[-1]))
        digits--;
    return digits < end && digits > at && strchr("+-", digits[-1]) ? digits - 1 : digits;
}

static bool read_simple(struct parser *p, struct ats_ucum *unit)
{
    const char *begin = p->at;
    const char *end = symbol_end(p);
    const char *behind = exponent_begin(begin, end);
    int number = 0;
    p->at = end;
    if (behind == begin && end > begin) { /* digits alone */
        *unit = one;
        return read_digits(p, begin, end, &number) &&
               (number > 0 ? multiply(p, unit, (uint64_t)number, 1, 0) : fail(p, "it has a 0"));
    }
    if (behind == begin)
        return fail(p, "a part is missing in it");
    const char *digits = behind < end && strchr("+-", *behind) ? behind + 1 : behind;
    if (digits == end && behind < end)
        return fail(p, "an exponent is missing in it");
    if (!read_symbol(p, begin, (size_t)(behind - begin), unit))
        return false;
    if (behind == end)
        return true;
    return read_digits(p, digits, end, &number) && (number > 0 || fail(p, "an exponent is 0")) &&
           raise_power(p, unit, *behind == '-' ? -number : number);
}

/* What is in it is anybody's words. */
static bool pass_annotation(struct parser *p, bool *ret_there)
{
    *ret_there = p->at < p->end && *p->at == '{';
    if (!*ret_there)
        return true;
    for (p->at++; p->at < p->end && *p->at != '}'; p->at++)
        if (*p->at == '{' || *p->at <= ' ' || *p->at > '~')
            return fail(p, "an annotation has characters that it must not have");
    if (p->at == p->end)
        return fail(p, "an annotation does not end");
    p->at++;
    return true;
}

static bool read_term(struct parser *p, struct ats_ucum *unit);

static bool read_group(struct parser *p, struct ats_ucum *unit)
{
    if (++p->groups > GROUPS_MAX)
        return fail(p, "it has too many parentheses");
    p->at++;
    if (!read_term(p, unit))
        return false;
    if (p->at == p->end || *p->at != ')')
        return fail(p, "a parenthesis does not end");
    p->at++;
    p->groups--;
    return true;
}

/* An annotation alone counts something: one kind of thing is not turned into another. */
static bool read_component(struct parser *p, struct ats_ucum *unit)
{
    bool annotated = false;
    if (!pass_annotation(p, &annotated))
        return false;
    if (annotated) {
        *unit = one;
        unit->opaque = true;
        return true;
    }
    bool group = p->at < p->end && *p->at == '(';
    return (group ? read_group(p, unit) : read_simple(p, unit)) && pass_annotation(p, &annotated);
}

static bool read_term(struct parser *p, struct ats_ucum *unit)
{
    bool first = true;
    int sign = 1;
    *unit = one;
    if (p->at < p->end && *p->at == '/') {
        sign = -1;
        p->at++;
    }
    for (;;) {
        struct ats_ucum part = one;
        if (!read_component(p, &part) || !multiply_unit(p, unit, &part, sign, first))
            return false;
        first = false;
        if (p->at == p->end || !strchr("./", *p->at))
            return true;
        sign = *p->at == '/' ? -1 : 1;
        p->at++;
    }
}

enum ats_status ats_ucum_parse(struct ats_span text, struct ats_ucum *ret_unit,
                               const char **ret_fault)
{
    struct parser p = {.at = (const char *)text.data, .end = (const char *)text.data + text.len};
    *ret_unit = one;
    *ret_fault = "it is empty";
    if (text.len == 0)
        return ATS_ERR_INVALID;
    *ret_fault = "it is too long";
    if (text.len > ATS_UNIT_MAX)
        return ATS_ERR_INVALID;
    *ret_fault = "it has characters that no unit of UCUM has";
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return ATS_ERR_INVALID;
    bool good = read_term(&p, ret_unit) && (p.at == p.end || fail(&p, "a part of it ends nowhere"));
    *ret_fault = p.fault;
    return good ? ATS_OK : ATS_ERR_INVALID;
}

const char *ats_ucum_meant(struct ats_span text)
{
    static const char *const names[][2] = {
        {"degC", "Cel"},         {"celsius", "Cel"},  {"\302\260C", "Cel"}, {"degF", "[degF]"},
        {"\302\260F", "[degF]"}, {"\302\260", "deg"}, {"psi", "[psi]"},     {"mmHg", "mm[Hg]"},
        {"kWh", "kW.h"},         {"Wh", "W.h"},       {"Ah", "A.h"},        {"mAh", "mA.h"},
        {"VA", "V.A"},           {"kVA", "kV.A"},     {"m^2", "m2"},        {"m^3", "m3"},
        {"m\302\262", "m2"},     {"m\302\263", "m3"}, {"\302\265m", "um"},  {"sec", "s"},
        {"ppm", "[ppm]"},        {"ppb", "[ppb]"},    {"rpm", "{rev}/min"}, {"kmh", "km/h"},
        {"kph", "km/h"},         {"mph", "[mi_i]/h"}, {"%RH", "%"},         {"ohm", "Ohm"},
        {"pH", "[pH]"},          {"lux", "lx"},       {"count", "{count}"}, {"byte", "By"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (ats_span_is(text, names[i][0]))
            return names[i][1];
    return NULL;
}
