# SPDX-License-Identifier: Apache-2.0
"""The demo: enrols the devices found in the data, runs the whole path, and ends with a table and its checks."""
import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import demo_plan  # noqa: E402
import demo_table  # noqa: E402
import services  # noqa: E402
from fleet import GATE, MEMBER, Failed, Fleet, Gate, Processor  # noqa: E402
from stock_client import Client  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
SAMPLE = ROOT / "tests/data/iot-telemetry/telemetry.ndjson.gz"
REVOKED_BEFORE, REVOKED_AFTER = 3, 1


def say(text):
    print(text, file=sys.stderr, flush=True)


def build():
    say("building ...")
    for command in (["cmake", "--preset", "release", "-DATS_BENCH=ON"],
                    ["cmake", "--build", str(BUILD), "--target", "attestream-plugin", "attestream-cli", "attestream-processor", "attestream-load"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


class Run:
    """All parts of one run; services ends them whatever happens."""

    def __init__(self, folder, devices, version):
        say("starting Kafka ...")
        self.folder = pathlib.Path(folder)
        self.kafka = services.kafka()
        say(f"making a fleet with {len(devices)} devices, contracts and topics ...")
        self.fleet = Fleet(BUILD, self.folder / "fleet", self.kafka)
        keys = self.folder / "keys"
        self.fleet.make(keys)
        self.fleet.add_devices(devices)
        say(f"starting Mosquitto {version or services.mosquitto_versions()[0]} with the gate, and the processor ...")
        self.gate = Gate(BUILD, keys / GATE, self.kafka, version)
        self.gate.start()
        self.processor = Processor(BUILD, keys / MEMBER, self.folder / "processor", self.kafka)
        self.processor.start()
        self.processor.wait_until_ready()
        self.gate.wait_for_control(self.fleet.control_count())

    def publish(self, plan):
        """Through attestream-load: one MQTT connection per device, ATTESTREAM-1, a tag on each publish."""
        path, result = self.folder / "plan.ndjson", self.folder / "load.json"
        path.write_text("".join(json.dumps(line) + "\n" for line in plan))
        kafka = ["--kafka-config", self.kafka.config] if self.kafka.config else ["--kafka-bootstrap", self.kafka.bootstrap]
        words = [BUILD / "tests/bench/attestream-load", "--port", self.gate.port, "--plan", path, "--fleet", self.fleet.folder, "--gate", GATE,
                 "--json", result, "--progress", "--topic-prefix", self.kafka.prefix, *kafka]
        done = subprocess.run([str(word) for word in words])
        if done.returncode != 0:
            raise Failed(f"attestream-load: exit code {done.returncode}")
        return json.loads(result.read_text())

    def connect_stock_client(self, payload):
        """A stock client with a token: it publishes until its device is revoked in mid-session. Its first messages go the whole way
        before the others begin, so that the latency measured is not that of connections being made."""
        self.revoked = Client(self.gate.port, demo_plan.REVOKED_DEVICE, demo_plan.REVOKED_DEVICE, self.fleet.token(demo_plan.REVOKED_DEVICE))
        self.publish_as_stock_client(payload, REVOKED_BEFORE)
        self.settle()
        return REVOKED_BEFORE

    def publish_as_stock_client(self, payload, count):
        for _ in range(count):
            self.revoked.publish(demo_plan.TOPIC.format(device=demo_plan.REVOKED_DEVICE), payload)

    def revoke(self, payload):
        """Revokes the stock client's device; it goes on publishing all the same."""
        self.fleet.cli("device", "revoke", demo_plan.REVOKED_DEVICE)
        self.gate.wait_for_control(self.fleet.control_count())
        self.publish_as_stock_client(payload, REVOKED_AFTER)
        self.revoked.close()
        return REVOKED_AFTER

    def settle(self):
        """Waits until the journal is forwarded and every admitted event is decided."""
        self.processor.wait_for_decisions(self.gate.wait_for_forwarding()["admitted"])


def demonstrate(options, folder):
    messages = demo_plan.read_messages(options.data, options.limit)
    devices = sorted({device for device, _, _ in messages})
    plan, fault = demo_plan.compose(messages)
    build()
    run = Run(folder, devices + [demo_plan.REVOKED_DEVICE], options.mosquitto)
    payload = json.dumps({**messages[-1][1], "device_id": demo_plan.REVOKED_DEVICE})
    begun = time.monotonic()
    published = run.connect_stock_client(payload)
    say(f"publishing {len(plan)} messages of {len(devices)} devices ...")
    load = run.publish(plan)
    published += run.revoke(payload)
    run.settle()
    seconds = time.monotonic() - begun
    say("reading the topics with Kafka's own client ...")
    figures, problems = demo_table.judge(run, load, load["published"] + published, fault)
    demo_table.show(figures, problems, seconds)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")
    if options.keep:
        keep(run, messages[-1][1])
    return 1 if problems else 0


def keep(run, message):
    """Leaves all running and says how to use and how to end it."""
    device = message["device_id"]
    now = json.dumps({**message, "ts": round(time.time(), 3)})
    variables = " ".join(f"{name}={value}" for name, value in run.kafka.environment().items() if value)
    cli = f"{variables} " + " ".join(run.fleet.command())
    print("\nEverything is still running. Watch a topic, from now on (--from-beginning shows what the run has left):")
    for topic in ("decisions", "alerts", "erp", "twin", "quarantine", "evidence", "control", "telemetry.env-sensor"):
        print(f"  {cli} watch {topic}")
    name, topic = shlex.quote(device), shlex.quote(demo_plan.TOPIC.format(device=device))
    publish = f"mosquitto_pub -V 5 -p {run.gate.port} -q 1 -i {name} -u {name} -P \"$({cli} device token {name} --gate {GATE})\" -t {topic}"
    print("Publish as one of the devices: a good message (see decisions), and a broken one (answered 'Not authorized', see quarantine):")
    print(f"  {publish} -m {shlex.quote(now)}\n  {publish} -m '{{\"broken\": true}}'")
    print(f"Health, metrics, schemas: {run.processor.url}/health /metrics /schemas/ids/ID")
    pids, folders = services.keep_all()
    # What is being ended still writes into its folders.
    wait = f"for p in {' '.join(map(str, pids))}; do kill $p; while kill -0 $p 2>/dev/null; do sleep 0.2; done; done"
    print(f"End it:\n  {wait}; rm -r {' '.join(map(str, folders))}")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/demo", allow_abbrev=False, description="The main job on real messages; exit code 1 if a check fails.")
    parser.add_argument("--data", type=pathlib.Path, default=SAMPLE, metavar="FILE",
                        help="NDJSON (may be .gz) of messages that schemas/contracts/env-sensor takes: "
                        '{"device_id": "...", "ts": seconds, "device": "...", "data": {"temp": 21.5, ...}}')
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N messages of the data; hostile ones and the fault come on top")
    parser.add_argument("--json", metavar="FILE", help="write the table's numbers there")
    parser.add_argument("--keep", action="store_true", help="leave all running and say how to watch and publish")
    parser.add_argument("--mosquitto", metavar="VERSION", help="which broker (default: the oldest that is here)")
    options = parser.parse_args(arguments)
    if not options.data.is_file():
        parser.error(f"--data: no such file: {options.data}")
    if options.json and not pathlib.Path(options.json).resolve().parent.is_dir():
        parser.error(f"--json: no such folder: {pathlib.Path(options.json).parent}")
    if options.mosquitto and options.mosquitto not in services.mosquitto_versions():
        parser.error(f"--mosquitto: {options.mosquitto} is not here; allowed: {', '.join(services.mosquitto_versions())}")
    if options.limit is not None and options.limit < 10:
        parser.error("--limit: at least 10")
    return options


def main():
    options = parse(sys.argv[1:])
    try:
        return demonstrate(options, services.TempDir("demo").path)
    except (Failed, services.ServiceError, demo_plan.BadData) as why:
        say(f"scripts/demo: {why}")
        return 2 if isinstance(why, demo_plan.BadData) else 1


if __name__ == "__main__":
    sys.exit(services.run(main))
