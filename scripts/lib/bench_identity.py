# SPDX-License-Identifier: Apache-2.0
"""`identity`: what proofs cost the broker's thread, and how a gate holds up with a large fleet: start, memory, look-ups, revocations,
connections by the thousand, and bogus ones.

Proofs off means: the same gate and contract, the same journal, and packets as long as those with a tag: what looks like one stands under a user
property whose name is as long as the proof's and not it, and the connection is a token's, which is worth `connection`. What is compared is thus reading
a proof, checking it, and the window; the journal's records are shorter by session, sequence and digest. A signature's packets are longer by some 90
bytes. Tags and signatures are made before the first publish."""
import json
import pathlib
import statistics
import subprocess
import time

import bench_fleet
import bench_revoke
import services
from bench_frame import Figure, rss_anon, say, thread_run_s
from bench_smoke import payload
from fleet import GATE, Failed, Fleet, Gate

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build/release"
LOAD = BUILD / "tests/bench/attestream-load"
SEED = "bench"
PUBLISHERS = 10
AT_ONCE = 1000
BOGUS_RATE = 5000
# What is tried in the fifth of a second after which it is given up, and some.
BOGUS_SOCKETS = 1500
FLOOD_S = 3
# The default of refused_connects_per_second.
REFUSED_BUDGET = 500
PROOFS = {"off": "other", "mac": "mac", "signature": "signature"}


class Sizes:
    def __init__(self, quick):
        self.devices, self.messages, self.rounds = (2_000, 5_000, 1) if quick else (100_000, 50_000, 5)
        self.starts, self.handshakes, self.lookups = (1, 300, 2_000) if quick else (5, 5_000, 200_000)
        self.revocations, self.crowds = (2, 1) if quick else (30, 3)


