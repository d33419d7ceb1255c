# SPDX-License-Identifier: Apache-2.0
"""Several versions of one contract at a time: signed by both owners, one device pinned to the lower one, and its end. Part of test_series.py."""
import json
import struct

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import world  # finds the folders of those below
from stock_client import DENIED, SUCCESS, V5, Client

PINNED, FREE = "dev-pinned", "dev-free"
OPERATOR, OT, IT = ("--operator", "operator"), ("--operator", "of-plant"), ("--operator", "of-data")
LOW, HIGH = "meter@1.0.0", "meter@2.0.0"
V, UNIT = {"name": "v", "type": "double"}, {"name": "unit", "type": "string"}
FIELDS = {LOW: [V], HIGH: [V, UNIT]}
ODCS = """apiVersion: v3.1.0
kind: DataContract
id: meter
version: {version}
status: active
schema:
  - name: meter
    properties:
{properties}
customProperties:
  - property: attestream
    value:
      topics: ["meter/{{device}}"]
      formats: [json, avro-confluent]
{signatures}"""
USECASE = """name: meters
version: 1.0.0
contract: meter
kpi: Hours without an alarm
features:
  - {name: v, field: v, aggregate: last, unit: Cel}
model:
  kind: robust-ewma
  version: "1"
  parameters: {memory: 2000, smoothing: 3, half: 2}
episode: {failureMode: too-much, enter: 0.8, leave: 0.3, enterCount: 3, leaveCount: 50}
alert:
  severity: warning
  title: The meter shows more than usual
  action: See what runs.
  runbook: https://runbooks.example.com/too-much
erp: {kind: malfunction, priority: 2, breakdown: false}
twin: {namespace: org.example, feature: health}
"""


def schema(version):
    return json.dumps({"type": "record", "name": "Meter", "fields": FIELDS[version]})


def framed(version, body):
    """What a device of that version sends in Confluent's framing."""
    return b"\0" + struct.pack(">I", world.judge.schema_id(schema(version).encode())) + body


