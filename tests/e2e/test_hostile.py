#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packets that no client library sends, from devices and strangers that mean harm, in real Mosquitto of each version, over TCP, TLS and,
where the broker has them, WebSockets: whatever the broker makes of them, nothing unproven gets anywhere, and what is taken is taken once."""
import argparse
import pathlib
import struct
import subprocess
import sys
import time

import raw_mqtt
from checks import Checks
from python_device import METHOD, Device
from raw_mqtt import blob, number
from test_closed_paths import DENIED, NOT_AUTHORISED, TAKEN, TRANSPORTS, Listeners, topic
from world import GATE, ROOT, World, payload, services

ROLES = ("own", "other")
PUBLISH, PUBREL, DISCONNECT, AUTH, CONNECT = 3, 6, 14, 15, 1
USER, EXPIRY, REASON = 0x26, 0x11, 0x1f


def user_property(name, value):
    return bytes([USER]) + blob(name) + blob(value)


def with_length(body):
    return number(len(body)) + body


class Suite:
    def __init__(self, checks, world, version, listeners, transport):
        self.checks, self.world, self.version, self.transport = checks, world, version, transport
        self.gate, self.port = listeners.gate, listeners.ports[transport]
        self.names = {role: f"{role}{version.replace('.', '')}{transport}" for role in ROLES}
        self.device, self.other = (Device(self.names[role], GATE, world.fleet.folder) for role in ROLES)
        self.here = topic(self.device.name)

    def name(self, text):
        return f"{text}_over_{self.transport}.{self.version}"

    def client(self):
        return raw_mqtt.Client(self.port, self.transport)

    def session(self, **more):
        client = self.client()
        if self.device.connect(client, **more) != 0:
            raise AssertionError("the device does not get in")
        return client

    def watcher(self, *filters):
        client = self.client()
        client.connect(f"watcher-{time.monotonic_ns()}")
        for each in filters:
            client.subscribe(each)
        return client

    def grown(self, before, *names):
        now = self.gate.fresh_metrics()
        return [now.get(n, 0) - before.get(n, 0) if n in now else now["refused_by_reason"].get(n, 0) - before["refused_by_reason"].get(n, 0) for n in names]

    def is_well(self):
        """The gate serves the device as ever."""
        client = self.session()
        answer = client.publish(self.here, payload(self.device.name), proof=self.device.tag(self.here, payload(self.device.name)))
        client.drop()
        return answer in TAKEN

    def raw_publish(self, client, name, data, properties=b"", qos=1, mid=None, flags=0):
        client.mid = mid or client.mid + 1
        client.acks.pop(client.mid, None)
        where = blob(name)
        body = where + (struct.pack(">H", client.mid) if qos else b"") + with_length(properties) + (data.encode() if isinstance(data, str) else data)
        client.packet(PUBLISH << 4 | qos << 1 | flags, body)
        if qos:
            client.wait(lambda: client.mid in client.acks or client.closed)
        else:
            client.settle()
        return client.acks.get(client.mid)

    # -- publishes --

    def topics(self):
        """Names that are no topic, or not the one that they look like."""
        client, name, before = self.session(), self.device.name, self.gate.fresh_metrics()
        cases = {"share": f"$share/g/{self.here}".encode(), "queue": f"$queue/{self.here}".encode(), "nul": self.here.encode() + b"\0x",
                 "wildcard": b"site/test/+/env", "all": b"#", "overlong": b"site/test\xc0\xaf" + name.encode() + b"/env", "bom": b"\xef\xbb\xbf" + self.here.encode(),
                 "bom_inside": self.here.encode() + b"\xef\xbb\xbf", "surrogate": self.here.encode() + b"\xed\xa0\x80", "slash": b"/" + self.here.encode(),
                 "end": self.here.encode() + b"/", "empty": b"", "deep": b"/".join([b"a"] * 300), "long": self.here.encode() + b"x" * 2000}
        watcher, answers = self.watcher("#"), {}
        for what, where in cases.items():
            if client.closed:
                client = self.session()
            text = where.decode("latin-1")
            proof = self.device.tag(text, payload(name))
            answers[what] = self.raw_publish(client, where, payload(name), user_property("ats-proof", proof))
        watcher.settle()
        got = {where for where, _ in watcher.messages}
        self.checks.equal(self.name("name_that_is_no_topic_of_the_device_is_not_admitted"), self.grown(before, "admitted", "quarantined"), [0, 0])
        self.checks.note(self.name("and_reaches_nobody_who_reads_the_devices_topic"), self.here not in got, (answers, got))
        for each in (client, watcher):
            each.drop()

    def properties(self):
        """The proof's property twice, empty, among many, huge; other properties that a broker must refuse."""
        client, name, before = self.session(), self.device.name, self.gate.fresh_metrics()
        text = payload(name)

        def proof():
            return self.device.tag(self.here, text)
        same = user_property("ats-proof", proof())
        cases = {"twice": same + same, "right_then_wrong": user_property("ats-proof", proof()) + user_property("ats-proof", "m1.1.1.x.y"),
                 "empty": user_property("ats-proof", ""), "huge": user_property("ats-proof", "m1." + "1" * 65000), "nul": user_property("ats-proof", b"m1.\0"),
                 "behind_many": b"".join(user_property(f"x{i}", "y") for i in range(64)) + user_property("ats-proof", proof()),
                 "name_in_capitals": user_property("ATS-PROOF", proof()), "wrong_then_right": user_property("ats-proof", "m1.1.1.x.y") + user_property("ats-proof", proof()),
                 "empty_then_right": user_property("ats-proof", "") + user_property("ats-proof", proof())}
        refused = {}
        for what, properties in cases.items():
            if client.closed:
                client = self.session()
            refused[what] = self.raw_publish(client, self.here, text, properties)
        admitted, = self.grown(before, "admitted")
        self.checks.equal(self.name("proof_that_is_empty_huge_hidden_or_twice_is_no_proof"),
                          (sorted(what for what, answer in refused.items() if answer in TAKEN), admitted), ([], 0))
        if client.closed:
            client = self.session()
        large = user_property("x", "y" * 65000) + user_property("ats-proof", proof())
        answer = self.raw_publish(client, self.here, text, large)
        self.checks.note(self.name("publish_with_65000_bytes_of_property_is_judged_by_its_proof"), answer in TAKEN, answer)
        client.drop()

    def identifiers(self):
        """Packet ids used again at QoS 2, with another payload, DUP or not; PUBREL of nothing."""
        client, name, before = self.session(), self.device.name, self.gate.fresh_metrics()
        texts = [payload(name, temp=20 + i) for i in range(3)]
        proofs = [self.device.tag(self.here, text, qos=2) for text in texts]
        watcher = self.watcher(self.here)
        client.packet(PUBREL << 4 | 2, struct.pack(">H", 999))
        client.settle()
        if client.closed:
            client = self.session()
            proofs = [self.device.tag(self.here, text, qos=2) for text in texts]

        def begin(text, proof, flags=0):
            """PUBLISH without PUBREL."""
            body = blob(self.here) + struct.pack(">H", 77) + with_length(user_property("ats-proof", proof)) + text.encode()
            client.packet(PUBLISH << 4 | 4 | flags, body)
        answered = client._take  # PUBREC is not answered here
        client._take = lambda first, body: None if first >> 4 == 5 else answered(first, body)
        begin(texts[0], proofs[0])
        begin(texts[1], proofs[1], 8)  # DUP, and another payload
        begin(texts[2], proofs[2])
        begin(texts[0], proofs[0], 8)
        begin("not json", proofs[0], 8)
        client.settle()
        client.packet(PUBREL << 4 | 2, struct.pack(">H", 77))
        client.packet(PUBREL << 4 | 2, struct.pack(">H", 77))
        client.settle()
        watcher.settle()
        admitted, = self.grown(before, "admitted")
        # The gate keeps each that is proven, once; the broker goes on with the first that has the packet id.
        self.checks.equal(self.name("each_payload_of_one_packet_id_is_judged_by_itself"), (admitted, [data for _, data in watcher.messages]),
                          (len(texts), [texts[0].encode()]))
        self.checks.note(self.name("and_the_device_goes_on"), self.is_well())
        for each in (client, watcher):
            each.drop()

    def aliases(self):
        """An alias that a refused publish would set, one of another connection, and numbers that are none."""
        name, client, before = self.device.name, self.session(), self.gate.fresh_metrics()
        text, there = payload(name), topic(self.other.name)
        watcher = self.watcher(self.here, there)

        def publish(where, alias, proof=None):
            properties = b"\x23" + struct.pack(">H", alias) + (user_property("ats-proof", proof) if proof else b"")
            return self.raw_publish(client, where, text, properties)
        answers = [publish(there, 3, self.device.tag(there, text)), publish("", 3, self.device.tag(self.here, text)), publish("", 3)]
        self.checks.equal(self.name("alias_of_a_refused_publish_leads_nowhere"), [a in TAKEN for a in answers], [False] * 3)
        if client.closed:
            client = self.session()
        good = publish(self.here, 5, self.device.tag(self.here, text))
        client.drop()
        client = self.session()
        self.checks.note(self.name("alias_of_another_connection_leads_nowhere"), good in TAKEN and publish("", 5, self.device.tag(self.here, text)) not in TAKEN)
        numbers = []
        for alias in (0, 65535):
            client.drop()
            client = self.session()
            numbers.append(publish(self.here, alias, self.device.tag(self.here, text)) in TAKEN)
        watcher.settle()
        self.checks.equal(self.name("alias_that_is_none_opens_nothing"), (numbers, self.grown(before, "admitted"), {w for w, _ in watcher.messages}),
                          ([False] * 2, [1], {self.here}))
        for each in (client, watcher):
            each.drop()

    # -- connections --

    def authentication(self):
        """AUTH in mid-session, with another method, another key, nothing, before CONNECT; CONNECT with two identities at once."""
        name, before = self.device.name, self.gate.fresh_metrics()
        old, answers = self.device.connect_data(), {}

        def auth(what, code, properties, client=None):
            client = client or self.session()
            client.packet(AUTH << 4, bytes([code]) + with_length(properties))
            client.wait(lambda: "AUTH" in client.acks or client.closed, 5)
            told = client.acks.get("AUTH")
            answers[what] = bool(told) and told[0] == 0
            client.drop()
        method, data = (lambda text: b"\x15" + blob(text)), (lambda text: b"\x16" + blob(text))
        auth("another_method", 0x19, method("SCRAM-SHA-1") + data("x"))
        auth("a_claims_method", 0x19, method("ATTESTREAM-1-CLAIM") + data("x"))
        auth("another_devices_key", 0x19, method(METHOD) + data(self.other.connect_data()))
        auth("another_devices_key_under_this_name", 0x19, method(METHOD) + data(self.other.connect_data(name, name)))
        auth("no_data", 0x19, method(METHOD))
        auth("continue", 0x18, method(METHOD) + data(self.device.connect_data()))
        auth("an_old_connect", 0x19, method(METHOD) + data(old))
        auth("nothing", 0x19, b"")
        stranger = self.client()
        stranger.connect(f"stranger-{time.monotonic_ns()}")
        auth("a_strangers", 0x19, method(METHOD) + data(self.device.connect_data()), stranger)
        auth("before_connect", 0x19, method(METHOD) + data(self.device.connect_data()), self.client())
        self.checks.equal(self.name("auth_that_is_not_this_devices_renews_nothing"), [what for what, renewed in answers.items() if renewed], [])
        cases = {"user_name_of_another": lambda c: c.connect(name, self.other.name, method=METHOD, data=self.device.connect_data()),
                 "token_of_another": lambda c: c.connect(name, self.other.name, self.world.fleet.token(self.other.name), method=METHOD,
                                                         data=self.device.connect_data(user=self.other.name)),
                 "empty_client_id": lambda c: c.connect("", name, method=METHOD, data=self.device.connect_data("")),
                 "empty_client_id_by_token": lambda c: c.connect("", name, self.world.fleet.token(name)),
                 "empty_client_id_by_token_of_mqtt_3": lambda c: c.connect("", name, self.world.fleet.token(name), v5=False),
                 "empty_method": lambda c: c.connect(name, name, method="", data=self.device.connect_data())}
        codes = {}
        for what, connect in cases.items():
            client = self.client()
            codes[what] = connect(client)
            client.drop()
        self.checks.equal(self.name("connect_with_two_names_or_none_is_refused"), [w for w, code in codes.items() if code not in NOT_AUTHORISED and code < 128], [])
        self.checks.equal(self.name("nothing_was_admitted_meanwhile"), self.grown(before, "admitted"), [0])
        self.checks.note(self.name("and_the_device_still_connects"), self.is_well())

    def take_over(self):
        """By MQTT 3.1 with an empty client id, by a stranger under the device's id, and with clean start on and off."""
        name, client = self.device.name, self.session(clean=False, expiry=300)
        client.subscribe(f"commands/{name}/#")
        codes = []
        for level, protocol, client_id in ((3, "MQIsdp", ""), (3, "MQIsdp", name), (4, "MQTT", ""), (4, "MQTT", name)):
            thief = self.client()
            thief.v5 = False
            thief.packet(CONNECT << 4, blob(protocol) + bytes([level, 2]) + struct.pack(">H", 60) + blob(client_id))
            thief.wait(lambda: "CONNACK" in thief.acks or thief.closed, 5)  # noqa: B023
            codes.append((client_id, thief.acks["CONNACK"][1] if "CONNACK" in thief.acks else None))
            if thief.acks.get("CONNACK", b"\0\1")[1] == 0:
                codes.append(("publish", thief.publish(self.here, payload(name))))
            thief.drop()
        own = [code for what, code in codes if what == name]
        answer = client.publish(self.here, payload(name), proof=self.device.tag(self.here, payload(name)))
        self.checks.note(self.name("nobody_takes_over_a_devices_session"), set(own) <= set(NOT_AUTHORISED) | {1, 2} and answer in TAKEN, (codes, answer))
        before = self.gate.fresh_metrics()
        for clean in (True, False, True, False):
            client.drop()
            client = self.session(clean=clean, expiry=0 if clean else 300)
            if client.publish(self.here, payload(name), proof=self.device.tag(self.here, payload(name))) not in TAKEN:
                break
        self.checks.equal(self.name("clean_start_on_and_off_changes_nothing"), self.grown(before, "admitted"), [4])
        client.drop()

    def wills(self):
        """Retained, delayed, with the session's expiry changed at DISCONNECT; with properties of a publish in it; and of two names."""
        name, watcher, before = self.device.name, self.watcher(self.here, topic(self.other.name)), self.gate.fresh_metrics()
        text = payload(name)
        data = self.device.connect_data()
        forged = self.device.will(self.here, text, retain=0)  # signed without the flag
        client = self.client()
        self.device.connect(client, data=data, will=(self.here, forged, 1, True), delay=1, expiry=60)
        client.packet(DISCONNECT << 4, b"\x04" + with_length(bytes([EXPIRY]) + struct.pack(">I", 1)))
        client.drop()
        self.gate.wait_for("refusing a will whose flag was set", lambda m: m["refused_by_reason"].get("proof-wrong", 0) > before["refused_by_reason"].get("proof-wrong", 0))
        data = self.device.connect_data()
        good = self.device.will(self.here, text, retain=1)
        client = self.client()
        self.device.connect(client, data=data, will=(self.here, good, 1, True), delay=1, expiry=60)
        client.packet(DISCONNECT << 4, b"\x04" + with_length(bytes([EXPIRY]) + struct.pack(">I", 0)))
        client.drop()  # over WebSockets the broker waits for it
        watcher.wait(lambda: watcher.messages)
        self.checks.equal(self.name("will_with_a_changed_expiry_is_taken_once"), ([m for _, m in watcher.messages], self.grown(before, "admitted")), ([good], [1]))
        late = self.watcher(self.here)
        late.wait(lambda: late.messages)
        self.checks.equal(self.name("retained_will_is_what_was_proven"), late.messages, [(self.here, good)])
        for _ in range(2):
            client = self.session()
            client.packet(DISCONNECT << 4, b"\x04" + with_length(bytes([EXPIRY]) + struct.pack(">I", 99) + bytes([REASON]) + blob("x")))
            client.drop()
        aliased = self.client()  # a topic alias is no property of a will
        will = with_length(b"\x23\0\1") + blob(self.here) + blob(self.device.will(self.here, text))
        aliased.packet(CONNECT << 4, blob("MQTT") + bytes([5, 2 | 4 | 8 | 128]) + struct.pack(">H", 60)
                       + with_length(b"\x15" + blob(METHOD) + b"\x16" + blob(self.device.connect_data())) + blob(name) + will + blob(name))
        aliased.wait(lambda: "CONNACK" in aliased.acks or aliased.closed, 5)
        code = aliased.acks["CONNACK"][1] if "CONNACK" in aliased.acks else None
        aliased.drop()
        watcher.settle()
        self.checks.note(self.name("will_with_a_topic_alias_opens_no_connection"), code is None or code >= 128, code)
        self.checks.note(self.name("and_is_not_sent"), len(watcher.messages) == 1 and self.is_well(), watcher.messages)
        for each in (watcher, late, client):
            each.drop()

    def run(self):
        for test in (self.topics, self.properties, self.identifiers, self.aliases, self.authentication, self.take_over, self.wills):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)


