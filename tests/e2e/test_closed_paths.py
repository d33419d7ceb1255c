#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ways around the gate, tried by clients that are not stock ones, in real Mosquitto of each version, over TCP, TLS and, where the broker
has them, WebSockets. The device's side is Python's cryptography, no code of ours."""
import argparse
import datetime
import ipaddress
import pathlib
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import closed_paths_kept
import closed_paths_sessions
import closed_paths_settings
import raw_mqtt
from checks import Checks
from frozen import Frozen
from python_device import METHOD, WILL_FIRST, Device
from test_envelope import signed
from world import GATE, ROOT, TOPIC, World, payload, has_websockets, services
from fleet import Gate

NOT_AUTHORISED = (0x87, 5, None)  # MQTT 5, MQTT 3.1.1, and a broker that closes without a word
TAKEN = (0x00, 0x10)
DENIED = 0x87
ROLES = ("will", "gone", "token", "silent", "live", "paused", "kept", "late")
TRANSPORTS = ("tcp", "tls", "websockets")


def topic(device):
    return TOPIC.format(device=device)


def certificate(folder):
    """A listener's key and certificate for 127.0.0.1, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False).sign(key, hashes.SHA256()))
    pem, encoding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    (folder / "tls.crt").write_bytes(made.public_bytes(encoding))
    (folder / "tls.key").write_bytes(key.private_bytes(encoding, pem, serialization.NoEncryption()))


class Listeners:
    """A gate that listens on each transport; `prepare(broker)` gives more lines of its configuration, `each` those of each listener."""

    def __init__(self, world, version, prepare=None, each="", anonymous=True):
        self.gate = Gate(world.build, world.keys / GATE, world.kafka, version, anonymous=anonymous)
        self.ports = dict(zip(TRANSPORTS, (None, *services.free_ports(2))))
        folder = services.TempDir("tls").path
        certificate(folder)
        key, made = (self.gate.broker.add(folder / name) for name in ("tls.key", "tls.crt"))
        conf = f"{each}listener {self.ports['tls']} 127.0.0.1\nkeyfile {key}\ncertfile {made}\n{each}"
        if has_websockets(version):
            conf += f"listener {self.ports['websockets']} 127.0.0.1\nprotocol websockets\n{each}"
        else:
            del self.ports["websockets"]
        self.gate.broker.extra_conf = conf + (prepare(self.gate.broker) if prepare else "")
        self.gate.start()
        self.gate.wait_for_control(world.fleet.control_count())
        self.ports["tcp"] = self.gate.port


