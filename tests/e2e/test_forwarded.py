#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""WebSockets clients whose header X-Forwarded-For names an address that is not theirs, in real Mosquitto of each version (some tell a plugin the
header as the address): what they do counts for the address that they come from."""
import argparse
import pathlib
import socket
import sys

import attestream1
import raw_mqtt
from checks import Checks
from python_device import METHOD, Device
from test_presence import Suite as Presence
from world import GATE, ROOT, World, has_websockets, services
from fleet import wait_until

NAMED, NEIGHBOUR, GONE = "named", "neighbour", "gone"
HEADERS = {"a_list": b"10.0.0.1, 10.0.0.2", "a_zone": b"fe80::1%eth0", "a_long_one": b"x" * 300, "no_utf8": b"\xff\xfe\xc3", "an_empty_one": b"",
           "a_forged_field": b'1.2.3.4" reason=none', "the_own_address": b"127.0.0.3", "a_mapped_one": b"::ffff:127.0.0.9"}
# Where a device comes from, the address that strangers name, and theirs.
HOME, VICTIM, STRANGER = "127.0.0.3", "127.0.0.5", "127.0.9.9"
FORGED, BUDGET, TRIES, PATIENCE_S = 25, 5, 5000, 0.2


def plain(address):
    """The broker's WebSockets take IPv4 within IPv6."""
    return address.removeprefix("::ffff:")


