#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The processor as a Schema Registry: stock clients that share no code with us or each other read telemetry and decisions with nothing else."""
import argparse
import base64
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

from checks import Checks
from world import ROOT, services
from fleet import wait_until
from stage import CONTRACT, INPUT, Stage, finish, lines

NODE = ROOT / ".cache/registry"
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
deserialize = AvroDeserializer(client)
for line in sys.stdin:
    topic, value = line.split()
    print(json.dumps(deserialize(base64.b64decode(value), SerializationContext(topic, MessageField.VALUE)), default=str))
"""


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
        done = subprocess.run([ROOT / ".cache/venv/bin/python", "-c", PYTHON, self.processor.url, self.subject, text],
                              input="".join(f"{r.topic} {base64.b64encode(r.value).decode()}\n" for r in records), capture_output=True, text=True)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.note("python_client_runs", done.returncode == 0 and len(said) == len(records) + 1, done.stderr[-2000:])
        answers, decoded = said[0], said[1:]
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("registry")
    stage = Stage(parser.parse_args().build)
    processor = stage.decide()
    finish(stage.feed(lines(5, 1_600_000_000)))
    suite = Suite(checks, stage, processor)
    for test in (suite.python, suite.node, suite.questions, suite.versions):
        checks.run(f"{test.__name__}_runs_through", test)
    processor.stop()
    stage.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