class Identity:
    def __init__(self, folder, quick):
        self.folder, self.sizes = pathlib.Path(folder), Sizes(quick)
        say("starting Kafka, making a fleet ...")
        self.kafka = services.kafka()
        self.fleet = Fleet(BUILD, self.folder / "fleet", self.kafka)
        self.fleet.make(self.folder / "keys")
        self.revocable = [f"revoke-{i:02d}" for i in range(self.sizes.revocations)]
        self.fleet.add_devices(self.revocable + [f"{device}-ws" for device in self.revocable])
        self.websockets = services.free_port()
        self.gate = Gate(BUILD, self.folder / "keys" / GATE, self.kafka)
        self.gate.broker.extra_conf = f"listener {self.websockets} {services.LOOPBACK}\nprotocol websockets\n"
        self.figures = []

    def figure(self, name, values, unit, versus="", target=None, at_most=False):
        self.figures.append(Figure(name, values, unit, versus, target, at_most))
        say(f"{name}: {statistics.median(values):.4g} {unit}")

    def caught_up(self):
        self.gate.wait_for_control(self.fleet.control_count())
        self.gate.fresh_metrics()

    def connect(self, *words, port=None):
        """The words of `attestream-load connect`."""
        return [str(word) for word in (LOAD, "connect", "--port", port or self.gate.port, "--fleet", self.fleet.folder, "--gate", GATE, "--seed", SEED,
                                       "--devices", self.sizes.devices, *words)]

    # -- the registry --

    def enrol(self):
        """Memory and starts, before and after the fleet is enrolled."""
        self.gate.start()
        self.caught_up()
        self.gate.stop()
        self.gate.start()
        self.caught_up()
        empty = rss_anon(self.gate.pid)
        begun = time.monotonic()
        bench_fleet.enrol(self.fleet, self.folder / "devices.csv", SEED, self.sizes.devices)
        say(f"{self.sizes.devices} devices enrolled in {time.monotonic() - begun:.0f} s")
        self.caught_up()
        following = rss_anon(self.gate.pid)
        self.gate.stop()
        starts, memory = [], []
        for _ in range(self.sizes.starts):
            starts.append(self.start_to_first_device())
            self.caught_up()
            memory.append((rss_anon(self.gate.pid) - empty) / self.sizes.devices)
            if len(starts) < self.sizes.starts:
                self.gate.stop()
        versus = "the same gate before the fleet was enrolled; LMDB's pages are not anonymous"
        self.figure("start_s", starts, "s", f"from the broker's start to a device's CONNACK, {self.sizes.devices} devices in the copy", 1.0, at_most=True)
        self.figure("rss_anon_per_device_bytes", memory, "bytes/device", versus, 300, at_most=True)
        self.figure("rss_anon_per_device_after_following_bytes", [(following - empty) / self.sizes.devices], "bytes/device", versus)

    def start_to_first_device(self):
        begun = time.monotonic()
        self.gate.start()
        while subprocess.run(self.connect("--count", 1), check=True, capture_output=True, text=True).stdout.find('"accepted": 1') < 0:
            if time.monotonic() - begun > 60:
                raise Failed("no device was admitted within 60 s of the start")
        return time.monotonic() - begun

    def look_ups(self):
        """With the broker stopped: the gate's own function on its own store."""
        self.gate.stop()
        done = subprocess.run([str(word) for word in (BUILD / "tests/bench/attestream-lookup", self.gate.broker.path / GATE, self.gate.state,
                                                      self.sizes.devices, self.sizes.lookups)], check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        versus = f"{found['count']} devices at random of {self.sizes.devices}"
        self.figure("lookup_us", [found["p50_us"]], "us", f"median of {versus}")
        self.figure("lookup_us_p99", [found["p99_us"]], "us", versus)

    # -- connections --

    def handshakes(self):
        wall, thread = [], []
        for _ in range(self.sizes.rounds):
            cpu = thread_run_s(self.gate.pid)
            done = json.loads(subprocess.run(self.connect("--count", self.sizes.handshakes, "--parallel", 20), check=True, capture_output=True,
                                             text=True).stdout)
            if done["accepted"] != self.sizes.handshakes:
                raise Failed(f"of {self.sizes.handshakes} CONNECTs {done['accepted']} were accepted")
            wall.append(done["per_second"])
            thread.append(done["accepted"] / (thread_run_s(self.gate.pid) - cpu))
        self.figure("handshakes_per_s", wall, "handshakes/s", "20 at a time; each counter is in the journal before it is answered")
        self.figure("handshakes_per_thread_s", thread, "handshakes/CPU s", "of the broker's thread")

    def crowd(self):
        """All at once; each connection stays open until all have their answer."""
        good, seconds, memory = [], [], []
        result = self.folder / "crowd.json"
        for _ in range(self.sizes.crowds):
            before = rss_anon(self.gate.pid)
            held = subprocess.Popen(self.connect("--count", AT_ONCE, "--parallel", AT_ONCE, "--hold", "--json", result), stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
            held.stdout.readline()
            memory.append((rss_anon(self.gate.pid) - before) / AT_ONCE)
            held.communicate("")
            done = json.loads(result.read_text())
            good.append(done["accepted"] / AT_ONCE)
            seconds.append(done["seconds"])
        self.figure("connect_1000_ok", good, "share", f"of {AT_ONCE} devices that connect at once", 1.0)
        self.figure("connect_1000_s", seconds, "s", "until the last of them has its CONNACK")
        self.figure("rss_anon_per_connected_bytes", memory, "bytes/device", "before they connected; broker and gate; the first round grows the heap")

    # -- publishes --

    def publish(self, proof, messages):
        """One run: publishes a second, and per second of the broker's thread."""
        plan, result = self.folder / "plan.ndjson", self.folder / "load.json"
        devices = [f"dev-{i:06d}" for i in range(PUBLISHERS)]
        plan.write_text("".join(json.dumps({"device": d, "topic": f"site/bench/{d}/env", "payload": payload(d)}) + "\n" for d in devices))
        words = (LOAD, "--port", self.gate.port, "--plan", plan, "--repeat", messages // PUBLISHERS, "--qos", 1, "--proof", PROOFS[proof],
                 "--prepare", "--cpu-of", self.gate.pid, "--seed", SEED, "--fleet", self.fleet.folder, "--gate", GATE, "--json", result)
        subprocess.run([str(word) for word in words], check=True)
        load = json.loads(result.read_text())
        if load["accepted"] != load["published"]:
            raise Failed(f"{proof}: {load['published'] - load['accepted']} publishes were not accepted")
        return {"wall": load["per_second"], "thread": load["published"] / load["cpu_s"]}

    def proofs(self):
        runs = {proof: [] for proof in PROOFS}
        for number in range(self.sizes.rounds):
            for proof in PROOFS:
                runs[proof].append(self.publish(proof, self.sizes.messages)["thread"])
                self.gate.wait_for_forwarding()
            say(f"round {number + 1} of {self.sizes.rounds}: " + ", ".join(f"{p} {r[-1]:.0f}" for p, r in runs.items()) + " publishes/CPU s")
        for proof, target in (("mac", 0.85), ("signature", None)):
            name = "sign" if proof == "signature" else proof
            self.figure(f"{name}_ratio_qos1", [mine / off for mine, off in zip(runs[proof], runs["off"])], "ratio",
                        "publishes per CPU second of the broker's thread with proofs off, same round", target)
        for proof, values in runs.items():
            self.figure(f"{proof}_per_thread_s", values, "publishes/CPU s", "of the broker's thread, QoS 1")

    def bogus_words(self, port=None, seconds=FLOOD_S):
        """A stranger who gives up on a connection that is not opened soon, and goes on with the next."""
        return self.connect("--bogus", "--rate", BOGUS_RATE, "--count", 3 * BOGUS_RATE, "--parallel", BOGUS_SOCKETS, "--seconds", seconds, port=port)

    def flood(self, broker):
        """CPU seconds of the broker's thread a second; CONNECTs that were tried, and that came through, a second."""
        cpu, begun = thread_run_s(broker.pid), time.monotonic()
        done = json.loads(subprocess.run(self.bogus_words(broker.port), check=True, capture_output=True, text=True).stdout)
        return ((thread_run_s(broker.pid) - cpu) / (time.monotonic() - begun), done["per_second"], done["refused"] / done["seconds"])

    def restart(self, budget):
        self.gate.stop()
        self.gate.broker.options["refused_connects_per_second"] = budget
        self.gate.start()
        self.caught_up()

    def beside_flood(self, call):
        """What `call` gives while bogus CONNECTs are refused."""
        flood = services.Process([*self.bogus_words(seconds=600), "--json", self.folder / "bogus.json"], self.folder / "bogus.log")
        refused = self.gate.fresh_metrics()["connections_refused_by_reason"]
        self.gate.wait_for("bogus CONNECTs", lambda m: m.get("connections_refused_by_reason") != refused)
        result = call()
        flood.stop()
        return result

    def connect_beside(self):
        done = json.loads(subprocess.run(self.connect("--count", AT_ONCE, "--parallel", AT_ONCE), check=True, capture_output=True, text=True).stdout)
        return done["accepted"] / AT_ONCE, done["seconds"]

    def bogus(self):
        """What a flood of bogus CONNECTs takes of the broker's thread, of which connected devices have the rest: with the kernel holding back its
        addresses, without, and at a broker without the plugin; and devices that publish and connect beside it, which on few cores is as much
        the load program's as the broker's."""
        left, unshed, plain_left, each, plain_each, came, walls, crowds = [], [], [], [], [], [], [], []
        plain = services.Mosquitto(anonymous=True)
        plain.start()
        for _ in range(self.sizes.rounds):
            cpu, tried, through = self.flood(plain)
            plain_left.append(1 - cpu * BOGUS_RATE / tried)
            plain_each.append(cpu / through)
            self.restart(0)
            cpu, tried, through = self.flood(self.gate)
            unshed.append(1 - cpu * BOGUS_RATE / tried)
            each.append(cpu / through)
            self.restart(REFUSED_BUDGET)
            cpu, tried, through = self.flood(self.gate)
            left.append(1 - cpu * BOGUS_RATE / tried)
            came.append(through)
            alone = self.publish("mac", self.sizes.messages)
            self.gate.wait_for_forwarding()
            beside = self.beside_flood(lambda: self.publish("mac", self.sizes.messages))
            self.gate.wait_for_forwarding()
            walls.append(beside["wall"] / alone["wall"])
            crowds.append(self.beside_flood(self.connect_beside))
        plain.stop()
        rate = f"at {BOGUS_RATE} bogus CONNECTs a second, from 200 addresses"
        self.figure("bogus_cost_ratio", left, "ratio", f"of the broker's thread is left to connected devices {rate}, from the first of them on", 0.9)
        self.figure("bogus_unshed_ratio", unshed, "ratio", "the same with refused_connects_per_second 0, same round")
        self.figure("bogus_plain_ratio", plain_left, "ratio", "the same at a broker without the plugin, which refuses them too")
        self.figure("bogus_us", [value * 1e6 for value in each], "us/CONNECT", "CPU of the broker's thread for one that comes through")
        self.figure("bogus_plain_us", [value * 1e6 for value in plain_each], "us/CONNECT", "the same at a broker without the plugin")
        self.figure("bogus_let_in_per_s", came, "CONNECTs/s", f"that the kernel let in of {BOGUS_RATE}, refused by the gate")
        self.figure("bogus_wall_ratio", walls, "ratio", "publishes a second beside the flood over those without, load programs on the same cores")
        self.figure("bogus_beside_connect_1000_ok", [ok for ok, _ in crowds], "share", f"of {AT_ONCE} devices from other addresses that connect beside it", 1.0)
        self.figure("bogus_beside_connect_1000_s", [seconds for _, seconds in crowds], "s", "until the last of them has its CONNACK")

    # -- revocation --

    def revocations(self):
        taken, closed = zip(*bench_revoke.measure(self.fleet, self.gate.port, self.revocable, payload))
        versus = f"from the CLI's start to the first refused publish, {len(taken)} devices that publish all the time"
        self.figure("revoke_ms", taken, "ms", versus)
        self.figure("revoke_ms_p99", [bench_revoke.percentile(taken, 99)], "ms", versus, 500, at_most=True)
        of_websockets = bench_revoke.measure(self.fleet, self.websockets, [f"{device}-ws" for device in self.revocable], payload, "websockets")
        versus = "from the first refused publish until the connection is closed"
        self.figure("close_ms", closed, "ms", versus, 200, at_most=True)
        self.figure("close_websockets_ms", [closed for _, closed in of_websockets], "ms", versus, 200, at_most=True)

    def run(self):
        self.enrol()
        self.proofs()
        self.handshakes()
        self.crowd()
        self.revocations()
        self.bogus()
        self.look_ups()
        return self.figures


def run(quick):
    with services.TempDir("bench") as folder:
        return Identity(folder.path, quick).run()
