#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The plugin in real Mosquitto of each version, with stock clients, in front of real Kafka whose topics its Java client reads."""
import argparse
import base64
import hashlib
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

import confluent_kafka

import attestream1
import device_examples
from checks import Checks
from world import ROOT, TOPIC, World, payload, services
from fleet import GATE, PARTITIONS, wait_until
from stock_client import DENIED, SUCCESS, V5, V311, Client

DEVICES = ["dev-a", "dev-b", "dev-c", "dev-gone", "dev-held", "dev-lost", "dev-turn", device_examples.C_DEVICE, device_examples.PYTHON_DEVICE,
           device_examples.STOLEN_DEVICE]
LIBASAN = ["gcc", "-print-file-name=libasan.so"]

# What is wrong, the payload, and the class and rule that it must get.
BROKEN = [
    ("cut_off", payload("dev-a")[:40].encode(), "malformed", "json-syntax"),
    ("not_utf8", payload("dev-a").encode().replace(b'"test"', b'"te\xff"'), "malformed", "utf8"),
    ("trailing_bytes", payload("dev-a").encode() + b"x", "malformed", "json-syntax"),
    ("wrong_type", payload("dev-a").replace('"light": false', '"light": 1').encode(), "schema", "type"),
    ("unknown_field", payload("dev-a").replace('"device":', '"x": 1, "device":').encode(), "schema", "unknown-field"),
    ("missing_field", payload("dev-a").replace('"device": "test"', '"device_id2": 1').encode(), "schema", None),
    ("out_of_range", payload("dev-a", temp=500).encode(), "quality", "range"),
    ("other_device", payload("dev-b").encode(), "quality", "device"),
    ("oversized", payload("dev-a").replace('"test"', '"' + "x" * 600_000 + '"').encode(), "malformed", "size"),
]


def topic(device):
    return TOPIC.format(device=device)


def segment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(token, header=None, claims=None):
    """The token with members of its header or claims changed, under the old signature."""
    parts = token.split(".")
    for at, change in ((0, header), (1, claims)):
        if change:
            old = json.loads(base64.urlsafe_b64decode(parts[at] + "=="))
            parts[at] = segment(json.dumps({**old, **change}).encode())
    return ".".join(parts)


