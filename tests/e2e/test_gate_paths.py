#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The ways by which a publish reaches the broker, or may pass the plugin by, in real Mosquitto of each version."""
import argparse
import pathlib
import sys

from checks import Checks
from world import ROOT, TOPIC, World, payload, services
from stock_client import SUCCESS, V311, Client

DEVICES = ["dev-a", "dev-b"]


def topic(device):
    return TOPIC.format(device=device)


class Paths:
    def __init__(self, checks, world, version):
        self.checks, self.world, self.version = checks, world, version
        self.tokens = {d: world.fleet.token(d) for d in DEVICES}

    def name(self, text):
        return f"{text}.{self.version}"

    def client(self, gate, device, **more):
        return Client(gate.port, device, device, self.tokens[device], **more)

    def per_listener(self):
        """Where Mosquitto 2.0.11 never ticks: connections that come and go at one place in memory are devices nonetheless."""
        gate = self.world.gate(self.version, anonymous=True, first_conf="per_listener_settings true")
        answers = []
        for _ in range(10):
            client = self.client(gate, "dev-a", protocol=V311)
            answers.append(client.publish(topic("dev-a"), payload("dev-a")))
            client.close()
        self.checks.note(self.name("per_listener_settings_publishes_are_acknowledged"), all(a in SUCCESS for a in answers), answers)
        found = gate.fresh_metrics()
        self.checks.equal(self.name("per_listener_settings_what_is_acknowledged_is_admitted"), (found["admitted"], found["refused"]), (10, 0))
        gate.broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("gate-paths")
    world = World(options.build, DEVICES)
    for version in services.mosquitto_versions():
        paths = Paths(checks, world, version)
        for test in (paths.per_listener,):
            checks.run(paths.name(test.__name__ + "_runs_through"), test)
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
