#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A gate's clock that is set ahead and back while it runs, and devices' clocks that are wrong, in real Mosquitto of each version: nothing can
be played again, nobody is locked out once the clock is right, and the log says what happened. The broker's wall clock is wrong by what
tests/e2e/plugins/wrong_clock.c finds in a file; its monotonic clock goes on, as that of a machine does."""
import argparse
import datetime
import json
import pathlib
import ssl
import struct
import sys
import time

from cryptography.hazmat.primitives.serialization import load_pem_private_key

import evidence_reader
import raw_mqtt
from checks import Checks
from python_device import METHOD, Device
from test_envelope import base64url, signed
from test_tokens import Authority, Maker
from world import GATE, ROOT, TOPIC, Gate, World, payload, services

DAY_S = 24 * 3600
OFFSETS = {"ahead": DAY_S, "back": -DAY_S, "right": 0}
TAKEN, DENIED, REFUSED = (0x00, 0x10), 0x87, 135
ROLES = ("tags", "token", "bulky", "badge")


class WrongClock:
    def __init__(self, build):
        self.path = services.TempDir("clock").path / "off"
        self.path.write_bytes(bytes(8))
        self.path.parent.chmod(0o755)
        self.path.chmod(0o644)
        self.env = {"LD_PRELOAD": str(pathlib.Path(build).resolve() / "tests/wrong_clock.so"), "WRONG_CLOCK": str(self.path)}
        self.off_s = 0

    def set(self, off_s):
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=q", off_s * 1000))
        self.off_s = off_s


class ClockedGate(Gate):
    """Knows by how much its broker's clock is wrong, which its metrics show."""

    def __init__(self, world, version, **more):
        self.clock = WrongClock(world.build)
        super().__init__(world.build, world.keys / GATE, world.kafka, version, anonymous=True, env=self.clock.env, **more)

    def fresh_metrics(self):
        asked = self.now()
        self.wait_for("a new snapshot of its counters", lambda m: self.is_of_now(m) and datetime.datetime.fromisoformat(m["time"]) > asked)
        return self.metrics()

    def set(self, off_s):
        """Sets the clock, and waits until the counters have been written by it."""
        self.clock.set(off_s)
        self.wait_for("writing its counters by the new clock", self.is_of_now)

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.clock.off_s)

    def is_of_now(self, metrics):
        """Not written by a clock that has been set since."""
        return "time" in metrics and abs(datetime.datetime.fromisoformat(metrics["time"]) - self.now()) < datetime.timedelta(hours=1)


class Line:
    """A device's connection, which is opened again where the broker has ended it: 2.0.21 counts keepalives by the wall clock."""

    def __init__(self, gate, device):
        self.gate, self.device, self.client = gate, device, None

    def connect(self):
        """CONNACK's code."""
        if self.client:
            self.client.drop()
        self.data = self.device.connect_data()
        self.client = raw_mqtt.Client(self.gate.port)
        return self.device.connect(self.client, data=self.data)

    def publish(self, text=None, proof=None):
        self.client.settle()
        if self.client.closed:
            self.connect()
        here, text = TOPIC.format(device=self.device.name), text or payload(self.device.name)
        return self.client.publish(here, text, proof=proof or self.device.tag(here, text))


