#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Committed offsets on real Kafka that do not fit the log or the state any more: behind the log's end, where other records have taken the
place of lost ones, of somebody else, forgotten. They are committed here by a client of Kafka's, as a log that was cut leaves them. Each test ends
with every admitted event that is there decided exactly once."""
import argparse
import json
import pathlib
import subprocess
import sys

import confluent_kafka

from checks import Checks
from world import ROOT, services
from fleet import PARTITIONS, wait_until
from stage import DEVICES, INPUT, Stage, check_decisions, finish, lines, partition_of

BUSY = partition_of(DEVICES[0])
GROUP_TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"


def client(stage, **more):
    where = services.read_properties(stage.kafka.config) if stage.kafka.config else {"bootstrap.servers": stage.kafka.bootstrap}
    return {**where, **more}


def group_of(stage):
    return stage.kafka.prefix + "attestream"


# In the environment's Python, whose client commits metadata, too.
COMMIT = """
import json, sys
from confluent_kafka import Consumer, KafkaException, TopicPartition
conf, topic, partition, offset, metadata = json.loads(sys.argv[1])
consumer = Consumer({**conf, "enable.auto.commit": False})
try:
    done = consumer.commit(offsets=[TopicPartition(topic, partition, offset, metadata=metadata)], asynchronous=False)
    print(json.dumps(all(found.error is None for found in done)))
except KafkaException:
    print("false")
consumer.close()
"""


class Group:
    """The processor's group as an administrator's client sees and changes it; for a processor that is stopped."""

    def __init__(self, stage):
        self.stage = stage
        self.topic = stage.kafka.prefix + INPUT

    def end(self):
        consumer = confluent_kafka.Consumer(client(self.stage, **{"group.id": self.stage.kafka.prefix + "ends"}))
        found = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(self.topic, BUSY), timeout=30)[1]
        consumer.close()
        return found

    def mark(self):
        """What the task says with its offset once it has read everything, from what anybody can read."""
        number = max(d["task_input"] for d in self.stage.decoded("decisions") if d["input"]["partition"] == BUSY)
        time = max(r.timestamp for r in self.stage.dump(INPUT) if r.partition == BUSY)
        return f"input={number} time={time}"

    def commit(self, offset, metadata):
        """Kafka takes it once it has given up the members of before."""
        words = [client(self.stage, **{"group.id": group_of(self.stage)}), self.topic, BUSY, offset, metadata]

        def try_once():
            found = subprocess.run([str(ROOT / ".cache/venv/bin/python"), "-c", COMMIT, json.dumps(words)], check=True, capture_output=True, text=True)
            return json.loads(found.stdout)
        wait_until("the group to be empty", try_once, 60)

    def forget(self):
        """As Kafka does after offsets.retention.minutes."""
        def gone():
            self.stage.kafka.tool(GROUP_TOOL, "--delete", "--group", group_of(self.stage))
            return group_of(self.stage) not in self.stage.kafka.tool(GROUP_TOOL, "--list").split()
        wait_until("the group to be gone", gone, 60)


def reason_count(processor, reason):
    found = [line for line in processor.get("/metrics")[1].splitlines() if line.startswith(f'attestream_inputs_read_again_total{{reason="{reason}"}} ')]
    return int(found[0].split()[1]) if found else None


def restart(processor, begun_at):
    processor.start()
    processor.wait_until_ready()
    return processor.log.read_text()[begun_at:]


def check_told(checks, name, stage, processor, said, event, reason):
    topic = stage.kafka.prefix + INPUT
    checks.equal(f"{name}_is_told_once", said.count(f"{event} topic={topic} partition={BUSY} "), 1)
    checks.equal(f"{name}_is_counted", reason_count(processor, reason), 1)
    checks.equal(f"{name}_no_worker_begins_anew", processor.counter("attestream_worker_restarts_total"), 0)


def test_past_end(checks, stage, processor):
    """A log that ends before what was read of it: nothing stops, what was decided is a duplicate, what comes is decided."""
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    old = group.end()
    group.commit(old + 9, group.mark())
    said = restart(processor, begun)
    check_told(checks, "offset_past_end", stage, processor, said, "worker.offset_past_end", "past-end")
    finish(stage.feed(lines(5, 1_600_001_000)))
    check_decisions(checks, "offset_past_end", stage)
    checks.equal("offset_past_end_what_was_decided_is_a_duplicate", processor.counter("attestream_events_duplicate_total"), old)
    checks.equal("offset_past_end_lag_and_missed_are_none", (processor.counter("attestream_input_lag"), processor.counter("attestream_records_missed_total")), (0, 0))


def test_overwritten(checks, stage, processor):
    """The same, but by the time the processor is back the log has grown past that offset: what lies between was never read."""
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    old, mark = group.end(), group.mark()
    finish(stage.feed(lines(10, 1_600_002_000)))
    end = group.end()
    checks.note("offset_overwritten_is_within_the_log", end > old + 4, (old, end))
    group.commit(old + 4, mark)
    said = restart(processor, begun)
    check_told(checks, "offset_overwritten", stage, processor, said, "worker.offset_overwritten", "overwritten")
    check_decisions(checks, "offset_overwritten", stage)


def test_foreign(checks, stage, processor):
    """The same by somebody whose offset says nothing of what was read."""
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    old = group.end()
    finish(stage.feed(lines(10, 1_600_003_000)))
    group.commit(old + 4, "")
    said = restart(processor, begun)
    check_told(checks, "offset_foreign", stage, processor, said, "worker.offset_foreign", "foreign")
    check_decisions(checks, "offset_foreign", stage)


def test_gone(checks, stage, processor):
    """A group that was away for so long that Kafka forgot its offsets, and retention deleted what it had not read."""
    processor.stop()
    begun, before = processor.log.stat().st_size, stage.good
    finish(stage.feed(lines(5, 1_600_004_000)))
    stage.good = before
    group = Group(stage)
    first = group.end()
    group.forget()
    deletion = stage.folder / "deletion.json"
    deletion.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": stage.kafka.prefix + INPUT, "partition": partition, "offset": -1} for partition in range(PARTITIONS)]}))
    stage.kafka.tool("org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", deletion)
    finish(stage.feed(lines(5, 1_600_005_000)))
    said = restart(processor, begun)
    used = {partition_of(device) for device in DEVICES}
    checks.equal("offset_gone_is_told_for_each_partition_that_was_read", said.count("worker.offset_gone "), len(used))
    checks.note("offset_gone_names_the_first_record_that_is_left", f"partition={BUSY} committed=none first={first} " in said, said[-2000:])
    checks.equal("offset_gone_is_counted", reason_count(processor, "gone"), len(used))
    check_decisions(checks, "offset_gone", stage)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build.resolve()
    checks = Checks("committed-offsets")
    stage = Stage(build)
    processor = stage.decide(session_timeout="6s")
    finish(stage.feed(lines(5, 1_600_000_000)))
    check_decisions(checks, "before", stage)
    test_past_end(checks, stage, processor)
    test_overwritten(checks, stage, processor)
    test_foreign(checks, stage, processor)
    test_gone(checks, stage, processor)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
