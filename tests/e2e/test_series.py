#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rules that hold an event against the device's last one, and rules that only warn; several versions of a contract: a real gate in front of real Kafka."""
import argparse
import json
import pathlib
import sys

from checks import Checks
from contract_versions import FREE, PINNED, Versions
from world import GATE, ROOT, World, services
from stock_client import DENIED, SUCCESS, Client

FLOW, OTHER = "dev-flow", "dev-other"
SCHEMA = {"type": "record", "name": "flow", "fields": [{"name": "t", "type": "long"}, {"name": "v", "type": "double"}, {"name": "n", "type": "long"}]}
DOCUMENT = """apiVersion: v3.1.0
kind: DataContract
id: flow
version: 1.0.0
status: active
schema:
  - name: flow
    properties:
      - {name: t, logicalType: timestamp}
      - name: v
        logicalType: number
        quality:
          - {type: custom, engine: attestream, severity: error, implementation: {maxChangePerSecond: 2, maxUnchanged: 60s}}
          - {type: custom, engine: attestream, severity: warning, implementation: {maximum: 50}}
      - name: n
        logicalType: integer
        quality:
          - {type: custom, engine: attestream, severity: warning, implementation: {maxGap: 0}}
slaProperties:
  - {property: frequency, value: 10, unit: s, element: flow.t}
customProperties:
  - property: attestream
    value:
      topics: ["flow/{device}"]
      serviceLevels: warn
      eventTime: {field: t, unit: ms, maxBack: 10s}
"""


def event(second, value, number):
    return json.dumps({"t": 1_700_000_000_000 + second * 1000, "v": value, "n": number})


