#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Limits of the gate in real Mosquitto of each version, by stock clients and raw sockets: what strangers may cost, what a device may
send, and what the gate's memory would give away."""
import hashlib
import json
import socket
import sys
import time

from cryptography.hazmat.primitives import serialization

import attestream1
import process_memory
from world import GATE, ROOT, TOPIC, beside_each_broker, payload, services
from fleet import wait_until
from stock_client import DENIED, SUCCESS, V5, V311, Client
from test_envelope import Signer

CROWD = [f"crowd-{i}" for i in range(200)]
PACED, TALKER, OLD, LARGE, BUSY, BULKY = "paced", "talker", "dev-a", "large", "busy", "bulky"
PACED_TOPIC = "plant/test/{device}/temperature"
ELSEWHERE = "127.0.0.2"
HOME = "127.0.0.3"
ANOTHER = "127.0.0.4"
COUNTED = ("connect-wrong", "token-wrong", "busy-handshakes", "busy-address", "busy-device", "held-off")


def paced_contract(folder):
    """The contract machine-temp in a new version, with limits: two messages and 20,000 bytes a second of each device, twice as much at
    once."""
    folder.mkdir()
    source = ROOT / "schemas/contracts/machine-temp"
    document = (source / "contract.odcs.yaml").read_text().replace("\nversion: 1.0.0", "\nversion: 2.0.0")
    document = document.replace("      proof: connection\n", "      proof: connection\n      limits: {messagesPerSecond: 2, bytesPerSecond: 20000, burst: 2s}\n")
    (folder / "contract.odcs.yaml").write_text(document)
    (folder / "schema.avsc").write_text((source / "schema.avsc").read_text())
    return folder


def measurement(device, value):
    return json.dumps({"machine": device, "timestamp": 1386018900000, "value": value})


