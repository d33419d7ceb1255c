#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The sealed local copy of the control log: what somebody with access to the disk changes in it is believed by nobody."""
import argparse
import base64
import shutil
import sys

from checks import Checks
from world import ROOT, TOPIC, World, payload, services
from fleet import GATE, wait_until
from stock_client import SUCCESS, V5, Client

ASSETS = {"seal-a": "asset-one", "seal-b": "asset-two"}


def overwrite(path, old, new):
    """Writes `new` over every `old` in the file, in place, as it is used: how many there were."""
    assert len(old) == len(new)
    with open(path, "r+b") as file:
        data = file.read()
        count, at = 0, data.find(old)
        while at >= 0:
            file.seek(at)
            file.write(new)
            count, at = count + 1, data.find(old, at + 1)
    return count


class Suite:
    def __init__(self, checks, world, version, tokens):
        self.checks, self.world, self.version, self.tokens = checks, world, version, tokens
        self.gate = world.gate(version)

    def name(self, text):
        return f"{text}.{self.version}"

    def log(self):
        return self.gate.broker.log.read_text(errors="replace")

    def answer(self, device):
        """The broker's answer to the device's publish, or None where its CONNECT is refused."""
        client = Client(self.gate.port, device, device, self.tokens[device], protocol=V5)
        try:
            return client.publish(TOPIC.format(device=device), payload(device)) if client.connected else None
        finally:
            client.close()

    def said(self, event, text=""):
        return any(f"{event} " in line and text in line for line in self.log().splitlines())

    def entries(self):
        """A revoked device's entry is made active on disk, another's asset is changed: both are refused, and the log mends both."""
        copy = self.gate.state / "control" / "data.mdb"
        changed = overwrite(copy, b'"state":"revoked"', b'"state":"active" '), overwrite(copy, b"asset-two", b"asset-2xx")
        self.checks.note(self.name("the_entries_could_be_altered"), all(changed), changed)
        self.checks.equal(self.name("a_device_made_active_on_disk_is_refused"), self.answer("seal-a"), None)
        self.checks.note(self.name("an_altered_entry_is_told"), self.said("control.entry-altered", "seal-a"), self.log()[-1500:])
        wait_until("the copy to be made anew", lambda: self.said("control.copy-rebuilt"))
        self.checks.note(self.name("the_other_device_is_admitted_again_from_the_log"), self.answer("seal-b") in SUCCESS, self.log()[-1500:])
        self.checks.equal(self.name("the_revoked_device_is_refused_for_its_state_again"),
                          (self.answer("seal-a"), self.said("connect.refused", "reason=device-revoked")), (None, True))

    def whole(self):
        """Where the pins do not hold, the copy is read from the log again."""
        self.gate.stop()
        copy = self.gate.state / "control" / "data.mdb"
        pin = base64.b64decode("".join((self.world.keys / GATE / "root.pub.pem").read_text().splitlines()[1:-1]))[-32:]
        changed = overwrite(copy, pin, bytes([pin[0] ^ 1]) + pin[1:])
        self.gate.start()
        self.gate.wait_for_control(self.world.fleet.control_count())
        self.checks.note(self.name("a_copy_whose_pins_were_altered_is_read_from_the_log_again"),
                         changed and self.said("control.copy-emptied") and self.answer("seal-b") in SUCCESS, self.log()[-1500:])

    def untouched(self):
        """A start with a copy that nobody altered believes it: it says nothing, and reads no record again."""
        before = self.log().count("control.copy-emptied")
        self.gate.stop()
        self.gate.start()
        self.checks.note(self.name("a_start_believes_the_copy_that_it_sealed"),
                         self.answer("seal-b") in SUCCESS and self.log().count("control.copy-emptied") == before, self.log()[-1500:])

    def run(self):
        self.entries()
        self.untouched()
        self.whole()
        self.gate.stop()


def command_line(checks, world):
    """The CLI's own copy, which it seals with a key of its own."""
    checks.equal("the_clis_key_is_its_owners_alone", (world.fleet.folder / "store.key.pem").stat().st_mode & 0o777, 0o600)
    changed = overwrite(world.fleet.folder / "store/data.mdb", b"asset-two", b"asset-2xx")
    done = world.fleet.cli("device", "show", "seal-b", check=False)
    checks.note("the_cli_does_not_show_an_altered_entry_and_says_what_to_do",
                changed and done.returncode != 0 and "altered on disk" in done.stderr and "asset-2xx" not in done.stdout,
                (changed, done.returncode, done.stdout, done.stderr))
    shutil.rmtree(world.fleet.folder / "store")
    checks.note("what_it_says_helps", "asset-two" in world.fleet.cli("device", "show", "seal-b").stdout)
    (world.fleet.folder / "store.key.pem").unlink()
    done = world.fleet.cli("device", "show", "seal-b")
    checks.note("without_its_key_the_cli_reads_the_log_again", "asset-two" in done.stdout and "read from the control log again" in done.stderr,
                (done.stdout, done.stderr))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=ROOT / "build/dev", help="preset's build folder")
    options = parser.parse_args()
    checks = Checks("sealed-store")
    world = World(options.build, ["seal-c"])
    for device, asset in ASSETS.items():
        world.fleet.cli("device", "add", device, "--asset", asset)
    tokens = {device: world.fleet.token(device) for device in ASSETS}
    world.fleet.cli("device", "revoke", "seal-a")
    for version in services.mosquitto_versions():
        checks.run(f"runs_through.{version}", Suite(checks, world, version, tokens).run)
    command_line(checks, world)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
