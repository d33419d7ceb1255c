#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reasons that no other script asks for, brought about from outside in real Mosquitto and real Kafka: each is counted and logged by its name, and told to
the device where it can be. At the end nothing secret stands in what the gates wrote."""
import argparse
import base64
import hashlib
import json
import pathlib
import re
import sys
import time

import confluent_kafka

import attestream1
import raw_mqtt
from checks import Checks
from world import ROOT, TOPIC, World, payload, services
from claiming import ENROLLED, RAW, REFUSED as REFUSED_CLAIM, Claimant, ask, base64url, blob, claim, control_record, jwt, key_id, new_key, read_key, unbase64url
from fleet import GATE, Gate
from python_device import METHOD, Device
from secrets_sweep import Sweep
from stock_client import DENIED, SUCCESS, Client

DEVICES = ["dev-a", "dev-b", "dev-old", "dev-later", "dev-away", "dev-tag"]
NARROW, PENDING, NEW, OTHER = "dev-narrow", "dev-pending", "dev-new", "dev-two"
NOWHERE = "127.0.0.1:1"
REFUSED, CONNECTIONS = "refused_by_reason", "connections_refused_by_reason"
SUBSCRIPTIONS, DELIVERIES, CLOSED = "subscriptions_refused_by_reason", "deliveries_refused_by_reason", "sessions_closed_by_reason"
EVENTS = {REFUSED: "publish.refused", CONNECTIONS: "connect.refused", SUBSCRIPTIONS: "subscribe.refused", DELIVERIES: "delivery.refused",
          CLOSED: "session.revoked"}
# Tries to bring about what a rate must decide, on whatever machine this is.
TRIES = 3000
# `device_retained_topics`, another than its default.
RETAINED = 40
# How long a journal of 8 MiB may take to fill up, on whatever disk this is.
FILL_S = 60


def topic(device):
    return TOPIC.format(device=device)


class Suite:
    def __init__(self, checks, world):
        self.checks, self.world, self.fleet = checks, world, world.fleet
        self.sweep = Sweep()
        self.file = world.folder / "control-file"
        self.file.write_text("no piece of a log\n")
        self.tokens = {device: self.token(device) for device in DEVICES}
        self.gate = Gate(world.build, world.keys / GATE, world.kafka, anonymous=True,
                         options={"handshake_share": 1, "handshakes_per_address": 0, "handshakes_per_device": 0, "device_retained_topics": RETAINED, "log_level": "debug"})
        self.gate.broker.options["control_file"] = self.gate.broker.path / "control-file"
        self.gate.start()
        self.synchronise()

    def token(self, device, *more):
        made = self.fleet.cli("device", "token", device, "--gate", GATE, *more).stdout.strip()
        self.sweep.add_token(device, made)
        return made

    def synchronise(self):
        self.gate.wait_for_control(self.fleet.control_count())

    def write(self, *records):
        """Into the control log, past the CLI."""
        kafka = self.world.kafka
        where = services.read_properties(kafka.config) if kafka.config else {"bootstrap.servers": kafka.bootstrap}
        producer = confluent_kafka.Producer(where)
        for value in records:
            producer.produce(kafka.prefix + "control", partition=0, value=value)
        if producer.flush(60):
            raise services.ServiceError("cannot write to the control log")

    def client(self, device, gate=None, token=None, **more):
        return Client((gate or self.gate).port, more.pop("client_id", device), device, token or self.tokens[device], **more)

    def told(self, counter, *reasons, gate=None, event=None):
        """Each reason is counted, and logged."""
        gate = gate or self.gate
        counted, log = gate.fresh_metrics()[counter], gate.broker.log.read_text(errors="replace")
        for reason in reasons:
            logged = re.search(rf"{re.escape(event or EVENTS[counter])} .*reason={reason}\b", log)
            self.checks.note(f"{reason.replace('-', '_')}_is_counted_and_logged_of_{counter.split('_')[0]}", counted.get(reason, 0) > 0 and logged,
                             (counted.get(reason, 0), bool(logged)))

    def receipt(self, device, reason):
        """A client of the stock library has got a receipt with it."""
        got = device.wait(lambda: any(json.loads(data)["reason"] == reason for name, data in device.messages if name.startswith("ats/receipts/")))
        self.checks.note(f"{reason.replace('-', '_')}_is_told_by_a_receipt", got, device.messages)

    # -- connections --

    def states(self):
        """Pending, which no command of ours states; retired, with a connection that was open and silent."""
        key = new_key()
        public = base64.b64encode(key.public_key().public_bytes(*RAW)).decode()
        operator = read_key(self.fleet.folder / "operators/operator.key.pem")
        first = self.world.dump("control")[0].value
        fleet = unbase64url(self.fleet.cli("device", "claim", NEW, "--until", "1h").stdout.strip())[1:33]
        body = {"state": "pending", "keys": [{"id": key_id(key), "key": public}], "asset": PENDING}
        self.write(control_record(first[:5], fleet, PENDING, "operator", operator, body))
        silent = self.client("dev-old")
        self.fleet.cli("device", "retire", "dev-old")
        self.synchronise()
        self.checks.note("silent_connection_of_a_retired_device_is_closed", silent.wait(lambda: silent.closed))
        for device, token in ((PENDING, jwt(GATE, PENDING, key)), ("dev-old", None)):
            one = self.client(device, token=token)
            self.checks.note(f"{device.replace('-', '_')}_is_not_let_in", not one.connected, one.reason)
            one.close()
        silent.close()
        self.told(CONNECTIONS, "device-pending", "device-retired")
        self.told(CLOSED, "device-retired")

    def connections(self):
        """A key that is not good yet, another device's token, a stranger with a device's client id, data that is none."""
        later = json.loads(self.fleet.cli("device", "add-key", "dev-later", "--not-before", "2099-01-01", "--json").stdout)["key_id"]
        self.synchronise()
        stranger = Client(self.gate.port, "dev-a/panel")
        tries = [self.client("dev-later", token=self.token("dev-later", "--key-id", later)), self.client("dev-a", token=self.tokens["dev-b"]), stranger]
        self.checks.equal("these_connections_are_not_let_in", [one.connected for one in tries], [False] * 3)
        device, codes = Device("dev-a", GATE, self.fleet.folder), []
        for user, data in (("dev-a", b"garbage"), ("admin", device.connect_data(user="admin"))):
            client = raw_mqtt.Client(self.gate.port)
            codes.append(client.connect("dev-a", user, method=METHOD, data=data))
            client.drop()
        self.checks.equal("these_connects_are_not_let_in", codes, [DENIED] * 2)
        for one in tries:
            one.close()
        self.told(CONNECTIONS, "key-not-valid", "token-subject", "client-id-reserved", "connect-malformed", "user-name")

    def claims(self):
        """A token of an operator whom nobody knows, and one whose number has enrolled a device."""
        made = self.fleet.cli("device", "claim", NEW, "--until", "1h").stdout.strip()
        self.sweep.add_text("claim token", made)
        altered = unbase64url(made).replace(b"operator", b"operatox")
        claimant = Claimant(self.gate.port, NEW, claim(base64url(altered), new_key(), GATE))
        claimant.close()
        self.checks.equal("claim_of_an_unknown_operator_gets_no_answer", claimant.answer[1:], (None, None, None))
        key, answers = new_key(), []
        while (ENROLLED, 0) not in answers and len(answers) < TRIES:
            answers.append(ask(self.gate.port, NEW, claim(made, key, GATE)))
        second = self.again(made, NEW, OTHER)
        self.sweep.add_text("claim token", second)
        self.checks.equal("a_second_token_of_a_used_number_enrols_nobody", ask(self.gate.port, OTHER, claim(second, new_key(), GATE)), (REFUSED_CLAIM, 457))
        self.told(CONNECTIONS, "claim-operator")
        self.told(CONNECTIONS, "claim-used", event="claim.refused")

    def again(self, token, device, other):
        """The token with another name of the same length, signed by its operator, whose mistake or malice that is."""
        said = unbase64url(token)[1:-64].replace(device.encode(), other.encode())
        operator = read_key(self.fleet.folder / "operators/operator.key.pem")
        signature = operator.sign(blob("ATTESTREAM-1 claim token") + hashlib.blake2b(said, digest_size=32).digest())
        return base64url(b"\1" + said + signature)

    # -- publishes --

    def publishes(self):
        narrow = self.client(NARROW, token=self.token(NARROW))
        answers = [narrow.publish(topic(NARROW), payload(NARROW)), narrow.publish("$CONTROL/dynamic-security/v1", "{}")]
        self.checks.equal("these_publishes_are_refused", answers, [DENIED] * 2)
        self.receipt(narrow, "contract-not-allowed")
        self.receipt(narrow, "topic-system")
        narrow.close()
        hoarder, kept = self.client("dev-b"), 0
        while kept < TRIES and hoarder.publish(f"office/{kept}", "on", retain=True) in SUCCESS:
            kept += 1
        self.checks.equal("a_device_leaves_so_many_retained_messages", (kept, hoarder.publish("office/0", "off", retain=True) in SUCCESS), (RETAINED, True))
        self.receipt(hoarder, "retained-full")
        hoarder.close()
        device = attestream1.Connection(attestream1.Fleet(self.fleet.folder), self.gate.port, "dev-tag", GATE)
        codes = [device.connect(int(time.time() * 1000))]
        self.sweep.add_bytes("session key", device.key)
        codes += [device.publish(topic("dev-tag"), payload("dev-tag"), sequence) for sequence in (1000, 5)]
        self.checks.note("a_sequence_far_behind_is_refused", codes[0] == 0 and codes[1] in SUCCESS and codes[2] == DENIED, codes)
        device.close()
        self.told(REFUSED, "contract-not-allowed", "topic-system", "sequence-old", "retained-full")

    # -- subscriptions and deliveries --

    def subscriptions(self):
        """SUBACK, and a receipt for each; nobody else has one of them either."""
        filters = {"read-own": "site/#", "read-receipts": "ats/receipts/dev-b", "read-duplicates": "$ats-duplicate", "read-shared": "$share/g/site/#"}
        for v5, refused in ((True, DENIED), (False, 0x80)):
            client = raw_mqtt.Client(self.gate.port)
            client.connect("dev-a", "dev-a", self.tokens["dev-a"], v5=v5)
            codes = [client.subscribe(each) for each in filters.values()]
            self.checks.equal(f"suback_refuses_mqtt_{'5' if v5 else '311'}", codes, [refused] * 4)
            self.checks.equal(f"suback_takes_what_is_its_own_mqtt_{'5' if v5 else '311'}", client.subscribe("commands/dev-a/#"), 1)
            client.wait(lambda: len(client.messages) >= 4)
            receipts = [json.loads(data) for name, data in client.messages if name == "ats/receipts/dev-a"]
            self.checks.equal(f"a_refused_subscription_is_told_by_a_receipt_mqtt_{'5' if v5 else '311'}",
                              [(each["reason"], each["topic"], each["verdict"]) for each in receipts],
                              [(reason, each, "subscription refused") for reason, each in filters.items()])
            client.disconnect()
        client = raw_mqtt.Client(self.gate.port)
        client.connect("dev-a", "dev-a", self.tokens["dev-a"])
        codes = [client.subscribe(f"commands/dev-a/{number}") for number in range(30)]
        self.checks.equal("a_device_has_so_many_subscriptions", (codes[:15], set(codes[15:]), client.subscribe("commands/dev-a/#")), ([1] * 15, {DENIED}, 1))
        self.checks.equal("a_device_has_no_subscription_of_many_levels", client.subscribe("commands/dev-a" + "/a" * 150), DENIED)
        client.disconnect()
        self.told(SUBSCRIPTIONS, *filters, "subscriptions-full")

    def deliveries(self):
        """The broker keeps a queue for a device that is away, and asks before it puts something there."""
        away = raw_mqtt.Client(self.gate.port)
        codes = (away.connect("dev-away", "dev-away", self.tokens["dev-away"], clean=False, expiry=600), away.subscribe("commands/dev-away/#"))
        self.checks.equal("a_device_subscribes_and_goes_away", codes, (0, 1))
        away.disconnect()
        self.fleet.cli("device", "suspend", "dev-away")
        self.synchronise()
        writer = Client(self.gate.port, "writer")
        writer.publish("commands/dev-away/speed", "1")
        self.told(DELIVERIES, "device-suspended")
        writer.close()

    # -- what strangers may cost --

    def handshakes(self):
        """With one percent of the broker's thread for failures, no other limit, and the log's limit of lines in mind."""
        fleet, tries = attestream1.Fleet(self.fleet.folder), 0
        counter = int(time.time() * 1000)
        while "reason=busy-handshakes" not in self.gate.broker.log.read_text(errors="replace") and tries < TRIES:
            crowd = [attestream1.Connection(fleet, self.gate.port, "dev-b", GATE) for _ in range(50)]
            for one in crowd:
                one.send_connect(counter, alter=True)
            for one in crowd:
                one.read_connack()
                one.close()
            tries += len(crowd)
        self.told(CONNECTIONS, "busy-handshakes")

    # -- the control log --

    def control(self):
        """A record of somebody, a file that is no piece of the log, and what a stolen operator key stated."""
        gate = self.gate
        self.write(b"garbage")
        gate.wait_for("rejecting the record", lambda m: m["control_rejected_by_outcome"].get("malformed", 0) == 1)
        logged = gate.broker.wait_for_text("outcome=malformed")
        self.checks.note("rejected_control_record_is_counted_and_logged", logged is not False)
        gate.broker.add(self.file)
        gate.broker.reload()
        gate.wait_for("refusing the file", lambda m: m["control_imports_refused"] == 1)
        self.checks.note("refused_control_file_is_counted_and_logged", "control.import-refused" in gate.broker.log.read_text(errors="replace"))
        self.checks.equal("nothing_is_void_before_a_theft", gate.fresh_metrics()["control_void"], 0)
        self.fleet.cli("operator", "add", "thief")
        before = self.fleet.control_count()
        for device in ("evil-1", "evil-2"):
            self.fleet.cli("--operator", "thief", "device", "add", device)
        self.fleet.cli("operator", "revoke", "thief", "--stands-until", before)
        gate.wait_for("counting what is void", lambda m: m["control_void"] == 2)
        gate.broker.wait_for_text("control.void records=2")
        self.checks.note("void_control_records_are_counted_and_logged", True)

    # -- a gate for devices alone, with a small journal and Kafka away --

    def full(self):
        gate = Gate(self.world.build, self.world.keys / GATE, self.world.kafka, anonymous=True,
                    options={"exclusive": True, "journal_size": "8MiB", "journal_segment_size": "2MiB", "log_level": "debug"})
        there = {name: gate.broker.options.pop(name) for name in ("kafka_config", "kafka_bootstrap") if name in gate.broker.options}
        gate.broker.options["kafka_bootstrap"] = NOWHERE
        gate.start()
        one = self.client("dev-a", gate)
        self.checks.note("a_gate_that_knows_nothing_lets_no_device_in", not one.connected, one.reason)
        one.close()
        self.told(CONNECTIONS, "gate-unready", gate=gate)
        gate.stop()
        del gate.broker.options["kafka_bootstrap"]
        gate.broker.options.update(there)
        gate.start()
        gate.wait_for_control(self.fleet.control_count())
        gate.stop()
        for name in there:
            del gate.broker.options[name]
        gate.broker.options["kafka_bootstrap"] = NOWHERE
        gate.start()
        stranger = Client(gate.port, "panel", "panel", "word")
        self.checks.note("an_exclusive_gate_lets_no_stranger_in", not stranger.connected, stranger.reason)
        stranger.close()
        device = self.client("dev-b", gate)
        self.checks.equal("a_topic_of_no_contract_is_refused", device.publish("office/lamp", "on"), DENIED)
        self.receipt(device, "topic-unknown")
        self.fill(gate, device)
        gate.broker.close()

    def fill(self, gate, device):
        """Quarantine has a tenth of the journal, good data the rest."""
        poison = [device.publish(topic("dev-b"), "x" * 500_000) for _ in range(2)]
        self.checks.equal("poison_is_answered_as_ever", poison, [DENIED] * 2)
        self.receipt(device, "quarantine-full")
        for size in (200_000, 2_000, 1):
            data = payload("dev-b").replace('"test"', '"' + "x" * size + '"')
            until, refused = time.monotonic() + FILL_S, 0
            # Where the next segment is late (a slow disk), the answer is gate-busy, and more will fit.
            while refused < 3 and time.monotonic() < until:
                known = len(device.messages)
                if device.publish(topic("dev-b"), data) == DENIED:
                    device.wait(lambda: len(device.messages) > known)
                    refused = refused + 1 if json.loads(device.messages[-1][1])["reason"] == "journal-full" else 0
        self.receipt(device, "journal-full")
        codes = []
        while DENIED not in codes and len(codes) < 100:  # a few of these small records may still fit
            late = attestream1.Connection(attestream1.Fleet(self.fleet.folder), gate.port, "dev-tag", GATE)
            codes.append(late.connect(int(time.time() * 1000) + len(codes)))
            late.close()
        self.checks.note("no_session_without_room_for_its_counter", codes[-1] == DENIED, codes)
        self.told(CONNECTIONS, "exclusive", "gate-busy", gate=gate)
        self.told(REFUSED, "topic-unknown", "quarantine-full", "journal-full", gate=gate)
        device.close()
        self.secrets(gate, "full")

    def observed(self):
        """There a connection that would not be let in goes on, without a session."""
        gate = self.world.gate(anonymous=True, options={"mode": "observe", "log_level": "debug"})
        device = self.client("dev-a", gate, token=self.tokens["dev-b"])
        self.checks.note("observe_refuses_nothing", device.publish(topic("dev-a"), payload("dev-a")) in SUCCESS)
        self.told(REFUSED, "session-lost", gate=gate, event="publish.would-refuse")
        device.close()
        self.secrets(gate, "observing")
        gate.broker.close()

    # -- what must not be written --

    def secrets(self, gate, name):
        gate.fresh_metrics()
        for folder in (self.fleet.folder, self.world.keys):
            self.sweep.add_keys(folder)
        files = (gate.broker.log, gate.state / "metrics.json")
        found = self.sweep.search(files)
        seen = b"dev-" in files[0].read_bytes() and GATE.encode() in files[1].read_bytes()
        self.checks.note(f"no_secret_in_log_and_metrics_of_the_{name}_gate", seen and not found, found)
        self.checks.equal(f"a_secret_would_be_found_in_the_{name}_gates_log", len(self.sweep.search(files, planted=True)), len(self.sweep.forms))

    def run(self):
        self.fleet.cli("device", "add", NARROW, "--contract", "machine-temp")
        self.fleet.cli("gate", "set", GATE, "--claims")
        self.synchronise()
        for test in (self.states, self.connections, self.claims, self.publishes, self.subscriptions, self.deliveries, self.control, self.full, self.observed,
                     self.handshakes):
            self.checks.run(f"{test.__name__}_runs_through", test)
        self.secrets(self.gate, "first")
        self.gate.broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("reasons")
    world = World(options.build, DEVICES)
    Suite(checks, world).run()
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
