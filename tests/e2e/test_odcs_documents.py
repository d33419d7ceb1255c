#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ODCS documents of anybody: `contract lint FILE` against the published JSON Schema, on other people's examples and on what is wrong with them in one place
(with --all everything that this can change about them, which takes minutes)."""
import copy
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

from checks import Checks
from test_schemas import CONTRACTS, ODCS_SCHEMA, Loader, yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/dev/attestream"
EXAMPLES = sorted((ROOT / "tests/data/odcs/examples").rglob("*.yaml"))
DEFINITION = [{"id": "d", "url": "https://x", "type": "business", "description": "x"}]
CUSTOM = [{"property": "p", "value": {"a": [1, None]}, "description": "x", "id": "c"}]
ABOUT = {"id": "i", "physicalType": "x", "physicalName": "x", "description": "x", "businessName": "x", "tags": ["t"], "customProperties": CUSTOM,
         "authoritativeDefinitions": DEFINITION}
# What the examples leave out: every key of ODCS outside of servers once.
FULL = {
    "version": "1.0.0", "kind": "DataContract", "apiVersion": "v3.1.0", "id": "x", "name": "x", "tenant": "x", "tags": ["a"], "status": "active",
    "dataProduct": "x", "domain": "x", "slaDefaultElement": "a.b", "contractCreatedTs": "2026-01-01T00:00:00Z", "customProperties": CUSTOM,
    "description": {"usage": "x", "purpose": "x", "limitations": "x", "authoritativeDefinitions": DEFINITION, "customProperties": CUSTOM},
    "authoritativeDefinitions": DEFINITION, "price": {"id": "p", "priceAmount": 9.5, "priceCurrency": "EUR", "priceUnit": "month"},
    "servers": [{"id": "s", "server": "k", "type": "kafka", "host": "h", "format": "avro", "environment": "prod", "description": "x",
                 "roles": [{"role": "r"}], "customProperties": CUSTOM}],
    "support": [{"id": "s", "channel": "c", "url": "https://x", "description": "x", "tool": "email", "scope": "x", "invitationUrl": "x",
                 "customProperties": CUSTOM}],
    "roles": [{"id": "r", "role": "x", "description": "x", "access": "read", "firstLevelApprovers": "x", "secondLevelApprovers": "x", "customProperties": CUSTOM}],
    "team": {"id": "t", "name": "x", "description": "x", "tags": ["t"], "customProperties": CUSTOM, "authoritativeDefinitions": DEFINITION,
             "members": [{"id": "m", "username": "u", "name": "x", "description": "x", "role": "x", "dateIn": "2026-01-01", "dateOut": "2026-01-02",
                          "replacedByUsername": "v", "tags": ["t"], "customProperties": CUSTOM, "authoritativeDefinitions": DEFINITION}]},
    "slaProperties": [{"id": "s", "property": "latency", "value": 4, "valueExt": None, "unit": "d", "element": "a.b", "driver": "x", "description": "x",
                       "scheduler": "cron", "schedule": "0 0 * * *"}],
    "schema": [{
        **ABOUT, "name": "o", "logicalType": "object", "dataGranularityDescription": "x",
        "relationships": [{"type": "foreignKey", "from": "a.b", "to": "c.d", "customProperties": CUSTOM},
                          {"from": ["a.b", "schema/x/properties/y-1"], "to": ["f.yaml#/schema/x/properties/y", "https://h/p/f.yaml#schema/x"]}],
        "quality": [{"id": "q", "name": "x", "type": "sql", "query": "select 1", "mustBeBetween": [1, 2], "severity": "warning", "schedule": "x",
                     "scheduler": "cron", "method": "x", "businessImpact": "x", "dimension": "accuracy", "unit": "rows", "tags": ["t"],
                     "authoritativeDefinitions": DEFINITION, "customProperties": CUSTOM, "description": "x"},
                    {"type": "text", "description": "x"}, {"metric": "rowCount", "mustBeGreaterThan": 5, "rule": "x"}],
        "properties": [
            {**ABOUT, "name": "s", "logicalType": "string", "primaryKey": True, "primaryKeyPosition": 1, "required": True, "unique": False,
             "partitioned": True, "partitionKeyPosition": 1, "classification": "x", "encryptedName": "x", "transformSourceObjects": ["x"],
             "transformLogic": "x", "transformDescription": "x", "examples": ["x", 1, None], "criticalDataElement": True,
             "relationships": [{"type": "foreignKey", "to": "a.b"}, {"to": ["a.b"]}],
             "logicalTypeOptions": {"minLength": 1, "maxLength": 2, "pattern": "x", "format": "email"},
             "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "mustBe": 0}, {"type": "custom", "engine": "e", "implementation": "x"},
                         {"type": "custom", "engine": "e", "implementation": {"a": 1}}, {"type": "library", "metric": "nullValues", "mustNotBe": "x"}]},
            {"name": "i", "logicalType": "integer", "logicalTypeOptions": {"multipleOf": 2, "minimum": 1, "maximum": 2, "exclusiveMinimum": 0,
                                                                          "exclusiveMaximum": 3, "format": "i32"}},
            {"name": "n", "logicalType": "number", "logicalTypeOptions": {"multipleOf": 0.5, "minimum": 1.5, "format": "f32"}},
            {"name": "d", "logicalType": "date", "logicalTypeOptions": {"minimum": "2026-01-01", "format": "x"}},
            {"name": "t", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": True, "defaultTimezone": "Etc/UTC", "maximum": "x"}},
            {"name": "h", "logicalType": "time", "logicalTypeOptions": {"exclusiveMaximum": "x"}},
            {"name": "b", "logicalType": "boolean", "logicalTypeOptions": {"x": 1}},
            {"name": "o", "logicalType": "object", "logicalTypeOptions": {"maxProperties": 2, "minProperties": 1, "required": ["a", "b"]},
             "properties": [{"name": "a", "properties": [{"name": "c"}]}]},
            {"name": "l", "logicalType": "array", "logicalTypeOptions": {"maxItems": 2, "minItems": 1, "uniqueItems": True},
             "items": {"logicalType": "array", "items": {"logicalType": "object", "properties": [{"name": "x"}]}}}]}],
}
# Mutations that an ordinary run tries, of so many one: the published schema takes a tenth of a second for each.
EACH = 61
OTHERS = ["text", 7, 1.5, -1, True, None, [], ["a"], {}, {"a": 1}, [[1]]]


def lint(path):
    return subprocess.run([str(PROGRAM), "--json", "contract", "lint", str(path)], capture_output=True, text=True, check=False)


def read(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def bases():
    yield from ((path.stem, read(path)) for path in EXAMPLES)
    for folder in CONTRACTS:
        document = read(folder / "contract.odcs.yaml")
        document["customProperties"] = [p for p in document["customProperties"] if p["property"] != "raci"]
        yield folder.name, document
    yield "full", FULL


def places(node, path=()):
    """Every place in a document but those below the values of custom properties, arguments and implementations, of which ODCS says nothing."""
    yield path
    if path and path[-1] in ("value", "arguments", "implementation", "examples"):
        return
    for key, value in (node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()):
        yield from places(value, (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def mutations(document):
    """The document with one thing changed: a value of another kind, a key missing, a key more."""
    for number, path in enumerate(places(document)):
        if path:
            changed = copy.deepcopy(document)
            at(changed, path[:-1])[path[-1]] = OTHERS[number % len(OTHERS)]
            yield changed
            changed = copy.deepcopy(document)
            at(changed, path[:-1])[path[-1]] = OTHERS[(number * 7 + 3) % len(OTHERS)]
            yield changed
            changed = copy.deepcopy(document)
            del at(changed, path[:-1])[path[-1]]
            yield changed
        if isinstance(at(document, path), dict):
            changed = copy.deepcopy(document)
            at(changed, path)["xtra" if number % 2 else "metric"] = 1 if number % 3 else "rowCount"
            yield changed


def example_holds(path):
    done = lint(path)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    document = read(path)
    assert answer["holds"] and answer["api_version"] == document["apiVersion"] and answer["objects"] == len(document["schema"]), answer


def lint_agrees_with_the_published_schema(folder, validator, step):
    """The same verdict on each mutation (of so many one); what is refused is refused with file, line and key."""
    seen = {True: 0, False: 0}
    path = folder / "d.yaml"
    for name, document in bases():
        assert validator.is_valid(document), name
        for changed in itertools.islice(mutations(document), 0, None, step):
            path.write_text(json.dumps(changed, indent=1), encoding="utf-8")
            valid = validator.is_valid(changed)
            done = lint(path)
            assert done.returncode in (0, 1), done.stderr
            assert valid == (done.returncode == 0), f"{name}: published {valid}, we: {done.stdout} {json.dumps(changed)}"
            if not valid:
                assert re.match(rf"{re.escape(str(path))}:\d+: ", json.loads(done.stdout)["text"]), done.stdout
            seen[valid] += 1
    assert seen[True] > 200 // step and seen[False] > 800 // step, seen


def servers_of_each_type_are_judged_as_published(folder, validator):
    """Every key of any type of server, on each type: with it and without it, and as a value of another kind."""
    schema = json.loads(ODCS_SCHEMA.read_text(encoding="utf-8"))["$defs"]
    sources = schema["ServerSource"]
    keys = sorted({key for source in sources.values() for key in source.get("properties", {})})
    values = {key: 5432 if key == "port" else "sftp://x" for key in keys}
    head = {key: FULL[key] for key in ("version", "kind", "apiVersion", "id", "status")}
    path = folder / "d.yaml"
    held = 0
    for number, kind in enumerate(schema["Server"]["properties"]["type"]["enum"]):
        source = sources[next(a["then"]["$ref"] for a in schema["Server"]["allOf"] if a["if"]["properties"]["type"]["const"] == kind).split("/")[-1]]
        good = {"server": "s", "type": kind, **{key: values[key] for key in source["properties"]}}
        tried = [good] + [{k: v for k, v in good.items() if k != key} for key in source["properties"]]
        tried += [{**good, key: values[key]} for key in keys[number % 5::5] if key not in good]
        tried += [{**good, key: OTHERS[number % len(OTHERS)]} for key in source["properties"]]
        for server in tried:
            path.write_text(json.dumps({**head, "servers": [server]}), encoding="utf-8")
            assert (lint(path).returncode == 0) == validator.is_valid({**head, "servers": [server]}), server
            held += lint(path).returncode == 0
    assert held >= 34, held
    path.write_text(json.dumps({**head, "servers": [{"server": "s", "type": "sftp", "location": "https://x"}]}), encoding="utf-8")
    assert "key 'location': 'https://x' is not allowed (allowed: sftp://...)" in json.loads(lint(path).stdout)["text"]


def raci_has_one_accountable_for_each_activity(folder):
    """In a contract's folder too: what lint says of each of the ways to get it wrong."""
    text = (CONTRACTS[0] / "contract.odcs.yaml").read_text(encoding="utf-8")
    path = folder / "d.yaml"
    for old, new, expected in (
            ("      incidentResponse:\n        accountable: facility.lead", "      incidentResponse:\n        consulted: facility.lead",
             "0 are accountable for 'incidentResponse'"),
            ("      modelGovernance:\n        accountable: ml.engineer", "      modelGovernance:\n        accountable: [ml.engineer, facility.lead]",
             "2 are accountable for 'modelGovernance' (allowed: exactly one)"),
            ("      dataOwnership:\n        accountable: facility.lead", "      dataOwnership:\n        accountable: nobody", "'nobody' is neither"),
            ("incidentResponse:", "incidentRespons:", "unknown activity (did you mean 'incidentResponse'?)"),
            ("incidentResponse:", "firstAid:", "nobody is accountable for 'incidentResponse'")):
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new), encoding="utf-8")
        done = lint(path)
        assert done.returncode == 1 and expected in json.loads(done.stdout)["text"], done.stdout


