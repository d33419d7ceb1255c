# SPDX-License-Identifier: Apache-2.0
"""Codes of units and their conversion against ucumvert, which reads UCUM with a grammar of its own and computes with pint's definitions."""
import logging
import pathlib
import random

import pint
import ucumvert

EXAMPLES = pathlib.Path(ucumvert.__file__).parent / "vendor/ucum_examples.tsv"  # UCUM's own list of codes in use
MUTATIONS, PAIRS = 2000, 3000
TOLERANCE = 1e-9  # of pint's definitions, of which some have so many digits
# Where pint's definition is another one than UCUM's: columns of mercury and water at some temperature.
OTHER_DEFINITION = ("[Hg]", "H2O]", "'Hg]")
# What we limit and the grammar does not.
LIMITS = ("an exponent is too large", "it has too many factors to be exact")


class Theirs:
    def __init__(self):
        logging.disable(logging.WARNING)
        self.registry, self.parser = ucumvert.PintUcumRegistry(), ucumvert.get_ucum_parser()

    def is_code(self, text):
        try:
            self.parser.parse(text)
        except Exception:  # its parser's own, several of them
            return False
        return True

    def quantities(self, codes):
        """Each code as a quantity, those left out that pint does not have."""
        found = {}
        for code in codes:
            try:
                quantity = self.registry.from_ucum(code)
                _ = quantity.dimensionality
            except Exception:  # lark's and pint's
                continue
            found[code] = quantity
        return found

    def convert(self, source, target, values):
        """None: they do not measure the same."""
        try:
            return [self.registry.Quantity(value * source.magnitude, source.units).to(target.units).magnitude / target.magnitude for value in values]
        except (pint.errors.PintError, ValueError):  # a logarithm of nothing
            return None


def mutated(chance, codes):
    alphabet = "".join(codes)
    while True:
        code = chance.choice(codes)
        at, kind = chance.randrange(len(code) + 1), chance.random()
        yield code[:at] + (chance.choice(alphabet) if kind > 0.4 else "") + code[at + (kind < 0.7):]


def judge_codes(checks, chance, theirs, codes, answers_of):
    checks.note("some_hundred_codes_in_use_are_there", len(codes) > 800, len(codes))
    made = mutated(chance, codes)
    every = codes + [code for code in (next(made) for _ in range(MUTATIONS)) if code and "}{" not in code]
    answers = answers_of([{"from": code, "to": code, "values": [1]} for code in every])
    wrong = [(code, answer) for code, answer in zip(every, answers, strict=True)
             if ("refused" not in answer) != theirs.is_code(code) and answer.get("refused") not in LIMITS]
    checks.note("what_is_a_code_of_ucum_both_say", not wrong, f"{len(wrong)} of {len(every)}: {wrong[:3]}")


def pairs_of(chance, quantities):
    by_dimension = {}
    for code, quantity in quantities.items():
        by_dimension.setdefault(str(quantity.dimensionality), []).append(code)
    codes = list(quantities)
    for _ in range(PAIRS):
        source = chance.choice(codes)
        yield source, chance.choice(by_dimension[str(quantities[source].dimensionality)] if chance.random() < 0.8 else codes)
    yield from (("[degF]", "Cel"), ("Cel", "K"), ("K", "[degF]"), ("mbar", "Pa"), ("km/h", "m/s"), ("[psi]", "kPa"), ("[gal_us]/min", "L/s"), ("deg", "rad"))


def is_near(a, b):
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b), 1)


def judge_conversion(checks, chance, theirs, codes, answers_of):
    quantities = theirs.quantities(codes + ["[degF]", "mbar", "km/h", "[gal_us]/min", "L/s", "rad", "kPa"])
    pairs = list(pairs_of(chance, quantities))
    values = [[round(chance.uniform(-100, 1000), 2) for _ in range(3)] for _ in pairs]
    answers = answers_of([{"from": source, "to": target, "values": given} for (source, target), given in zip(pairs, values, strict=True)])
    same, only_ours, different = 0, [], []
    for (source, target), given, answer in zip(pairs, values, answers, strict=True):
        expected = theirs.convert(quantities[source], quantities[target], given)
        if "values" not in answer or any(text in source + target for text in OTHER_DEFINITION):
            continue  # we are the stricter ones: counted things, arbitrary units, angles
        if expected is None:
            only_ours.append((source, target))
        elif all(is_near(a, b) for a, b in zip(answer["values"], expected, strict=True)):
            same += 1
        else:
            different.append((source, target, given, answer["values"], expected))
    checks.note("nothing_is_converted_that_does_not_measure_the_same", not only_ours, only_ours[:3])
    checks.note("what_is_converted_is_what_pint_makes_of_it", not different and same > PAIRS // 3, f"{same} same, {different[:2]}")
    print(f"{same} conversions", flush=True)


def judge(checks, seed, answers_of):
    chance, theirs = random.Random(seed), Theirs()
    codes = [line.split("\t")[1] for line in EXAMPLES.read_text(encoding="utf-8").splitlines()[1:]]
    judge_codes(checks, chance, theirs, codes, answers_of)
    judge_conversion(checks, chance, theirs, codes, answers_of)
