#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The processor as a Schema Registry: stock clients that share no code with us or each other read telemetry and decisions with nothing else."""
import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

from checks import Checks
from world import ROOT, TOPIC, payload, services
from fleet import GATE, Gate, wait_until
from registry_stand_in import Registry
from secure_kafka import certificate
from stage import CONTRACT, INPUT, Stage, finish, lines
from stock_client import Client

NODE = ROOT / ".cache/registry"
SENDER = "unit-9"
# The address of a real registry that is empty, in place of the stand-in.
REAL = os.environ.get("ATS_TEST_SCHEMA_REGISTRY")
# Confluent's own client for Python: each question of its API, with what it says to it.
PYTHON = """
import base64, json, sys
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext
url, subject, text = sys.argv[1:]
client = SchemaRegistryClient({"url": url})
latest = client.get_latest_version(subject)
one = client.get_version(subject, latest.version)
found = client.lookup_schema(subject, Schema(text, "AVRO"))
try:
    client.register_schema(subject, Schema('"string"', "AVRO"))
    registered = "registered"
except SchemaRegistryError as why:
    registered = [why.http_status_code, why.error_code]
print(json.dumps({"subjects": client.get_subjects(), "versions": client.get_versions(subject), "latest": [latest.version, latest.schema_id, latest.schema.schema_str],
                  "same": [one.version, one.schema_id] == [latest.version, latest.schema_id], "found": [found.version, found.schema_id],
                  "by_id": client.get_schema(latest.schema_id).schema_str, "registered": registered}))
"""
# And what it makes of values.
DECODE = """
import base64, json, sys
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
deserialize = AvroDeserializer(SchemaRegistryClient({"url": sys.argv[1]}))
for line in sys.stdin:
    topic, value = line.split()
    print(json.dumps(deserialize(base64.b64decode(value), SerializationContext(topic, MessageField.VALUE)), default=str))
"""


VENV = ROOT / ".cache/venv/bin/python"