def passwords(broker):
    path = broker.path / "passwords"
    for name in ("own", "panel"):
        words = ["mosquitto_passwd", "-b", *([] if path.exists() else ["-c"]), str(path), name, "secret"]
        subprocess.run(words, check=True, capture_output=True)
    broker.folder.give(path)
    return f"password_file {path}\n"


def settings(checks, world, version):
    """A password file that has a device's name, and client ids that are user names, over each transport."""
    listeners = Listeners(world, version, passwords, "use_username_as_clientid true\n", anonymous=False)
    here = topic("own")
    for transport, port in listeners.ports.items():
        def connect(client_id, user, password):
            client = raw_mqtt.Client(port, transport)  # noqa: B023
            return client, client.connect(client_id, user, password)
        token = world.fleet.cli("device", "token", "own", "--gate", GATE, "--single-use").stdout.strip()
        thief, refused = connect("own", "own", "secret")
        panel, code = connect("own", "panel", "secret")
        answer = panel.publish(here, payload("own"))
        device, opened = connect("whatever", "own", token)
        taken = device.publish(here, payload("own"))
        second, again = connect("whatever", "own", token)
        goes_on = device.publish(here, payload("own"))
        name = f"_over_{transport}.{version}"
        checks.note("password_file_opens_no_devices_name" + name, refused in NOT_AUTHORISED, refused)
        checks.equal("user_of_it_with_a_devices_client_id_publishes_nothing_governed" + name, (code, answer), (0, DENIED))
        checks.note("single_use_token_opens_one_connection_whose_client_id_is_the_devices" + name,
                    opened == 0 and taken in TAKEN and again in NOT_AUTHORISED and goes_on in TAKEN, (opened, taken, again, goes_on))
        for each in (thief, panel, device, second):
            each.drop()
    listeners.gate.broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--version", action="append", help="of Mosquitto (default: each that is here)")
    options = parser.parse_args()
    checks = Checks("hostile")
    versions = options.version or services.mosquitto_versions()
    world = World(options.build, ["own", *[f"{role}{v.replace('.', '')}{t}" for role in ROLES for v in versions for t in TRANSPORTS]])
    for version in versions:
        listeners = Listeners(world, version)
        for transport in TRANSPORTS:
            if transport in listeners.ports:
                checks.run(f"all_run_through_over_{transport}.{version}", lambda: Suite(checks, world, version, listeners, transport).run())
            else:
                checks.skip(f"all_run_through_over_{transport}.{version}", "this Mosquitto is built without")
        listeners.gate.broker.close()
        checks.run(f"settings_run_through.{version}", settings, checks, world, version)
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
