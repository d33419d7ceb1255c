/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of units, and what maps one to another. tests/e2e/units_oracle.py holds both against another implementation. */
#include "common/contract/ucum.h"

#include <criterion/criterion.h>
#include <math.h>

static struct ats_ucum unit_of(const char *text)
{
    struct ats_ucum unit;
    const char *fault = NULL;
    cr_assert_eq(ats_ucum_parse(ats_span_text(text), &unit, &fault), ATS_OK, "%s: %s", text, fault);
    return unit;
}

static enum ats_status map_of(const char *from, const char *to, struct ats_ucum_map *ret_map)
{
    struct ats_ucum a = unit_of(from);
    struct ats_ucum b = unit_of(to);
    return ats_ucum_map(&a, &b, ret_map);
}

static double mapped(const char *from, const char *to, double value)
{
    struct ats_ucum_map map;
    cr_assert_eq(map_of(from, to, &map), ATS_OK, "%s to %s", from, to);
    return ats_ucum_real(&map, value);
}

#define ASSERT_MAPPED(from, to, value, expected)                                                   \
    do {                                                                                           \
        double is = mapped(from, to, value);                                                       \
        cr_assert(!(is < (expected)) && !(is > (expected)), "%s to %s: %.17g", from, to, is);      \
    } while (0)

Test(ucum, round_numbers_stay_round)
{
    ASSERT_MAPPED("[degF]", "Cel", 32, 0);
    ASSERT_MAPPED("[degF]", "Cel", 212, 100);
    ASSERT_MAPPED("[degF]", "Cel", 98.6, 37);
    ASSERT_MAPPED("Cel", "[degF]", -40, -40);
    ASSERT_MAPPED("Cel", "K", 20, 293.15);
    ASSERT_MAPPED("K", "Cel", 293.15, 20);
    ASSERT_MAPPED("mbar", "Pa", 1013.25, 101325);
    ASSERT_MAPPED("km/h", "m/s", 36, 10);
    ASSERT_MAPPED("mm", "m", 22, 0.022);
    ASSERT_MAPPED("kW.h", "J", 1, 3.6e6);
    ASSERT_MAPPED("l/min", "m3/s", 60000, 1);
    ASSERT_MAPPED("1", "%", 0.5, 50);
    ASSERT_MAPPED("KiBy", "bit", 1, 8192);
}

Test(ucum, a_unit_of_another_name_is_the_same)
{
    struct ats_ucum_map map;
    const char *const same[][2] = {{"l", "L"},       {"Hz", "/s"},  {"/s", "s-1"},   {"N.m", "J"},
                                   {"kg.m/s2", "N"}, {"m2", "m.m"}, {"10*3.m", "km"}};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        cr_assert_eq(map_of(same[i][0], same[i][1], &map), ATS_OK);
        cr_assert(map.identity, "%s and %s", same[i][0], same[i][1]);
    }
}

Test(ucum, what_does_not_measure_the_same_has_no_map)
{
    struct ats_ucum_map map;
    const char *const other[][2] = {
        {"m", "s"},     {"Hz", "Bq"},      {"Gy", "Sv"},   {"mol", "1"},     {"bit", "1"},
        {"[iU]", "1"},  {"[iU]", "[CFU]"}, {"B", "Np"},    {"dB[W]", "W"},   {"[pH]", "mol/l"},
        {"{rev}", "1"}, {"rad", "1"},      {"[NTU]", "1"}, {"Cel/s", "K/s"}, {"Cel2", "K2"},
        {"/Cel", "/K"}, {"Cel.m", "K.m"}};
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        cr_assert_eq(map_of(other[i][0], other[i][1], &map), ATS_ERR_INVALID, "%s to %s",
                     other[i][0], other[i][1]);
}

Test(ucum, scales_with_prefixes_keep_their_zero)
{
    ASSERT_MAPPED("mCel", "K", 20000, 293.15);
    ASSERT_MAPPED("dB[W]", "B[W]", 30, 3);
    ASSERT_MAPPED("K", "mCel", 273.15, 0);
}

