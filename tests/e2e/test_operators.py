#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Operators, roots and acts of two persons against real Kafka and a real gate: scopes, expiry, theft, succession."""
import argparse
import datetime
import json
import pathlib
import sys

from checks import Checks
from world import ROOT, World, services
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("operators")
    suite = Suite(checks, parser.parse_args().build)
    for test in (suite.scopes, suite.expiry):
        checks.run(f"{test.__name__}_runs_through", test)
    suite.world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