class Suite:
    def __init__(self, checks, world, version, gate):
        self.checks, self.world, self.version, self.gate = checks, world, version, gate
        self.tokens = {d: world.fleet.token(d) for d in DEVICES}

    def name(self, text):
        return f"{text}.{self.version}"

    def client(self, device, **more):
        return Client(self.gate.port, more.pop("client_id", device), more.pop("user", device), more.pop("token", self.tokens[device]), **more)

    # -- who gets in --

    def tokens_of_stock_clients(self):
        before = self.gate.fresh_metrics()["admitted"]
        for version in ("5", "311"):
            done = subprocess.run(["mosquitto_pub", "-V", version, "-p", str(self.gate.port), "-q", "1", "-i", "dev-a", "-u", "dev-a",
                                   "-P", self.tokens["dev-a"], "-t", topic("dev-a"), "-m", payload("dev-a")], capture_output=True, text=True)
            self.checks.note(self.name(f"mosquitto_pub_publishes_with_a_token_mqtt_{version}"), done.returncode == 0, done.stderr)
        for protocol, text in ((V5, "5"), (V311, "311")):
            client = self.client("dev-a", protocol=protocol)
            self.checks.note(self.name(f"paho_publishes_with_a_token_mqtt_{text}"),
                             client.connected and client.publish(topic("dev-a"), payload("dev-a")) in SUCCESS, client.reason)
            client.close()
        self.checks.equal(self.name("publishes_with_a_token_are_admitted"), self.gate.fresh_metrics()["admitted"] - before, 4)

    def bad_tokens(self):
        good = self.tokens["dev-a"]
        cases = {
            "token_with_alg_none_is_refused": {"token": forge(good, {"alg": "none"}).rsplit(".", 1)[0] + "."},
            "token_with_another_alg_is_refused": {"token": forge(good, {"alg": "HS256"})},
            "token_with_changed_claims_is_refused": {"token": forge(good, None, {"exp": int(time.time()) + 90000})},
            "token_of_another_device_is_refused": {"token": self.tokens["dev-b"]},
            "token_with_another_client_id_is_refused": {"client_id": "somebody"},
            "token_with_a_key_of_its_own_is_refused": {"token": forge(good, {"jwk": {"kty": "OKP"}})},
            "device_name_without_a_token_is_refused": {"token": None},
        }
        for name, more in cases.items():
            client = self.client("dev-a", **more)
            self.checks.note(self.name(name), not client.connected, client.reason)
            client.close()
        stranger = Client(self.gate.port, "dev-unknown", "dev-unknown", good)
        self.checks.note(self.name("unknown_device_is_refused"), not stranger.connected, stranger.reason)
        stranger.close()

    # -- what gets through --

    def subscribers(self):
        """Local subscribers get what is admitted, unchanged, and nothing else; other topics are the broker's own."""
        watcher = Client(self.gate.port, "watcher")
        watcher.subscribe("#")
        device = self.client("dev-a")
        good = payload("dev-a", temp=23.25)
        device.publish(topic("dev-a"), BROKEN[0][1])
        device.publish(topic("dev-a"), good)
        other = Client(self.gate.port, "other")
        self.checks.note(self.name("other_topics_stay_with_the_broker"), other.publish("office/lamp", "on") in SUCCESS)
        self.checks.equal(self.name("unproven_publish_to_a_governed_topic_is_refused"), other.publish(topic("dev-a"), good), DENIED)
        watcher.wait(lambda: len(watcher.messages) >= 2)
        self.checks.equal(self.name("subscribers_get_admitted_publishes_unchanged_and_nothing_else"), watcher.messages,
                          [(topic("dev-a"), good.encode()), ("office/lamp", b"on")])
        self.checks.equal(self.name("topic_of_another_device_is_refused"), device.publish(topic("dev-b"), good), DENIED)
        for client in (watcher, device, other):
            client.close()

    def quarantine(self):
        device = self.client("dev-a")
        self.gate.wait_for_forwarding()
        before = len(self.world.decoded("quarantine"))
        answers = {name: device.publish(topic("dev-a"), data) for name, data, _, _ in BROKEN}
        device.wait(lambda: len(device.messages) >= len(BROKEN))
        self.gate.wait_for_forwarding()
        kept = self.world.decoded("quarantine")[before:]
        for name, data, verdict_class, rule in BROKEN:
            found = [q for q in kept if q["payload"] == data]
            self.checks.note(self.name(f"{name}_payload_is_quarantined_with_its_bytes"), len(found) == 1 and answers[name] == DENIED,
                             (answers[name], len(found)))
            good = found and found[0]["class"] == verdict_class and (rule is None or found[0]["rule"] == rule)
            self.checks.note(self.name(f"{name}_payload_has_class_and_rule"), good, found and {k: found[0][k] for k in ("class", "rule", "path", "text")})
        receipts = [json.loads(data) for name, data in device.messages if name == "ats/receipts/dev-a"]
        self.checks.note(self.name("receipts_tell_the_device_why"), len(receipts) >= len(BROKEN) and all(r.get("reason") for r in receipts), receipts[:2])
        device.close()

    def oversize(self):
        """What no quarantine record holds comes once, is acknowledged, and is told by its beginning, size and hash."""
        before = self.gate.fresh_metrics()
        sent = [(protocol, random.Random(size).randbytes(size)) for protocol in (V5, V311) for size in (1_100_000, 3_000_000)]
        answers = []
        for protocol, data in sent:
            device = self.client("dev-c", protocol=protocol)
            answers.append((device.publish(topic("dev-c"), data), device.closed))
            device.close()
        now = self.gate.wait_for_forwarding()
        self.checks.equal(self.name("oversized_publish_is_acknowledged"), answers, [(DENIED, False)] * 2 + [(0, False)] * 2)
        self.checks.equal(self.name("oversized_publish_counts_once_as_quarantined"),
                          [now[k] - before[k] for k in ("published", "quarantined", "refused")], [4, 4, 0])
        told = [q for q in self.world.decoded("quarantine") if "SHA-256" in q["text"]]
        self.checks.equal(self.name("oversized_publish_is_in_quarantine_once_by_class_rule_and_beginning"),
                          [(q["class"], q["rule"], q["payload"]) for q in told], [("malformed", "size", data[:4096]) for _, data in sent])
        self.checks.note(self.name("oversized_publish_is_told_by_size_and_hash"), all(
            f"{len(data)} bytes" in q["text"] and hashlib.sha256(data).hexdigest() in q["text"] for q, (_, data) in zip(told, sent)), told and told[0]["text"])

    def revocation(self):
        device = self.client("dev-gone")
        self.checks.note(self.name("device_publishes_before_its_revocation"), device.publish(topic("dev-gone"), payload("dev-gone")) in SUCCESS)
        self.world.fleet.cli("device", "revoke", "dev-gone")
        self.gate.wait_for_control(self.world.fleet.control_count())
        answer = device.publish(topic("dev-gone"), payload("dev-gone"))
        self.checks.note(self.name("first_publish_after_revocation_is_refused"), answer == DENIED or (answer is None and device.closed), answer)
        self.checks.note(self.name("revoked_device_is_told_why"), self.is_told(device, answer, "device-revoked"), device.messages)
        self.checks.note(self.name("revoked_device_is_disconnected"), device.wait(lambda: device.closed))
        again = self.client("dev-gone")
        self.checks.note(self.name("revoked_device_cannot_connect"), not again.connected, again.reason)
        device.close()
        again.close()

    @staticmethod
    def is_told(client, answer, reason):
        """By a receipt, where its publish came before the gate closed the connection: that it does at once, and a slow client sees nothing but this."""
        if answer is None and client.closed:
            return True
        return client.wait(lambda: any(f'"{reason}"'.encode() in data for _, data in client.messages))

    def rotation(self):
        """A key is replaced while the device publishes on: both are good in the overlap, the old one no more once it is retired."""
        cli, name = self.world.fleet.cli, self.name
        where = self.world.fleet.folder / "devices"
        old_id = json.loads(cli("device", "show", "dev-turn", "--json").stdout)["keys"][0]["id"]
        old = self.client("dev-turn", client_id="dev-turn/before")
        answers = [old.publish(topic("dev-turn"), payload("dev-turn", temp=20))]
        new_id = json.loads(cli("device", "add-key", "dev-turn", "--json").stdout)["key_id"]
        answers.append(old.publish(topic("dev-turn"), payload("dev-turn", temp=20.1)))
        self.gate.wait_for_control(self.world.fleet.control_count())
        token = cli("device", "token", "dev-turn", "--key-id", new_id, "--gate", GATE).stdout.strip()
        new = self.client("dev-turn", client_id="dev-turn/new", token=token)
        again = self.client("dev-turn", client_id="dev-turn/old")
        self.checks.note(name("rotation_both_keys_open_a_connection"), new.connected and again.connected, (new.reason, again.reason))
        for i in range(5):
            answers += [client.publish(topic("dev-turn"), payload("dev-turn", temp=21 + i)) for client in (old, new, again)]
        # ATTESTREAM-1 and signatures: the device's library with one key, then with the other.
        plan = [{"device": "dev-turn", "topic": topic("dev-turn"), "payload": payload("dev-turn", temp=30 + i)} for i in range(3)]
        other = self.world.folder / f"new-key-{self.version}"
        shutil.copytree(self.world.fleet.folder, other, ignore=shutil.ignore_patterns("store"))
        shutil.copy(where / f"dev-turn@{new_id}.key.pem", other / "devices/dev-turn.key.pem")
        with_new = ("--proof", "signature", "--fleet", other)
        taken = [self.world.load(self.gate, plan, *words)["accepted"] for words in (("--proof", "signature"), with_new)]
        self.checks.equal(name("rotation_both_keys_open_a_session_and_sign"), taken, [3, 3])
        cli("device", "retire-key", "dev-turn", old_id)
        answers.append(new.publish(topic("dev-turn"), payload("dev-turn", temp=40)))
        self.gate.wait_for_control(self.world.fleet.control_count())
        answer = old.publish(topic("dev-turn"), payload("dev-turn", temp=41))
        answers.append(new.publish(topic("dev-turn"), payload("dev-turn", temp=40.1)))
        self.checks.note(name("rotation_refuses_no_publish"), len(answers) == 19 and set(answers) <= set(SUCCESS), answers)
        self.checks.note(name("rotation_refuses_what_the_retired_key_opened"), answer == DENIED or (answer is None and old.closed), answer)
        self.checks.note(name("rotation_tells_the_device_why"), self.is_told(old, answer, "session-key"), old.messages)
        self.checks.note(name("rotation_closes_what_the_retired_key_opened"), old.wait(lambda: old.closed))
        late = self.client("dev-turn", client_id="dev-turn/late")
        self.checks.note(name("rotation_retired_key_opens_no_connection"), not late.connected, late.reason)
        self.checks.equal(name("rotation_new_key_signs_on"), self.world.load(self.gate, plan, *with_new)["accepted"], 3)
        for client in (old, new, again, late):
            client.close()

    def proofs(self):
        """Tags and signatures through the device library; forged, altered and repeated packets."""
        for proof in ("mac", "signature"):
            acts = ["publish", "publish", "repeat", "alter", "fork", "forge", "publish"]
            plan = [{"device": "dev-b", "topic": topic("dev-b"), "payload": payload("dev-b", temp=20 + i), "act": act} for i, act in enumerate(acts)]
            before = self.gate.fresh_metrics()
            load = self.world.load(self.gate, plan, "--proof", proof)
            now = self.gate.fresh_metrics()
            grown = {k: now[k] - before[k] for k in ("admitted", "duplicates", "refused")}
            self.checks.equal(self.name(f"{proof}_repeated_is_a_duplicate_altered_forked_forged_are_refused"), grown,
                              {"admitted": 3, "duplicates": 1, "refused": 3})
            self.checks.equal(self.name(f"{proof}_refusals_are_seen_by_the_device"), (load["accepted"], load["denied"]), (4, 3))
        full = self.gate.fresh_metrics()["state_used_percent_by_store"]
        self.checks.note(self.name("metrics_say_how_full_the_gates_stores_are"),
                         set(full) == {"counters", "marks", "tokens"} and all(0 <= used < 1 for used in full.values()), full)

    def will(self):
        """A will is judged as a publish of the connection that left it: poison is kept, and reaches nobody. test_closed_paths.py has the rest."""
        before = self.gate.fresh_metrics()
        watcher = Client(self.gate.port, "will-watcher")
        watcher.subscribe(topic("dev-c"))
        poison = payload("dev-c", temp=501 + len(self.version))
        device = self.client("dev-c", will=(topic("dev-c"), poison, 1, False))
        device.client.loop_stop()  # it does not come back
        device.client._sock_close()
        self.gate.wait_for("judging the will", lambda m: m["quarantined"] > before["quarantined"])
        done = Client(self.gate.port, "marker")
        watcher.subscribe("marker")
        done.publish("marker", "1")
        watcher.wait(lambda: ("marker", b"1") in watcher.messages)
        self.checks.note(self.name("will_that_is_poison_reaches_nobody"), all(t != topic("dev-c") for t, _ in watcher.messages), watcher.messages)
        now = self.gate.wait_for_forwarding()
        kept = [q for q in self.world.decoded("quarantine") if q["payload"] == poison.encode()]
        self.checks.equal(self.name("will_that_is_poison_is_kept"), (now["admitted"] - before["admitted"], [q["rule"] for q in kept]), (0, ["range"]))
        for client in (watcher, done):
            client.close()

    # -- what survives --

    def session(self, device):
        return attestream1.Connection(attestream1.Fleet(self.world.fleet.folder), self.gate.port, device, GATE)

    def replay(self, recorded, counter, let_in):
        """The same bytes once more: same ephemeral key, and Ed25519 signs them alike."""
        refused = self.gate.fresh_metrics()["connections_refused_by_reason"].get("connect-replayed", 0)
        played = self.session(recorded.device)
        played.ephemeral = recorded.ephemeral
        answer = played.connect(counter)
        refused = self.gate.fresh_metrics()["connections_refused_by_reason"].get("connect-replayed", 0) - refused
        again = self.session(recorded.device)
        self.checks.equal(self.name("recorded_connect_is_refused_after_a_kill"), (let_in, answer, refused, again.connect(counter + 1)),
                          (0, attestream1.NOT_AUTHORIZED, 1, 0))
        for one in (recorded, played, again):
            one.close()

    def kill(self):
        """kill -9 of the broker: what got a PUBACK is in Kafka."""
        device = self.client("dev-c")
        sent = [payload("dev-c", ts=1600000000 + i + 1000 * DEVICES.index("dev-c")) for i in range(50)]
        answered = [p for p in sent if device.publish(topic("dev-c"), p) in SUCCESS]
        counter = time.time_ns() // 1_000_000
        recorded = self.session("dev-held")
        let_in = recorded.connect(counter)
        self.gate.broker.kill()
        device.close()
        self.gate.start()
        self.replay(recorded, counter, let_in)
        self.checks.note(self.name("kill_is_told_at_the_next_start"), "journal.recovered" in self.gate.broker.log.read_text(errors="replace"))
        self.gate.wait_for_forwarding()
        found = {json.dumps(self.world.schemas.decode(r.value)["ts"]) for r in self.world.dump("telemetry.env-sensor")}
        missing = [p for p in answered if json.dumps(json.loads(p)["ts"] * 1.0) not in found]
        self.checks.note(self.name("kill_loses_nothing_that_got_a_puback"), len(answered) == 50 and not missing, f"{len(missing)} missing")

    def too_large_for_kafka(self):
        """A topic that takes less than the gate lets in: what Kafka refuses is told in quarantine, all others get there, in order."""
        name = self.world.kafka.prefix + "telemetry.env-sensor"

        def set_limit(*change):
            topic_configs = ("kafka.admin.ConfigCommand", "--entity-type", "topics", "--entity-name", name)
            self.world.kafka.tool(*topic_configs, "--alter", *change)
            return self.world.kafka.tool(*topic_configs, "--describe")
        long = random.Random(4000).randbytes(10_000).hex()  # nothing for a compressor
        first, big, last = (payload("dev-c").replace('"test"', f'"{text}"') for text in ("first", long, "last"))
        wait_until("the topic's limit", lambda: "max.message.bytes=4000" in set_limit("--add-config", "max.message.bytes=4000"))
        device = self.client("dev-c")
        answers = [device.publish(topic("dev-c"), p) for p in (first, big, big, last)]
        self.gate.wait_for_forwarding()
        device.close()
        set_limit("--delete-config", "max.message.bytes")
        sent = [v["device"][:5] for v in self.world.decoded("telemetry.env-sensor") if v["device"] in ("first", "last", long)]
        told = [q for q in self.world.decoded("quarantine") if q["rule"] == "size" and "max.message.bytes" in q["text"]]
        self.checks.equal("record_that_kafka_refuses_for_its_size_stops_no_other", (set(answers) <= set(SUCCESS), sent),
                          (True, ["first", "last"]))
        self.checks.equal("record_that_kafka_refuses_for_its_size_is_told_in_quarantine", [long.encode() in q["payload"] for q in told],
                          [True, True])
        self.checks.equal("record_that_kafka_refuses_for_its_size_is_counted", self.gate.metrics()["forwarded_too_large"], 2)

    def missing_topic(self):
        """A topic that is gone is named, nothing is sent again and again meanwhile, and what was for it arrives when it is back."""
        name = self.world.kafka.prefix + "telemetry.machine-temp"
        self.gate.wait_for_forwarding()
        self.world.kafka.tool("org.apache.kafka.tools.TopicCommand", "--delete", "--topic", name)
        device = self.client("dev-c")
        good = json.dumps({"machine": "dev-c", "timestamp": 1386018900000, "value": 73.967322})
        poison = [f"not json {i} {self.version}" for i in range(3)]
        taken = device.publish("plant/test/dev-c/temperature", good)
        for text in poison:
            device.publish(topic("dev-c"), text)
        device.close()
        self.gate.broker.wait_for_text(f"topic {name} is not there", 60)
        failures = self.gate.metrics()["forward_failures"]
        self.gate.wait_for("asking for the topic again", lambda m: m["forward_failures"] >= failures + 3)
        self.world.fleet.cli("topics", "create", "--partitions", PARTITIONS, "--replication", 1)
        self.gate.wait_for_forwarding()
        kept = [q["payload"].decode() for q in self.world.decoded("quarantine") if q["payload"].decode(errors="replace") in poison]
        self.checks.note("missing_topic_does_not_flood_others", set(kept) == set(poison) and len(kept) <= 2 * len(poison), kept)
        self.checks.equal("missing_topic_loses_nothing", (taken in SUCCESS, len(self.world.dump("telemetry.machine-temp"))), (True, 1))

    def headers(self):
        records = self.world.dump("telemetry.env-sensor")
        wanted = {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_dataschema", "content-type", "ats_gate", "ats_journal",
                  "ats_position", "ats_device", "ats_contract", "ats_topic", "ats_proof", "ats_control", "ats_seal"}
        lacking = {name for r in records for name in wanted if r.header_names.isdisjoint({name})} if hasattr(records[0], "header_names") else \
            {name for r in records for name in wanted if not any(n == name for n, _ in r.headers)}
        self.checks.note(self.name("records_carry_cloudevents_position_proof_and_seal"), not lacking, lacking)
        self.checks.note(self.name("the_seal_is_the_last_header"), all(r.headers[-1][0] == "ats_seal" for r in records))
        self.checks.note(self.name("the_key_is_the_asset"), all(r.key.decode() in DEVICES for r in records))


