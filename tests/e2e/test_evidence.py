#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The gate's signed journal checkpoints in real Kafka, through kill -9 of the broker in mid-stream, and what they prove offline."""
import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key

import evidence_reader
from checks import Checks
from world import GATE, ROOT, TOPIC, World, lines, payload, services
from stock_client import Client

TAGGER, SIGNER, TOKEN = "dev-tags", "dev-signs", "dev-token"
# Before the broker is killed more than one is to be written.
INTERVAL = {"evidence_interval": "200ms"}


class Suite:
    def __init__(self, checks, world):
        self.checks, self.world = checks, world
        self.gate = world.gate(options=INTERVAL)
        self.key = load_pem_private_key((world.keys / GATE / "gate.key.pem").read_bytes(), None)
        self.fleet_id = bytes.fromhex(json.loads((world.keys / GATE / "gate.json").read_text())["fleet"])
        self.pins = world.folder / "pins"
        self.pins.mkdir()
        for name in ("root.pub.pem", "successor.pub.pem"):
            shutil.copy(world.fleet.folder / name, self.pins)

    def chain(self):
        return evidence_reader.Chain(self.fleet_id, self.world.dump("evidence"), self.world.schemas.decode)

    def in_kafka(self):
        return evidence_reader.forwarded(self.world.dump("telemetry.env-sensor") + self.world.dump("quarantine"))

    def wait_until_covered(self):
        """Stops the gate, which signs and sends what is left."""
        self.gate.wait_for_forwarding()
        self.gate.stop()

    def crash(self):
        """kill -9 in mid-stream, twice: what is forwarded is covered once, and the chain has neither gap nor fork."""
        for _ in range(2):
            before = len(self.world.dump("evidence"))
            load, _ = self.world.load(self.gate, lines([TAGGER], 3000), "--proof", "mac", "--rate", 1000, wait=False)
            load.wait_until(lambda: len(self.world.dump("evidence")) > before + 1, "checkpoints while events arrive", 60)
            self.gate.broker.kill()
            load.kill()
            self.gate.start()
        for device, proof in ((TAGGER, "mac"), (SIGNER, "signature")):
            self.world.load(self.gate, [{"device": device, "topic": TOPIC.format(device=device), "payload": payload(device)}], "--proof", proof)
        client = Client(self.gate.port, TOKEN, TOKEN, self.world.fleet.token(TOKEN))
        client.publish(TOPIC.format(device=TOKEN), payload(TOKEN))
        client.publish(TOPIC.format(device=TOKEN), "not json")
        client.close()
        self.wait_until_covered()
        chain, found = self.chain(), self.in_kafka()
        self.checks.note("crash_left_several_journals_and_checkpoints", len({f["journal"] for f in chain.fields}) == 3 and len(chain.fields) > 4,
                         [(f["journal"], f["first"], f["last"]) for f in chain.fields])
        self.checks.equal("crash_chain_has_no_gap_and_no_fork_and_its_signatures_hold", list(chain.faults(self.key.public_key())), [])
        leaves = chain.leaves()
        self.checks.equal("crash_each_forwarded_record_is_covered", [p for p in found if p not in leaves], [])
        self.checks.equal("crash_nothing_is_covered_that_kafka_has_not", [p for p in leaves if p not in found], [])
        self.checks.equal("crash_each_leaf_is_that_of_the_record_in_kafka", [p for p in found if found[p] != {leaves.get(p)}], [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("evidence")
    world = World(parser.parse_args().build, [TAGGER, SIGNER, TOKEN])
    suite = Suite(checks, world)
    for test in (suite.crash,):
        checks.run(f"{test.__name__}_runs_through", test)
    suite.gate.broker.close()
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
