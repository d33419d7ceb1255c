#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What must not stop or mislead the processor on real Kafka: a signal under load, and what a hostile writer of its topics or a setting
of theirs does. Each test ends with every admitted event decided exactly once."""
import argparse
import json
import pathlib
import random
import sys

from checks import Checks
from world import ROOT, services
from fleet import PARTITIONS, wait_until
from stage import INPUT, Stage, check_decisions, finish, lines, partition_of


def configure(stage, topic, change):
    """Changes settings of a topic (NAME=VALUE,...); returns when Kafka says that they hold."""
    words = ("kafka.admin.ConfigCommand", "--entity-type", "topics", "--entity-name", topic)
    stage.kafka.tool(*words, "--alter", "--add-config", change)
    wait_until("the topic's settings", lambda: set(change.split(",")) <= set(stage.kafka.tool(*words, "--describe").split()))


def test_stop_under_load(checks, stage, processor):
    """SIGTERM with records fetched and a transaction open: a clean end, and what was open is decided by the next one."""
    processor.stop()
    codes, open_ends, begin = [], 0, 1_599_900_000
    while open_ends < 3 and len(codes) < 12:
        fed = lines(5000, begin)
        finish(stage.feed(fed))
        begin += 5000
        processor.start()
        processor.process.wait_until(lambda: processor.decided() > 0, "deciding", 60)
        open_ends += processor.decided() < len(fed)  # beside what the ones before have left
        codes.append(processor.stop())
    checks.equal("sigterm_under_load_ends_with_exit_code_0", [c for c in codes if c != 0], [])
    checks.note("sigterm_under_load_leaves_work", open_ends == 3, f"{len(codes)} ends")
    processor.start()
    check_decisions(checks, "sigterm_under_load", stage)


def test_forged_claims(checks, stage, processor):
    """A flood of records that claim to know more of the control log than there is: a few short waits, and the stream goes on."""
    waits = processor.counter("attestream_control_waits_total")
    forged = [{**line, "spoil": "unknown-gate"} for line in lines(50, 1_600_010_000)]
    finish(stage.feed(forged + lines(10, 1_600_010_000), "--control", 2 ** 32 - 1))
    check_decisions(checks, "forged_claims", stage)
    count = processor.counter("attestream_control_waits_total") - waits
    checks.note("forged_claims_cost_few_waits", 0 < count < 50, f"{count} waits")


def test_too_large_for_kafka(checks, stage, processor):
    """A topic that takes less than what comes of a record: that record is told in quarantine without its payload, the others pass."""
    quarantine = stage.kafka.prefix + "quarantine"
    configure(stage, quarantine, "max.message.bytes=5000")
    garbage = random.Random(5).randbytes(20_000)  # nothing for a compressor
    processor.stop()
    stage.write(INPUT, *((partition, b"key", garbage) for partition in range(PARTITIONS)))
    finish(stage.feed(lines(5, 1_600_020_000)))
    processor.start()
    check_decisions(checks, "too_large_for_kafka", stage)
    told = [q for q in stage.decoded("quarantine") if q["rule"] == "size"]
    checks.equal("too_large_for_kafka_is_told_in_quarantine",
                 sorted((q["input_partition"], "max.message.bytes" in q["text"], q["payload"] or b"") for q in told),
                 [(partition, True, b"") for partition in range(PARTITIONS)])
    checks.note("too_large_for_kafka_is_logged_with_kafkas_reason", "Message size too large" in processor.log.read_text())


def test_full_state(checks, stage, processor):
    """A task whose state is full stops alone and says so; with more room it goes on where it was."""
    processor.stop()
    small = stage.processor(state_max="1MiB", commit_events_max=50)
    small.start()
    small.wait_until_ready()
    names = [f"full-{i}" for i in range(16000)]
    crowd = [name for name in names if partition_of(name) == 0]
    others = [name for name in names if partition_of(name) != 0][:20]
    finish(stage.feed(lines(1, 1_600_030_000, devices=crowd)))
    small.process.wait_for_text(r"task.full partition=0 state_max=1048576", 60)
    before = small.decided()
    finish(stage.feed(lines(1, 1_600_031_000, devices=others)))
    small.process.wait_until(lambda: small.decided() >= before + len(others), "deciding the others' events", 60)
    checks.note("full_state_stops_no_other_task", True)
    ready = small.get("/ready")
    checks.note("full_state_is_not_ready_and_names_the_option", ready[0] == 503 and "state_max" in ready[1], ready)
    checks.equal("full_state_is_told_once", small.log.read_text().count("task.full"), 1)
    small.process.wait_until(lambda: small.counter("attestream_tasks_waiting") == 1, "telling of the task that does not go on", 30)
    lag, size = (small.counter(f"attestream_{name}") for name in ("input_lag", "state_bytes"))
    checks.note("full_state_shows_in_lag_and_size", lag > 0 and size > 2 ** 18, (lag, size))  # what was committed when no more fitted
    small.stop()
    processor.start()
    check_decisions(checks, "full_state", stage)


def test_missed_records(checks, stage, processor):
    """What retention deletes before it was read is told with its number; the rest is read."""
    processor.stop()
    before = stage.good
    finish(stage.feed(lines(5, 1_600_040_000)))
    missed, stage.good = stage.good - before, before
    deletion = stage.folder / "deletion.json"
    deletion.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": stage.kafka.prefix + INPUT, "partition": partition, "offset": -1} for partition in range(PARTITIONS)]}))
    stage.kafka.tool("org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", deletion)
    finish(stage.feed(lines(5, 1_600_041_000)))
    processor.start()
    check_decisions(checks, "missed_records", stage)
    checks.equal("missed_records_are_counted", processor.counter("attestream_records_missed_total"), missed)
    checks.note("missed_records_are_told", "worker.records_missed" in processor.log.read_text())


def test_partition_count(checks, stage, processor):
    """A contract's topic with another number of partitions is left out, also at the start, and read once it has the right one."""
    topic = stage.kafka.prefix + "telemetry.machine-temp"
    words = ("org.apache.kafka.tools.TopicCommand",)

    def remove():
        stage.kafka.tool(*words, "--delete", "--topic", topic)
        wait_until("the topic to be gone", lambda: topic not in stage.kafka.tool(*words, "--list").split())
    processor.stop()
    begun = processor.log.stat().st_size
    remove()
    stage.kafka.tool(*words, "--create", "--topic", topic, "--partitions", 1, "--replication-factor", 1)
    processor.start()
    processor.wait_until_ready()
    finish(stage.feed(lines(5, 1_600_050_000)))
    check_decisions(checks, "other_partition_count", stage)
    said = processor.log.read_text()[begun:].count(f'reason="topic {topic} has 1 partitions and ')
    checks.note("other_partition_count_is_told", 0 < said <= 2, f"said {said} times")  # before it has joined, and once after
    checks.equal("other_partition_count_is_counted", processor.counter("attestream_inputs_left_out"), 1)
    remove()
    stage.create_topics()
    processor.process.wait_until(lambda: f"worker.reads topic={topic}" in processor.log.read_text()[begun:], "reading the topic", 60)
    processor.process.wait_until(lambda: processor.counter("attestream_inputs_left_out") == 0, "leaving nothing out", 60)
    checks.note("other_partition_count_is_over_by_itself", True)


