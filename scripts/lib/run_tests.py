# SPDX-License-Identifier: Apache-2.0
"""Runs the parts of the test suite and counts their checks. Ends with one line: N passed, N failed, N skipped.

A part is a function that yields checks (name, verdict, why). End-to-end scripts print a line PASS, FAIL or SKIP with the check's
name for each; ctest's tests count one each. tests/points.tsv pairs what the project promises with the checks that hold it.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

os.environ.setdefault("ATS_TEST_SHORT_LIVED", "1")  # each part has a Kafka of its own
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import device_arm  # noqa: E402
import services  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
PYTHON = "/usr/bin/python3"
SANITIZER_REPORT = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:")
PASS, FAIL, SKIP = "PASS", "FAIL", "SKIP"
# End-to-end parts mostly wait, each for services of its own: so many run at a time, beside one that computes, and more once nothing does;
# the longest begin first.
TOGETHER = 6
AFTERWARDS = 3
LATER = ["nice", "-n", "10"]  # what computes leaves the processor to what waits for an answer
# Checks that are judged with Debian 12's tools alone, and left out where others are there: each later one formats and finds something else.
STYLE_VERSION = 14
OF_DEBIAN_12_ALONE = {"style.clang_format_changes_nothing": "clang-format", "style.clang_tidy_finds_nothing": "clang-tidy"}
MEMORY_LEAST = 4 << 30
END_TO_END = "end-to-end"  # gcc builds the unit tests with sanitizers alone, and clang all for its warnings, which do not hang on optimising
UNOPTIMISED = "-DCMAKE_BUILD_TYPE=None"
# Two hundred unit tests are linked, for which Debian's other linker takes half the time.
LINKED_FAST = ("-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=gold",) if shutil.which("ld.gold") else ()
BUILDING = threading.Lock()
RUNNING = set()  # scripts, to be ended when the run is


def run(command, **options):
    return subprocess.run([str(word) for word in command], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)


def one(name, command, **options):
    """A check that is one command: it passes if the command does."""
    done = run(command, **options)
    yield (name, PASS, "") if done.returncode == 0 else (name, FAIL, done.stdout[-4000:])


def configure_and_build(preset, *words, target="all"):
    with BUILDING:
        done = run(["cmake", "--preset", preset, *words])
        if done.returncode == 0:
            done = run([*LATER, "cmake", "--build", BUILD / preset, "-j", str(os.cpu_count() or 2), "--target", target, "--", "-k", "0"])
        return done


def complaints(output):
    """What a build says besides its progress."""
    return "\n".join(line for line in output.splitlines() if not re.match(r"\[\d+/\d+\]", line))[-6000:]


def build(name, *words, **more):
    done = configure_and_build(*words, **more)
    if done.returncode != 0:
        yield name, FAIL, complaints(done.stdout)
    elif "warning:" in done.stdout:
        yield name, FAIL, "\n".join(line for line in done.stdout.splitlines() if "warning:" in line)
    else:
        yield name, PASS, ""


def memory():
    """Where files are in memory, if there is enough of it for the tests' folders: they are small, and each is synced many times."""
    place = pathlib.Path("/dev/shm")
    return str(place) if os.path.ismount(place) and shutil.disk_usage(place).free > MEMORY_LEAST else None


def ctest(preset, prefix="", environment=None):
    with tempfile.NamedTemporaryFile(suffix=".xml") as report, tempfile.TemporaryDirectory(dir=memory()) as scratch:
        done = run([*LATER, "ctest", "--test-dir", BUILD / preset, "--output-on-failure", "--output-junit", report.name, "-j",
                    str(os.cpu_count() or 2)], env={**os.environ, "TMPDIR": scratch, **(environment or {})})
        try:
            cases = xml.etree.ElementTree.parse(report.name).getroot().iter("testcase")
        except xml.etree.ElementTree.ParseError:
            yield prefix + "ctest", FAIL, done.stdout[-4000:]
            return
        for case in cases:
            verdict = {"run": PASS, "disabled": SKIP, "notrun": SKIP}.get(case.get("status"), FAIL)
            yield prefix + case.get("name"), verdict, (case.findtext("system-out") or "")[-4000:] if verdict == FAIL else ""


