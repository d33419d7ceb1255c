# SPDX-License-Identifier: Apache-2.0
"""What a broker keeps over a restart, what it had kept before it got a gate, and bridges; for test_closed_paths.py."""
import contextlib

import raw_mqtt
from closed_paths_settings import Settings
from python_device import Device
from world import GATE, TOPIC, payload, services
from fleet import Gate, wait_until

DEVICES = ["kept-a", "kept-b", "kept-r"]
NOT_AUTHORISED = (0x87, 5, None)
TAKEN = (0x00, 0x10)
DENIED = 0x87
ALL = ("commands/#", "site/#", "office/#", "ats/#")


def topic(device):
    return TOPIC.format(device=device)


class Kept(Settings):
    """A gate that is restarted, with sessions in it that are older than the gate."""

    def __init__(self, checks, world, version):
        super().__init__(checks, world, version)
        self.tokens = {name: world.fleet.token(name) for name in DEVICES}
        self.gone = f"kept-r{version.replace('.', '')}"
        world.fleet.cli("device", "add", self.gone)
        self.tokens[self.gone] = world.fleet.token(self.gone)

    def connect(self, name, client_id=None, clean=True, password=None, user=None):
        """(client, CONNACK's code) of a device with its token, or of somebody with another user name and password."""
        client = raw_mqtt.Client(self.port)
        code = client.connect(client_id or name, name if user is None else user, password or self.tokens.get(name), clean=clean,
                              expiry=None if clean else 3600)
        return client, code

    def write(self, *topics):
        client = raw_mqtt.Client(self.port)
        client.connect("writer", "writer", "x")
        for where in topics:
            client.publish(where, where)
        client.disconnect()

    def before_the_gate(self):
        """Sessions of whoever took a device's client id, with and without its user name, subscribed to everything."""
        broker = self.open.broker
        plugin, broker.plugin = broker.plugin, None
        broker.start()
        self.port = broker.port
        for client_id, user in (("kept-a", ""), ("kept-a/2", "kept-a")):
            client, _ = self.connect("kept-a", client_id, clean=False, password="x", user=user)
            for each in ALL:
                client.subscribe(each)
            client.drop()
        self.write("commands/kept-b/old", topic("kept-b"), "office/old")
        broker.stop()
        broker.plugin = plugin

    def older_than_the_gate(self):
        """They are the device's from then on, and give it what it may read alone; nobody else gets them."""
        self.open = Gate(self.world.build, self.world.keys / GATE, self.world.kafka, self.version, anonymous=True)
        self.open.broker.extra_conf = f"persistence true\npersistence_location {self.open.broker.path}/"
        self.before_the_gate()
        self.open.start()
        self.open.wait_for_control(self.world.fleet.control_count())
        device, _ = self.connect("kept-b")
        published = device.publish(topic("kept-b"), payload("kept-b")) in TAKEN
        device.disconnect()
        self.write("commands/kept-b/new", "commands/kept-a/new", "office/new")
        thieves = [self.connect("kept-a", user="", password="x", clean=False), self.connect("kept-b", "kept-a/2", clean=False)]
        self.checks.note(self.name("session_older_than_the_gate_is_nobody_elses"),
                         all(code in NOT_AUTHORISED and not thief.messages for thief, code in thieves), [code for _, code in thieves])
        found, codes, dropped = [], [], []
        for client_id in ("kept-a", "kept-a/2"):
            client, code = self.connect("kept-a", client_id, clean=False)
            codes.append(code)
            self.write("commands/kept-b/now", "commands/kept-a/now", "office/now")
            client.wait(lambda: any(where == "commands/kept-a/now" for where, _ in client.messages))
            client.settle()
            found += [where for where, _ in client.messages]
            dropped += [client.unsubscribe(each) for each in ALL]
            client.drop()
        self.checks.equal(self.name("subscriptions_older_than_the_gate_give_a_device_its_own_commands_alone"),
                          (codes, published, {where for where in found if not where.startswith("commands/kept-a/")}, found.count("commands/kept-a/now") >= 2),
                          ([0, 0], True, set(), True))
        self.checks.equal(self.name("subscriptions_older_than_the_gate_can_be_given_up"), dropped, [0] * 2 * len(ALL))
        for thief, _ in thieves:
            thief.drop()

    def over_a_restart(self):
        """What the broker stored for a device is given to it alone, and to nobody once it is revoked; keys of sessions are gone."""
        for name in ("kept-a", self.gone):
            client, _ = self.connect(name, name + "/own", clean=False)
            client.subscribe(f"commands/{name}/#")
            client.drop()
        self.write(f"commands/{self.gone}/secret", "commands/kept-a/secret")
        device, first = Device("kept-b", GATE, self.world.fleet.folder), raw_mqtt.Client(self.port)
        device.connect(first)
        text = payload("kept-b", temp=20.5)
        tag = device.tag(topic("kept-b"), text)
        self.open.stop()
        self.open.start()
        self.world.fleet.cli("device", "revoke", self.gone)
        self.open.wait_for_control(self.world.fleet.control_count())
        again = raw_mqtt.Client(self.port)
        code = device.connect(again)
        answers = [again.publish(topic("kept-b"), text, proof=tag), again.publish(topic("kept-b"), text, proof=device.tag(topic("kept-b"), text)) in TAKEN]
        self.checks.equal(self.name("packet_of_a_session_before_a_restart_is_refused"),
                          (code, answers, self.open.fresh_metrics()["refused_by_reason"].get("proof-session")), (0, [DENIED, True], 1))
        thief, stranger = self.connect("kept-b", "kept-a/own", clean=False), self.connect("kept-a", "kept-a/own", clean=False, user="panel", password="x")
        revoked = self.connect(self.gone, self.gone + "/own", clean=False)
        others = (thief, stranger, revoked)
        self.checks.note(self.name("stored_queue_is_nobody_elses_and_no_revoked_devices"),
                         all(code in NOT_AUTHORISED and not client.messages for client, code in others), [code for _, code in others])
        own, code = self.connect("kept-a", "kept-a/own", clean=False)
        own.wait(lambda: own.messages)
        own.settle()
        self.checks.equal(self.name("stored_queue_is_its_devices"), (code, own.messages), (0, [("commands/kept-a/secret", b"commands/kept-a/secret")]))
        for each in (first, again, own, *(client for client, _ in others)):
            each.drop()
        self.open.broker.close()

    # -- bridges --

    def bridge(self, conf):
        return services.Mosquitto(self.version, extra_conf=f"connection line\n{conf}cleansession false\nnotifications false\nrestart_timeout 1\n")

    def envelope(self, device, sequence):
        return device.envelope(sequence, topic(device.name), payload(device.name, temp=20 + sequence % 10))

    def fetched(self):
        """A bridge of the gate's own broker brings what another broker has: Mosquitto asks no plugin whether it may, but the gate judges it."""
        with contextlib.ExitStack() as stack:
            other = stack.enter_context(services.Mosquitto(self.version))
            other.start()
            conf = f"connection down\naddress 127.0.0.1:{other.port}\ntopic # in 1\nnotifications false\nrestart_timeout 1\n"
            gate = self.gate(lambda broker: setattr(broker, "extra_conf", conf))
            stack.callback(gate.broker.close)
            watcher, behind = raw_mqtt.Client(gate.port), raw_mqtt.Client(other.port)
            watcher.connect("watcher")
            behind.connect("behind")
            for each in ("site/#", "office/#", "ats/#"):
                watcher.subscribe(each)
            wait_until("the bridge to fetch", lambda: behind.publish("office/0", "x") is not None and watcher.wait(lambda: watcher.messages, 0.2))
            before, device = gate.fresh_metrics(), Device("kept-a", GATE, self.world.fleet.folder)
            sent = {"plain": (topic("kept-a"), payload("kept-a")), "signed": (topic("kept-a"), self.envelope(device, 1)),
                    "receipt": ("ats/receipts/kept-a", "{}"), "other": ("office/1", "x")}
            for where, text in sent.values():
                behind.publish(where, text)
            watcher.wait(lambda: ("office/1", b"x") in watcher.messages)
            now = gate.fresh_metrics()
            self.checks.equal(self.name("what_the_gates_own_bridge_fetches_is_judged"),
                              ({where for where, _ in watcher.messages}, now["admitted"] - before["admitted"],
                               now["refused_by_reason"].get("unproven", 0) - before["refused_by_reason"].get("unproven", 0)), ({"office/0", "office/1"}, 0, 3))
            watcher.drop()
            behind.drop()

    def carried(self):
        """A bridge of MQTT 3.1.1 that brings signed envelopes: a device's own, logged in as it, are its signed publishes, others are nobody's."""
        gate, device = self.gate(), Device("kept-a", GATE, self.world.fleet.folder)
        login = f"remote_clientid kept-a/line\nremote_username kept-a\nremote_password {self.tokens['kept-a']}\n"
        with contextlib.ExitStack() as stack:
            stack.callback(gate.broker.close)
            ours, strange = (stack.enter_context(self.bridge(f"address 127.0.0.1:{gate.port}\n{more}topic {topic('kept-a')} out 1\n")) for more in (login, ""))
            clients = []
            for broker in (ours, strange):
                broker.start()
                clients.append(raw_mqtt.Client(broker.port))
                clients[-1].connect("behind")
            first = int(self.version.replace(".", "")) * 10
            clients[1].publish(topic("kept-a"), self.envelope(device, first + 1))
            gate.wait_for("refusing the strange bridge's", lambda m: m["refused_by_reason"].get("unproven", 0) == 1)
            clients[0].publish(topic("kept-a"), self.envelope(device, first + 2))
            gate.wait_for("admitting the device's", lambda m: m["admitted"] == 1)
            gate.wait_for_forwarding()
            found = [r.header("ats_proof") for n in (1, 2) for r in self.world.dump("telemetry.env-sensor")
                     if r.header("ce_subject") == "kept-a" and r.header("ats_sequence") == str(first + n)]
            self.checks.equal(self.name("envelope_over_a_bridge_is_its_devices_where_it_logs_in_as_it"), found, ["signature"])
            for client in clients:
                client.drop()

    def names_of_certificates(self):
        """With it the broker asks no plugin who may connect; test_gate_paths.py has the same for use_identity_as_username."""
        broker = services.Mosquitto(self.version, plugin=self.world.build / "attestream.so", extra_conf="use_subject_as_username true")
        self.options(broker)
        code, log = broker.run_until_exit()
        self.checks.note(self.name("use_subject_as_username_stops_the_start"), code != 0 and "use_subject_as_username" in log, log[-600:])
        broker.close()


def run(checks, world, version):
    kept = Kept(checks, world, version)
    for test in (kept.older_than_the_gate, kept.over_a_restart, kept.fetched, kept.carried, kept.names_of_certificates):
        checks.run(kept.name(f"{test.__name__}_runs_through"), test)