def test_erased_state(checks, stage, processor):
    """Who writes under a key of the state has compaction drop what the processor wrote: that is told, and nothing is decided from it."""
    topic = stage.kafka.prefix + "state.attestream"
    victim = next(r for r in reversed(stage.dump("state.attestream")) if r.value is not None and r.key != b"n")
    processor.stop()
    configure(stage, topic, "segment.ms=100,min.cleanable.dirty.ratio=0.001,max.compaction.lag.ms=100,delete.retention.ms=100")

    def is_erased():
        stage.write("state.attestream", (victim.partition, victim.key, b"x"))
        return all(r.value == b"x" for r in stage.dump("state.attestream") if (r.partition, r.key) == (victim.partition, victim.key))
    wait_until("compaction", is_erased, 120)
    processor.start()
    said = processor.process.wait_for_text(rf"partition {victim.partition} of {topic} holds \d+ entries, but its newest transaction left \d+", 60)
    checks.note("erased_state_is_told_with_what_was_found_and_expected", said)
    checks.equal("erased_state_is_not_gone_on_without", (processor.get("/ready")[0], processor.decided()), (503, 0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build.resolve()
    checks = Checks("processor-faults")
    stage = Stage(build, properties={"log.cleaner.backoff.ms": "500"})
    stage.publish()
    stage.create_topics()
    processor = stage.processor(commit_events_max=100)
    processor.start()
    processor.wait_until_ready()
    test_stop_under_load(checks, stage, processor)
    test_forged_claims(checks, stage, processor)
    test_too_large_for_kafka(checks, stage, processor)
    test_full_state(checks, stage, processor)
    test_missed_records(checks, stage, processor)
    test_partition_count(checks, stage, processor)
    test_erased_state(checks, stage, processor)  # the last: it leaves no state to go on with
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
