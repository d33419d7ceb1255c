#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Payloads in each format, beside both versions of the broker, in real Kafka. They are written by Python's Avro and by hand, and the records
are read by an independent decoder."""
import base64
import io
import json
import os
import struct
import subprocess
import sys
import time

import avro.io
import avro.schema
from cryptography.hazmat.primitives import serialization
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import world
from stock_client import DENIED, SUCCESS, V5, Client
from test_envelope import Signer, base64url, signed
from world import GATE, beside_each_broker

READER, SIGNER = "dev-reader", "dev-signer"
JSON, AVRO, CONFLUENT = "application/json", "application/avro", "application/vnd.confluent.avro"
SENML, SENML_CBOR = "application/senml+json", "application/senml+cbor"

NO_ENVELOPE = struct.unpack("<d", b"\xc1\x01\0\0\0\0\xf8?")[0]  # begins as a signed envelope does
V, LABEL = {"name": "v", "type": "double"}, {"name": "label", "type": "string", "default": ""}
FIELDS = [V, {"name": "ts", "type": ["null", "long"], "default": None}, {"name": "device", "type": ["null", "string"], "default": None}, LABEL]
# Each contract's fields and settings.
CONTRACTS = {
    "many": (FIELDS, "formats: [json, avro, avro-confluent]"),
    "two": ([V, LABEL], "formats: [json, avro]"),
    "packs": ([V, {"name": "ts", "type": "long"}, {"name": "device", "type": "string"}, LABEL],
              "formats: [json, senml-json, senml-cbor]\n      deviceField: device\n      eventTime: {field: ts, unit: ms}\n      senml: {names: {temperature: v}}"),
    "units": (FIELDS, "formats: [json, avro, senml-json]\n      units: {v: '[degF]'}"),
    "plain": ([V, {"name": "ts", "type": "long"}, {"name": "device", "type": "string"}],
              "format: text\n      deviceField: device\n      eventTime: {field: ts, unit: ms}"),
}
ODCS = """apiVersion: v3.1.0
kind: DataContract
id: {id}
version: 1.0.0
status: active
schema:
  - name: reading
    properties:
{properties}
customProperties:
  - property: attestream
    value:
      topics: ["{id}/{{device}}"]
      {settings}
