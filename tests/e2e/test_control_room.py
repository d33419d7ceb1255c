#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A gate whose disk an operator's stolen key has filled: it goes on with what it has, says so, and takes the root's revocation once there is room."""
import argparse
import ctypes
import os
import subprocess
import sys

from checks import Checks
from world import ROOT, TOPIC, World, payload, services
from fleet import GATE, Gate, wait_until
from stock_client import SUCCESS, V5, Client

CLONE_NEWNS = 0x20000
USE_CASE = ROOT / "schemas/usecases/machine-temperature.yaml"
THIEF = "thief"
REVISIONS = 24  # of 200 KB
SMALL, LARGE = "3m", "256m"


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def may_mount():
    """In a namespace of this process, so that nothing is left on the machine."""
    if os.geteuid() != 0 or ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0:
        return False
    mount("--make-rprivate", "/")
    return True


class Suite:
    def __init__(self, checks, world, version):
        self.checks, self.world, self.version = checks, world, version
        self.gate = Gate(world.build, world.keys / GATE, world.kafka, version)
        self.disk = self.gate.state / "control"

    def name(self, text):
        return f"{text}.{self.version}"

    def note(self, text, holds, said=""):
        self.checks.note(self.name(text), holds, said)

    def log(self):
        return self.gate.broker.log.read_text(errors="replace")

    def publishes(self):
        client = Client(self.gate.port, "room-a", "room-a", self.token, protocol=V5)
        try:
            return client.connected and client.publish(TOPIC.format(device="room-a"), payload("room-a")) in SUCCESS
        finally:
            client.close()

    def fill(self):
        """As large as a document may be, again and again: all of it is legal, and each copy keeps it for ever."""
        text, file = USE_CASE.read_text(), self.world.folder / "padded.yaml"
        for number in range(REVISIONS):
            file.write_text(text + f"# {self.version} {number} " + "x" * 200_000 + "\n")
            self.world.fleet.cli("--operator", THIEF, "usecase", "publish", file)

    def run(self):
        fleet = self.world.fleet
        self.disk.mkdir()
        owner = self.gate.state.stat()
        mount("-t", "tmpfs", "-o", f"size={SMALL},mode=0700,uid={owner.st_uid},gid={owner.st_gid}", "tmpfs", self.disk)
        self.gate.start()
        self.gate.wait_for_control(fleet.control_count())
        self.token = fleet.token("room-a")
        self.gate.broker.wait_for_text("control.room-low")
        self.note("little_room_is_told_before_it_is_used_up", "control.no-room" not in self.log(), self.log()[-1500:])
        fleet.cli("operator", "add", THIEF)
        before = fleet.control_count()
        self.fill()
        self.gate.broker.wait_for_text("control.no-room")
        metrics = self.gate.fresh_metrics()
        self.note("a_full_disk_is_told_and_measured", metrics["control_copy_bytes"] > 0 and metrics["control_copy_free_bytes"] < 1 << 20,
                  (metrics["control_copy_bytes"], metrics["control_copy_free_bytes"]))
        self.note("a_gate_whose_disk_is_full_goes_on_with_its_copy", self.publishes(), self.log()[-1500:])
        fleet.cli("operator", "revoke", THIEF, "--no-place")
        mount("-o", f"remount,size={LARGE}", self.disk)
        self.gate.wait_for_control(fleet.control_count())
        wait_until("following the log again", lambda: self.log().rindex("control.following") > self.log().rindex("control.no-room"))
        self.note("with_room_again_a_gate_goes_on_by_itself_and_takes_the_roots_revocation", True)
        self.checks.equal(self.name("nothing_is_void_without_a_place"), self.gate.fresh_metrics()["control_void"], 0)
        fleet.cli("operator", "revoke", THIEF, "--stands-until", before)
        self.gate.wait_for_control(fleet.control_count())
        self.gate.wait_for("knowing what is void", lambda m: m["control_void"] >= REVISIONS)
        self.note("a_place_can_be_given_after_a_revocation_without_one", True)
        self.gate.broker.wait_for_text("control.room-enough")
        self.note("a_device_publishes_after_it", self.publishes(), self.log()[-1500:])
        self.gate.stop()


def quota(checks, kafka):
    """As docs/topics.md has it."""
    whom = ("--entity-type", "users", "--entity-name", "ann")
    kafka.tool("kafka.admin.ConfigCommand", "--alter", *whom, "--add-config", "producer_byte_rate=262144")
    said = kafka.tool("kafka.admin.ConfigCommand", "--describe", *whom)
    checks.note("an_operators_principal_gets_a_quota_as_documented", "producer_byte_rate=262144" in said, said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=ROOT / "build/dev", help="preset's build folder")
    options = parser.parse_args()
    checks = Checks("control-room")
    if not may_mount():
        print("control-room: only root may mount a small disk; unit-common-control-room has another way")
        return checks.exit_code()
    for version in services.mosquitto_versions():
        suite = Suite(checks, World(options.build, ["room-a"]), version)
        checks.run(f"runs_through.{version}", suite.run)
    quota(checks, suite.world.kafka)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
