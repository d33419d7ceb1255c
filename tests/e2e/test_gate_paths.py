#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The ways by which a publish reaches the broker, or may pass the plugin by, in real Mosquitto of each version."""
import argparse
import json
import os
import pathlib
import sys

import raw_mqtt
from checks import Checks
from frozen import Frozen
from world import GATE, ROOT, TOPIC, World, payload, services
from stock_client import DENIED, SUCCESS, V311, Client

DEVICES = ["dev-a", "dev-b"]


def topic(device):
    return TOPIC.format(device=device)


class Paths:
    def __init__(self, checks, world, version):
        self.checks, self.world, self.version = checks, world, version
        self.gate = None
        self.tokens = {d: world.fleet.token(d) for d in DEVICES}

    def name(self, text):
        return f"{text}.{self.version}"

    def client(self, gate, device, **more):
        return Client(gate.port, device, device, self.tokens[device], **more)

    def watcher(self, port, *filters):
        client = Client(port, f"watcher-{port}")
        for each in filters:
            client.subscribe(each)
        return client

    # -- one gate --

    def retained(self):
        """The broker keeps what was admitted, for those who subscribe later, also when the publisher is gone."""
        before = self.gate.fresh_metrics()
        device = self.client(self.gate, "dev-a")
        good = payload("dev-a", temp=24.5)
        answers = [device.publish(topic("dev-a"), data, retain=True) for data in (good, "not json")]
        self.checks.note(self.name("retained_publish_is_judged"), answers[0] in SUCCESS and answers[1] == DENIED, answers)
        device.close()
        watcher = self.watcher(self.gate.port, topic("dev-a"))
        watcher.wait(lambda: watcher.messages)
        self.checks.equal(self.name("retained_publish_reaches_later_subscribers"), watcher.messages, [(topic("dev-a"), good.encode())])
        watcher.close()
        now = self.gate.fresh_metrics()
        self.checks.equal(self.name("retained_publish_counts_once"), [now[k] - before[k] for k in ("published", "admitted", "quarantined", "refused")],
                          [2, 1, 1, 0])

    def qos_2(self):
        """A replay at QoS 2 never reaches Kafka; that local subscribers get it again is a limit that docs/gate.md states."""
        watcher = self.watcher(self.gate.port, topic("dev-b"))
        for qos, seen in ((1, 2), (2, 3)):
            before, count = self.gate.fresh_metrics(), len(watcher.messages)
            plan = [{"device": "dev-b", "topic": topic("dev-b"), "payload": payload("dev-b", temp=20 + i), "act": act}
                    for i, act in enumerate(("publish", "repeat", "publish"))]
            load = self.world.load(self.gate, plan, "--proof", "mac", "--qos", qos)
            now = self.gate.fresh_metrics()
            grown = {k: now[k] - before[k] for k in ("admitted", "duplicates", "refused")}
            self.checks.equal(self.name(f"qos_{qos}_replay_is_a_duplicate"), (load["accepted"], grown),
                              (3, {"admitted": 2, "duplicates": 1, "refused": 0}))
            watcher.wait(lambda: len(watcher.messages) >= count + seen)
            self.checks.equal(self.name(f"qos_{qos}_replay_at_local_subscribers"), len(watcher.messages) - count, seen)
        watcher.close()

    def reload(self):
        """SIGHUP: the broker asks again for everybody who is connected."""
        device = self.client(self.gate, "dev-a", protocol=V311)
        device.publish(topic("dev-a"), payload("dev-a"))
        before = self.gate.fresh_metrics()["admitted"]
        plan = [{"device": "dev-b", "topic": topic("dev-b"), "payload": payload("dev-b", ts=1600000000 + i)} for i in range(1200)]
        load, result = self.world.load(self.gate, plan, "--proof", "mac", "--rate", 400, wait=False)
        self.gate.wait_for("publishes before the reload", lambda m: m["admitted"] > before)
        self.gate.broker.reload()
        self.gate.broker.wait_for_text("Reloading config")
        self.checks.note(self.name("reload_meets_a_device_that_publishes"), load.running)
        answer = device.publish(topic("dev-a"), payload("dev-a"))
        self.checks.note(self.name("reload_keeps_sessions_of_tokens"), answer in SUCCESS and device.connected, answer)
        load.wait()
        self.checks.equal(self.name("reload_keeps_sessions_of_attestream_1"), json.loads(result.read_text())["accepted"], len(plan))
        device.close()

    def bridge(self):
        """A stock bridge is no device: it is refused on governed topics, once, and goes on with the others."""
        before = self.gate.fresh_metrics()["refused_by_reason"].get("unproven", 0)
        watcher = self.watcher(self.gate.port, "office/#", "site/+/dev-b/env")
        bridge = services.Mosquitto(self.version, extra_conf=f"connection up\naddress 127.0.0.1:{self.gate.port}\ntopic # out 1\n"
                                    "cleansession false\nnotifications false\nrestart_timeout 1\n")
        bridge.start()
        client = Client(bridge.port, "behind-the-bridge")
        for name in (topic("dev-b"), "office/1", topic("dev-b"), "office/2"):
            client.publish(name, payload("dev-a"))
        watcher.wait(lambda: ("office/2", payload("dev-a").encode()) in watcher.messages)
        self.checks.equal(self.name("bridge_brings_other_topics_past_what_is_refused"), [t for t, _ in watcher.messages], ["office/1", "office/2"])
        after = self.gate.fresh_metrics()["refused_by_reason"].get("unproven", 0)
        self.checks.equal(self.name("bridge_is_refused_once_for_each_governed_publish"), after - before, 2)
        for each in (watcher, client, bridge):
            each.close()

    def other_users(self):
        panel = Client(self.gate.port, "panel", "panel", "v1.2.3")
        self.checks.note(self.name("user_whose_password_looks_like_a_token_is_left_to_the_broker"), panel.connected, panel.reason)
        panel.close()

    # -- gates of other settings --

    def place_in_memory(self):
        """Connections that come and go at one place in memory are devices nonetheless."""
        gate = self.world.gate(self.version, anonymous=True)
        answers = []
        for _ in range(10):
            client = self.client(gate, "dev-a", protocol=V311)
            answers.append(client.publish(topic("dev-a"), payload("dev-a")))
            client.close()
        found = gate.fresh_metrics()
        self.checks.note(self.name("connections_at_one_place_in_memory_are_acknowledged"), all(a in SUCCESS for a in answers), answers)
        self.checks.equal(self.name("connections_at_one_place_in_memory_are_admitted"), (found["admitted"], found["refused"]), (10, 0))
        gate.broker.close()

    def names_of_certificates(self):
        broker = services.Mosquitto(self.version, plugin=self.world.build / "attestream.so", extra_conf="use_identity_as_username true")
        broker.options.update(fleet=broker.add(self.world.keys / GATE), state_folder=broker.make_folder("state"),
                              kafka_bootstrap=self.world.kafka.bootstrap)
        code, log = broker.run_until_exit()
        self.checks.note(self.name("names_of_certificates_stop_the_start"), code != 0 and "use_identity_as_username" in log, log[-600:])
        broker.close()

    def folders(self):
        """A folder that is not there, or not for the broker's user, ends the start with one line that names path and user."""
        broker = services.Mosquitto(self.version, plugin=self.world.build / "attestream.so")
        good, closed = broker.add(self.world.keys / GATE), broker.make_folder("closed")
        user = closed.stat().st_uid
        if user != os.getuid():
            os.chown(closed, os.getuid(), os.getgid())
        closed.chmod(0o700 if user != os.getuid() else 0o500)
        broker.options.update(kafka_bootstrap=self.world.kafka.bootstrap)

        def told(fleet, state):
            broker.options.update(fleet=fleet, state_folder=state)
            code, log = broker.run_until_exit()
            return code, [line for line in log.splitlines() if "attestream: plugin_opt_" in line][-1:]
        code, line = told(broker.path / "nothing", closed)
        self.checks.note(self.name("a_fleet_folder_that_is_not_there_is_told"), code != 0 and line and f"plugin_opt_fleet {broker.path / 'nothing'}" in line[0] and "No such file" in line[0], line)
        code, line = told(good, closed / "state")
        self.checks.note(self.name("a_state_folder_that_the_brokers_user_may_not_write_is_told_with_path_and_user"), code != 0 and line and
                         f"plugin_opt_state_folder {closed / 'state'}" in line[0] and f"as user {user}:" in line[0], line)
        broker.close()

    def run(self):
        self.gate = self.world.gate(self.version, anonymous=True)
        tests = [self.retained, self.qos_2, self.reload, self.bridge, self.other_users]
        for test in tests:
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        self.gate.broker.close()
        for test in (self.place_in_memory, self.names_of_certificates, self.folders):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)