def script(path, *arguments, environment=None, prefix="", interpreter=PYTHON):
    """An end-to-end script: its lines are its checks, its exit code has the last word."""
    started = subprocess.Popen([interpreter, str(ROOT / path), *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
    RUNNING.add(started)
    failed = False
    tail = []
    for line in started.stdout:
        tail = (tail + [line])[-60:]
        match = re.match(r"(PASS|FAIL|SKIP) ([\w./@-]+):?\s*(.*)", line)
        if match:
            failed = failed or match.group(1) == FAIL
            yield prefix + match.group(2), match.group(1), match.group(3)
    code = started.wait()
    RUNNING.discard(started)
    if code == 3:
        yield prefix + pathlib.Path(path).stem, SKIP if os.environ.get("ATS_TEST_OFFLINE") else FAIL, "".join(tail)
    elif code != 0 and not failed:
        yield prefix + pathlib.Path(path).stem, FAIL, f"exit code {code}\n" + "".join(tail)


# ---- parts ----

def part_setup():
    """A second set-up needs no network; what cannot be had is told with exit code 3."""
    offline = ["unshare", "-n"] if run(["unshare", "-n", "true"]).returncode == 0 else []
    yield from one("setup.second_run_downloads_nothing_and_works_offline", [*offline, ROOT / "scripts/setup", "--for", "test"])
    listening = run(["pgrep", "-a", "-x", "mosquitto"]).stdout
    yield "setup.leaves_no_broker_running", FAIL if "/etc/mosquitto" in listening else PASS, listening
    nowhere = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    done = run([PYTHON, ROOT / "scripts/lib/demo.py", "--limit", "10"], env=nowhere)
    told = done.returncode == 3 and "127.0.0.1:1" in done.stdout
    yield "setup.demo_says_what_is_missing_with_exit_code_3", PASS if told else FAIL, f"exit code {done.returncode}\n{done.stdout[-1000:]}"


def part_build():
    yield from build("build.gcc_without_warnings", "dev", target=END_TO_END)
    for name, holds, why in device_arm.checks():
        yield f"build.{name}", PASS if holds else FAIL, str(why)


def part_clang():
    yield from build("build.clang_without_warnings", "clang", UNOPTIMISED, *LINKED_FAST)


def sources(*patterns):
    listed = run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns]).stdout.split()
    return [path for path in listed if (ROOT / path).exists()]


