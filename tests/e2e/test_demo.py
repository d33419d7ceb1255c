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

from checks import Checks
from secure_kafka import PASSWORD, SecureKafka
from world import ROOT, services

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


def check_figures(checks, name, done, figures, messages):
    checks.note(f"{name}_exits_with_0", done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:])
    if not figures:
        return
    answered = figures["admitted"] + figures["quarantined"] + figures["refused"] + figures["duplicates"]
    checks.equal(f"{name}_published_is_the_sum_of_the_answers", figures["published"], answered)
    checks.equal(f"{name}_admitted_is_in_kafka_and_decided", [figures["in_kafka"], figures["decided"]], [figures["admitted"]] * 2)
    checks.note(f"{name}_admits_every_real_message", figures["admitted"] >= messages, figures)
    checks.note(f"{name}_has_refusals_duplicates_and_quarantine",
                min(figures["refused"], figures["duplicates"], figures["quarantined"]) > 0, figures)
    checks.note(f"{name}_gives_alerts_requests_and_twin_updates",
                1 <= figures["alerts"] == figures["erp_requests"] == figures["twin_updates"], figures)


def demo_on(checks, name, data, messages, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "demo.json"
        done = run_demo("--data", data, "--json", result, *arguments)
        check_figures(checks, name, done, json.loads(result.read_text()) if result.exists() else None, messages)


def check_external_cluster(checks, data, folder):
    """A cluster that is there already, reached with TLS and SASL: used under a prefix of its own, of which nothing is left."""
    with SecureKafka() as cluster:
        config = cluster.client_properties(folder / "kafka.properties")
        done = run_demo("--data", data, "--limit", 400, environment={"ATS_KAFKA_CONFIG": str(config), "ATS_KAFKA_BOOTSTRAP": ""})
        checks.note("external_cluster_by_sasl_and_tls_exits_with_0", done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:])
        left = [t for t in cluster.tool("org.apache.kafka.tools.TopicCommand", "--list").split() if t.startswith("ats")]
        checks.equal("external_cluster_has_none_of_our_topics_left", left, [])
        checks.note("external_cluster_secrets_are_not_shown", PASSWORD not in done.stdout + done.stderr)


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
            demo_on(checks, f"made_up_data_on_{version}", data, messages, "--mosquitto", version)
        check_external_cluster(checks, data, pathlib.Path(folder))
        check_interrupt(checks, data)
        bad = pathlib.Path(folder) / "bad.ndjson"
        bad.write_text("{}\n")
        done = run_demo("--data", bad)
        checks.note("bad_data_is_told_with_file_and_line", done.returncode == 2 and f"{bad}:1" in done.stderr, done.stderr)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
