#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CLI, gate and processor where Kafka is far away: a round trip takes longer than the time-out of one poll. The topics begin with another
prefix than the default, which gate and processor are not told: it stands in the folders that the CLI made for them."""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import time

from checks import Checks
from world import ROOT, TOPIC, judge, payload, services
from fleet import GATE, MEMBER, Fleet, Gate, Processor, wait_until
from slow_kafka import SlowKafka
from stock_client import SUCCESS, Client

DELAY_S = 0.12  # each direction; a poll of the control log waits 0.2 s
DEVICE = "dev-a"
PREFIX = "plant."
PINS = ("root.pub.pem", "successor.pub.pem")
NOT_AUTHORISED = 0x87
STOP_S = 15  # a processor's last commit, and its leaving the group, are a dozen round trips


class SlowLink:
    def __init__(self, checks, build, kafka):
        self.checks, self.build, self.kafka = checks, build, kafka
        self.folder = services.TempDir("slow-link").path
        self.keys = self.folder / "keys"
        self.fleet = Fleet(build, self.folder / "fleet", kafka)

    def cli(self):
        self.kafka.link.delay_s = DELAY_S
        self.fleet.cli("init")
        self.fleet.cli("topics", "create", "--partitions", 1, "--replication", 1)

    def prepare(self):
        """What the gate and the processor need, over a quick link, since each command takes its round trips."""
        self.kafka.link.delay_s = 0.0
        self.fleet.cli("gate", "add", GATE, "--site", "test", "--out", self.keys / GATE)
        self.fleet.cli("processor", "add", MEMBER, "--out", self.keys / MEMBER)
        self.fleet.cli("contract", "publish", ROOT / "schemas/contracts/env-sensor")
        self.fleet.cli("topics", "create", "--partitions", 1, "--replication", 1)
        self.fleet.add_devices([DEVICE])
        self.count, self.token = self.fleet.control_count(), self.fleet.token(DEVICE)
        self.kafka.link.delay_s = DELAY_S

    def gate(self):
        gate = Gate(self.build, self.keys / GATE, self.kafka)
        gate.start()
        gate.wait_for_control(self.count)
        device = Client(gate.port, DEVICE, DEVICE, self.token)
        answer = device.publish(TOPIC.format(device=DEVICE), payload(DEVICE))
        self.checks.note("gate_admits", answer in SUCCESS, answer)
        self.another_machine(device)
        gate.wait_for_forwarding()
        gate.broker.close()
        self.checks.equal("gate_has_the_topic_prefix_from_its_folder", json.loads((self.keys / GATE / "gate.json").read_text())["topic_prefix"], PREFIX)

    def another_machine(self, device):
        """An operator with a key made elsewhere, in a folder that has it and the fleet's public keys alone."""
        elsewhere = self.folder / "elsewhere"
        (elsewhere / "operators").mkdir(parents=True)
        for name in PINS:
            shutil.copy(self.fleet.folder / name, elsewhere)
        secret = elsewhere / "operators/ann.key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", secret], check=True)
        subprocess.run(["openssl", "pkey", "-in", secret, "-pubout", "-out", self.folder / "ann.pub.pem"], check=True)
        secret.chmod(0o600)
        self.fleet.cli("operator", "add", "ann", "--kinds", "device", "--public-key", self.folder / "ann.pub.pem")
        Fleet(self.build, elsewhere, self.kafka).cli("device", "revoke", DEVICE)
        answers = []

        def refused():
            answers.append(device.publish(TOPIC.format(device=DEVICE), payload(DEVICE)))
            return answers[-1] not in SUCCESS

        wait_until("a refused publish", refused)
        self.taken = 1 + sum(answer in SUCCESS for answer in answers)
        self.checks.note("revoked_from_another_machine_is_refused", answers[-1] in (NOT_AUTHORISED, None), answers[-1])
        self.checks.note("revoked_from_another_machine_is_closed", device.wait(lambda: device.closed))

    def processor(self):
        processor = Processor(self.build, self.keys / MEMBER, self.folder / "processor", self.kafka)
        processor.start()
        processor.wait_for_decisions(self.taken)
        decided = judge.dump(self.kafka, PREFIX + "decisions")
        self.checks.equal("processor_has_the_topic_prefix_from_its_folder", len(decided), self.taken)
        begin = time.monotonic()
        processor.stop()
        took = time.monotonic() - begin
        self.checks.note("processor_stops_soon", took < STOP_S, f"{took:.1f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build.resolve()
    checks = Checks("slow-link")
    with SlowKafka(prefix=PREFIX) as kafka:
        test = SlowLink(checks, build, kafka)
        if (checks.run("init_and_topics_create_work", test.cli) and checks.run("fleet_is_made", test.prepare) and
                checks.run("gate_follows_and_forwards", test.gate)):
            checks.run("processor_decides", test.processor)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
