#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Contracts drafted from payloads: held against the published JSON Schema of ODCS, Avro's own Python library, and the payloads themselves."""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import avro.schema
import jsonschema
import yaml

from checks import Checks
from test_schemas import ODCS_SCHEMA, Loader

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/dev/attestream"
TELEMETRY = ROOT / "tests/data/iot-telemetry/telemetry.ndjson.gz"
# What a gate has to do with: what is missing, null, nested, of many keys, and what YAML or a terminal would read otherwise.
VARIANTS = [
    {"id": "press-1", "ts": 1700000000123, "v": 1, "yes": "~", "o": {"x": 1, "y": None}, "l": [1, 2.5], "m": {"k 1": {"a": 1}}, "e": []},
    {"id": "press-1", "ts": 1700000010123, "v": -2.5, "yes": "\u001b[31m\u2028: #\"", "o": {"x": 2}, "l": [], "m": {"k 2": {"a": 2}}, "e": [], "bad key\n": 1},
]


def attestream(*words, **options):
    return subprocess.run([str(PROGRAM), *map(str, words)], capture_output=True, text=True, check=False, **options)


def draft(folder, payloads, *words):
    """The answer to drafting a contract from payloads, into a new folder."""
    source = folder / "payloads.json"
    source.write_text(payloads, encoding="utf-8")
    done = attestream("--json", "contract", "infer", source, "--out", folder / "draft", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_is_valid(folder):
    schema = json.loads(ODCS_SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    document = yaml.load((folder / "contract.odcs.yaml").read_text(encoding="utf-8"), Loader)
    errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(document)]
    assert not errors, "; ".join(errors)
    avro.schema.parse((folder / "schema.avsc").read_text(encoding="utf-8"))
    return document


def draft_takes_what_it_was_made_from(folder):
    payloads = gzip.decompress(TELEMETRY.read_bytes()).decode()
    answer = draft(folder, payloads, "--topic", "site/+/{device}/env", "--name", "env")
    assert answer["holds"] and answer["events"] == payloads.count("\n"), answer
    document = check_is_valid(folder / "draft")
    assert document["id"] == "env" and document["status"] == "draft"
    done = attestream("contract", "check", "--lines", folder / "draft", folder / "payloads.json")
    assert done.returncode == 0 and f"{answer['events']} admitted, 0 quarantined" in done.stderr, done.stderr
    [settings] = [p["value"] for p in document["customProperties"] if p["property"] == "attestream"]
    assert settings["eventTime"]["field"] == "ts" and settings["deviceField"] == "device_id", settings
    [rate] = [p for p in document["slaProperties"] if p["property"] == "frequency"]
    times = [json.loads(line)["ts"] for line in payloads.splitlines()]
    expected = (max(times) - min(times)) / (len(times) - 1) * len({json.loads(line)["device_id"] for line in payloads.splitlines()})
    assert abs(rate["value"] - expected) < 0.01 * expected, (rate, expected)


def draft_of_variants_is_valid_and_takes_them(folder):
    answer = draft(folder, json.dumps(VARIANTS), "--topic", "a/{device}")
    assert answer["holds"] and answer["samples"] == 2, answer
    check_is_valid(folder / "draft")
    done = attestream("contract", "check", folder / "draft", *sorted((folder / "draft/samples/good").iterdir()))
    assert done.returncode == 0, done.stdout


def draft_says_what_is_left(folder):
    answer = draft(folder, json.dumps(VARIANTS))
    lines = (folder / "draft/contract.odcs.yaml").read_text(encoding="utf-8").split("\n")
    marked = [number for number, line in enumerate(lines, 1) if "DECIDE: " in line]
    assert not answer["holds"] and "key 'topics'" in answer["text"], answer
    assert [mark["line"] for mark in answer["decide"]] == marked and len(marked) > 5, (answer, marked)
    told = " ".join(mark["text"] for mark in answer["decide"])
    assert all(word in told for word in ("topic", "unit", "owns", "device", "bad key")), told
    done = attestream("contract", "lint", folder / "draft")
    assert done.returncode == 1 and "key 'topics'" in done.stderr, done.stderr
    document = folder / "draft/contract.odcs.yaml"
    document.write_text(document.read_text(encoding="utf-8").replace("topics: []", 'topics: ["a/{device}"]'), encoding="utf-8")
    done = attestream("--json", "contract", "lint", folder / "draft")
    assert done.returncode == 0 and json.loads(done.stdout)["decide"] == answer["decide"], done


def draft_replaces_no_contract(folder):
    draft(folder, json.dumps(VARIANTS))
    before = (folder / "draft/contract.odcs.yaml").read_bytes()
    done = attestream("contract", "infer", folder / "payloads.json", "--out", folder / "draft")
    assert done.returncode == 1 and "is there already" in done.stderr, done
    assert (folder / "draft/contract.odcs.yaml").read_bytes() == before


def draft_leaves_nothing_where_it_fails(folder):
    good = folder / "good.json"
    good.write_text('{"a":1}\n', encoding="utf-8")
    for text, expected in (('{"a":1}\n{"a":"x"}', "standard input:2: 'a' is a text here, and a number in"),
                           ('\n{"a":1,}', "standard input:2: not JSON"), ("", "no event")):
        given = [good, "-"] if text else ["-"]
        done = attestream("contract", "infer", *given, "--name", "t", "--out", folder / "draft", input=text)
        assert done.returncode == 2 and expected in done.stderr, done
        assert not (folder / "draft").exists(), text
    done = attestream("contract", "infer", folder / "none.json")
    assert done.returncode == 2 and "cannot open" in done.stderr, done
    done = attestream("contract", "infer", "-", input="{}")
    assert done.returncode == 2 and "--name" in done.stderr, done


def main():
    checks = Checks("contract-infer")
    for test in (draft_takes_what_it_was_made_from, draft_of_variants_is_valid_and_takes_them, draft_says_what_is_left, draft_replaces_no_contract,
                 draft_leaves_nothing_where_it_fails):
        with tempfile.TemporaryDirectory() as folder:
            checks.run(test.__name__, test, pathlib.Path(folder))
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(main())
