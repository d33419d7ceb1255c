#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What we make of Avro schemas against readers that share no code with us, Avro's own Java library and fastavro: whether a reader's
schema reads a writer's, the bytes of random values, and the forms of logical types; and of units against ucumvert."""
import argparse
import io
import json
import pathlib
import random
import subprocess
import sys

import fastavro

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/lib"))
import avro_containers  # noqa: E402
import avro_pairs  # noqa: E402
import avro_values  # noqa: E402
import services  # noqa: E402
import units_oracle  # noqa: E402
from checks import Checks  # noqa: E402

SEED = 20261128
PAIRS = 4000
VALUES = 1500
LOGICAL_VALUES = 300  # of each logical type
JARS = ROOT / ".cache/avro/lib"
DATA = ROOT / "tests/data/avro"
MESSAGE_HEAD = 10  # of the single-object encoding: a mark and a fingerprint


def ask(command, questions):
    """One answer for each question, as JSON lines."""
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(word) for word in command], input=text, text=True, capture_output=True, timeout=300)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(answers) != len(questions):
        raise services.ServiceError(f"{command[0]}: {len(answers)} answers to {len(questions)} questions: {done.stderr[-2000:]}")
    return answers


def java_command():
    if not JARS.is_dir():
        raise services.Missing("Avro's Java library (run scripts/setup, which fetches it)")
    return [services.java(), "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-cp", f"{JARS}/*",
            ROOT / "tests/e2e/java/AvroOracle.java"]


