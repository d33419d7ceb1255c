#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The processor on real Kafka: exactly once through kill -9, rebalance and a restart of Kafka; state that goes on where it was; dead
letters; waiting for the control log; what it says when something is missing; the schema endpoint as a stock deserializer uses it.

attestream-feed writes what a gate would, sealed, with the same positions each time. Topics are read by Kafka's Java client, values by
python3-avro and a stock deserializer; what the decisions should be says a replay of the same records from a file."""
import argparse
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from checks import Checks
from world import ROOT, TOPIC, judge, payload, services
from fleet import CONTRACTS, GATE, MEMBER, PARTITIONS, USECASES, Failed, Fleet, Processor, wait_until

DEVICES = [f"unit-{i}" for i in range(6)]
SECOND = "member-2"
CONTRACT = ROOT / "schemas/contracts/env-sensor"
INPUT = "telemetry.env-sensor"
SPOILS = ["unsealed", "seal", "unknown-gate", "unknown-schema", "undecodable-value", "headers", "misplaced"]
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


class Stage:
    """A fleet on real Kafka with what attestream-feed writes into it, and the processors that decide it."""

    def __init__(self, build):
        self.build = build
        self.folder = services.TempDir("processor").path
        self.kafka = services.kafka()
        self.keys = self.folder / "keys"
        self.fleet = Fleet(build, self.folder / "fleet", self.kafka)
        self.schemas = judge.Schemas(ROOT / "schemas")
        self.known = {}  # decoded values, by where they stand
        self.fed = 0  # lines so far, and so the gate's position
        self.good = 0  # of them, those that must be decided
        self.fleet.cli("init")
        self.fleet.cli("gate", "add", GATE, "--site", "test", "--out", self.keys / GATE)
        self.fleet.cli("processor", "add", MEMBER, "--out", self.keys / MEMBER)

    def publish(self):
        for contract in CONTRACTS:
            self.fleet.cli("contract", "publish", ROOT / "schemas/contracts" / contract)
        for usecase in USECASES:
            self.fleet.cli("usecase", "publish", ROOT / "schemas/usecases" / usecase)

    def create_topics(self):
        self.fleet.cli("topics", "create", "--partitions", PARTITIONS, "--replication", 1)

    def processor(self, member=MEMBER, **options):
        return Processor(self.build, self.keys / member, self.folder / member, self.kafka, options)

    def feed(self, lines, *arguments):
        """attestream-feed on these lines, running in the background."""
        number = self.fed
        plan = self.folder / f"plan-{number}.ndjson"
        plan.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.fed += len(lines)
        self.good += sum(line.get("spoil", "ahead") == "ahead" for line in lines)
        return services.Process(
            [self.build / "tests/attestream-feed", "--gate", self.keys / GATE, "--member", self.keys / MEMBER, "--contract", CONTRACT,
             "--plan", plan, "--prefix", self.kafka.prefix, "--first", number + 1, "--control", self.fleet.control_count(), *arguments],
            self.folder / f"feed-{number}.log", env=self.kafka.environment())

    def dump(self, *suffixes):
        return judge.dump(self.kafka, *(self.kafka.prefix + suffix for suffix in suffixes))

    def decoded(self, suffix):
        """The values of a topic; each is decoded once."""
        found = []
        for r in self.dump(suffix):
            place = (r.topic, r.partition, r.offset)
            if r.value is not None and place not in self.known:
                self.known[place] = self.schemas.decode(r.value)
            if r.value is not None:
                found.append(self.known[place])
        return found

    def decisions(self, count, timeout_s=90):
        """The decisions, once there are at least `count`, or after the time-out."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.decoded("decisions")
            if len({d["id"] for d in found}) >= count or time.monotonic() > deadline:
                return found

    def produce(self, suffix, *values):
        """Records of somebody else, by Kafka's own console producer; a tab divides key and value."""
        arguments = ["--topic", self.kafka.prefix + suffix, "--property", "parse.key=true"]
        if self.kafka.java_config:
            arguments += ["--producer.config", self.kafka.java_config]
        self.kafka.tool("org.apache.kafka.tools.ConsoleProducer", *arguments, text="".join(f"key\t{value}\n" for value in values))


def lines(count, begin, fault=()):
    """`count` messages of each device, a second of event time apart; those whose number is in `fault` are far too hot."""
    return [{"device": d, "topic": TOPIC.format(device=d),
             "payload": payload(d, begin + i, (70 if i in fault and d == DEVICES[0] else 20) + (i * 7 % 13) * 0.1)}
            for i in range(count) for d in DEVICES]


