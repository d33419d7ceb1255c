#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Operators, roots and acts of two persons against real Kafka and a real gate: scopes, expiry, theft, succession."""
import argparse
import datetime
import json
import pathlib
import shutil
import subprocess
import sys

from checks import Checks
from world import GATE, ROOT, TOPIC, Fleet, World, payload, services
from fleet import wait_until


class Suite:
    def __init__(self, checks, build):
        self.checks = checks
        self.world = World(build, ["d1"])
        self.fleet = self.world.fleet

    def run(self, *words):
        return self.fleet.cli(*words, check=False)

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def show(self, *words):
        return json.loads(self.fleet.cli(*words, "--json").stdout)

    def scopes(self):
        self.expect("add_states_an_operator", self.run("operator", "add", "press", "--kinds", "device", "--names", "press-*"), 0, "added operator 'press'")
        self.expect("add_of_one_that_is_there_is_refused", self.run("operator", "add", "press"), 1, "there already")
        self.expect("add_names_the_kinds_that_are_allowed", self.run("operator", "add", "x", "--kinds", "device,root"), 2, "'root'", "gate,processor,device")
        shown = self.show("operator", "show", "press")
        self.checks.equal("show_has_the_scope", (shown["kinds"], shown["names"], "certificate" in shown), (["device"], "press-*", False))
        listed = {row["name"]: row for row in map(json.loads, self.fleet.cli("operator", "list", "--json").stdout.splitlines())}
        self.checks.equal("list_has_every_operator", {name: row["kinds"] for name, row in listed.items()},
                          {"operator": "gate,processor,device,contract,usecase,schema", "press": "device"})
        self.expect("several_keys_ask_for_operator", self.run("device", "add", "press-1"), 2, "--operator")
        self.expect("a_record_in_scope_is_accepted", self.run("--operator", "press", "device", "add", "press-1"), 0)
        count = self.fleet.control_count()
        self.expect("another_name_is_out_of_scope", self.run("--operator", "press", "device", "add", "oven-1"), 1, "out of scope", "press-*")
        self.expect("another_kind_is_out_of_scope", self.run("--operator", "press", "gate", "add", "press-gate"), 1, "out of scope", "gate")
        self.checks.equal("what_is_out_of_scope_is_not_appended", self.fleet.control_count(), count)
        self.expect("without_the_roots_key_no_operator_is_stated", self.run("operator", "add", "x", "--root-key", self.fleet.folder / "operators/press.key.pem"), 1)

    def expiry(self):
        self.expect("add_refuses_an_end_in_the_past", self.run("operator", "add", "late", "--until", "2020-01-01"), 2, "--until")
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
        self.fleet.cli("operator", "add", "brief", "--kinds", "device", "--until", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        made = []

        def expired():
            done = self.run("--operator", "brief", "device", "add", f"brief-{len(made)}")
            made.append(done)
            return done.returncode != 0

        wait_until("an operator's end", expired)
        self.expect("after_its_end_an_operator_signs_nothing", made[-1], 1, "operator 'brief' has expired")
        self.fleet.cli("operator", "add", "distant", "--kinds", "device", "--from", "2099-01-01")
        self.expect("before_its_beginning_an_operator_signs_nothing", self.run("--operator", "distant", "device", "add", "x"), 1, "not in office yet")

    def thief(self, name):
        """A copy of the fleet's folder in other hands, with a verified copy of the log of its own."""
        folder = self.world.folder / name
        shutil.copytree(self.fleet.folder, folder, ignore=shutil.ignore_patterns("store"))
        return Fleet(self.fleet.build, folder, self.world.kafka)

    def publish(self, gate, fleet, device, count=2, world=None):
        """How many of a device's signed publishes the gate took; a session that it refused counts as none."""
        lines = [{"device": device, "topic": TOPIC.format(device=device), "payload": payload(device, temp=20 + i)} for i in range(count)]
        try:
            return (world or self.world).load(gate, lines, "--proof", "signature", "--fleet", fleet.folder)["accepted"]
        except subprocess.CalledProcessError:
            return 0

    def theft(self):
        """The procedure for a stolen operator key, with a gate that has believed the thief."""
        gate = self.world.gate()
        thief = self.thief("thief")
        before = self.fleet.control_count()
        self.checks.equal("a_device_publishes_before_the_theft", self.publish(gate, self.fleet, "d1"), 2)
        thief.cli("--operator", "operator", "device", "add", "evil")
        thief.cli("--operator", "operator", "device", "suspend", "d1")
        gate.wait_for_control(self.fleet.control_count())
        self.checks.equal("a_thiefs_device_publishes_until_the_revocation", self.publish(gate, thief, "evil"), 2)
        self.checks.equal("what_a_thief_suspended_is_refused_until_the_revocation", self.publish(gate, self.fleet, "d1"), 0)
        listed = [json.loads(line) for line in self.fleet.cli("operator", "acts", "operator", "--json").stdout.splitlines()]
        self.checks.equal("acts_show_what_a_key_signed", [(act["name"], act["revision"], act["state"]) for act in listed if act["count"] > before],
                          [("evil", 1, "holds"), ("d1", 2, "holds")])
        self.expect("revoke_takes_no_place_beyond_the_log", self.run("operator", "revoke", "operator", "--stands-until", "100000"), 2, "--stands-until")
        self.expect("revoke_names_the_place_up_to_which_a_key_stands", self.run("operator", "revoke", "operator", "--stands-until", before), 0,
                    f"after control record {before} is void")
        gate.wait_for_control(self.fleet.control_count())
        listed = [json.loads(line) for line in self.fleet.cli("operator", "acts", "operator", "--json").stdout.splitlines()]
        self.checks.equal("acts_after_the_place_are_void", {act["count"] > before for act in listed if act["state"] == "void"}, {True})
        self.expect("a_void_device_is_unknown", self.run("device", "show", "evil"), 1, "there is no device 'evil'")
        self.checks.equal("what_a_thief_replaced_holds_again", self.show("device", "show", "d1")["state"], "active")
        self.expect("a_revoked_key_signs_nothing", thief.cli("--operator", "operator", "device", "add", "evil-2", check=False), 1, "is revoked")
        self.fleet.cli("operator", "add", "second")
        self.fleet.cli("--operator", "second", "gate", "renew", GATE)
        gate.wait_for_control(self.fleet.control_count())
        self.checks.equal("a_gate_refuses_a_void_device", self.publish(gate, thief, "evil"), 0)
        self.checks.equal("the_fleet_goes_on_with_another_operator", self.publish(gate, self.fleet, "d1"), 2)
        self.expect("a_device_is_suspended_by_the_next_operator", self.run("--operator", "second", "device", "suspend", "d1"), 0)
        self.checks.equal("the_next_record_follows_the_void_one", self.show("device", "show", "d1")["revision"], 3)
        self.fleet.cli("--operator", "second", "device", "resume", "d1")
        late = self.thief("late")
        self.checks.equal("a_copy_that_is_read_later_is_the_same", self.status(late), self.status(self.fleet))
        gate.broker.close()

    def succession(self):
        """The procedures for a root that was stolen, and then for one that was lost, with a device that pins the first two keys."""
        gate = self.world.gate()
        before = self.fleet.control_count()
        roots = self.show("root", "show")
        self.expect("root_change_by_the_root_needs_the_next_one", self.run("root", "change", "--by", "root"), 2, "--new-root")
        self.expect("root_change_takes_no_other_key", self.run("root", "change", "--key", self.fleet.folder / "root.key.pem"), 1, "not the key of the fleet's successor")
        thief = self.thief("root-thief")
        for name in ("successor.key.pem", "operators/second.key.pem"):
            (thief.folder / name).unlink()
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", thief.folder / "new.pem"], check=True)
        subprocess.run(["openssl", "pkey", "-in", thief.folder / "new.pem", "-pubout", "-out", thief.folder / "new.pub.pem"], check=True)
        thief.cli("root", "change", "--by", "root", "--new-root", thief.folder / "new.pub.pem")
        (thief.folder / "new.pem").chmod(0o600)
        thief.cli("operator", "add", "evil", "--root-key", thief.folder / "new.pem")
        thief.cli("operator", "revoke", "second", "--stands-until", 1, "--root-key", thief.folder / "new.pem")
        thief.cli("--operator", "evil", "device", "add", "evil-3")
        gate.wait_for_control(self.fleet.control_count())
        self.expect("the_thief_of_a_root_has_the_fleet", self.run("--operator", "second", "device", "add", "d2"), 1, "is revoked")
        acts = [json.loads(line) for line in self.fleet.cli("operator", "acts", "root", "--json").stdout.splitlines()]
        stolen = min(act["count"] for act in acts if act["kind"] == "root" and act["revision"] == 2) - 1
        self.checks.equal("acts_of_the_root_show_where_it_was_stolen", stolen, before)
        self.expect("the_successor_takes_a_stolen_roots_place", self.run("root", "change", "--stands-until", stolen), 0, "move", "offline")
        now = self.show("root", "show")
        self.checks.equal("the_successor_is_the_root_then", (now["root_key_id"], now["successor_key_id"] in roots.values()), (roots["successor_key_id"], False))
        self.expect("what_the_thief_of_a_root_enrolled_is_void", self.run("device", "show", "evil-3"), 1, "there is no device")
        self.expect("whom_the_thief_of_a_root_stated_is_no_operator", thief.cli("--operator", "evil", "device", "add", "evil-4", check=False), 1, "unknown operator")
        self.expect("whom_the_thief_of_a_root_revoked_goes_on", self.run("--operator", "second", "device", "add", "d2"), 0)
        self.expect("the_former_root_states_no_operator", self.run("operator", "add", "x"), 1, "would not be accepted")
        key = ("--root-key", self.fleet.folder / "successor.key.pem")
        self.expect("the_new_root_states_operators", self.run("operator", "add", "third", *key), 0)
        self.fleet.cli("--operator", "third", "gate", "renew", GATE)
        gate.wait_for_control(self.fleet.control_count())
        self.checks.equal("a_device_believes_the_new_roots_operators", self.publish(gate, self.fleet, "d1"), 2)
        self.checks.equal("a_gate_believes_who_was_enrolled_since", self.publish(gate, self.fleet, "d2"), 2)
        late = self.thief("late-root")
        self.checks.equal("a_copy_that_is_read_after_a_change_of_root_is_the_same", self.status(late), self.status(self.fleet))
        again = World(self.fleet.build, ["l1"])
        (again.fleet.folder / "root.key.pem").unlink()
        self.expect("without_its_key_a_lost_root_states_nobody", again.fleet.cli("operator", "add", "x", check=False), 2, "root.key.pem")
        self.expect("the_successor_takes_a_lost_roots_place", again.fleet.cli("root", "change", check=False), 0)
        again.fleet.cli("operator", "add", "next", "--root-key", again.fleet.folder / "successor.key.pem")
        again.fleet.cli("--operator", "next", "gate", "renew", GATE)
        other = again.gate()
        self.checks.equal("after_a_lost_root_devices_publish_on", self.publish(other, again.fleet, "l1", world=again), 2)
        other.broker.close()
        gate.broker.close()

    @staticmethod
    def status(fleet):
        said = json.loads(fleet.cli("status", "--json").stdout)
        return said["control_count"], said["control_chain"], said["records"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("operators")
    suite = Suite(checks, parser.parse_args().build)
    for test in (suite.scopes, suite.expiry, suite.theft, suite.succession):
        checks.run(f"{test.__name__}_runs_through", test)
    suite.world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