def bad_options(checks, world, build, version):
    for name, options, words in (("unknown_option_names_the_nearest", {"modee": "observe"}, ("modee", "mode")),
                                 ("bad_value_names_what_is_allowed", {"mode": "perhaps"}, ("perhaps", "enforce", "observe")),
                                 ("missing_option_is_named", {}, ("fleet",))):
        broker = services.Mosquitto(version, plugin=build / "attestream.so", options=options)
        code, log = broker.run_until_exit()
        checks.note(f"option_{name}.{version}", code != 0 and all(word in log for word in words), log[-600:])
        broker.close()


def traffic(world, gate):
    """Everybody comes to this gate once: what it counted, what was answered, and whether the ghost and the thief got in."""
    token = world.fleet.token("dev-a")
    device = Client(gate.port, "dev-a", "dev-a", token)
    answers = [device.publish(topic("dev-a"), data) for data in (payload("dev-a"), b"not json")]
    device.client.loop_stop()  # it does not come back when its client id is taken over
    stranger = Client(gate.port, "anybody")
    answers += [stranger.publish(name, data) for name, data in
                ((topic("dev-a"), payload("dev-a")), (topic("dev-a"), b"not json"), (topic("dev-a"), payload("dev-a", temp=900)), ("ats/x", b"x"))]
    connected = []
    for more in (("ghost", "ghost", token), ("dev-a",)):
        client = Client(gate.port, *more)
        connected.append(client.connected)
        client.close()
    metrics = gate.fresh_metrics()
    for client in (device, stranger):
        client.close()
    return metrics, answers, connected