def decode(url, records, *questions):
    """What Confluent's deserializer, pointed at that registry, makes of them; before it what the client answers to a script of questions."""
    script, words = (questions[0] + DECODE, questions[1:]) if questions else (DECODE, ())
    done = subprocess.run([VENV, "-c", script, url, *words], input="".join(f"{r.topic} {base64.b64encode(r.value).decode()}\n" for r in records),
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise services.ServiceError(done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def id_of(record):
    """Of a value with Confluent framing."""
    return int.from_bytes(record.value[1:5], "big")


class Suite:
    def __init__(self, checks, stage, processor):
        self.checks, self.stage, self.processor = checks, stage, processor
        self.subject = f"{stage.kafka.prefix}{INPUT}-value"

    def ask(self, path, data=None, method=None):
        request = urllib.request.Request(self.processor.url + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as answer:
            return answer.code, json.loads(answer.read())

    def values(self):
        """Telemetry and decisions, some of each, and what an implementation of Avro that knows the schemas makes of them."""
        records = [r for suffix in (INPUT, "decisions") for r in [r for r in self.stage.dump(suffix) if r.value and r.value[0] == 0][:5]]
        return records, [self.stage.schemas.decode(r.value) for r in records]

    def python(self):
        records, wanted = self.values()
        text = (CONTRACT / "schema.avsc").read_text()
        answers, *decoded = decode(self.processor.url, records, PYTHON, self.subject, text)
        self.checks.equal("python_client_runs", len(decoded), len(records))
        self.checks.note("python_client_lists_the_topics_subjects", {self.subject, f"{self.stage.kafka.prefix}decisions-value"} <= set(answers["subjects"]), answers["subjects"])
        version, number, stored = answers["latest"]
        self.checks.equal("python_client_gets_the_latest_version", (answers["versions"], stored, answers["same"], answers["by_id"]), ([version], text, True, text))
        self.checks.equal("python_client_finds_a_schema_by_its_text", answers["found"], [version, number])
        self.checks.equal("python_client_cannot_register", answers["registered"], [422, 42205])
        self.checks.equal("python_client_reads_telemetry_and_decisions", [sorted(d) for d in decoded], [sorted(w) for w in wanted])
        flat = [{k: v for k, v in w.items() if isinstance(v, (str, int, float, bool))} for w in wanted]  # this client makes times of the numbers of some fields
        self.checks.equal("python_client_reads_the_values", [{k: d[k] for k in w if isinstance(d[k], type(w[k]))} for d, w in zip(decoded, flat)],
                          [{k: w[k] for k in w if isinstance(d[k], type(w[k]))} for d, w in zip(decoded, flat)])
        self.checks.equal("python_client_reads_what_lies_deeper", [d.get("data") for d in decoded], [w.get("data") for w in wanted])

    def node(self):
        if not (NODE / "node_modules").is_dir() or not shutil.which("node"):
            self.checks.skip("node_client_reads_telemetry_and_decisions", "there is no Node with its client (scripts/setup fetches it where there is npm)")
            return
        records, wanted = self.values()
        done = subprocess.run(["node", ROOT / "tests/registry/decode.js", self.processor.url, NODE], input="".join(base64.b64encode(r.value).decode() + "\n" for r in records),
                              capture_output=True, text=True)
        decoded = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.note("node_client_runs", done.returncode == 0, done.stderr[-2000:])
        self.checks.equal("node_client_reads_telemetry_and_decisions", [(sorted(d), d.get("device_id"), d.get("data")) for d in decoded],
                          [(sorted(w), w.get("device_id"), w.get("data")) for w in wanted])

    def versions(self):
        """A new version of the contract with another schema is a further version; one with the same schema is none; numbers stay."""
        before = self.ask(f"/subjects/{self.subject}/versions")[1]
        same, other = self.stage.folder / "same", self.stage.folder / "other"
        for folder, version in ((same, "1.0.1"), (other, "1.1.0")):
            shutil.copytree(CONTRACT, folder)
            document = folder / "contract.odcs.yaml"
            document.write_text(document.read_text().replace("version: 1.0.0", f"version: {version}"))
        schema = other / "schema.avsc"
        schema.write_text(schema.read_text() + "\n")
        for folder in (same, other):
            self.stage.fleet.cli("contract", "publish", folder)
        count = self.stage.fleet.control_count()
        wait_until("the new versions", lambda: self.processor.counter("attestream_control_records") >= count)
        after = self.ask(f"/subjects/{self.subject}/versions")[1]
        self.checks.note("another_schema_is_a_further_version", after[:-1] == before and after[-1] > before[-1], (before, after))
        found = self.ask(f"/subjects/{self.subject}/versions/latest")[1]
        self.checks.equal("the_latest_version_has_its_text", (found["version"], found["schema"]), (after[-1], schema.read_text()))
        self.processor.stop()
        self.processor.start()
        self.processor.wait_until_ready()
        self.checks.equal("numbers_are_the_same_after_a_start", self.ask(f"/subjects/{self.subject}/versions")[1], after)

    def questions(self):
        """What no client above asks."""
        number = self.ask(f"/subjects/{self.subject}/versions/latest")[1]["id"]
        for path, wanted in ((f"/schemas/ids/{number}/subjects", [self.subject]), ("/schemas/types", ["AVRO"]), ("/config", {"compatibilityLevel": "NONE"}), ("/mode", {"mode": "READONLY"}),
                             ("/subjects?deleted=true", self.ask("/subjects")[1]), (f"/subjects/{self.subject.replace('.', '%2E')}/versions", self.ask(f"/subjects/{self.subject}/versions")[1])):
            self.checks.equal("answers_" + path.split("?")[0].strip("/").replace("/", "_").replace(str(number), "ID").replace(self.subject, "S").replace("%2E", "_").replace(".", "_")[:40] + ("_with_query" if "?" in path else ""),
                              self.ask(path), (200, wanted))
        for path, status, code in (("/subjects/nobodys/versions", 404, 40401), (f"/subjects/{self.subject}/versions/999", 404, 40402), ("/schemas/ids/1", 404, 40403), (f"/subjects/{self.subject}/versions/x", 422, 42202),
                                   (f"/config/{self.subject}", 404, 40408)):
            found = self.ask(path)
            self.checks.equal(f"refuses_with_{code}", (found[0], found[1]["error_code"]), (status, code))
        self.checks.equal("refuses_a_delete", self.ask(f"/subjects/{self.subject}", method="DELETE")[0], 422)
        self.checks.equal("refuses_a_text_that_is_too_long", self.too_long(), True)

    def too_long(self):
        try:
            self.ask(f"/subjects/{self.subject}", data=b" " * 2_000_000)
            return False
        except (urllib.error.URLError, ConnectionError, json.JSONDecodeError):
            return self.ask("/health")[0] == 200


    # ---- a registry of the site's own ----

    def version(self, number, doc):
        """A further version of the contract, whose schema is another one."""
        folder = self.stage.folder / number
        shutil.copytree(CONTRACT, folder)
        document, schema = folder / "contract.odcs.yaml", folder / "schema.avsc"
        document.write_text(document.read_text().replace("version: 1.0.0", f"version: {number}"))
        schema.write_text(json.dumps({**json.loads(schema.read_text()), "doc": doc}))
        return folder

    def cli(self, *words):
        return self.stage.fleet.cli(*words, check=False)

    def published(self):
        return self.cli("--json", "contract", "list").stdout

    def rows(self, url):
        done = self.cli("--json", "--schema-registry", url, "registry", "check")
        return done.returncode, {(row["subject"], row["schema"]): row for row in map(json.loads, done.stdout.splitlines())}

    def sites_own(self):
        """Registered there, and read with what is registered there alone."""
        registry = None if REAL else Registry(first_id=7)
        url = REAL or registry.url
        folder, before = self.version("1.2.0", "Of the hall"), self.published()
        away = self.cli("--schema-registry", "http://127.0.0.1:1", "contract", "publish", folder)
        self.checks.equal("nothing_is_published_while_the_registry_is_away", (away.returncode, self.published()), (3, before))
        code, before = self.rows(url)
        decisions = (f"{self.stage.kafka.prefix}decisions-value", "decision")
        self.checks.equal("check_says_what_no_registry_has", (code, before[decisions]["verdict"], before[(self.subject, "env-sensor@1.0.0")]["verdict"]), (1, "own-id", "own-id"))
        published = json.loads(self.cli("--json", "--schema-registry", url, "contract", "publish", folder).stdout)
        again = [json.loads(self.cli("--json", *more, "contract", "publish", folder).stdout) for more in ((), ("--schema-registry", url))]
        self.checks.equal("publishing_again_changes_nothing", [(a["verdict"], a["schema_id"]) for a in again], [("unchanged", published["schema_id"])] * 2)
        forgotten = self.cli("contract", "publish", self.version("1.3.0", "Of the yard"))
        self.checks.note("a_registry_that_is_forgotten_is_asked_for", forgotten.returncode == 2 and "--schema-registry" in forgotten.stderr, forgotten)
        self.cli("--schema-registry", url, "contract", "publish", ROOT / "schemas/contracts/machine-temp")
        synced = self.cli("--json", "--schema-registry", url, "registry", "sync")
        _, after = self.rows(url)
        self.checks.equal("sync_registers_the_schemas_of_gate_and_processor", {row["schema"]: row["verdict"] for row in after.values() if "@" not in row["schema"]},
                          dict.fromkeys(("alert", "decision", "journal-checkpoint", "maintenance-request", "quarantine"), "ok"))
        self.checks.note("sync_says_which_contract_has_an_own_id", synced.returncode == 1 and after[(f"{self.stage.kafka.prefix}telemetry.machine-temp-value", "machine-temp@1.0.0")]["verdict"] == "own-id", synced)
        self.checks.equal("nothing_else_differs_there", {row["verdict"] for key, row in after.items() if "@1." in key[1] and key[1] != "env-sensor@1.2.0"} | {after[(self.subject, "env-sensor@1.2.0")]["verdict"]}, {"own-id", "ok"})
        self.read_by(url, published["schema_id"], after[decisions]["registry_id"])
        if registry:
            self.checks.equal("records_have_the_registrys_ids", registry.schemas[published["schema_id"]], (folder / "schema.avsc").read_text())
            self.refusals(registry)
            registry.close()

    def read_by(self, url, telemetry_id, decision_id):
        """A real gate's records, and what the processor makes of them."""
        self.stage.fleet.add_devices([SENDER])
        gate = Gate(self.stage.build, self.stage.keys / GATE, self.stage.kafka)
        gate.start()
        count, decided = self.stage.fleet.control_count(), self.processor.decided()
        gate.wait_for_control(count)
        wait_until("the registry's ids", lambda: self.processor.counter("attestream_control_records") >= count)
        client = Client(gate.port, SENDER, SENDER, self.stage.fleet.token(SENDER))
        topic = TOPIC.format(device=SENDER)
        for text in [payload(SENDER, 1_700_000_000 + i) for i in range(3)] + ["{"]:
            client.publish(topic, text)
        gate.wait_for_forwarding()
        self.processor.wait_for_decisions(decided + 3)
        client.close()
        gate.stop()
        mine = {suffix: [r for r in self.stage.dump(suffix) if r.header("ce_subject") == SENDER] for suffix in (INPUT, "decisions", "quarantine")}
        self.checks.equal("gate_and_processor_frame_with_the_registrys_ids", [{id_of(r) for r in mine[suffix]} for suffix in (INPUT, "decisions")], [{telemetry_id}, {decision_id}])
        everything = [r for records in mine.values() for r in records]
        values = decode(url, everything)
        read = {suffix: [v for v, r in zip(values, everything) if r in records] for suffix, records in mine.items()}
        self.checks.equal("python_client_reads_telemetry_with_the_registry_alone", [(r["device_id"], r["data"]["temp"]) for r in read[INPUT]], [(SENDER, 21.5)] * 3)
        self.checks.equal("python_client_reads_decisions_with_the_registry_alone", [(r["device"], r["input"]["schema_id"]) for r in read["decisions"]], [(SENDER, telemetry_id)] * 3)
        self.checks.equal("python_client_reads_quarantine_with_the_registry_alone", [r["class"] for r in read["quarantine"]], ["malformed"])
        self.checks.equal("the_processor_serves_the_same_ids", decode(self.processor.url, everything), values)

    def refusals(self, registry):
        """What goes wrong is told, and leaves nothing behind."""
        folder, before = self.version("1.4.0", "Of the roof"), self.published()
        registry.refusing = "Schema being registered is incompatible"
        refused = self.cli("--schema-registry", registry.url, "contract", "publish", folder)
        self.checks.note("its_compatibility_rule_is_told", refused.returncode == 1 and registry.refusing in refused.stderr, refused)
        registry.refusing, registry.failing = None, 2
        self.checks.equal("a_fault_of_its_own_is_waited_out", self.rows(registry.url)[1][(self.subject, "env-sensor@1.2.0")]["verdict"], "ok")
        other = Registry(first_id=7)
        self.checks.equal("another_registry_has_none_of_them", {row["verdict"] for key, row in self.rows(other.url)[1].items() if key[1] in ("env-sensor@1.2.0", "decision")}, {"missing"})
        other.schemas = {number: '"string"' for number in registry.schemas}
        self.checks.equal("one_with_other_schemas_is_told", self.rows(other.url)[1][(self.subject, "env-sensor@1.2.0")]["verdict"], "other-schema")
        other.close()
        self.checks.equal("what_is_refused_leaves_nothing", self.published(), before)
        self.secure()

    def secure(self):
        """TLS and a password from a file; without either it says why, and the password is nowhere."""
        private, public = self.stage.folder / "registry.key.pem", self.stage.folder / "registry.pem"
        for path, text in zip((private, public), certificate()):
            path.write_text(text)
        registry = Registry(user_info="ann:geheim-42", certificate=(public, private))
        settings = self.stage.folder / "registry.properties"

        def check(*lines, mode=0o600):
            settings.write_text("\n".join((f"schema.registry.url={registry.url}", *lines)))
            settings.chmod(mode)
            return self.cli("--schema-registry-config", settings, "registry", "check")
        password, trusted = "basic.auth.user.info=ann:geheim-42", f"ssl.ca.location={public}"
        good, stranger, open_to_all = check(password, trusted), check(password), check(password, trusted, mode=0o644)
        unknown = check("basic.auth.user.info=ann:geheim-43", trusted)
        self.checks.note("tls_and_password_of_a_file_let_in", good.returncode == 1 and "missing" in good.stdout, good)
        self.checks.note("a_strange_certificate_is_no_registry", stranger.returncode == 2 and "SSL" in stranger.stderr, stranger)
        self.checks.note("a_wrong_password_is_told", unknown.returncode == 2 and "401" in unknown.stderr, unknown)
        self.checks.note("a_password_that_others_can_read_is_refused", open_to_all.returncode == 2 and "0600" in open_to_all.stderr, open_to_all)
        said = "".join(done.stdout + done.stderr for done in (good, stranger, open_to_all, unknown))
        self.checks.note("the_password_is_in_no_output", "geheim" not in said, said)
        registry.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("registry")
    stage = Stage(parser.parse_args().build)
    processor = stage.decide()
    finish(stage.feed(lines(5, 1_600_000_000)))
    suite = Suite(checks, stage, processor)
    for test in (suite.python, suite.node, suite.questions, suite.versions, suite.sites_own):
        checks.run(f"{test.__name__}_runs_through", test)
    processor.stop()
    stage.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
