# SPDX-License-Identifier: Apache-2.0
"""What end-to-end scripts share: real Kafka, a fleet, gate and processor in one folder, and reading what came of it."""
import argparse
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts/lib"), str(ROOT / "scripts/lib/judge")]
import judge  # noqa: E402
import services  # noqa: E402
from checks import Checks  # noqa: E402
from fleet import GATE, MEMBER, Fleet, Gate, Processor  # noqa: E402

TOPIC = "site/test/{device}/env"


def payload(device, ts=1594598424.5, temp=21.5):
    """A good message of the environmental sensor's contract."""
    return json.dumps({"data": {"co": 0.0049, "humidity": 51.0, "light": False, "lpg": 0.0076, "motion": False, "smoke": 0.02,
                                "temp": temp}, "device_id": device, "ts": ts, "device": "test"})


def has_websockets(version):
    """Whether this Mosquitto was built with them."""
    broker = services.Mosquitto(version, extra_conf=f"listener {services.free_port()} 127.0.0.1\nprotocol websockets")
    try:
        broker.start(10)
        return True
    except services.ServiceError:
        return False
    finally:
        broker.close()


class World:
    def __init__(self, build, devices):
        self.build = pathlib.Path(build)
        self.folder = services.TempDir("test").path
        self.kafka = services.kafka()
        self.fleet = Fleet(self.build, self.folder / "fleet", self.kafka)
        self.keys = self.folder / "keys"
        self.fleet.make(self.keys)
        self.devices = devices
        self.fleet.add_devices(devices)
        self.schemas = judge.Schemas(ROOT / "schemas")

    def gate(self, version=None, **more):
        """A gate that is running and knows the fleet."""
        gate = Gate(self.build, self.keys / GATE, self.kafka, version, **more)
        gate.start()
        gate.wait_for_control(self.fleet.control_count())
        return gate

    def processor(self, member=MEMBER, name="processor", **options):
        return Processor(self.build, self.keys / member, self.folder / name, self.kafka, options)

    def load(self, gate, lines, *arguments, wait=True):
        """attestream-load on a plan; its result, or with wait=False the running process."""
        plan, result = self.folder / "plan.ndjson", self.folder / "load.json"
        plan.write_text("".join(json.dumps(line) + "\n" for line in lines))
        words = [self.build / "tests/bench/attestream-load", "--port", gate.port, "--plan", plan, "--fleet", self.fleet.folder, "--gate", GATE,
                 "--json", result, *arguments]
        if not wait:
            return services.Process(words, self.folder / "load.log"), result
        subprocess.run([str(word) for word in words], check=True)
        return json.loads(result.read_text())

    def dump(self, suffix):
        return judge.dump(self.kafka, self.kafka.prefix + suffix)

    def wait_for_decisions(self, count, quiet_s=30):
        """Reads the decisions until there are `count` of them, or nothing new has come for `quiet_s` (a member that has left
        holds its tasks until its session ends)."""
        best, since = -1, time.monotonic()
        while time.monotonic() - since < quiet_s:
            found = len({record.header("ce_id") for record in self.dump("decisions")})
            if found >= count:
                return
            if found > best:
                best, since = found, time.monotonic()
            time.sleep(0.2)  # between two looks

    def decoded(self, suffix):
        return [self.schemas.decode(record.value) for record in self.dump(suffix) if record.value is not None]


def lines(devices, count, begin=1594598424.0):
    """`count` good messages for each device, a second apart, with a temperature that moves a little."""
    return [{"device": d, "topic": TOPIC.format(device=d), "payload": payload(d, begin + i, 20 + (i * 7 % 13) * 0.1)}
            for i in range(count) for d in devices]


def beside_each_broker(name, devices, suite, step, prepare=lambda world: None):
    """The main of a script: `suite(checks, world, version, number).run()` beside each Mosquitto, in one world that `prepare` has had. Numbers are `step` apart,
    since a device's only grow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks(name)
    world = World(options.build, devices)
    prepare(world)
    for i, version in enumerate(services.mosquitto_versions()):
        checks.run(f"all_run_through.{version}", lambda: suite(checks, world, version, step * (i + 1)).run())
    world.kafka.close()
    return checks.exit_code()
