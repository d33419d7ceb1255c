#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The documents that `attestream docs` makes: AsyncAPI against the published JSON Schema and the contracts, HTML for balance and for what hostile texts do."""
import html.parser
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import avro.schema
import jsonschema

from checks import Checks
from test_schemas import CONTRACTS, read_contract

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/dev/attestream"
ASYNCAPI_SCHEMA = ROOT / "tests/data/asyncapi/asyncapi-json-schema-v3.0.0.json"
PARSER = ROOT / ".cache/asyncapi"  # where scripts/setup found an npm
VOID = {"meta", "br", "hr", "img", "link", "input"}
RECORDS = {"quarantine": ["quarantine", "quarantine"], "decisions": ["decision"], "alerts": ["alert"], "erp.requests": ["maintenance-request"], "evidence": ["journal-checkpoint"],
           "control": ["control", "control-approved"], "heartbeat": ["control"]}
HOSTILE = '</td><script>alert(1)</script><img src=x onerror=alert(2)>"\'&amp;\u202e\u0007'
SHOWN = HOSTILE.replace("\u202e", "\ufffd").replace("\u0007", "\ufffd")


def docs(folder, *words):
    return subprocess.run([str(PROGRAM), *map(str, words), "--out", str(folder)], capture_output=True, text=True, check=False)


def document(folder, *words):
    done = docs(folder, *words)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "asyncapi.json").read_text(encoding="utf-8")), (folder / "index.html").read_text(encoding="utf-8")


class Local(jsonschema.RefResolver):
    """References within the one schema: Debian's jsonschema takes a property that is called $id for a schema's."""

    def resolve(self, ref):
        return ref, self.resolve_fragment(self.referrer, ref[1:])


def validator():
    schema = json.loads(ASYNCAPI_SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema, resolver=Local("", schema))


def resolve(made, reference):
    assert reference.startswith("#/"), reference
    for key in reference[2:].split("/"):
        made = made[key]
    return made


def references(node):
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else ())
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def asyncapi_is_valid(folder):
    made, _ = document(folder, "docs", *CONTRACTS)
    held = validator()
    errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in held.iter_errors(made)]
    assert not errors, "; ".join(errors)
    for reference in references({part: made[part] for part in ("channels", "operations")}):
        resolve(made, reference)


def published_schema_is_applied(folder):
    made, _ = document(folder, "docs", *CONTRACTS)
    held = validator()
    for path in (("channels", "decisions", "bindings", "kafka", "topic"), ("operations", "send.decisions", "action"),
                 ("components", "messages", "decision", "payload", "schema")):
        wrong = json.loads(json.dumps(made))
        inner = wrong
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = {"type": "nonsense"}
        assert not held.is_valid(wrong), path


def asyncapi_has_each_topic_with_its_schema(folder):
    made, _ = document(folder, "--topic-prefix", "plant.", "docs", *CONTRACTS)
    schemas = {f"telemetry.{folder.name}": [folder / "schema.avsc"] for folder in CONTRACTS}
    schemas.update({topic: [ROOT / f"schemas/records/{name}.avsc" for name in names] for topic, names in RECORDS.items()})
    assert set(made["channels"]) == {*schemas, "twin"}, made["channels"].keys()
    for name, files in schemas.items():
        channel = made["channels"][name]
        assert channel["address"] == channel["bindings"]["kafka"]["topic"] == f"plant.{name}", channel
        messages = [resolve(made, m["$ref"]) for m in channel["messages"].values()]
        assert [m["payload"]["schema"] for m in messages] == [json.loads(f.read_text(encoding="utf-8")) for f in files], name
        for message in messages:
            avro.schema.parse(json.dumps(message["payload"]["schema"]))
    headers = made["components"]["messages"]["telemetry.env-sensor"]["headers"]
    assert headers["properties"]["ce_type"]["const"] == "attestream.telemetry.v1" and "ats_seal" in headers["required"], headers
    used = {path.stem for path in (ROOT / "schemas/records").glob("*.avsc")}
    assert used == {name for names in RECORDS.values() for name in names}, used


def each_message_has_a_name_and_the_headers_of_its_own(folder):
    """A dead letter is no gate's; a heartbeat is keyed otherwise than a record of the log."""
    made, _ = document(folder, "docs", *CONTRACTS)
    messages = made["components"]["messages"]
    carried = [m["$ref"].split("/")[-1] for channel in made["channels"].values() for m in channel["messages"].values()]
    assert sorted(carried) == sorted(messages), carried
    headers = {name: message["headers"] for name, message in messages.items() if "headers" in message}
    assert "ats_gate" in headers["quarantine"]["required"] and not [h for h in headers["dead-letter"]["properties"] if h.startswith("ats_")], headers["dead-letter"]
    assert {"ats_warnings", "ats_content_type", "ats_payload"} <= set(headers["telemetry.env-sensor"]["properties"])
    assert "ats_content_type" in headers["quarantine"]["properties"] and not {"ats_warnings", "ats_payload"} & set(headers["quarantine"]["properties"])
    keys = {name: message["bindings"]["kafka"]["key"]["description"] for name, message in messages.items() if name in ("control", "heartbeat")}
    assert keys == {"control": "kind/name", "heartbeat": "group/member"}, keys


