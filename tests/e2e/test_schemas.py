#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Contracts against what others say of the formats: the published JSON Schema of ODCS, Avro's own Python library, JSON samples."""
import json
import pathlib
import sys

import avro.schema
import jsonschema
import yaml

from checks import Checks

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRACTS = sorted(path for path in (ROOT / "schemas/contracts").iterdir() if path.is_dir())
ODCS_SCHEMA = ROOT / "tests/data/odcs/odcs-json-schema-v3.1.0.json"


class Loader(yaml.SafeLoader):
    """YAML as JSON sees it: what looks like a date stays text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_contract(folder):
    return yaml.load((folder / "contract.odcs.yaml").read_text(encoding="utf-8"), Loader)


def check_odcs(validator, folder):
    errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(read_contract(folder))]
    assert not errors, "; ".join(errors)


def check_name(folder):
    assert read_contract(folder)["id"] == folder.name, "the folder is not called as the contract's id"


def check_avro(folder):
    avro.schema.parse((folder / "schema.avsc").read_text(encoding="utf-8"))


def check_good_samples(folder):
    samples = sorted(folder.glob("samples/good/*.json"))
    assert samples, "no good sample"
    for path in samples:
        json.loads(path.read_bytes().decode("utf-8"))


def check_bad_samples(folder):
    """Their names begin with the class of the verdict that they get."""
    samples = sorted(folder.glob("samples/bad/*.json"))
    for kind in ("malformed-", "schema-", "quality-"):
        assert any(path.name.startswith(kind) for path in samples), f"no bad sample {kind}*"
    for path in samples:
        assert path.name.startswith(("malformed-", "schema-", "quality-")), path.name


def check_refuses(validator):
    """The published schema is really applied: a key that it does not know is an error."""
    document = read_contract(CONTRACTS[0])
    document["schema"][0]["properties"][0]["requierd"] = True
    assert list(validator.iter_errors(document)), "an unknown key passed"


def main():
    checks = Checks("schemas")
    schema = json.loads(ODCS_SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    checks.run("odcs_schema_is_applied", check_refuses, validator)
    for folder in CONTRACTS:
        name = folder.name.replace("-", "_")
        checks.run(f"{name}_is_valid_odcs", check_odcs, validator, folder)
        checks.run(f"{name}_folder_has_the_contracts_id", check_name, folder)
        checks.run(f"{name}_schema_is_read_by_avro", check_avro, folder)
        checks.run(f"{name}_good_samples_are_json", check_good_samples, folder)
        checks.run(f"{name}_bad_samples_name_their_class", check_bad_samples, folder)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(main())
