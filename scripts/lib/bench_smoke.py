# SPDX-License-Identifier: Apache-2.0
"""`smoke`: what the gate costs a broker, against the same broker without it and with a plugin that does nothing, interleaved;
and what the processor costs per event. Same payloads, same QoS, same connections in each variant."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import fleet as fleet_module
import services
from bench_frame import Figure, process_cpu_s, say, thread_cpu_s

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
DEVICES = [f"bench-{i:02d}" for i in range(10)]
VARIANTS = ("plain", "noop", "gate")
MESSAGES = {False: 200_000, True: 20_000}  # per run, by --quick
ROUNDS = {False: 5, True: 1}


def payload(device):
    """A message of about 200 bytes of the environmental sensor's contract."""
    return json.dumps({"data": {"co": 0.0049, "humidity": 51.0, "light": False, "lpg": 0.00765, "motion": False, "smoke": 0.0204,
                                "temp": 22.7}, "device_id": device, "ts": 1594598424.5, "device": "bench"})


def write_plan(folder):
    path = folder / "plan.ndjson"
    path.write_text("".join(json.dumps({"device": d, "topic": f"site/bench/{d}/env", "payload": payload(d)}) + "\n" for d in DEVICES))
    return path


class Smoke:
    def __init__(self, folder, quick):
        self.folder = pathlib.Path(folder)
        self.quick = quick
        self.kafka = services.kafka_for_run(self.folder / "kafka")
        self.fleet = fleet_module.Fleet(BUILD, self.folder / "fleet", self.kafka)
        self.plan = None
        self.admitted = 0

    def prepare(self):
        say("starting Kafka, making a fleet ...")
        self.kafka.start()
        self.fleet.make(self.folder / "keys")
        self.fleet.add_devices(DEVICES, self.folder)
        self.plan = write_plan(self.folder)

    def broker(self, variant):
        if variant == "gate":
            return services.Mosquitto(plugin=BUILD / "attestream.so", fleet=self.folder / "keys" / fleet_module.GATE,
                                      options=self.kafka.plugin_options())
        plugin = BUILD / "tests/bench/noop.so" if variant == "noop" else None
        return services.Mosquitto(plugin=plugin, extra_conf="allow_anonymous true\n")

    def load(self, broker, variant):
        result = self.folder / "load.json"
        repeat = MESSAGES[self.quick] // len(DEVICES)
        proof = ["--proof", "mac", "--fleet", self.fleet.folder, "--gate", fleet_module.GATE] if variant == "gate" else ["--proof", "none"]
        words = [BUILD / "tests/bench/attestream-load", "--port", broker.port, "--plan", self.plan, "--repeat", repeat, "--qos", 1,
                 "--json", result, *proof]
        subprocess.run([str(word) for word in words], check=True)
        return json.loads(result.read_text())

    def measure(self, variant):
        """One run of one variant: publishes a second, CPU of the broker's thread and of its process per publish."""
        broker = self.broker(variant)
        broker.start()
        try:
            if variant == "gate":
                fleet_module.wait_until("the gate to know the fleet", lambda: self.knows(broker), 30, broker.check)
            thread, process = thread_cpu_s(broker.pid), process_cpu_s(broker.pid)
            load = self.load(broker, variant)
            thread, process = thread_cpu_s(broker.pid) - thread, process_cpu_s(broker.pid) - process
            if load["accepted"] != load["published"]:
                raise fleet_module.Failed(f"{variant}: {load['published'] - load['accepted']} publishes were not accepted")
            if variant == "gate":
                self.admitted += load["accepted"]
                fleet_module.wait_until("the journal to be forwarded", lambda: fleet_module.read_metrics(broker.state).get(
                    "forwarded", 0) >= load["accepted"], 120, broker.check)
            return {"rate": load["per_second"], "thread_us": thread / load["published"] * 1e6,
                    "process_us": process / load["published"] * 1e6}
        finally:
            broker.stop()

    def knows(self, broker):
        count = json.loads(self.fleet.cli("status", "--json").stdout)["control_count"]
        return fleet_module.read_metrics(broker.state).get("control_count", 0) >= count

    def measure_processor(self):
        """Starts the processor on all that the gate runs have left in Kafka: events a second and CPU per event until it is through."""
        processor = services.Processor(BUILD / "attestream-processor", self.folder / "keys" / fleet_module.MEMBER,
                                       self.folder / "processor", self.kafka)
        processor.start()
        try:
            fleet_module.wait_until("the first decision", lambda: processor.counter("decided") > 0, 60, processor.check)
            first, begun, cpu = processor.counter("decided"), time.monotonic(), process_cpu_s(processor.pid)
            fleet_module.wait_until("all decisions", lambda: processor.counter("decided") >= self.admitted, 300, processor.check)
            events = self.admitted - first
            return events / (time.monotonic() - begun), (process_cpu_s(processor.pid) - cpu) / max(events, 1) * 1e6
        finally:
            processor.stop()


def run(quick):
    with tempfile.TemporaryDirectory(prefix="attestream-bench-") as folder:
        os.chmod(folder, 0o755)
        smoke = Smoke(folder, quick)
        smoke.prepare()
        runs = {variant: [] for variant in VARIANTS}
        for number in range(ROUNDS[quick]):
            for variant in VARIANTS:
                runs[variant].append(smoke.measure(variant))
                say(f"round {number + 1} of {ROUNDS[quick]}: {variant}: {runs[variant][-1]['rate']:.0f} publishes/s")
        say("processor ...")
        events_per_s, event_us = smoke.measure_processor()
    figures = []
    for variant in ("noop", "gate"):
        ratios = [mine["rate"] / plain["rate"] for mine, plain in zip(runs[variant], runs["plain"])]
        figures.append(Figure(f"{variant}_to_plain_qos1", ratios, "ratio", "plain broker, same round"))
    for variant in VARIANTS:
        figures.append(Figure(f"{variant}_rate_qos1", [r["rate"] for r in runs[variant]], "publishes/s", ""))
        figures.append(Figure(f"{variant}_broker_thread_cpu", [r["thread_us"] for r in runs[variant]], "us/publish", ""))
        figures.append(Figure(f"{variant}_process_cpu", [r["process_us"] for r in runs[variant]], "us/publish", ""))
    figures.append(Figure("processor_rate", [events_per_s], "events/s", ""))
    figures.append(Figure("processor_cpu", [event_us], "us/event", ""))
    return figures