def asyncapis_own_parser_takes_it(folder):
    made, _ = document(folder, "docs", *CONTRACTS)

    def parse():
        done = subprocess.run(["node", ROOT / "tests/asyncapi/check.mjs", PARSER, folder / "asyncapi.json"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    said = parse()
    wrong = [d for d in said["diagnostics"] if d["severity"] < 2]
    assert not wrong and sorted(said["channels"]) == sorted(c["address"] for c in made["channels"].values()), (wrong, said["channels"])
    made["components"]["messages"]["decision"]["payload"]["schema"]["type"] = "nonsense"
    (folder / "asyncapi.json").write_text(json.dumps(made), encoding="utf-8")
    assert [d for d in parse()["diagnostics"] if d["severity"] == 0], "a wrong Avro schema passed"


class Page(html.parser.HTMLParser):
    """Every element that is opened is closed in order; collects elements with their attributes, and texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text, self.ids = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> where {self.open[-3:]} is open"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


def page_says_what_contracts_say(folder):
    _, text = document(folder, "docs", *CONTRACTS)
    page = Page(text)
    told = "".join(page.text)
    for contract in CONTRACTS:
        read = read_contract(contract)
        words = [read["name"], f"{read['id']}@{read['version']}", f"ats.telemetry.{read['id']}", *[m["username"] for m in read["team"]["members"]],
                 *[r["role"] for r in read["roles"]], *[s["property"] for s in read["slaProperties"]], "incidentResponse"]
        missing = [word for word in words if word not in told]
        assert not missing, missing
    for word in ("data.temp", "Cel", "mustBeBetween: [-40, 80]", "confidential", "site/+/{device}/env", "30"):
        assert word in told, word
    assert len(set(page.ids)) == len(page.ids) and {c.name for c in CONTRACTS} <= set(page.ids), page.ids
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert all(link[1:] in page.ids for link in links if link.startswith("#")), links


def page_says_in_which_unit_payloads_are(folder):
    copy = folder / "fahrenheit"
    shutil.copytree(CONTRACTS[0], copy)
    path = copy / "contract.odcs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("      format: json\n", "      format: json\n      units: {data.temp: '[degF]'}\n", 1), encoding="utf-8")
    _, text = document(folder / "out-fahrenheit", "docs", copy)
    told = "".join(Page(text).text)
    assert told.count("sent in") == 1 and "Cel sent in [degF]" in told, told


def page_needs_nothing_from_elsewhere(folder):
    _, text = document(folder, "docs", *CONTRACTS)
    page = Page(text)
    for tag, attributes in page.elements:
        assert tag not in ("script", "img", "link", "iframe", "object") and "src" not in attributes, (tag, attributes)
        assert tag == "a" or "href" not in attributes, (tag, attributes)
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.elements
    assert "@media print" in text and "url(" not in text and "@import" not in text


def hostile_contract(folder):
    """env-sensor with a hostile text wherever one can stand."""
    copy = folder / "hostile"
    shutil.copytree(CONTRACTS[0], copy)
    read = read_contract(copy)

    def spoil(node):
        for key, value in list(node.items()) if isinstance(node, dict) else list(enumerate(node)):
            if key in ("description", "businessName", "purpose", "usage", "limitations", "name", "role", "domain", "dataProduct", "status", "classification",
                       "channel", "tool", "scope", "access", "element", "unit") and isinstance(value, str):
                node[key] = HOSTILE
            elif key == "url":
                node[key] = "javascript:alert(3)"
            elif isinstance(value, (dict, list)) and key != "customProperties":
                spoil(value)

    kept = json.loads(json.dumps([read["schema"], read["customProperties"], read["roles"], read["team"]]))
    spoil(read)
    restore_names(read["schema"], kept[0])
    read["customProperties"] = [p for p in kept[1] if p["property"] != "raci"]
    read["customProperties"].append({"property": "raci", "value": {HOSTILE: {"accountable": "facility.lead", "informed": ["platform.lead"]}}})
    read["tags"] = [HOSTILE]
    (copy / "contract.odcs.yaml").write_text(json.dumps(read), encoding="utf-8")
    return copy


def restore_names(spoilt, kept):
    """Fields are called as in the Avro schema."""
    for after, before in zip(spoilt, kept):
        after["name"] = before["name"]
        restore_names(after.get("properties", []), before.get("properties", []))


def hostile_texts_stay_texts(folder):
    made, text = document(folder / "out", "docs", hostile_contract(folder))
    page = Page(text)
    _, plain = document(folder / "plain", "docs", CONTRACTS[0])
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in Page(plain).elements} | {"p"}, "an element that no template has"
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")] and "javascript:" not in attributes.get("href", ""), (tag, attributes)
    told = "".join(page.text)
    assert told.count(SHOWN) > 20 and "\u202e" not in text and "\u0007" not in text, told.count(SHOWN)
    assert validator().is_valid(made)


def folders_that_do_not_hold_are_refused(folder):
    bad = folder / "bad"
    shutil.copytree(CONTRACTS[0], bad)
    (bad / "contract.odcs.yaml").write_text("kind: x\n", encoding="utf-8")
    for words, expected in (([bad], f"{bad}/contract.odcs.yaml:1: "), ([CONTRACTS[0], CONTRACTS[0]], "is in two folders"), ([folder / "none"], "cannot open")):
        done = docs(folder / "out", "docs", *words)
        assert done.returncode == 2 and expected in done.stderr, done
        assert not (folder / "out").exists()


def main():
    checks = Checks("asyncapi")
    for test in (asyncapi_is_valid, published_schema_is_applied, asyncapi_has_each_topic_with_its_schema, each_message_has_a_name_and_the_headers_of_its_own,
                 asyncapis_own_parser_takes_it, page_says_what_contracts_say, page_says_in_which_unit_payloads_are,
                 page_needs_nothing_from_elsewhere, hostile_texts_stay_texts, folders_that_do_not_hold_are_refused):
        with tempfile.TemporaryDirectory() as folder:
            if test is asyncapis_own_parser_takes_it and not PARSER.is_dir():
                checks.skip(test.__name__, "scripts/setup found no npm")
                continue
            checks.run(test.__name__, test, pathlib.Path(folder))
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(main())
