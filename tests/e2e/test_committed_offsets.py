#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Committed offsets on real Kafka that do not fit the log or the state any more: behind the log's end, where other records have taken the
place of lost ones, of somebody else, forgotten. They are committed here by a client of Kafka's: with the mark that the group itself gives them, made with
Python's hashlib, as a log that was cut leaves them, and with marks that somebody without the group's key can make. Each test ends with every admitted event
that is there decided exactly once."""
import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import sys

import confluent_kafka
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from checks import Checks
from world import ROOT, judge, services
from fleet import GATE, MEMBER, PARTITIONS, wait_until
from stage import DEVICES, INPUT, Stage, check_decisions, finish, lines, partition_of

BUSY = partition_of(DEVICES[0])
USED = sorted({partition_of(device) for device in DEVICES})
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
conf, topic, entries = json.loads(sys.argv[1])
consumer = Consumer({**conf, "enable.auto.commit": False})
try:
    done = consumer.commit(offsets=[TopicPartition(topic, partition, offset, metadata=metadata) for partition, offset, metadata in entries], asynchronous=False)
    print(json.dumps(all(found.error is None for found in done)))
except KafkaException:
    print("false")
consumer.close()
"""


class Fields:
    """A record of Kafka's own topic of offsets."""

    def __init__(self, data):
        self.data = data

    def number(self, size):
        found, self.data = int.from_bytes(self.data[:size], "big", signed=True), self.data[size:]
        return found

    def text(self, size=None):
        size = self.number(2) if size is None else size
        found, self.data = self.data[:size].decode(), self.data[size:]
        return found


def tag_of(secret, changelog, topic, partition, offset, number, time):
    """The tag of a committed offset, in hexadecimal; time None: not said."""
    def span(data):
        return (2**64 - 1 if data is None else len(data)).to_bytes(8, "big") + (data or b"")
    numbers = b"".join(n.to_bytes(8, "big") for n in (offset, number, 2**64 - 1 if time is None else time))
    parts = (b"ATTESTREAM-1 committed offset", changelog.encode(), partition.to_bytes(4, "big"), topic.encode(), numbers, None)
    key = hashlib.blake2b(b"ATTESTREAM-1 changelog key", key=secret, digest_size=32).digest()
    return hashlib.blake2b(b"".join(map(span, parts)), key=key, digest_size=16).hexdigest()


class Group:
    """The processor's group as an administrator's client sees and changes it; for a processor that is stopped."""

    def __init__(self, stage):
        self.stage = stage
        self.topic = stage.kafka.prefix + INPUT
        key = load_pem_private_key((stage.keys / MEMBER / "group-agreement.key.pem").read_bytes(), None)
        self.secret = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())

    def end(self, partition=BUSY):
        consumer = confluent_kafka.Consumer(client(self.stage, **{"group.id": self.stage.kafka.prefix + "ends"}))
        found = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(self.topic, partition), timeout=30)[1]
        consumer.close()
        return found

    def mark(self, partition, offset, number, time):
        """What a task says with an offset."""
        return f"input={number} time={time} tag={tag_of(self.secret, self.stage.kafka.prefix + 'state.attestream', self.topic, partition, offset, number, time)}"

    def read(self):
        """The newest input number and Kafka's newest time of what was read, once everything was."""
        number = max(d["task_input"] for d in self.stage.decoded("decisions") if d["input"]["partition"] == BUSY)
        return number, max(r.timestamp for r in self.stage.dump(INPUT) if r.partition == BUSY)

    def committed(self):
        """{partition: (offset, metadata)} from the records of them, which are more than most clients show."""
        found = {}
        for record in judge.dump(self.stage.kafka, "__consumer_offsets"):
            key, value = Fields(record.key), Fields(record.value or b"")
            if key.number(2) > 1 or (key.text(), key.text()) != (group_of(self.stage), self.topic):
                continue
            partition = key.number(4)
            if record.value is None:
                found.pop(partition, None)
                continue
            version, offset = value.number(2), value.number(8)
            if version >= 3:
                value.number(4)  # the leader's epoch
            size = value.number(2) if version < 4 else value.number(1) - 1  # the marks have less than 127 bytes
            found[partition] = (offset, value.text(size))
        return found

    def commit(self, *entries):
        """(partition, offset, metadata) each. Kafka takes it once it has given up the members of before."""
        words = [client(self.stage, **{"group.id": group_of(self.stage)}), self.topic, entries]

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