def finish(feed):
    if feed.wait(180) != 0:
        raise services.ServiceError(f"attestream-feed: {feed.log_tail()}")


def check_decisions(checks, name, stage):
    """Each good line has exactly one decision under read_committed, and each task's numbers repeat nowhere."""
    decisions = stage.decisions(stage.good)
    ids = [d["id"] for d in decisions]
    checks.equal(f"{name}_every_admitted_event_is_decided", len(set(ids)), stage.good)
    checks.equal(f"{name}_no_event_is_decided_twice", len(ids) - len(set(ids)), 0)
    numbers = {}
    for decision in decisions:
        numbers.setdefault(decision["input"]["partition"], []).append(decision["task_input"])
    repeated = sorted(p for p, n in numbers.items() if len(set(n)) != len(n))
    checks.note(f"{name}_state_goes_on_where_it_was_committed", not repeated, f"input numbers repeat in partitions {repeated}")
    return decisions


def test_missing_topics(checks, stage):
    """Started too early, it says what is missing and how to get it, and begins by itself once it is there."""
    processor = stage.processor()
    processor.start()
    processor.process.wait_for_text("no contract is published yet|topics create", 30)
    stage.publish()
    processor.process.wait_for_text(r"topic \S+ is not there: `attestream topics create` makes it", 30)
    checks.note("missing_topics_are_named_with_what_makes_them", True)
    status, body = processor.get("/ready")
    checks.note("is_not_ready_before", status == 503 and not json.loads(body)["ready"], (status, body))
    stage.create_topics()
    processor.wait_until_ready()
    said = len(re.findall("worker.waiting", processor.log.read_text()))
    checks.note("missing_topics_are_said_once", said <= 4, f"said {said} times")
    return processor


