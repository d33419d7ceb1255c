#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`attestream quarantine`: what real gates kept out of real Kafka is listed, counted and explained, what a new contract would say, and what it is
admitted anew by: once, with its time and proof, through kills and other keys."""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import confluent_kafka

from checks import Checks
from world import GATE, ROOT, TOPIC, World, payload, services
from stock_client import Client

HOT, LOUD, SIGNER, GONE = "dev-hot", "dev-loud", "dev-signs", "dev-gone"
FLOOD = 120  # more than a list shows where nothing is said
LIMIT = 80  # the contract's own for temp; the next version takes more


class Suite:
    def __init__(self, checks, world, gate):
        self.checks, self.world, self.gate = checks, world, gate

    def run(self, *words):
        return self.world.fleet.cli("quarantine", *words, check=False)

    def rows(self, *words):
        done = self.run("list", *words, "--json")
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def publish(self, device, *payloads):
        client = Client(self.gate.port, device, device, self.world.fleet.token(device))
        for data in payloads:
            client.publish(TOPIC.format(device=device), data)
        client.close()
        self.gate.wait_for_forwarding()

    def publish_version(self, version, *changes):
        """Of the contract, behind the one before."""
        folder = self.world.folder / "env-sensor"
        if not folder.exists():
            shutil.copytree(ROOT / "schemas/contracts/env-sensor", folder)
        document = folder / "contract.odcs.yaml"
        text = re.sub(r"^version: .*$", f"version: {version}", document.read_text(), flags=re.M)
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        document.write_text(text)
        self.world.fleet.cli("contract", "publish", folder)
        self.gate.wait_for_control(self.world.fleet.control_count())

    def empty(self):
        self.expect("an_empty_quarantine_is_told", self.run("list"), 0, "nothing is in quarantine")
        self.checks.equal("an_empty_quarantine_is_no_row", self.rows(), (0, []))
        self.expect("a_record_that_is_not_there_is_told", self.run("show", "0:0"), 1, "no record 0:0")
        self.expect("a_partition_that_is_not_there_is_told", self.run("show", "99:0"), 1, "no record 99:0")
        self.expect("what_is_no_id_is_told", self.run("show", "0-0"), 2, "'0-0'", "PARTITION:OFFSET")

    def lists(self):
        self.publish(HOT, payload(HOT, temp=LIMIT + 5), "not json", "[" + payload(HOT) + "," + payload(HOT, temp=LIMIT + 7) + "]")
        self.publish(LOUD, *([payload(LOUD).replace('"device":', '"x": 1, "device":')] * FLOOD))
        code, rows = self.rows("--device", HOT)
        self.checks.equal("a_devices_records_are_listed_with_their_reason", (code, [(r["class"], r["rule"], r["path"], r["item"]) for r in rows]),
                          (0, [("quality", "range", "data.temp", None), ("malformed", "json-syntax", "", None), ("quality", "range", "data.temp", 1)]))
        self.checks.equal("records_are_listed_oldest_first", [r["time"] for r in rows], sorted(r["time"] for r in rows))
        done = self.run("list")
        self.checks.note("the_newest_are_listed_and_how_many_there_are", f"shown are the newest 100 of {FLOOD + 3}" in done.stderr and len(done.stdout.splitlines()) == 101, done.stderr)
        code, rows = self.rows("--max", 1000)
        self.checks.equal("more_are_listed_where_it_is_asked", (code, len(rows)), (0, FLOOD + 3))
        for words, count in ((("--rule", "range"), 2), (("--class", "schema"), FLOOD), (("--contract", "env-sensor"), FLOOD + 3), (("--contract", "env-sensor@1.0.0", "--class", "malformed"), 1),
                             (("--contract", "env-sensor@9.0.0"), 0), (("--contract", "env-sens"), 0), (("--gate", GATE), FLOOD + 3), (("--source", "processor"), 0)):
            self.checks.equal("_".join(["list_is_narrowed_by", *(w.strip("-").replace("@", "_").replace(".", "_") for w in words)]), len(self.rows(*words, "--max", 1000)[1]), count)
        self.checks.equal("records_are_counted_by_device", self.rows("--by", "device"), (0, [{"device": LOUD, "records": FLOOD}, {"device": HOT, "records": 3}]))
        self.checks.equal("records_are_counted_by_rule", self.rows("--by", "rule", "--device", HOT), (0, [{"rule": "range", "records": 2}, {"rule": "json-syntax", "records": 1}]))
        self.expect("what_cannot_be_counted_by_is_told", self.run("list", "--by", "moon"), 2, "'moon'", "device, contract")
        self.expect("a_bad_number_of_rows_is_told", self.run("list", "--max", "0"), 2, "--max")

    def shows(self):
        hot, bad, item = self.rows("--device", HOT)[1]
        done = self.run("show", hot["id"], "--json")
        shown = json.loads(done.stdout)
        self.checks.equal("a_record_is_shown_with_value_payload_and_contract",
                          (done.returncode, shown["id"], shown["value"], shown["payload"], shown["contract"], shown["gate"], shown["proof"], shown["device"], shown["topic"]),
                          (0, hot["id"], LIMIT + 5, payload(HOT, temp=LIMIT + 5), "env-sensor@1.0.0", GATE, "connection", HOT, TOPIC.format(device=HOT)))
        self.checks.equal("what_the_contract_says_now_is_shown", {k: shown["now"][k] for k in ("verdict", "contract", "rule", "path")},
                          {"verdict": "quarantined", "contract": "env-sensor@1.0.0", "rule": "range", "path": "data.temp"})
        shown = json.loads(self.run("show", item["id"], "--json").stdout)
        self.checks.equal("an_event_of_a_list_is_shown_with_its_index", (shown["item"], shown["items"], shown["payload"]), (1, 2, payload(HOT, temp=LIMIT + 7)))
        self.expect("several_are_shown_to_people", self.run("show", hot["id"], bad["id"]), 0, "payload: not json", "rule: range", "contract: env-sensor@1.0.0")
        self.publish_version("1.1.0", (f"{LIMIT}]", f"{LIMIT + 6}]"))
        now = [json.loads(self.run("show", one["id"], "--json").stdout)["now"] for one in (hot, item, bad)]
        self.checks.equal("what_a_new_version_would_take_is_shown", [(n["verdict"], n["contract"]) for n in now],
                          [("admitted", "env-sensor@1.1.0"), ("quarantined", "env-sensor@1.1.0"), ("quarantined", "env-sensor@1.1.0")])

    # ---- replay ----

    def telemetry(self, device):
        """What was admitted anew: the record of each event that had been kept out, and how many events that became. After a kill a gate sends a
        record once more, under its name."""
        found = [r for r in self.world.dump("telemetry.env-sensor") if r.header("ats_device") == device and r.header("ats_replay")]
        return {r.header("ats_replay"): r for r in found}, len({r.header("ce_id") for r in found})

    def sign(self, *words):
        """(exit code, a row for each record, the names of what was signed)."""
        done = self.run("replay", *words, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, [row for row in rows if "id" in row], [row["name"] for row in rows if "name" in row]

    def done(self, name, admitted=0, repeated=0, refused=0):
        """Waits for what the gate's log says of it, and for the end of the forwarding."""
        self.gate.broker.wait_for_text(f"replay.done name={name} admitted={admitted} repeated={repeated} refused={refused}")

    def replays(self):
        hot, bad, item = self.rows("--device", HOT)[1]
        count = self.world.fleet.control_count()
        self.expect("which_records_is_asked", self.run("replay"), 2, "which records?")
        code, rows, named = self.sign(hot["id"], "--dry-run")
        self.checks.equal("a_dry_run_signs_nothing", (code, rows[0]["verdict"], named, self.world.fleet.control_count()), (0, "replay", [], count))
        code, rows, (name,) = self.sign("--device", HOT)
        self.checks.equal("what_would_be_refused_again_is_told_and_not_named", (code, [(r["id"], r["verdict"], r["reason"]) for r in rows]),
                          (1, [(hot["id"], "replay", None), (bad["id"], "refused", "json-syntax"), (item["id"], "refused", "range")]))
        self.done(name, admitted=1)
        kept = next(r for r in self.world.dump("quarantine") if f"{r.partition}:{r.offset}" == hot["id"])
        found, records = self.telemetry(HOT)
        again = found.get(kept.header("ce_id"))
        same = ("ce_time", "ats_device", "ats_topic", "ats_qos", "ats_proof", "ats_gate", "ce_subject")
        self.checks.equal("a_new_version_admits_what_was_kept_out_with_its_time_and_proof",
                          (records, [again.header(each) for each in same], again.header("ats_contract"), self.world.schemas.decode(again.value)["data"]["temp"]),
                          (1, [kept.header(each) for each in same], "env-sensor@1.1.0", LIMIT + 5))
        code, _, (name,) = self.sign(hot["id"])
        self.done(name, repeated=1)
        self.checks.equal("the_same_replay_again_does_nothing", (code, self.telemetry(HOT)[1]), (0, 1))

    def kill(self):
        """kill -9 of the broker in the middle of a replay, and the same records named once more while it is down."""
        self.publish_version("1.2.0", ("unknownFields: refuse", "unknownFields: ignore"))
        _, rows, (first,) = self.sign("--rule", "unknown-field")
        self.gate.broker.wait_for_text(f"replay.begun name={first}")
        self.gate.broker.kill()
        _, _, (second,) = self.sign("--rule", "unknown-field")
        self.gate.start()
        self.gate.broker.wait_for_text(f"replay.done name={first}")
        self.done(second, repeated=FLOOD)
        found, records = self.telemetry(LOUD)
        self.checks.equal("a_kill_in_the_middle_loses_and_doubles_nothing", (len(rows), len(found), records), (FLOOD, FLOOD, FLOOD))
        self.gate.broker.kill()
        self.gate.start()
        _, _, (name,) = self.sign("--rule", "unknown-field")
        self.done(name, repeated=FLOOD)
        self.checks.equal("what_was_admitted_is_known_after_a_kill", self.telemetry(LOUD)[1], FLOOD)

    def refusals(self):
        """What cannot be replayed says the command where it can, and else the gate."""
        self.publish(GONE, payload(GONE, temp=LIMIT + 20))
        gone = self.rows("--device", GONE)[1][0]["id"]
        self.publish_version("1.3.0", (f"{LIMIT + 6}]", f"{LIMIT + 30}]"))
        code, rows, names = self.sign(gone, "--at-gate", "gate-2")
        self.checks.equal("another_gate_is_told_to_be_none_that_checks_the_seal", (code, rows[0]["reason"], names), (1, "gate", []))
        self.expect("a_gate_that_nobody_knows_is_refused_by_the_log", self.run("replay", gone, "--at-gate", "gate-2", "--unsealed"), 1, "no gate 'gate-2'")
        self.world.fleet.cli("device", "suspend", GONE)
        code, rows, names = self.sign(gone)
        self.checks.equal("a_device_that_is_not_active_is_told", (code, rows[0]["reason"], names), (1, "device-suspended", []))
        self.world.fleet.cli("device", "resume", GONE)
        self.done(self.by_two_persons(gone), admitted=1)
        self.checks.equal("once_it_is_active_again_it_is_admitted", self.telemetry(GONE)[1], 1)

    def by_two_persons(self, record):
        """The name of a replay that the policy asks two for."""
        cli, proposal = self.world.fleet.cli, self.world.folder / "replay.proposal"
        cli("operator", "add", "second")
        cli("policy", "set", "--critical", "replay")
        one = ("--operator", "operator", "quarantine", "replay", record)
        self.expect("where_the_policy_says_so_one_person_replays_nothing", cli(*one, check=False), 1, "takes two persons")
        cli("--propose", proposal, *one)
        shown = json.loads(cli("approve", proposal, "--show", "--json").stdout)
        self.checks.equal("who_approves_a_replay_sees_what_it_names", [f"{r['partition']}:{r['offset']}" for r in shown["records"]], [record])
        cli("--operator", "second", "approve", proposal, "--digest", shown["digest"])
        cli("policy", "set", "--critical", "")
        cli("operator", "revoke", "second")
        return shown["name"]

    def write(self, *records):
        """Into the quarantine topic, by somebody else; the ids that they got."""
        kafka, places = self.world.kafka, []
        producer = confluent_kafka.Producer(services.read_properties(kafka.config) if kafka.config else {"bootstrap.servers": kafka.bootstrap})
        for key, value, headers in records:
            producer.produce(kafka.prefix + "quarantine", key=key, value=value, headers=headers, partition=0,
                             on_delivery=lambda _, message: places.append(f"{message.partition()}:{message.offset()}"))
        producer.flush(60)
        return places

    def forgeries(self):
        """Whoever may write to the topic writes what an operator names; the gate's seal says that it is none of its own."""
        kept = next(r for r in self.world.dump("quarantine") if r.header("ats_device") == GONE)
        later = [(name, b"2030-01-01T00:00:00.000Z" if name == "ce_time" else value) for name, value in kept.headers]
        forged, again, garbage = self.write((kept.key, kept.value, later), (kept.key, kept.value, kept.headers), (b"x", b"garbage", []))
        code, _, (name,) = self.sign(forged, again)
        self.gate.broker.wait_for_text(f"replay.refused name={name} record={forged} event=\"\" reason=seal")
        self.done(name, repeated=1, refused=1)
        self.checks.equal("a_forged_record_is_refused_and_a_copy_is_the_same_event", (code, self.telemetry(GONE)[1]), (0, 1))
        code, rows, names = self.sign(garbage)
        self.checks.equal("what_is_no_record_of_a_gate_is_told", (code, rows[0]["reason"], names), (1, "not-a-record", []))

    def signatures(self):
        """A signed one proves itself still."""
        line = {"device": SIGNER, "topic": TOPIC.format(device=SIGNER), "payload": payload(SIGNER, temp=LIMIT + 50)}
        self.world.load(self.gate, [line], "--proof", "signature")
        self.gate.wait_for_forwarding()
        self.publish_version("1.4.0", (f"{LIMIT + 30}]", f"{LIMIT + 60}]"))
        _, _, (name,) = self.sign("--device", SIGNER)
        self.done(name, admitted=1)
        found, _ = self.telemetry(SIGNER)
        self.checks.equal("a_signed_record_keeps_its_signature", [(r.header("ats_proof"), r.header("ats_sequence") != "") for r in found.values()], [("signature", True)])
        lines = self.world.fleet.cli("watch", "telemetry.env-sensor", "--from-beginning", "--exit-at-end", "--raw").stdout
        log = self.world.folder / "control.jsonl"
        log.write_text(self.world.fleet.cli("watch", "control", "--from-beginning", "--exit-at-end", "--raw").stdout)
        done = subprocess.run(self.world.fleet.command("verify", "message", "--json", "--control", log), input=lines, capture_output=True, text=True,
                              env={**os.environ, **self.world.kafka.environment()})
        said = [json.loads(line) for line in done.stdout.splitlines()]
        said = {row["replay"]: (row["verdict"], row["reason"]) for row in said if row.get("replay")}
        self.checks.equal("a_replayed_record_is_verified_as_any_other", collections.Counter(said.values()), {("verified", None): 1, ("gates-word", "connection"): FLOOD + 2})

    def rotation(self):
        """What former keys sealed, the gate cannot check; whoever signs may vouch for it."""
        self.publish(GONE, payload(GONE, temp=LIMIT + 70))
        old = self.rows("--device", GONE)[1][-1]["id"]
        self.publish_version("1.5.0", (f"{LIMIT + 60}]", f"{LIMIT + 80}]"))
        self.world.fleet.cli("gate", "rotate-key", GATE, "--out", self.world.keys / "gate-new")
        self.gate.stop()
        self.gate.broker.options["fleet"] = self.gate.broker.add(self.world.keys / "gate-new")
        self.gate.start()
        self.gate.wait_for_control(self.world.fleet.control_count())
        _, _, (name,) = self.sign(old)
        self.gate.broker.wait_for_text(f"replay.refused name={name} record={old} event=\"\" reason=seal")
        self.done(name, refused=1)
        self.checks.equal("what_bears_no_seal_of_the_gates_keys_is_refused_and_told", self.telemetry(GONE)[1], 1)
        kept = next(r for r in self.world.dump("quarantine") if f"{r.partition}:{r.offset}" == old)
        (forged,) = self.write((kept.key, kept.value, [(name, b"2030-01-01T00:00:00.000Z" if name == "ce_time" else value) for name, value in kept.headers]))
        code, rows, (name,) = self.sign(old, forged, "--unsealed")
        self.done(name, admitted=1)
        self.checks.equal("whoever_signs_may_vouch_where_no_seal_can_be_checked", self.telemetry(GONE)[1], 2)
        self.checks.equal("the_gates_checkpoints_say_which_record_is_its_own", (code, [(r["verdict"], r["reason"], r["evidence"]) for r in rows]),
                          (1, [("replay", None, "signed"), ("refused", "evidence", "differs")]))
        metrics = self.gate.fresh_metrics()
        self.checks.equal("replays_are_counted", [metrics[f"replays_{each}"] for each in ("admitted", "refused", "waiting")], [1, 1, 0])

    def lost_state(self):
        """A gate that lost its state cannot know what it did, and does nothing a second time."""
        self.gate.wait_for_forwarding()
        self.gate.stop()
        for path in self.gate.state.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        before = self.telemetry(LOUD)[1]
        self.gate.start()
        self.gate.broker.wait_for_text("replay.skipped name=")
        self.gate.wait_for_control(self.world.fleet.control_count())
        item = self.rows("--device", HOT)[1][2]["id"]
        _, _, (name,) = self.sign(item)
        self.done(name, admitted=1)
        self.checks.equal("a_gate_that_lost_its_state_does_no_replay_of_before", (self.telemetry(LOUD)[1], self.telemetry(HOT)[1]), (before, 2))

    def decisions(self):
        """The processor takes them as any other event."""
        processor = self.world.processor()
        processor.start()
        count = len({r.header("ce_id") for r in self.world.dump("telemetry.env-sensor")})
        processor.wait_for_decisions(count)
        self.checks.equal("each_replayed_event_is_decided_once", processor.decided(), count)
        self.checks.equal("no_replayed_event_is_a_dead_letter", self.rows("--source", "processor")[1], [])
        processor.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("quarantine")
    world = World(parser.parse_args().build, [HOT, LOUD, SIGNER, GONE])
    gate = world.gate(services.mosquitto_versions()[0])
    suite = Suite(checks, world, gate)
    for test in (suite.empty, suite.lists, suite.shows, suite.replays, suite.kill, suite.refusals, suite.forgeries, suite.signatures, suite.lost_state, suite.rotation, suite.decisions):
        checks.run(f"{test.__name__}_runs_through", test)
    gate.broker.close()
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
