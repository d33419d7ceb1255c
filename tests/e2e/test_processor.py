#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The processor on real Kafka: exactly once through kill -9, rebalance and a restart of Kafka; state that goes on where it was; dead
letters; waiting for the control log; what it says when something is missing; the schema endpoint as a stock deserializer uses it.

Topics are read by Kafka's Java client, values by python3-avro and a stock deserializer; what the decisions should be says a replay of the
same records from a file."""
import argparse
import base64
import collections
import json
import pathlib
import re
import subprocess
import sys

from checks import Checks
from world import ROOT, services
from fleet import MEMBER, PARTITIONS, USECASES, wait_until
from stage import CONTRACT, DEVICES, INPUT, Stage, check_decisions, finish, lines, partition_of

SECOND = "member-2"
OUTPUTS = ["decisions", "alerts", "erp.requests", "twin"]
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
    checks.note("crash_kills_it_in_mid_run", kills >= 2, f"{kills} kills")  # how many fit in depends on how fast it starts
    check_decisions(checks, "crash", stage)


def comparable(decision):
    """What must not depend on when a task was where: all but the control log's state and the inputs' numbers."""
    return {name: value for name, value in decision.items() if name not in ("control_count", "task_input")}


def replay(stage):
    """What an uninterrupted run makes of a recording of the input, from its beginning."""
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
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_state(checks, stage):
    """Windows, scores and episodes went on over every crash so far: a replay of the same records, without any, gives the same."""
    decisions = stage.decoded("decisions")
    replayed = replay(stage)
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
    groups = stage.kafka.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--list").split()
    checks.note("group_is_another_under_another_topic_prefix", stage.kafka.prefix + "attestream" in groups, groups)
    second.kill()
    finish(feed)
    check_decisions(checks, "rebalance", stage)


def test_kafka_restart(checks, stage, processor):
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
    known = stage.kafka.tool("org.apache.kafka.tools.TransactionsCommand", "describe-producers", "--topic", stage.kafka.prefix + INPUT,
                             "--partition", partition_of(DEVICES[0]))
    # One for each feed so far and a line of titles; only this feed has written since.
    checks.note("kafka_restart_kafka_still_knows_who_wrote_before", len(known.splitlines()) > 2, known)
    if len({d["id"] for d in stage.decisions(stage.good, 60)}) < stage.good:
        print(f"transactions that Kafka left open: {stage.end_open_transactions()}")
    check_decisions(checks, "kafka_restart", stage)
    checks.note("kafka_restart_tasks_begin_anew", "the tasks begin anew from what Kafka holds" in processor.log.read_text())


def test_dead_letters(checks, stage, processor):
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
    processor.process.wait_until(lambda: processor.counter("attestream_events_dead_letter_total") >= len(letters), "counting the dead letters")
    counted = re.findall(r'^attestream_events_dead_letter_total\{rule="([a-z-]+)"\} ([1-9][0-9]*)$', processor.get("/metrics")[1], re.MULTILINE)
    checks.equal("dead_letters_are_counted_by_their_rule", {rule: int(count) for rule, count in counted}, {rule: found.count(rule) for rule in found})
    logged = set(re.findall(r"task\.dead_letters partition=\d+ rule=([a-z-]+)", processor.log.read_text()))
    checks.equal("dead_letters_are_logged_by_their_rule", logged, set(found))


def test_waiting(checks, stage, processor):
    """An event of a gate that claims to know more of the control log waits, and no other partition does; what was never there is not
    waited for for ever."""
    good = lines(10, 1_600_040_000)
    waits = processor.counter("attestream_control_waits_total")
    finish(stage.feed([{**good[0], "spoil": "ahead"}] + good))
    check_decisions(checks, "waiting", stage)
    checks.equal("waiting_is_for_one_record_in_one_task", processor.counter("attestream_control_waits_total") - waits, 1)
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


def as_text(suffix, key, value):
    """A record's topic, key and value, to be compared."""
    return json.dumps([suffix, key, comparable(value)], sort_keys=True, default=lambda data: data.decode("latin-1"))


def value_of(stage, suffix, data):
    return json.loads(data) if suffix == "twin" else stage.schemas.decode(data)