def what_is_no_document_is_told(folder):
    path = folder / "d.yaml"
    for text, expected in (("a: [", "not YAML"), ("", "expected a mapping"), ("a: 1\na: 2\n", ":2: key 'a' stands twice"), ("- 1\n", "expected a mapping"),
                           ("version: 1.0\n", ":1: missing key 'kind'"), ("x: &a 1\ny: *a\n", "aliases"), ("a: \0", "NUL")):
        path.write_text(text, encoding="utf-8")
        done = lint(path)
        assert done.returncode == 1 and expected in json.loads(done.stdout)["text"], (text, done.stdout)
    path.write_text("\n".join(f"{key}: {json.dumps(FULL[key])}" for key in ("kind", "apiVersion", "id", "status")) + "\nversion: 1.0\n", encoding="utf-8")
    assert ":5: key 'version': '1.0' is not allowed (allowed: text; YAML" in json.loads(lint(path).stdout)["text"]


def lint_tells_all_errors_in_one_run(folder):
    """Of a contract's folder: what ODCS, the gate and UCUM say of it, each with its place."""
    (folder / "all").mkdir()
    for file in ("schema.avsc", "contract.odcs.yaml"):
        (folder / "all" / file).write_text((CONTRACTS[0] / file).read_text(encoding="utf-8"), encoding="utf-8")
    path = folder / "all/contract.odcs.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in (("value: Cel", "value: degC"), ("status:", "statuss:"), ("deviceField: device_id", "deviceField: nix"), ("incidentResponse:", "firstAid:")):
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    found = json.loads(lint(folder / "all").stdout)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "value: degC" in row)
    rows = {(row["key"], row["text"], row["allowed"]) for row in found["findings"]}
    assert {("statuss", "unknown key (did you mean 'status'?)", None), (None, "missing key 'status'", None),
            ("value", "nobody is accountable for 'incidentResponse'", "exactly one"), ("deviceField", "the Avro schema has no single value 'nix'", None),
            ("value", "'degC' is no code of UCUM (did you mean 'Cel'?)", None)} == rows, rows
    assert any(row["line"] == line and row["file"] == str(path) for row in found["findings"]) and found["more"] == 0, found
    done = subprocess.run([str(PROGRAM), "contract", "lint", str(folder / "all")], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == len(rows), done.stderr


def main():
    checks = Checks("odcs-documents")
    schema = json.loads(ODCS_SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    for path in EXAMPLES:
        checks.run(path.name.split(".")[0].replace("-", "_") + "_holds", example_holds, path)
    with tempfile.TemporaryDirectory() as folder:
        checks.run("lint_agrees_with_the_published_schema", lint_agrees_with_the_published_schema, pathlib.Path(folder), validator,
                   1 if "--all" in sys.argv else EACH)
        checks.run("servers_of_each_type_are_judged_as_published", servers_of_each_type_are_judged_as_published, pathlib.Path(folder), validator)
        for test in (raci_has_one_accountable_for_each_activity, what_is_no_document_is_told, lint_tells_all_errors_in_one_run):
            checks.run(test.__name__, test, pathlib.Path(folder))
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(main())