def observe(checks, world, version):
    """In observe mode the broker acts as without the plugin; what would be admitted is forwarded, poison is kept, and the same traffic is
    counted as enforce counts it."""
    counted = ("published", "admitted", "quarantined", "duplicates", "refused_by_reason", "connections_accepted", "connections_refused_by_reason")
    poison = len(world.dump("quarantine"))
    gate = world.gate(version, anonymous=True, options={"mode": "observe"})
    seen, answers, connected = traffic(world, gate)
    checks.note(f"observe_refuses_nothing.{version}", all(a in SUCCESS for a in answers) and all(connected), (answers, connected))
    checks.equal(f"observe_admits_and_keeps_poison.{version}", [seen[k] for k in ("admitted", "quarantined", "quarantine_copies")], [1, 1, 2])
    gate.wait_for_forwarding()
    checks.equal(f"observe_keeps_poison_of_strangers.{version}", len(world.dump("quarantine")) - poison, 3)
    log = gate.broker.log.read_text(errors="replace")
    checks.note(f"observe_logs_what_would_be_refused.{version}", "connect.would-refuse" in log and "publish.would-refuse" in log and
                "connect.refused" not in log and "publish.refused" not in log)
    gate.broker.close()
    gate = world.gate(version, anonymous=True)
    enforced, _, connected = traffic(world, gate)
    checks.equal(f"observe_counts_what_enforce_counts.{version}", {k: seen[k] for k in counted}, {k: enforced[k] for k in counted})
    checks.equal(f"enforce_refuses_what_observe_counted.{version}", (enforced["refused_by_reason"], enforced["connections_refused_by_reason"], connected),
                 ({"unproven": 4}, {"device-unknown": 1, "client-id": 1}, [False, False]))
    gate.broker.close()


