#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The main job end to end, as a user runs it: scripts/demo's numbers on data of its own, both brokers, and what happens on Ctrl-C."""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import types

from checks import Checks
from secure_kafka import PASSWORD, SecureKafka
from world import ROOT, services
import demo_plan
import demo_table

DEMO = ROOT / "scripts/demo"


def made_up_data(path, devices=4, each=400):
    """Messages of the same shape that stand nowhere in the repository: other devices, other levels, whole numbers among them."""
    rng = random.Random(20260)
    now = 1_700_000_000.0
    lines = []
    for i in range(each):
        for d in range(devices):
            now += rng.random()
            data = {"co": round(rng.random() * 0.01, 6), "humidity": rng.choice([40, 40.5, 41]), "light": rng.random() < 0.5,
                    "lpg": 0.007, "motion": False, "smoke": 0.02, "temp": round(12 + 5 * d + rng.gauss(0, 0.3), 2)}
            lines.append(json.dumps({"data": data, "device_id": f"aa:bb:cc:00:00:{d:02x}", "ts": round(now, 3), "device": f"made-{d}"}))
    path.write_text("\n".join(lines) + "\n")
    return devices * each


def run_demo(*arguments, environment=None):
    return subprocess.run([str(DEMO), *map(str, arguments)], capture_output=True, text=True, timeout=600, env={**os.environ, **(environment or {})})


def check_figures(checks, version, done, figures, messages):
    def name(what):
        return f"made_up_data_{what}.{version}"

    checks.note(name("exits_with_0"), done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:])
    if not figures:
        return
    answered = figures["admitted"] + figures["quarantined"] + figures["refused"] + figures["duplicates"]
    checks.equal(name("published_is_the_sum_of_the_answers"), figures["published"], answered)
    checks.equal(name("admitted_is_in_kafka_and_decided"), [figures["in_kafka"], figures["decided"]], [figures["admitted"]] * 2)
    checks.note(name("admits_every_real_message"), figures["admitted"] >= messages, figures)
    checks.note(name("has_refusals_duplicates_and_quarantine"),
                min(figures["refused"], figures["duplicates"], figures["quarantined"]) > 0, figures)
    checks.note(name("gives_alerts_requests_and_twin_updates"),
                1 <= figures["alerts"] == figures["erp_requests"] == figures["twin_updates"], figures)


def demo_on(checks, version, data, messages):
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "demo.json"
        done = run_demo("--data", data, "--json", result, "--mosquitto", version)
        check_figures(checks, version, done, json.loads(result.read_text()) if result.exists() else None, messages)


def check_judgement(checks):
    """What the demo concludes from numbers that are wrong, and from a fault without its episode."""
    good = {"published": 10, "admitted": 6, "in_kafka": 6, "decided": 6, "decisions": 6, "quarantined": 2, "quarantined_in_kafka": 2,
            "refused": 1, "duplicates": 1}
    begin, end = 1_000_000, 2_000_000
    alert = {"episode": "e1", "asset": "a", "first_event_time": begin}
    topics = types.SimpleNamespace(alerts=[alert], requests=[{"request_id": "r1", "asset": "a", "malfunction_start": begin}],
                                   twin=[{"value": {"episode": "e1"}}], quarantine=[{"source": "gate"}])
    fault = {"asset": "a", "begin_ms": begin, "end_ms": end}

    def problems(figures=None, **changed):
        seen = types.SimpleNamespace(**{**vars(topics), **changed})
        return demo_table.sums({**good, **(figures or {})}, seen) + demo_table.fault_problems(seen, fault)
    wrong = [problems({name: good[name] + 1}) for name in good if name not in ("decisions",)]
    wrong += [problems({"decisions": 7}), problems(quarantine=[{"source": "processor"}])]
    checks.note("judgement_sees_each_number_that_is_wrong", not problems() and all(wrong), [problems(), wrong])
    faults = [problems(alerts=[]), problems(alerts=[alert, {**alert, "episode": "e2"}]), problems(requests=[]), problems(twin=[]),
              problems(alerts=[{**alert, "first_event_time": end + 10 * 60_000}]), problems(alerts=[{**alert, "asset": "b"}])]
    checks.note("judgement_sees_a_fault_without_its_one_episode", all(faults), faults)


