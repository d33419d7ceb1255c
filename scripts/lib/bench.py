# SPDX-License-Identifier: Apache-2.0
"""scripts/bench NAME [--json FILE] [--quick]: runs one benchmark, prints its figures."""
import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bench_contracts  # noqa: E402
import bench_identity  # noqa: E402
import bench_smoke  # noqa: E402
import fleet  # noqa: E402
import services  # noqa: E402
from bench_frame import print_figures, say, write_json  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHES = {"smoke": ("plain broker, no-op plugin and gate at QoS 1; the processor's cost per event", bench_smoke.run),
           "identity": ("what proofs cost; starts, memory, look-ups, revocations and connections of a large fleet", bench_identity.run),
           "contracts": ("JSON to checked Avro beside jansson's parse and simdjson's on-demand read", bench_contracts.run)}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures; compares in one run, interleaved.",
                                     epilog="names: " + "; ".join(f"{n} ({t})" for n, (t, _) in BENCHES.items()))
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--json", metavar="FILE", help="write the figures there (without FILE: print them as JSON)", nargs="?", const="-")
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to quote")
    options = parser.parse_args()
    try:
        for command in (["cmake", "--preset", "release", "-DATS_BENCH=ON"], ["cmake", "--build", "build/release"]):
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        figures = BENCHES[options.name][1](options.quick)
    except (fleet.Failed, services.ServiceError, subprocess.CalledProcessError) as why:
        say(f"scripts/bench: {why}")
        return 1
    if options.json != "-":
        print_figures(figures)
    if options.json:
        write_json("/dev/stdout" if options.json == "-" else options.json, options.name, figures)
    return 0


if __name__ == "__main__":
    sys.exit(services.run(main))
