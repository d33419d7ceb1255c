# SPDX-License-Identifier: Apache-2.0
"""Settings of the broker, and other plugins in it, that might let somebody past the gate; for test_closed_paths.py."""
import subprocess

import raw_mqtt
from world import GATE, TOPIC, payload, services
from fleet import Gate
from stock_client import DENIED, SUCCESS, Client

DEVICES = ["set-a", "set-b", "set-lost-2.0.11", "set-lost-2.0.21"]
HERE = TOPIC.format(device="set-a")


class Settings:
    def __init__(self, checks, world, version):
        self.checks, self.world, self.version = checks, world, version
        self.token = world.fleet.token("set-a")

    def name(self, text):
        return f"{text}.{self.version}"

    def gate(self, prepare=None, **more):
        """A gate whose broker `prepare(broker)` has changed before its start."""
        gate = Gate(self.world.build, self.world.keys / GATE, self.world.kafka, self.version, **{"anonymous": True, **more})
        if prepare:
            prepare(gate.broker)
        gate.start()
        gate.wait_for_control(self.world.fleet.control_count())
        return gate

    def device(self, gate, **more):
        return Client(gate.port, more.pop("client_id", "set-a"), "set-a", self.token, **more)

    def password_file(self):
        """A password of the broker's own opens nothing to a device's name."""
        def prepare(broker):
            path = broker.path / "passwords"
            for name in ("set-a", "panel"):
                words = ["mosquitto_passwd", "-b", *([] if path.exists() else ["-c"]), path, name, "secret"]
                subprocess.run([str(word) for word in words], check=True, capture_output=True)
            broker.folder.give(path)
            broker.extra_conf = f"password_file {path}"
        gate = self.gate(prepare, anonymous=False)
        clients = [Client(gate.port, "set-a", "set-a", "secret"), Client(gate.port, "panel", "panel", "secret"),
                   Client(gate.port, "panel2", "panel", "wrong"), self.device(gate)]
        self.checks.equal(self.name("second_password_file_opens_no_devices_name"), [c.connected for c in clients], [False, True, False, True])
        self.checks.equal(self.name("user_of_a_password_file_publishes_nothing_governed"), clients[1].publish(HERE, payload("set-a")), DENIED)
        for client in clients:
            client.close()
        gate.broker.close()

    def user_name_as_client_id(self):
        gate = self.gate(lambda broker: setattr(broker, "extra_conf", "use_username_as_clientid true"))
        device = self.device(gate, client_id="whatever")
        taken = device.publish(HERE, payload("set-a"))
        thief = Client(gate.port, "x", "set-a", "no token")
        other = Client(gate.port, "set-a", "panel", "secret")
        self.checks.note(self.name("use_username_as_clientid_gives_a_device_its_own_id"), device.connected and taken in SUCCESS, (device.reason, taken))
        self.checks.note(self.name("use_username_as_clientid_opens_no_devices_name"), not thief.connected and device.publish(HERE, payload("set-a")) in SUCCESS,
                         thief.reason)
        for client in (device, thief, other):
            client.close()
        gate.broker.close()

    def pre_shared_keys(self):
        """An identity proves nothing of a device; as a user name it would pass every plugin, so the broker does not start."""
        def conf(broker, more=""):
            path = broker.path / "psk"
            path.write_text("set-a:0123456789abcdef\n")
            broker.folder.give(path)
            self.port = services.free_port()
            broker.extra_conf = f"listener {self.port} 127.0.0.1\npsk_hint hint\npsk_file {path}\n{more}"
        gate = self.gate(conf)
        words = ["mosquitto_pub", "-p", str(self.port), "--psk", "0123456789abcdef", "--psk-identity", "set-a", "-q", "1", "-i", "set-a", "-t", HERE,
                 "-m", payload("set-a")]
        before = gate.fresh_metrics()
        done = [subprocess.run([*words, *more], capture_output=True, text=True, timeout=30).returncode for more in
                ([], ["-u", "set-a", "-P", "x"], ["-u", "set-a", "-P", self.token])]
        now = gate.fresh_metrics()
        self.checks.equal(self.name("pre_shared_key_is_no_proof_of_a_device"), (done[1] != 0, done[2], now["admitted"] - before["admitted"]), (True, 0, 1))
        gate.broker.close()
        broker = services.Mosquitto(self.version, plugin=self.world.build / "attestream.so")
        conf(broker, "use_identity_as_username true")
        self.options(broker)
        code, log = broker.run_until_exit()
        self.checks.note(self.name("identity_of_a_pre_shared_key_as_user_name_stops_the_start"), code != 0 and "use_identity_as_username" in log, log[-600:])
        broker.close()

    def options(self, broker, **more):
        broker.options.update(fleet=broker.add(self.world.keys / GATE), state_folder=broker.make_folder("state"),
                              kafka_bootstrap=self.world.kafka.bootstrap, **more)

    def per_listener(self):
        """Listeners with settings of their own: enforce does not start, observe warns."""
        broker = services.Mosquitto(self.version, plugin=self.world.build / "attestream.so", first_conf="per_listener_settings true")
        self.options(broker)
        code, log = broker.run_until_exit()
        self.checks.note(self.name("per_listener_settings_stop_the_start"), code != 0 and "per_listener_settings" in log, log[-600:])
        broker.close()
        port = services.free_port()
        gate = self.gate(first_conf="per_listener_settings true", extra_conf=f"listener {port} 127.0.0.1\nallow_anonymous true",
                         options={"mode": "observe"})
        self.checks.note(self.name("per_listener_settings_are_warned_of_where_it_observes"),
                         "gate.listener-ungoverned listeners=1" in gate.broker.log.read_text(errors="replace"))
        gate.broker.close()

    def hidden_settings(self):
        """A file of the broker's configuration that it read as root, and its user cannot: who knows what stands in there."""
        hidden = self.world.folder / f"hidden-{self.version}"
        hidden.mkdir(exist_ok=True)
        hidden.chmod(0o755)
        (hidden / "bridge.conf").write_text("per_listener_settings true\n")
        (hidden / "bridge.conf").chmod(0o600)
        broker = services.Mosquitto(self.version, plugin=self.world.build / "attestream.so", first_conf=f"include_dir {hidden}")
        self.options(broker, broker_rules="defer")
        code, log = broker.run_until_exit()
        self.checks.note(self.name("settings_that_the_gate_cannot_read_stop_the_start"), code != 0 and f"{hidden}/bridge.conf" in log, log[-600:])
        broker.close()

    def other_plugin(self, first):
        """One that lets in everybody, allows everything, and publishes by itself."""
        place = "before" if first else "behind"

        def prepare(broker):
            line = f"plugin {broker.add(self.world.build / 'tests/second.so')}"
            setattr(broker, "first_conf" if first else "extra_conf", line)
        gate = self.gate(prepare)
        before = gate.fresh_metrics()
        self.checks.note(self.name(f"plugin_{place}_us_is_warned_of"), "gate.other-plugins plugins=2" in gate.broker.log.read_text(errors="replace"))
        watcher = Client(gate.port, "watcher")
        watcher.subscribe(HERE)
        thief = Client(gate.port, "set-a", "set-a", "no token")
        stranger = Client(gate.port, "stranger", "stranger", "x")
        answers = [each.publish(HERE, payload("set-a")) for each in (thief, stranger) if each.connected]
        self.checks.equal(self.name(f"plugin_{place}_us_lets_no_stranger_publish"),
                          (thief.connected, set(answers)), (first, {DENIED}))
        self.checks.equal(self.name(f"plugin_{place}_us_gets_nothing_admitted"), gate.fresh_metrics()["admitted"] - before["admitted"], 0)
        stranger.publish("second/publish", f"{HERE}\nby the plugin")
        watcher.wait(lambda: watcher.messages)
        self.checks.equal(self.name(f"publish_of_a_plugin_{place}_us_stays_in_the_broker"),
                          (watcher.messages, gate.fresh_metrics()["admitted"] - before["admitted"]), ([(HERE, b"by the plugin")], 0))
        if not first:
            device = self.device(gate)
            self.checks.note(self.name("plugin_behind_us_leaves_devices_alone"), device.publish(HERE, payload("set-a")) in SUCCESS)
            device.close()
        for each in (watcher, thief, stranger):
            each.close()
        gate.broker.close()

    def lost_place(self):
        """With a plugin that asks back, a stranger takes a device out of the broker's index by client id: no receipt reaches it
        any more. It publishes on, and is closed all the same once it is revoked: by its user name."""
        name = f"set-lost-{self.version}"
        here = TOPIC.format(device=name)
        gate = self.gate(lambda broker: setattr(broker, "extra_conf", f"plugin {broker.add(self.world.build / 'tests/second.so')}"))
        client, half = raw_mqtt.Client(gate.port), raw_mqtt.Client(gate.port)
        client.connect(name, name, self.world.fleet.token(name))

        def is_told():
            client.messages.clear()
            client.publish(here, "poison")
            client.settle()
            return len(client.messages) == 1
        told = is_told()
        half.connect(name, method="half", data=b"1")
        asked = "AUTH" in half.acks
        half.drop()
        told_later = [is_told() for _ in range(20)]  # until the broker has noticed that it has gone
        taken = client.publish(here, payload(name)) in SUCCESS
        self.world.fleet.cli("device", "revoke", name)
        self.checks.equal(self.name("client_that_lost_its_place_in_the_index_is_closed_by_its_name"),
                          (told, asked, told_later[-1], taken, client.wait_closed()), (True, True, False, True, True))
        client.drop()
        gate.broker.close()

    def stop(self):
        """A broker that ends sends the wills of all who are connected: none gets into what it keeps."""
        gate = self.gate(lambda broker: setattr(broker, "extra_conf", f"persistence true\npersistence_location {broker.path}/"))
        wills = [(HERE, "not json"), (TOPIC.format(device="set-b"), payload("set-b")), ("office/lamp", "off")]
        devices = [raw_mqtt.Client(gate.port) for _ in wills]
        codes = [device.connect(f"set-a/{i}", "set-a", self.token, will=(*will, 1, True)) for i, (device, will) in enumerate(zip(devices, wills))]
        gate.fresh_metrics()  # it has ticked
        gate.stop()
        gate.start()
        watcher = Client(gate.port, "watcher")
        for each in ("site/#", "office/#"):
            watcher.subscribe(each)
        watcher.wait(lambda: watcher.messages)
        log = gate.broker.log.read_text(errors="replace")
        self.checks.equal(self.name("will_at_a_stop_of_the_broker_reaches_nobody"), (codes, watcher.messages, log.count("reason=stopping")),
                          ([0] * 3, [("office/lamp", b"off")], 2))
        watcher.close()
        gate.broker.close()

    def reads_by_the_brokers_rules(self):
        gate = self.gate(options={"device_reads": "broker_rules"})
        device, panel = self.device(gate), Client(gate.port, "panel")
        device.subscribe("office/#")
        panel.publish("office/lamp", "on")
        device.wait(lambda: device.messages)
        self.checks.equal(self.name("device_reads_by_the_brokers_rules_where_the_gate_says_so"), device.messages, [("office/lamp", b"on")])
        for each in (device, panel):
            each.close()
        gate.broker.close()


def run(checks, world, version):
    settings = Settings(checks, world, version)
    for test, *arguments in ((settings.password_file,), (settings.user_name_as_client_id,), (settings.pre_shared_keys,), (settings.per_listener,),
                             (settings.hidden_settings,),
                             (settings.stop,), (settings.other_plugin, False), (settings.other_plugin, True), (settings.lost_place,),
                             (settings.reads_by_the_brokers_rules,)):
        checks.run(settings.name(f"{test.__name__}{'_first' if arguments == [True] else ''}_runs_through"), test, *arguments)