def told(stage, said, event, partition):
    return said.count(f"{event} topic={stage.kafka.prefix + INPUT} partition={partition} ")


def check_told(checks, name, stage, processor, said, event, reason):
    checks.equal(f"{name}_is_told_once", told(stage, said, event, BUSY), 1)
    checks.equal(f"{name}_is_counted", reason_count(processor, reason), 1)
    checks.equal(f"{name}_no_worker_begins_anew", processor.counter("attestream_worker_restarts_total"), 0)


def check_forged(checks, name, stage, processor, begun, cases):
    """`cases`: what was committed, by partition. Each is told, and nothing that it skipped is left out."""
    said = restart(processor, begun)
    for partition, case in cases.items():
        checks.equal(f"{case}_is_told_once", told(stage, said, "worker.offset_foreign", partition), 1)
    checks.equal(f"{name}_is_counted_for_each", reason_count(processor, "foreign"), len(cases))
    check_decisions(checks, name, stage)
    checks.equal(f"{name}_the_member_is_ready", processor.get("/ready")[0], 200)
    checks.equal(f"{name}_no_worker_begins_anew", processor.counter("attestream_worker_restarts_total"), 0)


def test_unread(checks, stage, processor):
    """Before the first start: inputs of which the state knows nothing."""
    finish(stage.feed(lines(5, 1_600_000_000)))
    group = Group(stage)
    cases = dict(zip(USED, ("offset_of_an_unread_input", "offset_with_an_invented_mark_of_an_unread_input", "offset_with_an_empty_tag_of_an_unread_input")))
    marks = dict(zip(USED, ("", "input=1 time=9000000000000000000", "input=0 time=1 tag=")))
    group.commit(*((partition, 5, marks[partition]) for partition in USED))
    check_forged(checks, "unread_inputs", stage, processor, 0, cases)


def test_own(checks, stage, processor):
    """What the member commits is what another implementation makes of its numbers, whatever others committed before, and holds after a restart."""
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    found = group.committed()
    numbers = {p: re.match(r"input=(\d+) ", metadata) for p, (_, metadata) in found.items()}
    times = {p: max(r.timestamp for r in stage.dump(INPUT) if r.partition == p) for p in found}
    checks.equal("own_offsets_are_there_for_each_partition_that_was_read", sorted(found), USED)
    checks.equal("own_offsets_have_the_tag_of_another_implementation", {p: metadata for p, (_, metadata) in found.items()},
                 {p: group.mark(p, group.end(p), int(match[1]), times[p]) if match else None for p, match in numbers.items()})
    said = restart(processor, begun)
    finish(stage.feed(lines(2, 1_600_000_500)))
    check_decisions(checks, "own_offsets", stage)
    checks.equal("own_offsets_hold_after_a_restart", (said.count("worker.offset_"), processor.counter("attestream_inputs_read_again_total"),
                                                      processor.counter("attestream_events_duplicate_total")), (0, 0, 0))


def test_put_back(checks, stage, processor, old):
    """What the group itself has said once holds for ever: it takes an input back, and ahead nowhere."""
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    end = group.end()
    group.commit((BUSY, *old))
    said = restart(processor, begun)
    finish(stage.feed(lines(2, 1_600_000_800)))
    check_decisions(checks, "offset_put_back", stage)
    checks.equal("offset_put_back_what_was_decided_is_a_duplicate", (said.count("worker.offset_"), processor.counter("attestream_events_duplicate_total")), (0, end - old[0]))


