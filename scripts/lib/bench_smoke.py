# SPDX-License-Identifier: Apache-2.0
"""`smoke`: what the gate costs a broker, against the same broker without it and with a plugin that does nothing, interleaved;
and what the processor costs per event. Same payloads, same QoS, same connections in each variant."""
import json
import pathlib
import subprocess
import time

import services
from bench_frame import Figure, process_cpu_s, say, thread_cpu_s
from fleet import GATE, MEMBER, Failed, Fleet, Gate, Processor

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
        say("starting Kafka, making a fleet ...")
        self.kafka = services.kafka()
        self.fleet = Fleet(BUILD, self.folder / "fleet", self.kafka)
        self.fleet.make(self.folder / "keys")
        self.fleet.add_devices(DEVICES)
        self.plan = write_plan(self.folder)

    def broker(self, variant):
        if variant == "gate":
            return Gate(BUILD, self.folder / "keys" / GATE, self.kafka)
        return services.Mosquitto(plugin=BUILD / "tests/bench/noop.so" if variant == "noop" else None, anonymous=True)

    def load(self, broker, variant):
        result = self.folder / "load.json"
        repeat = MESSAGES[self.quick] // len(DEVICES)
        proof = ["--proof", "mac", "--fleet", self.fleet.folder, "--gate", GATE] if variant == "gate" else ["--proof", "none"]
        words = [BUILD / "tests/bench/attestream-load", "--port", broker.port, "--plan", self.plan, "--repeat", repeat, "--qos", 1,
                 "--json", result, *proof]
        subprocess.run([str(word) for word in words], check=True)
        return json.loads(result.read_text())

    def measure(self, variant):
        """One run of one variant: publishes a second, CPU of the broker's thread and of its process per publish."""
        broker = self.broker(variant)
        broker.start()
        if variant == "gate":
            broker.wait_for_control(self.fleet.control_count())
        thread, process = thread_cpu_s(broker.pid), process_cpu_s(broker.pid)
        load = self.load(broker, variant)
        thread, process = thread_cpu_s(broker.pid) - thread, process_cpu_s(broker.pid) - process
        if load["accepted"] != load["published"]:
            raise Failed(f"{variant}: {load['published'] - load['accepted']} publishes were not accepted")
        if variant == "gate":
            broker.wait_for_forwarding()
        broker.stop()
        return {"rate": load["per_second"], "thread_us": thread / load["published"] * 1e6,
                "process_us": process / load["published"] * 1e6}

    def measure_processor(self):
        """Starts the processor on what the gate's run has left in Kafka: events a second and CPU per event until it is through."""
        admitted = MESSAGES[self.quick]
        processor = Processor(BUILD, self.folder / "keys" / MEMBER, self.folder / "processor", self.kafka)
        processor.start()
        processor.wait_for_decisions(1)
        first, begun, cpu = processor.decided(), time.monotonic(), process_cpu_s(processor.pid)
        processor.wait_for_decisions(admitted, 300)
        events, seconds, cpu = admitted - first, time.monotonic() - begun, process_cpu_s(processor.pid) - cpu
        processor.stop()
        return {"rate": events / seconds, "event_us": cpu / max(events, 1) * 1e6}


def run(quick):
    with services.TempDir("bench") as folder:
        smoke = Smoke(folder.path, quick)
        runs = {variant: [] for variant in VARIANTS}
        processor = []
        for number in range(ROUNDS[quick]):
            for variant in VARIANTS:
                runs[variant].append(smoke.measure(variant))
                say(f"round {number + 1} of {ROUNDS[quick]}: {variant}: {runs[variant][-1]['rate']:.0f} publishes/s")
            processor.append(smoke.measure_processor())
            say(f"round {number + 1} of {ROUNDS[quick]}: processor: {processor[-1]['rate']:.0f} events/s")
    figures = []
    for variant in ("noop", "gate"):
        ratios = [mine["rate"] / plain["rate"] for mine, plain in zip(runs[variant], runs["plain"])]
        figures.append(Figure(f"{variant}_to_plain_qos1", ratios, "ratio", "plain broker, same round"))
    for variant in VARIANTS:
        figures.append(Figure(f"{variant}_rate_qos1", [r["rate"] for r in runs[variant]], "publishes/s", ""))
        figures.append(Figure(f"{variant}_broker_thread_cpu", [r["thread_us"] for r in runs[variant]], "us/publish", ""))
        figures.append(Figure(f"{variant}_process_cpu", [r["process_us"] for r in runs[variant]], "us/publish", ""))
    figures.append(Figure("processor_rate", [r["rate"] for r in processor], "events/s", ""))
    figures.append(Figure("processor_cpu", [r["event_us"] for r in processor], "us/event", ""))
    return figures
