/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SenML's names of units, primary and secondary ones (the registries of RFC 8428, section 12.1, and RFC 8798), that UCUM writes otherwise;
 * the rest are the same in both. Names that count things of one kind (turbidity) are in neither.
 */
#include "common/contract/senml.h"

static const struct {
    const char *senml;
    const char *ucum;
} units[] = {
    {"/", "1"},           {"/100", "%"},       {"/1000", "10*-3"}, {"ppm", "[ppm]"},
    {"ppb", "[ppb]"},     {"ppt", "[pptr]"},   {"%RH", "%"},       {"%EL", "%"},
    {"count", "1"},       {"beats", "1"},      {"1/s", "/s"},      {"1/min", "/min"},
    {"beat/min", "/min"}, {"lat", "deg"},      {"lon", "deg"},     {"pH", "[pH]"},
    {"dBW", "dB[W]"},     {"Bspl", "B[SPL]"},  {"EL", "s"},        {"B", "By"},
    {"KiB", "KiBy"},      {"GB", "GBy"},       {"B/s", "By/s"},    {"MB/s", "MBy/s"},
    {"VA", "V.A"},        {"kVA", "kV.A"},     {"VAs", "V.A.s"},   {"VAh", "V.A.h"},
    {"kVAh", "kV.A.h"},   {"var", "V.A"},      {"kvar", "kV.A"},   {"vars", "V.A.s"},
    {"varh", "V.A.h"},    {"kvarh", "kV.A.h"}, {"Ah", "A.h"},      {"Wh", "W.h"},
    {"kWh", "kW.h"},      {"Wh/km", "W.h/km"},
};

const char *ats_senml_unit_code(struct ats_span unit)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (ats_span_is(unit, units[i].senml))
            return units[i].ucum;
    return NULL;
}

bool ats_senml_unit_read(struct ats_span unit, struct ats_ucum *ret_unit)
{
    const char *fault = NULL;
    bool milliwatts = ats_span_is(unit, "dBm"); /* 0 dBm are -30 dBW, of which UCUM has no code */
    const char *code = milliwatts ? "dB[W]" : ats_senml_unit_code(unit);
    if (ats_ucum_parse(code ? ats_span_text(code) : unit, ret_unit, &fault) != ATS_OK)
        return false;
    if (milliwatts)
        ret_unit->shift_numerator = -3; /* bel */
    return true;
}