def kafka_away(checks, world, version):
    """Kafka away at start: the gate serves from its local copy, and forwards when Kafka is back."""
    if not isinstance(world.kafka, services.Kafka):
        checks.skip(f"kafka_away_at_start_loses_nothing.{version}", "not our cluster to stop")
        return
    gate = world.gate(version)
    gate.stop()
    world.kafka.stop()
    gate.start()
    device = Client(gate.port, "dev-held", "dev-held", world.fleet.token("dev-held"))
    before = 1_610_000_000 + 1000 * services.mosquitto_versions().index(version)
    answers = [device.publish(topic("dev-held"), payload("dev-held", ts=before + i)) for i in range(20)]
    checks.note(f"kafka_away_at_start_devices_publish.{version}", all(a in SUCCESS for a in answers), answers[:3])
    device.close()
    world.kafka.start()
    gate.wait_for("forwarding what it held", lambda m: m.get("backlog_bytes", 1) == 0, 120)
    times = {world.schemas.decode(r.value)["ts"] for r in world.dump("telemetry.env-sensor")}
    checks.note(f"kafka_away_at_start_loses_nothing.{version}", all(float(before + i) in times for i in range(20)))
    gate.broker.close()


def write_control_log(world, records):
    """Appends control records as they were read."""
    where = services.read_properties(world.kafka.config) if world.kafka.config else {"bootstrap.servers": world.kafka.bootstrap}
    producer = confluent_kafka.Producer({**where, "log_level": "0"})
    for record in records:
        producer.produce(world.kafka.prefix + "control", partition=0, key=record.key, value=record.value)
    if producer.flush(60):
        raise services.ServiceError("cannot write the control log")