Test(ucum, integers_are_exact_or_no_integers)
{
    struct ats_ucum_map map;
    int64_t value = 0;
    cr_assert_eq(map_of("m", "mm", &map), ATS_OK);
    cr_assert_eq(ats_ucum_integer(&map, INT64_C(9007199254740993), &value), ATS_OK);
    cr_assert_eq(value, INT64_C(9007199254740993000));
    cr_assert_eq(ats_ucum_integer(&map, INT64_C(9300000000000000), &value), ATS_ERR_LIMIT);
    cr_assert_eq(ats_ucum_integer_of_real(&map, 1.5, &value), ATS_OK);
    cr_assert_eq(value, 1500);
    cr_assert_eq(ats_ucum_integer_of_real(&map, 0.0001, &value), ATS_ERR_INVALID);
    cr_assert_eq(ats_ucum_integer_of_real(&map, 1e15, &value), ATS_ERR_LIMIT);
    cr_assert_eq(ats_ucum_integer_of_real(&map, (double)INFINITY, &value), ATS_ERR_LIMIT);
    cr_assert_eq(map_of("mm", "m", &map), ATS_OK);
    cr_assert_eq(ats_ucum_integer(&map, 2001, &value), ATS_ERR_INVALID);
    cr_assert_eq(ats_ucum_integer(&map, -2000, &value), ATS_OK);
    cr_assert_eq(value, -2);
    cr_assert_eq(map_of("[degF]", "Cel", &map), ATS_OK);
    cr_assert_eq(ats_ucum_integer(&map, 212, &value), ATS_OK);
    cr_assert_eq(value, 100);
    cr_assert_eq(ats_ucum_integer(&map, INT64_C(-8999999999999999968), &value), ATS_OK);
    cr_assert_eq(value, INT64_C(-5000000000000000000));
    cr_assert_eq(ats_ucum_integer(&map, INT64_MIN, &value), ATS_ERR_INVALID);
}

Test(ucum, units_too_far_apart_are_told)
{
    struct ats_ucum_map map;
    cr_assert_eq(map_of("Ym", "ym", &map), ATS_ERR_LIMIT);
    cr_assert_eq(map_of("10*300.m", "10*-90.m", &map), ATS_ERR_LIMIT);
    cr_assert_eq(map_of("10*300.m", "10*299.m", &map), ATS_OK);
}

Test(ucum, codes_have_ucums_grammar)
{
    const char *const good[] = {
        "m",      "10*-3",     "10^3/ul",  "/m3",         "m/s2",
        "kg.m-3", "(m/s).m",   "m{a.b}/s", "{any-word!}", "cal_[15]",
        "mm[Hg]", "dB[10.nV]", "%[slope]", "[in_i'H2O]",  "4.[pi].10*-7.N/A2",
        "m+2",    "100",       "daL",      "KiBy",        "''"};
    const char *const bad[] = {"",
                               "C m",
                               "degC",
                               "m//s",
                               "m.",
                               "/",
                               "m^2",
                               "2m",
                               "kmin",
                               "m2-",
                               "m-",
                               "(m",
                               "m)",
                               "{a",
                               "}",
                               "a{b{c}}",
                               "+2",
                               "-",
                               "m{\x01}",
                               "k",
                               "m/0",
                               "[degF",
                               "(m/s)2",
                               "m0",
                               "m100",
                               "m/s/",
                               "[]",
                               "((((((((((m))))))))))",
                               "9999999999.m",
                               "10*99999999"};
    struct ats_ucum unit;
    const char *fault = NULL;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        (void)unit_of(good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(ats_ucum_parse(ats_span_text(bad[i]), &unit, &fault), ATS_ERR_INVALID, "%s",
                     bad[i]);
        cr_assert_not_null(fault, "%s", bad[i]);
    }
}