def test_forged(checks, stage, processor):
    """Somebody who can read everything, and has no key, commits the end of what was not read yet, with the best marks that can be made so."""
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    own = group.committed()
    copied = re.sub(r"time=\d+", "time=9000000000000000000", own[USED[0]][1])
    rounds = ({"offset_with_a_copied_mark_and_a_huge_time": copied, "offset_with_a_mark_without_time": "input=1", "offset_with_a_huge_input": "input=99999999999"},
              {"offset_with_another_offsets_mark": own[USED[0]][1], "offset_with_a_mark_without_a_tag": own[USED[1]][1].split(" tag=")[0],
               "offset_with_a_long_mark": "input=1 time=1 tag=" + "0" * 4000})
    for number, marks in enumerate(rounds):
        if number > 0:
            processor.stop()
            begun = processor.log.stat().st_size
        finish(stage.feed(lines(5, 1_600_000_600 + 100 * number)))
        group.commit(*((partition, group.end(partition), mark) for partition, mark in zip(USED, marks.values())))
        check_forged(checks, f"forged_{number + 1}", stage, processor, begun, dict(zip(USED, marks)))
    return own[BUSY]


def test_past_end(checks, stage, processor):
    """A log that ends before what was read of it: nothing stops, what was decided is a duplicate, what comes is decided."""
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    old = group.end()
    group.commit((BUSY, old + 9, group.mark(BUSY, old + 9, *group.read())))
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
    old, read = group.end(), group.read()
    finish(stage.feed(lines(10, 1_600_002_000)))
    end = group.end()
    checks.note("offset_overwritten_is_within_the_log", end > old + 4, (old, end))
    group.commit((BUSY, old + 4, group.mark(BUSY, old + 4, *read)))
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
    group.commit((BUSY, old + 4, ""))
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
    checks.equal("offset_gone_is_told_for_each_partition_that_was_read", said.count("worker.offset_gone "), len(USED))
    checks.note("offset_gone_names_the_first_record_that_is_left", f"partition={BUSY} committed=none first={first} " in said, said[-2000:])
    checks.equal("offset_gone_is_counted", reason_count(processor, "gone"), len(USED))
    check_decisions(checks, "offset_gone", stage)


def test_revoked(checks, stage, processor):
    """A gate that was revoked since: what it sealed is a dead letter now, beside the decision of before."""
    stage.fleet.cli("gate", "revoke", GATE)
    count = stage.fleet.control_count()
    wait_until("the revocation in the member's copy", lambda: processor.counter("attestream_control_records") >= count, 60)
    processor.stop()
    begun = processor.log.stat().st_size
    group = Group(stage)
    group.commit((BUSY, group.end(), ""))
    left = sum(r.partition == BUSY for r in stage.dump(INPUT))
    said = restart(processor, begun)
    check_told(checks, "offset_after_a_revocation", stage, processor, said, "worker.offset_foreign", "foreign")
    wait_until("the records to be read again", lambda: processor.counter("attestream_records_total") >= left, 60)
    rules = dict(re.findall(r'^attestream_events_dead_letter_total\{rule="([a-z-]+)"\} ([1-9][0-9]*)$', processor.get("/metrics")[1], re.MULTILINE))
    checks.equal("offset_after_a_revocation_what_was_decided_is_a_dead_letter", (rules, processor.counter("attestream_events_duplicate_total")),
                 ({"unknown-gate": str(left)}, 0))
    check_decisions(checks, "offset_after_a_revocation", stage)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build.resolve()
    checks = Checks("committed-offsets")
    stage = Stage(build)
    stage.publish()
    stage.create_topics()
    processor = stage.processor(session_timeout="6s")
    test_unread(checks, stage, processor)
    old = test_forged(checks, stage, processor)
    test_own(checks, stage, processor)
    test_put_back(checks, stage, processor, old)
    test_past_end(checks, stage, processor)
    test_overwritten(checks, stage, processor)
    test_foreign(checks, stage, processor)
    test_gone(checks, stage, processor)
    test_revoked(checks, stage, processor)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
