# SPDX-License-Identifier: Apache-2.0
"""Our own programs as the scripts use them: the CLI, a fleet that it makes, a gate and a processor of that fleet."""
import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
GATE = "gate-1"
MEMBER = "member-1"
PARTITIONS = 4
CONTRACTS = ["env-sensor", "machine-temp"]
USECASES = ["asset-health.yaml"]


class Failed(Exception):
    """A program of ours did not do what it was asked; the text is what it said."""


def wait_until(what, done, timeout_s=30.0, alive=None):
    """Asks `done()` until it is true; `alive()` may end the wait early by raising."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if alive:
            alive()
        if time.monotonic() > deadline:
            raise Failed(f"timed out after {timeout_s:.0f} s waiting for {what}")
        time.sleep(0.05)


class Fleet:
    """A fleet folder and the CLI on it."""

    def __init__(self, build, folder, kafka):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(folder)
        self.kafka = kafka

    def cli(self, *arguments, check=True, stdin=None):
        words = [str(self.build / "attestream"), "--fleet", str(self.folder), *self.kafka.cli_options(), *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, input=stdin)
        if check and done.returncode != 0:
            raise Failed(f"attestream {' '.join(map(str, arguments))}: exit code {done.returncode}: {done.stderr.strip()}")
        return done

    def make(self, state):
        """Root, operator, gate, processor, topics, contracts and use cases; keys of gate and member go below `state`."""
        self.cli("init")
        self.cli("gate", "add", GATE, "--site", "demo", "--out", state / GATE)
        self.cli("processor", "add", MEMBER, "--out", state / MEMBER)
        for contract in CONTRACTS:
            self.cli("contract", "publish", ROOT / "schemas/contracts" / contract)
        for usecase in USECASES:
            self.cli("usecase", "publish", ROOT / "schemas/usecases" / usecase)
        self.cli("topics", "create", "--partitions", PARTITIONS, "--replication", 1)

    def add_devices(self, names, state):
        listing = pathlib.Path(state) / "devices.txt"
        listing.write_text("".join(f"{name}\n" for name in names))
        self.cli("device", "add", "--from", listing)

    def token(self, device):
        return self.cli("device", "token", device, "--audience", GATE).stdout.strip()


def read_metrics(state):
    """The gate's counters, or {} before it has written any."""
    try:
        return json.loads((pathlib.Path(state) / "metrics.json").read_text())
    except (OSError, ValueError):
        return {}


def http_get(url, timeout_s=2.0):
    """(status, body); (0, "") if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""