def revoked_gate(checks, world):
    """A gate that is revoked says so, lets no device in, and closes those that are there, also who says nothing."""
    gate = world.gate(anonymous=True)
    tokens = {name: world.fleet.token(name) for name in DEVICES}
    device, silent = (raw_mqtt.Client(gate.port) for _ in DEVICES)
    for name, client in zip(DEVICES, (device, silent)):
        client.connect(name, name, tokens[name])
    with Frozen(gate.pid):  # so that the publish is the first that it sees
        world.fleet.cli("gate", "revoke", GATE)
        gate.wait_for_control(world.fleet.control_count())
        device.send_publish(topic("dev-a"), payload("dev-a"))
    closed = [client.wait_closed() for client in (device, silent)]
    checks.equal("revoked_gate_refuses_publishes", device.acks.get(device.mid), DENIED)
    reasons = [json.loads(data)["reason"] for name, data in device.messages if name == "ats/receipts/dev-a"]
    checks.equal("revoked_gate_tells_the_device", reasons, ["gate-revoked"])
    checks.equal("revoked_gate_closes_its_sessions", closed, [True, True])
    again = Client(gate.port, "dev-a", "dev-a", tokens["dev-a"])
    checks.note("revoked_gate_refuses_connections", not again.connected, again.reason)
    checks.equal("revoked_gate_says_so_once", gate.broker.log.read_text(errors="replace").count("gate.revoked gate="), 1)
    for each in (device, silent):
        each.drop()
    again.close()
    gate.broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("gate-paths")
    world = World(options.build, DEVICES)
    for version in services.mosquitto_versions():
        checks.run(f"all_run_through.{version}", Paths(checks, world, version).run)
    checks.run("revoked_gate_runs_through", revoked_gate, checks, world)
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
