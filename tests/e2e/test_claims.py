#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Enrolment by claim in real Mosquitto of each version and real Kafka: from the operator's token to the device's first admitted publish, and
what does not get there."""
import argparse
import base64
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

import confluent_kafka

import raw_mqtt
from checks import Checks
from world import GATE, ROOT, TOPIC, World, payload, services
from claiming import (ENROLLED, LATER, RAW, REFUSED, TAKEN, Claimant, Keeper, ask, base64url, claim, control_record, key_id, login, new_key,
                      read_key, unbase64url)
from fleet import Gate, wait_until
from stock_client import SUCCESS, V311, Client

SECOND, SHY, GONE = "gate-2", "gate-3", "gate-4"
SITE = ["--site", "test", "--line", "2", "--contract", "env-sensor"]
NOTHING = (None, None)
# Kafka is stopped and started on the way, on whatever machine this is.
PATIENCE_S = 180


class Suite:
    def __init__(self, checks, world, version):
        self.checks, self.world, self.version = checks, world, version
        self.fleet = world.fleet
        self.gate = world.gate(version, anonymous=True)
        self.others = {name: self.start(name) for name in (SECOND, SHY)}
        self.ports = {GATE: self.gate.port, **{name: gate.port for name, gate in self.others.items()}}
        self.number = 0

    def start(self, name):
        gate = Gate(self.world.build, self.world.keys / name, self.world.kafka, self.version, anonymous=True)
        gate.start()
        gate.wait_for_control(self.fleet.control_count())
        return gate

    def name(self, text):
        return f"{text}.{self.version}"

    def device(self):
        self.number += 1
        return f"new-{self.number}-{self.version}"

    def token(self, device, *more, until="1h"):
        return self.fleet.cli("device", "claim", device, "--until", until, *SITE, *more).stdout.strip()

    def ask(self, device, data, gate=GATE, **more):
        return ask(self.ports[gate], device, data, **more)

    def enrol(self, device, data, gate=GATE):
        """Claims until the registry has the device, as a device does; the answers."""
        answers = []

        def enrolled():
            answers.append(self.ask(device, data, gate))
            return answers[-1][0] not in (TAKEN, LATER)
        wait_until(f"{device} to be enrolled", enrolled, PATIENCE_S)
        return answers

    def refusals(self, gate, reason):
        return gate.fresh_metrics()["connections_refused_by_reason"].get(reason, 0)

    def settled(self):
        """The counters, once Kafka's answer to each claim is there: the record may come back before it."""
        self.gate.fresh_metrics()
        self.gate.wait_for("Kafka's answers", lambda m: m["claims_written"] >= m["claims_taken"])
        return self.gate.metrics()

    def shown(self, device):
        done = self.fleet.cli("device", "show", device, "--json", check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def lets_in(self, device, key):
        client = login(self.gate.port, GATE, device, key)
        connected = client.connected
        client.close()  # or it would try again
        return connected

    def publishes(self, device, key):
        client = login(self.gate.port, GATE, device, key)
        answer = client.publish(TOPIC.format(device=device), payload(device)) if client.connected else None
        client.close()
        return answer in SUCCESS

    def happy_path(self):
        device, key = self.device(), new_key()
        token = self.token(device)
        data = claim(token, key, GATE)
        self.checks.note(self.name("device_cannot_connect_before"), not self.lets_in(device, key))
        before = self.gate.fresh_metrics()
        claimant = Claimant(self.gate.port, device, data)
        self.checks.equal(self.name("claim_is_answered_as_taken"), claimant.answer[:3], (0, TAKEN, 0))
        answers = [claimant.client.publish(topic, b"x", qos=1) for topic in (TOPIC.format(device=device), "elsewhere")]
        self.checks.note(self.name("its_connection_is_closed_by_the_gate"), claimant.closed.wait(20), answers)
        claimant.close()
        answers = self.enrol(device, data)
        self.checks.equal(self.name("claim_again_says_enrolled"), answers[-1], (ENROLLED, 0))
        self.checks.note(self.name("first_publish_is_admitted"), self.publishes(device, key))
        after = self.settled()
        counted = [after[name] - before[name] for name in ("claims_taken", "claims_written", "admitted")]
        self.checks.equal(self.name("claims_are_counted_and_written_once"), counted, [1, 1, 1])
        reason = after["refused_by_reason"].get("claim-connection", 0)
        self.checks.note(self.name("a_claims_connection_publishes_nothing"), reason >= 1, after["refused_by_reason"])
        shown = self.shown(device)
        how = {name: shown["enrolled"][name] for name in ("by", "gate", "operator")}
        self.checks.equal(self.name("show_tells_how_it_was_enrolled"), how, {"by": "claim", "gate": GATE, "operator": "operator"})
        said = [shown["state"], shown["site"], shown["line"], shown["asset"], shown["contracts"]]
        self.checks.equal(self.name("record_says_what_the_token_says"), said, ["active", "test", "2", device, ["env-sensor"]])
        rows = [json.loads(row) for row in self.fleet.cli("device", "list", "--json").stdout.splitlines()]
        by = {row["name"]: row["enrolled"] for row in rows}
        self.checks.equal(self.name("list_tells_how_each_was_enrolled"), (by[device], by["dev-a"]), ("claim", "operator"))
        gates = {row["name"]: row["gate"] for row in rows}
        self.checks.equal(self.name("list_tells_which_gate_took_the_claim"), (gates[device], gates["dev-a"]), (GATE, ""))
        acts = [json.loads(row) for row in self.fleet.cli("gate", "acts", GATE, "--json").stdout.splitlines()]
        self.checks.equal(self.name("gate_acts_lists_what_a_gate_enrolled"), {act["name"] for act in acts},
                          {name for name, gate in gates.items() if gate == GATE})
        said = [self.fleet.cli(*words, check=False) for words in (("gate", "acts", "nowhere"), ("operator", "acts", "/" + GATE))]
        self.checks.equal(self.name("acts_of_nobody_are_told"), [done.returncode for done in said], [1, 2])
        report = map(json.loads, self.fleet.cli("device", "report", "--by", "enrolled", "--json").stdout.splitlines())
        counts = {row["enrolled"]: row["devices"] for row in report}
        self.checks.equal(self.name("report_counts_how_devices_were_enrolled"), counts,
                          {way: list(by.values()).count(way) for way in ("claim", "operator")})
        self.fleet.cli("device", "set", device, "--line", "3")
        self.checks.equal(self.name("show_tells_it_after_a_change_too"), self.shown(device)["enrolled"]["by"], "claim")

    def mqtt_3_1_1(self):
        device, key = self.device(), new_key()
        password = "ats-claim:" + base64url(claim(self.token(device), key, GATE))
        taken = Client(self.gate.port, device + "/claim", device, password, protocol=V311)
        self.checks.equal(self.name("mqtt_3_1_1_claims_with_its_password"), taken.reason, 0)
        taken.close()
        wait_until("enrolment", lambda: self.publishes(device, key))
        bad = Client(self.gate.port, device + "/claim", device, "ats-claim:" + base64url(claim(self.token(self.device()), key, GATE)), protocol=V311)
        self.checks.note(self.name("mqtt_3_1_1_is_refused_where_the_claim_is"), bad.reason != 0, bad.reason)
        bad.close()

    def refused(self):
        """Without a word, or with one to the holder of a token; each counted by its reason, and nothing written."""
        device, key, thief = self.device(), new_key(), new_key()
        token = self.token(device)
        data = claim(token, key, GATE)
        stolen = claim(token, thief, GATE)
        bytes_ = unbase64url(token)
        changed = base64url(bytes_.replace(b"test", b"tesT"))
        signed = base64url(bytes_[:-64] + thief.sign(bytes_[1:-64]))
        own = self.token(device, "--gate", SECOND)
        cases = [
            ("cut", data[:-1], GATE, NOTHING, "claim-malformed"),
            ("trailing_byte", data + b"\0", GATE, NOTHING, "claim-malformed"),
            ("altered_token", claim(changed, key, GATE), GATE, NOTHING, "claim-wrong"),
            ("forged_token", claim(signed, key, GATE), GATE, NOTHING, "claim-wrong"),
            ("key_without_its_signature", data[:-96] + stolen[-96:-64] + data[-64:], GATE, NOTHING, "claim-wrong"),
            ("claim_for_another_gate", data, SECOND, NOTHING, "claim-gate"),
            ("token_for_another_gate", claim(own, key, GATE), GATE, NOTHING, "claim-gate"),
            ("gate_without_the_scope", claim(token, key, SHY), SHY, NOTHING, "claim-scope"),
            ("name_already_enrolled", claim(self.fleet_token("dev-a"), key, GATE), GATE, (REFUSED, 456), "claim-taken"),
            ("key_of_another_device", claim(token, read_key(self.fleet.folder / "devices/dev-a.key.pem"), GATE), GATE, (REFUSED, 461), "claim-key"),
        ]
        gates = {GATE: self.gate, **self.others}
        count = self.fleet.control_count()
        for what, sent, at, answer, reason in cases:
            name = "dev-a" if reason == "claim-taken" else device
            was = self.refusals(gates[at], reason)
            got = self.ask(name, sent, at)
            self.checks.equal(self.name(f"{what}_is_refused"), (got, self.refusals(gates[at], reason) - was), (answer, 1))
        self.checks.equal(self.name("other_client_id_is_refused"), self.ask(device, data, client_id="somebody"), NOTHING)
        self.checks.equal(self.name("nothing_refused_is_written"), (self.shown(device), self.fleet.control_count()), (None, count))

    def fleet_token(self, device):
        """A token for a name that is enrolled since: the CLI makes none then, so it was made before."""
        return self.world.early[device]

    def expired(self):
        device, key = self.device(), new_key()
        token = self.token(device, until="2s")
        data = claim(token, key, GATE)
        self.fleet.cli("device", "list")  # the answer changes with the clock alone
        end = int.from_bytes(self.not_after(token), "big") / 1000
        wait_until("the token's end", lambda: time.time() > end)
        self.checks.equal(self.name("expired_token_is_refused"), self.ask(device, data), (REFUSED, 452))
        self.checks.note(self.name("expired_token_enrols_nobody"), self.shown(device) is None)

    @staticmethod
    def not_after(token):
        data, at = unbase64url(token), 49
        for _ in range(4):
            at += 4 + int.from_bytes(data[at:at + 4], "big")
        return data[at:at + 8]

    def used_twice(self):
        """One token, two devices, two gates at once: the log says who was first, and the other is told when it comes again."""
        device, keys = self.device(), [new_key(), new_key()]
        token = self.token(device)
        claims = {GATE: claim(token, keys[0], GATE), SECOND: claim(token, keys[1], SECOND)}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda gate: self.ask(device, claims[gate], gate), claims))
        ends = [self.enrol(device, claims[gate], gate)[-1] for gate in claims]
        self.checks.equal(self.name("token_used_twice_at_once_enrols_the_first_in_the_log"), sorted(ends), [(ENROLLED, 0), (REFUSED, 456)])
        works = [self.publishes(device, key) for key in keys]
        self.checks.equal(self.name("token_used_twice_lets_the_first_alone_in"), works, [end[0] == ENROLLED for end in ends])

    def replay_disturbs_nobody(self):
        device, key = self.device(), new_key()
        data = claim(self.token(device), key, GATE)
        self.enrol(device, data)
        live = login(self.gate.port, GATE, device, key)
        answer = self.ask(device, data)
        under_its_ids = [self.ask(device, data, client_id=client_id) for client_id in (device, device + "/x")]
        still = live.publish(TOPIC.format(device=device), payload(device)) in SUCCESS
        live.close()
        self.checks.equal(self.name("replayed_claim_disturbs_no_live_device"), (answer, under_its_ids, still), ((ENROLLED, 0), [NOTHING] * 2, True))

    def replay_takes_nothing_kept(self):
        """What the broker keeps for a device that is away is there when it is back, whoever handed in its claim or its token meanwhile."""
        device, key = self.device(), new_key()
        token = self.token(device)
        data, thiefs = claim(token, key, GATE), claim(token, new_key(), GATE)
        self.enrol(device, data)
        away = Keeper(self.gate.port, GATE, device, key)
        subscribed = away.subscribe(f"commands/{device}/#")
        away.close()
        answers = [self.ask(device, each, client_id=client_id) for each in (data, thiefs) for client_id in (device, device + "/claim")]
        self.checks.equal(self.name("replayed_claim_gets_no_session_of_an_away_device"), answers, [NOTHING, (ENROLLED, 0), NOTHING, (REFUSED, 456)])
        writer = Client(self.gate.port, f"writer-{device}")
        writer.publish(f"commands/{device}/speed", b"7")
        writer.close()
        answers = [self.ask(device, each, client_id=client_id) for each in (data, thiefs) for client_id in (device, device + "/claim")]
        back = Keeper(self.gate.port, GATE, device, key)
        back.got.wait(20)
        self.checks.equal(self.name("replayed_claim_deletes_no_queue_of_an_away_device"), (subscribed, back.resumed, back.messages),
                          (True, [1], [(f"commands/{device}/speed", b"7")]))
        back.close()

    def wills(self):
        """A claim's connection leaves no will, wherever it should go: a token that was used is good for nothing, whoever finds it."""
        data = claim(self.fleet_token("dev-a"), new_key(), GATE)
        watcher, writer = raw_mqtt.Client(self.gate.port), raw_mqtt.Client(self.gate.port)
        watcher.connect(f"watcher-{self.version}")
        writer.connect(f"writer-{self.version}")
        seen = [watcher.subscribe(topic) for topic in ("commands/#", "$SYS/broker/connection/#")]
        was = self.gate.fresh_metrics()["refused_by_reason"].get("claim-connection", 0)
        codes = []
        for topic, delay in (("commands/dev-b/stop", None), ("$SYS/broker/connection/x/state", None), ("commands/dev-b/stop", 1)):
            thief = raw_mqtt.Client(self.gate.port)
            codes.append(thief.connect("dev-a/claim", method="ATTESTREAM-1-CLAIM", data=data, will=(topic, "evil", 1, True), delay=delay,
                                       expiry=30 if delay else None))
            codes.append(thief.answer()[1])
            thief.drop()
        self.gate.wait_for("refusing the wills", lambda m: m["refused_by_reason"].get("claim-connection", 0) >= was + 3)
        writer.publish("commands/dev-b/start", "1")
        watcher.wait(lambda: watcher.messages)
        watcher.settle()
        self.checks.equal(self.name("a_claims_connection_leaves_no_will"), (seen, codes, watcher.messages),
                          ([1, 1], [0, REFUSED] * 3, [("commands/dev-b/start", b"1")]))
        for each in (watcher, writer):
            each.disconnect()

    def policy_of_two(self):
        """Where each device takes two operators, a gate writes nothing that every reader would refuse, and says why."""
        device, key = self.device(), new_key()
        data = claim(self.token(device), key, GATE)
        said = self.fleet.cli("policy", "set", "--critical", "device").stdout
        self.gate.wait_for_control(self.fleet.control_count())
        count, answer = self.fleet.control_count(), self.ask(device, data)
        self.checks.equal(self.name("policy_of_two_operators_takes_no_claim"), (answer, self.fleet.control_count() - count), ((REFUSED, 460), 0))
        back = self.fleet.cli("policy", "set", "--critical", "").stdout
        self.checks.equal(self.name("policy_set_says_that_it_ends_claims"), ("claim" in said, "claim" in back), (True, False))
        self.gate.wait_for_control(self.fleet.control_count())
        self.checks.equal(self.name("claims_are_taken_again_without_that_policy"), self.enrol(device, data)[-1], (ENROLLED, 0))

    def void_name(self):
        """A name that a stolen operator key stated is claimed once what the key signed is void: the gate's record follows the void one."""
        device, key, thief = self.device(), new_key(), f"thief-{self.version.replace('.', '-')}"
        self.fleet.cli("operator", "add", thief)
        place = self.fleet.control_count()
        self.fleet.cli("--operator", thief, "device", "add", device)
        self.fleet.cli("operator", "revoke", thief, "--stands-until", place)
        (self.fleet.folder / "operators" / f"{thief}.key.pem").unlink()
        self.gate.wait_for_control(self.fleet.control_count())
        answers = self.enrol(device, claim(self.token(device), key, GATE))
        self.checks.equal(self.name("a_name_that_a_thief_held_is_claimed_again"), (answers[-1], self.shown(device)["revision"]), ((ENROLLED, 0), 2))
        self.checks.note(self.name("who_claimed_it_publishes"), self.publishes(device, key))

    def write(self, *records):
        kafka = self.world.kafka
        where = services.read_properties(kafka.config) if kafka.config else {"bootstrap.servers": kafka.bootstrap}
        producer = confluent_kafka.Producer(where)
        for value in records:
            producer.produce(kafka.prefix + "control", partition=0, value=value)
        if producer.flush(60):
            raise services.ServiceError("cannot write to the control log")

    def forged(self):
        """Records by whoever writes to Kafka, with a gate's key or without: none becomes a device."""
        device, key, nobody = self.device(), new_key(), new_key()
        token = self.token(device)
        fleet = unbase64url(token)[1:33]
        framing = self.world.dump("control")[0].value[:5]
        stolen, shy = (read_key(self.world.keys / name / "gate.key.pem") for name in (GATE, SHY))
        public = key.public_key().public_bytes(*RAW)

        def body(token_text, gate, **more):
            said = {"state": "active", "keys": [{"id": key_id(key), "key": base64.b64encode(public).decode()}], "asset": device,
                    "site": "test", "line": "2", "contracts": ["env-sensor"]}
            if token_text:
                said["claim"] = base64.b64encode(claim(token_text, key, gate)).decode()
            return {**said, **more}

        def record(name, signer, signing, what, **more):
            return control_record(framing, fleet, name, signer, signing, what, **more)
        good = body(token, GATE)
        used = self.world.early["used"]
        self.write(
            record(device, GATE, nobody, good),  # another key under the gate's name
            record(device, GATE, stolen, good, signature=bytes(64)),
            record(device, GATE, stolen, body(None, GATE)),  # a stolen gate without a token
            record(device, GATE, stolen, body(token, GATE, site="elsewhere")),  # more than the token says
            record(device, GATE, stolen, body(token, GATE, state="pending")),
            record(device, GATE, stolen, body(token, GATE, contracts=[])),
            record(device, GATE, stolen, body(base64url(unbase64url(token)[:-64] + bytes(64)), GATE)),
            record(device, GATE, stolen, body(token, SECOND)),  # a claim that was another gate's
            record(device, GATE, stolen, body(used, GATE)),  # a token for another name
            record(device + "-x", GATE, stolen, good),
            record("dev-a", GATE, stolen, body(self.world.early["dev-a"], GATE), revision=2),  # a device that is enrolled
            record(device, SHY, shy, body(token, SHY)))  # a gate without the scope
        count = self.fleet.control_count()
        self.checks.equal(self.name("forged_records_enrol_nobody"), [self.shown(device), self.shown(device + "-x")], [None, None])
        self.gate.wait_for_control(count)
        self.checks.note(self.name("forged_records_let_nobody_in"), not self.lets_in(device, key))
        answers = self.enrol(device, claim(token, key, GATE))
        self.checks.equal(self.name("the_token_is_good_after_them"), answers[-1], (ENROLLED, 0))

    def revoked_gate(self):
        """A gate that is revoked takes no claim, and what it writes nevertheless is not taken."""
        device, key = self.device(), new_key()
        name = f"{GONE}-{self.version}"
        self.fleet.cli("gate", "add", name, "--claims", "--out", self.world.keys / name)
        gate = self.start(name)
        self.fleet.cli("gate", "revoke", name)
        gate.wait_for_control(self.fleet.control_count())
        data = claim(self.token(device), key, name)
        self.checks.equal(self.name("revoked_gate_takes_no_claim"), ask(gate.port, device, data), NOTHING)
        gate.broker.close()
        self.checks.note(self.name("revoked_gate_enrols_nobody"), self.shown(device) is None)

    def kafka_down(self):
        if not isinstance(self.world.kafka, services.Kafka):
            self.checks.skip(self.name("kafka_down_is_told"), "not our cluster to stop")
            return
        device, key = self.device(), new_key()
        data = claim(self.token(device), key, GATE)
        before = self.gate.fresh_metrics()
        self.world.kafka.stop()
        self.gate.broker.wait_for_text("control.unavailable")
        self.checks.equal(self.name("kafka_down_is_told"), self.ask(device, data), (LATER, 458))
        self.world.kafka.start(timeout_s=PATIENCE_S)
        answers = self.enrol(device, data)
        after = self.settled()
        counted = [after[name] - before[name] for name in ("claims_taken", "claims_written")]
        self.checks.equal(self.name("kafka_back_nothing_is_lost_or_doubled"), (answers[-1], counted), ((ENROLLED, 0), [1, 1]))

    def examples(self):
        """The example devices claim, and then publish what they get on standard input."""
        for what, claimer in (("c", [self.world.build / "device/examples/attestream-publish"]),
                              ("python", ["/usr/bin/python3", ROOT / "device/examples/claim.py"])):
            device = self.device()
            folder = self.world.folder / device
            folder.mkdir()
            key, token = folder / "key.pem", folder / "token"
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)], check=True, capture_output=True)
            key.chmod(0o600)
            self.fleet.cli("device", "claim", device, "--until", "1h", *SITE, "--out", token)
            common = ["--device", device, "--gate", GATE, "--key", key, "--host", services.LOOPBACK, "--port", self.gate.port]
            more = ["--root", self.fleet.folder / "root.pub.pem", "--successor", self.fleet.folder / "successor.pub.pem", "--state",
                    folder / "state", "--topic", TOPIC.format(device=device)]
            codes = []

            def claimed():
                codes.append(self.run_example([*claimer, *common, *(more if what == "c" else []), "--claim", token]))
                return codes[-1] != 6
            wait_until(f"{what} device to be enrolled", claimed, PATIENCE_S)
            self.checks.equal(self.name(f"{what}_device_is_told_what_became_of_its_claim"), (codes[0], codes[-1]), (6, 0))
            publisher = claimer if what == "c" else ["/usr/bin/python3", ROOT / "device/examples/publish.py"]
            code = self.run_example([*publisher, *common, *more], payload(device) + "\n")
            self.checks.equal(self.name(f"{what}_device_claims_and_publishes"), code, 0)

    @staticmethod
    def run_example(words, text=""):
        return subprocess.run([str(word) for word in words], text=True, capture_output=True, input=text).returncode

    def run(self):
        for test in (self.happy_path, self.mqtt_3_1_1, self.refused, self.expired, self.used_twice, self.replay_disturbs_nobody, self.replay_takes_nothing_kept,
                     self.wills, self.policy_of_two, self.void_name, self.forged, self.revoked_gate, self.kafka_down, self.examples):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        for gate in (self.gate, *self.others.values()):
            gate.broker.close()


