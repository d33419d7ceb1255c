#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The processor on real Kafka behind a real gate: exactly once through kill -9, rebalance and a restart of Kafka; dead letters; the schema
endpoint as a stock deserializer uses it. Topics are read by Kafka's Java client, values by python3-avro and a stock deserializer."""
import argparse
import json
import pathlib
import subprocess
import sys

from checks import Checks
from world import ROOT, World, lines, services

DEVICES = [f"unit-{i}" for i in range(6)]
STOCK = """
import base64, json, sys
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
deserialize = AvroDeserializer(SchemaRegistryClient({"url": sys.argv[1]}))
for line in sys.stdin:
    topic, value = line.split()
    fields = deserialize(base64.b64decode(value), SerializationContext(topic, MessageField.VALUE))
    print(json.dumps(sorted(fields)))
"""


def check_decisions(checks, name, world, admitted):
    """Each admitted event has exactly one decision under read_committed, and each task's numbers have no gap."""
    decisions = world.decoded("decisions")
    ids = [d["id"] for d in decisions]
    checks.equal(f"{name}_every_admitted_event_is_decided", len(set(ids)), admitted)
    checks.equal(f"{name}_no_event_is_decided_twice", len(ids) - len(set(ids)), 0)
    numbers = {}
    for decision in decisions:
        numbers.setdefault(decision["input"]["partition"], []).append(decision["task_input"])
    repeated = {p: n for p, n in numbers.items() if len(set(n)) != len(n)}
    checks.note(f"{name}_state_goes_on_where_it_was_committed", not repeated, f"input numbers repeat in partitions {sorted(repeated)}")


def paced(world, gate, count, rate, *arguments):
    """A load that runs in the background: (process, where its result will be, how many it publishes)."""
    process, result = world.load(gate, lines(DEVICES, count), "--rate", rate, *arguments, wait=False)
    return process, result, count * len(DEVICES)


def accepted(process, result):
    if process.wait(180) != 0:
        raise services.ServiceError(f"attestream-load: {process.log_tail()}")
    return json.loads(result.read_text())["accepted"]