class Suite:
    def __init__(self, checks, world, gate):
        self.checks, self.world, self.gate = checks, world, gate

    def client(self, device):
        return Client(self.gate.port, device, device, self.world.fleet.token(device))

    def found(self, device):
        """Of its admitted records the value and the warnings; of those kept out rule and item."""
        self.gate.wait_for_forwarding()
        taken = [(self.world.schemas.decode(r.value)["v"], r.header("ats_warnings") if any(n == "ats_warnings" for n, _ in r.headers) else "")
                 for r in self.world.dump("telemetry.flow") if r.header("ats_device") == device]
        poison = [(q["rule"], q["item"]) for q in self.world.decoded("quarantine") if q["device"] == device]
        return taken, poison

    def counted(self, *words):
        """Rule, quarantined, warned: what `device rules` prints of the gate's folder."""
        done = self.world.fleet.cli("device", "rules", self.gate.state, *words, "--json")
        return {(row["rule"], row["quarantined"], row["warned"]) for row in map(json.loads, done.stdout.splitlines())
                if row["gate"] == GATE and row["contract"] == "flow"}

    def device_rules(self):
        """The counters of each device stand in a file of the gate, from its start on; its last state at the end."""
        expected = {("time-back", 1, 0), ("change-rate", 1, 0), ("stuck-value", 1, 0), ("range", 0, 3), ("sequence-gap", 0, 1), ("frequency", 0, 2)}
        self.gate.broker.process.wait_until(lambda: self.counted("--device", FLOW) == expected, "writing its counters of devices")
        self.checks.equal("each_devices_rules_are_counted", self.counted("--device", FLOW), expected)
        self.checks.equal("one_rule_is_listed", self.counted("--rule", "change-rate", "--contract", "flow"), {("change-rate", 1, 0), ("change-rate", 2, 0)})

    def singles(self):
        before = self.gate.fresh_metrics()
        device = self.client(FLOW)
        sent = [(0, 10, 1), (1, 11, 2), (2, 90, 3), (3, 12, 3), (40, 60, 4), (41, 60, 9), (102, 60, 10), (103, 61, 10), (90, 62, 11)]
        answers = [device.publish(f"flow/{FLOW}", event(*one)) for one in sent]
        refused = [i for i, answer in enumerate(answers) if answer == DENIED]
        self.checks.equal("what_does_not_follow_from_the_last_event_is_kept_out", refused, [2, 6, 8])
        taken, poison = self.found(FLOW)
        self.checks.equal("each_is_kept_out_by_its_rule", poison, [("change-rate", None), ("stuck-value", None), ("time-back", None)])
        self.checks.equal("what_only_warns_is_admitted_and_tagged", [(v, tags.replace(" t:frequency", "")) for v, tags in taken],
                          [(10, ""), (11, ""), (12, ""), (60, "v:range"), (60, "v:range n:sequence-gap"), (61, "v:range")])
        self.checks.equal("a_broken_service_level_is_tagged", [v for v, tags in taken if "t:frequency" in tags], [60, 61])
        now = self.gate.fresh_metrics()
        self.checks.equal("rules_are_counted", (now["warned"] - before["warned"], now["warned_by_rule"], now["quarantined_by_rule"]),
                          (3, {"range": 3, "sequence-gap": 1, "frequency": 2}, {"time-back": 1, "change-rate": 1, "stuck-value": 1}))
        other = self.client(OTHER)
        self.checks.note("another_device_is_held_against_its_own_events", other.publish(f"flow/{OTHER}", event(0, -1000, 1)) in SUCCESS)
        for client in (device, other):
            client.close()

    def lists(self):
        """The events of a list follow each other, also where they are told of afterwards."""
        device = self.client(OTHER)
        events = [event(10, -1000, 2), event(11, -500, 3), event(12, -998, 3), event(13, 0, 4), event(14, -996, 4)]
        answer = device.publish(f"flow/{OTHER}", "[" + ",".join(events) + "]")
        device.wait(lambda: len(device.messages) >= 2)
        taken, poison = self.found(OTHER)
        self.checks.equal("events_of_a_list_are_held_against_each_other", (answer in SUCCESS, [v for v, _ in taken[1:]], poison),
                          (True, [-1000, -998, -996], [("change-rate", 1), ("change-rate", 3)]))
        told = [json.loads(data) for _, data in device.messages]
        self.checks.equal("receipts_of_a_list_say_what_was_judged", [(r["item"], r["rule"], "from -1000 to -500" in r["text"] or "from -998 to 0" in r["text"]) for r in told],
                          [(1, "change-rate", True), (3, "change-rate", True)])
        device.close()

    def restart(self):
        """The memory is the gate's alone."""
        self.gate.stop()
        self.gate.start()
        device = self.client(OTHER)
        self.checks.note("after_a_start_a_device_begins_anew", device.publish(f"flow/{OTHER}", event(15, 5000, 5)) in SUCCESS)
        self.checks.equal("and_is_held_against_that", device.publish(f"flow/{OTHER}", event(16, 0, 6)), DENIED)
        self.gate.broker.process.wait_until(lambda: self.counted() == {("change-rate", 1, 0), ("range", 0, 1)}, "counting anew")
        device.close()

    def check(self):
        """`contract check` judges payloads as if one device had sent them one after the other."""
        files = []
        for i, one in enumerate([(0, 10, 1), (1, 90, 2), (2, 60, 3)]):
            files.append(self.world.folder / f"{i}.json")
            files[-1].write_text(event(*one))
        done = self.world.fleet.cli("contract", "check", self.world.folder / "flow", *files, "--json", check=False)
        self.checks.equal("contract_check_follows_the_payloads", [(row["verdict"], row["rule"], row.get("warnings")) for row in map(json.loads, done.stdout.splitlines())],
                          [("admitted", None, None), ("quarantined", "change-rate", None), ("quarantined", "change-rate", None)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("series")
    world = World(parser.parse_args().build, [FLOW, OTHER, PINNED, FREE])
    folder = world.folder / "flow"
    folder.mkdir()
    (folder / "contract.odcs.yaml").write_text(DOCUMENT)
    (folder / "schema.avsc").write_text(json.dumps(SCHEMA))
    world.fleet.cli("contract", "publish", folder)
    world.fleet.cli("topics", "create")
    world.schemas.add((folder / "schema.avsc").read_bytes())
    gate = world.gate(services.mosquitto_versions()[0])
    suite = Suite(checks, world, gate)
    for test in (suite.singles, suite.lists, suite.device_rules, suite.restart, suite.check):
        checks.run(f"{test.__name__}_runs_through", test)
    checks.run("versions_run_through", Versions(checks, world, gate).run)
    gate.broker.close()
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
