# SPDX-License-Identifier: Apache-2.0
"""The demo: enrols the devices found in the data, runs the whole path, and ends with a table and its checks."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import demo_plan  # noqa: E402
import fleet as fleet_module  # noqa: E402
import services  # noqa: E402
from demo_table import judge_run, print_table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests/data/iot-telemetry/telemetry.ndjson.gz"
REVOKED_BEFORE, REVOKED_AFTER = 3, 1


def say(text):
    print(text, file=sys.stderr, flush=True)


def build(folder):
    say("building (release) ...")
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", str(folder), "--target", "attestream", "attestream-cli", "attestream-processor",
                     "attestream-load"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise fleet_module.Failed(f"{' '.join(command)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


class Run:
    """All parts of one run, started in order; services.py ends them whatever happens."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        self.build = ROOT / "build/release"
        self.kafka = services.kafka_for_run(self.folder / "kafka")
        self.fleet = fleet_module.Fleet(self.build, self.folder / "fleet", self.kafka)
        self.gate = None
        self.processor = None
        self.http = None

    def start(self, devices):
        say("starting Kafka ...")
        self.kafka.start()
        say(f"making a fleet with {len(devices)} devices, contracts and topics ...")
        keys = self.folder / "keys"
        self.fleet.make(keys)
        self.fleet.add_devices(devices, self.folder)
        say(f"starting Mosquitto {self.options.mosquitto} with the gate, and the processor ...")
        self.gate = services.Mosquitto(version=self.options.mosquitto, plugin=self.build / "attestream.so",
                                       fleet=keys / fleet_module.GATE, options=self.kafka.plugin_options())
        self.gate.start()
        self.processor = services.Processor(self.build / "attestream-processor", keys / fleet_module.MEMBER,
                                            self.folder / "processor", self.kafka)
        self.processor.start()
        fleet_module.wait_until("the processor to be ready", self.processor.ready, 60, self.processor.check)
        fleet_module.wait_until("the gate to know the fleet", self.gate_knows, 30, self.gate.check)

    def gate_knows(self):
        """The gate has applied as many control records as the CLI's verified copy has."""
        count = json.loads(self.fleet.cli("status", "--json").stdout)["control_count"]
        return self.metrics().get("control_count", 0) >= count

    def metrics(self):
        return fleet_module.read_metrics(self.gate.state)

    def publish(self, plan):
        path, result = self.folder / "plan.ndjson", self.folder / "load.json"
        path.write_text("".join(json.dumps(line) + "\n" for line in plan))
        words = [self.build / "tests/bench/attestream-load", "--port", self.gate.port, "--plan", path, "--fleet", self.fleet.folder,
                 "--gate", fleet_module.GATE, "--json", result, "--progress", *self.kafka.load_options()]
        done = subprocess.run([str(word) for word in words])
        if done.returncode != 0:
            raise fleet_module.Failed(f"attestream-load: exit code {done.returncode}")
        return json.loads(result.read_text())

    def publish_as_revoked(self, payload):
        """A stock client with a token: admitted until its device is revoked in mid-session. The number it published."""
        import paho.mqtt.client as mqtt
        device = demo_plan.REVOKED_DEVICE
        reasons = []
        client = mqtt.Client(client_id=device, protocol=mqtt.MQTTv5)
        client.username_pw_set(device, self.fleet.token(device))
        client.connect("127.0.0.1", self.gate.port)
        client.loop_start()
        fleet_module.wait_until("the stock client to connect", client.is_connected)

        def publish_one():
            sent = client.publish(demo_plan.TOPIC.format(device=device), payload, qos=1)
            sent.wait_for_publish(10)
            reasons.append(sent.rc)
        for _ in range(REVOKED_BEFORE):
            publish_one()
        self.fleet.cli("device", "revoke", device)
        fleet_module.wait_until("the revocation to reach the gate", self.gate_knows)
        for _ in range(REVOKED_AFTER):
            publish_one()
        client.disconnect()
        client.loop_stop()
        return len(reasons)

    def settle(self):
        """Waits until the journal is forwarded and every admitted event is decided, or nothing moves any more."""
        def forwarded():
            m = self.metrics()
            return m.get("published", 0) > 0 and m.get("forwarded", 0) >= m.get("admitted", 0) + m.get("quarantined", 0)
        fleet_module.wait_until("the gate to forward its journal", forwarded, 60, self.gate.check)
        fleet_module.wait_until("the processor to decide", lambda: self.processor.counter("decided") >= self.metrics()["admitted"],
                                60, self.processor.check)
        time.sleep(1.1)  # the metrics file is written once a second