class Suite:
    def __init__(self, checks, world, version, authority):
        self.checks, self.world, self.version, self.authority = checks, world, version, authority
        self.names = {role: f"{role}{version.replace('.', '')}" for role in ROLES}
        self.maker = Maker((world.fleet.folder / f"devices/{self.names['token']}.key.pem").read_bytes())
        self.gate = ClockedGate(world, version, options={"evidence_interval": "200ms", "device_bytes_per_second": 1, "device_burst": "1h"})
        files = [self.gate.broker.add(path) for path in (*authority.server, authority.ca)]
        self.tls_port = services.free_port()
        self.gate.broker.extra_conf = (f"listener {self.tls_port} 127.0.0.1\ncertfile {files[0]}\nkeyfile {files[1]}\ncafile {files[2]}\n"
                                       "require_certificate true\n")
        self.gate.start()
        self.gate.wait_for_control(world.fleet.control_count())

    def name(self, text):
        return f"{text}.{self.version}"

    def token(self, **claims):
        return self.maker.token(sub=self.names["token"], **claims)

    def with_token(self, token):
        client, name = raw_mqtt.Client(self.gate.port), self.names["token"]
        return client, client.connect(name, name, token)

    def is_open(self, token):
        client, code = self.with_token(token)
        client.drop()
        return code == 0

    def with_badge(self):
        name = self.names["badge"]
        try:
            client = raw_mqtt.Client(self.tls_port, "tls", self.context())
        except ssl.SSLError:
            return False
        code = client.connect(name, name)
        client.drop()
        return code == 0

    def context(self):
        context = ssl.create_default_context(cafile=str(self.authority.ca))
        context.check_hostname = False
        context.load_cert_chain(*map(str, self.authority.badges[self.version]))
        return context

    def bulky(self):
        """3,000 bytes, of which a device may send 3,600 at once and one a second."""
        return self.heavy.publish(payload(self.heavy.device.name) + " " * 2800)

    # -- what a wrong clock does --

    def run(self):
        self.prepare()
        for where, off_s in OFFSETS.items():
            self.gate.set(off_s)
            self.everywhere(where)
            getattr(self, where)()
        self.restarted()
        self.stopped()
        self.evidence()

    def prepare(self):
        self.line, self.heavy = (Line(self.gate, Device(self.names[role], GATE, self.world.fleet.folder)) for role in ("tags", "bulky"))
        self.device = self.line.device
        codes = [self.line.connect(), self.heavy.connect()]
        self.recorded, self.first = self.line.data, payload(self.device.name)
        self.first_proof = self.device.tag(TOPIC.format(device=self.device.name), self.first)
        until = {"exp": int(time.time()) + 3600, "iat": None}
        self.plain, self.once = self.token(**until), self.token(**until, jti="once")
        self.lasting, code = self.with_token(self.token(**until))
        codes += [code, self.is_open(self.once), self.with_badge(), self.line.publish(self.first, self.first_proof) in TAKEN, self.bulky() in TAKEN]
        self.checks.equal(self.name("all_get_in_by_a_right_clock"), codes, [0, 0, 0, True, True, True, True])

    def everywhere(self, where):
        """What no clock changes."""
        before, here = self.gate.fresh_metrics(), TOPIC.format(device=self.device.name)
        self.checks.note(self.name(f"recorded_connect_is_refused_with_the_clock_{where}"), self.replay() == REFUSED)
        self.line.publish(self.first, self.first_proof)
        text = payload(self.device.name)
        proof = self.device.tag(here, text) if not self.line.client.closed else None
        answers = [self.line.publish(text, proof), self.line.publish(text, proof), self.line.publish("not json")]
        after = self.gate.fresh_metrics()
        grown = [after[what] - before[what] for what in ("admitted", "quarantined")]
        self.checks.equal(self.name(f"device_goes_on_and_what_it_sent_is_taken_once_with_the_clock_{where}"),
                          ([a in TAKEN for a in answers], grown), ([True, True, False], [1, 1]))
        self.checks.note(self.name(f"used_token_opens_nothing_with_the_clock_{where}"), not self.is_open(self.once))
        self.checks.equal(self.name(f"rate_is_no_higher_with_the_clock_{where}"), self.bulky(), DENIED)
        self.checks.note(self.name(f"jump_is_told_with_the_clock_{where}"),
                         self.gate.broker.log.read_text(errors="replace").count("gate.clock-jumped by_ms=") == list(OFFSETS).index(where) + 1)

    def replay(self):
        client, name = raw_mqtt.Client(self.gate.port), self.device.name
        code = client.connect(name, name, method=METHOD, data=self.recorded)
        client.drop()
        return code

    def ahead(self):
        self.checks.note(self.name("connection_ends_with_its_token_by_the_gates_clock"), self.lasting.wait_closed())
        self.checks.equal(self.name("what_has_ended_by_the_gates_clock_opens_nothing"), [self.is_open(self.plain), self.with_badge()], [False, False])
        self.checks.note(self.name("token_that_the_gates_clock_finds_good_is_taken"), self.is_open(self.token(iat=None, exp=int(time.time()) + DAY_S + 600)))

    def back(self):
        self.checks.note(self.name("token_from_the_future_is_refused"), not self.is_open(self.token()))
        self.checks.note(self.name("certificate_from_the_future_is_refused"), not self.with_badge())
        code, self.recorded = self.line.connect(), self.line.data
        self.checks.equal(self.name("device_connects_anew_with_its_counter_while_the_clock_is_back"), (code, self.line.publish() in TAKEN), (0, True))

    def right(self):
        self.checks.equal(self.name("nobody_is_locked_out_once_the_clock_is_right"),
                          [self.is_open(self.plain), self.is_open(self.token()), self.is_open(self.token(jti="next")), self.with_badge()], [True] * 4)
        for text, time_ms in (("without_a_clock", 0), ("of_1970", 1), ("at_the_end_of_time", 2 ** 63)):
            self.checks.note(self.name(f"publish_of_a_device_{text}_is_taken"), self.publish_at(time_ms) in TAKEN)
        self.device.counter += 10 ** 6  # by a clock that was ahead, and is right again
        self.checks.equal(self.name("device_goes_on_where_its_clock_jumped"), (self.line.connect(), self.line.publish() in TAKEN), (0, True))

    def publish_at(self, time_ms):
        here, text = TOPIC.format(device=self.device.name), payload(self.device.name)
        self.device.sequence += 1
        body = self.device.name, GATE, here, 1, 0, self.device.sequence, time_ms, text.encode()
        signature = self.device.key.sign(signed(*body))
        proof = f"s1.{self.device.sequence}.{time_ms}..{self.device.id.hex()}.{base64url(signature)}"
        return self.line.publish(text, proof)

    # -- over a restart --

    def restarted(self):
        """Killed, and started with the clock a day back."""
        self.gate.broker.kill()
        self.gate.clock.set(-DAY_S)
        self.gate.start()
        before = self.gate.fresh_metrics()
        self.checks.equal(self.name("recorded_connect_is_refused_after_a_restart_with_the_clock_back"), self.replay(), REFUSED)
        self.checks.note(self.name("used_token_opens_nothing_after_a_restart_with_the_clock_back"), not self.is_open(self.once))
        code = self.line.connect()
        answers = [self.line.publish(self.first, self.first_proof), self.line.publish()]
        admitted = self.gate.fresh_metrics()["admitted"] - before["admitted"]
        self.checks.equal(self.name("session_of_before_is_refused_and_a_new_one_taken_with_the_clock_back"),
                          (code, answers[0], answers[1] in TAKEN, admitted), (0, DENIED, True, 1))

    def stopped(self):
        """Back once more under traffic: nothing waits for the day to come again, and all that was taken is in Kafka."""
        self.gate.clock.set(-2 * DAY_S)
        for _ in range(20):
            self.line.publish()
        self.gate.wait_for("forwarding its journal", lambda m: m.get("backlog_bytes", 1) == 0 and self.gate.is_of_now(m))
        self.checks.equal(self.name("broker_stops_with_the_clock_back"), self.gate.stop(), 0)

    def evidence(self):
        public = load_pem_private_key((self.world.keys / GATE / "gate.key.pem").read_bytes(), None).public_key()
        fleet = bytes.fromhex(json.loads((self.world.keys / GATE / "gate.json").read_text())["fleet"])
        chain = evidence_reader.Chain(fleet, self.world.dump("evidence"), self.world.schemas.decode)
        times = [f["time"] for f in chain.fields]
        self.checks.equal(self.name("journal_checkpoints_have_no_gap_and_no_fork"), list(chain.faults(public)), [])
        self.checks.note(self.name("and_say_the_time_that_the_gate_had"), times != sorted(times), times)