class Versions:
    def __init__(self, checks, world_, gate):
        self.checks, self.world, self.gate, self.fleet = checks, world_, gate, world_.fleet
        self.folder = world_.folder / "versions"
        self.folder.mkdir()

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def cli(self, *words):
        return self.fleet.cli(*words, check=False)

    def by_both(self, name, *words):
        """One owner proposes it, the other one approves."""
        file = self.folder / f"{name}.json"
        proposed = self.cli(*OT, "--propose", file, *words)
        if proposed.returncode:
            return proposed
        shown = self.fleet.cli("approve", file, "--show", "--json").stdout
        return self.cli(*IT, "approve", file, "--digest", json.loads(shown.splitlines()[0])["digest"])

    def write(self, version, asked=True):
        folder = self.folder / version
        folder.mkdir()
        properties = "\n".join(f"      - {{name: {field['name']}}}" for field in FIELDS[version])
        (folder / "contract.odcs.yaml").write_text(ODCS.format(version=version.split("@")[1], properties=properties,
                                                               signatures="      signatures: [ot, it]\n" if asked else ""))
        (folder / "schema.avsc").write_text(schema(version))
        self.world.schemas.add(schema(version).encode())
        return folder

    def owners(self):
        for owner, (_, name) in (("ot", OT), ("it", IT)):
            self.fleet.cli("operator", "add", name, "--kinds", "contract", "--owner", owner)
        low, high = self.write(LOW), self.write(HIGH, asked=False)
        self.expect("a_contract_that_asks_for_owners_takes_them", self.cli(*OPERATOR, "contract", "publish", low), 1, "out-of-scope", "owners ot and it")
        self.expect("one_owner_alone_is_not_enough", self.cli(*OT, "contract", "publish", low), 1, "unapproved", "--propose FILE")
        self.expect("both_owners_sign_a_version", self.by_both("low", "contract", "publish", low), 0)
        self.expect("a_version_that_asks_for_nobody_needs_both_too", self.cli(*OPERATOR, "contract", "publish", high), 1, "out-of-scope")
        self.expect("both_owners_sign_what_asks_for_nobody", self.by_both("high", "contract", "publish", high), 0)
        usecase = self.folder / "usecase.yaml"
        usecase.write_text(USECASE)
        self.fleet.cli(*OPERATOR, "usecase", "publish", usecase)
        self.fleet.cli("topics", "create")
        self.fleet.cli(*OPERATOR, "device", "set", PINNED, "--contract", LOW)
        self.expect("a_device_pins_one_version_of_a_contract", self.cli(*OPERATOR, "device", "set", PINNED, "--contract", LOW, "--contract", HIGH), 2, "stands twice")
        self.gate.wait_for_control(self.fleet.control_count())

    def client(self, device):
        return Client(self.gate.port, device, device, self.fleet.token(device), protocol=V5)

    def send(self, client, device, payload, confluent=False):
        properties = Properties(PacketTypes.PUBLISH)
        if confluent:
            properties.ContentType = "application/vnd.confluent.avro"
        sent = client.client.publish(f"meter/{device}", payload, qos=1, properties=properties)
        client.wait(lambda: sent.mid in client.answers or client.closed)
        return client.answers.get(sent.mid)

    def side_by_side(self):
        """Each is judged by its own version, and both stand in Kafka and are decided."""
        pinned, free = self.client(PINNED), self.client(FREE)
        low, high = struct.pack("<d", 3.5), struct.pack("<d", 4.5) + b"\x02C"
        taken = [self.send(pinned, PINNED, b'{"v":1.5}'), self.send(free, FREE, b'{"v":2.5,"unit":"C"}'), self.send(pinned, PINNED, framed(LOW, low), True),
                 self.send(free, FREE, framed(HIGH, high), True)]
        self.checks.note("each_device_is_judged_by_its_version", all(one in SUCCESS for one in taken), taken)
        kept = [self.send(pinned, PINNED, b'{"v":1.5,"unit":"C"}'), self.send(free, FREE, b'{"v":2.5}'), self.send(pinned, PINNED, framed(HIGH, high), True),
                self.send(free, FREE, framed(LOW, low), True)]
        self.gate.wait_for_forwarding()
        poison = [(q["device"], q["contract"], q["rule"]) for q in self.world.decoded("quarantine") if q["device"] in (PINNED, FREE)]
        self.checks.equal("and_by_no_other", (kept, sorted(poison)),
                          ([DENIED] * 4, [(FREE, HIGH, "missing-field"), (FREE, HIGH, "schema-id"), (PINNED, LOW, "schema-id"), (PINNED, LOW, "unknown-field")]))
        found = [(r.header("ats_device"), r.header("ats_contract"), self.world.schemas.decode(r.value)) for r in self.world.dump("telemetry.meter")]
        self.checks.equal("both_versions_stand_in_kafka", sorted(found, key=str), sorted([
            (PINNED, LOW, {"v": 1.5}), (PINNED, LOW, {"v": 3.5}), (FREE, HIGH, {"v": 2.5, "unit": "C"}), (FREE, HIGH, {"v": 4.5, "unit": "C"})], key=str))
        for client in (pinned, free):
            client.close()

    def decided(self):
        """The processor reads both, also what was written by a version that has ended since."""
        processor = self.world.processor()
        processor.start()
        processor.wait_until_ready()

        def devices():
            return sorted({d["id"]: d["device"] for d in self.world.decoded("decisions") if d["device"] in (PINNED, FREE)}.values())
        processor.process.wait_until(lambda: len(devices()) >= 6, "six decisions", 60)
        self.checks.equal("the_processor_decides_both_versions", (devices(), processor.counter("attestream_events_dead_letter_total")), ([FREE] * 3 + [PINNED] * 3, 0))
        served = [json.loads(processor.get(f"/schemas/ids/{world.judge.schema_id(schema(version).encode())}")[1]).get("schema") for version in (LOW, HIGH)]
        self.checks.equal("the_schema_of_a_retired_version_stays_served", served, [schema(LOW), schema(HIGH)])
        processor.stop()

    def explained(self):
        """What is in quarantine is judged again by the version that the device's record names."""
        found = [json.loads(line)["id"] for line in self.fleet.cli("quarantine", "list", "--device", PINNED, "--rule", "unknown-field", "--json").stdout.splitlines()]
        now = [json.loads(self.fleet.cli("quarantine", "show", each, "--json").stdout)["now"] for each in found]
        self.checks.equal("quarantine_judges_again_by_the_pinned_version", [(one["verdict"], one["contract"], one["rule"]) for one in now], [("quarantined", LOW, "unknown-field")])

    def listed(self):
        rows = {row["name"]: row for row in map(json.loads, self.fleet.cli("contract", "versions", "meter", "--json").stdout.splitlines())}
        self.checks.equal("versions_names_who_signed_and_what_is_judged", {name: [row[key] for key in ("state", "signatures", "signer", "approver", "governs", "pinned")] for name, row in rows.items()}, {
            LOW: ["in force", "ot and it", "of-plant (ot)", "of-data (it)", [], [PINNED]],
            HIGH: ["in force", "", "of-plant (ot)", "of-data (it)", ["meter/{device}"], []]})

    def counted(self):
        rows = {row["contract"]: row["devices"] for row in map(json.loads, self.fleet.cli("device", "report", "--by", "contract", "--json").stdout.splitlines())}
        self.checks.equal("report_counts_devices_by_version", (rows.get(LOW), rows.get(HIGH), rows[""] > 0), (1, None, True))

    def retired(self):
        done = self.cli(*OT, "contract", "retire", LOW, "--json")
        self.expect("retire_is_refused_while_a_device_uses_it", done, 1, "1 device uses contract meter@1.0.0")
        self.checks.equal("retire_names_the_device", [(row["device"], row["pinned"], row["records"], row["last"] > "2020") for row in map(json.loads, done.stdout.splitlines())],
                          [(PINNED, True, 2, True)])
        done = self.cli(*OT, "contract", "retire", HIGH, "--json")
        self.checks.equal("retire_names_who_published_lately", [(row["device"], row["pinned"], row["records"]) for row in map(json.loads, done.stdout.splitlines())], [(FREE, False, 2)])
        self.expect("retire_by_one_owner_is_refused", self.cli(*OT, "contract", "retire", LOW, "--force"), 1, "unapproved")
        self.expect("retire_by_both_owners", self.by_both("end", "contract", "retire", LOW, "--force"), 0)
        self.expect("the_only_version_in_force_is_kept", self.cli(*OT, "contract", "retire", HIGH, "--hours", 0), 1, "the only version in force")
        self.expect("what_is_retired_is_not_published_again", self.cli(*OT, "contract", "publish", self.folder / LOW), 1, "retired, for ever")
        self.gate.wait_for_control(self.fleet.control_count())

    def refused(self):
        before = self.gate.fresh_metrics()["refused_by_reason"].get("version-retired", 0)
        pinned, free = self.client(PINNED), self.client(FREE)
        self.checks.equal("a_retired_version_that_is_pinned_is_refused", (self.send(pinned, PINNED, b'{"v":5}'), self.send(free, FREE, b'{"v":5,"unit":"C"}') in SUCCESS), (DENIED, True))
        told = pinned.wait(lambda: any(json.loads(data)["reason"] == "version-retired" for _, data in pinned.messages))
        counted = self.gate.fresh_metrics()["refused_by_reason"].get("version-retired", 0) - before
        self.checks.equal("version_retired_is_told_and_counted", (told, counted), (True, 1))
        self.fleet.cli(*OPERATOR, "device", "set", PINNED, "--contract", "meter")
        self.gate.wait_for_control(self.fleet.control_count())
        self.checks.note("without_the_pin_the_version_in_force_judges", self.send(pinned, PINNED, b'{"v":5,"unit":"C"}') in SUCCESS)
        for client in (pinned, free):
            client.close()

    def run(self):
        for step in (self.owners, self.side_by_side, self.explained, self.listed, self.counted, self.retired, self.refused, self.decided):
            step()