def test_crashes(checks, stage, processor):
    """kill -9 of the processor, again and again, while events arrive, each of them twice."""
    total = 1500 * len(DEVICES)
    feed = stage.feed(lines(1500, 1_600_000_000, fault=range(800, 830)), "--rate", 1200, "--again", 40)
    kills = 0
    while feed.running:
        try:
            feed.wait_until(lambda: processor.counter("attestream_records_total") >= total // 16, "being decided", 30)
        except services.ServiceError:
            break
        processor.kill()
        kills += 1
        processor.start()
    finish(feed)
    checks.note("crash_kills_it_in_mid_run", kills >= 3, f"{kills} kills")
    check_decisions(checks, "crash", stage)


def comparable(decision):
    """What must not depend on when a task was where: all but the control log's state and the inputs' numbers."""
    return {name: value for name, value in decision.items() if name not in ("control_count", "task_input")}


def test_state(checks, stage):
    """Windows, scores and episodes went on over every crash so far: a replay of the same records, without any, gives the same."""
    decisions = stage.decoded("decisions")
    records, out = stage.folder / "records.ndjson", stage.folder / "replayed.ndjson"
    with open(records, "w") as file:
        for r in stage.dump(INPUT):
            file.write(json.dumps({
                "topic": r.topic, "partition": r.partition, "offset": r.offset, "timestamp": r.timestamp, "key": encoded(r.key),
                "value": encoded(r.value), "headers": [[name, encoded(value)] for name, value in r.headers]}) + "\n")
    words = [stage.build / "attestream-processor", "replay", "--records", "--in", records, "--out", out, "--contract", CONTRACT]
    for usecase in USECASES:
        words += ["--usecase", ROOT / "schemas/usecases" / usecase]
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
    replayed = [json.loads(line) for line in out.read_text().splitlines()]
    expected = {r["value"]["id"]: r["value"] for r in replayed if r["topic"] == "decisions"}
    wrong = [d["id"] for d in decisions if comparable(d) != comparable(expected.get(d["id"], {}))]
    checks.note("state_outputs_equal_those_of_an_uninterrupted_run", len(expected) == len(decisions) and not wrong,
                f"{len(expected)} replayed, {len(decisions)} live, {len(wrong)} differ: {wrong[:3]}")
    opened = {a["episode"] for a in stage.decoded("alerts")}
    requests = [r["request_id"] for r in stage.decoded("erp.requests")]
    checks.note("state_one_alert_and_one_request_per_episode", len(opened) == 1 and requests == list(opened), (opened, requests))


def encoded(data):
    return None if data is None else base64.b64encode(data).decode()


def test_rebalance(checks, stage, processor):
    """A second member joins, and is killed, while events arrive."""
    stage.fleet.cli("processor", "add", SECOND, "--out", stage.keys / SECOND)
    second = stage.processor(SECOND, session_timeout="6s")
    feed = stage.feed(lines(1000, 1_600_010_000), "--rate", 1000)
    second.start()
    feed.wait_until(lambda: second.decided() > 0 and processor.decided() > 0, "shared", 60)
    checks.note("rebalance_shares_the_work", True)
    second.kill()
    finish(feed)
    check_decisions(checks, "rebalance", stage)


def test_kafka_restart(checks, stage):
    """Kafka ends in mid-run and comes back."""
    if not isinstance(stage.kafka, services.Kafka):
        checks.skip("kafka_restart_every_admitted_event_is_decided", "not our cluster to restart")
        return
    before = stage.good
    feed = stage.feed(lines(500, 1_600_020_000), "--rate", 1000)
    wait_until("some decisions", lambda: len(stage.decoded("decisions")) > before + 500)
    stage.kafka.kill()
    stage.kafka.start()
    finish(feed)
    check_decisions(checks, "kafka_restart", stage)


def test_dead_letters(checks, stage):
    """What is no gate's becomes a dead letter with its offsets, and the stream goes on."""
    stage.produce(INPUT, "garbage", "{\"temp\": 21}", "x" * 2000)
    bad = [{**line, "spoil": spoil} for spoil, line in zip(SPOILS, lines(2, 1_600_030_000))]
    finish(stage.feed(bad + lines(20, 1_600_030_000), "--partitions", PARTITIONS))
    check_decisions(checks, "dead_letter", stage)
    letters = [q for q in stage.decoded("quarantine") if q["source"] == "processor"]
    checks.equal("dead_letter_for_each_foreign_record", len(letters), 3 + len(SPOILS))
    checks.note("dead_letter_has_offsets", all(q["input_topic"] and q["input_offset"] is not None for q in letters), letters)
    checks.note("dead_letter_keeps_the_original_bytes", b"garbage" in [q["payload"] for q in letters], letters)
    found = sorted(q["rule"] for q in letters)
    checks.equal("dead_letter_names_the_reason", found,
                 sorted(["headers"] * 4 + ["partition", "seal", "seal", "unknown-gate", "unknown-schema", "undecodable"]))


def test_waiting(checks, stage, processor):
    """An event of a gate that knows more of the control log waits, and no other partition does; what was never there is not waited for
    for ever."""
    partition = {r.header("ats_device"): r.partition for r in stage.dump(INPUT) if r.header("ats_device")}
    good = lines(10, 1_600_040_000)
    others = sum(partition[line["device"]] != partition[DEVICES[0]] for line in good)
    waits, decided = processor.counter("attestream_control_waits_total"), processor.decided()
    finish(stage.feed([{**good[0], "spoil": "ahead"}] + good))
    wait_until("the others' decisions", lambda: processor.decided() - decided >= others)
    checks.equal("waiting_task_leaves_the_others_alone",
                 (processor.decided() - decided, processor.counter("attestream_control_waits_total") - waits), (others, 1))
    check_decisions(checks, "waiting", stage)
    checks.note("waiting_ends", processor.get("/ready")[0] == 200)


def test_forged_state(checks, stage, processor):
    """Who can write to the changelog cannot make up state; what was there goes on."""
    checks.equal("stops_cleanly_on_sigterm", processor.stop(), 0)
    stage.produce("state.attestream", "forged", "forged too")
    processor.start()
    processor.wait_until_ready()
    checks.equal("forged_state_is_ignored_and_counted", processor.counter("attestream_state_foreign_total"), 2)
    finish(stage.feed(lines(20, 1_600_050_000)))
    check_decisions(checks, "forged_state", stage)


def test_schema_endpoint(checks, stage, processor):
    """A stock deserializer reads telemetry and decisions with our endpoint as its registry."""
    for suffix in (INPUT, "decisions"):
        good = [r for r in stage.dump(suffix) if r.value and r.value[0] == 0 and r.header("ce_id")][:5]
        text = "".join(f"{r.topic} {base64.b64encode(r.value).decode()}\n" for r in good)
        done = subprocess.run([ROOT / ".cache/venv/bin/python", "-c", STOCK, processor.url], input=text, capture_output=True, text=True)
        checks.note(f"stock_deserializer_reads_{suffix.split('.')[0]}",
                    done.returncode == 0 and len(done.stdout.splitlines()) == len(good) > 0, done.stderr[-800:])
    status, body = processor.get("/schemas/ids/1")
    checks.equal("unknown_schema_id_is_40403", (status, json.loads(body)["error_code"]), (404, 40403))
    checks.equal("health_answers", processor.get("/health")[0], 200)
    checks.equal("unknown_path_is_404", processor.get("/nothing")[0], 404)


def test_control_is_read_by_stock_readers(checks, stage):
    kinds = {stage.schemas.decode(r.value)["kind"] for r in stage.dump("control") if r.value}
    checks.note("control_log_is_avro", {"root", "operator", "gate", "processor", "contract", "schema"} <= kinds, kinds)


def test_lost_state(checks, stage, processor):
    """A changelog that does not reach the committed offsets is told, and nothing is decided from it."""
    processor.stop()
    topic = stage.kafka.prefix + "state.attestream"
    stage.kafka.tool("org.apache.kafka.tools.TopicCommand", "--delete", "--topic", topic)
    wait_until("the topic to be gone", lambda: topic not in stage.kafka.tool("org.apache.kafka.tools.TopicCommand", "--list").split())
    stage.create_topics()
    processor.start()
    processor.process.wait_for_text("but the committed offsets belong to input", 60)
    checks.equal("lost_state_is_told_and_not_gone_on_without", (processor.get("/ready")[0], processor.decided()), (503, 0))


def test_no_kafka(checks, stage):
    """Without Kafka it says so once, keeps trying, and can be stopped at any time."""
    fleet = stage.keys / MEMBER
    alone = services.TempDir("alone").path
    words = [stage.build / "attestream-processor", "run", "--fleet", fleet, "--state-folder", alone / "state", "--kafka-bootstrap",
             f"127.0.0.1:{services.free_port()}", "--http-listen", "127.0.0.1:0"]
    process = services.Process(words, alone / "log")
    process.wait_for_text("control.unavailable", 30)
    time.sleep(1.5)  # what is said with each try would be said again within this
    checks.equal("no_kafka_is_said_once", len(re.findall("control.unavailable", process.log.read_text())), 1)
    begun = time.monotonic()
    checks.equal("no_kafka_stops_cleanly", process.stop(20), 0)
    checks.note("no_kafka_stops_soon", time.monotonic() - begun < 10, f"{time.monotonic() - begun:.1f} s")


def test_options(checks, build):
    """Bad options are told with what is allowed; nothing is started."""
    program = build / "attestream-processor"
    folder = services.TempDir("config").path

    def run(*words):
        return subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=30)
    wrong = run("run", "--commit-intervall", "1s")
    checks.note("unknown_option_names_the_nearest", wrong.returncode == 2 and "commit_interval" in wrong.stderr, wrong.stderr)
    value = run("run", "--commit-interval", "soon")
    checks.note("bad_value_names_what_is_allowed", value.returncode == 2 and "soon" in value.stderr and "allowed" in value.stderr, value.stderr)
    missing = run("run")
    checks.note("missing_option_is_named", missing.returncode == 2 and "fleet" in missing.stderr, missing.stderr)
    config = folder / "processor.conf"
    config.write_text("# a comment\nfleet = /nowhere\nworkerz = 2\n")
    file = run("run", "--config", config)
    checks.note("config_error_names_file_and_line", file.returncode == 2 and f"{config}:3" in file.stderr, file.stderr)
    nowhere = run("run", "--fleet", folder / "none", "--state-folder", folder / "state", "--kafka-bootstrap", "127.0.0.1:1")
    checks.note("missing_fleet_folder_is_exit_3", nowhere.returncode == 3 and "processor.json" in nowhere.stderr, nowhere.stderr)
    example = run("config", "example")
    config.write_text(example.stdout)
    checks.note("config_example_is_printed", example.returncode == 0 and "commit_interval" in example.stdout, example.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build.resolve()
    checks = Checks("processor")
    test_options(checks, build)
    stage = Stage(build)
    test_no_kafka(checks, stage)
    processor = test_missing_topics(checks, stage)
    test_crashes(checks, stage, processor)
    test_rebalance(checks, stage, processor)
    test_kafka_restart(checks, stage)
    test_state(checks, stage)
    test_dead_letters(checks, stage)
    test_waiting(checks, stage, processor)
    test_schema_endpoint(checks, stage, processor)
    test_control_is_read_by_stock_readers(checks, stage)
    test_forged_state(checks, stage, processor)
    test_lost_state(checks, stage, processor)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