"""


def schema_of(fields):
    return json.dumps({"type": "record", "name": "Reading", "fields": fields})


def publish_contracts(world_):
    folder = world_.folder / "contracts"
    for name, (fields, settings) in CONTRACTS.items():
        (folder / name).mkdir(parents=True)
        properties = "\n".join("      - {name: %s%s}" % (f["name"], ", logicalTypeOptions: {maximum: 100}, customProperties: [{property: unit, value: Cel}]" if f is V else "") for f in fields)
        (folder / name / "contract.odcs.yaml").write_text(ODCS.format(id=name, settings=settings, properties=properties))
        (folder / name / "schema.avsc").write_text(schema_of(fields))
        world_.fleet.cli("contract", "publish", folder / name)
    world_.fleet.cli("topics", "create", "--partitions", 4, "--replication", 1)
    world_.schemas = world.judge.Schemas(world.ROOT / "schemas", folder)


def avro_of(**fields):
    out = io.BytesIO()
    given = {"ts": None, "device": None, "label": "", **fields}
    avro.io.DatumWriter(avro.schema.parse(schema_of(FIELDS))).write(given, avro.io.BinaryEncoder(out))
    return out.getvalue()


def framed(body, text=None):
    return b"\0" + struct.pack(">I", world.judge.schema_id((text or schema_of(FIELDS)).encode())) + body


def typed(content_type, proof=None):
    properties = Properties(PacketTypes.PUBLISH)
    if content_type:
        properties.ContentType = content_type
    if proof:
        properties.UserProperty = ("ats-proof", proof)
    return properties


class Suite:
    def __init__(self, checks, world_, version, first):
        self.checks, self.world, self.version, self.sequence = checks, world_, version, first
        self.gate = world_.gate(version)
        self.client = Client(self.gate.port, READER, READER, world_.fleet.token(READER), protocol=V5)

    def name(self, text):
        return f"{text}.{self.version}"

    def send(self, topic, payload, content_type=None, client=None, proof=None):
        client = client or self.client
        sent = client.client.publish(topic, payload, qos=1, properties=typed(content_type, proof))
        client.wait(lambda: sent.mid in client.answers or client.closed)
        return client.answers.get(sent.mid)

    def records(self, suffix, device, before=0):
        self.gate.wait_for_forwarding()
        return [r for r in self.world.dump(suffix) if r.header("ats_device") == device][before:]

    def decode(self, records):
        return [self.world.schemas.decode(record.value) for record in records]

    def many(self):
        """The content type chooses; without one it is the first of the list."""
        topic, there = f"many/{READER}", len(self.records("telemetry.many", READER))
        cases = [(b'{"v": 1.5}', None), (b'{"v": 2.5, "label": "x"}', JSON + "; charset=utf-8"), (avro_of(v=3.5, ts=4, label="y"), AVRO),
                 (avro_of(v=4.5, device=READER), "Avro/Binary"), (framed(avro_of(v=5.5)), CONFLUENT), (avro_of(v=NO_ENVELOPE), AVRO)]
        answers = [self.send(topic, *case) for case in cases]
        self.checks.note(self.name("each_content_type_is_taken"), all(answer in SUCCESS for answer in answers), answers)
        found = self.records("telemetry.many", READER, there)
        self.checks.equal(self.name("each_format_becomes_the_same_avro"), self.decode(found), [
            {"v": 1.5, "ts": None, "device": None, "label": ""}, {"v": 2.5, "ts": None, "device": None, "label": "x"},
            {"v": 3.5, "ts": 4, "device": None, "label": "y"}, {"v": 4.5, "ts": None, "device": READER, "label": ""},
            {"v": 5.5, "ts": None, "device": None, "label": ""}, {"v": NO_ENVELOPE, "ts": None, "device": None, "label": ""}])
        self.checks.equal(self.name("a_record_names_the_content_type"), [r.header("ats_content_type") for r in found], [kind for _, kind in cases])

    def poison(self, name, topic, cases):
        """Each of (payload, content type, class, rule) is refused and kept with its bytes."""
        there = len(self.records("quarantine", READER))
        answers = {self.send(topic, payload, kind) for payload, kind, _, _ in cases}
        found = self.records("quarantine", READER, there)
        self.checks.equal(self.name(name), (answers, [(q["payload"], q["class"], q["rule"]) for q in self.decode(found)]),
                          ({DENIED}, [(payload, class_, rule) for payload, _, class_, rule in cases]))
        return found

    def wrong(self):
        topic = f"many/{READER}"
        good = avro_of(v=1)
        found = self.poison("what_its_format_cannot_read_is_quarantined", topic, [
            (good, None, "malformed", "utf8"), (b'{"v": 1.5}', "text/html", "schema", "content-type"), (good + b"\0", AVRO, "malformed", "avro-syntax"),
            (avro_of(v=float("nan")), AVRO, "schema", "number-range"), (avro_of(v=101), AVRO, "quality", "range"),
            (good[1:2] * 4, CONFLUENT, "malformed", "avro-syntax"), (framed(good, "another"), CONFLUENT, "schema", "schema-id"), (b"", AVRO, "malformed", "empty")])
        self.checks.equal(self.name("what_is_quarantined_names_its_content_type"), [r.header("ats_content_type") for r in found][:3], [None, "text/html", AVRO])

    def two_meanings(self):
        """Nobody on the way may choose between two events by the content type."""
        both = b'{"v" :1,' + b' "label":"abcde"}'  # as Avro eight bytes of a number, and a space that counts sixteen characters
        self.poison("what_two_formats_can_read_is_quarantined", f"two/{READER}", [(both, kind, "schema", "ambiguous") for kind in (JSON, AVRO, None)])
        self.checks.note(self.name("what_one_format_can_read_is_taken"), self.send(f"two/{READER}", both + b" ", JSON) in SUCCESS)

    def plain(self):
        topic, there, begun = f"plain/{READER}", len(self.records("telemetry.plain", READER)), int(time.time() * 1000)
        answers = [self.send(topic, payload, kind) for payload, kind in ((b"21.5", None), (b" -3e1\n", "text/plain"), (b"7", JSON))]
        ended = int(time.time() * 1000)
        found = self.decode(self.records("telemetry.plain", READER, there))
        self.checks.note(self.name("a_plain_value_is_taken"), all(answer in SUCCESS for answer in answers), answers)
        self.checks.equal(self.name("device_and_time_are_filled_in"), [(r["v"], r["device"], begun <= r["ts"] <= ended) for r in found],
                          [(21.5, READER, True), (-30.0, READER, True), (7.0, READER, True)])
        self.poison("what_is_no_plain_value_is_quarantined", topic, [(b"21,5", None, "schema", "type"), (b'{"v": 1}', None, "schema", "type"),
                                                                    (b"1e999", None, "schema", "number-range"), (b"101", None, "quality", "range")])

    def units(self):
        """The contract says that payloads are in degrees Fahrenheit, a SenML record may say otherwise; records are in the field's degrees Celsius."""
        topic, there = f"units/{READER}", len(self.records("telemetry.units", READER))
        cases = [(b'{"v": 212}', JSON), (avro_of(v=98.6, label="x"), AVRO), (b'[{"n":"d:v","v":-40}]', SENML), (b'[{"n":"d:v","v":293.15,"u":"K"}]', SENML)]
        answers = [self.send(topic, *case) for case in cases]
        self.checks.note(self.name("payloads_in_another_unit_are_taken"), all(answer in SUCCESS for answer in answers), answers)
        self.checks.equal(self.name("records_are_in_the_fields_unit"), [(r["v"], r["label"]) for r in self.decode(self.records("telemetry.units", READER, there))],
                          [(100.0, ""), (37.0, "x"), (-40.0, ""), (20.0, "")])
        self.poison("rules_judge_the_converted_value", topic, [(b'{"v": 212.1}', JSON, "quality", "range"), (b'{"v": "212"}', JSON, "schema", "type")])

    def packs(self):
        """Several times in one pack are several records with an index, in their order."""
        topic = f"packs/{READER}"
        pack = [{"bn": "urn:dev:ow:10e2:", "bt": 1_700_000_010, "n": "temperature", "u": "Cel", "v": 20.5}, {"n": "label", "vs": "x"},
                {"n": "temperature", "t": -10, "v": 101}, {"n": "temperature", "t": -5, "v": 19}]
        self.pack("senml_json", topic, SENML, json.dumps(pack).encode(), json.dumps(pack[2]).encode())
        self.poison("what_is_no_pack_is_quarantined", topic, [(b'[{"n":"v","v":1,"x_":1}]', SENML, "malformed", "senml"), (b"[]", SENML, "schema", "batch"),
                                                             (b'[{"n":"v","v":1}', SENML, "malformed", "json-syntax")])

    def cbor(self):
        topic = f"packs/{READER}"
        wrong = b"\xa3\x00\x6btemperature\x06\x29\x02\x18\x65"  # {0: "temperature", 6: -10, 2: 101}
        pack = (b"\x84\xa5\x21\x70urn:dev:ow:10e2:\x22\x1a" + struct.pack(">I", 1_700_000_010) + b"\x00\x6btemperature\x01\x63Cel\x02\xf9\x4d\x20"
                b"\xa2\x00\x65label\x03\x61x" + wrong + b"\xa3\x00\x6btemperature\x06\x24\x02\xfb" + struct.pack(">d", 19))
        self.pack("senml_cbor", topic, SENML_CBOR, pack, wrong)
        self.poison("what_is_no_pack_of_cbor_is_quarantined", topic, [(pack + b"\0", SENML_CBOR, "malformed", "cbor-syntax"), (b"\xa0", SENML_CBOR, "malformed", "senml"),
                                                                     (pack, SENML, "malformed", "utf8")])

    def pack(self, what, topic, kind, pack, wrong):
        """A pack of three times, of which the first is over the range."""
        there, kept = len(self.records("telemetry.packs", READER)), len(self.records("quarantine", READER))
        self.checks.note(self.name(what + "_pack_is_taken"), self.send(topic, pack, kind) in SUCCESS)
        found = self.records("telemetry.packs", READER, there)
        self.checks.equal(self.name(what + "_times_are_records"), self.decode(found), [
            {"v": 19.0, "ts": 1_700_000_005_000, "device": READER, "label": ""}, {"v": 20.5, "ts": 1_700_000_010_000, "device": READER, "label": "x"}])
        self.checks.equal(self.name(what + "_records_have_their_index"), [(r.header("ats_item"), r.header("ats_items")) for r in found], [("1", "3"), ("2", "3")])
        self.checks.equal(self.name(what + "_event_that_is_wrong_is_quarantined_with_its_bytes"),
                          [(q["payload"], q["rule"], q["path"], q["item"], q["items"]) for q in self.decode(self.records("quarantine", READER, kept))],
                          [(wrong, "range", "v", 0, 3)])

    def signed(self):
        """A man in the middle may change the content type: the signature holds, the value must not."""
        pem = (self.world.fleet.folder / f"devices/{SIGNER}.key.pem").read_bytes()
        signer = Signer(serialization.load_pem_private_key(pem, None))
        client = Client(self.gate.port, SIGNER, SIGNER, self.world.fleet.token(SIGNER), protocol=V5)
        pack = b'[{"n":"x:v","v":1},{"n":"x:v","t":-5,"v":2}]'  # at the gate's time, which the record says
        for topic, payload, kind in ((f"many/{SIGNER}", avro_of(v=7.5), AVRO), (f"many/{SIGNER}", b'{"v": 8.5}', JSON), (f"packs/{SIGNER}", pack, SENML),
                                     (f"units/{SIGNER}", avro_of(v=71.3), AVRO), (f"units/{SIGNER}", b'{"v": 70.7}', JSON)):
            self.sequence += 1
            now = int(time.time() * 1000)
            signature = signer.key.sign(signed(SIGNER, GATE, topic, 1, 0, self.sequence, now, payload))
            proof = f"s1.{self.sequence}.{now}..{signer.id.hex()}.{base64url(signature)}"
            self.checks.note(self.name("a_signed_publish_is_taken." + kind), self.send(topic, payload, kind, client, proof) in SUCCESS, client.answers)
        client.close()
        self.gate.wait_for_forwarding()
        self.verify("telemetry.many", 2)
        self.verify("telemetry.packs", 2)
        self.verify("telemetry.units", 2)

    def verify(self, suffix, count):
        lines = self.world.fleet.cli("watch", suffix, "--from-beginning", "--exit-at-end", "--raw").stdout.splitlines()
        signed_ = [record for record in map(json.loads, lines) if ["ats_proof", base64.b64encode(b"signature").decode()] in record["headers"]]
        swapped = json.loads(json.dumps(signed_))
        other = {base64.b64encode(a.encode()).decode(): base64.b64encode(b.encode()).decode() for a, b in ((AVRO, JSON), (JSON, AVRO), (SENML, JSON))}
        for record in swapped:
            record["headers"] = [[n, other[v] if n == "ats_content_type" else v] for n, v in record["headers"]]
        done = subprocess.run(self.world.fleet.command("verify", "message", "--json"), input="".join(json.dumps(r) + "\n" for r in [*signed_, *swapped]),
                              capture_output=True, text=True, env={**os.environ, **self.world.kafka.environment()})
        verdicts = [row["verdict"] for row in map(json.loads, done.stdout.splitlines()) if "verdict" in row]
        self.checks.equal(self.name("a_signed_record_of_each_format_is_verified_in_" + suffix.rpartition(".")[2]), (len(signed_) >= count, verdicts[:len(signed_)]), (True, ["verified"] * len(signed_)))
        self.checks.equal(self.name("a_signed_record_under_another_content_type_is_refuted_in_" + suffix.rpartition(".")[2]), verdicts[len(signed_):2 * len(signed_)], ["wrong"] * len(signed_))

    def run(self):
        self.checks.run_each((self.many, self.wrong, self.two_meanings, self.plain, self.units, self.packs, self.cbor, self.signed), self.name)
        self.client.close()
        self.gate.broker.close()


if __name__ == "__main__":
    sys.exit(world.services.run(lambda: beside_each_broker("formats", [READER, SIGNER], Suite, 100_000, publish_contracts)))
