#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Payloads that are lists of events: each event is admitted or quarantined with its index, the journal takes all or none, and each record
can be verified alone. Beside both versions of the broker, in real Kafka."""
import base64
import json
import os
import subprocess
import sys

import world
from stock_client import DENIED, SUCCESS, V5, Client
from world import TOPIC, beside_each_broker, payload

MIXED, SIGNER, TAGGER, BAD = "dev-mixed", "dev-signs", "dev-tags", "dev-bad"
GOOD = 5  # events of a list in which two others are wrong
MANY = 1000  # the most events of one list


def listed(*items):
    return "[" + ", ".join(items) + "]"


def number(record, name):
    return int(record.header(name))


class Suite:
    def __init__(self, checks, world_, version, first):
        self.checks, self.world, self.version, self.first = checks, world_, version, first
        self.gate = world_.gate(version)

    def name(self, text):
        return f"{text}.{self.version}"

    def client(self, device):
        return Client(self.gate.port, device, device, self.world.fleet.token(device), protocol=V5)

    def topic(self, device):
        return TOPIC.format(device=device)

    def since(self, before, *names):
        now = self.gate.wait_for_forwarding()
        return [now[name] - before[name] for name in names]

    def records(self, suffix, device, before):
        """Of that device, those behind what was there."""
        return [r for r in self.world.dump(suffix) if r.header("ats_device") == device][before:]

    def count(self, suffix, device):
        return len(self.records(suffix, device, 0))

    def mixed(self):
        """Two of seven are wrong."""
        items = [payload(MIXED, ts=1594598424.5 + self.first + i) for i in range(GOOD)]
        hot, other = payload(MIXED, temp=500), payload(SIGNER)
        sent = listed(*items[:2], hot, *items[2:], other)
        before, there, kept = self.gate.fresh_metrics(), self.count("telemetry.env-sensor", MIXED), self.count("quarantine", MIXED)
        device = self.client(MIXED)
        answer = device.publish(self.topic(MIXED), sent)
        device.wait(lambda: len(device.messages) >= 2)
        self.checks.note(self.name("a_list_is_admitted_if_one_of_its_events_is"), answer in SUCCESS, answer)
        self.checks.equal(self.name("a_list_counts_as_one_publish_and_by_its_events"),
                          self.since(before, "published", "admitted", "quarantined", "lists", "items_admitted", "items_quarantined", "forwarded"),
                          [1, 1, 0, 1, GOOD, 2, GOOD + 2])
        found = self.records("telemetry.env-sensor", MIXED, there)
        self.checks.equal(self.name("each_event_is_a_record_with_its_index"), [(number(r, "ats_item"), number(r, "ats_items")) for r in found],
                          [(i, GOOD + 2) for i in (0, 1, 3, 4, 5)])
        self.checks.equal(self.name("each_event_has_its_own_value"), [self.world.schemas.decode(r.value)["ts"] for r in found], [json.loads(i)["ts"] for i in items])
        positions = sorted(number(r, "ats_position") for r in [*found, *self.records("quarantine", MIXED, kept)])
        self.checks.equal(self.name("a_list_lies_in_the_journal_as_one_piece"), positions, list(range(positions[0], positions[0] + GOOD + 2)))
        poison = [self.world.schemas.decode(r.value) for r in self.records("quarantine", MIXED, kept)]
        self.checks.equal(self.name("each_wrong_event_is_quarantined_with_its_bytes_and_index"), [(q["item"], q["items"], q["class"], q["rule"], q["payload"]) for q in poison],
                          [(2, GOOD + 2, "quality", "range", hot.encode()), (GOOD + 1, GOOD + 2, "quality", "device", other.encode())])
        receipts = [json.loads(data) for _, data in device.messages]
        self.checks.equal(self.name("each_wrong_event_has_a_receipt"), [(r["item"], r["rule"], r["verdict"]) for r in receipts],
                          [(2, "range", "quarantined"), (GOOD + 1, "device", "quarantined")])
        device.close()

    def bad(self):
        """Lists of which nothing is taken, and texts that are none."""
        device = self.client(BAD)
        before, kept = self.gate.fresh_metrics(), self.count("quarantine", BAD)
        cases = [("[]", "schema", "batch"), (listed(payload(BAD)) + "x", "malformed", "json-syntax"), (listed(payload(BAD), '"\\ud800"'), "malformed", "utf8"),
                 ("[" + ",".join("1" for _ in range(MANY + 1)) + "]", "schema", "batch")]
        answers = [device.publish(self.topic(BAD), sent) for sent, _, _ in cases]
        answers.append(device.publish(self.topic(BAD), listed("1", "null")))
        self.gate.wait_for_forwarding()
        found = [self.world.schemas.decode(r.value) for r in self.records("quarantine", BAD, kept)]
        self.checks.equal(self.name("what_is_no_list_of_events_is_quarantined_whole"), [(q["payload"].decode(), q["class"], q["rule"], q["item"]) for q in found[:len(cases)]],
                          [(sent, kind, rule, None) for sent, kind, rule in cases])
        self.checks.equal(self.name("a_list_of_wrong_events_alone_is_quarantined"), (set(answers), [(q["payload"], q["item"]) for q in found[len(cases):]]),
                          ({DENIED}, [(b"1", 0), (b"null", 1)]))
        self.checks.equal(self.name("a_list_of_wrong_events_alone_is_no_admitted_publish"), self.since(before, "admitted", "quarantined"), [0, len(cases) + 1])
        device.close()

    def many(self):
        """As many as may be, of which every third is wrong: receipts have a budget."""
        items = [payload(BAD, ts=1594600000.5 + self.first + i, temp=500 if i % 3 == 2 else 20) for i in range(MANY)]
        before = self.gate.fresh_metrics()
        device = self.client(BAD)
        answer = device.publish(self.topic(BAD), listed(*items))
        self.checks.equal(self.name("a_thousand_events_are_taken_at_once"), (answer in SUCCESS, self.since(before, "items_admitted", "items_quarantined")), (True, [667, 333]))
        device.close()

    def proven(self):
        """The proof is the publish's: repeated, the list is a duplicate; and a signed record can be verified alone."""
        for device, proof in ((TAGGER, "mac"), (SIGNER, "signature")):
            before, there = self.gate.fresh_metrics(), self.count("telemetry.env-sensor", device)
            sent = listed(payload(device, ts=1594598424.5 + self.first), payload(device, ts=1594598425.5 + self.first), payload(device, temp=500))
            plan = [{"device": device, "topic": self.topic(device), "payload": sent, "act": act} for act in ("publish", "repeat", "forge")]
            self.world.load(self.gate, plan, "--proof", proof)
            self.checks.equal(self.name(f"a_list_with_{proof}_is_taken_once"), self.since(before, "admitted", "duplicates", "refused", "items_admitted", "items_quarantined"), [1, 1, 1, 2, 1])
            found = self.records("telemetry.env-sensor", device, there)
            self.checks.equal(self.name(f"each_event_has_the_{proof}_of_the_whole"), {(r.header("ats_proof"), r.header("ats_sequence")) for r in found},
                              {(proof, found[0].header("ats_sequence"))})
        self.verify()

    def verify(self):
        lines = self.world.fleet.cli("watch", "telemetry.env-sensor", "--from-beginning", "--exit-at-end", "--raw").stdout.splitlines()
        signed = [record for record in map(json.loads, lines) if ["ats_proof", base64.b64encode(b"signature").decode()] in record["headers"]]
        swapped = json.loads(json.dumps(signed[0]))
        swapped["headers"] = [[n, base64.b64encode(b"1").decode() if n == "ats_item" else v] for n, v in swapped["headers"]]
        poison = json.loads(json.dumps(swapped))
        poison["headers"] = [[n, base64.b64encode(b"2").decode() if n == "ats_item" else v] for n, v in poison["headers"]]
        shorter = json.loads(json.dumps(signed[0]))
        shorter["headers"] = [[n, base64.b64encode(b"2").decode() if n == "ats_items" else v] for n, v in shorter["headers"]]
        done = subprocess.run(self.world.fleet.command("verify", "message", "--json"), input="".join(json.dumps(r) + "\n" for r in [*signed, swapped, poison, shorter]),
                              capture_output=True, text=True, env={**os.environ, **self.world.kafka.environment()})
        said = [json.loads(line) for line in done.stdout.splitlines()]
        verdicts = [(row["verdict"], row.get("reason")) for row in said if "verdict" in row]
        self.checks.equal(self.name("each_signed_event_of_a_list_is_verified_alone"), {verdict for verdict, _ in verdicts[:len(signed)]}, {"verified"})
        self.checks.equal(self.name("an_event_under_anothers_index_is_refuted"), verdicts[len(signed):len(signed) + 3],
                          [("wrong", "transcoding-differs"), ("wrong", "payload"), ("wrong", "payload")])

    def run(self):
        for test in (self.mixed, self.bad, self.many, self.proven):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        self.gate.broker.close()


if __name__ == "__main__":
    sys.exit(world.services.run(lambda: beside_each_broker("lists", [MIXED, SIGNER, TAGGER, BAD], Suite, 100_000)))
