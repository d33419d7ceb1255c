/* SPDX-License-Identifier: Apache-2.0 */
/* SenML's names of units (its registry, RFC 8428 section 12.1) that UCUM writes otherwise; the rest are the same in both. */
#include "common/contract/senml.h"

static const struct {
    const char *senml;
    const char *ucum;
} units[] = {
    {"%RH", "%"},         {"%EL", "%"},          {"/", "1"},     {"count", "1"},
    {"beats", "1"},       {"lat", "deg"},        {"lon", "deg"}, {"pH", "[pH]"},
    {"dBW", "dB[W]"},     {"Bspl", "B[SPL]"},    {"EL", "s"},    {"1/s", "/s"},
    {"1/s", "Hz"},        {"Hz", "/s"},          {"Hz", "1/s"},  {"1/min", "/min"},
    {"beat/min", "/min"}, {"beat/min", "1/min"}, {"l", "L"},     {"l/s", "L/s"},
};

bool ats_senml_unit_is(struct ats_span unit, const char *ucum)
{
    if (ats_span_is(unit, ucum))
        return true;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (ats_span_is(unit, units[i].senml) && strcmp(ucum, units[i].ucum) == 0)
            return true;
    return false;
}