class Suite:
    def __init__(self, checks, world, version, first):
        self.checks, self.world, self.version, self.counter = checks, world, version, first
        self.fleet = attestream1.Fleet(world.fleet.folder)

    def name(self, text):
        return f"{text}.{self.version}"

    def open(self, **options):
        self.port = services.free_port()
        self.gate = self.world.gate(self.version, anonymous=True, extra_conf=f"listener {self.port} 127.0.0.1\nprotocol websockets\n", options=options)
        wait_until("the WebSockets listener", lambda: services.accepts(self.port), 30)

    def device(self, name):
        device = Device(name, GATE, self.world.fleet.folder)
        self.counter += 1
        device.counter = self.counter
        return device

    def over_websockets(self, device, source, header):
        """A client, and CONNACK's code (None: closed without one)."""
        client = raw_mqtt.Client(self.port, "websockets", source=source, forwarded_for=header)
        return client, self.device(device).connect(client)

    def forge(self, device, source, header):
        """With a signature that does not hold."""
        client = raw_mqtt.Client(self.port, "websockets", source=source, forwarded_for=header)
        data = bytearray(self.device(device).connect_data())
        data[-64] ^= 1
        code = client.connect(device, device, method=METHOD, data=bytes(data))
        client.drop()
        return code

    def over_tcp(self, device, source):
        client = raw_mqtt.Client(self.gate.port, source=source)
        code = self.device(device).connect(client)
        client.drop()
        return code

    def refused(self, reason):
        return self.gate.fresh_metrics()["connections_refused_by_reason"].get(reason, 0)

    # -- what a header takes from nobody, and gives to nobody --

    def budgets(self):
        self.open(handshakes_per_address=1, handshakes_per_device=0, refused_connects_per_second=0)
        for _ in range(FORGED):
            self.forge(NEIGHBOUR, STRANGER, VICTIM.encode())
        self.checks.equal(self.name("who_is_named_loses_nothing"), [self.over_tcp(NAMED, VICTIM) for _ in range(3)], [0] * 3)
        self.checks.note(self.name("who_names_another_uses_up_his_own"), self.refused("busy-address") > 0)
        for number in range(FORGED):
            self.forge(NEIGHBOUR, STRANGER, f"198.51.100.{number}".encode())
        self.checks.note(self.name("a_new_header_each_time_is_the_same_address"), self.refused("busy-address") > FORGED)
        codes = []
        while len(codes) < FORGED and attestream1.NOT_AUTHORIZED not in codes:  # a second without a failure lets one in
            self.forge(NEIGHBOUR, STRANGER, VICTIM.encode())
            client, code = self.over_websockets(NAMED, STRANGER, VICTIM.encode())
            client.drop()
            codes.append(code)
        self.checks.note(self.name("nobody_takes_anothers_place_by_a_header"), attestream1.NOT_AUTHORIZED in codes, codes)
        log = self.gate.broker.log.read_text(errors="replace")
        told = [line for line in log.splitlines() if "connect.refused" in line]
        self.checks.note(self.name("the_log_tells_the_sockets_address"), told and all(f'{STRANGER}"' in line.partition(" address=")[2].split()[0] for line in told), told[:3])
        self.checks.equal(self.name("every_socket_is_found"), log.count("client.address-unknown"), 0)
        self.gate.broker.close()

    def presence(self):
        """Whatever the header says, the device gets in, and is listed with its address."""
        self.open()
        rows, clients, told = Presence.sessions, [], {}
        for number, (what, header) in enumerate(HEADERS.items()):
            client, told[what] = self.over_websockets(f"header-{number}", HOME, header)
            clients.append(client)
        self.checks.equal(self.name("a_device_gets_in_with_any_header"), told, {what: 0 for what in HEADERS})
        wait_until("all of them", lambda: len(rows(self)) == len(HEADERS), 60)
        for number, what in enumerate(HEADERS):
            self.checks.equal(self.name(f"with_{what}_it_is_listed_where_it_is"), plain(rows(self)[f"header-{number}"]["address"]), HOME)
        for client in clients:
            client.disconnect()
        wait_until("all to go", lambda: not rows(self), 60)
        away = rows(self, "--away")
        self.checks.equal(self.name("its_going_is_told_with_its_address"), {plain(away[f"header-{n}"]["address"]) for n in range(len(HEADERS))}, {HOME})

    def hang_up(self):
        """Over WebSockets the broker closes late, so the gate shuts down the socket: also where a header names another address."""
        client, code = self.over_websockets(f"{GONE}-{self.version}", HOME, b"192.0.2.9")
        self.checks.equal(self.name("it_is_connected_before_its_revocation"), code, 0)
        self.world.fleet.cli("device", "revoke", f"{GONE}-{self.version}")
        self.checks.note(self.name("a_revoked_device_is_closed"), client.wait_closed())
        self.checks.note(self.name("a_header_keeps_no_revoked_device_connected"),
                         self.gate.broker.wait_for_text(f'session.hung-up name="{GONE}-{self.version}"'))
        self.gate.broker.close()

    def knock(self):
        """Whether a CONNECT with nothing to prove it, by who names another address, comes through to the broker."""
        try:
            socket.create_connection(("127.0.0.1", self.port), PATIENCE_S, (STRANGER, 0)).close()
            client = raw_mqtt.Client(self.port, "websockets", source=STRANGER, forwarded_for=VICTIM.encode())
            client.connect(NAMED, NAMED)
            client.drop()
            return True
        except OSError:
            return False

    def shedding(self):
        self.open(refused_connects_per_second=BUDGET)
        answered = 0
        while answered < TRIES and (self.knock() or self.gate.metrics().get("shedding_address_groups", 0) == 0):
            answered += 1
        self.checks.note(self.name("who_names_another_is_held_back"), answered < TRIES)
        codes = []
        for _ in range(20):  # one that is held back gets in by chance, hardly each time
            try:
                socket.create_connection(("127.0.0.1", self.gate.port), PATIENCE_S, (VICTIM, 0)).close()
                codes.append(0)
            except OSError:
                codes.append(None)
        self.checks.equal(self.name("who_is_named_is_not_held_back"), codes, [0] * 20)
        self.checks.equal(self.name("a_device_of_that_address_gets_in"), self.over_tcp(NAMED, VICTIM), 0)
        self.gate.broker.close()

    def run(self):
        self.checks.run_each((self.budgets, self.presence, self.hang_up, self.shedding), self.name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("forwarded")
    versions = services.mosquitto_versions()
    world = World(options.build, [NAMED, NEIGHBOUR, *[f"{GONE}-{version}" for version in versions], *[f"header-{n}" for n in range(len(HEADERS))]])
    for i, version in enumerate(versions):
        if has_websockets(version):
            checks.run(f"all_run_through.{version}", lambda: Suite(checks, world, version, 100000 * (i + 1)).run())
        else:
            checks.skip(f"all_run_through.{version}", "this Mosquitto has no WebSockets")
    world.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
