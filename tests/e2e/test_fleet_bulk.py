#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One act on many devices, against real Kafka: files of names and CSV, what is refused and what is left, Ctrl-C, two persons."""
import argparse
import base64
import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import confluent_kafka
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks import Checks
from world import ROOT, Fleet, services
from fleet import wait_until

FEW, MANY, HOURLY = 300, 4000, 50
GROUP = 1000  # rows that go into the log together
PROPOSAL = 10_000  # records of one proposal


def public_key():
    """A new device's, in base64, and its id."""
    return base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


class Suite:
    def __init__(self, checks, build):
        self.checks = checks
        self.folder = services.TempDir("bulk").path
        self.kafka = services.kafka()
        self.fleet = Fleet(build, self.folder / "fleet", self.kafka)
        self.fleet.cli("init")
        self.reader = confluent_kafka.Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": "bulk"})

    def run(self, *words):
        return self.fleet.cli(*words, check=False)

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def result(self, *words):
        """Exit code, the rows that were refused, and what came of the whole."""
        done = self.run(*words, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, rows[:-1], rows[-1]

    def file(self, name, lines):
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def table(self, name, header, rows):
        path = self.folder / name
        with path.open("w", newline="") as to:
            csv.writer(to).writerows([header, *rows])
        return path

    def states(self):
        rows = map(json.loads, self.run("device", "list", "--json").stdout.splitlines())
        return {row["name"]: row for row in rows}

    def count(self, names, state):
        shown = self.states()
        return sum(shown[name]["state"] == state for name in names)

    def log_end(self):
        return self.reader.get_watermark_offsets(confluent_kafka.TopicPartition(self.kafka.prefix + "control", 0))[1]

    def enrol(self, prefix, count):
        names = [f"{prefix}-{number:05}" for number in range(count)]
        self.fleet.cli("device", "import", self.table(f"{prefix}.csv", ["name", "public_key"], [(name, public_key()) for name in names]))
        return names

    def verbs(self):
        names = self.enrol("press", FEW)
        self.expect("a_call_names_devices_or_a_file", self.run("device", "suspend"), 2, "--from FILE")
        self.expect("a_call_names_devices_or_a_file_and_not_both", self.run("device", "suspend", names[0], "--from", "x"), 2, "--from FILE")
        self.expect("several_names_are_suspended", self.run("device", "suspend", *names[:3]), 0, "suspended 3 devices")
        listing = self.file("names.txt", ["# hall 3", names[0], "", *names[3:], "nobody", "bad/name"])
        code, refused, whole = self.result("device", "suspend", "--from", listing)
        self.checks.equal("refused_rows_are_told_with_line_and_hold_up_no_other",
                          (code, [(row["line"], row["name"]) for row in refused], whole),
                          (1, [(FEW + 1, "nobody"), (FEW + 2, "bad/name")],
                           {"verdict": "suspended", "changed": FEW - 3, "already": 1, "refused": 2, "left": 0}))
        self.checks.equal("every_good_row_is_suspended", {row["state"] for row in self.states().values()}, {"suspended"})
        before = self.log_end()
        code, _, whole = self.result("device", "suspend", *names)
        self.checks.equal("what_is_so_already_is_no_failure", (code, whole["changed"], whole["already"]), (0, 0, FEW))
        self.checks.equal("what_is_so_already_is_not_written", self.log_end(), before)
        code, _, whole = self.result("device", "resume", "--from", self.folder / "press.csv")
        self.checks.equal("the_file_of_an_import_names_devices", (code, whole["changed"], whole["refused"]), (0, FEW, 0))
        code, _, whole = self.result("device", "set", "--site", "north", "--from", self.table("set.csv", ["firmware", "name"], [("2.1", name) for name in names]))
        shown = self.states()[names[7]]
        self.checks.equal("attributes_come_from_flags_and_columns", (code, whole["changed"], shown["site"], shown["firmware"]), (0, FEW, "north", "2.1"))
        self.expect("set_takes_no_column_that_it_would_lose", self.run("device", "set", "--from", self.table("lost.csv", ["name", "firmwear"], [])), 2, "'firmware'")
        self.expect("set_of_names_alone_needs_an_attribute", self.run("device", "set", "--from", listing), 2, "at least one attribute")
        self.checks.equal("a_device_may_stand_twice", self.result("device", "retire", names[0], names[0])[2]["already"], 1)

    def keys(self):
        names = self.enrol("oven", FEW)
        old = {name: row["key_id"] for name, row in self.states().items() if name in set(names)}
        fresh = self.table("fresh.csv", ["name", "public_key"], [*((name, public_key()) for name in names), (names[0], "AAAA"), ("nobody", public_key())])
        code, refused, whole = self.result("device", "add-key", "--from", fresh)
        self.checks.equal("many_devices_get_a_key", (code, [row["line"] for row in refused], whole["verdict"], whole["changed"]), (1, [FEW + 2, FEW + 3], "added", FEW))
        self.checks.equal("a_key_that_is_there_is_no_failure", self.result("device", "add-key", "--from", fresh)[2]["already"], FEW)
        gone = self.table("gone.csv", ["name", "key_id"], [*old.items(), (names[0], "0" * 16)])
        code, refused, whole = self.result("device", "retire-key", "--from", gone)
        self.checks.equal("many_keys_are_retired", (code, [row["line"] for row in refused], whole["verdict"], whole["changed"]), (1, [FEW + 2], "retired", FEW))
        self.checks.equal("a_key_that_was_retired_is_no_failure", self.result("device", "retire-key", "--from", gone)[2]["already"], FEW)
        self.checks.equal("each_has_its_new_key_alone", {row["keys"] for name, row in self.states().items() if name in old}, {1})
        both = self.table("both.csv", ["name", "public_key"], [(name, public_key()) for name in names[:2]])
        self.expect("many_that_get_a_key_are_told_in_plain_words", self.run("device", "add-key", "--from", both), 0, "added a key to 2 devices, 0 were so already")
        both = self.table("both-ids.csv", ["name", "key_id"], [(name, json.loads(self.run("device", "show", name, "--json").stdout)["keys"][-1]["id"]) for name in names[:2]])
        self.expect("many_that_lose_a_key_are_told_in_plain_words", self.run("device", "retire-key", "--from", both), 0, "retired a key of 2 devices, 0 were so already")
        self.expect("retire_key_names_its_columns", self.run("device", "retire-key", "--from", self.file("names-alone.txt", names)), 2, "'key_id'")
        self.expect("a_key_that_would_never_be_good_is_refused", self.run("device", "add-key", names[0], "--not-after", "2020-01-01"), 2, "--not-after is past")

    def interrupt(self):
        """Stopped in its second group: what it wrote is told, and the same command goes on with the rest."""
        names = self.enrol("many", MANY)
        listing = self.file("many.txt", names)
        before = self.log_end()
        command = subprocess.Popen(self.fleet.command("device", "suspend", "--from", listing, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env={**os.environ, **self.kafka.environment()})
        wait_until("the first group", lambda: self.log_end() >= before + GROUP)
        command.send_signal(signal.SIGINT)
        said, told = command.communicate(timeout=60)
        whole = json.loads(said.splitlines()[-1])
        wrote = self.log_end() - before
        self.checks.note("ctrl_c_ends_it_before_all_are_done", command.returncode == 1 and GROUP <= whole["changed"] < MANY, f"{said} {told}")
        self.checks.equal("what_was_written_is_said", (whole["changed"], whole["left"], whole["ending"]), (wrote, MANY - wrote, "interrupted"))
        self.checks.note("how_to_go_on_is_said", "goes on with the rest" in told, told)
        code, _, whole = self.result("device", "suspend", "--from", listing)
        self.checks.equal("the_same_command_goes_on_where_it_stopped", (code, whole["changed"], whole["already"]), (0, MANY - wrote, wrote))

    def failure(self):
        """Kafka goes away behind the first group: no row is lost from the sums, and the same command goes on later."""
        names = self.enrol("cut", MANY)
        listing = self.file("cut.txt", names)
        before = self.log_end()
        command = subprocess.Popen(self.fleet.command("device", "suspend", "--from", listing, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env={**os.environ, **self.kafka.environment()})
        wait_until("the first group", lambda: self.log_end() >= before + GROUP)
        self.kafka.kill()
        said, told = command.communicate(timeout=120)
        self.kafka.start()
        whole = json.loads(said.splitlines()[-1])
        self.checks.equal("a_failure_ends_it_with_3_and_is_told", (command.returncode, whole["ending"]), (3, "failed"))
        self.checks.equal("what_was_not_read_yet_counts_as_not_reached", (whole["changed"] + whole["left"], whole["changed"] % GROUP), (MANY, 0))
        self.checks.note("how_to_go_on_after_a_failure_is_said", "goes on with the rest" in told, told)
        code, _, whole = self.result("device", "suspend", "--from", listing)
        self.checks.equal("the_same_command_goes_on_after_a_failure", (code, whole["changed"] + whole["already"], "ending" in whole), (0, MANY, False))

    def interrupt_import(self):
        table = self.table("imported.csv", ["name"], [[f"imported-{i:05d}"] for i in range(MANY)])
        before = self.log_end()
        command = subprocess.Popen(self.fleet.command("device", "import", table), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env={**os.environ, **self.kafka.environment()})
        wait_until("the first rows", lambda: self.log_end() > before)
        command.send_signal(signal.SIGINT)
        said, told = command.communicate(timeout=60)
        wrote = self.log_end() - before
        self.checks.note("ctrl_c_ends_an_import_with_what_was_written", command.returncode == 1 and f"added {wrote} devices" in said and
                         f"{MANY - wrote} not reached" in said and "goes on with the rest" in told and 0 < wrote < MANY, f"{command.returncode} {wrote} {said} {told}")
        again = json.loads(self.run("device", "import", table, "--json").stdout.splitlines()[-1])
        self.checks.equal("an_import_goes_on_where_it_stopped", (again["added"] + wrote, again["refused"]), (MANY, 0))

    def import_failure(self):
        """Kafka goes away behind the first group of an import: its sums lose no row either."""
        table = self.table("cut.csv", ["name"], [[f"torn-{i:05d}"] for i in range(MANY)])
        before = self.log_end()
        command = subprocess.Popen(self.fleet.command("device", "import", table, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env={**os.environ, **self.kafka.environment()})
        wait_until("the first group", lambda: self.log_end() >= before + GROUP)
        self.kafka.kill()
        said, told = command.communicate(timeout=120)
        self.kafka.start()
        whole = json.loads(said.splitlines()[-1])
        self.checks.equal("a_failure_of_an_import_tells_what_was_not_reached", (command.returncode, whole.get("ending"), whole["added"] + whole["left"], "goes on with the rest" in told),
                          (3, "failed", MANY, True))
        kept = int((re.search(r"private keys? of (\d+) of those not reached", told) or [0, 0])[1])
        self.checks.equal("keys_of_which_it_is_not_known_are_told", (kept > 0, len(list((self.fleet.folder / "devices").glob("torn-*"))), whole["key_folder"]),
                          (True, whole["added"] + kept, f"{self.fleet.folder}/devices"))
        code, _, whole = self.result("device", "import", table)
        self.checks.equal("an_import_goes_on_after_a_failure", (code, whole["added"] + whole["unchanged"], whole["left"], "ending" in whole), (0, MANY, 0, False))

    def new_among_many(self, proposer, approver):
        """Six new devices in one file: too many to be shown one by one."""
        keys, records, file = [], [], self.folder / "new.json"
        for number in range(6):
            key = Ed25519PrivateKey.generate().public_key()
            keys.append(base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode())
            pem = self.file("new.pem", key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().splitlines())
            file.unlink(missing_ok=True)
            self.fleet.cli(*proposer, "--propose", file, "device", "add", f"new-{number}", "--public-key", pem, "--site", "hall-9")
            records += json.loads(file.read_text())["records"]
        file.write_text(json.dumps({"proposal": 1, "records": records}))
        self.expect("what_is_new_among_many_is_shown_whole", self.run(*approver, "approve", file, "--show"), 0, "hall-9", *keys)

    def persons(self):
        names = self.enrol("plant", 3 * HOURLY)
        few = self.enrol("few", 2)
        listing, file = self.file("plant.txt", names), self.folder / "proposal.json"
        self.fleet.cli("operator", "add", "ann", "--kinds", "device")
        self.fleet.cli("operator", "add", "ben", "--kinds", "device")
        self.fleet.cli("policy", "set", "--hourly", HOURLY)
        ann, ben = ("--operator", "ann"), ("--operator", "ben")
        before = self.log_end()
        done = self.run(*ann, "device", "suspend", "--from", listing, "--json")
        whole = json.loads(done.stdout.splitlines()[-1])
        self.checks.equal("one_operator_stops_what_the_policy_leaves", (done.returncode, whole["verdict"], whole["ending"], whole["changed"], whole["left"]),
                          (1, "incomplete", "hourly", HOURLY, 2 * HOURLY))
        self.checks.note("how_a_second_person_goes_on_is_said", "--propose FILE" in done.stderr, done.stderr)
        self.checks.note("the_hourly_limit_is_named", f"{HOURLY} devices, gates or members within an hour" in done.stderr, done.stderr)
        self.checks.equal("nothing_is_signed_that_readers_would_refuse", self.log_end(), before + HOURLY)
        self.expect("what_stops_nothing_is_not_counted", self.run(*ann, "device", "set", "--line", "3", "--from", listing), 0, f"set {3 * HOURLY} devices")
        self.expect("the_rest_is_one_proposal", self.run(*ann, "--propose", file, "device", "suspend", "--from", listing), 0, "proposed", f"{2 * HOURLY} devices are to be suspended")
        self.checks.equal("a_proposal_changes_nothing", self.count(names, "suspended"), HOURLY)
        shown = self.run(*ben, "approve", file, "--show")
        self.expect("many_are_shown_as_a_table", shown, 0, names[-1], "active", "suspended", "digest")
        self.checks.note("a_table_has_a_line_for_each", len(shown.stdout.splitlines()) < 2 * HOURLY + 10, shown.stdout[:500])
        self.new_among_many(ann, ben)
        digest = shown.stdout.split("digest: ")[1].split()[0]
        self.expect("a_second_person_approves_them_at_once", self.run(*ben, "approve", file, "--digest", digest), 0, f"{2 * HOURLY} records")
        idle = self.folder / "idle.json"
        code, _, whole = self.result(*ann, "--propose", idle, "device", "suspend", "--from", listing)
        self.checks.equal("what_is_so_already_is_not_proposed", (code, whole["verdict"], whole["changed"], whole["already"], idle.exists()),
                          (0, "not-proposed", 0, 3 * HOURLY, False))
        self.checks.equal("two_persons_stop_a_plant", self.count(names, "suspended"), 3 * HOURLY)
        count = self.fleet.control_count()
        self.expect("an_approval_that_is_repeated_is_told", self.run(*ben, "approve", file, "--digest", digest), 0, "approved already")
        self.checks.equal("an_approval_that_is_repeated_writes_nothing", self.fleet.control_count(), count)
        self.expect("what_is_approved_is_shown_as_such", self.run("approve", file, "--show"), 1, "approved already")
        self.fleet.cli("policy", "set", "--hourly", 0)
        self.expect("where_nobody_may_stop_any_alone_it_is_said", self.run(*ben, "device", "suspend", *few), 1, "lets no operator stop devices, gates or members alone", "--propose FILE")
        self.fleet.cli("policy", "set", "--critical", "device", "--hourly", HOURLY)
        self.expect("one_operator_suspends_at_once_where_devices_take_two", self.run(*ben, "device", "suspend", *few), 0, "suspended 2 devices")
        self.expect("one_operator_resumes_none_where_devices_take_two", self.run(*ben, "device", "resume", *few), 1, "takes two persons")

        self.enrolment_of_two(ann, ben)

    def enrolment_of_two(self, ann, ben):
        """Where devices take two persons an import is a proposal; what is there already is none."""
        table, file = self.table("two.csv", ["name", "site"], [("two-1", "north"), ("two-2", "south")]), self.folder / "two.json"
        keys = [self.fleet.folder / f"devices/two-{number}.key.pem" for number in (1, 2)]
        before = self.log_end()
        done = self.run(*ann, "device", "import", table, "--json")
        whole = json.loads(done.stdout.splitlines()[-1])
        self.checks.equal("one_operator_imports_none_where_devices_take_two", (done.returncode, whole["ending"], whole["added"], whole["refused"], whole["left"]), (1, "takes-two", 0, 0, 2))
        self.checks.equal("an_import_of_none_is_not_told_as_imported", whole["verdict"], "incomplete")
        self.checks.note("how_an_import_goes_on_is_said", "--propose FILE" in done.stderr, done.stderr)
        self.checks.equal("an_import_that_takes_two_writes_nothing", (self.log_end(), [key.exists() for key in keys]), (before, [False, False]))
        self.expect("an_import_asks_who_signs_before_it_makes_a_key", self.run("--propose", file, "device", "import", table), 2, "--operator", f"nothing was proposed, and {file} was not written")
        taken = self.file("taken.json", ["{}"])
        self.expect("an_import_looks_at_its_proposal_before_it_makes_a_key", self.run(*ann, "--propose", taken, "device", "import", table), 1, "exists already")
        self.checks.equal("an_import_that_cannot_begin_makes_no_key", [key.exists() for key in keys], [False, False])
        done = self.run(*ann, "--propose", file, "device", "import", table, "--json")
        self.checks.equal("an_import_is_proposed", (done.returncode, json.loads(done.stdout), "2 devices are to be added" in done.stderr),
                          (0, {"verdict": "proposed", "file": str(file), "added": 2, "unchanged": 0, "refused": 0, "left": 0, "key_folder": f"{self.fleet.folder}/devices"}, True))
        self.checks.equal("a_proposed_import_leaves_its_keys", [key.exists() for key in keys], [True, True])
        digest = next(row["digest"] for row in map(json.loads, self.run("approve", file, "--show", "--json").stdout.splitlines()) if "digest" in row)
        self.expect("a_proposed_import_is_approved", self.run(*ben, "approve", file, "--digest", digest), 0, "2 records")
        self.checks.equal("a_proposed_import_has_its_attributes", self.states()["two-2"]["site"], "south")
        self.expect("an_import_that_two_approved_is_unchanged", self.run("device", "import", table), 0, "added 0 devices, 2 unchanged")
        full = self.table("full.csv", ["name", "site", "public_key"], [*((f"full-{number}", "", public_key()) for number in range(PROPOSAL)), ("two-1", "north", ""), ("late", "", "")])
        code, _, whole = self.result(*ann, "--propose", self.folder / "full.json", "device", "import", full)
        self.checks.equal("a_proposal_of_an_import_has_an_end", (code, whole["verdict"], whole["ending"], whole["added"], whole["unchanged"], whole["left"],
                                                                             (self.fleet.folder / "devices/late.key.pem").exists()), (1, "proposed", "proposal-full", PROPOSAL, 1, 1, False))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("fleet-bulk")
    suite = Suite(checks, parser.parse_args().build)
    for test in (suite.verbs, suite.keys, suite.interrupt, suite.failure, suite.interrupt_import, suite.import_failure, suite.persons):
        checks.run(f"{test.__name__}_runs_through", test)
    suite.reader.close()
    suite.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
