# SPDX-License-Identifier: Apache-2.0
"""The example devices of device/examples/ at a real gate: in C on libmosquitto, and in Python, which shares no code with it."""
import json
import pathlib
import re
import select
import socket
import subprocess
import threading

import python_device
import raw_mqtt
from world import GATE, ROOT, TOPIC, payload, services

C_DEVICE, PYTHON_DEVICE, STOLEN_DEVICE = "dev-example-c", "dev-example-python", "dev-stolen"
CONNACK, PUBLISH, PUBACK = 2, 3, 4
# The property with authentication data: its length, then version 1 and the length of a certificate.
ANSWER = re.compile(rb"\x16(..)(?=\x01\x00\x00)", re.DOTALL)
TIMEOUT_S = 120


class Cut(Exception):
    """Ends the connection at this place."""


class Middle:
    """Somebody between device and gate: `judge(number of the connection, type, packet)` gives what is passed on, or raises Cut."""

    def __init__(self, port, judge):
        self.port, self.judge, self.seen = port, judge, []
        self.listener = socket.create_server((services.LOOPBACK, 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def listening(self):
        return self.listener.getsockname()[1]

    def _accept(self):
        number = 0
        while True:
            try:
                device, _ = self.listener.accept()
            except OSError:
                return
            number += 1
            with device, socket.create_connection((services.LOOPBACK, self.port)) as gate:
                try:
                    self._pass_on(number, device, gate)
                except (Cut, OSError):
                    pass

    def _pass_on(self, number, device, gate):
        waiting = {device: b"", gate: b""}
        while True:
            for source in select.select([device, gate], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                packets, waiting[source] = split(waiting[source] + data)
                for packet in packets:
                    self.seen.append((number, packet[0] >> 4))
                    (gate if source is device else device).sendall(self.judge(number, packet[0] >> 4, packet))

    def close(self):
        self.listener.close()


def split(data):
    """The whole MQTT packets at the beginning of the data, and what is left."""
    packets = []
    while True:
        length, at, shift = 0, 1, 0
        while at < len(data):
            length |= (data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if data[at - 1] < 0x80:
                break
        else:
            return packets, data
        if len(data) < at + length:
            return packets, data
        packets.append(data[:at + length])
        data = data[at + length:]


class Examples:
    def __init__(self, suite, build):
        self.suite, self.checks, self.world, self.gate = suite, suite.checks, suite.world, suite.gate
        self.client = pathlib.Path(build) / "device/examples/attestream-publish"
        self.states = services.TempDir("devices").path

    def words(self, device, program, /, **changes):
        fleet = self.world.fleet.folder
        options = {"device": device, "gate": GATE, "key": fleet / f"devices/{device}.key.pem", "root": fleet / "root.pub.pem",
                   "successor": fleet / "successor.pub.pem", "state": self.states / device, "topic": TOPIC.format(device=device),
                   "host": services.LOOPBACK, "port": self.gate.port, **changes}
        return [*map(str, program), *(word for name, value in options.items() if value is not None for word in ("--" + name, str(value)))]

    def c(self, *lines, **changes):
        return self.run(self.words(C_DEVICE, [self.client], **changes), lines)

    def python(self, *lines, **changes):
        return self.run(self.words(PYTHON_DEVICE, ["/usr/bin/python3", ROOT / "device/examples/publish.py"], **changes), lines)

    def run(self, words, lines):
        return subprocess.run(words, input="".join(line + "\n" for line in lines), capture_output=True, text=True, timeout=TIMEOUT_S)

    def note(self, name, done, exit_code, grown, **wanted):
        """The program ended so, and the gate counted that."""
        found = (done.returncode, {k: grown[k] for k in wanted})
        self.checks.note(self.suite.name(name), found == (exit_code, wanted), f"{found}, wanted {(exit_code, wanted)}: {done.stderr[-800:]}")

    def counting(self, act):
        """What `act()` gives, and how the gate's counters grew."""
        before = self.gate.fresh_metrics()
        done = act()
        now = self.gate.fresh_metrics()
        return done, {k: now[k] - before[k] for k in ("published", "admitted", "quarantined", "duplicates", "refused")}

    # -- what they are for --

    def device_publish(self):
        good = [payload(C_DEVICE, temp=20 + i) for i in range(3)]
        for proof in ("mac", "signature"):
            for qos in (0, 1, 2):
                done, grown = self.counting(lambda: self.c(*good, proof=proof, qos=qos))
                self.note(f"c_device_publishes_with_{proof}_at_qos_{qos}", done, 0, grown, published=3, admitted=3)
        done, grown = self.counting(lambda: self.c(message=good[0]))
        self.note("c_device_publishes_one_message", done, 0, grown, published=1, admitted=1)
        good = [payload(PYTHON_DEVICE, temp=20 + i) for i in range(3)]
        done, grown = self.counting(lambda: [self.python(*good), self.python(good[0])][-1])
        self.note("python_device_publishes_with_tags", done, 0, grown, published=4, admitted=4)
        self.checks.equal(self.suite.name("python_device_says_what_became_of_it"), done.stderr, "1 answered, 0 refused (by a receipt)\n")

    def device_refusals(self):
        for name, device, run in (("c", C_DEVICE, self.c), ("python", PYTHON_DEVICE, self.python)):
            done, grown = self.counting(lambda: run(payload(device), "not json"))
            self.note(f"{name}_device_ends_with_1_after_a_refusal", done, 1, grown, admitted=1, quarantined=1)
            self.checks.note(self.suite.name(f"{name}_device_shows_the_receipt"), '"malformed"' in done.stderr, done.stderr)
            tries = {"tries": 2} if name == "c" else {}
            done, grown = self.counting(lambda: run(payload(device), key=self.world.fleet.folder / "devices/dev-a.key.pem", **tries))
            self.note(f"{name}_device_with_another_key_ends_with_4", done, 4, grown, published=0)

    def device_untrusted(self):
        """An answer that was altered on the way, in its last byte or in the middle: disconnected, and not a publish leaves the device."""
        for name, at in (("confirmation", -1), ("certificate", 100)):
            def alter(_number, kind, packet):
                if kind != CONNACK:
                    return packet
                found = ANSWER.search(packet)
                wrong = found.end() + at % int.from_bytes(found.group(1), "big")
                return packet[:wrong] + bytes([packet[wrong] ^ 1]) + packet[wrong + 1:]
            for language, device, run in (("c", C_DEVICE, self.c), ("python", PYTHON_DEVICE, self.python)):
                middle = Middle(self.gate.port, alter)
                done = run(payload(device), port=middle.listening)
                middle.close()
                self.checks.equal(self.suite.name(f"{language}_device_ends_with_5_where_the_{name}_is_wrong"),
                                  (done.returncode, any(kind == PUBLISH for _, kind in middle.seen)), (5, False))

    def device_not_yet(self):
        """CONNACK 0x87 stands for what passes, too (a budget that is used up, a gate that is not ready): the device tries again."""
        def refuse(number, kind, packet):
            return bytes([CONNACK << 4, 3, 0, 0x87, 0]) if number == 1 and kind == CONNACK else packet
        middle = Middle(self.gate.port, refuse)
        done, grown = self.counting(lambda: self.c(payload(C_DEVICE), port=middle.listening))
        middle.close()
        self.note("c_device_tries_again_after_a_refusal_that_passes", done, 0, grown, admitted=1)

    # -- what becomes of a message under way --

    def device_lost(self):
        """The connection ends before the publish reached the gate, or before its answer reached the device: it counts once."""
        for name, kind in (("a_publish", PUBLISH), ("an_answer", PUBACK)):
            for proof in ("mac", "signature"):
                def cut(number, found, packet):
                    if number == 1 and found == kind:
                        raise Cut
                    return packet
                middle = Middle(self.gate.port, cut)
                done, grown = self.counting(lambda: self.c(payload(C_DEVICE), payload(C_DEVICE, temp=22), port=middle.listening, proof=proof))
                middle.close()
                self.note(f"c_device_loses_and_repeats_nothing_where_{name}_with_{proof}_is_lost", done, 0, grown, admitted=2, duplicates=0, refused=0)

    def device_restart(self):
        """The broker is killed and comes back while the device waits for its next line."""
        words = self.words(C_DEVICE, [self.client], tries=20)
        before = self.gate.fresh_metrics()["admitted"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as device:
            try:
                device.stdin.write(payload(C_DEVICE) + "\n")
                device.stdin.flush()
                self.gate.wait_for("the first line", lambda m: m.get("admitted", 0) > before)
                self.gate.broker.kill()
                self.gate.start()
                said = device.communicate(payload(C_DEVICE, temp=23) + "\n", timeout=TIMEOUT_S)[1]
            finally:
                device.kill()
        self.checks.note(self.suite.name("c_device_comes_back_after_a_restart_of_the_broker"),
                         device.returncode == 0 and "2 taken, 0 refused" in said and "connection:" in said, f"{device.returncode}: {said}")

    def device_power_loss(self):
        """Killed in mid-stream, started again: nothing that it uses was used before, also where the clock went back."""
        state = self.states / C_DEVICE
        before = self.gate.fresh_metrics()["admitted"]
        with subprocess.Popen(self.words(C_DEVICE, [self.client]), stdin=subprocess.PIPE, text=True) as device:
            device.stdin.write(payload(C_DEVICE) + "\n")
            device.stdin.flush()
            self.gate.wait_for("the first line", lambda m: m.get("admitted", 0) > before)
            device.kill()
        counter, sequence = map(int, re.findall(r"\d+", state.read_text()))
        state.write_text(f"counter {counter + 3_600_000}\nsequence {sequence}\n")
        for language, run, device in (("c", self.c, C_DEVICE), ("python", self.python, PYTHON_DEVICE)):
            if language == "python":
                (self.states / device).write_text(str(int((self.states / device).read_text()) + 3_600_000))
            done, grown = self.counting(lambda: [run(payload(device)), run(payload(device))][-1])
            self.note(f"{language}_device_goes_on_where_its_clock_went_back", done, 0, grown, admitted=2, refused=0)
        self.checks.equal(self.suite.name("c_device_stores_counter_and_sequence"),
                          state.read_text(), f"counter {counter + 3_600_002}\nsequence {sequence + 2}\n")

    def device_stolen_key(self):
        """docs/procedures.md: whoever stole a device's key has used its last counter and sequence; the device goes on with its next key."""
        here, folder, cli = TOPIC.format(device=STOLEN_DEVICE), self.world.fleet.folder, self.world.fleet.cli
        self.counting(lambda: self.run(self.words(STOLEN_DEVICE, [self.client]), [payload(STOLEN_DEVICE)]))
        thief, client = python_device.Device(STOLEN_DEVICE, GATE, folder), raw_mqtt.Client(self.gate.port)
        thief.counter = python_device.WILL_FIRST - 2
        code = thief.connect(client)
        thief.sequence = python_device.WILL_FIRST - 2
        said = payload(STOLEN_DEVICE, temp=24)
        answer = client.publish(here, said, proof=thief.tag(here, said))
        self.checks.note(self.suite.name("thief_of_a_device_key_uses_up_its_numbers"), code == 0 and answer in (0, 16), (code, answer))
        done, grown = self.counting(lambda: self.run(self.words(STOLEN_DEVICE, [self.client], tries=1), [payload(STOLEN_DEVICE)]))
        self.note("device_with_a_stolen_key_is_kept_out", done, 4, grown, admitted=0)
        old_id = json.loads(cli("device", "show", STOLEN_DEVICE, "--json").stdout)["keys"][0]["id"]
        new_id = json.loads(cli("device", "add-key", STOLEN_DEVICE, "--json").stdout)["key_id"]
        cli("device", "retire-key", STOLEN_DEVICE, old_id)
        self.gate.wait_for_control(self.world.fleet.control_count())
        client.wait_closed()
        key = folder / f"devices/{STOLEN_DEVICE}@{new_id}.key.pem"
        done, grown = self.counting(lambda: self.run(self.words(STOLEN_DEVICE, [self.client], key=key), [payload(STOLEN_DEVICE)] * 2))
        self.note("device_goes_on_with_its_next_key_after_a_theft", done, 0, grown, admitted=2, refused=0)
        client.drop()

    def runs(self):
        return [self.device_publish, self.device_refusals, self.device_untrusted, self.device_not_yet, self.device_lost, self.device_stolen_key, self.device_restart, self.device_power_loss]


def usage(checks, world, build):
    """What the example in C says of what cannot be, with exit code 2; and with 3 where nobody listens."""
    examples = Examples.__new__(Examples)
    examples.world, examples.client = world, pathlib.Path(build) / "device/examples/attestream-publish"
    examples.states = services.TempDir("devices").path
    examples.gate = type("Nowhere", (), {"port": services.free_port()})
    examples.states.joinpath("open.pem").write_text((world.fleet.folder / "devices" / f"{C_DEVICE}.key.pem").read_text())
    examples.states.joinpath("open.pem").chmod(0o644)
    examples.states.joinpath("broken").write_text("counter 1\n")
    cases = {"key_that_is_not_there": ({"key": "/nowhere"}, "/nowhere: No such file"),
             "key_that_others_may_read": ({"key": examples.states / "open.pem"}, "0600"),
             "key_that_is_none": ({"root": ROOT / "LICENSE"}, "no PEM of a public key"),
             "state_that_is_none": ({"state": examples.states / "broken"}, "not a state file"),
             "name_that_is_none": ({"device": "a\nb", "key": world.fleet.folder / f"devices/{C_DEVICE}.key.pem"}, "not a name"),
             "number_that_is_none": ({"qos": "3"}, "from 0 to 2"), "missing_option": ({"topic": None}, "--topic is missing"),
             "unknown_option": ({"colour": "red"}, "unrecognized option '--colour'")}
    for name, (changes, words) in cases.items():
        done = examples.run(examples.words(C_DEVICE, [examples.client], **changes), [])
        checks.note(f"c_device_tells_{name}", done.returncode == 2 and words in done.stderr and done.stderr.startswith("attestream-publish: "), (done.returncode, done.stderr))
    done = examples.run(examples.words(C_DEVICE, [examples.client], tries=2), [])
    checks.note("c_device_ends_with_3_where_nobody_listens", done.returncode == 3 and "2 of 2 tries" in done.stderr, (done.returncode, done.stderr))
    done = examples.run([examples.client, "--help"], [])
    checks.note("c_device_has_help", done.returncode == 0 and "exit codes:" in done.stdout, done.returncode)
