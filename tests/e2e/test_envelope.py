#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The signed envelope from stock MQTT clients, in real Mosquitto of each version. The envelope is made, and the record in Kafka verified,
from docs/device-protocol.md alone: Python's cryptography and hashlib, no code of ours."""
import base64
import hashlib
import json
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from world import GATE, TOPIC, beside_each_broker, payload, services
from stock_client import DENIED, SUCCESS, V5, V311, Client

DEVICE = "dev-a"
HERE = TOPIC.format(device=DEVICE)
LABEL = "ATTESTREAM-1 publish signature"
TIME_MS = 1_750_000_000_000
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def blob(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def signed(device, gate, topic, qos, retain, sequence, time_ms, data):
    head = blob(LABEL) + blob(device) + b"\0" + blob(gate) + blob(topic) + struct.pack(">BBQQ", qos, retain, sequence, time_ms)
    return blob(LABEL) + hashlib.blake2b(head + blob(data), digest_size=32).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """What a device does that has a key and a counter."""

    def __init__(self, key):
        self.key = key
        self.id = hashlib.sha256(key.public_key().public_bytes(*RAW)).digest()[:8]

    def sign(self, sequence, data, topic=HERE, qos=1, retain=0):
        return self.key.sign(signed(DEVICE, GATE, topic, qos, retain, sequence, TIME_MS, data.encode()))

    def seal(self, sequence, data, **where):
        return b"\xc1\x01" + self.id + struct.pack(">QQ", sequence, TIME_MS) + self.sign(sequence, data, **where) + blob(data)

    def property(self, sequence, data):
        return f"s1.{sequence}.{TIME_MS}..{self.id.hex()}.{base64url(self.sign(sequence, data))}"


class Suite:
    def __init__(self, checks, world, version, first):
        self.checks, self.world, self.version = checks, world, version
        pem = (world.fleet.folder / f"devices/{DEVICE}.key.pem").read_bytes()
        self.signer = Signer(serialization.load_pem_private_key(pem, None))
        self.token = world.fleet.token(DEVICE)
        self.sequence = first
        self.gate = world.gate(version, anonymous=True)

    def name(self, text):
        return f"{text}.{self.version}"

    def next(self):
        self.sequence += 1
        return self.sequence

    def client(self, protocol=V311):
        return Client(self.gate.port, DEVICE, DEVICE, self.token, protocol=protocol)

    def send(self, data, protocol=V311, **more):
        """The answer to one publish on a connection of its own: a closed one sends the same again as long as it lives."""
        client = self.client(protocol)
        answer = client.publish(more.pop("topic", HERE), data, **more)
        client.close()
        return answer

    def grown(self, before, *names):
        now = self.gate.fresh_metrics()
        return [now[name] - before[name] for name in names]

    def taken(self):
        """Local subscribers get the envelope; the same again is a success that reaches nobody."""
        watcher = Client(self.gate.port, "watcher")
        watcher.subscribe("#")
        before = self.gate.fresh_metrics()
        envelope = self.signer.seal(self.next(), payload(DEVICE))
        answers = [self.send(envelope), self.send(envelope)]
        self.checks.note(self.name("taken_from_mqtt_3_1_1_and_again"), all(a in SUCCESS for a in answers), answers)
        self.checks.equal(self.name("repeated_counts_as_a_duplicate"), self.grown(before, "admitted", "duplicates", "refused"), [1, 1, 0])
        after = self.signer.seal(self.next(), payload(DEVICE, temp=22))
        self.checks.note(self.name("taken_from_mqtt_5_without_a_property"), self.send(after, V5) in SUCCESS)
        watcher.wait(lambda: len(watcher.messages) >= 2)
        self.checks.equal(self.name("subscribers_get_it_as_sent_and_once"), watcher.messages, [(HERE, envelope), (HERE, after)])
        watcher.close()

    def qos_2_and_0(self):
        before = self.gate.fresh_metrics()
        client = self.client()
        for qos in (2, 0, 1):  # the last one's answer says that the first two are through
            client.publish(HERE, self.signer.seal(self.next(), payload(DEVICE), qos=qos), qos=qos)
        self.checks.equal(self.name("taken_at_each_qos"), self.grown(before, "admitted", "refused"), [3, 0])
        client.close()

    def refused(self):
        """Nothing of these is admitted, and none of them spoils the sequence for what is good."""
        good = self.signer.seal(self.next(), payload(DEVICE))
        used = self.sequence - 1  # another payload had it
        forger = Signer(ed25519.Ed25519PrivateKey.generate())
        forged = Signer(forger.key)
        forged.id = self.signer.id
        cases = [
            ("altered_payload", good[:-3] + b"9" + good[-2:], {}, "proof-wrong"),
            ("altered_time", good[:25] + bytes([good[25] ^ 1]) + good[26:], {}, "proof-wrong"),
            ("forged_signature", forged.seal(self.sequence, payload(DEVICE)), {}, "proof-wrong"),
            ("foreign_key", forger.seal(self.sequence, payload(DEVICE)), {}, "key-unknown"),
            ("forked_sequence", self.signer.seal(used, payload(DEVICE, temp=30)), {}, "sequence-reused"),
            ("other_topic", good, {"topic": HERE.replace("test", "elsewhere")}, "proof-wrong"),
            ("topic_that_no_contract_governs", good, {"topic": "office/lamp"}, "topic-unknown"),
            ("other_qos", self.signer.seal(self.sequence, payload(DEVICE), qos=2), {}, "proof-wrong"),
            ("retained_on_the_way", good, {"retain": True}, "proof-wrong"),
            ("other_version", good[:1] + b"\x02" + good[2:], {}, "proof-malformed"),
            ("cut", good[:60], {}, "proof-malformed"),
            ("trailing_byte", good + b"\n", {}, "proof-malformed"),
            ("magic_alone", good[:1], {}, "proof-malformed"),
            ("sequence_0", self.signer.seal(0, payload(DEVICE)), {}, "proof-malformed"),
        ]
        before = self.gate.fresh_metrics()
        for what, data, more, reason in cases:
            was = self.gate.metrics()["refused_by_reason"].get(reason, 0)
            answer = self.send(data, **more)
            counted = self.gate.fresh_metrics()["refused_by_reason"].get(reason, 0) > was
            self.checks.equal(self.name(f"{what}_is_refused"), (answer, counted), (None, True))
        client = self.client(V5)
        answer = client.publish(HERE, good + b"\n")
        client.wait(lambda: client.messages)
        told = [json.loads(data)["reason"] for _, data in client.messages]
        self.checks.equal(self.name("mqtt_5_is_told_why"), (answer, told), (DENIED, ["proof-malformed"]))
        client.close()
        self.checks.equal(self.name("nothing_refused_is_admitted"), self.grown(before, "admitted", "quarantined"), [0, 0])
        self.checks.note(self.name("refusals_leave_the_sequence_free"), self.send(good) in SUCCESS)

    def restart(self):
        envelope = self.signer.seal(self.next(), payload(DEVICE))
        self.send(envelope)
        self.gate.broker.kill()
        self.gate.start()
        self.gate.wait_for("its counters", lambda m: m.get("control_caught_up") == 1)
        answer = self.send(envelope)
        self.checks.equal(self.name("replay_after_a_kill_is_a_duplicate"), (answer in SUCCESS, self.gate.fresh_metrics()["duplicates"]), (True, 1))

    def record_holds(self, record):
        """Verifies as an outsider does, who has the device's public key and the record alone."""
        fields = {name: value for name, value in record.headers}
        data = signed(fields["ats_device"].decode(), fields["ats_gate"].decode(), fields["ats_topic"].decode(), int(fields["ats_qos"]),
                      int(fields.get("ats_retain", b"0")), int(fields["ats_sequence"]), int(fields["ats_time"]), fields["ats_payload"])
        try:
            self.signer.key.public_key().verify(fields["ats_signature"], data)
        except InvalidSignature:
            return False
        return fields["ats_proof"] == b"signature" and fields["ats_key"].decode() == self.signer.id.hex() and "ats_session" not in fields

    def records(self):
        """What Kafka has of an envelope is what it has of the same signature in a property."""
        first = self.next()
        self.send(self.signer.seal(first, payload(DEVICE)))
        client = self.client(V5)
        carried = Properties(PacketTypes.PUBLISH)
        carried.UserProperty = ("ats-proof", self.signer.property(self.next(), payload(DEVICE)))
        sent = client.client.publish(HERE, payload(DEVICE), qos=1, properties=carried)
        client.wait(lambda: sent.mid in client.answers)
        client.close()
        poison = self.signer.seal(self.next(), payload(DEVICE, temp=500))
        answer = self.send(poison)
        self.gate.wait_for_forwarding()
        mine = {int(r.header("ats_sequence")): r for r in self.world.dump("telemetry.env-sensor") if r.header("ats_sequence")}
        both = [mine.get(first), mine.get(first + 1)]
        self.checks.note(self.name("record_is_verified_from_its_headers_like_that_of_a_property"),
                         all(record and self.record_holds(record) for record in both), both)
        self.checks.equal(self.name("record_has_the_headers_of_that_of_a_property"), *[[n for n, _ in r.headers] for r in both])
        self.checks.equal(self.name("record_has_the_payload_that_was_inside"), dict(both[0].headers)["ats_payload"], payload(DEVICE).encode())
        decoded = [self.world.schemas.decode(r.value) for r in both]
        self.checks.equal(self.name("record_has_the_value_of_that_of_a_property"), *decoded)
        kept = [r for r in self.world.dump("quarantine") if r.header("ats_sequence") == str(self.sequence)]
        found = [self.world.schemas.decode(r.value)["payload"] for r in kept]
        self.checks.equal(self.name("poison_inside_is_acknowledged_and_quarantined_without_the_envelope"), (answer in SUCCESS, found),
                          (True, [payload(DEVICE, temp=500).encode()]))

    def run(self):
        for test in (self.taken, self.qos_2_and_0, self.refused, self.restart, self.records):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        self.gate.broker.close()


def main():
    return beside_each_broker("envelope", [DEVICE], Suite, 1000)


if __name__ == "__main__":
    sys.exit(services.run(main))
