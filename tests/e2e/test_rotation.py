#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gates, members and operators get other keys in real Kafka and a real gate: nothing is lost, no device is touched."""
import argparse
import base64
import datetime
import json
import pathlib
import sys
import time

from checks import Checks
from world import GATE, MEMBER, ROOT, TOPIC, World, payload, services
from fleet import wait_until

DEVICE = "r1"


class Suite:
    def __init__(self, checks, build):
        self.checks, self.build = checks, build
        self.world = World(build, [DEVICE])
        self.fleet = self.world.fleet
        self.gate = self.world.gate(options={"evidence_interval": "200ms"})
        self.sent = 0

    def run(self, *words):
        return self.fleet.cli(*words, check=False)

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def show(self, *words):
        return json.loads(self.fleet.cli(*words, "--json").stdout)

    def publish(self, name, proof="mac"):
        """The device's session is one that it opens now, by the gate's certificate."""
        lines = [{"device": DEVICE, "topic": TOPIC.format(device=DEVICE), "payload": payload(DEVICE, 1594598424.5 + self.sent + i)} for i in range(2)]
        self.checks.equal(name, self.world.load(self.gate, lines, "--proof", proof)["accepted"], 2)
        self.sent += 2

    def restart(self, keys):
        self.gate.broker.options["fleet"] = self.gate.broker.add(keys, f"fleet-{keys.name}")
        self.gate.start()
        self.gate.wait_for_control(self.fleet.control_count())

    def recording(self, topic):
        path = self.world.folder / f"{topic}.jsonl"
        path.write_text(self.fleet.cli("watch", topic, "--from-beginning", "--raw", "--max", len(self.world.dump(topic))).stdout)
        return path

    def log_has(self, event):
        return event in self.gate.broker.log.read_text(errors="replace")

    def gate_keys(self):
        """One rotation, from the old keys alone over both to the new ones alone, with records of each age on their way."""
        new, before = self.world.keys / "gate-new", self.show("gate", "show", GATE)
        self.publish("before_the_rotation_a_gate_takes_publishes")
        self.gate.wait_for_forwarding()
        self.expect("rotate_key_needs_a_folder", self.run("gate", "rotate-key", GATE), 2, "--out")
        self.expect("rotate_key_takes_no_folder_with_the_keys_it_has", self.run("gate", "rotate-key", GATE, "--out", self.world.keys / GATE), 2, "new folder")
        self.expect("rotate_key_gives_a_gate_new_keys", self.run("gate", "rotate-key", GATE, "--out", new), 0, str(new), "goes on with the former ones")
        after = self.show("gate", "show", GATE)
        self.checks.equal("the_record_has_both_keys", (after["former"]["signing_key"], after["former"]["agreement_key"], after["signing_key"] != before["signing_key"]),
                          (before["signing_key"], before["agreement_key"], True))
        shown, end = self.run("gate", "show", GATE), after["former_until"]
        self.expect("show_says_what_the_certificate_states", shown, 0, f"certificate: gate '{GATE}', key {after['key_id']}, from ", f"certificate_until: {after['certificate_until']}",
                    "certified_by: operator", f"former_until: {end}", f"former_key_id: {after['former_key_id']}")
        self.checks.note("show_has_no_base64_certificate", after["certificate"] not in shown.stdout and after["former"]["certificate"] not in shown.stdout, shown.stdout)
        listed = next(row for row in map(json.loads, self.fleet.cli("gate", "list", "--json").stdout.splitlines()) if row["name"] == GATE)
        self.checks.equal("list_tells_certificate_and_rotation", (listed["certificate_until"], listed["certified_by"], listed["former_until"]), (after["certificate_until"], "operator", end))
        self.checks.equal("before_a_rotation_none_is_told", (before["former_until"], "former_key_id" in before, before["key_id"]), ("", False, after["former_key_id"]))
        self.expect("one_rotation_at_a_time", self.run("gate", "rotate-key", GATE, "--out", self.world.keys / "gate-newer"), 1, "is not over")
        self.checks.note("what_is_refused_leaves_no_folder", not (self.world.keys / "gate-newer").exists())
        self.gate.wait_for_control(self.fleet.control_count())
        self.publish("with_its_former_keys_a_gate_goes_on")
        self.fleet.cli("gate", "set", GATE, "--claims")
        self.gate.wait_for_control(self.fleet.control_count())
        self.publish("a_change_meanwhile_leaves_the_former_keys")
        self.gate.wait_for_forwarding()
        self.checks.note("with_its_former_keys_a_gate_is_certified", not self.log_has("gate.keys-differ"))
        self.world.kafka.kill()
        self.publish("what_is_taken_while_kafka_is_away_waits_in_the_journal")
        self.gate.stop()
        self.world.kafka.start()
        self.restart(new)
        self.publish("with_its_new_keys_a_gate_goes_on_and_no_device_is_touched")
        self.gate.wait_for_forwarding()
        processor = self.world.processor()
        processor.start()
        processor.wait_for_decisions(self.sent)
        self.checks.equal("members_take_what_either_key_sealed", [letter["rule"] for letter in self.world.decoded("quarantine")], [])
        processor.stop()

    def evidence(self):
        self.gate.stop()
        words = ("--control", self.recording("control"), "--json")
        done = self.run("verify", "evidence", self.recording("evidence"), *words)
        self.checks.equal("the_gates_checkpoints_hold_over_the_rotation", (done.returncode, [json.loads(line)["verdict"] for line in done.stdout.splitlines()]), (0, ["holds"]))
        done = self.run("verify", "message", self.recording("telemetry.env-sensor"), "--evidence", self.world.folder / "evidence.jsonl", *words)
        self.checks.equal("each_record_is_covered_by_one_key_or_the_other", (done.returncode, [json.loads(line)["verdict"] for line in done.stdout.splitlines()]),
                          (0, ["gates-word-signed"] * self.sent))

    def twice(self):
        """A second rotation in a world of its own: the fleet's copy has the first key no more, a recording has them all."""
        world = World(self.build, ["t1"])
        gate = world.gate(options={"evidence_interval": "200ms"})
        line = {"device": "t1", "topic": TOPIC.format(device="t1"), "payload": payload("t1", 1594598424.5)}
        world.load(gate, [line], "--proof", "mac")
        gate.wait_for_forwarding()
        gate.stop()

        def recording(topic):
            path = world.folder / f"{topic}.jsonl"
            path.write_text(world.fleet.cli("watch", topic, "--from-beginning", "--raw", "--max", len(world.dump(topic))).stdout)
            return path

        def judge(*words):
            done = world.fleet.cli("verify", *words, "--json", check=False)
            return (done.returncode, [(f["verdict"], f.get("reason"), f["text"]) for f in map(json.loads, done.stdout.splitlines())]), done
        evidence, messages = recording("evidence"), recording("telemetry.env-sensor")
        world.fleet.cli("gate", "rotate-key", GATE, "--out", world.keys / "new-1", "--overlap", "1m")
        again = ("gate", "rotate-key", GATE, "--out", world.keys / "new-2", "--overlap", "1m")
        wait_until("the end of the former keys", lambda: world.fleet.cli(*again, check=False).returncode == 0, 120)
        (code, found), done = judge("evidence", evidence)
        self.checks.note("with_the_fleets_copy_the_first_keys_checkpoints_are_undecided", code == 1 and found and all(
            verdict == "undecided" and "--control" in text for verdict, _, text in found), done)
        (code, found), done = judge("message", messages, "--evidence", evidence)
        self.checks.equal("with_the_fleets_copy_the_gates_word_under_them_is_undecided", (code, [f[:2] for f in found]), (1, [("undecided", "evidence-undecided")]))
        self.checks.note("with_the_fleets_copy_a_note_says_what_decides", "--control" in done.stderr, done.stderr)
        control = recording("control")
        found = [judge("evidence", evidence, "--control", control)[0], judge("message", messages, "--evidence", evidence, "--control", control)[0]]
        self.checks.equal("with_a_recording_all_checkpoints_hold_after_two_rotations", [(code, [f[0] for f in rows]) for code, rows in found], [(0, ["holds"]), (0, ["gates-word-signed"])])
        gate.broker.close()
        world.kafka.close()

    def former_end(self):
        """The end of the former keys: here that of the gate's keys, which came first."""
        self.gate.start()
        self.publish("a_restart_changes_nothing")
        self.gate.wait_for_forwarding()
        world = World(self.build, ["e1"])
        world.fleet.cli("gate", "renew", GATE, "--until", "2020-01-01")
        rotate = ("gate", "rotate-key", GATE, "--out", world.keys / "new")
        self.expect("keys_that_have_ended_are_not_rotated", world.fleet.cli(*rotate, check=False), 1, "2020-01-01", "gate renew")
        soon = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 25))
        world.fleet.cli("gate", "renew", GATE, "--until", soon + "Z")
        self.expect("the_former_keys_end_with_the_gates", world.fleet.cli(*rotate, check=False), 0, soon)
        world.fleet.cli("gate", "renew", GATE, "--until", "never")
        shown = json.loads(world.fleet.cli("gate", "show", GATE, "--json").stdout)
        self.checks.equal("renew_takes_an_end_away", ("not_after" in shown, "former" in shown), (False, True))
        gate = world.gate()
        wait_until("the end of the former keys", lambda: "gate.keys-not-valid" in gate.broker.log.read_text(errors="replace"), 60)
        self.checks.note("past_their_end_a_gate_does_not_go_on_with_its_former_keys", True)
        gate.broker.close()
        world.kafka.close()

    def certificate_end(self):
        """What a change does not name stays: here how long devices take the gate's certificate."""
        self.fleet.cli("gate", "renew", GATE, "--valid", "3650d")
        self.checks.note("renew_gives_a_certificate_its_end", self.days_left() > 3640, self.days_left())
        self.fleet.cli("gate", "set", GATE, "--no-claims")
        self.checks.note("set_shortens_no_certificate", self.days_left() > 3640, self.days_left())
        self.fleet.cli("gate", "renew", GATE)
        self.checks.note("renew_shortens_no_certificate", self.days_left() > 3640, self.days_left())

    def member(self):
        new = self.world.keys / "member-new"
        before = self.show("processor", "show", "attestream")
        self.expect("a_members_rotation_needs_a_folder", self.run("processor", "rotate-key", MEMBER), 2, "--out")
        self.expect("a_members_rotation_takes_no_folder_with_its_key", self.run("processor", "rotate-key", MEMBER, "--out", self.world.keys / MEMBER), 2, "new folder")
        self.expect("nobody_elses_key_is_rotated", self.run("processor", "rotate-key", "nobody", "--out", new), 1, "has no member 'nobody'")
        self.expect("rotate_key_gives_a_member_a_new_key", self.run("processor", "rotate-key", MEMBER, "--out", new), 0, str(new))
        after = self.show("processor", "show", "attestream")
        self.checks.equal("the_groups_key_stays", (after["agreement_key"], len(after["members"]), after["members"][0]["scopes"]),
                          (before["agreement_key"], len(before["members"]), before["members"][0]["scopes"]))
        self.checks.note("the_members_key_is_another", after["members"][0]["signing_key"] != before["members"][0]["signing_key"])
        old = self.world.processor(MEMBER, "processor-old")
        old.start()
        old.process.wait_for_text(r"checkpoint\.stopped .*it signs no checkpoint", 60)
        self.checks.note("a_member_that_begins_with_its_old_key_says_that_it_signs_nothing", True)
        old.stop()
        count = self.fleet.control_count()
        processor = self.world.processor(new.name)
        processor.start()
        processor.wait_until_ready()
        wait_until("its checkpoint", lambda: self.fleet.control_count() > count, 60)
        self.checks.equal("a_member_signs_with_its_new_key", self.world.decoded("control")[-1]["signer"], MEMBER)
        self.checks.note("who_signs_is_not_told_to_sign_nothing", "checkpoint.stopped" not in processor.log.read_text())
        processor.stop()

    def operators(self):
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        self.fleet.cli("operator", "add", "ann", "--until", soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.expect("renew_refuses_an_end_in_the_past", self.run("operator", "renew", "ann", "--until", "2020-01-01"), 2, "--until")
        self.expect("renew_gives_an_operator_a_later_end", self.run("operator", "renew", "ann", "--until", "2099-01-01"), 0, "2099-01-01")
        self.expect("renew_takes_an_end_as_a_duration", self.run("operator", "renew", "ann", "--until", "400d"), 0, (soon + datetime.timedelta(days=400)).strftime("%Y-"))
        self.expect("renew_takes_an_operators_end_away", self.run("operator", "renew", "ann", "--until", "never"), 0, "never")
        shown = self.show("operator", "show", "ann")
        self.checks.equal("renew_leaves_key_and_scope", (shown.get("not_after", 0), len(shown["kinds"]), shown["revision"]), (0, 7, 4))
        self.fleet.cli("--operator", "ann", "device", "add", "before-1")
        self.fleet.cli("--operator", "ann", "gate", "renew", GATE)
        former = (self.fleet.folder / "operators/ann.key.pem").read_bytes()
        self.expect("nobody_elses_operators_key_is_rotated", self.run("operator", "rotate-key", "bob"), 1, "there is no operator 'bob'")
        self.expect("rotate_key_names_the_gates_to_renew", self.run("operator", "rotate-key", "ann"), 0, "gate renew " + GATE)
        self.checks.equal("the_new_key_takes_the_old_ones_place", ((self.fleet.folder / "operators/ann.key.pem").read_bytes() != former,
                                                                    [file.name for file in (self.fleet.folder / "operators").glob("*.new")]), (True, []))
        self.checks.equal("what_the_former_key_signed_stands", self.show("device", "show", "before-1")["state"], "active")
        self.expect("the_new_key_signs", self.run("--operator", "ann", "device", "add", "after-1"), 0)
        old = self.world.folder / "old"
        old.write_bytes((self.fleet.folder / "operators/ann.key.pem").read_bytes())
        (self.fleet.folder / "operators/ann.key.pem").write_bytes(former)
        self.expect("the_former_key_signs_nothing", self.run("--operator", "ann", "device", "add", "after-2"), 1, "would not be accepted")
        (self.fleet.folder / "operators/ann.key.pem").write_bytes(old.read_bytes())
        self.gate.wait_for_control(self.fleet.control_count())
        self.fleet.cli("--operator", "ann", "gate", "renew", GATE)
        self.gate.wait_for_control(self.fleet.control_count())
        self.publish("a_gate_that_the_new_key_certifies_is_believed", "signature")

    def days_left(self):
        """Of the gate's certificate: its end is the last eight bytes before the signature."""
        data = base64.b64decode(self.show("gate", "show", GATE)["certificate"])
        end = int.from_bytes(data[-72:-64], "big")
        return (end / 1000 - datetime.datetime.now().timestamp()) / 86400


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("rotation")
    suite = Suite(checks, parser.parse_args().build)
    for test in (suite.gate_keys, suite.evidence, suite.twice, suite.former_end, suite.certificate_end, suite.member, suite.operators):
        checks.run(f"{test.__name__}_runs_through", test)
    suite.gate.broker.close()
    suite.world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
