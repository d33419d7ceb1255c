#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a record in real Kafka proves: `attestream verify message`, and the same signature checked from docs/device-protocol.md alone."""
import argparse
import base64
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import control_log
from checks import Checks
from world import GATE, MEMBER, ROOT, TOPIC, World, payload, services
from stock_client import SUCCESS, Client

SIGNER, TAGGER, STRANGER = "dev-signs", "dev-tags", "dev-own"  # STRANGER's protocol is written here


def blob(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def signed_bytes(device, session, gate, topic, qos, retain, sequence, time_ms, message):
    """docs/device-protocol.md, "The proof of a publish"."""
    label = blob("ATTESTREAM-1 publish signature")
    head = (label + blob(device) + (b"\x01" + session if session else b"\x00" + blob(gate)) + blob(topic)
            + struct.pack(">BBQQ", qos, retain, sequence, time_ms))
    return label + hashlib.blake2b(head + blob(message), digest_size=32).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Record:
    """A recorded record whose bytes can be changed."""

    def __init__(self, line):
        self.fields = json.loads(line)
        self.headers = {name: base64.b64decode(value) for name, value in self.fields["headers"]}

    def changed(self, header=None, to=b"", **fields):
        """The line with a header's value, or fields, set anew."""
        headers = [[n, base64.b64encode(to).decode() if n == header else v] for n, v in self.fields["headers"]]
        return json.dumps({**self.fields, "headers": headers, **fields})

    def text(self, name):
        return self.headers[name].decode()


def flip(data, at=-1):
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


class Suite:
    def __init__(self, checks, world, gate):
        self.checks, self.world, self.gate = checks, world, gate
        self.pins = world.folder / "pins"
        self.pins.mkdir()
        for name in ("root.pub.pem", "successor.pub.pem"):
            shutil.copy(world.fleet.folder / name, self.pins)
        self.records = self.control = None

    def key(self, device):
        return load_pem_private_key((self.world.fleet.folder / "devices" / f"{device}.key.pem").read_bytes(), None)

    def verify(self, lines, *more, offline=True):
        """Exit code and the objects; offline with the pins and a recording of the log alone."""
        words = self.world.fleet.command("verify", "message", "--json", *more)
        env = {**os.environ, **self.world.kafka.environment()}
        if offline:
            words[words.index("--fleet") + 1] = str(self.pins)
            words += ["--control", str(self.control)]
            env = {k: v for k, v in os.environ.items() if not k.startswith("ATS_")}
        done = subprocess.run(words, input="".join(f"{line}\n" for line in lines), capture_output=True, text=True, env=env)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def publish(self):
        for device, proof in ((SIGNER, "signature"), (TAGGER, "mac")):
            self.world.load(self.gate, [{"device": device, "topic": TOPIC.format(device=device), "payload": payload(device)}], "--proof", proof)
        topic, message = TOPIC.format(device=STRANGER), payload(STRANGER).encode()
        key = self.key(STRANGER)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signature = key.sign(signed_bytes(STRANGER, b"", GATE, topic, 1, 0, 1, 0, message))
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = ("ats-proof", f"s1.1.0..{hashlib.sha256(public).hexdigest()[:16]}.{base64url(signature)}")
        client = Client(self.gate.port, STRANGER, STRANGER, self.world.fleet.token(STRANGER))
        sent = client.client.publish(topic, message, qos=1, properties=properties)
        client.wait(lambda: sent.mid in client.answers)
        self.checks.note("signature_made_from_the_specification_is_taken", client.answers.get(sent.mid) in SUCCESS, client.answers)
        client.close()
        self.gate.wait_for_forwarding()

    def record(self):
        """Three telemetry records and the control log, as an auditor saves them."""
        count = len(self.world.dump("control"))
        self.control = self.world.folder / "control.jsonl"
        self.control.write_text(self.world.fleet.cli("watch", "control", "--from-beginning", "--raw", "--max", count).stdout)
        lines = self.world.fleet.cli("watch", "telemetry.env-sensor", "--from-beginning", "--raw", "--max", 3).stdout.splitlines()
        self.records = {r.text("ats_device"): r for r in map(Record, lines)}
        dumped = {r.key: (r.partition, r.offset, r.timestamp, r.value, r.headers) for r in self.world.dump("telemetry.env-sensor")}
        self.checks.equal("watch_raw_gives_every_byte", {
            base64.b64decode(r.fields["key"]): (r.fields["partition"], r.fields["offset"], r.fields["timestamp"], base64.b64decode(r.fields["value"]),
                                                [(n, base64.b64decode(v)) for n, v in r.fields["headers"]]) for r in self.records.values()}, dumped)

    def verdicts(self):
        lines = [json.dumps(self.records[d].fields) for d in (SIGNER, STRANGER)]
        code, found, said = self.verify(lines)
        self.checks.equal("signed_publishes_are_verified_offline_from_pins_and_recordings",
                          (code, [(f["verdict"], f["device"], f["log"]) for f in found], control_log.without_reach(said)),
                          (0, [("verified", SIGNER, "whole"), ("verified", STRANGER, "whole")], ""))
        code, found, said = self.verify(lines, offline=False)
        self.checks.equal("signed_publishes_are_verified_against_the_fleets_copy", (code, [(f["verdict"], f["log"]) for f in found]),
                          (0, [("verified", "newest")] * 2))
        code, found, _ = self.verify([*lines, json.dumps(self.records[TAGGER].fields)])
        self.checks.note("mac_publish_is_the_gates_word_and_no_proof_to_third_parties", (code, found[-1]["verdict"], found[-1]["reason"]) ==
                         (1, "gates-word", "mac") and "no proof to third parties" in found[-1]["text"], found[-1])
        words, lines = self.world.fleet.command("verify", "message"), [*lines, json.dumps(self.records[TAGGER].fields)]
        told = subprocess.run(words, input="\n".join(lines), capture_output=True, text=True, env={**os.environ, **self.world.kafka.environment()})
        self.checks.note("totals_of_several_records_are_told_beside_them", len(told.stdout.splitlines()) == 3 and
                         "3 records: 2 verified, 1 gates-word\n" in told.stderr, (told.stdout, told.stderr))
        place = self.records[SIGNER].fields
        code, found, said = self.verify([], "--topic", place["topic"], "--partition", place["partition"], "--offset", place["offset"], offline=False)
        self.checks.equal("record_of_kafka_is_fetched_and_verified", (code, [f["verdict"] for f in found]), (0, ["verified"]))
        code, found, said = self.verify([], "--topic", place["topic"], "--partition", place["partition"], "--offset", 1000, offline=False)
        self.checks.note("record_that_kafka_has_not_is_told", (code, found) == (2, []) and "has no record at" in said, said)
        code, found, said = self.verify([], "--topic", "telemetry.env-sensr", "--partition", 0, "--offset", 0, offline=False)
        self.checks.note("topic_that_kafka_has_not_is_told", (code, found) == (2, []) and "there is no topic ats.telemetry.env-sensr" in said, said)
        code, found, said = self.verify([], "--topic", place["topic"], "--partition", 77, "--offset", 0, offline=False)
        self.checks.note("partition_that_kafka_has_not_is_told", (code, found) == (2, []) and "no partition 77" in said, said)

    def changes(self):
        good = self.records[SIGNER]
        value, key_id = base64.b64decode(good.fields["value"]), good.headers["ats_key"]
        for name, line, reason in (
                ("value", good.changed(value=base64.b64encode(flip(value)).decode()), "transcoding-differs"),
                ("payload", good.changed("ats_payload", flip(good.headers["ats_payload"], 30)), "signature"),
                ("signature", good.changed("ats_signature", flip(good.headers["ats_signature"])), "signature"),
                ("key_id", good.changed("ats_key", key_id[1:] + key_id[:1] if len(set(key_id)) > 1 else b"0123456789abcdef"), "key-unknown"),
                ("mqtt_topic", good.changed("ats_topic", good.headers["ats_topic"].replace(b"test", b"tesu")), "signature"),
                ("topic", good.changed(topic=good.fields["topic"] + "s"), "topic"),
                ("gate", good.changed("ats_gate", b"gate-2"), "fleet"),
                ("key", good.changed(key=base64.b64encode(b"asset").decode()), "asset"),
                ("line", json.dumps(good.fields)[:-9], "not-a-record")):
            code, found, _ = self.verify([line])
            self.checks.equal(f"record_with_another_{name}_is_wrong", (code, [(f["verdict"], f["reason"]) for f in found]), (1, [("wrong", reason)]))
        code, found, _ = self.verify([good.changed(topic="other." + good.fields["topic"])])
        self.checks.equal("record_of_another_prefix_is_wrong_and_says_how_to_name_it", (code, [(f["verdict"], f["reason"], "not below the prefix 'ats.'" in f["text"] and "--topic-prefix" in f["text"]) for f in found]),
                          (1, [("wrong", "topic", True)]))
        code, found, said = self.verify([])
        self.checks.note("no_record_at_all_is_no_yes", code == 2 and "no record" in said, (code, said))

    def no_control_log(self):
        """What is given for the control log and is none is called so, whatever its lines are."""
        line = json.dumps(self.records[SIGNER].fields)
        right = self.control
        stranger = self.world.folder / "stranger"
        stranger.mkdir()
        key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        piece = "".join(right.read_text().splitlines(keepends=True)[3:])
        for name, text, told in (
                ("telemetry", f"{line}\n" * 2, "no export of a control log"), ("json", '{\n  "a": 1\n}\n', "no export of a control log"),
                ("nothing", "", "no export of a control log"), ("bytes", "\0\1\2", "no export of a control log"), ("piece", piece, "without --from")):
            self.control = self.world.folder / f"{name}.control"
            self.control.write_text(text)
            code, found, said = self.verify([line])
            self.checks.note(f"{name}_in_place_of_the_control_log_is_told", (code, found) == (2, []) and told in said and "control export" in said
                             and str(self.control) in said and f"{self.control}:1" not in said, said)
        self.control = right
        for name in ("root.pub.pem", "successor.pub.pem"):
            (self.pins / name).rename(stranger / name)
            code, found, said = self.verify([line])
            self.checks.note(f"pins_without_{name.replace('.', '_')}_are_told_by_that_name", (code, found) == (2, []) and f"'{self.pins}' has no {name}" in said, said)
            (stranger / name).rename(self.pins / name)
            (stranger / name).write_bytes(key)
        pins, self.pins = self.pins, stranger
        code, found, said = self.verify([line])
        self.checks.note("control_log_of_another_fleet_is_told", (code, found) == (2, []) and "another fleet" in said, said)
        self.pins = pins

    def testimonies(self):
        """What one member's checkpoint says of the recording stands before what is verified all the same; two are believed."""
        right, lines = self.control, [json.dumps(self.records[SIGNER].fields)]
        self.world.fleet.cli("processor", "add", "member-2", "--out", self.world.keys / "member-2")
        text = self.world.fleet.cli("watch", "control", "--from-beginning", "--raw", "--max", len(self.world.dump("control"))).stdout
        status = json.loads(self.world.fleet.cli("status", "--json").stdout)
        count, chain = status["control_count"], bytes.fromhex(status["control_chain"])
        like = json.loads(text.splitlines()[-1])
        value = base64.b64decode(like["value"])
        fleet, now = self.world.schemas.decode(value)["fleet"], time.time_ns() // 1_000_000

        def checkpoint(member, at, count, chain, time_ms, revision=1):
            key = control_log.read_key(self.world.keys / member / "processor.key.pem")
            record = control_log.checkpoint(key, fleet, "attestream", member, count, chain, time_ms, revision)
            framed = control_log.encode(record, int.from_bytes(value[1:5], "big"))
            return record, json.dumps({**like, "offset": like["offset"] + at, "value": base64.b64encode(framed).decode()}) + "\n"

        ahead, forward = checkpoint(MEMBER, 1, count, chain, now + 86_400_000)
        behind = checkpoint("member-2", 2, count + 1, control_log.extend(chain, ahead), now)[1]
        lie = checkpoint(MEMBER, 1, count, bytes(32), now)[1]
        other = checkpoint("member-2", 2, count + 1, bytes(32), now)[1]
        for name, more, expected in (
                ("recording_with_a_time_that_goes_back_is_verified", forward + behind, (0, [("control-time-back", MEMBER), ("verified", None)])),
                ("recording_with_one_members_false_checkpoint_is_doubted_and_verified", lie, (1, [("control-doubted", MEMBER), ("verified", None)])),
                ("recording_that_two_members_deny_is_refused", lie + other, (2, []))):
            self.control = self.world.folder / f"{name}.jsonl"
            self.control.write_text(text + more)
            code, found, said = self.verify(lines)
            self.checks.note(name, (code, [(f["verdict"], f.get("member")) for f in found]) == expected and (code != 2 or f"{self.control}:" in said),
                             (code, found, said))
            if code == 0:
                self.checks.note("how_far_checkpoints_speak_is_told", f"{self.control}: checkpoints speak for the first {count + 1} of its {count + 1} control records" in said, said)
        self.control = right

    def independently(self):
        """The same from the specification, without a byte of ours: what holds, and what does not."""
        for device in (SIGNER, STRANGER):
            record = self.records[device]

            def holds(message):
                bytes_ = signed_bytes(record.text("ats_device"), record.headers.get("ats_session", b""), record.text("ats_gate"), record.text("ats_topic"),
                                      int(record.text("ats_qos")), "ats_retain" in record.headers, int(record.text("ats_sequence")),
                                      int(record.headers.get("ats_time", b"0")), message)
                try:
                    self.key(device).public_key().verify(record.headers["ats_signature"], bytes_)
                    return True
                except InvalidSignature:
                    return False
            sent = record.headers["ats_payload"]
            self.checks.equal(f"python_agrees_on_the_signature_of_{device.replace('-', '_')}", (holds(sent), holds(flip(sent))), (True, False))

    def revoked(self):
        """After the revocation the message stays proven with the whole log, and undecided with newest revisions alone."""
        self.world.fleet.cli("device", "revoke", SIGNER)
        self.control.write_text(self.world.fleet.cli("watch", "control", "--from-beginning", "--raw", "--max", len(self.world.dump("control"))).stdout)
        line = json.dumps(self.records[SIGNER].fields)
        code, found, _ = self.verify([line])
        self.checks.equal("message_before_a_revocation_stays_verified", (code, found[0]["verdict"]), (0, "verified"))
        code, found, _ = self.verify([line], offline=False)
        self.checks.equal("message_of_a_revoked_device_is_undecided_with_newest_revisions", (code, found[0]["verdict"], found[0]["reason"]),
                          (1, "undecided", "device-state"))
        later = self.records[SIGNER].changed("ats_control", str(len(self.control.read_text().splitlines())).encode())
        code, found, _ = self.verify([later])
        self.checks.equal("message_after_a_revocation_is_wrong", (code, found[0]["verdict"], found[0]["reason"]), (1, "wrong", "device-state"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("verify")
    world = World(parser.parse_args().build, [SIGNER, TAGGER, STRANGER])
    gate = world.gate()
    suite = Suite(checks, world, gate)
    for test in (suite.publish, suite.record, suite.verdicts, suite.changes, suite.no_control_log, suite.testimonies, suite.independently, suite.revoked):
        checks.run(f"{test.__name__}_runs_through", test)
    gate.broker.close()
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