def part_style():
    yield from one("style.includes_go_in_the_stated_direction", [ROOT / "scripts/check-includes"])
    if not is_left_out("style.clang_format_changes_nothing"):
        yield from one("style.clang_format_changes_nothing", ["clang-format", "--dry-run", "--Werror", *sources("*.c", "*.h")])
    headers = sources("common/*.h", "device/*.h", "plugin/*.h", "processor/*.h", "cli/*.h")
    alone = [path for path in headers
             if run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-I.", "-fsyntax-only", "-x", "c", path]).returncode != 0]
    yield "style.each_header_compiles_alone", FAIL if alone else PASS, " ".join(alone)
    if not is_left_out("style.clang_tidy_finds_nothing"):
        yield from part_tidy()


def version_of(tool):
    """The major version of one of clang's tools."""
    found = re.search(r"version (\d+)", run([tool, "--version"]).stdout)
    return int(found.group(1)) if found else 0


def is_left_out(check):
    return check in OF_DEBIAN_12_ALONE and version_of(OF_DEBIAN_12_ALONE[check]) != STYLE_VERSION


def tidy(*words):
    configure_and_build("clang", UNOPTIMISED, *LINKED_FAST)
    files = [path for path in sources("*.c") if path.startswith(("common/", "device/", "plugin/", "processor/", "cli/"))]
    done = run([*LATER, "xargs", "-P", str(os.cpu_count() or 2), "-n", "6", "clang-tidy", "--quiet", *words, "-p", BUILD / "clang"],
               input="\n".join(files))
    findings = sorted(set(re.findall(r"^.*(?:warning|error): .*$", done.stdout, re.M)))
    return FAIL if done.returncode or findings else PASS, "\n".join(findings[:40])


def part_tidy():
    yield ("style.clang_tidy_finds_nothing", *tidy("--checks=-clang-analyzer-*"))


def part_analyzer():
    """All of .clang-tidy: following each path takes longer than the rest of the suite."""
    yield ("analyzer.clang_finds_nothing", *tidy())


def part_unit():
    done = configure_and_build("asan", *LINKED_FAST)
    good = done.returncode == 0 and "warning:" not in done.stdout
    yield "unit.gcc_without_warnings", PASS if good else FAIL, complaints(done.stdout)
    if done.returncode != 0:
        return
    with services.kafka() as kafka:
        yield from ctest("asan", environment={"ATS_TEST_BOOTSTRAP": kafka.bootstrap} if not kafka.config else None)


def part_threads():
    done = configure_and_build("tsan")
    if done.returncode != 0:
        yield "threads.build_tsan", FAIL, complaints(done.stdout)
        return
    yield from ctest("tsan", "tsan.")


DEVICE_PROGRAM = """
#include <device/device.h>
int main(void) { struct ats_device device; ats_device_wipe(&device); return 0; }
"""


def device_library(compiler, folder):
    """A program of somebody else finds header and library through pkg-config, with whatever compiler it has."""
    found = next(pathlib.Path(folder).rglob("attestream-device.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(found), "PKG_CONFIG_SYSROOT_DIR": folder}
    words = run(["pkg-config", "--cflags", "--libs", "attestream-device"], env=environment).stdout.split()
    language = "c++" if compiler.endswith("++") else "c"
    with tempfile.TemporaryDirectory() as out:
        yield from one(f"install.device_library_links_with_{compiler}",
                       [compiler, "-x", language, "-", "-x", "none", *words, "-o", f"{out}/program"], input=DEVICE_PROGRAM)


def device_library_moves():
    """`--prefix` at the install: header and library are found where they were put, with nothing but that folder to go by; beneath a sysroot, once."""
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "a/b"
        yield from one("install.takes_another_prefix", ["cmake", "--install", BUILD / "release", "--prefix", target])
        found = next(target.rglob("attestream-device.pc"), target).parent  # without it pkg-config gives nothing, which fails below
        flags = [run(["pkg-config", "--cflags", "--libs", "attestream-device"], env={**os.environ, "PKG_CONFIG_PATH": str(found), **more}).stdout
                 for more in ({}, {"PKG_CONFIG_SYSROOT_DIR": folder})]
        header = next(target.rglob("device/device.h"), target).parents[1].resolve()
        good = all(header in [pathlib.Path(word[2:]).resolve() for word in text.split() if word.startswith("-I")] for text in flags)
        yield "install.device_library_is_found_under_another_prefix", PASS if good else FAIL, "".join(flags)
        yield from one("install.device_library_links_under_another_prefix", ["gcc", "-x", "c", "-", "-x", "none", *flags[0].split(), "-o", f"{folder}/program"],
                       input=DEVICE_PROGRAM)


def device_example(folder):
    """The example in C builds where it is installed, as its page says."""
    found = next(pathlib.Path(folder).rglob("attestream-device.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(found), "PKG_CONFIG_SYSROOT_DIR": folder}
    words = run(["pkg-config", "--cflags", "--libs", "attestream-device"], env=environment).stdout.split()
    words += run(["pkg-config", "--cflags", "--libs", "libmosquitto"]).stdout.split()
    sources = sorted(pathlib.Path(folder).rglob("device/examples/*.c"))
    with tempfile.TemporaryDirectory() as out:
        program = f"{out}/attestream-publish"
        yield from one("install.device_example_builds_where_it_is_installed",
                       ["gcc", "-Wall", "-Wextra", "-Werror", "-I", sources[0].parents[2], *sources, *words, "-o", program])
        yield from one("install.device_example_runs", [program, "--help"])


def part_install():
    """What `cmake --install` puts down works from there, and `uninstall` takes it away again."""
    configure_and_build("release")
    yield from device_library_moves()  # first: `uninstall` below is of the install that was last
    with tempfile.TemporaryDirectory() as folder:
        target = {**os.environ, "DESTDIR": folder}
        yield from one("install.puts_everything_down", ["cmake", "--install", BUILD / "release"], env=target)
        found = {path.name for path in pathlib.Path(folder).rglob("*") if path.is_file()}
        wanted = {"attestream.so", "attestream", "attestream-gate-config", "attestream-processor", "attestream-device.pc", "device.h", "publish.c",
                  "publish.py"}
        yield "install.has_all_targets", PASS if wanted <= found else FAIL, " ".join(sorted(wanted - found))
        for compiler in ("gcc", "clang", "clang++"):
            yield from device_library(compiler, folder)
        yield from device_example(folder)
        yield from one("install.uninstall_runs", ["cmake", "--build", BUILD / "release", "--target", "uninstall"], env=target)
        left = [str(path) for path in pathlib.Path(folder).rglob("*") if path.is_file() or path.name == "attestream"]
        yield "install.uninstall_leaves_nothing", FAIL if left else PASS, " ".join(left)


def part_vectors():
    """The vectors that our C is held against come from Python's cryptography alone."""
    yield from one("vectors.are_what_an_independent_implementation_computes", [PYTHON, ROOT / "tests/vectors/make_vectors.py", "--check"])
    yield from one("vectors.are_judged_the_same_by_an_independent_implementation", [PYTHON, ROOT / "tests/vectors/check_vectors.py"])


BENCHES = {
    "smoke": {"gate_to_plain_qos1", "noop_to_plain_qos1", "plain_broker_thread_cpu", "gate_broker_thread_cpu", "processor_rate", "processor_cpu"},
    "identity": {"mac_ratio_qos1", "sign_ratio_qos1", "handshakes_per_s", "start_s", "rss_anon_per_device_bytes", "lookup_us", "lookup_us_p99",
                 "revoke_ms_p99", "close_ms", "close_websockets_ms", "connect_1000_ok", "bogus_cost_ratio"},
    "contracts": {"json_to_avro_us", "vs_jansson_parse", "vs_simdjson", "us_per_field_10", "us_per_field_25", "us_per_field_50", "us_per_field_100",
                  "us_per_field_200", "per_field_200_over_10", "allocations_per_message", "other_order_us", "digits_17_us"},
}
# Differences of two readings, which may come out as nothing or less in a short run.
DIFFERENCES = {"allocations_per_message", "bogus_cost_ratio", "bogus_unshed_ratio", "bogus_plain_ratio", "rss_anon_per_device_bytes", "rss_anon_per_device_after_following_bytes", "rss_anon_per_connected_bytes"}


def bench(name):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = run([PYTHON, ROOT / "scripts/lib/bench.py", name, "--quick", "--json", file.name])
        report = json.loads(pathlib.Path(file.name).read_text() or "{}")
    figures = {f["name"]: f for f in report.get("figures", [])}
    good = done.returncode == 0 and report.get("bench") == name and BENCHES[name] <= figures.keys()
    yield f"bench.{name}_gives_its_figures", PASS if good else FAIL, done.stdout[-2000:]
    empty = sorted(figure for figure, f in figures.items()
                   if not (f["value"] > 0 or figure in DIFFERENCES) or not {"unit", "target", "versus"} <= f.keys())
    yield f"bench.{name}_measures_each", FAIL if empty or not figures else PASS, " ".join(empty)


def part_bench():
    """The frame works and says what it measured; what it measured is not judged here."""
    for name in BENCHES:
        yield from bench(name)


def e2e(path, *arguments, **options):
    def part():
        done = configure_and_build("dev", target=END_TO_END)
        if done.returncode != 0:
            yield f"{pathlib.Path(path).stem}.build", FAIL, complaints(done.stdout)
            return
        yield from script(path, *arguments, **options)
    return part


def part_gate_asan():
    done = configure_and_build("asan", *LINKED_FAST)
    if done.returncode != 0:
        yield "gate-asan.build", FAIL, complaints(done.stdout)
        return
    yield from script("tests/e2e/test_gate.py", "--build", str(BUILD / "asan"), "--asan", prefix="asan.")


PARTS = {
    "setup": ("set-up again, and without what it needs", part_setup),
    "build": ("gcc builds everything without a warning, the device library for ARM too", part_build),
    "clang": ("clang builds everything without a warning", part_clang),
    "style": ("clang-format, clang-tidy, include direction, headers alone", part_style),
    "analyzer": ("clang's static analyzer over each path, by name alone", part_analyzer),
    "unit": ("unit and component tests under ASan and UBSan", part_unit),
    "threads": ("thread tests under TSan", part_threads),
    "install": ("install and uninstall", part_install),
    "schemas": ("contracts and schemas against the published standards", e2e("tests/e2e/test_schemas.py")),
    "contract-infer": ("contracts drafted from payloads", e2e("tests/e2e/test_contract_infer.py")),
    "odcs-documents": ("ODCS documents of others, and what is wrong with them", e2e("tests/e2e/test_odcs_documents.py")),
    "asyncapi": ("the pages that are made of contracts, and AsyncAPI against its published schema", e2e("tests/e2e/test_asyncapi.py")),
    "avro-oracle": ("our Avro against Java's and fastavro's", e2e("tests/e2e/test_avro_oracle.py", interpreter=str(ROOT / ".cache/venv/bin/python"))),
    "vectors": ("device protocol vectors in an independent implementation", part_vectors),
    "docs": ("generated pages are up to date, text keeps the rules", e2e("tests/e2e/test_docs.py")),
    "bench": ("the benchmark frame, in short", part_bench),
    "closed-paths": ("ways around the gate, over each transport, both versions", e2e("tests/e2e/test_closed_paths.py")),
    "processor": ("the processor on real Kafka, crashes included", e2e("tests/e2e/test_processor.py")),
    "demo": ("the main job end to end, judged by readers that share no code with us", e2e("tests/e2e/test_demo.py")),
    "freshness": ("checkpoints, heartbeats, stale gates and imported pieces of the control log, both versions", e2e("tests/e2e/test_freshness.py")),
    "tokens": ("tokens and certificates over TLS, both versions", e2e("tests/e2e/test_tokens.py")),
    "operators": ("operators, roots and acts of two persons, in real Kafka and a real gate", e2e("tests/e2e/test_operators.py")),
    "processor-faults": ("the processor under signals, hostile writers and hostile settings", e2e("tests/e2e/test_processor_faults.py")),
    "gate": ("the plugin in real Mosquitto, both versions", e2e("tests/e2e/test_gate.py")),
    "cli": ("the CLI against real Kafka", e2e("tests/e2e/test_cli.py")),
    "hostile": ("packets that no client library sends, over each transport, both versions", e2e("tests/e2e/test_hostile.py")),
    "open-transactions": ("the processor beside transactions of others", e2e("tests/e2e/test_open_transactions.py")),
    "gate-asan": ("the same under ASan", part_gate_asan),
    "many-contracts": ("more contracts than a processor reads and than topics are made for", e2e("tests/e2e/test_many_contracts.py")),
    "slow-link": ("CLI, gate and processor where Kafka is far away", e2e("tests/e2e/test_slow_link.py")),
    "fleet-bulk": ("one act on many devices, in real Kafka", e2e("tests/e2e/test_fleet_bulk.py")),
    "cli-answers": ("what the CLI leaves behind, its JSON and its exit codes, in real Kafka", e2e("tests/e2e/test_cli_answers.py")),
    "committed-offsets": ("committed offsets that do not fit log or state any more", e2e("tests/e2e/test_committed_offsets.py")),
    "rotation": ("gates, members and operators get other keys, in real Kafka and a real gate", e2e("tests/e2e/test_rotation.py")),
    "gate-paths": ("the ways into a broker that bypass a check, both versions", e2e("tests/e2e/test_gate_paths.py")),
    "control-room": ("a gate whose disk is full of what a stolen operator key signed, both versions", e2e("tests/e2e/test_control_room.py")),
    "sealed-store": ("what is altered on disk in a local copy of the control log, both versions", e2e("tests/e2e/test_sealed_store.py")),
    "clocks": ("a gate whose clock is set ahead and back, both versions", e2e("tests/e2e/test_clocks.py")),
    "claims": ("enrolment by claim, from token to first publish, both versions", e2e("tests/e2e/test_claims.py")),
    "envelope": ("signed envelopes of stock MQTT 3.1.1 clients, both versions", e2e("tests/e2e/test_envelope.py")),
    "lists": ("payloads that are lists of events, both versions", e2e("tests/e2e/test_lists.py")),
    "quarantine": ("what gates kept out, listed and explained", e2e("tests/e2e/test_quarantine.py")),
    "series": ("rules that hold an event against the one before it or only warn; versions of a contract, their owners and their end", e2e("tests/e2e/test_series.py")),
    "registry": ("stock Schema Registry clients against the processor", e2e("tests/e2e/test_registry.py")),
    "formats": ("payloads in each format, both versions", e2e("tests/e2e/test_formats.py")),
    "limits": ("what strangers and devices may cost a gate, and what its memory gives away, both versions", e2e("tests/e2e/test_limits.py")),
    "shedding": ("floods of refused connections, held back by the kernel, both versions", e2e("tests/e2e/test_shedding.py")),
    "forwarded": ("WebSockets clients that name another address in a header, both versions", e2e("tests/e2e/test_forwarded.py")),
    "reasons": ("reasons of refusals that no other part asks for, and no secret in what a gate writes", e2e("tests/e2e/test_reasons.py")),
    "presence": ("who is connected and who was seen when, both versions", e2e("tests/e2e/test_presence.py")),
    "verify": ("what a record in real Kafka proves, and to whom", e2e("tests/e2e/test_verify.py")),
    "evidence": ("the gate's signed journal checkpoints, and what they prove", e2e("tests/e2e/test_evidence.py")),
}

# What the others need: alone, and in this order.
FIRST = ("setup", "build")
# What takes minutes of its own and is asked for by name.
BY_NAME = {"analyzer"}
COMPUTING = {"clang", "style", "analyzer", "unit", "threads", "install", "schemas", "contract-infer", "odcs-documents", "asyncapi", "avro-oracle", "vectors", "docs", "bench"}


# ---- points ----

def read_points():
    """(point, sentence, [check names]) for each line of tests/points.tsv."""
    points = []
    for line in (ROOT / "tests/points.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            point, sentence, checks = line.split("\t")
            points.append((point, sentence, checks.split()))
    return points


def list_points(as_json):
    if as_json:
        print(json.dumps([{"point": p, "text": t, "checks": c} for p, t, c in read_points()], indent=2))
        return
    for point, sentence, checks in read_points():
        print(f"{point}: {sentence}")
        for check in checks:
            print(f"    {check}")


def missing_points(results):
    """A promise whose check did not run in a whole run, once or for each Mosquitto that is here, is not held. What was skipped did not run."""
    ran = {name for name, result in results.items() if result["verdict"] != SKIP}
    versions = services.mosquitto_versions()
    for point, _, checks in read_points():
        each = [[name] if name in results else [f"{name}.{version}" for version in versions]
                for name in checks if name not in ran and not is_left_out(name)]
        absent = [name for names in each for name in names if name not in ran]
        if absent:
            yield f"points.{point}", FAIL, "no such check ran: " + " ".join(absent)


# ---- the run ----

def run_part(name, events):
    """Puts (part, check) for each check, and (part, None) when it begins and when it has ended."""
    events.put((name, None))
    try:
        for check in PARTS[name][1]():
            events.put((name, check))
    except Exception as why:  # of the part itself: the others go on
        events.put((name, (f"{name}.runs", FAIL, f"{type(why).__name__}: {why}")))
    events.put((name, None))


def drain(queues, events):
    """Runs what is left in these, the first of them first."""
    for left in queues:
        with contextlib.suppress(IndexError):
            while True:
                run_part(left.popleft(), events)


def run_together(names):
    """What run_part() says of these, as it comes; ends the scripts when it is given up."""
    events = queue.SimpleQueue()
    begun, ended = set(), set()
    computing = collections.deque(name for name in names if name in COMPUTING)
    waiting = collections.deque(name for name in names if name not in COMPUTING)
    with concurrent.futures.ThreadPoolExecutor(TOGETHER + AFTERWARDS) as pool:
        def compute():
            drain([computing], events)
            for _ in range(AFTERWARDS):
                pool.submit(drain, [waiting], events)

        pool.submit(compute)
        for _ in range(TOGETHER):
            pool.submit(drain, [waiting], events)
        try:
            while len(ended) < len(names):
                name, check = events.get()
                if check or name not in begun:
                    begun.add(name)
                    yield name, check
                else:
                    ended.add(name)
        except BaseException:
            computing.clear()
            waiting.clear()
            for each in list(RUNNING):
                each.terminate()
            raise


def run_parts(names):
    """(part, None) when a part begins, then (part, check) for each check."""
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        if len(names) > TOGETHER:
            beside.submit(services.make_class_archive)
        for name in filter(FIRST.__contains__, names):
            yield name, None
            yield from ((name, check) for check in PARTS[name][1]())
    yield from run_together([name for name in names if name not in FIRST])


def show(check, verdict, why):
    print(f"{verdict} {check}", flush=True)
    if verdict != PASS and why:
        print("    " + why.strip().replace("\n", "\n    "), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/test", description="Runs the tests; exit code 1 if any failed.",
                                     epilog="parts: " + "; ".join(f"{n} ({t})" for n, (t, _) in PARTS.items()))
    parser.add_argument("part", nargs="*", help="parts to run (default: all but those that run by name alone)")
    parser.add_argument("--list", action="store_true", help="print each promise with the checks that hold it")
    parser.add_argument("--json", metavar="FILE", help="write all results there (with --list: print as JSON)",
                        nargs="?", const="-")
    options = parser.parse_args()
    if options.list:
        list_points(options.json)
        return 0
    unknown = [name for name in options.part if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {' '.join(unknown)} (parts: {' '.join(PARTS)})")
    results = {}
    started = time.monotonic()

    def take(check, verdict, why):
        results[check] = {"verdict": verdict, "why": why}
        show(check, verdict, why)

    names = options.part or [name for name in PARTS if name not in BY_NAME]
    for name, check in run_parts(names):
        if check is None:
            print(f"== {name}: {PARTS[name][0]} ({time.monotonic() - started:.0f} s)", flush=True)
        else:
            name, verdict, why = check
            take(name, FAIL if verdict == PASS and SANITIZER_REPORT.search(why) else verdict, why)
    if not options.part:
        for check, verdict, why in missing_points(results):
            take(check, verdict, why)
    if options.json and options.json != "-":
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2))
    for check in filter(is_left_out, OF_DEBIAN_12_ALONE if "style" in names else ()):
        print(f"left out: {check} ({OF_DEBIAN_12_ALONE[check]} {STYLE_VERSION}, Debian 12's, judges it alone)")
    counts = {verdict: sum(1 for r in results.values() if r["verdict"] == verdict) for verdict in (PASS, FAIL, SKIP)}
    print(f"{counts[PASS]} passed, {counts[FAIL]} failed, {counts[SKIP]} skipped")
    return 1 if counts[FAIL] else 0


if __name__ == "__main__":
    sys.exit(services.run(main))