def test_foreign_outputs(checks, stage):
    """Records of somebody else in the topics of decisions, alerts, requests and twin updates are what a recomputation leaves over."""
    stage.publish()
    stage.create_topics()
    processor = stage.processor()
    processor.start()
    processor.wait_until_ready()
    finish(stage.feed(lines(900, 1_600_000_000, fault=range(800, 830))))
    check_decisions(checks, "foreign_outputs_before", stage)
    processor.stop()
    foreign = []
    for suffix, name in (("decisions", "id"), ("alerts", "episode"), ("erp.requests", "request_id"), ("twin", None)):
        own = [r for r in stage.dump(suffix) if r.value][0]
        known = (value_of(stage, suffix, own.value)[name] if name else stage.decoded("alerts")[0]["episode"]).encode()
        other = known[:-1] + (b"0" if known[-1:] != b"0" else b"1")  # as long: the encoding stays as it is
        foreign.append((suffix, own.partition, own.key, own.value.replace(known, other)))
    own = stage.dump("decisions")[-1]  # one of the group's own, with another proof
    said = value_of(stage, "decisions", own.value)
    foreign.append(("decisions", own.partition, own.key, own.value.replace(said["proof"].encode(), said["proof"][::-1].encode())))
    for suffix, *record in foreign:
        stage.write(suffix, record)
    left = collections.Counter(as_text(suffix, r.key.decode(), value_of(stage, suffix, r.value)) for suffix in OUTPUTS for r in stage.dump(suffix) if r.value)
    computed = collections.Counter(as_text(r["topic"], r["key"], r["value"]) for r in replay(stage) if r["topic"] in OUTPUTS)
    wanted = collections.Counter(as_text(suffix, key.decode(), value_of(stage, suffix, value)) for suffix, _, key, value in foreign)
    checks.equal("foreign_outputs_are_what_a_recomputation_leaves_over", sorted(left - computed), sorted(wanted))
    checks.equal("foreign_outputs_hide_none_of_the_groups_own", sorted(computed - left), [])


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


def check_in_use(checks, words, folder, address):
    """What another process has, or what cannot be made, ends the start, and the option that names it is told."""
    def run(*more):
        return subprocess.run([*map(str, words), *map(str, more)], capture_output=True, text=True, timeout=30)

    def told(*more):
        done = run(*more)
        return done.returncode, re.search(r"attestream-processor: --[a-z-]+: key '(\w+)': ", done.stderr)[1]
    (folder / "file").touch()
    checks.equal("state_folder_in_use_is_exit_2", told(), (2, "state_folder"))
    checks.equal("state_folder_that_cannot_be_made_is_exit_2", told("--state-folder", folder / "file"), (2, "state_folder"))
    checks.equal("port_in_use_is_exit_2", told("--state-folder", folder / "other", "--http-listen", address), (2, "http_listen"))
    config = folder / "processor.conf"
    for key, value, *texts in (("http_listen", "localhost:80", "'localhost:80'", "allowed: ADDRESS:PORT"), ("topic_prefix", "x.", "'x.'", "processor.json", "'ats"),
                               ("kafka_config", folder / "none", "cannot open", folder / "none")):
        config.write_text(f"# what shows only once it is used\n{key} = {value}\n")
        for where, option, origin in (("a_file", ("--config", config), f"{config}:2"), ("the_command_line", (f"--{key.replace('_', '-')}={value}",), f"--{key.replace('_', '-')}")):
            done = run("--state-folder", folder / "other", *option)
            checks.note(f"{key}_of_{where}_is_told_with_where_it_stands", done.returncode == 2 and all(
                str(text) in done.stderr for text in (f"attestream-processor: {origin}: key '{key}': ", *texts)), done.stderr)


def test_no_kafka(checks, stage):
    """Without Kafka it says so once, keeps trying, and can be stopped at any time."""
    fleet = stage.keys / MEMBER
    alone = services.TempDir("alone").path
    words = [stage.build / "attestream-processor", "run", "--fleet", fleet, "--state-folder", alone / "state", "--kafka-bootstrap",
             f"127.0.0.1:{services.free_port()}", "--http-listen", "127.0.0.1:0", "--log-level", "debug"]
    process = services.Process(words, alone / "log")
    # What is said with each try would be said again by then; those of the first second come quickly after one another.
    process.wait_for_text(r"worker.tried .*tries=2\d ", 60)
    check_in_use(checks, words, alone, re.search(r"127\.0\.0\.1:\d+", re.search(r"url=.*", process.log.read_text())[0])[0])
    said = process.log.read_text()
    checks.equal("no_kafka_is_said_once", [said.count(event) for event in ("control.unavailable", "worker.waiting")], [1, 1])
    checks.equal("no_kafka_stops_cleanly", process.stop(20), 0)


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
    checks.note("missing_option_is_named", missing.returncode == 2 and "--fleet is missing" in missing.stderr, missing.stderr)
    config = folder / "processor.conf"
    config.write_text("# a comment\nfleet = /nowhere\nworkerz = 2\n")
    file = run("run", "--config", config)
    checks.note("config_error_names_file_and_line", file.returncode == 2 and f"{config}:3" in file.stderr, file.stderr)
    nowhere = run("run", "--fleet", folder / "none", "--state-folder", folder / "state", "--kafka-bootstrap", "127.0.0.1:1")
    checks.note("missing_fleet_folder_is_exit_2", nowhere.returncode == 2 and "attestream processor add" in nowhere.stderr, nowhere.stderr)
    for command in ("run", "replay"):
        checks.note(f"exit_codes_are_told_by_{command}", "Exit codes: 0 done" in run(command, "--help").stdout)
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
    test_kafka_restart(checks, stage, processor)
    test_state(checks, stage)
    test_dead_letters(checks, stage, processor)
    test_waiting(checks, stage, processor)
    test_schema_endpoint(checks, stage, processor)
    test_control_is_read_by_stock_readers(checks, stage)
    test_forged_state(checks, stage, processor)
    test_lost_state(checks, stage, processor)
    test_foreign_outputs(checks, Stage(build))
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
