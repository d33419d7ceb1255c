#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""More refused CONNECTs than a gate is told to bear, in real Mosquitto of each version: the kernel holds back the address that they come from, on each
listener, and nobody else; what stands goes on, and once it is over all are let in. Who is refused for what others do is none of them."""
import argparse
import os
import pathlib
import signal
import socket
import ssl
import sys
import time

import attestream1
from checks import Checks
from frozen import Frozen
from test_tokens import Authority
from world import GATE, ROOT, Gate, TOPIC, World, has_websockets, payload, services
from raw_mqtt import CONNACK, CONNECT, blob
from stock_client import SUCCESS

DEVICE, OTHER = "dev-a", "dev-b"
HOME, FLOODER = "127.0.0.3", "127.0.9.9"
# A few a second, so that any machine can exceed it; and the tries until it is, and until one is held back.
BUDGET, TRIES = 5, 5000
# What is not there by then is taken for held back: over loopback a connection is there at once.
PATIENCE_S = 0.2
# Devices behind one address, none of which has proved itself; and how often all of them are refused for what others do before it is
# believed that none is held back for it: three within a second were enough.
NEIGHBOURS, NEIGHBOURHOOD, SHARED_OUT = [f"dev-{i}" for i in range(60)], "127.0.7.7", 20
BUSY, WITHIN_A_SECOND = "busy-handshakes", 10  # as many of one address are no flood
UNIX = "mqtt.sock"


def refused(one):
    body = blob("MQTT") + b"\5\x82\0\x3c\0" + blob("") + blob(DEVICE)
    one.sendall(bytes([CONNECT << 4, len(body)]) + body)
    answer = one.recv(16)
    return answer[3] if len(answer) > 3 and answer[0] >> 4 == CONNACK else None


def knock(port, source):
    """A CONNECT in a device's name with nothing to prove it: its answer, or None where the connection does not come about or ends before."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S, (source, 0)) as one:
            return refused(one)
    except OSError:
        return None


def listening(pid, port):
    """How many sockets listen there: the broker's, and the gate's beside it."""
    rows = [line.split() for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def opens(port, source):
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE_S, (source, 0)).close()
        return True
    except OSError:
        return False


class Bystanders:
    """Failing handshakes, each from another address, so that nobody is held back for them, use up the share of all; devices with good
    proofs, all behind one address, are refused for that."""

    def __init__(self, checks, world, version, first):
        self.checks, self.world, self.version, self.counter = checks, world, version, first
        self.fleet = attestream1.Fleet(world.fleet.folder)
        self.keys = {device: self.fleet.key(device) for device in [DEVICE, *NEIGHBOURS]}
        self.gate = world.gate(version, options={"refused_connects_per_second": BUDGET, "handshake_share": 1})
        self.refused, self.held_back, self.strangers = 0, 0, list(NEIGHBOURS)
        self.answered = []  # when each of the latest neighbours was

    def begin(self, device, source, **how):
        self.counter += 1
        one = attestream1.Connection(self.fleet, self.gate.port, device, GATE, source)
        one.send_connect(self.counter, key=self.keys[device], **how)
        return one

    def fail_from_anywhere(self, times):
        """All there at once, so that the gate gets them faster than it may verify, whatever the machine is busy with; then a neighbour."""
        with Frozen(self.gate.pid):
            all_of_them = [self.begin(DEVICE, f"127.20.{self.counter // 250 % 250}.{self.counter % 250 + 1}", alter=True) for _ in range(times)]
            neighbour = self.begin_neighbour()
        if neighbour:
            self.try_neighbour(*neighbour)
        for one in all_of_them:
            one.read_connack()
            one.close()

    def begin_neighbour(self):
        """Who proves himself is no stranger any more, for whom a part of the share is kept. So many within a second are nobody's flood."""
        if len(self.answered) == WITHIN_A_SECOND and time.monotonic() - self.answered[0] < 1:
            return None
        device = self.strangers.pop(0)
        return device, opens(self.gate.port, NEIGHBOURHOOD), self.begin(device, NEIGHBOURHOOD)

    def try_neighbour(self, device, opened, one):
        answer = one.read_connack()
        one.close()
        self.answered = [*self.answered, time.monotonic()][-WITHIN_A_SECOND:]
        self.held_back += answer is None or not opened  # one at a time finds room beside the broker, and gets no answer
        if answer != 0:
            self.refused += 1
            self.strangers.append(device)

    def innocent(self):
        while self.refused < SHARED_OUT and self.strangers and not self.held_back and self.counter % 100000 < TRIES:
            self.fail_from_anywhere(40)
        reasons = self.gate.fresh_metrics()["connections_refused_by_reason"]
        self.checks.note(f"neighbours_are_refused_for_what_others_did.{self.version}", self.refused >= SHARED_OUT <= reasons.get(BUSY, 0), (self.refused, reasons))
        self.checks.note(f"nobody_is_held_back_for_what_others_did.{self.version}", not self.held_back)

    def run(self):
        self.checks.run(f"innocent_runs_through.{self.version}", self.innocent)
        self.gate.broker.close()