def lost_revocation(checks, world, version):
    """The control log is made anew without its last record, a revocation: gate, processor and CLI say so, and keep to their copies."""
    topic_tool = ("org.apache.kafka.tools.TopicCommand", "--topic", world.kafka.prefix + "control")
    token = world.fleet.token("dev-lost")
    # Of a member that signs no checkpoints, so that the revocation is the log's last record.
    world.fleet.cli("processor", "add", "quiet", "--no-checkpoint", "--out", world.keys / "quiet")
    gate, processor = world.gate(version), world.processor("quiet")
    processor.start()
    processor.wait_until_ready()
    world.fleet.cli("device", "revoke", "dev-lost")
    gate.wait_for_control(world.fleet.control_count())
    records = world.dump("control")
    world.kafka.tool(*topic_tool, "--delete")
    wait_until("the topic to be gone", lambda: world.kafka.prefix + "control" not in world.kafka.tool("org.apache.kafka.tools.TopicCommand", "--list").split())
    world.kafka.tool(*topic_tool, "--create", "--partitions", 1, "--replication-factor", 1)
    write_control_log(world, records[:-1])
    gate.wait_for("not following the new log", lambda m: m.get("control_caught_up") == 0)
    processor.process.wait_until(lambda: processor.get("/ready")[0] == 503, "not ready", 60)
    checks.note("a_running_gate_and_processor_say_that_the_control_log_is_another", True)
    for name, program, process in (("gate", gate, lambda: gate.broker.process), ("processor", processor, lambda: processor.process)):
        program.stop()
        begin = process().log.stat().st_size
        program.start()
        said = process().wait_until(lambda: re.search(r"control\.(following|broken) .*", process().log.read_text(errors="replace")[begin:]),
                                    "judging the control log", 60).group(0)
        checks.note(f"a_{name}_does_not_follow_a_control_log_that_lost_its_last_record",
                    said.startswith("control.broken") and "does not hold the record" in said, said)
    checks.equal("a_lost_control_record_shows_in_metrics_and_readiness",
                 (gate.fresh_metrics()["control_caught_up"], processor.get("/ready")[0]), (0, 503))
    device = Client(gate.port, "dev-lost", "dev-lost", token)
    checks.note("a_revocation_that_the_control_log_lost_stays_in_force", not device.connected, device.reason)
    device.close()
    done = world.fleet.cli("status", check=False)
    checks.note("the_cli_says_what_is_lost_with_its_copy", done.returncode == 2 and "revocations included" in done.stderr, done.stderr)
    write_control_log(world, records[-1:])
    gate.wait_for("following again", lambda m: m.get("control_caught_up") == 1)
    processor.wait_until_ready()
    checks.note("a_control_log_that_has_its_last_record_again_is_followed", world.fleet.cli("status", check=False).returncode == 0)
    processor.stop()
    gate.broker.close()


