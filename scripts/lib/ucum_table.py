# SPDX-License-Identifier: Apache-2.0
"""Prints common/contract/ucum_table.h: each unit of UCUM as an exact factor of base units, from UCUM's own table.

    python3 scripts/lib/ucum_table.py ucum-essence.xml | clang-format --style=file --assume-filename=x.h > common/contract/ucum_table.h

It is stricter than UCUM where that makes one quantity of what is measured as two: a mole is no number, a bit no one, becquerel no hertz,
sievert no gray, and units that are "1" by a procedure (turbidity, fields of a microscope) each stay by themselves."""
import fractions
import re
import sys
import xml.etree.ElementTree

SPACE = {"u": "http://unitsofmeasure.org/ucum-essence"}
BASES = ["m", "s", "g", "rad", "K", "C", "cd", "mol", "bit"]
OF_THEIR_OWN = {"Bq", "Sv", "eq", "osm", "[hnsf'U]", "[HPF]", "[LPF]", "[NTU]", "[FNU]"}
OTHERWISE = {"REM": ("1e-2", "Sv"), "[IU]": ("1", "[iU]")}
# Kelvin = factor * value + shift.
SCALES = {"Cel": ("1", "273.15"), "[degF]": ("5/9", "459.67 * 5/9"), "[degRe]": ("5/4", "273.15")}

TYPES = """#include "common/contract/ucum.h"

enum { METRIC = 1, SCALE = 2 };

/* numerator / denominator * 10^exponent * pi^pi base units */
struct atom {
    const char *code;
    uint8_t flags;
    uint64_t numerator;
    uint64_t denominator;
    int8_t exponent;
    int8_t pi;
    int8_t dimensions[ATS_UCUM_DIMENSIONS];
    uint16_t own;
    int32_t shift_numerator;
    int32_t shift_denominator;
};

struct prefix {
    const char *code;
    uint64_t numerator;
    int8_t exponent;
};

"""


class Unit:
    def __init__(self, factor=1, pi=0, dims=None, own=None, own_exponent=0):
        self.factor, self.pi, self.dims = fractions.Fraction(factor), pi, dims or [0] * len(BASES)
        self.own, self.own_exponent = own, own_exponent

    def power(self, n):
        return Unit(self.factor ** n, self.pi * n, [d * n for d in self.dims], self.own, self.own_exponent * n)

    def times(self, other):
        assert not (self.own and other.own), (self.own, other.own)
        return Unit(self.factor * other.factor, self.pi + other.pi, [a + b for a, b in zip(self.dims, other.dims)],
                    self.own or other.own, self.own_exponent + other.own_exponent)


class Table:
    def __init__(self, root):
        self.prefixes = {p.get("Code"): fractions.Fraction(p.find("u:value", SPACE).get("value")) for p in root.findall("u:prefix", SPACE)}
        self.rows = {u.get("Code"): u for u in root.findall("u:unit", SPACE)}
        self.done = {code: Unit(dims=[int(code == base) for base in BASES]) for code in BASES}
        self.done["[pi]"] = Unit(pi=1)

    def is_metric(self, code):
        return code in BASES or self.rows[code].get("isMetric") == "yes"

    def atom(self, code):
        if code not in self.done:
            self.done[code] = self.define(code)
        return self.done[code]

    def define(self, code):
        row = self.rows[code]
        value = row.find("u:value", SPACE)
        if code in SCALES:
            return Unit(fractions.Fraction(SCALES[code][0]), dims=[int(base == "K") for base in BASES])
        if code in OTHERWISE:
            return Unit(OTHERWISE[code][0]).times(self.term(OTHERWISE[code][1]))
        if code in OF_THEIR_OWN or row.get("isSpecial") == "yes" or row.get("isArbitrary") == "yes":
            return Unit(own=code, own_exponent=1)
        return Unit(fractions.Fraction(value.get("value"))).times(self.term(value.get("Unit")))

    def symbol(self, text):
        if text in self.done or text in self.rows:
            return self.atom(text)
        for prefix, factor in self.prefixes.items():
            rest = text[len(prefix):]
            if text.startswith(prefix) and (rest in self.rows or rest in BASES) and self.is_metric(rest):
                return Unit(factor).times(self.atom(rest))
        raise KeyError(text)

    def term(self, text):
        whole, sign = Unit(), 1
        for part in re.findall(r"[./]|(?:\[[^]]*\]|[^./\[])+", text):
            if part in "./":
                sign = -1 if part == "/" else 1
                continue
            exponent = 1
            found = re.fullmatch(r"(10[*^]|.*?[^\d+-])([+-]?\d+)", part)
            if part.isdigit():
                unit = Unit(int(part))
            else:
                if found:
                    part, exponent = found.group(1), int(found.group(2))
                unit = self.symbol(part)
            whole = whole.times(unit.power(sign * exponent))
            sign = 1
        return whole


def split(factor):
    """Numerator and denominator without their powers of ten, and that power."""
    numerator, denominator, exponent = factor.numerator, factor.denominator, 0
    while denominator % 2 == 0 or denominator % 5 == 0:
        by = 10 if denominator % 10 == 0 else 2 if denominator % 2 == 0 else 5
        denominator //= by
        numerator *= 10 // by
        exponent -= 1
    while numerator % 10 == 0:
        numerator //= 10
        exponent += 1
    assert numerator < 1 << 63 and denominator < 1 << 63, factor
    return numerator, denominator, exponent


def shift(code):
    if code not in SCALES:
        return fractions.Fraction(0)
    factors = [fractions.Fraction(part) for part in SCALES[code][1].split("*")]
    return factors[0] * (factors[1] if len(factors) > 1 else 1)


def main():
    table = Table(xml.etree.ElementTree.parse(sys.argv[1]).getroot())
    codes = sorted([*[base for base in BASES if base not in table.rows], *table.rows])
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* Generated by scripts/lib/ucum_table.py from UCUM's table, version 2.2. Internal to ucum.c. */")
    print("#ifndef ATS_CONTRACT_UCUM_TABLE_H\n#define ATS_CONTRACT_UCUM_TABLE_H\n\n" + TYPES + "/* Sorted by code. */")
    print("static const struct atom atoms[] = {")
    for code in codes:
        unit = table.atom(code)
        numerator, denominator, exponent = split(unit.factor)
        moved = shift(code)
        flags = []
        if table.is_metric(code):
            flags.append("METRIC")
        if code in SCALES or (code in table.rows and table.rows[code].get("isSpecial") == "yes"):
            flags.append("SCALE")
        own = codes.index(unit.own) + 1 if unit.own and unit.own_exponent else 0
        print(f'    {{"{code}", {" | ".join(flags) or 0}, {numerator}u, {denominator}u, {exponent}, {unit.pi}, '
              f'{{{", ".join(map(str, unit.dims))}}}, {own}, {moved.numerator}, {moved.denominator}}},')
    print("};\n\nstatic const struct prefix prefixes[] = {")
    for code, factor in sorted(table.prefixes.items()):
        numerator, denominator, exponent = split(factor)
        assert denominator == 1
        print(f'    {{"{code}", {numerator}u, {exponent}}},')
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