class Suite:
    def __init__(self, checks, world, version, first):
        self.checks, self.world, self.version, self.counter = checks, world, version, first
        self.fleet = attestream1.Fleet(world.fleet.folder)
        self.websockets = services.free_port() if has_websockets(version) else None
        extra = f"listener 0 {UNIX}\n" + (f"listener {self.websockets} 127.0.0.1\nprotocol websockets\n" if self.websockets else "")
        self.gate = world.gate(version, anonymous=True, extra_conf=extra, options={"refused_connects_per_second": BUDGET})

    def name(self, text):
        return f"{text}.{self.version}"

    def connect(self, device, source):
        self.counter += 1
        one = attestream1.Connection(self.fleet, self.gate.port, device, GATE, source)
        return one, one.connect(self.counter)

    def publishes(self, one):
        self.counter += 1
        return one.publish(TOPIC.format(device=one.device), payload(one.device), self.counter) in SUCCESS

    def flood(self):
        """Until one is held back; how many were answered before."""
        answered = 0
        while answered < TRIES:
            if knock(self.gate.port, FLOODER) is None and self.gate.metrics().get("shedding_address_groups", 0) > 0:
                return answered
            answered += 1
        raise AssertionError("nobody was held back")

    def held_back(self):
        stands, answer = self.connect(DEVICE, FLOODER)
        self.checks.equal(self.name("a_device_connects_before_the_flood"), answer, 0)
        self.checks.note(self.name("a_flood_is_held_back_by_the_kernel"), self.flood() > BUDGET)
        metrics = self.gate.metrics()
        self.checks.note(self.name("metrics_say_how_much"), metrics["shedding_address_groups"] == 1 and 0 < metrics["shedding_let_in"] < 1, metrics)
        listeners = 2 if self.websockets else 1
        self.checks.equal(self.name("all_listeners_of_tcp_are_covered"), (metrics["shedding_listeners_covered"], metrics["shedding_listeners"]), (listeners, listeners))
        self.checks.note(self.name("the_log_says_that_it_is_held_back"), self.gate.broker.wait_for_text(f"listeners_covered={listeners} listeners={listeners}"))
        with socket.socket(socket.AF_UNIX) as local:
            local.connect(str(self.gate.broker.path / UNIX))
            self.checks.note(self.name("a_listener_on_a_unix_socket_is_as_before"), refused(local) is not None)
        self.checks.note(self.name("what_stands_from_that_address_goes_on"), self.publishes(stands))
        stands.close()
        if self.websockets:
            opened = 0
            while opened < TRIES and opens(self.websockets, FLOODER):
                knock(self.gate.port, FLOODER)
                opened += 1
            self.checks.note(self.name("over_websockets_too"), opened < TRIES)
        for device, source in ((DEVICE, HOME), (OTHER, None)):
            one, answer = self.connect(device, source)
            self.checks.note(self.name(f"{device.replace('-', '_')}_gets_in_from_another_address"), answer == 0 and self.publishes(one), answer)
            one.close()

    def over(self):
        self.gate.wait_for("letting all in again", lambda m: m.get("shedding_address_groups") == 0 and m.get("shedding_let_in") == 1)
        self.checks.note(self.name("the_log_says_that_it_is_over"), self.gate.broker.wait_for_text("connect.shedding-over "))
        one, answer = self.connect(DEVICE, FLOODER)
        self.checks.equal(self.name("a_device_gets_in_from_that_address_again"), answer, 0)
        one.close()
        refused = self.gate.fresh_metrics()["connections_refused_by_reason"].get("token-missing", 0)
        self.checks.note(self.name("what_came_through_was_refused_by_the_gate"), refused > BUDGET, refused)

    def ends(self):
        """A broker that ends while an address is held back, and waits for Kafka meanwhile, leaves no socket that listens."""
        kafka = self.world.kafka
        if not isinstance(kafka, services.Kafka):
            self.checks.skip(self.name("a_broker_that_ends_holds_nobody_back"), "not our cluster to halt")
            return
        self.flood()
        one, _ = self.connect(OTHER, HOME)
        os.kill(kafka.pid, signal.SIGSTOP)
        try:
            self.publishes(one)
            self.gate.broker.process.signal(signal.SIGTERM)
            while self.gate.broker.running and listening(self.gate.broker.pid, self.gate.broker.port):
                pass
            said = self.gate.broker.log.read_text(errors="replace")
        finally:
            os.kill(kafka.pid, signal.SIGCONT)
        self.checks.note(self.name("a_broker_that_ends_holds_nobody_back"), "terminating" in said and "gate.stopped" not in said, said[-500:])

    def run(self):
        for test in (self.held_back, self.over, self.ends):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        self.gate.broker.close()