def exports(checks, build):
    done = subprocess.run(["nm", "-D", "--defined-only", build / "attestream.so"], capture_output=True, text=True).stdout
    found = {line.split()[-1] for line in done.splitlines()}
    allowed = {"mosquitto_plugin_version", "mosquitto_plugin_init", "mosquitto_plugin_cleanup"}
    checks.equal("plugin_exports_its_three_functions_alone", found - {"_init", "_fini"}, allowed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--asan", action="store_true", help="the build is an AddressSanitizer one: preload it into the broker")
    options = parser.parse_args()
    checks = Checks("gate")
    env = {}
    if options.asan:
        library = subprocess.run(LIBASAN, capture_output=True, text=True, check=True).stdout.strip()
        env = {"env": {"LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=1:exitcode=99", "UBSAN_OPTIONS": "print_stacktrace=1"}}
    else:
        exports(checks, options.build)
    for version in services.mosquitto_versions():
        world = World(options.build, DEVICES)
        if not options.asan:
            bad_options(checks, world, options.build, version)
        gate = world.gate(version, anonymous=True, **env)
        suite = Suite(checks, world, version, gate)
        for test in (suite.tokens_of_stock_clients, suite.bad_tokens, suite.subscribers, suite.quarantine, suite.oversize, suite.proofs, suite.rotation,
                     suite.will, *device_examples.Examples(suite, options.build).runs(), suite.revocation):
            checks.run(suite.name(test.__name__ + "_runs_through"), test)
        if options.asan:
            gate.stop()
            log = gate.broker.log.read_text(errors="replace")
            checks.note(f"no_sanitizer_report_inside_the_broker.{version}", "Sanitizer" not in log and "runtime error" not in log, log[-1500:])
            gate.broker.close()
            continue
        # What Kafka does to the forwarder is the same behind each broker.
        forwarder = [suite.too_large_for_kafka, suite.missing_topic] if version == services.mosquitto_versions()[0] else []
        for test in (suite.kill, *forwarder, suite.headers):
            checks.run(suite.name(test.__name__ + "_runs_through"), test)
        gate.broker.close()
        checks.run(f"observe_runs_through.{version}", observe, checks, world, version)
        checks.run(f"kafka_away_runs_through.{version}", kafka_away, checks, world, version)
        if version == services.mosquitto_versions()[0]:  # the follower does not know the broker
            checks.run("device_usage_runs_through", device_examples.usage, checks, world, options.build)
            checks.run("lost_revocation_runs_through", lost_revocation, checks, world, version)
        world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
