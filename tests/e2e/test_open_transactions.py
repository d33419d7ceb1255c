#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Transactions on the processor's topics that somebody else begins on real Kafka, and leaves open or gives up. Each test ends with every
admitted event decided exactly once."""
import argparse
import contextlib
import pathlib
import re
import sys

import confluent_kafka

from checks import Checks
from world import ROOT, services
from fleet import PARTITIONS, wait_until
from stage import DEVICES, INPUT, Stage, check_decisions, finish, lines, partition_of

LONG_MS = 900_000  # longer than any test waits: nothing ends one of these but the test


def client(stage, **more):
    where = services.read_properties(stage.kafka.config) if stage.kafka.config else {"bootstrap.servers": stage.kafka.bootstrap}
    return {**where, **more}


@contextlib.contextmanager
def transaction(stage, name):
    """A transaction of somebody else, given up at the end; yields the producer."""
    producer = confluent_kafka.Producer(client(stage, **{"transactional.id": f"{stage.kafka.prefix}{name}", "transaction.timeout.ms": LONG_MS}))
    producer.init_transactions(60)
    producer.begin_transaction()
    try:
        yield producer
    finally:
        producer.abort_transaction(60)


def fill(stage, producer, suffix):
    """A record that is nobody's in each partition."""
    for partition in range(PARTITIONS):
        producer.produce(stage.kafka.prefix + suffix, partition=partition, key=b"key", value=b"x")
    if producer.flush(60):
        raise services.ServiceError(f"cannot write to {suffix}")


def test_input(checks, stage, processor):
    """An input is read past the transaction, and what is in it is judged by its seal alone."""
    with transaction(stage, "input") as producer:
        fill(stage, producer, INPUT)
        finish(stage.feed(lines(5, 1_600_000_000)))
        check_decisions(checks, "open_in_an_input", stage)
        told = [(q["rule"], q["input_partition"]) for q in stage.decoded("quarantine")]
        checks.equal("open_in_an_input_its_records_are_dead_letters", sorted(told), [("headers", p) for p in range(PARTITIONS)])
        shown = stage.fleet.cli("watch", INPUT, "--from-beginning", "--raw", "--max", PARTITIONS + stage.good)
        checks.equal("open_in_an_input_the_cli_shows_what_is_behind_it", len(shown.stdout.splitlines()), PARTITIONS + stage.good)
        processor.stop()
        processor.start()
        processor.wait_until_ready()
        finish(stage.feed(lines(5, 1_600_001_000)))
        check_decisions(checks, "open_in_an_input_over_a_restart", stage)


def test_sealed_copy(checks, stage, processor):
    """A sealed record once more, in a transaction that is given up: a duplicate as any other."""
    victim = stage.dump(INPUT)[0]
    before = processor.counter("attestream_events_duplicate_total")
    with transaction(stage, "copy") as producer:
        producer.produce(victim.topic, partition=victim.partition, key=victim.key, value=victim.value, headers=victim.headers)
        producer.flush(60)
    processor.process.wait_until(lambda: processor.counter("attestream_events_duplicate_total") > before, "counting the duplicate", 60)
    check_decisions(checks, "sealed_copy_in_an_aborted_transaction", stage)


def ends(stage):
    """Where the input's partitions end, marks of transactions included."""
    consumer = confluent_kafka.Consumer(client(stage, **{"group.id": stage.kafka.prefix + "ends"}))
    found = [consumer.get_watermark_offsets(confluent_kafka.TopicPartition(stage.kafka.prefix + INPUT, partition), timeout=30)[1]
             for partition in range(PARTITIONS)]
    consumer.close()
    return found


def test_lag(checks, stage, processor):
    """The marks that end a transaction are no records: nothing is left to be done behind them."""
    before, dead_letters = ends(stage), processor.counter("attestream_events_dead_letter_total")
    with transaction(stage, "lag") as producer:
        fill(stage, producer, INPUT)
        processor.process.wait_until(lambda: processor.counter("attestream_events_dead_letter_total") == dead_letters + PARTITIONS, "taking the records", 60)
    wait_until("the marks", lambda: ends(stage) == [end + 2 for end in before])
    processor.stop()
    processor.start()
    # Nothing is left, and of no input it is unknown where it ends.
    wanted = [(name, str(partition)) for name in ("lag", "lag_unknown") for partition in range(PARTITIONS)]
    processor.process.wait_until(lambda: re.findall(r'^attestream_input_(lag|lag_unknown){partition="(\d+)"} 0$', processor.get("/metrics")[1], re.MULTILINE)
                                 == wanted, "without lag", 60)
    checks.note("marks_of_transactions_are_no_lag", True)
    shown = {topic: len(stage.fleet.cli("watch", topic, "--from-beginning", "--raw", "--exit-at-end").stdout.splitlines()) for topic in (INPUT, "decisions")}
    checks.equal("watch_ends_behind_the_marks_of_transactions", shown["decisions"], len(stage.dump("decisions")))
    checks.note("watch_of_an_input_ends_behind_the_marks_of_transactions", shown[INPUT] >= stage.good + 2 * PARTITIONS, shown)