class Suite:
    def __init__(self, checks, world, version, listeners, transport):
        self.checks, self.world, self.version, self.transport = checks, world, version, transport
        self.gate, self.port = listeners.gate, listeners.ports[transport]
        self.names = {role: device_name(role, version, transport) for role in ROLES}
        self.tokens = {role: world.fleet.token(name) for role, name in self.names.items()}

    def name(self, text):
        return f"{text}_over_{self.transport}.{self.version}"

    def client(self):
        return raw_mqtt.Client(self.port, self.transport)

    def device(self, role):
        return Device(self.names[role], GATE, self.world.fleet.folder)

    def with_token(self, role, client_id=None, **more):
        client = self.client()
        code = client.connect(client_id or self.names[role], self.names[role], self.tokens[role], **more)
        return client, code

    def watcher(self, *filters):
        client = self.client()
        client.connect(f"watcher-{time.monotonic_ns()}")
        for each in filters:
            client.subscribe(each)
        return client

    def refused(self, reason):
        return self.gate.fresh_metrics()["refused_by_reason"].get(reason, 0)

    def refused_connections(self, reason):
        return self.gate.fresh_metrics()["connections_refused_by_reason"].get(reason, 0)

    def admitted(self):
        return self.gate.fresh_metrics()["admitted"]

    def mentions(self, text):
        return self.gate.broker.log.read_text(errors="replace").count(text)

    # -- wills --

    def wills(self):
        """As the connection's own, where the contract takes that; signed; signed and late; after a take-over."""
        name, here = self.names["will"], topic(self.names["will"])
        watcher, before = self.watcher(here), self.admitted()
        plain = payload(name, temp=20)
        for v5 in (False, True):
            client, code = self.with_token("will", v5=v5, will=(here, plain, 1, False))
            self.checks.equal(self.name(f"will_opens_a_connection_mqtt_{5 if v5 else 3}"), code, 0)
            client.drop()
            watcher.wait(lambda: len(watcher.messages) > v5)
        self.checks.equal(self.name("will_of_the_connection_reaches_subscribers"), watcher.messages, [(here, plain.encode())] * 2)
        self.checks.equal(self.name("will_of_the_connection_is_admitted"), self.admitted() - before, 2)
        device, sent = self.device("will"), []
        for delay in (None, 1):
            client, data = self.client(), device.connect_data()
            sent.append(device.will(here, payload(name, temp=21 + (delay or 0))))
            device.connect(client, data=data, will=(here, sent[-1], 1, False), delay=delay, expiry=30 if delay else None)
            client.drop()
            watcher.wait(lambda: len(watcher.messages) >= 2 + len(sent))
        self.checks.equal(self.name("will_signed_reaches_subscribers_also_after_a_delay"), [m for _, m in watcher.messages[2:]], sent)
        first, code = self.with_token("will", will=(here, plain, 1, False))
        second, code = self.with_token("will")
        watcher.wait(lambda: len(watcher.messages) >= 5)
        self.checks.equal(self.name("will_of_a_connection_that_is_taken_over_is_admitted"), (code, len(watcher.messages), self.admitted() - before), (0, 5, 5))
        second.disconnect()
        client, _ = self.with_token("will", will=(here, plain, 1, False))
        client.disconnect()
        watcher.settle()
        self.checks.equal(self.name("will_of_a_connection_that_said_goodbye_is_not_sent"), len(watcher.messages), 5)
        first.drop()
        watcher.disconnect()
        self.will_record(device)

    def will_record(self, device):
        """Kafka's record of a signed will proves itself to outsiders, as that of a publish does."""
        self.gate.wait_for_forwarding()
        found = [r for r in self.world.dump("telemetry.env-sensor") if r.header("ats_sequence") == str(WILL_FIRST + device.counter)]
        self.checks.equal(self.name("will_is_in_kafka_once"), len(found), 1)
        fields = dict(found[0].headers)
        text = signed(device.name, GATE, topic(device.name), 1, 0, WILL_FIRST + device.counter, int(fields["ats_time"]), fields["ats_payload"])
        device.key.public_key().verify(fields["ats_signature"], text)

    def bad_wills(self):
        name, here = self.names["will"], topic(self.names["will"])
        watcher, before, device = self.watcher(here), self.admitted(), self.device("will")
        cases = {}

        def die(what, reason, will, delay=None, **more):
            was = self.refused(reason)
            client = self.client()
            data = more.pop("data", None)
            if data:
                code = device.connect(client, data=data, will=will, delay=delay, expiry=30)
            else:
                code = client.connect(name, name, self.tokens["will"], will=will, delay=delay, expiry=30 if delay else None)
            client.drop()
            self.gate.wait_for(f"refusing {what}", lambda m: m["refused_by_reason"].get(reason, 0) > was)
            cases[what] = code
        plain = payload(name)
        die("a_plain_one_after_a_delay", "will", (here, plain, 1, False), delay=1)
        data = device.connect_data()
        die("a_plain_one_of_a_session", "proof-weak", (here, plain, 1, False), data=data)
        data = device.connect_data()
        die("one_of_an_earlier_connect", "will-replayed", (here, device.will(here, plain, device.counter - 1), 1, False), data=data)
        data = device.connect_data()
        die("one_with_a_publishs_sequence", "sequence-space", (here, device.envelope(7, here, plain), 1, False), data=data)
        data = device.connect_data()
        die("one_whose_retain_flag_was_set_on_the_way", "proof-wrong", (here, device.will(here, plain), 1, True), data=data)
        other = topic(self.names["live"])
        die("one_on_another_devices_topic", "topic-device", (other, plain, 1, False))
        self.checks.equal(self.name("wills_that_prove_nothing_are_refused"), set(cases.values()), {0})
        thief = self.client()  # knows a will, and not the key
        code = thief.connect(name, name, "no token", will=(here, device.will(here, plain, device.counter + 9), 1, False))
        thief.drop()
        self.checks.note(self.name("will_of_a_connection_that_is_not_let_in_is_not_sent"), code in NOT_AUTHORISED, code)
        stranger, was = self.client(), self.refused("will")
        stranger.connect(f"stranger-{time.monotonic_ns()}", will=(here, device.will(here, plain, device.counter + 9), 1, False))
        stranger.drop()
        self.gate.wait_for("refusing a stranger's will", lambda m: m["refused_by_reason"].get("will", 0) > was)
        client, _ = self.with_token("will")
        answer = client.publish(here, device.will(here, plain, device.counter + 9))
        self.checks.equal(self.name("publish_with_a_wills_sequence_is_refused"), (answer, self.refused("sequence-space") > 0), (DENIED, True))
        watcher.settle()
        self.checks.equal(self.name("wills_that_are_refused_reach_nobody"), (watcher.messages, self.admitted() - before), ([], 0))
        for each in (watcher, client):
            each.disconnect()

    # -- revocation --

    def revocation(self):
        """Who publishes is refused at the first publish and closed; who is silent gets nothing more and is closed; wills die with them."""
        here = topic(self.names["gone"])
        gone, code = self.with_token("gone", will=(here, payload(self.names["gone"]), 1, False))
        silent, quiet = self.client(), self.device("silent")
        held = self.client()
        held_device = self.device("token")
        data = held_device.connect_data()
        held_device.connect(held, data=data, will=(topic(held_device.name), held_device.will(topic(held_device.name), payload(held_device.name)), 1, False),
                            delay=5, expiry=60)
        held.drop()
        elsewhere = f"office/{held_device.name}"
        other, _ = self.with_token("token", client_id=held_device.name + "/2", will=(elsewhere, "gone", 1, False), delay=5, expiry=60)
        other.drop()
        codes = (code, quiet.connect(silent), silent.subscribe(f"commands/{quiet.name}/#"))
        self.checks.equal(self.name("revocation_finds_live_sessions"), (codes, gone.publish(here, payload(self.names["gone"])) in TAKEN), ((0, 0, 1), True))
        watcher, before = self.watcher(here, topic(held_device.name), "office/#"), self.admitted()
        listing = self.world.folder / "revoked.txt"
        listing.write_text("\n".join(self.names[role] for role in ("gone", "silent", "token")) + "\n")
        writer = self.client()
        writer.connect(f"writer-{time.monotonic_ns()}")
        writer.publish(f"commands/{quiet.name}/before", "1")
        silent.wait(lambda: silent.messages)
        with Frozen(self.gate.pid):  # so that the broker has the record and the command at once, and its session still open
            self.world.fleet.cli("device", "revoke", quiet.name)
            self.gate.wait_for_control(self.world.fleet.control_count())
            writer.send_publish(f"commands/{quiet.name}/after", "1")
        self.checks.note(self.name("revoked_and_silent_is_closed"), silent.wait_closed())
        self.checks.equal(self.name("revoked_and_silent_gets_nothing"), silent.messages, [(f"commands/{quiet.name}/before", b"1")])
        for role in ("token", "gone"):  # who publishes last: it is closed if it says nothing for a second
            self.world.fleet.cli("device", "revoke", self.names[role])
        answers, begun = [], time.monotonic()
        while not gone.closed and time.monotonic() - begun < 30 and (not answers or answers[-1] in TAKEN):
            answers.append(gone.publish(here, payload(self.names["gone"])))
        refused_at = time.monotonic()
        closed = gone.wait_closed()
        print(f"     closed {1000 * (time.monotonic() - refused_at):.0f} ms after the first refused publish over {self.transport} ({self.version})", flush=True)
        self.checks.note(self.name("revoked_in_mid_stream_is_refused_and_closed"), closed and answers[-1] in (DENIED, None), answers[-3:])
        if self.transport == "websockets":
            watcher.settle()  # the tick that closed it is over
            said = self.mentions(f'session.hung-up name="{self.names["gone"]}"')
            self.checks.note(self.name("its_socket_is_not_left_to_the_brokers_loop"), said > 0, said)
        self.gate.wait_for("refusing the wills", lambda m: m["refused_by_reason"].get("device-revoked", 0) >= 2)
        for where in (topic(held_device.name), elsewhere):
            self.gate.wait_for(f"the will on {where}", lambda _: self.mentions(f'topic="{where}" reason=device-revoked') > 0)
        admitted = sum(a in TAKEN for a in answers)
        watcher.wait(lambda: len(watcher.messages) >= admitted)  # the broker sends 20 before it is acknowledged one
        watcher.settle()
        self.checks.equal(self.name("revoked_devices_wills_reach_nobody"),
                          (self.admitted() - before, [t for t, _ in watcher.messages].count(topic(held_device.name)), len(watcher.messages)), (admitted, 0, admitted))
        back, code = self.with_token("gone")
        self.checks.note(self.name("revoked_device_does_not_come_back"), code in NOT_AUTHORISED, code)
        for each in (watcher, writer, back):
            each.drop()

    # -- who it is --

    def names_are_the_keys(self):
        """User name and client id are bound to the key that was proven."""
        device, live = self.device("live"), self.names["live"]
        cases = {
            "user_name_of_another": lambda c: c.connect(live, "admin", method=METHOD, data=device.connect_data(user="admin")),
            "client_id_of_another": lambda c: c.connect("somebody", live, method=METHOD, data=device.connect_data("somebody")),
            "client_id_that_was_not_signed": lambda c: c.connect(live + "/2", live, method=METHOD, data=device.connect_data()),
            "token_under_another_name": lambda c: c.connect("admin", "admin", self.tokens["live"]),
            "token_with_another_client_id": lambda c: c.connect("somebody", live, self.tokens["live"]),
            "client_id_of_a_device_that_is_away": lambda c: c.connect(live),
            "client_id_below_a_device": lambda c: c.connect(live + "/queue", clean=False, expiry=60),
        }
        for what, connect in cases.items():
            client = self.client()
            code = connect(client)
            self.checks.note(self.name(f"{what}_is_refused"), code in NOT_AUTHORISED, code)
            client.drop()
        client = self.client()
        code = client.connect(live, None, method=METHOD, data=device.connect_data(user=""))
        device.accept(client.answer())
        answer = client.publish(topic(live), payload(live), proof=device.tag(topic(live), payload(live)))
        self.checks.note(self.name("device_without_a_user_name_gets_its_own"), code == 0 and answer in TAKEN, (code, answer))
        client.disconnect()

    def live_session(self):
        """A replayed CONNECT, the attack that takes a client out of the broker's index, and re-authentication, while a session lives."""
        device, here, client = self.device("live"), topic(self.names["live"]), self.client()
        data = device.connect_data()
        device.connect(client, data=data)

        def publish():
            return client.publish(here, payload(device.name), proof=device.tag(here, payload(device.name)))
        replay = self.client()
        code = replay.connect(device.name, device.name, method=METHOD, data=data)
        self.checks.note(self.name("replayed_connect_is_refused"), code in NOT_AUTHORISED and publish() in TAKEN, code)
        attacker = self.client()
        attacker.connect(device.name, method=METHOD, data=b"\1garbage")
        attacker.drop()
        half = self.client()
        half.connect(device.name, method="SCRAM-SHA-256", data=b"n,,n=x")
        half.drop()
        self.checks.note(self.name("client_that_lost_its_place_in_the_index_publishes_on"), publish() in TAKEN)
        old = device.session
        code = client.reauthenticate(METHOD, device.connect_data())
        renewed = code == 0
        if renewed:
            device.accept(client.answer("AUTH"))
        self.checks.note(self.name("reauthentication_renews_the_session"), renewed and device.session != old and publish() in TAKEN, code)
        other = self.device("will")
        code = client.reauthenticate(METHOD, other.connect_data(device.name, other.name))
        self.checks.note(self.name("reauthentication_as_another_device_ends_the_connection"), code is None and client.wait_closed(), code)
        client.drop()
        device.connect(client := self.client())
        code = client.reauthenticate(METHOD, data)
        self.checks.note(self.name("reauthentication_with_an_old_connect_ends_the_connection"), code is None and client.wait_closed(), code)
        replay.drop()

    # -- what is read and written --

    def reads(self):
        name, (client, _) = self.names["live"], self.with_token("live")
        other = self.names["will"]
        wanted = {f"ats/receipts/{name}": True, f"commands/{name}/#": True, f"commands/{other}/#": False, "commands/+/x": False, "#": False,
                  f"ats/receipts/{other}": False, topic(other): False, "$SYS/#": False, f"$share/g/commands/{name}/#": False, "$share/g/#": False}
        given = {each: client.subscribe(each) in (0, 1, 2) for each in wanted}
        self.checks.equal(self.name("device_subscribes_to_its_own_receipts_and_commands_alone"), given, wanted)
        writer = self.client()
        writer.connect(f"writer-{time.monotonic_ns()}")
        for target in (other, name):
            writer.publish(f"commands/{target}/speed", "7")
        receipts = f"ats/receipts/{name}"  # of the subscriptions that were refused
        client.wait(lambda: any(each != receipts for each, _ in client.messages))
        client.settle()
        self.checks.equal(self.name("device_gets_its_own_commands_alone"), [each for each in client.messages if each[0] != receipts],
                          [(f"commands/{name}/speed", b"7")])
        shared = {each: writer.subscribe(each) in (0, 1, 2) for each in ("$share/g/ats/#", f"$share/g/ats/receipts/{name}", "$share/g/office/#")}
        self.checks.equal(self.name("nobody_shares_receipts"), list(shared.values()), [False, False, True])
        answers = [client.publish(each, "{}") for each in ("$CONTROL/dynamic-security/v1", "$SYS/broker/uptime", "ats/receipts/" + name)]
        self.checks.equal(self.name("device_publishes_to_no_topic_of_broker_or_gate"), answers, [DENIED] * 3)
        for each in (client, writer):
            each.disconnect()

    def restored(self):
        """What the broker keeps for a device goes to that device alone."""
        name = self.names["live"]
        client, _ = self.with_token("live", client_id=name + "/kept", clean=False, expiry=300)
        client.subscribe(f"commands/{name}/#")
        client.drop()
        writer = self.client()
        writer.connect(f"writer-{time.monotonic_ns()}")
        writer.publish(f"commands/{name}/secret", "1")
        thief = self.client()
        code = thief.connect(name + "/kept", clean=False, expiry=300)
        other, other_code = self.with_token("will", client_id=name + "/kept", clean=False, expiry=300)
        self.checks.note(self.name("queue_of_a_device_is_nobody_elses"), {code, other_code} <= set(NOT_AUTHORISED) and not thief.messages + other.messages,
                         (code, other_code, thief.messages))
        back, code = self.with_token("live", client_id=name + "/kept", clean=False, expiry=300)
        back.wait(lambda: back.messages)
        self.checks.equal(self.name("queue_of_a_device_is_its_own"), (code, back.messages), (0, [(f"commands/{name}/secret", b"1")]))
        for each in (thief, other, writer, back):
            each.drop()

    def aliases(self):
        """A topic alias stands for the topic that it resolves to, under which the publish is judged."""
        name, (client, _) = self.names["live"], self.with_token("live")
        other = self.names["will"]
        watcher = self.watcher(topic(name), topic(other))
        answers = [client.publish(topic(name), payload(name), alias=1), client.publish("", payload(name), alias=1),
                   client.publish(topic(other), payload(other), alias=2), client.publish("", payload(other), alias=2)]
        self.checks.equal(self.name("topic_alias_is_judged_as_its_topic"), [a in TAKEN for a in answers], [True, True, False, False])
        watcher.wait(lambda: len(watcher.messages) >= 2)
        watcher.settle()
        self.checks.equal(self.name("topic_alias_reaches_the_same_subscribers"), {t for t, _ in watcher.messages}, {topic(name)})
        self.device("live")
        watcher.disconnect()
        client.drop()

    def run(self):
        for test in (self.wills, self.bad_wills, self.names_are_the_keys, self.live_session, self.reads, self.restored, self.aliases,
                     self.revocation):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        for test in closed_paths_sessions.TESTS:
            self.checks.run(self.name(test.__name__ + "_runs_through"), test, self)


def device_name(role, version, transport):
    return f"{role}{version.replace('.', '')}{transport}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--version", action="append", help="of Mosquitto (default: each that is here)")
    options = parser.parse_args()
    checks = Checks("closed-paths")
    versions = options.version or services.mosquitto_versions()
    names = [device_name(role, v, t) for role in ROLES for v in versions for t in TRANSPORTS]
    world = World(options.build, [*names, *closed_paths_settings.DEVICES, *closed_paths_kept.DEVICES])
    for version in versions:
        listeners = Listeners(world, version)
        for transport in TRANSPORTS:
            if transport in listeners.ports:
                checks.run(f"all_run_through_over_{transport}.{version}", lambda: Suite(checks, world, version, listeners, transport).run())
            else:
                checks.skip(f"all_run_through_over_{transport}.{version}", "this Mosquitto is built without")
        listeners.gate.broker.close()
        checks.run(f"settings_run_through.{version}", closed_paths_settings.run, checks, world, version)
        checks.run(f"kept_run_through.{version}", closed_paths_kept.run, checks, world, version)
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
