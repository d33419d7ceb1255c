#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""More refused CONNECTs than a gate is told to bear, in real Mosquitto of each version: the kernel holds back the address that they come from, on each
listener, and nobody else; what stands goes on, and once it is over all are let in."""
import argparse
import pathlib
import socket
import sys

import attestream1
from checks import Checks
from world import GATE, ROOT, TOPIC, World, has_websockets, payload, services
from raw_mqtt import CONNACK, CONNECT, blob
from stock_client import SUCCESS

DEVICE, OTHER = "dev-a", "dev-b"
HOME, FLOODER = "127.0.0.3", "127.0.9.9"
# A few a second, so that any machine can exceed it; and the tries until it is, and until one is held back.
BUDGET, TRIES = 5, 5000
# What is not there by then is taken for held back: over loopback a connection is there at once.
PATIENCE_S = 0.2


def knock(port, source):
    """A CONNECT in a device's name with nothing to prove it: its answer, or None where the connection does not come about or ends before."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S, (source, 0)) as one:
            body = blob("MQTT") + b"\5\x82\0\x3c\0" + blob("") + blob(DEVICE)
            one.sendall(bytes([CONNECT << 4, len(body)]) + body)
            answer = one.recv(16)
            return answer[3] if len(answer) > 3 and answer[0] >> 4 == CONNACK else None
    except OSError:
        return None


class Suite:
    def __init__(self, checks, world, version, first):
        self.checks, self.world, self.version, self.counter = checks, world, version, first
        self.fleet = attestream1.Fleet(world.fleet.folder)
        self.websockets = services.free_port() if has_websockets(version) else None
        extra = f"listener {self.websockets} 127.0.0.1\nprotocol websockets\n" if self.websockets else ""
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

    def opens(self, port, source):
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE_S, (source, 0)).close()
            return True
        except OSError:
            return False

    def held_back(self):
        stands, answer = self.connect(DEVICE, FLOODER)
        self.checks.equal(self.name("a_device_connects_before_the_flood"), answer, 0)
        self.checks.note(self.name("a_flood_is_held_back_by_the_kernel"), self.flood() > BUDGET)
        metrics = self.gate.metrics()
        self.checks.note(self.name("metrics_say_how_much"), metrics["shedding_address_groups"] == 1 and 0 < metrics["shedding_let_in"] < 1, metrics)
        self.checks.note(self.name("the_log_says_that_it_is_held_back"), self.gate.broker.wait_for_text("connect.shedding refused_per_second="))
        self.checks.note(self.name("what_stands_from_that_address_goes_on"), self.publishes(stands))
        stands.close()
        if self.websockets:
            opened = 0
            while opened < TRIES and self.opens(self.websockets, FLOODER):
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

    def run(self):
        for test in (self.held_back, self.over):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        self.gate.broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("shedding")
    world = World(options.build, [DEVICE, OTHER])
    for i, version in enumerate(services.mosquitto_versions()):
        checks.run(f"all_run_through.{version}", lambda: Suite(checks, world, version, 100000 * (i + 1)).run())
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