def check_external_cluster(checks, data, folder):
    """A cluster that is there already, reached with TLS and SASL: used under a prefix of its own, of which nothing is left."""
    with SecureKafka() as cluster:
        config = cluster.client_properties(folder / "kafka.properties")
        done = run_demo("--data", data, "--limit", 400, environment={"ATS_KAFKA_CONFIG": str(config), "ATS_KAFKA_BOOTSTRAP": ""})
        checks.note("external_cluster_by_sasl_and_tls_exits_with_0", done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:])
        left = [t for t in cluster.tool("org.apache.kafka.tools.TopicCommand", "--list").split() if t.startswith("ats")]
        checks.equal("external_cluster_has_none_of_our_topics_left", left, [])
        checks.note("external_cluster_secrets_are_not_shown", PASSWORD not in done.stdout + done.stderr)


def check_bad_data(checks, path, good):
    """What is wrong with the data is told with file and line, before anything is started."""
    for what, line in (("bad_data", "{}"), ("a_device_that_cannot_be_enrolled", json.dumps({**json.loads(good), "device_id": "hall/7"}))):
        path.write_text(f"{good}\n{line}\n")
        done = run_demo("--data", path)
        checks.note(f"{what}_is_told_with_file_and_line", done.returncode == 2 and f"{path}:2" in done.stderr and "starting" not in done.stderr,
                    done.stderr)


def check_slips(checks):
    """A slip on the command line is told at once: nothing is installed, or looked for, before."""
    for what, words in (("an_unknown_option", ("--keep", "--jsn", "x")), ("a_word_that_is_no_option", ("env-sensor",)), ("an_option_without_its_value", ("--limit",)),
                        ("a_limit_out_of_range", ("--limit=3", "--keep")), ("a_limit_that_is_no_number", ("--limit", "some")), ("data_that_is_not_there", ("--data", "/nowhere")),
                        ("a_folder_that_is_not_there", ("--json=/nowhere/x.json",)), ("a_broker_that_is_no_version", ("--mosquitto", "new"))):
        done = run_demo(*words)
        checks.equal(f"{what}_is_told_before_the_setup", (done.returncode, "setup:" in done.stdout + done.stderr, "scripts/demo: " in done.stderr),
                     (2, False, True))


def check_names(checks):
    """The demo takes a name exactly where `attestream device add` does."""
    names = ["a", "a b", "aa:bb", "\u00fc\u20ac\U0001f600", "x" * 128, "", " a", "a ", "x" * 129, "\u00fc" * 65, "a/b", "a+", "#", 'a"', "a\\b", "a\x07",
             "a\x7f", "a\u0085", "a\u061c", "a\u200e", "a\u2028", "a\u202e", "a\u2066", "a\u2069", "a\u2070", "a\u00a0", "a\u00ad", "a\u200b",
             "a\u200d", "a\u2060", "a\ufeff", "a\u200a", "a\u2010", "a\u2061", "a\u034fb", "a\u3164b", "a\ufe0f", "a\ufe10", "a\ue000", "a\ufffd", "a\uffff",
             "a\U0001fffe", "a\U000e0041", "a\U000e1000", "a\U0010ffff"]
    with tempfile.TemporaryDirectory() as folder:
        words = [ROOT / "build/release/attestream", "--fleet", pathlib.Path(folder) / "none", "device", "add"]
        taken = [name for name in names if "cannot name a device" not in subprocess.run([*words, "--", name], capture_output=True, text=True).stderr]
    checks.equal("names_of_devices_are_those_that_the_cli_takes", [name for name in names if not demo_plan.name_problem(name)], taken)


def children_of(pid):
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,sid=,args="], capture_output=True, text=True).stdout.splitlines()
    rows = [line.split(None, 3) for line in found]
    family = {str(pid)}
    for _ in range(4):
        family |= {row[0] for row in rows if row[1] in family}
    return {row[0]: row[3] for row in rows if row[0] in family and row[0] != str(pid)}


def check_interrupt(checks, data):
    """Ctrl-C in mid-run ends everything that was started."""
    demo = subprocess.Popen([str(DEMO), "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    begun = []
    for line in demo.stderr:
        begun.append(line)
        if line.startswith("publishing"):
            break
    family = children_of(demo.pid)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=120)
    deadline = time.monotonic() + 30
    left = family
    while left and time.monotonic() < deadline:
        left = {pid: name for pid, name in family.items() if pathlib.Path(f"/proc/{pid}").exists()}
    checks.note("ctrl_c_ends_all_that_was_started", family and not left, left or "".join(begun))


def main():
    checks = Checks("demo")
    versions = services.mosquitto_versions()
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "made-up.ndjson"
        messages = made_up_data(data)
        for version in versions:
            demo_on(checks, version, data, messages)
        check_external_cluster(checks, data, pathlib.Path(folder))
        check_interrupt(checks, data)
        check_judgement(checks)
        check_slips(checks)
        check_names(checks)
        check_bad_data(checks, pathlib.Path(folder) / "bad.ndjson", data.read_text().splitlines()[0])
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