def test_committed_offsets(checks, stage, processor):
    """Offsets of the group's that are neither committed nor given up are waited for, and never taken for what they were before."""
    processor.stop()
    finish(stage.feed(lines(5, 1_600_002_000)))
    somebody = confluent_kafka.Consumer(client(stage, **{"group.id": stage.kafka.prefix + "attestream"}))
    offsets = [confluent_kafka.TopicPartition(stage.kafka.prefix + INPUT, partition, 0) for partition in range(PARTITIONS)]
    with transaction(stage, "offsets") as producer:
        producer.send_offsets_to_transaction(offsets, somebody.consumer_group_metadata(), 60)
        processor.start()
        processor.process.wait_for_text("worker.waiting .*committed offsets: .* a transaction on them stays open", 60)
        checks.equal("open_on_committed_offsets_is_told_and_waited_for", (processor.get("/ready")[0], processor.decided()), (503, 0))
    somebody.close()
    processor.wait_until_ready()
    check_decisions(checks, "open_on_committed_offsets", stage)


def test_changelog(checks, stage, processor):
    """A state of which a transaction keeps the end back is waited for, told as what it is, and gone on with by itself."""
    processor.stop()
    begun = processor.log.stat().st_size
    with transaction(stage, "changelog") as producer:
        fill(stage, producer, "state.attestream")
        finish(stage.feed(lines(5, 1_600_003_000)))
        processor.start()
        processor.process.wait_for_text(r"worker.waiting .*partition \d+ of \S+state\.attestream: a transaction is open there from offset \d+ on", 60)
        processor.process.wait_until(lambda: processor.counter("attestream_worker_restarts_total") >= 3, "trying again", 60)
        ready = processor.get("/ready")
        checks.note("open_in_the_changelog_is_told_by_ready", ready[0] == 503 and "transaction that is open in the changelog" in ready[1], ready)
        checks.equal("open_in_the_changelog_is_counted", processor.counter("attestream_workers_held_up"), 1)
    processor.wait_until_ready()
    check_decisions(checks, "open_in_the_changelog", stage)
    said = processor.log.read_text()[begun:]
    checks.equal("open_in_the_changelog_is_told_once_and_never_called_corrupt", [said.count(text) for text in ("a transaction is open there", "corrupt", "worker.restart")],
                 [1, 0, 0])
    checks.equal("open_in_the_changelog_is_over_by_itself", processor.counter("attestream_workers_held_up"), 0)


def test_one_partition_of_the_changelog(checks, stage, processor):
    """The member that is given that partition waits with all of its own: none is decided before the transaction ends, and all of it then."""
    processor.stop()
    begun, at = processor.log.stat().st_size, partition_of(DEVICES[0])
    with transaction(stage, "one") as producer:
        producer.produce(stage.kafka.prefix + "state.attestream", partition=at, key=b"key", value=b"x")
        producer.flush(60)
        finish(stage.feed(lines(5, 1_600_006_000)))
        processor.start()
        processor.process.wait_until(lambda: processor.counter("attestream_worker_restarts_total") >= 3, "trying again", 60)
        checks.equal("open_in_one_partition_of_the_changelog_the_whole_member_waits", processor.decided(), 0)
        checks.equal("open_in_one_partition_of_the_changelog_is_counted", processor.counter("attestream_workers_held_up"), 1)
        said = processor.log.read_text()[begun:]
        checks.note("open_in_one_partition_of_the_changelog_is_named", f"partition {at} of {stage.kafka.prefix}state.attestream: a transaction is open there" in said, said[-1000:])
    processor.wait_until_ready()
    check_decisions(checks, "open_in_one_partition_of_the_changelog", stage)


def test_changelog_of_a_running_group(checks, stage, processor):
    """The same with state of the group's own behind the transaction: it is not missed, and not taken for lost."""
    begun = processor.log.stat().st_size
    with transaction(stage, "behind") as producer:
        fill(stage, producer, "state.attestream")
        finish(stage.feed(lines(5, 1_600_004_000)))
        check_decisions(checks, "open_in_the_changelog_of_a_running_task", stage)
        processor.stop()
        processor.start()
        processor.process.wait_until(lambda: "a transaction is open there from offset" in processor.log.read_text()[begun:], "telling of the transaction", 60)
    processor.wait_until_ready()
    finish(stage.feed(lines(5, 1_600_005_000)))
    check_decisions(checks, "open_before_state_of_the_group", stage)
    checks.equal("open_before_state_of_the_group_is_never_called_corrupt", processor.log.read_text()[begun:].count("corrupt"), 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build.resolve()
    checks = Checks("open-transactions")
    stage = Stage(build)
    processor = stage.decide()
    test_input(checks, stage, processor)
    test_sealed_copy(checks, stage, processor)
    test_lag(checks, stage, processor)
    test_committed_offsets(checks, stage, processor)
    test_changelog(checks, stage, processor)
    test_one_partition_of_the_changelog(checks, stage, processor)
    test_changelog_of_a_running_group(checks, stage, processor)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
