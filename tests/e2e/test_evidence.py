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

import control_log
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
        nothing = [p for p in leaves if leaves[p] == evidence_reader.ZEROS]
        self.checks.equal("crash_nothing_is_covered_that_kafka_has_not", [p for p in leaves if p not in found and p not in nothing], [])
        self.checks.note("crash_each_connects_counter_has_its_place", len(nothing) == 4 and not any(p in found for p in nothing), nothing)
        self.checks.equal("crash_each_leaf_is_that_of_the_record_in_kafka", [p for p in found if found[p] != {leaves.get(p)}], [])

    # -- offline --

    def recording(self, topic, name):
        """As docs/verify.md says it."""
        path = self.world.folder / f"{name}.jsonl"
        path.write_text(self.world.fleet.cli("watch", topic, "--from-beginning", "--raw", "--exit-at-end").stdout)
        self.checks.equal(f"recording_of_{name.replace('-', '_')}_ends_at_the_end_of_the_topic", len(path.read_text().splitlines()), len(self.world.dump(topic)))
        return path

    def offline(self, *words, control=None):
        """Exit code, the objects, and what was said; with the pins and recordings alone."""
        words = self.world.fleet.command("verify", *words, "--json", "--control", control or self.control)
        words[words.index("--fleet") + 1] = str(self.pins)
        done = subprocess.run(words, capture_output=True, text=True, env={k: v for k, v in os.environ.items() if not k.startswith("ATS_")})
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def verify(self, lines_, evidence=None, control=None):
        path = self.world.folder / "judged.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines_))
        code, found, said = self.offline("message", path, "--evidence", evidence or self.evidence, control=control)
        return code, [(f["verdict"], f["reason"]) for f in found], (found, said)

    def verify_evidence(self, lines_, control=None):
        """Exit code and the verdicts of the rows."""
        path = self.world.folder / "changed.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines_))
        code, found, said = self.offline("evidence", path, control=control)
        return code, [f["verdict"] for f in found], (found, said), path

    def record(self):
        self.control, self.evidence = self.recording("control", "control"), self.recording("evidence", "evidence")
        self.checkpoints = self.evidence.read_text().splitlines()
        self.lines = {}
        for line in self.recording("telemetry.env-sensor", "telemetry").read_text().splitlines():
            device = next(base64.b64decode(v).decode() for n, v in json.loads(line)["headers"] if n == "ats_device")
            self.lines.setdefault(device, []).append(line)

    def whole(self):
        code, found, said = self.offline("evidence", self.evidence)
        chain = self.chain()
        self.checks.equal("verify_evidence_says_that_the_chain_holds", (code, [(f["verdict"], f["gate"], f["checkpoints"], f["positions"]) for f in found], control_log.without_reach(said)),
                          (0, [("holds", GATE, len(chain.fields), len(chain.leaves()))], ""))
        watched = [json.loads(line)["value"] for line in
                   self.world.fleet.cli("watch", "evidence", "--from-beginning", "--max", len(self.checkpoints)).stdout.splitlines()]
        self.checks.equal("watch_evidence_shows_checkpoints", sorted(v["number"] for v in watched), sorted(self.world.schemas.decode(
            r.value)["number"] for r in self.world.dump("evidence")))

    def words(self):
        """Each way of proving, and each record of the stream that was cut off twice."""
        newest = [self.lines[d][-1] for d in (TAGGER, TOKEN, SIGNER)]
        code, found, why = self.verify(newest)
        self.checks.note("gates_word_is_attributable_and_called_no_proof_of_the_device", (code, found) == (
            0, [("gates-word-signed", "mac"), ("gates-word-signed", "connection"), ("verified", None)]) and all(
                "attributable to gate" in f["text"] and "no proof that the device" in f["text"] and f["checkpoint"] > 0 for f in why[0][:2]), why)
        code, found, _ = self.verify(self.lines[TAGGER])
        self.checks.equal("gates_word_is_signed_for_every_record", (code, set(found)), (0, {("gates-word-signed", "mac")}))
        self.world.folder.joinpath("one.jsonl").write_text(newest[0] + "\n")
        code, found, _ = self.offline("message", self.world.folder / "one.jsonl")
        self.checks.equal("gates_word_without_evidence_is_as_before", (code, found[0]["verdict"], found[0]["reason"]), (1, "gates-word", "mac"))

    def changed(self):
        """A value that its contract could have, but which the gate did not forward; and what the gate never signed."""
        own = json.loads(self.lines[TAGGER][-1])
        value = bytearray(base64.b64decode(own["value"]))
        value[-1] ^= 1  # the lowest bits of the temperature's exponent: another number
        code, found, why = self.verify([json.dumps({**own, "value": base64.b64encode(value).decode()})])
        self.checks.equal("record_with_another_value_is_not_the_signed_one", (code, found), (1, [("wrong", "evidence-differs")]))
        fields = self.fields_of(self.checkpoints[-1])
        position = str(fields["last"] + 5).encode()

        def moved(name, text):
            text = base64.b64decode(text)
            new = {"ats_position": position, "ce_id": text.rsplit(b"/", 1)[0] + b"/" + position}.get(name, text)
            return [name, base64.b64encode(new).decode()]
        headers = [moved(n, v) for n, v in own["headers"]]
        code, found, why = self.verify([json.dumps({**own, "headers": headers})])
        self.checks.equal("record_that_the_gate_never_signed_is_not_covered", (code, found), (1, [("gates-word", "not-covered")]))

    def encoded(self, fields):
        """A line with these fields as a checkpoint: Avro's binary encoding, written by hand."""
        def long(value):
            value, out = (value << 1) ^ (value >> 63), b""
            while value > 0x7F:
                out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
            return out + bytes([value])

        def text(value):
            value = value.encode() if isinstance(value, str) else value
            return long(len(value)) + value
        body = b"".join(text(v) if isinstance(v, (str, bytes)) else long(v) for v in fields.values())
        last = json.loads(self.checkpoints[-1])
        return json.dumps({**last, "value": base64.b64encode(base64.b64decode(last["value"])[:5] + body).decode()})

    def fields_of(self, line):
        return self.world.schemas.decode(base64.b64decode(json.loads(line)["value"]))

    def hostile(self):
        """Kafka withholds or changes, and somebody who has the gate's key tells another story."""
        code, found, why, _ = self.verify_evidence(self.checkpoints[:1] + self.checkpoints[2:])
        self.checks.note("withheld_checkpoint_is_a_gap", code == 1 and "gap" in found and "not-covered" in found and found[-1] == "broken", why)
        third = self.fields_of(self.checkpoints[2])
        leaves = bytearray(third["leaves"])
        leaves[0] ^= 1
        code, found, why, _ = self.verify_evidence([*self.checkpoints[:2], self.encoded({**third, "leaves": bytes(leaves)}), *self.checkpoints[3:]])
        self.checks.note("checkpoint_with_a_leaf_changed_does_not_hold", code == 1 and found[0] == "signature", why)
        code, found, why, _ = self.verify_evidence(self.checkpoints + self.checkpoints[:3] + [self.encoded(third)])
        self.checks.equal("checkpoint_that_kafka_has_twice_counts_once", (code, found), (0, ["holds"]))
        code, found, why, _ = self.verify_evidence([*self.checkpoints, self.another_story(self.fields_of(self.checkpoints[-1]))])
        self.checks.note("fork_is_found", code == 1 and found == ["fork", "fork", "broken"], why)
        one, covered = self.newest_that_covers()
        path = self.verify_evidence([*self.checkpoints, self.another_story(one)])[3]
        _, found, why = self.verify(covered, path)
        wanted = [("verified" if each["proof"] == "signature" else "wrong", "evidence-fork") for each in why[0]]
        self.checks.note("fork_is_said_of_a_record_that_it_covers", found == wanted and len(found) == len(covered), why)

    def another_story(self, fields):
        """A checkpoint of the gate's key over the same positions, with another last record."""
        leaves = bytearray(fields["leaves"])
        leaves[-32:] = b"\1" * 32
        return self.encoded(evidence_reader.sign(self.fleet_id, {**fields, "leaves": bytes(leaves)}, self.key))

    def newest_that_covers(self):
        """The newest checkpoint with a telemetry record in it, for an interval may hold nothing but connects; and its records."""
        lines = [(self.place(line), line) for each in self.lines.values() for line in each]
        for fields in map(self.fields_of, reversed(self.checkpoints)):
            covered = [line for (journal, position), line in lines if journal == fields["journal"] and fields["first"] <= position <= fields["last"]]
            if covered:
                return fields, covered
        raise AssertionError("no checkpoint covers a telemetry record")

    def place(self, line):
        headers = {n: base64.b64decode(v or "").decode(errors="replace") for n, v in json.loads(line)["headers"]}
        return headers["ats_journal"], int(headers["ats_position"])

    def revoked(self):
        """What a gate signed before its revocation stays; what its key signs after covers nothing."""
        self.world.fleet.cli("gate", "revoke", GATE)
        control = self.recording("control", "control-later")
        count = len(control.read_text().splitlines())
        code, found, _ = self.verify(self.lines[TAGGER][-1:], control=control)
        self.checks.equal("checkpoint_before_a_revocation_stays", (code, found), (0, [("gates-word-signed", "mac")]))
        newest = self.fields_of(self.checkpoints[-1])
        after = {**newest, "number": newest["number"] + 1, "first": newest["last"] + 1, "last": newest["last"] + 1, "leaves": bytes(32),
                 "previous": evidence_reader.blake2b(evidence_reader.statement(self.fleet_id, newest)), "records": newest["records"] + 1, "control": count}
        line = self.encoded(evidence_reader.sign(self.fleet_id, after, self.key))
        code, found, why, _ = self.verify_evidence([*self.checkpoints, line], control=control)
        self.checks.equal("checkpoint_of_a_revoked_gate_covers_nothing", (code, found), (1, ["gate-revoked", "holds"]))
        done = self.world.fleet.cli("verify", "evidence", self.evidence, "--json", check=False)
        rows = [json.loads(row) for row in done.stdout.splitlines()]
        self.checks.note("with_the_fleets_copy_a_revoked_gates_checkpoints_are_undecided", done.returncode == 1 and {row["verdict"] for row in rows} == {
            "undecided"} and all("--control" in row["text"] for row in rows if row["checkpoints"] is None), done)
        code, found, why, _ = self.verify_evidence([line], control=self.control)
        self.checks.equal("checkpoint_beyond_the_log_at_hand_is_not_believed", (code, found), (1, ["control-behind"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("evidence")
    world = World(parser.parse_args().build, [TAGGER, SIGNER, TOKEN])
    suite = Suite(checks, world)
    for test in (suite.crash, suite.record, suite.whole, suite.words, suite.changed, suite.hostile, suite.revoked):
        checks.run(f"{test.__name__}_runs_through", test)
    suite.gate.broker.close()
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
