#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Freshness of the control log on real Kafka and real Mosquitto: checkpoints, heartbeats, what a gate does that hears none, forged and
rolled back ones, and a piece of the log from a file where Kafka is cut off."""
import argparse
import base64
import json
import pathlib
import re
import sys
import time

import confluent_kafka

import control_log
from checks import Checks
from world import ROOT, TOPIC, World, judge, payload, services
from fleet import GATE, Gate, wait_until
from stock_client import DENIED, SUCCESS, Client

DEVICES = ["dev-a", "dev-b", "dev-c", "dev-file"]
GROUP, MEMBER_KEY = "attestream", "processor.key.pem"
MAX_AGE_S = 14  # heartbeats come every 10 s
MODES = ("continue", "no-new-sessions", "refuse")


class Log:
    """The control topic as a stranger to our code reads and writes it."""

    def __init__(self, world):
        self.world = world
        kafka = world.kafka
        self.where = services.read_properties(kafka.config) if kafka.config else {"bootstrap.servers": kafka.bootstrap}

    def records(self, suffix="control"):
        return judge.dump(self.world.kafka, self.world.kafka.prefix + suffix, isolation="read_uncommitted")

    def decoded(self, suffix="control"):
        return [self.world.schemas.decode(r.value) for r in self.records(suffix)]

    def place(self):
        """Count and chain of what the log holds, computed here. Every record in it was accepted."""
        chain = control_log.ZEROS
        records = self.decoded()
        for record in records:
            chain = control_log.extend(chain, plain(record))
        return len(records), chain, records

    def write(self, suffix, key, value):
        producer = confluent_kafka.Producer({**self.where, "log_level": "0"})
        producer.produce(self.world.kafka.prefix + suffix, partition=0, key=key, value=value)
        if producer.flush(60):
            raise services.ServiceError("cannot write to Kafka")

    def encode(self, like, record):
        """Framed as the records of the log are."""
        return control_log.encode(record, int.from_bytes(like.value[1:5], "big"))


def plain(record):
    """A decoded record as control_log.py has it: times as milliseconds."""
    stamps = {name: record[name] for name in ("time", "expires") if name in record}
    return {**record, **{name: stamp if isinstance(stamp, int) else round(stamp.timestamp() * 1000) for name, stamp in stamps.items()}}


def checkpoints(records):
    return [r for r in records if r["kind"] == "checkpoint"]


def now_ms():
    return time.time_ns() // 1_000_000


class Suite:
    def __init__(self, checks, world, version):
        self.checks, self.world, self.version = checks, world, version
        self.log = Log(world)
        self.tokens = {device: world.fleet.token(device) for device in DEVICES}
        self.processor = world.processor()
        self.gates = {}

    def name(self, text):
        return f"{text}.{self.version}"

    def client(self, gate, device):
        return Client(gate.port, device, device, self.tokens[device])

    def publish(self, client, device):
        return client.publish(TOPIC.format(device=device), payload(device))

    # -- checkpoints --

    def checkpoint_arrives(self):
        """Within ten seconds of new records, and then no more: a checkpoint is no new record."""
        self.processor.start()
        self.processor.wait_until_ready()
        self.world.fleet.cli("device", "add", f"dev-new-{self.version}")
        wait_until("a checkpoint behind the newest record", lambda: self.log.decoded()[-1]["kind"] == "checkpoint", 30)
        records = self.log.records()
        decoded = self.log.decoded()
        newest = max(r.timestamp for r, d in zip(records, decoded) if d["kind"] != "checkpoint")
        first = min(r.timestamp for r, d in zip(records, decoded) if d["kind"] == "checkpoint" and r.timestamp >= newest)
        self.checks.note(self.name("checkpoint_comes_within_10_s_of_new_records"), first - newest < 10_000, f"{first - newest} ms")
        wait_until("the log's time to age", lambda: self.processor.counter("attestream_control_time_age_seconds") > 0, 30)
        age = self.processor.counter("attestream_control_time_age_seconds")
        self.checks.note(self.name("the_age_of_the_logs_time_is_measured"), 0 < age < 600, f"{age} s")
        heard = max((h["time"] for h in map(plain, self.log.decoded("heartbeat"))), default=0)
        wait_until("two more heartbeats", lambda: max((h["time"] for h in map(plain, self.log.decoded("heartbeat"))), default=0) > heard + 15_000, 60)
        self.checks.equal(self.name("a_checkpoint_alone_brings_no_other"), len(self.log.records()), len(records))

    def bytes_are_as_documented(self):
        count, chain, records = self.log.place()
        last = plain(records[-1])
        body = json.loads(last["body"])
        before = self.log_before(records[:-1])
        self.checks.equal(self.name("checkpoint_counts_and_chains_as_documented"), (body["count"], body["chain"]), (count - 1, before))
        status = json.loads(self.world.fleet.cli("status", "--json").stdout)
        self.checks.equal(self.name("status_has_the_same_chain"), (status["control_count"], status["control_chain"]), (count, chain.hex()))

    @staticmethod
    def log_before(records):
        chain = control_log.ZEROS
        for record in records:
            chain = control_log.extend(chain, plain(record))
        return base64.b64encode(chain).decode()

    def forged(self):
        """A stranger's checkpoint, and a member's that does not fit, are refused and told; the log's time stays."""
        gate = self.gates["continue"]
        count, chain, records = self.log.place()
        like = self.log.records()[-1]
        last = plain(checkpoints(records)[-1])
        place = {"revision": last["revision"] + 1, "predecessor": control_log.record_hash(last)}
        member = control_log.read_key(self.world.keys / "member-1" / MEMBER_KEY)
        stranger = control_log.read_key(self.world.keys / "member-2" / MEMBER_KEY)
        refused = (("unknown-signer", "forged_checkpoint_of_a_stranger_is_refused", stranger, count, chain, now_ms()),
                   ("wrong-checkpoint", "checkpoint_that_counts_more_is_refused", member, count + 1, chain, now_ms()),
                   ("wrong-checkpoint", "checkpoint_with_another_chain_is_refused", member, count, bytes(32), now_ms()),
                   ("wrong-checkpoint", "checkpoint_whose_time_goes_back_is_refused", member, count, chain, last["time"] - 1))
        for outcome, name, key, claimed, claimed_chain, time_ms in refused:
            forged = control_log.checkpoint(key, last["fleet"], GROUP, "member-1", claimed, claimed_chain, time_ms, **place)
            offset = len(self.log.records())
            self.log.write("control", "checkpoint/" + GROUP, self.log.encode(like, forged))
            gate.broker.wait_for_text(rf"control.rejected offset={offset} outcome={outcome}", 30)
            self.checks.note(self.name(name), True)
        self.checks.equal(self.name("refused_checkpoints_are_not_counted"), self.world.fleet.control_count(), count)

    # -- a gate that hears nothing --

    def stale(self):
        """The processor is gone: each gate says so and does what it is configured to; when it is back, all is as before."""
        clients = {mode: self.client(gate, f"dev-{chr(ord('a') + i)}") for i, (mode, gate) in enumerate(self.gates.items())}
        names = {mode: f"dev-{chr(ord('a') + i)}" for i, mode in enumerate(self.gates)}
        for mode, gate in self.gates.items():
            gate.wait_for("hearing heartbeats", lambda m: m.get("control_stale") == 0 and 0 <= m.get("control_age_ms", -1) < MAX_AGE_S * 1000)
        self.checks.note(self.name("fresh_gates_admit"), all(self.publish(clients[m], names[m]) in SUCCESS for m in MODES))
        self.processor.stop()
        for gate in self.gates.values():
            gate.wait_for("being stale", lambda m: m.get("control_stale") == 1, 60)
            gate.broker.wait_for_text("control.stale age=", 10)
        answers = {mode: self.publish(clients[mode], names[mode]) for mode in MODES}
        self.checks.note(self.name("stale_gate_continues_by_default"), answers["continue"] in SUCCESS, answers)
        self.checks.note(self.name("stale_gate_keeps_sessions_with_no_new_sessions"), answers["no-new-sessions"] in SUCCESS, answers)
        self.checks.equal(self.name("stale_gate_refuses_publishes_with_refuse"), answers["refuse"], DENIED)
        self.checks.equal(self.name("a_stale_refusal_is_counted_by_its_reason"),
                          self.gates["refuse"].fresh_metrics()["refused_by_reason"].get("control-stale"), 1)
        for mode, let_in in (("continue", True), ("no-new-sessions", False), ("refuse", False)):
            client = self.client(self.gates[mode], "dev-file")
            self.checks.equal(self.name(f"stale_gate_and_a_new_session_with_{mode.replace('-', '_')}"), client.connected, let_in)
            client.close()
        self.processor.start()
        for gate in self.gates.values():
            gate.wait_for("being fresh again", lambda m: m.get("control_stale") == 0, 60)
        self.checks.note(self.name("a_gate_that_hears_again_admits_again"), self.publish(clients["refuse"], names["refuse"]) in SUCCESS)
        for client in clients.values():
            client.close()

    def withheld(self):
        """A heartbeat that counts more than the gate gets: told, and the copy grows stale although heartbeats come."""
        gate = self.gates["refuse"]
        count, chain, records = self.world.fleet.control_count(), bytes(32), self.log.decoded()
        like, before = self.log.records()[-1], gate.fresh_metrics()["control_heartbeats_refused"]
        member = control_log.read_key(self.world.keys / "member-2" / MEMBER_KEY)
        forged = control_log.checkpoint(member, plain(records[-1])["fleet"], GROUP, "member-1", count + 5, chain, now_ms() + 1000)
        self.log.write("heartbeat", GROUP + "/stranger", self.log.encode(like, forged))
        gate.wait_for("refusing the forged heartbeat", lambda m: m["control_heartbeats_refused"] > before)
        gate.broker.wait_for_text(r"control.heartbeat-refused topic=\S+ group=.?attestream.? member=.?member-1", 40)
        self.checks.note(self.name("forged_heartbeat_is_counted_and_logged"), True)
        claims = control_log.checkpoint(member, plain(records[-1])["fleet"], GROUP, "member-2", count + 5, chain, now_ms())
        self.log.write("heartbeat", GROUP + "/member-2", self.log.encode(like, claims))
        gate.broker.wait_for_text(r"control.withheld group=.?attestream.? member=.?member-2", 40)
        self.checks.note(self.name("withheld_records_are_told"), gate.fresh_metrics()["control_withheld"] == 1)
        gate.wait_for("being stale", lambda m: m.get("control_stale") == 1, 60)
        self.checks.note(self.name("a_gate_from_which_records_are_withheld_grows_stale"), True)

    # -- a piece of the log from a file --

    def imported(self):
        """Kafka is cut off from the gate; a revocation comes in by a file, and bites at the next publish."""
        if not isinstance(self.world.kafka, services.Kafka):
            self.checks.skip(self.name("imported_revocation_bites_at_the_next_publish"), "not our cluster to stop")
            return
        path = self.world.folder / f"control-{self.version}.jsonl"
        gate = self.world.gate(self.version, options={"control_max_age": "0s"})
        target = gate.state / "control.jsonl"
        gate.broker.options["control_file"] = target
        gate.stop()
        self.processor.start()
        self.processor.wait_until_ready()
        self.transaction("before").commit_transaction(30)
        left_open = self.transaction("after")
        count = self.world.fleet.control_count() + 1
        self.world.fleet.cli("device", "revoke", "dev-file")
        wait_until("a checkpoint behind the revocation", lambda: self.log.decoded()[-1]["kind"] == "checkpoint", 60)
        self.processor.stop()
        left_open.commit_transaction(30)
        done = self.world.fleet.cli("control", "export", path, "--json")
        self.checks.note(self.name("control_export_says_what_it_wrote"), json.loads(done.stdout)["records"] == len(path.read_text().splitlines()), done.stdout)
        lines = path.read_text().splitlines(keepends=True)
        second = self.second_witness(lines[-1])
        self.world.kafka.stop()
        gate.start()
        device = self.client(gate, "dev-file")
        self.checks.note(self.name("a_gate_that_is_cut_off_works_from_its_copy"), self.publish(device, "dev-file") in SUCCESS, device.reason)
        at = next(i for i, line in reversed(list(enumerate(lines))) if json.loads(line)["key"] == "ZGV2aWNlL2Rldi1maWxl")  # device/dev-file
        torn = path.with_suffix(".torn")
        torn.write_text("".join(lines[:at] + lines[at + 1:]))
        said = [self.verify_beside(path, each, count) for each in (path, torn)]
        for each in (path, torn):
            twice = each.with_suffix(each.suffix + ".two")
            twice.write_text(each.read_text() + second)
            said.append(self.verify_beside(path, twice, count))
        self.checks.equal(self.name("a_recording_with_a_revocation_taken_out_is_told"), said,
                          [(1, True, False), (1, False, False), (1, True, False), (2, None, True)])
        self.offer(gate, target, lines[:at] + lines[at + 1:], "control.import-stopped ")
        self.checks.note(self.name("a_piece_with_a_gap_is_told_and_not_believed"), self.publish(device, "dev-file") in SUCCESS)
        altered = {**json.loads(lines[at])}
        altered["value"] = altered["value"][:-8] + ("AAAAAAAA" if altered["value"][-8:] != "AAAAAAAA" else "BBBBBBBB")
        self.offer(gate, target, [*lines[:at], json.dumps(altered) + "\n", *lines[at + 1:]], "control.import-stopped ")
        self.checks.note(self.name("an_altered_piece_is_told_and_not_believed"), self.publish(device, "dev-file") in SUCCESS)
        self.offer(gate, target, lines, "control.imported")
        self.checks.equal(self.name("imported_revocation_bites_at_the_next_publish"), self.publish(device, "dev-file"), DENIED)
        device.close()
        self.world.kafka.start()
        gate.wait_for("following Kafka again", lambda m: m.get("control_caught_up") == 1, 120)
        self.world.fleet.cli("device", "add", f"dev-after-{self.version}")
        gate.wait_for_control(self.world.fleet.control_count())
        log = gate.broker.log.read_text(errors="replace")
        self.checks.note(self.name("following_goes_on_after_an_import"), "control.broken" not in log, log[-800:])
        gate.broker.close()

    def verify_beside(self, path, control, count):
        """Exit code, whether checkpoints speak for so many records, and whether the recording is refused. The evidence is none, and the
        member's key has signed false ones before: 1 is the least."""
        done = self.world.fleet.cli("verify", "evidence", path, "--control", control, "--json", check=False)
        first = re.search(r"checkpoints speak for the first (\d+) of its \d+ control records", done.stderr)
        return done.returncode, int(first[1]) >= count if first else None, "tell of another log" in done.stderr

    def second_witness(self, last):
        """A line in which the other member says of the log what is so."""
        status = json.loads(self.world.fleet.cli("status", "--json").stdout)
        newest = plain(checkpoints(self.log.decoded())[-1])
        key = control_log.read_key(self.world.keys / "member-2" / MEMBER_KEY)
        record = control_log.checkpoint(key, newest["fleet"], GROUP, "member-2", status["control_count"], bytes.fromhex(status["control_chain"]), now_ms(),
                                        newest["revision"] + 1, control_log.record_hash(newest))
        line = json.loads(last)
        return json.dumps({**line, "offset": line["offset"] + 1, "value": base64.b64encode(self.log.encode(self.log.records()[0], record)).decode()}) + "\n"

    def transaction(self, name):
        """One that is open, with a record that is refused; its end takes an offset of the topic, and is no record."""
        again = self.log.records()[0]
        producer = confluent_kafka.Producer({**self.log.where, "transactional.id": f"{self.world.kafka.prefix}{name}-{self.version}", "log_level": "0"})
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(self.world.kafka.prefix + "control", partition=0, key=again.key, value=again.value)
        producer.flush(30)
        return producer

    @staticmethod
    def offer(gate, target, lines, expected):
        begin = gate.broker.log.stat().st_size
        target.write_text("".join(lines))
        gate.broker.reload()
        gate.broker.process.wait_until(lambda: re.search(expected, gate.broker.log.read_text(errors="replace")[begin:]), expected, 30)

    # -- rollback --

    def rollback(self):
        """The log is made anew without one of its records: a copy that knows nothing yet is told so by the next checkpoint."""
        tool = ("org.apache.kafka.tools.TopicCommand", "--topic", self.world.kafka.prefix + "control")
        records, decoded = self.log.records(), self.log.decoded()
        victim = next(i for i, d in enumerate(decoded) if d["kind"] == "device" and d["name"] == "dev-b")
        behind = next(i for i, d in enumerate(decoded) if i > victim and d["kind"] == "checkpoint")
        self.world.kafka.tool(*tool, "--delete")
        name = self.world.kafka.prefix + "control"
        wait_until("the topic to be gone", lambda: name not in self.world.kafka.tool("org.apache.kafka.tools.TopicCommand", "--list").split())
        self.world.kafka.tool(*tool, "--create", "--partitions", 1, "--replication-factor", 1)
        for i, record in enumerate(records[:behind + 1]):
            if i != victim:
                self.log.write("control", record.key, record.value)
        gate = Gate(self.world.build, self.world.keys / GATE, self.world.kafka, self.version)
        gate.start()
        gate.broker.wait_for_text(r"control.rejected offset=\d+ outcome=wrong-checkpoint", 60)
        self.checks.note(self.name("a_checkpoint_shows_that_a_record_was_taken_out"), True)
        gate.broker.close()

    def run(self):
        self.world.fleet.cli("processor", "add", "member-2", "--out", self.world.keys / "member-2")
        self.gates = {mode: self.world.gate(self.version, options={"control_max_age": f"{MAX_AGE_S}s", "control_stale": mode}) for mode in MODES}
        self.checks.run_each((self.checkpoint_arrives, self.bytes_are_as_documented, self.forged, self.stale, self.withheld), self.name)
        self.processor.stop()
        for gate in self.gates.values():
            gate.broker.close()
        self.checks.run_each((self.imported, self.rollback), self.name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("freshness")
    for version in services.mosquitto_versions():
        world = World(options.build, DEVICES)
        Suite(checks, world, version).run()
        world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