def make_pairs():
    """Of each schema that was made: its next version reads it, and it reads that; and hand-made ones for what chance seldom makes."""
    chance = random.Random(SEED)
    for pair in HAND_MADE:
        yield pair
    for _ in range(PAIRS // 2):
        before = avro_pairs.Maker(chance).record()
        after = avro_pairs.next_version(chance, before)
        yield after, before
        yield before, after


def record(*fields, **more):
    return {"type": "record", "name": "Event", "fields": [{"name": name, "type": kind, **rest} for name, kind, rest in fields], **more}


HAND_MADE = [
    (record(("a", kind, {})), record(("a", other, {})))
    for kind in ("boolean", "int", "long", "float", "double", "bytes", "string")
    for other in ("boolean", "int", "long", "float", "double", "bytes", "string")
] + [
    (record(("a", "int", {"aliases": ["b"]})), record(("a", "int", {}), ("b", "int", {}))),
    (record(("n", "int", {"aliases": ["a", "b"]})), record(("a", "int", {}), ("b", "int", {}))),
    (record(("a", ["null", record(("x", "int", {}), name="P")], {})), record(("a", ["null", record(("x", "string", {}), name="P")], {}))),
]


class Oracle:
    def __init__(self, checks, pairs, ours, java):
        self.checks = checks
        self.good = [(pair, mine, theirs) for pair, mine, theirs in zip(pairs, ours, java, strict=True)
                     if "refused" not in mine and "refused" not in theirs]
        self.refused = [(pair, mine, theirs) for pair, mine, theirs in zip(pairs, ours, java, strict=True)
                        if "refused" in theirs and "refused" not in mine]

    def each(self, name, is_wrong):
        wrong = [(pair, mine, theirs) for pair, mine, theirs in self.good if is_wrong(pair, mine, theirs)]
        self.checks.note(name, not wrong, f"{len(wrong)} of {len(self.good)}; first: " + json.dumps(wrong[:1]))

    def judge(self):
        readable = sum(1 for _, mine, _ in self.good if avro_breaks(mine))
        print(f"{len(self.good)} pairs, {readable} that break", flush=True)
        sure = sum(always_fails(pair, mine) for pair, mine, _ in self.good)
        self.checks.note("some_of_each_kind_are_sure_to_fail_or_have_another_namespace", sure > 20 and sum(has(mine, "namespace") for _, mine, _ in self.good) > 20, sure)
        self.checks.note("some_hundred_pairs_of_both_kinds_are_compared", readable > 200 and len(self.good) - readable > 200, f"{readable} of {len(self.good)}")
        self.checks.note("what_a_contract_may_have_javas_avro_reads", not self.refused, json.dumps(self.refused[:1]))
        self.each("we_call_readable_what_javas_avro_calls_compatible", lambda pair, mine, theirs: bool(avro_breaks(mine)) == theirs["compatible"])
        self.each("what_is_readable_without_a_warning_of_names_javas_avro_decodes",
                  lambda pair, mine, theirs: mine["readable"] and not has(mine, "namespace") and theirs["decoded"] < theirs["values"])
        self.each("what_is_not_readable_always_javas_avro_does_not_decode",
                  lambda pair, mine, theirs: always_fails(pair, mine) and theirs["decoded"] > 0)
        self.each("what_is_not_readable_is_told_and_what_is_told_to_break_is_not_readable",
                  lambda pair, mine, theirs: mine["readable"] == any(f["breaks"] for f in mine["findings"]))


def avro_breaks(mine):
    """What breaks by the rules that SchemaCompatibility knows: it looks at no logical type."""
    return [f for f in mine["findings"] if f["breaks"] and f["fault"] != "logical-type"]


def has(mine, fault):
    return any(f["fault"] == fault for f in mine["findings"])


def always_fails(pair, mine):
    """Whether each value shows it: a missing field or another size of a record that always is there."""
    plain = not any(word in text for text in pair for word in ('"array"', '"map"', '["', '"null"'))
    return plain and any(f["fault"] in ("missing-field", "size") for f in avro_breaks(mine))


# ---- values ----

def judge_values(checks, ours, java):
    """Random values of random schemas: our bytes are read back as what they were, and written again they are the same."""
    chance = random.Random(SEED)
    cases = []
    for _ in range(VALUES):
        schema = avro_pairs.Maker(chance, logical=0).record()
        cases.append((schema, *avro_values.value_of(chance, schema)))
    made = ask(ours, [{"schema": json.dumps(schema), "json": json.dumps(value)} for schema, value, _ in cases])
    good = [(schema, expected, answer["hex"]) for (schema, _, expected), answer in zip(cases, made, strict=True) if "hex" in answer]
    refused = [(schema, value, answer) for (schema, value, _), answer in zip(cases, made, strict=True) if "rule" in answer]
    checks.note("every_value_of_a_schema_is_taken", not refused and len(good) > VALUES // 2, f"{len(good)}: {json.dumps(refused[:1])}")
    wrong = [answer for answer in made if "hex" in answer and not answer["avro_c"]]
    checks.note("avro_c_reads_them_and_writes_the_same_bytes", not wrong, f"{len(wrong)}: {wrong[:1]}")
    wrong = [case for case in good if not fastavro_agrees(*case)]
    checks.note("fastavro_reads_what_was_sent_and_writes_the_same_bytes", not wrong, f"{len(wrong)}: {wrong[:1]}")
    theirs = ask(java, [{"schema": json.dumps(schema), "hex": text} for schema, _, text in good])
    wrong = [(case, answer) for case, answer in zip(good, theirs, strict=True)  # Java's maps have an order of their own
             if not answer.get("whole") or (answer.get("hex") != case[2] and '"map"' not in json.dumps(case[0]))]
    checks.note("javas_avro_reads_all_of_it_and_writes_the_same_bytes", not wrong, f"{len(wrong)}: {wrong[:1]}")
    print(f"{len(good)} values", flush=True)


def fastavro_agrees(schema, expected, text):
    data = bytes.fromhex(text)
    source = io.BytesIO(data)
    value = fastavro.schemaless_reader(source, schema, schema)
    again = io.BytesIO()
    fastavro.schemaless_writer(again, schema, value)
    return value == expected and source.read() == b"" and again.getvalue() == data


def judge_logical(checks, ours, java):
    """Each form of each logical type is the value that Java's conversions make of our bytes."""
    chance = random.Random(SEED)
    cases = [case for _ in range(LOGICAL_VALUES) for case in avro_values.logical_cases(chance)]
    schemas = [json.dumps(record(("v", kind, {}))) for kind, _, _ in cases]
    made = ask(ours, [{"schema": schema, "json": f'{{"v":{form}}}'} for schema, (_, form, _) in zip(schemas, cases, strict=True)])
    refused = [(case, answer) for case, answer in zip(cases, made, strict=True) if "hex" not in answer]
    if not checks.note("every_form_of_a_logical_type_is_taken", not refused, f"{len(refused)} of {len(cases)}: {refused[:1]}"):
        return
    theirs = ask(java, [{"schema": schema, "hex": answer["hex"]} for schema, answer in zip(schemas, made, strict=True)])
    wrong = [(case, mine, answer) for case, mine, answer in zip(cases, made, theirs, strict=True)
             if answer.get("value") != case[2] or not answer.get("whole")]
    checks.note("javas_conversions_show_the_value_that_was_sent", not wrong, f"{len(wrong)} of {len(cases)}: {wrong[:1]}")
    print(f"{len(cases)} values of logical types", flush=True)


# ---- Avro's own test data ----

def judge_containers(checks, ours, java):
    """Blocks and objects of Avro's own files are decoded, all of each and no byte more; what weather.json says becomes their bytes."""
    files = sorted(DATA.glob("*.avro"))
    objects = dict(zip(files, ask(java, [{"container": str(file)} for file in files]), strict=True))
    for file in files:
        schema, blocks = avro_containers.read(file.read_bytes())
        name = file.stem.replace("-", "_").lower()
        single = objects[file]["objects"]
        checks.equal(f"{name}_is_taken_apart_as_java_does", "".join(single), b"".join(data for _, data in blocks).hex())
        wrapped = json.dumps({"type": "record", "name": "Block", "fields": [{"name": "objects", "type": {"type": "array", "items": json.loads(schema)}}]})
        whole = [{"schema": wrapped, "hex": (avro_containers.put_long(count) + data + b"\0").hex()} for count, data in blocks]
        answers = ask(ours, whole + [{"schema": schema, "hex": text} for text in single] + [{"schema": schema, "hex": text + "00"} for text in single])
        decodes = [answer["decodes"] for answer in answers]
        checks.note(f"{name}_decodes", decodes == [True] * (len(blocks) + len(single)) + [False] * len(single), decodes)
    payloads = (DATA / "weather.json").read_text().splitlines()
    made = ask(ours, [{"schema": objects[DATA / "weather.avro"]["schema"], "json": payload} for payload in payloads])
    checks.equal("weather_json_becomes_the_bytes_of_weather_avro", [answer.get("hex") for answer in made], objects[DATA / "weather.avro"]["objects"])
    judge_message(checks, ours)


def judge_message(checks, ours):
    schema, message = (DATA / "message.avsc").read_text(), (DATA / "message.bin").read_bytes()
    payload = {"id": 42, "name": "Bill", "tags": ["dog_lover", "cat_hater"]}
    decoded, made = ask(ours, [{"schema": schema, "hex": message[MESSAGE_HEAD:].hex()}, {"schema": schema, "json": json.dumps(payload)}])
    checks.equal("a_message_in_single_object_encoding_decodes", decoded.get("decodes"), True)
    checks.equal("what_it_says_becomes_its_bytes", made.get("hex"), message[MESSAGE_HEAD:].hex())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / "build/dev"))
    options = parser.parse_args()
    checks = Checks("avro-oracle")
    pairs = [(json.dumps(reader), json.dumps(writer)) for reader, writer in make_pairs()]
    questions = [{"reader": reader, "writer": writer} for reader, writer in pairs]
    ours, java = [pathlib.Path(options.build) / "tests/attestream-avro"], java_command()
    Oracle(checks, pairs, ask(ours, questions), ask(java, questions)).judge()
    judge_values(checks, ours, java)
    judge_logical(checks, ours, java)
    judge_containers(checks, ours, java)
    units_oracle.judge(checks, SEED, lambda questions: ask(ours, questions))
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
