#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who is connected to a gate and when each device was seen last, in real Mosquitto of each version, as `device sessions` tells it."""
import copy
import datetime
import json
import shutil
import stat
import sys

import attestream1
from world import GATE, TOPIC, Fleet, Gate, beside_each_broker, payload, services
from fleet import wait_until
from stock_client import SUCCESS, Client

LIVE, TOKEN, NEVER, STOPPED, CROWD = "live", "token", "never", "stopped", [f"crowd-{number:03}" for number in range(150)]
HOME = "127.0.0.3"


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Suite:
    def __init__(self, checks, world, version, first):
        self.checks, self.world, self.version, self.counter = checks, world, version, first
        self.fleet = attestream1.Fleet(world.fleet.folder)
        self.gate = world.gate(version, anonymous=True)

    def name(self, text):
        return f"{text}.{self.version}"

    def sessions(self, *more):
        """Rows by device's name; nothing before the gate has written any."""
        done = self.world.fleet.cli("device", "sessions", self.gate.state, "--json", *more)
        return {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}

    def wait_for(self, what, holds, *more):
        wait_until(what, lambda: holds(self.sessions(*more)), 60)
        return self.sessions(*more)

    def connect(self, device):
        self.counter += 1
        one = attestream1.Connection(self.fleet, self.gate.port, device, GATE, HOME)
        if one.connect(self.counter) != 0:
            raise AssertionError(f"{device} did not get in")
        return one

    def presence(self):
        begun = now()
        self.live = self.connect(LIVE)
        with_token = Client(self.gate.port, TOKEN, user=TOKEN, password=self.world.fleet.token(TOKEN))
        self.counter += 1
        if self.live.publish(TOPIC.format(device=LIVE), payload(LIVE), self.counter) not in SUCCESS:
            raise AssertionError("no publish got through")
        self.counter += 1
        self.live.publish(TOPIC.format(device="another"), payload(LIVE), self.counter)
        shown = self.wait_for("both devices", lambda rows: rows.get(LIVE, {}).get("refused") == 1 and TOKEN in rows)
        row = shown[LIVE]
        self.checks.equal(self.name("connected_devices_are_listed"), sorted(shown), sorted([LIVE, TOKEN]))
        self.checks.equal(self.name("a_session_is_told_with_method_address_and_gate"), (row["method"], row["address"], row["gate"], row["client"]),
                          ("ATTESTREAM-1", HOME, GATE, LIVE))
        self.checks.equal(self.name("a_token_is_told_as_such"), shown[TOKEN]["method"], "token")
        self.checks.equal(self.name("publishes_and_refusals_are_counted"), (row["published"], row["refused"]), (2, 1))
        self.checks.note(self.name("times_are_since_and_last_publish_and_seen"), begun <= row["since"] <= row["last_publish"] <= row["seen"] <= now(), row)
        self.checks.equal(self.name("a_device_that_never_published_has_no_time_of_it"), shown[TOKEN]["last_publish"], None)
        self.checks.equal(self.name("nobody_else_reads_the_file"), stat.S_IMODE((self.gate.state / "sessions.ndjson").stat().st_mode) & 0o007, 0)
        self.checks.note(self.name("a_table_is_for_people"), LIVE in self.world.fleet.cli("device", "sessions", self.gate.state).stdout)
        done = self.copied_away()
        self.checks.note(self.name("devices_of_a_gate_that_died_are_away"), done.returncode == 0 and LIVE in done.stdout and TOKEN in done.stdout, done)
        gone = now()
        with_token.close()
        away = self.wait_for("the device that went", lambda rows: TOKEN in rows and rows[TOKEN]["seen"], "--away")
        self.checks.note(self.name("a_device_that_went_is_told_with_its_time"), gone <= away[TOKEN]["seen"] <= now(), away[TOKEN])
        self.checks.equal(self.name("a_device_that_was_never_there_is_told"), away[NEVER]["seen"], None)
        self.checks.note(self.name("a_connected_device_is_not_away"), LIVE not in away, sorted(away))
        self.checks.note(self.name("a_suspended_device_is_not_asked_for"), STOPPED not in away, sorted(away))

    def crowd(self):
        """More than one slice, going all at once."""
        crowd = [self.connect(device) for device in CROWD]
        shown = self.wait_for("the crowd", lambda rows: set(CROWD) <= rows.keys())
        self.checks.equal(self.name("each_of_many_is_listed_once"), len(shown), len(CROWD) + 1)
        for one in crowd:
            one.socket.close()
        self.wait_for("the crowd to go", lambda rows: not set(CROWD) & rows.keys())
        away = self.sessions("--away")
        self.checks.note(self.name("each_of_many_that_went_at_once_is_told"), all(away[device]["seen"] for device in CROWD), away)

    def crash(self):
        """What a killed broker's devices were seen last is known after its next start."""
        self.gate.broker.kill()
        self.live.socket.close()
        self.gate.start()
        away = self.wait_for("the start", lambda rows: LIVE in rows and rows[LIVE]["seen"], "--away")
        self.checks.note(self.name("devices_of_a_killed_broker_are_away_with_their_time"), away[LIVE]["seen"] and away[CROWD[0]]["seen"], away[LIVE])
        self.checks.equal(self.name("nobody_is_connected_after_the_start"), self.sessions(), {})
        said = self.world.fleet.cli("device", "sessions", self.gate.state).stderr
        self.checks.note(self.name("that_nobody_is_connected_is_said"), "no device is connected to these gates\n" in said, said)
        torn = self.world.folder / f"torn-{self.version}"
        shutil.copytree(self.gate.state, torn)
        (torn / "sessions.ndjson").write_text('{"device":\n')
        said = self.world.fleet.cli("device", "sessions", torn).stderr
        self.checks.note(self.name("of_lines_that_cannot_be_read_nothing_is_concluded"), "by the lines that can be read" in said and "1 line cannot be read" in said, said)

    def copied_away(self):
        """As its files would be had it died long ago, with whom it had then."""
        folder = self.world.folder / f"copied-{self.version}"
        folder.mkdir(exist_ok=True)
        for file in [*self.gate.state.glob("*.ndjson"), self.gate.state / "metrics.json"]:
            shutil.copy(file, folder)
        metrics = json.loads((folder / "metrics.json").read_text())
        (folder / "metrics.json").write_text(json.dumps({**metrics, "time": "2020-01-01T00:00:00.000Z"}))
        return self.world.fleet.cli("device", "sessions", folder, "--away")

    def copied(self):
        """The files of a gate that does not run any more, on another host."""
        done = self.copied_away()
        self.checks.note(self.name("a_gate_that_does_not_run_is_told"), "has not run since 2020-01-01" in done.stderr and LIVE in done.stdout, done)
        done = self.world.fleet.cli("device", "sessions", self.world.folder, check=False)
        self.checks.note(self.name("a_folder_of_no_gate_is_told"), done.returncode == 2 and "plugin_opt_state_folder" in done.stderr, done)

    def quiet(self):
        """A first start where nothing is wrong warns of nothing; a fleet without a processor group is told."""
        log = self.gate.broker.process.log_tail(1000)
        self.checks.note(self.name("a_first_start_does_not_say_that_the_group_is_missing"), "forwarder.waiting" not in log, log[-1500:])
        kafka = copy.copy(self.world.kafka)
        kafka.prefix = f"{kafka.prefix}bare-{self.version}."
        bare = Fleet(self.world.build, self.world.folder / f"bare-{self.version}", kafka)
        bare.cli("init")
        bare.cli("gate", "add", GATE, "--out", bare.folder / "gate")
        gate = Gate(self.world.build, bare.folder / "gate", kafka, self.version)
        gate.start()
        gate.broker.wait_for_text("forwarder.waiting group=attestream", 60)
        self.checks.note(self.name("a_fleet_without_a_processor_group_is_told"), True)
        gate.broker.close()

    def run(self):
        for test in (self.quiet, self.presence, self.crowd, self.crash, self.copied):
            self.checks.run(self.name(test.__name__ + "_runs_through"), test)
        self.gate.broker.close()


def main():
    return beside_each_broker("presence", [LIVE, TOKEN, NEVER, STOPPED, *CROWD], Suite, 100000, lambda world: world.fleet.cli("device", "suspend", STOPPED))


if __name__ == "__main__":
    sys.exit(services.run(main))