class Suite:
    def __init__(self, checks, world, version, first):
        self.checks, self.world, self.version, self.counter = checks, world, version, first
        self.fleet = attestream1.Fleet(world.fleet.folder)
        self.gate = world.gate(version, anonymous=True)

    def name(self, text):
        return f"{text}.{self.version}"

    def next(self):
        self.counter += 1
        return self.counter

    def connection(self, device, source=None):
        return attestream1.Connection(self.fleet, self.gate.port, device, GATE, source)

    def refused(self):
        counted = self.gate.fresh_metrics()["connections_refused_by_reason"]
        return {reason: counted.get(reason, 0) for reason in COUNTED}

    def grown(self, before):
        return {reason: count - before[reason] for reason, count in self.refused().items() if count > before[reason]}

    # ---- what strangers may cost ----

    def crowd(self):
        """All of them have sent CONNECT before the first answer is read."""
        counter = self.next()
        crowd = [self.connection(device) for device in CROWD]
        for one in crowd:
            one.send_connect(counter)
        answers = [one.read_connack() for one in crowd]
        self.checks.equal(self.name("many_devices_behind_one_address_connect_at_once"), answers.count(0), len(CROWD))
        for one in crowd:
            one.close()

    def forged(self, device, count, source):
        key = self.fleet.key(device)
        for _ in range(count):
            one = self.connection(device, source)
            if one.connect(self.next(), key=key, forge=True) != attestream1.NOT_AUTHORIZED:
                raise AssertionError("a forged CONNECT got in")
            one.close()

    def forged_in_one_name(self):
        """Ten failures in one name at once, and one a second; the device comes back from where it was."""
        own = self.connection(TALKER, HOME)
        self.checks.equal(self.name("device_gets_in_before_the_flood"), own.connect(self.next()), 0)
        before, began = self.refused(), time.monotonic()
        self.forged(TALKER, 60, ELSEWHERE)
        allowed = 10 + int(time.monotonic() - began) + 1
        grown = self.grown(before)
        self.checks.note(self.name("forged_connects_in_one_name_are_refused_unverified"),
                         grown.get("connect-wrong", 0) <= allowed and sum(grown.values()) == 60 and grown.keys() == {"connect-wrong", "busy-device"},
                         (grown, allowed))
        self.checks.equal(self.name("the_live_session_goes_on"), own.publish(TOPIC.format(device=TALKER), payload(TALKER), self.next()) in SUCCESS, True)
        own.close()
        for what, source in (("comes_back_from_its_address", HOME), ("gets_in_from_an_address_that_is_new", ANOTHER)):
            again = self.connection(TALKER, source)
            self.checks.equal(self.name(f"a_device_{what}_during_the_flood"), again.connect(self.next()), 0)
            again.close()

    def forged_from_one_address(self):
        """In many names: a hundred failures at once, and ten a second."""
        before, began = self.refused(), time.monotonic()
        for device in CROWD[:140]:
            self.forged(device, 1, ELSEWHERE)
        for device in CROWD[140:]:
            self.forged(device, 1, ELSEWHERE)
        allowed = 100 + 10 * (int(time.monotonic() - began) + 1)
        grown = self.grown(before)
        self.checks.note(self.name("forged_connects_of_one_address_are_refused_unverified"),
                         grown.get("connect-wrong", 0) <= allowed and grown.get("busy-address", 0) > 0 and sum(grown.values()) == len(CROWD), (grown, allowed))
        good = self.world.fleet.token(OLD)
        forged = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
        before = self.refused()
        client = Client(self.gate.port, OLD, OLD, forged, protocol=V311)
        tries = [client]
        while "busy-device" not in self.grown(before) and len(tries) < 40:
            tries.append(Client(self.gate.port, OLD, OLD, forged, protocol=V311))
        self.checks.note(self.name("forged_tokens_are_refused_unverified"), {"token-wrong", "busy-device"} <= self.grown(before).keys(), self.grown(before))
        for one in tries:
            one.close()
        log = self.gate.broker.log.read_text()
        self.checks.note(self.name("the_log_says_why"), "reason=busy-device" in log and "connect.refused" in log, log[-500:])

    # ---- what a device may send ----

    def told(self):
        """MQTT 5: 0x87 and a receipt; the very same packets are taken later."""
        here, token = PACED_TOPIC.format(device=PACED), self.world.fleet.token(PACED)
        client = Client(self.gate.port, PACED, PACED, token, protocol=V5)
        before = self.gate.fresh_metrics()
        sent = [measurement(PACED, 50 + i) for i in range(12)]
        answers = [client.publish(here, data) for data in sent]
        client.wait(lambda: len(client.messages) >= answers.count(DENIED))
        receipts = [json.loads(data) for _, data in client.messages]
        self.checks.note(self.name("over_its_contracts_rate_a_device_is_told"),
                         answers[:4] == [a for a in answers[:4] if a in SUCCESS] and DENIED in answers
                         and {(r["code"], r["reason"]) for r in receipts} == {(144, "rate-contract")}, (answers, receipts[:1]))
        rest = [data for data, answer in zip(sent, answers) if answer == DENIED]
        deadline = time.monotonic() + 60
        while rest and time.monotonic() < deadline:
            rest = [data for data in rest if client.publish(here, data) not in SUCCESS]
        after = self.gate.fresh_metrics()
        self.checks.equal(self.name("what_was_refused_is_taken_later"), (rest, after["admitted"] - before["admitted"]), ([], len(sent)))
        self.checks.note(self.name("refusals_are_counted"), after["refused_by_reason"].get("rate-contract", 0) >= answers.count(DENIED), after)
        client.close()

    def wills(self):
        """A will counts as a publish of its device: who loses many connections at once gets no more through by that."""
        here, token, count = PACED_TOPIC.format(device=PACED), self.world.fleet.token(PACED), 15
        before = self.gate.fresh_metrics()

        def judged(metrics):
            refused = metrics["refused_by_reason"].get("rate-contract", 0) - before["refused_by_reason"].get("rate-contract", 0)
            return metrics["admitted"] - before["admitted"], refused
        wills = [(here, measurement(PACED, 70 + i), 1, False) for i in range(count)]
        clients = [Client(self.gate.port, f"{PACED}/{i}", PACED, token, protocol=V5, will=will) for i, will in enumerate(wills)]
        lines = [client.client.socket() for client in clients]
        for client in clients:
            client.client.loop_stop()
        for line in lines:
            line.shutdown(socket.SHUT_RDWR)
        wait_until("each will to be judged", lambda: sum(judged(self.gate.fresh_metrics())) >= count, 30)
        admitted, refused = judged(self.gate.fresh_metrics())
        self.checks.note(self.name("wills_take_of_their_devices_rate"), admitted > 0 and refused > 0 and admitted + refused == count, (admitted, refused))
        self.checks.note(self.name("the_gate_goes_on_after_them"), self.lets_in(PACED, token))

    def over(self, gate, device, sent, reason, name):
        """Some are taken, some refused for `reason` and told; what was refused is taken later. Of `sent` (topic, payload)."""
        client = Client(gate.port, device, device, self.world.fleet.token(device), protocol=V5)
        before = gate.fresh_metrics()
        answers = [client.publish(where, data) for where, data in sent]
        client.wait(lambda: len(client.messages) >= answers.count(DENIED))
        told = {json.loads(data)["reason"] for _, data in client.messages}
        rest, deadline = [one for one, answer in zip(sent, answers) if answer == DENIED], time.monotonic() + 60
        while rest and time.monotonic() < deadline:
            rest = [(where, data) for where, data in rest if client.publish(where, data) not in SUCCESS]
        after = gate.fresh_metrics()
        self.checks.equal(self.name(name), (answers[0] in SUCCESS, DENIED in answers, told, rest, after["admitted"] - before["admitted"],
                                            list(after["refused_by_reason"].keys() - before["refused_by_reason"].keys() - {reason})),
                          (True, True, {reason}, [], len(sent), []))
        client.close()

    def bytes_of_a_contract(self):
        """Two that are together larger than 40,000 bytes, where four messages may come at once."""
        here = PACED_TOPIC.format(device=LARGE)
        sent = [(here, measurement(LARGE, 50 + i) + " " * 30000) for i in range(3)]
        self.over(self.gate, LARGE, sent, "rate-contract", "over_its_contracts_bytes_a_device_is_told")

    def of_a_device(self):
        """What the gate allows each device over all contracts: here under one that has no limits, five messages and 6,000 bytes at once."""
        gate = self.world.gate(self.version, anonymous=True,
                               options={"device_messages_per_second": 5, "device_bytes_per_second": 6000, "device_burst": "1s"})
        for device, count, padding, name in ((BUSY, 20, 0, "messages"), (BULKY, 3, 5000, "bytes")):
            here = TOPIC.format(device=device)
            self.over(gate, device, [(here, payload(device, temp=20 + i / 10) + " " * padding) for i in range(count)], "rate-device",
                      f"over_the_gates_{name}_a_device_is_told")
        gate.broker.close()

    def held_off(self):
        """MQTT 3.1.1: closed, held off, and a stock client that is left to itself gets everything through, once."""
        here, token = PACED_TOPIC.format(device=OLD), self.world.fleet.token(OLD)
        pem = (self.world.fleet.folder / f"devices/{OLD}.key.pem").read_bytes()
        signer = Signer(serialization.load_pem_private_key(pem, None))
        before, was = self.gate.fresh_metrics(), self.refused()
        wait_until("the forged tokens to be forgotten", lambda: self.lets_in(OLD, token), 30)
        client = Client(self.gate.port, OLD, OLD, token, protocol=V311)
        client.client.reconnect_delay_set(1, 1)
        sent = []
        for i in range(14):
            data = measurement(OLD, 60 + i)
            sent.append(client.client.publish(here, signer.seal(self.next(), data, topic=here), qos=1))
        client.wait(lambda: client.closed)
        self.checks.note(self.name("a_client_that_cannot_be_told_is_closed"), client.closed)
        wait_until("all publishes to be through", lambda: all(one.mid in client.answers for one in sent), 60)
        after = self.gate.fresh_metrics()
        self.checks.equal(self.name("a_stock_client_gets_all_through_once"), after["admitted"] - before["admitted"], len(sent))
        self.checks.note(self.name("it_was_held_off_meanwhile"), self.grown(was).get("held-off", 0) > 0, self.grown(was))
        log = self.gate.broker.log.read_text()
        self.checks.note(self.name("the_log_says_for_how_long"), "device.held-off" in log and "seconds=1" in log and "seconds=2" in log, log[-800:])
        client.close()

    def lets_in(self, device, token):
        client = Client(self.gate.port, device, device, token, protocol=V311)
        client.close()
        return client.reason == 0

    def qos_0(self):
        """Gaps are counted, not refused."""
        here = TOPIC.format(device=TALKER)
        one = self.connection(TALKER, HOME)
        self.checks.equal(self.name("device_gets_in"), one.connect(self.next()), 0)
        first = self.next()
        one.publish(here, payload(TALKER), first)
        before = self.gate.fresh_metrics()
        one.publish(here, payload(TALKER), first + 1, qos=0)
        one.publish(here, payload(TALKER), first + 9, qos=0)  # seven are lost
        answer = one.publish(here, payload(TALKER), first + 10)
        self.counter = first + 10
        after = self.gate.fresh_metrics()
        self.checks.equal(self.name("a_gap_at_qos_0_is_counted_and_no_attack"),
                          (answer in SUCCESS, *(after[what] - before[what] for what in ("sequence_gaps", "admitted", "refused"))), (True, 1, 3, 0))
        one.close()

    # ---- memory ----

    def memory(self):
        here = TOPIC.format(device=TALKER)
        one = self.connection(TALKER, HOME)
        one.connect(self.next())
        one.publish(here, payload(TALKER), self.next())
        pem = (self.world.keys / GATE / "gate.key.pem").read_bytes()
        seed = serialization.load_pem_private_key(pem, None).private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
        dumped, left_out = process_memory.places(self.gate.pid, one.key)
        self.checks.note(self.name("a_session_key_is_in_memory_that_core_dumps_leave_out"), left_out, (dumped, left_out))
        self.checks.equal(self.name("a_core_dump_has_no_session_key"), dumped, [])
        dumped, left_out = process_memory.places(self.gate.pid, seed)
        self.checks.note(self.name("the_gates_seed_is_in_memory_that_core_dumps_leave_out"), left_out, (dumped, left_out))
        self.checks.equal(self.name("a_core_dump_has_no_seed_of_the_gate"), dumped, [])
        seal = hashlib.blake2b(b"ATTESTREAM-1 store seal", digest_size=32, key=seed).digest()
        dumped, left_out = process_memory.places(self.gate.pid, seal)
        self.checks.note(self.name("the_key_that_seals_the_copy_is_in_memory_that_core_dumps_leave_out"), left_out, (dumped, left_out))
        self.checks.equal(self.name("a_core_dump_has_no_key_that_seals_the_copy"), dumped, [])
        self.checks.note(self.name("this_would_see_what_a_core_dump_has"), process_memory.places(self.gate.pid, TALKER.encode())[0])
        first = one.key
        one.close()
        for _ in range(2):  # the next session's end makes its keys the previous ones
            wait_until("the session to end", lambda: self.gate.metrics().get("sessions") == 0)
            other = self.connection(TALKER, HOME)
            other.connect(self.next())
            other.close()
        wait_until("the session to end", lambda: self.gate.metrics().get("sessions") == 0)
        self.checks.equal(self.name("a_key_is_zeroed_after_its_session"), process_memory.places(self.gate.pid, first), ([], []))

    def run(self):
        for test in (self.crowd, self.memory, self.forged_in_one_name, self.qos_0, self.told, self.bytes_of_a_contract, self.of_a_device, self.wills,
                     self.forged_from_one_address, self.held_off):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        self.gate.broker.close()


def main():
    return beside_each_broker("limits", [*CROWD, PACED, TALKER, OLD, LARGE, BUSY, BULKY], Suite, 100000,
                              lambda world: world.fleet.cli("contract", "publish", paced_contract(world.folder / "paced")))


if __name__ == "__main__":
    sys.exit(services.run(main))
