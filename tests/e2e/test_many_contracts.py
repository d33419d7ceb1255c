#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""More contracts than a processor reads and than topics are made for, stated at once by an operator of a few names, on real Kafka: what was
there before goes on, on two members of which one begins anew, and so does the work of other operators."""
import argparse
import json
import pathlib
import re
import sys
import time

import confluent_kafka

import control_log
from checks import Checks
from world import ROOT, services
from fleet import CONTRACTS, PARTITIONS
from stage import Stage, check_decisions, finish, lines

SECOND = "member-2"
INPUTS_MAX, TOPICS_MAX, FIXED = 256, 512, 8
GREEDY = "greedy"  # its names are aa-*, before all others in the alphabet
SECOND_PERSON = "second"
OTHER = ("--operator", "operator")
READ = "aa-000"  # the one of its contracts that somebody made the topic for


class Greedy:
    """An operator whose own program states contracts by the hundred."""

    def __init__(self, stage):
        stage.fleet.cli("operator", "add", GREEDY, "--kinds", "contract", "--names", "aa-*")
        self.stage = stage
        self.key = control_log.read_key(stage.fleet.folder / f"operators/{GREEDY}.key.pem")
        log = stage.dump("control")
        first = stage.schemas.decode(log[0].value)
        self.fleet, self.schema = first["fleet"], int.from_bytes(log[0].value[1:5], "big")
        records = [stage.schemas.decode(record.value) for record in log]
        self.like = json.loads(next(record for record in records if record["name"].startswith("machine-temp@"))["body"])

    def record(self, name):
        odcs = self.like["odcs"].replace("id: machine-temp", f"id: {name}").replace("plant/+/{device}/temperature", name + "/{device}")
        record = {"fleet": self.fleet, "kind": "contract", "name": f"{name}@1.0.0", "revision": 1, "predecessor": control_log.ZEROS, "signer": GREEDY,
                  "key_id": control_log.key_id(self.key), "time": int(time.time() * 1000), "body": json.dumps({**self.like, "odcs": odcs}).encode()}
        return {**record, "signature": self.key.sign(control_log.signed_bytes(record))}

    def state(self, numbers):
        kafka = self.stage.kafka
        where = services.read_properties(kafka.config) if kafka.config else {"bootstrap.servers": kafka.bootstrap}
        producer = confluent_kafka.Producer({**where, "log_level": "0"})
        for record in (self.record(f"aa-{number:03}") for number in numbers):
            producer.produce(kafka.prefix + "control", partition=0, key=f"contract/{record['name']}", value=control_log.encode(record, self.schema))
        if producer.flush(60):
            raise services.ServiceError("cannot write to Kafka")


def reads(processor, begun):
    return {name for name in re.findall(r"worker\.reads topic=(\S+)", processor.log.read_text()[begun:])}


def test_inputs(checks, stage, greedy, members):
    """A member that begins anew reads what one that runs on reads: else each fences the other, without an end."""
    one, two = members
    begun = one.log.stat().st_size
    greedy.state(range(INPUTS_MAX))
    accepted = stage.fleet.control_count()
    checks.note("its_contracts_are_in_the_log", accepted > INPUTS_MAX, f"{accepted} records")
    left_out = len(CONTRACTS)  # as many of its own as others had before
    for member in members:
        member.process.wait_for_text(rf"worker\.inputs_left_out contracts={left_out} ", 120)
    stage.kafka.tool("org.apache.kafka.tools.TopicCommand", "--create", "--topic", stage.kafka.prefix + "telemetry." + READ,
                     "--partitions", PARTITIONS, "--replication-factor", 1)
    one.process.wait_until(lambda: stage.kafka.prefix + "telemetry." + READ in reads(one, begun), "reading the topic", 120)
    two.stop()
    again = two.log.stat().st_size
    two.start()
    two.wait_until_ready()
    expected = {stage.kafka.prefix + "telemetry." + name for name in (*CONTRACTS, READ)}
    checks.equal("a_member_that_begins_anew_reads_the_same_inputs", reads(two, again), expected)
    two.process.wait_for_text(r"worker\.assigned ", 60)
    finish(stage.feed(lines(20, 1_600_001_000)))
    for suffix in (*CONTRACTS, READ):
        stage.write("telemetry." + suffix, *((partition, b"key", b"x") for partition in range(PARTITIONS)))
    check_decisions(checks, "with_more_contracts_than_inputs", stage)
    checks.equal("no_member_fences_the_other", [member.counter("attestream_worker_restarts_total") for member in members], [0, 0])
    checks.equal("the_others_are_counted", [member.counter("attestream_inputs_left_out") for member in members],
                 [INPUTS_MAX - 1] * 2)  # all of its own but the one with a topic


def rows(done):
    return {row["topic"]: row for row in map(json.loads, done.stdout.splitlines()) if "topic" in row}


def renamed(source, folder):
    """The contract with a name and topics of its own."""
    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).write_text(file.read_text().replace("id: env-sensor", "id: env-late").replace("{device}/env", "{device}/env-late"))
    return folder


def test_topics(checks, stage, greedy):
    """Past the topics that are made for a fleet, who was there before goes on, and who comes later is told."""
    fleet, prefix = stage.fleet, stage.kafka.prefix
    last = TOPICS_MAX - FIXED - len(CONTRACTS) - 1  # beside the group's; what the operator has from there on is past the limit
    proposal = stage.folder / "late.proposal.json"
    fleet.cli("operator", "add", SECOND_PERSON)
    fleet.cli(*OTHER, "--propose", proposal, "processor", "add", "member-8", "--group", "proposed", "--out", stage.keys / "member-8")
    greedy.state(range(INPUTS_MAX, last + 3))
    fleet.control_count()
    folder = stage.folder / "later"
    folder.mkdir()
    source = ROOT / "schemas/contracts/env-sensor"
    for file in (source / name for name in ("contract.odcs.yaml", "schema.avsc")):
        (folder / file.name).write_text(file.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    done = fleet.cli(*OTHER, "contract", "publish", folder, check=False)
    checks.note("a_version_of_an_earlier_contract_is_published", done.returncode == 0 and "env-sensor@1.0.1" in done.stdout, f"{done.returncode}: {done.stdout}{done.stderr}")
    done = fleet.cli(*OTHER, "processor", "add", "member-3", "--out", stage.keys / "member-3", check=False)
    checks.note("a_member_of_an_earlier_group_is_added", done.returncode == 0, f"{done.returncode}: {done.stderr}")
    before = fleet.control_count()
    digest = json.loads(fleet.cli("--operator", SECOND_PERSON, "approve", proposal, "--show", "--json").stdout)["digest"]
    refused = [fleet.cli(*OTHER, "processor", "add", "member-9", "--group", "late", "--out", stage.keys / "member-9", check=False),
               fleet.cli(*OTHER, "contract", "publish", renamed(folder, stage.folder / "new"), check=False),
               fleet.cli("--operator", SECOND_PERSON, "approve", proposal, "--digest", digest, check=False)]
    checks.note("what_would_have_no_topic_is_refused_before_it_is_in_the_log",
                all(done.returncode == 1 and "nothing was published" in done.stderr for done in refused) and fleet.control_count() == before,
                "; ".join(f"{done.returncode}: {done.stdout}{done.stderr}" for done in refused))
    checks.note("it_leaves_no_key_behind", not (stage.keys / "member-9").exists())
    stage.kafka.tool("org.apache.kafka.tools.TopicCommand", "--create", "--topic", prefix + "state.late", "--partitions", PARTITIONS, "--replication-factor", 1)
    done = fleet.cli(*OTHER, "processor", "add", "member-10", "--group", "late", "--out", stage.keys / "member-10", check=False)
    checks.note("a_later_group_with_its_topic_is_added_to", done.returncode == 0, f"{done.returncode}: {done.stderr}")
    done = fleet.cli("topics", "check", "--json", check=False)
    found = rows(done)
    beyond = {prefix + f"telemetry.aa-{number:03}" for number in range(last, last + 3)}
    checks.equal("topics_check_has_each_name_with_its_verdict", (done.returncode, {found.get(name, {}).get("verdict") for name in beyond},
                                                                 found.get(prefix + "state.late", {}).get("verdict") in ("ok", "differs"),
                                                                 found.get(prefix + "telemetry.env-sensor", {}).get("verdict")),
                 (1, {"missing"}, True, "ok"))
    first, *left = sorted(beyond)
    done = fleet.cli(*OTHER, "topics", "create", first.removeprefix(prefix), "--json", check=False)
    checks.equal("one_past_the_limit_is_made_by_its_name", (done.returncode, {name: row["verdict"] for name, row in rows(done).items()}), (0, {first: "created"}))
    done = fleet.cli(*OTHER, "topics", "create", first, "telemetry.nobodys", check=False)
    checks.note("what_is_no_topic_of_the_fleet_is_not_made", done.returncode == 2 and "telemetry.nobodys is no topic of this fleet" in done.stderr, f"{done.returncode}: {done.stderr}")
    again = rows(fleet.cli("topics", "check", "--json", check=False))
    checks.equal("it_is_set_as_the_others_are", [again[name]["verdict"] for name in (first, *left)], ["ok", *("missing" for _ in left)])
    checks.note("topics_check_says_why_one_is_missing", all("none is made for it" in found[name]["text"] for name in beyond if name in found))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    build = parser.parse_args().build.resolve()
    checks = Checks("many-contracts")
    stage = Stage(build)
    stage.publish()
    stage.create_topics()
    stage.fleet.cli("processor", "add", SECOND, "--out", stage.keys / SECOND)
    greedy = Greedy(stage)
    members = [stage.processor(session_timeout="6s"), stage.processor(SECOND, session_timeout="6s")]
    for member in members:
        member.start()
        member.wait_until_ready()
    finish(stage.feed(lines(5, 1_600_000_000)))
    check_decisions(checks, "before", stage)
    test_inputs(checks, stage, greedy, members)
    for member in members:
        member.stop()
    test_topics(checks, stage, greedy)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
