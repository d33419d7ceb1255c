# SPDX-License-Identifier: Apache-2.0
"""What the processor's end-to-end scripts share: a fleet on real Kafka, attestream-feed in the place of a gate, and the processors that
decide what it writes, sealed, with the same positions each time."""
import json
import time

import confluent_kafka

from world import ROOT, TOPIC, judge, payload, services
from fleet import CONTRACTS, GATE, MEMBER, PARTITIONS, USECASES, Fleet, Processor

DEVICES = [f"unit-{i}" for i in range(6)]
CONTRACT = ROOT / "schemas/contracts/env-sensor"
INPUT = "telemetry.env-sensor"


class Stage:
    """A fleet on real Kafka with what attestream-feed writes into it, and the processors that decide it."""

    def __init__(self, build, **kafka):
        self.build = build
        self.folder = services.TempDir("processor").path
        self.kafka = services.kafka(**kafka)
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

    def decide(self, **options):
        """Contracts, use cases and topics, and a processor that is ready for what is fed."""
        self.publish()
        self.create_topics()
        processor = self.processor(**options)
        processor.start()
        processor.wait_until_ready()
        return processor

    def feed(self, lines, *arguments):
        """attestream-feed on these lines, running in the background."""
        number = self.fed
        plan = self.folder / f"plan-{number}.ndjson"
        plan.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.fed += len(lines)
        self.good += sum(line.get("spoil", "ahead") == "ahead" for line in lines)
        return services.Process(
            [self.build / "tests/attestream-feed", "--gate", self.keys / GATE, "--member", self.keys / MEMBER, "--contract", CONTRACT,
             "--plan", plan, "--prefix", self.kafka.prefix, "--first", number + 1, "--control", self.fleet.control_count(), *map(str, arguments)],
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
            time.sleep(0.2)  # between two looks

    def write(self, suffix, *records):
        """Records of somebody else, as (partition, key, value)."""
        where = services.read_properties(self.kafka.config) if self.kafka.config else {"bootstrap.servers": self.kafka.bootstrap}
        producer = confluent_kafka.Producer(where)
        for partition, key, value in records:
            producer.produce(self.kafka.prefix + suffix, partition=partition, key=key, value=value)
        if producer.flush(60):
            raise services.ServiceError(f"cannot write to {suffix}")

    def end_open_transactions(self):
        """Ends what Kafka completed without telling the partitions, as docs/topics.md says; how many there were."""
        command = "org.apache.kafka.tools.TransactionsCommand"
        found = self.kafka.tool(command, "find-hanging", "--broker-id", 1, "--max-transaction-timeout", 0).splitlines()[1:]
        for row in found:
            topic, partition, _, _, _, offset = row.split()[:6]
            self.kafka.tool(command, "abort", "--topic", topic, "--partition", partition, "--start-offset", offset)
        return len(found)

    def produce(self, suffix, *values):
        """Records of somebody else, by Kafka's own console producer, under the key "key"."""
        arguments = ["--topic", self.kafka.prefix + suffix, "--property", "parse.key=true"]
        if self.kafka.java_config:
            arguments += ["--producer.config", self.kafka.java_config]
        self.kafka.tool("org.apache.kafka.tools.ConsoleProducer", *arguments, text="".join(f"key\t{value}\n" for value in values))


def lines(count, begin, fault=(), devices=DEVICES):
    """`count` messages of each device, a second of event time apart; those whose number is in `fault` are far too hot."""
    return [{"device": d, "topic": TOPIC.format(device=d),
             "payload": payload(d, begin + i, (70 if i in fault and d == DEVICES[0] else 20) + (i * 7 % 13) * 0.1)}
            for i in range(count) for d in devices]


def partition_of(key):
    """Where Kafka's own partitioner puts a key (murmur2)."""
    data, mask, m = key.encode(), 2 ** 32 - 1, 0x5bd1e995
    h = 0x9747b28c ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        h = h * m & mask ^ (k ^ k >> 24) * m & mask
    if data[whole:]:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7fffffff) % PARTITIONS


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
