# SPDX-License-Identifier: Apache-2.0
"""Our own programs as the scripts use them: a fleet that the CLI makes, and a gate and a processor of it."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request

import services

ROOT = pathlib.Path(__file__).resolve().parents[2]
GATE = "gate-1"
MEMBER = "member-1"
PARTITIONS = 4
CONTRACTS = ("env-sensor", "machine-temp")
USECASES = ("asset-health.yaml",)


class Failed(Exception):
    """A program of ours did not do what it was asked; the text is what it said."""


def wait_until(what, done, timeout_s=30.0):
    """Asks `done()` until it is true; Failed after the time-out."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            raise Failed(f"timed out after {timeout_s:.0f} s waiting for {what}")
        time.sleep(0.05)


class Fleet:
    """A fleet folder, made and changed by the CLI."""

    def __init__(self, build, folder, kafka):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(folder)
        self.kafka = kafka

    def command(self, *arguments):
        """The words of a CLI call, and what to put into its environment."""
        return [str(self.build / "attestream"), "--fleet", str(self.folder), "--topic-prefix", self.kafka.prefix, *map(str, arguments)]

    def cli(self, *arguments, check=True, stdin=None):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, input=stdin,
                              env={**os.environ, **self.kafka.environment()})
        if check and done.returncode != 0:
            raise Failed(f"attestream {' '.join(map(str, arguments))}: exit code {done.returncode}: {done.stderr.strip()}")
        return done

    def make(self, keys):
        """Root, operator, gate, processor, topics, contracts and use cases; keys of gate and member go below `keys`."""
        keys = pathlib.Path(keys)
        self.cli("init")
        self.cli("gate", "add", GATE, "--site", "demo", "--out", keys / GATE)
        self.cli("processor", "add", MEMBER, "--out", keys / MEMBER)
        for contract in CONTRACTS:
            self.cli("contract", "publish", ROOT / "schemas/contracts" / contract)
        for usecase in USECASES:
            self.cli("usecase", "publish", ROOT / "schemas/usecases" / usecase)
        self.cli("topics", "create", "--partitions", PARTITIONS, "--replication", 1)

    def add_devices(self, names):
        self.folder.mkdir(parents=True, exist_ok=True)
        listing = self.folder / "devices.txt"
        listing.write_text("".join(f"{name}\n" for name in names))
        self.cli("device", "add", "--from", listing)

    def token(self, device):
        return self.cli("device", "token", device, "--gate", GATE).stdout.strip()

    def control_count(self):
        """Accepted control records, as the CLI's own verified copy has them."""
        return json.loads(self.cli("status", "--json").stdout)["control_count"]


def kafka_options(kafka, add=lambda path: path):
    """How a gate or processor is told of the cluster; `add` puts a file where it can be read. The topic prefix stands in its own folder."""
    return {"kafka_config": add(kafka.config)} if kafka.config else {"kafka_bootstrap": kafka.bootstrap}


class Gate:
    """A stock Mosquitto with the plugin and the folder that `gate add` made. It listens without TLS on loopback, so it is told that tokens
    may come so; a real one should not be."""

    def __init__(self, build, keys, kafka, version=None, options=None, **more):
        self.broker = services.Mosquitto(version, plugin=pathlib.Path(build) / "attestream.so", **more)
        self.state = self.broker.make_folder("state")
        self.broker.options.update(fleet=self.broker.add(keys), state_folder=self.state, **kafka_options(kafka, self.broker.add),
                                   **{"allow_plain_tokens": True, **(options or {})})

    @property
    def port(self):
        return self.broker.port

    @property
    def pid(self):
        return self.broker.pid

    def start(self):
        self.broker.start()

    def stop(self):
        return self.broker.stop()

    def metrics(self):
        """The gate's counters, or {} before it has written any."""
        try:
            return json.loads((self.state / "metrics.json").read_text())
        except (OSError, ValueError):
            return {}

    def fresh_metrics(self):
        """The counters of a snapshot that was begun after this call: what clients have been answered is in it."""
        asked = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.wait_for("a new snapshot of its counters", lambda m: m.get("time", "") > asked)
        return self.metrics()

    def wait_for(self, what, holds, timeout_s=60):
        """Waits until `holds(metrics)`."""
        try:
            self.broker.process.wait_until(lambda: holds(self.metrics()), what, timeout_s)
        except services.ServiceError as why:
            raise Failed(f"{why}\nmetrics: {self.metrics()}") from why

    def wait_for_control(self, count):
        self.wait_for(f"knowing {count} control records", lambda m: m.get("control_count", 0) >= count)

    def wait_for_forwarding(self):
        """Waits until all that it has taken so far is in Kafka (nobody may be publishing); the counters of what it has taken, and forwarded."""
        taken = self.fresh_metrics()
        self.wait_for("forwarding its journal", lambda m: m.get("backlog_bytes", 1) == 0)
        return {**taken, "forwarded": self.metrics()["forwarded"]}


class Processor:
    """A member of the processor group, with the folder that `processor add` made."""

    def __init__(self, build, keys, folder, kafka, options=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "processor.log"
        self.url = None
        self.process = None
        properties = {"fleet": keys, "state_folder": self.folder / "state", "http_listen": "127.0.0.1:0", **kafka_options(kafka),
                      **(options or {})}
        self.command = [pathlib.Path(build) / "attestream-processor", "run"]
        for name, value in properties.items():
            self.command += ["--" + name.replace("_", "-"), str(value)]

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        before = self.log.stat().st_size if self.log.exists() else 0
        self.process = services.Process(self.command, self.log)

        def listening():
            return re.search(r"http://127\.0\.0\.1:\d+", self.log.read_text(errors="replace")[before:])
        self.url = self.process.wait_until(listening, "listening", 30).group(0)

    def stop(self):
        return self.process.stop()

    def kill(self):
        return self.process.kill()

    def get(self, path):
        """(status, body) of a GET; (0, "") if nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=2.0) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_until_ready(self):
        self.process.wait_until(lambda: self.get("/ready")[0] == 200, "ready", 60)

    def counter(self, name):
        """The sum of a Prometheus counter over its labels."""
        found = re.findall(rf"^{name}(?:\{{[^}}]*\}})? ([0-9.e+]+)$", self.get("/metrics")[1], re.MULTILINE)
        return int(sum(float(value) for value in found))

    def decided(self):
        return self.counter("attestream_events_decided_total")

    def wait_for_decisions(self, count, timeout_s=60):
        self.process.wait_until(lambda: self.decided() >= count, f"deciding {count} events (it has {self.decided()})", timeout_s)