class OverTls:
    """A listener with TLS beside the other: covered as it is, and both as before once it is over."""

    def __init__(self, checks, world, version):
        self.checks, self.version = checks, version
        authority = Authority(world.folder / "authority")
        self.context = ssl.create_default_context(cafile=str(authority.ca))
        self.gate = Gate(world.build, world.keys / GATE, world.kafka, version, anonymous=True, options={"refused_connects_per_second": BUDGET})
        files = [self.gate.broker.add(path) for path in (*authority.server, authority.ca)]
        self.tls_port = services.free_port()
        self.gate.broker.extra_conf = f"listener {self.tls_port} 127.0.0.1\ncertfile {files[0]}\nkeyfile {files[1]}\ncafile {files[2]}\n"
        self.gate.start()
        self.gate.wait_for_control(world.fleet.control_count())
        self.ports = (self.gate.port, self.tls_port)

    def note(self, text, *found):
        self.checks.note(f"{text}.{self.version}", *found)

    def knock(self, source):
        try:
            with socket.create_connection(("127.0.0.1", self.tls_port), PATIENCE_S, (source, 0)) as plain:
                plain.settimeout(30)
                with self.context.wrap_socket(plain, server_hostname="localhost") as one:
                    return refused(one)
        except OSError:
            return None

    def sockets(self):
        return [listening(self.gate.broker.pid, port) for port in self.ports]

    def held_back(self):
        self.note("before_a_flood_each_listener_is_alone", self.sockets() == [1, 1], self.sockets())
        for _ in range(TRIES):
            if self.knock(FLOODER) is None and self.gate.metrics().get("shedding_address_groups", 0) > 0:
                break
        metrics = self.gate.metrics()
        self.note("a_flood_over_tls_is_held_back", (metrics["shedding_listeners_covered"], metrics["shedding_listeners"]) == (2, 2), metrics)
        self.note("each_listener_has_a_socket_beside_it", self.sockets() == [2, 2], self.sockets())
        self.note("the_log_names_who_is_held_back", self.gate.broker.wait_for_text(f"connect.held-back address={FLOODER} "))
        self.note("another_address_is_answered_over_tls", self.knock(HOME) is not None)

    def over(self):
        self.gate.wait_for("letting all in again", lambda m: m.get("shedding_address_groups") == 0 and m.get("shedding_let_in") == 1)
        self.note("the_log_names_who_is_let_in", self.gate.broker.wait_for_text(f"connect.let-in address={FLOODER} "))
        metrics = self.gate.fresh_metrics()
        self.note("metrics_say_how_many_were_held_back", metrics["shedding_connections_held_back"] > 0, metrics)
        self.note("after_a_flood_each_listener_is_alone", self.sockets() == [1, 1], self.sockets())
        for port in self.ports:
            self.note(f"after_a_flood_the_kernel_lets_all_in_over_{'tls' if port == self.tls_port else 'tcp'}", all(opens(port, FLOODER) for _ in range(50)))

    def run(self):
        for test in (self.held_back, self.over):
            self.checks.run(f"tls_{test.__name__}_runs_through.{self.version}", test)
        self.gate.broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("shedding")
    world = World(options.build, [DEVICE, OTHER, *NEIGHBOURS])
    for i, version in enumerate(services.mosquitto_versions()):
        checks.run(f"all_run_through.{version}", lambda: Suite(checks, world, version, 200000 * (i + 1)).run())
        checks.run(f"bystanders_run_through.{version}", lambda: Bystanders(checks, world, version, 200000 * (i + 1) + 100000).run())
    checks.run("tls_runs_through", lambda: OverTls(checks, world, services.mosquitto_versions()[-1]).run())
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