def command(checks, world):
    """What `device claim` says without any gate."""
    fleet = world.fleet
    rows = world.folder / "tokens.csv"
    rows.write_text("name,site,contracts\nrow-1,hall,env-sensor\nrow 2/x,hall,\nrow-3,hall,\ndev-a,hall,\n")
    done = fleet.cli("device", "claim", "--csv", rows, "--until", "1d", "--out", world.folder / "tokens", check=False)
    made = (world.folder / "tokens").read_text().splitlines()
    mode = (world.folder / "tokens").stat().st_mode & 0o777
    checks.equal("csv_makes_a_token_a_row", (done.returncode, [row.split(",")[0] for row in made], mode), (1, ["row-1", "row-3"], 0o600))
    done_again = fleet.cli("device", "claim", "row-9", "--until", "1d", "--out", world.folder / "tokens", check=False)
    checks.equal("out_overwrites_no_tokens", (done_again.returncode, (world.folder / "tokens").read_text().splitlines()), (2, made))
    checks.equal("csv_tells_refused_rows", [line.split()[:3] for line in done.stdout.splitlines() if line.startswith("refused")], [["refused", "3", "row"], ["refused", "5", "dev-a"]])
    for what, words in (("a_past_end", ["x", "--until", "2001-01-01"]), ("no_end", ["x"]), ("a_name_and_a_file", ["x", "--csv", rows, "--until", "1d"]),
                        ("an_enrolled_name", ["dev-a", "--until", "1d"]), ("no_such_time", ["x", "--until", "soon"])):
        done = fleet.cli("device", "claim", *words, check=False)
        checks.note(f"command_refuses_{what}", done.returncode in (1, 2) and done.stdout == "" and done.stderr, done.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("claims")
    world = World(options.build, ["dev-b"])
    world.early = {name: world.fleet.cli("device", "claim", name, "--until", "1h", *SITE).stdout.strip() for name in ("dev-a", "used")}
    world.fleet.add_devices(["dev-a"])
    world.fleet.cli("gate", "set", GATE, "--claims")
    world.fleet.cli("gate", "add", SECOND, "--claims", "--out", world.keys / SECOND)
    world.fleet.cli("gate", "add", SHY, "--out", world.keys / SHY)
    checks.run("command_runs_through", command, checks, world)
    for version in services.mosquitto_versions():
        checks.run(f"all_run_through.{version}", lambda: Suite(checks, world, version).run())
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