def demonstrate(options, folder):
    messages = demo_plan.read_messages(options.data, options.limit)
    devices = sorted({device for device, _, _ in messages})
    plan, fault = demo_plan.compose(messages)
    build(ROOT / "build/release")
    run = Run(options, folder)
    run.start(devices + [demo_plan.REVOKED_DEVICE])
    say(f"publishing {len(plan)} messages of {len(devices)} devices ...")
    begun = time.monotonic()
    load = run.publish(plan)
    revoked_payload = json.dumps({**messages[-1][1], "device_id": demo_plan.REVOKED_DEVICE})
    published = load["published"] + run.publish_as_revoked(revoked_payload)
    run.settle()
    seconds = time.monotonic() - begun
    say("reading the topics with Kafka's own client ...")
    figures, problems = judge_run(run, load, published, fault)
    print_table(figures, problems, seconds)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")
    if options.keep:
        keep(run, devices[0])
    return 1 if problems else 0


def keep(run, device):
    """Leaves all running until Ctrl-C and says how to use it."""
    cli = " ".join([str(run.build / "attestream"), "--fleet", str(run.fleet.folder), *run.kafka.cli_options()])
    print("\nEverything is still running; Ctrl-C ends it. Watch a topic:")
    for topic in ("decisions", "alerts", "erp", "twin", "quarantine", "control", "telemetry.env-sensor"):
        print(f"  {cli} watch {topic}")
    print("Publish as one of the devices:")
    print(f"  mosquitto_pub -V 5 -p {run.gate.port} -q 1 -i '{device}' -u '{device}' "
          f"-P \"$({cli} device token '{device}')\" -t '{demo_plan.TOPIC.format(device=device)}' -m '{{\"broken\": true}}'")
    print(f"Health, metrics, schemas: {run.processor.url}")
    sys.stdout.flush()
    try:
        while True:
            run.gate.check()
            run.processor.check()
            time.sleep(1)
    except KeyboardInterrupt:
        print()


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/demo", description="The main job on real messages; exit code 1 if a check fails.")
    parser.add_argument("--data", type=pathlib.Path, default=SAMPLE, metavar="FILE", help="NDJSON of sensor messages (may be .gz)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N messages")
    parser.add_argument("--json", metavar="FILE", help="write the table's numbers there")
    parser.add_argument("--keep", action="store_true", help="leave all running and say how to watch and publish")
    parser.add_argument("--mosquitto", choices=services.MOSQUITTO_VERSIONS, default=services.MOSQUITTO_VERSIONS[0],
                        help="which broker (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not options.data.is_file():
        parser.error(f"--data: no such file: {options.data}")
    if options.limit is not None and options.limit < 10:
        parser.error("--limit: at least 10")
    return options


def main():
    options = parse(sys.argv[1:])
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    try:
        with services.TempDir("attestream-demo-") as folder:
            return demonstrate(options, folder)
    except services.Missing as why:
        say(f"scripts/demo: {why}")
        return 3
    except (fleet_module.Failed, OSError) as why:
        say(f"scripts/demo: {why}")
        return 1
    except KeyboardInterrupt:
        say("interrupted, everything that was started is ended")
        return 130


if __name__ == "__main__":
    sys.exit(main())