def stale(checks, world, version):
    """A gate that refuses where its copy is stale: the clock ahead makes it look so, the clock back does not, and it recovers."""
    gate = ClockedGate(world, version, options={"control_max_age": "1h", "control_stale": "refuse"})
    gate.start()
    gate.wait_for_control(world.fleet.control_count())
    gate.wait_for("hearing a heartbeat", lambda m: 0 <= m.get("control_age_ms", -1) and m.get("control_stale") in (0, False))
    line, answers = Line(gate, Device(f"tags{version.replace('.', '')}", GATE, world.fleet.folder)), {}
    line.device.counter = int(time.time() * 1000) + 10 ** 7
    line.connect()
    for where, off_s in OFFSETS.items():
        gate.set(off_s)
        gate.wait_for(f"being {'stale' if off_s > 0 else 'fresh'}", lambda m: bool(m.get("control_stale")) == (off_s > 0))
        answers[where] = line.publish() in TAKEN
    checks.equal(f"gate_is_stale_only_while_its_clock_is_ahead.{version}", answers, {"ahead": False, "back": True, "right": True})
    gate.broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--version", action="append", help="of Mosquitto (default: each that is here)")
    options = parser.parse_args()
    checks = Checks("clocks")
    for version in options.version or services.mosquitto_versions():
        world = World(options.build, [f"{role}{version.replace('.', '')}" for role in ROLES if role != "badge"])
        authority = Authority(world.folder / "authority")
        now = int(time.time())
        authority.badges = {version: authority.issue("badge", "/CN=whoever", until=now + 3600)}
        world.fleet.cli("device", "add", f"badge{version.replace('.', '')}", "--certificate", authority.badges[version][0])
        processor = world.processor()
        processor.start()
        checks.run(f"clock_is_set_runs_through.{version}", lambda: Suite(checks, world, version, authority).run())
        checks.run(f"stale_runs_through.{version}", stale, checks, world, version)
        processor.stop()
        world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