def test_crashes(checks, world, gate):
    """kill -9 of the processor, again and again, while events arrive."""
    processor = world.processor()
    process, result, total = paced(world, gate, 2000, 1500)
    kills = 0
    while process.running:
        processor.start()
        seen = processor.decided()
        try:
            process.wait_until(lambda: processor.decided() >= seen + total // 8, "publishing", 60)
        except services.ServiceError:
            break
        processor.kill()
        kills += 1
    admitted = accepted(process, result)
    if not processor.process.running:
        processor.start()
    gate.wait_for_forwarding()
    checks.note("crash_kills_it_in_mid_run", kills >= 2, f"{kills} kills")
    world.wait_for_decisions(admitted)
    check_decisions(checks, "crash", world, admitted)
    return processor, admitted


def test_rebalance(checks, world, gate, processor, before):
    """A second member joins and leaves again while events arrive."""
    world.fleet.cli("processor", "add", "member-2", "--out", world.keys / "member-2")
    second = world.processor("member-2", "second")
    process, result, _ = paced(world, gate, 1000, 1500)
    second.start()
    process.wait_until(lambda: second.decided() > 0, "sharing the work", 60)
    checks.note("rebalance_shares_the_work", True)
    second.stop()
    admitted = before + accepted(process, result)
    gate.wait_for_forwarding()
    world.wait_for_decisions(admitted)
    check_decisions(checks, "rebalance", world, admitted)
    return admitted


def test_kafka_restart(checks, world, gate, before):
    """Kafka ends in mid-run and comes back: nothing that got a PUBACK is lost."""
    if not isinstance(world.kafka, services.Kafka):
        checks.skip("kafka_restart_every_admitted_event_is_decided", "not our cluster to restart")
        return before
    process, result, total = paced(world, gate, 1000, 1500)
    process.wait_until(lambda: gate.metrics().get("admitted", 0) > before + total // 3, "publishing", 60)
    world.kafka.restart()
    admitted = before + accepted(process, result)
    gate.wait_for_forwarding()
    world.wait_for_decisions(admitted)
    check_decisions(checks, "kafka_restart", world, admitted)
    return admitted


def produce(world, topic, *values):
    """Records of somebody else, by Kafka's own console producer."""
    arguments = ["--topic", world.kafka.prefix + topic]
    if world.kafka.java_config:
        arguments += ["--producer.config", world.kafka.java_config]
    world.kafka.tool("org.apache.kafka.tools.ConsoleProducer", *arguments, text="".join(value + "\n" for value in values))


def test_dead_letters(checks, world, gate, before):
    """What others write to a telemetry topic becomes a dead letter with its offsets, and the stream goes on."""
    produce(world, "telemetry.env-sensor", "garbage", "{\"temp\": 21}", "x" * 2000)
    load = world.load(gate, lines(DEVICES, 20))
    world.wait_for_decisions(before + load["accepted"])
    letters = [q for q in world.decoded("quarantine") if q["source"] == "processor"]
    checks.equal("dead_letter_for_each_foreign_record", len(letters), 3)
    checks.note("dead_letter_has_offsets", all(q["input_topic"] and q["input_offset"] is not None for q in letters), letters)
    checks.note("dead_letter_keeps_the_original_bytes", b"garbage" in [q["payload"] for q in letters], letters)
    check_decisions(checks, "dead_letter", world, before + load["accepted"])
    return before + load["accepted"]


def test_schema_endpoint(checks, world, processor):
    """A stock deserializer reads telemetry and decisions with our endpoint as its registry."""
    import base64
    found = {}
    for suffix in ("telemetry.env-sensor", "decisions"):
        good = [r for r in world.dump(suffix) if r.value and r.value[0] == 0 and r.header("ce_id")][:5]
        text = "".join(f"{r.topic} {base64.b64encode(r.value).decode()}\n" for r in good)
        done = subprocess.run([ROOT / ".cache/venv/bin/python", "-c", STOCK, processor.url], input=text, capture_output=True, text=True)
        found[suffix] = [json.loads(line) for line in done.stdout.splitlines()]
        checks.note(f"stock_deserializer_reads_{suffix.split('.')[0]}", done.returncode == 0 and len(found[suffix]) == len(good) > 0,
                    done.stderr[-800:])
    status, body = processor.get("/schemas/ids/1")
    checks.equal("unknown_schema_id_is_40403", (status, json.loads(body)["error_code"]), (404, 40403))
    checks.equal("health_answers", processor.get("/health")[0], 200)
    checks.equal("unknown_path_is_404", processor.get("/nothing")[0], 404)


def test_control_is_read_by_stock_readers(checks, world):
    records = [r for r in world.dump("control") if r.value]
    kinds = {world.schemas.decode(r.value)["kind"] for r in records}
    checks.note("control_log_is_avro", {"root", "operator", "gate", "device", "contract", "schema"} <= kinds, kinds)


def test_options(checks, build):
    """Bad options are told with what is allowed; nothing is started."""
    program = build / "attestream-processor"

    def run(*words):
        return subprocess.run([program, *words], capture_output=True, text=True, timeout=30)
    wrong = run("run", "--commit-intervall", "1s")
    checks.note("unknown_option_names_the_nearest", wrong.returncode == 2 and "commit_interval" in wrong.stderr, wrong.stderr)
    value = run("run", "--commit-interval", "soon")
    checks.note("bad_value_names_what_is_allowed", value.returncode == 2 and "soon" in value.stderr and "allowed" in value.stderr, value.stderr)
    missing = run("run")
    checks.note("missing_option_is_named", missing.returncode == 2 and "fleet" in missing.stderr, missing.stderr)
    config = pathlib.Path(services.TempDir("config").path) / "processor.conf"
    config.write_text("# a comment\nfleet = /nowhere\nworkerz = 2\n")
    file = run("run", "--config", str(config))
    checks.note("config_error_names_file_and_line", file.returncode == 2 and f"{config}:3" in file.stderr, file.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build
    checks = Checks("processor")
    test_options(checks, build)
    world = World(build, DEVICES)
    gate = world.gate()
    processor, admitted = test_crashes(checks, world, gate)
    admitted = test_rebalance(checks, world, gate, processor, admitted)
    admitted = test_kafka_restart(checks, world, gate, admitted)
    test_dead_letters(checks, world, gate, admitted)
    test_schema_endpoint(checks, world, processor)
    test_control_is_read_by_stock_readers(checks, world)
    checks.equal("stops_cleanly_on_sigterm", processor.stop(), 0)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
