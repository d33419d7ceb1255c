#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`attestream quarantine`: what real gates kept out of real Kafka is listed, counted and explained, and what a new contract would say."""
import argparse
import json
import pathlib
import shutil
import sys

from checks import Checks
from world import GATE, ROOT, TOPIC, World, payload, services
from stock_client import Client

HOT, LOUD = "dev-hot", "dev-loud"
FLOOD = 120  # more than a list shows where nothing is said
LIMIT = 80  # the contract's own for temp; the next version takes more


class Suite:
    def __init__(self, checks, world, gate):
        self.checks, self.world, self.gate = checks, world, gate

    def run(self, *words):
        return self.world.fleet.cli("quarantine", *words, check=False)

    def rows(self, *words):
        done = self.run("list", *words, "--json")
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def publish(self, device, *payloads):
        client = Client(self.gate.port, device, device, self.world.fleet.token(device))
        for data in payloads:
            client.publish(TOPIC.format(device=device), data)
        client.close()
        self.gate.wait_for_forwarding()

    def empty(self):
        self.expect("an_empty_quarantine_is_told", self.run("list"), 0, "nothing is in quarantine")
        self.checks.equal("an_empty_quarantine_is_no_row", self.rows(), (0, []))
        self.expect("a_record_that_is_not_there_is_told", self.run("show", "0:0"), 1, "no record 0:0")
        self.expect("a_partition_that_is_not_there_is_told", self.run("show", "99:0"), 1, "no record 99:0")
        self.expect("what_is_no_id_is_told", self.run("show", "0-0"), 2, "'0-0'", "PARTITION:OFFSET")

    def lists(self):
        self.publish(HOT, payload(HOT, temp=LIMIT + 5), "not json", "[" + payload(HOT) + "," + payload(HOT, temp=LIMIT + 7) + "]")
        self.publish(LOUD, *([payload(LOUD).replace('"device":', '"x": 1, "device":')] * FLOOD))
        code, rows = self.rows("--device", HOT)
        self.checks.equal("a_devices_records_are_listed_with_their_reason", (code, [(r["class"], r["rule"], r["path"], r["item"]) for r in rows]),
                          (0, [("quality", "range", "data.temp", None), ("malformed", "json-syntax", "", None), ("quality", "range", "data.temp", 1)]))
        self.checks.equal("records_are_listed_oldest_first", [r["time"] for r in rows], sorted(r["time"] for r in rows))
        done = self.run("list")
        self.checks.note("the_newest_are_listed_and_how_many_there_are", f"shown are the newest 100 of {FLOOD + 3}" in done.stderr and len(done.stdout.splitlines()) == 101, done.stderr)
        code, rows = self.rows("--max", 1000)
        self.checks.equal("more_are_listed_where_it_is_asked", (code, len(rows)), (0, FLOOD + 3))
        for words, count in ((("--rule", "range"), 2), (("--class", "schema"), FLOOD), (("--contract", "env-sensor"), FLOOD + 3), (("--contract", "env-sensor@1.0.0", "--class", "malformed"), 1),
                             (("--contract", "env-sensor@9.0.0"), 0), (("--contract", "env-sens"), 0), (("--gate", GATE), FLOOD + 3), (("--source", "processor"), 0)):
            self.checks.equal("_".join(["list_is_narrowed_by", *(w.strip("-").replace("@", "_").replace(".", "_") for w in words)]), len(self.rows(*words, "--max", 1000)[1]), count)
        self.checks.equal("records_are_counted_by_device", self.rows("--by", "device"), (0, [{"device": LOUD, "records": FLOOD}, {"device": HOT, "records": 3}]))
        self.checks.equal("records_are_counted_by_rule", self.rows("--by", "rule", "--device", HOT), (0, [{"rule": "range", "records": 2}, {"rule": "json-syntax", "records": 1}]))
        self.expect("what_cannot_be_counted_by_is_told", self.run("list", "--by", "moon"), 2, "'moon'", "device, contract")
        self.expect("a_bad_number_of_rows_is_told", self.run("list", "--max", "0"), 2, "--max")

    def shows(self):
        hot, bad, item = self.rows("--device", HOT)[1]
        done = self.run("show", hot["id"], "--json")
        shown = json.loads(done.stdout)
        self.checks.equal("a_record_is_shown_with_value_payload_and_contract",
                          (done.returncode, shown["id"], shown["value"], shown["payload"], shown["contract"], shown["gate"], shown["proof"], shown["device"], shown["topic"]),
                          (0, hot["id"], LIMIT + 5, payload(HOT, temp=LIMIT + 5), "env-sensor@1.0.0", GATE, "connection", HOT, TOPIC.format(device=HOT)))
        self.checks.equal("what_the_contract_says_now_is_shown", {k: shown["now"][k] for k in ("verdict", "contract", "rule", "path")},
                          {"verdict": "quarantined", "contract": "env-sensor@1.0.0", "rule": "range", "path": "data.temp"})
        shown = json.loads(self.run("show", item["id"], "--json").stdout)
        self.checks.equal("an_event_of_a_list_is_shown_with_its_index", (shown["item"], shown["items"], shown["payload"]), (1, 2, payload(HOT, temp=LIMIT + 7)))
        self.expect("several_are_shown_to_people", self.run("show", hot["id"], bad["id"]), 0, "payload: not json", "rule: range", "contract: env-sensor@1.0.0")
        folder = self.world.folder / "env-sensor"
        shutil.copytree(ROOT / "schemas/contracts/env-sensor", folder)
        document = folder / "contract.odcs.yaml"
        document.write_text(document.read_text().replace("version: 1.0.0", "version: 1.1.0").replace(f"{LIMIT}]", f"{LIMIT + 6}]"))
        self.world.fleet.cli("contract", "publish", folder)
        now = [json.loads(self.run("show", one["id"], "--json").stdout)["now"] for one in (hot, item, bad)]
        self.checks.equal("what_a_new_version_would_take_is_shown", [(n["verdict"], n["contract"]) for n in now],
                          [("admitted", "env-sensor@1.1.0"), ("quarantined", "env-sensor@1.1.0"), ("quarantined", "env-sensor@1.1.0")])

    # ---- replay ----

    def telemetry(self, device):
        """What was admitted anew, by the id of the event that was kept out."""
        found = [r for r in self.world.dump("telemetry.env-sensor") if r.header("ats_device") == device and r.header("ats_replay")]
        return {r.header("ats_replay"): r for r in found}, len(found)

    def replay(self, *words, admitted=0, repeated=0, refused=0, settled=True):
        """Signs, and waits until the gate is through; how many records the command named."""
        before = self.gate.metrics()
        done = self.run("replay", *words, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        if settled:
            self.gate.wait_for("the replay", lambda m: all(m.get(f"replays_{name}", 0) == before[f"replays_{name}"] + count
                                                           for name, count in (("admitted", admitted), ("repeated", repeated), ("refused", refused))))
        return done, [row for row in rows if "id" in row], sum(row["records"] for row in rows if "records" in row)

    def replays(self):
        hot, bad, item = self.rows("--device", HOT)[1]
        count = self.world.fleet.control_count()
        self.expect("which_records_is_asked", self.run("replay"), 2, "which records?")
        done, rows, named = self.replay(hot["id"], "--dry-run")
        self.checks.equal("a_dry_run_signs_nothing", (done.returncode, rows[0]["verdict"], named, self.world.fleet.control_count()), (0, "replay", 0, count))
        done, rows, named = self.replay("--device", HOT, admitted=1)
        self.checks.equal("what_would_be_refused_again_is_told_and_not_named", (done.returncode, [(r["id"], r["verdict"], r["reason"]) for r in rows], named),
                          (1, [(hot["id"], "replay", None), (bad["id"], "refused", "json-syntax"), (item["id"], "refused", "range")], 1))
        self.gate.wait_for_forwarding()
        kept = next(r for r in self.world.dump("quarantine") if f"{r.partition}:{r.offset}" == hot["id"])
        found, records = self.telemetry(HOT)
        again = found.get(kept.header("ce_id"))
        same = ("ce_time", "ats_device", "ats_topic", "ats_qos", "ats_proof", "ats_gate", "ce_subject")
        self.checks.equal("a_new_version_admits_what_was_kept_out_with_its_time_and_proof",
                          (records, [again.header(name) for name in same], again.header("ats_contract"), self.world.schemas.decode(again.value)["data"]["temp"]),
                          (1, [kept.header(name) for name in same], "env-sensor@1.1.0", LIMIT + 5))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("quarantine")
    world = World(parser.parse_args().build, [HOT, LOUD])
    gate = world.gate(services.mosquitto_versions()[0])
    suite = Suite(checks, world, gate)
    for test in (suite.empty, suite.lists, suite.shows, suite.replays):
        checks.run(f"{test.__name__}_runs_through", test)
    gate.broker.close()
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
