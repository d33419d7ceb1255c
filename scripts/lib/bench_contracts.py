# SPDX-License-Identifier: Apache-2.0
"""`contracts`: what the gate's check of a payload costs: strict JSON to Avro with the contract's quality rules, on one core.

The payload has 200 bytes and ten fields (texts, integers, reals, a boolean), most with a rule. It is compared with jansson's parse of the same bytes,
which builds a tree and knows no schema, and with simdjson's on-demand parse that reads every field as its type and makes nothing of it. Each
round times each of them in turn, in processor time of one thread. Then ours alone: with up to 200 such fields, with the ten fields in the reverse of
the schema's order, and with reals of 17 digits as Python prints them."""
import json
import pathlib
import subprocess

from bench_frame import Figure, say
from fleet import Failed

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build/release/tests/bench/attestream-contracts"
FIELDS = (10, 25, 50, 100, 200)


def measure(rounds, milliseconds):
    """One object a round."""
    if not PROGRAM.exists():
        raise Failed(f"{PROGRAM} was not built: it needs libsimdjson-dev and g++ (./scripts/setup --for test installs them)")
    done = subprocess.run([str(PROGRAM), str(rounds), str(milliseconds)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"attestream-contracts: exit code {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def per_field(one, fields):
    return one["fields"][str(fields)] / fields


def run(quick):
    rounds = measure(*((3, 5) if quick else (15, 150)))
    say(f"{len(rounds)} rounds")

    def each(name):
        return [one[name] for one in rounds]

    def ratio(above, below):
        return [one[above] / one[below] for one in rounds]

    figures = [Figure("json_to_avro_us", each("ours_us"), "us", "200 bytes, 10 fields"),
               Figure("jansson_parse_us", each("jansson_us"), "us", "the same payload"),
               Figure("simdjson_read_us", each("simdjson_us"), "us", "the same payload"),
               Figure("vs_jansson_parse", ratio("jansson_us", "ours_us"), "times", "jansson's parse over ours", 8),
               Figure("vs_simdjson", ratio("ours_us", "simdjson_us"), "ratio", "ours over simdjson's read of all fields", 2.0, at_most=True)]
    figures += [Figure(f"us_per_field_{fields}", [per_field(one, fields) for one in rounds], "us", f"{fields} fields") for fields in FIELDS]
    figures += [Figure("per_field_200_over_10", [per_field(one, 200) / per_field(one, 10) for one in rounds], "ratio", "a field of 200 over one of 10", 1.2,
                       at_most=True),
                Figure("allocations_per_message", each("allocations"), "allocations", "counted at malloc, calloc and realloc", 0, at_most=True),
                Figure("other_order_us", each("other_order_us"), "us", "the fields in the reverse of the schema's order"),
                Figure("digits_17_us", each("digits_17_us"), "us", "four reals of 17 digits")]
    return figures
