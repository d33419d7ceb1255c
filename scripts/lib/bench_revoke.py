# SPDX-License-Identifier: Apache-2.0
"""How long a revocation takes: a stock client publishes without a pause while `attestream device revoke` runs, and is then closed."""
import os
import subprocess
import time

from fleet import Failed
from stock_client import SUCCESS, Client

TIMEOUT_S = 30


def percentile(values, percent):
    return sorted(values)[round((len(values) - 1) * percent / 100)]


def revoke_one(fleet, port, device, payload, transport):
    """Milliseconds from the start of the CLI to the answer of the first publish that was refused, and from there to the connection's end."""
    client = Client(port, device, device, fleet.token(device), transport=transport)
    topic = f"site/bench/{device}/env"
    try:
        if client.publish(topic, payload(device)) not in SUCCESS:
            raise Failed(f"{device} may not publish before its revocation")
        begun = time.monotonic()
        revoking = subprocess.Popen(fleet.command("device", "revoke", device), env={**os.environ, **fleet.kafka.environment()},
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while client.publish(topic, payload(device)) in SUCCESS:
            if time.monotonic() - begun > TIMEOUT_S:
                raise Failed(f"{device} still publishes {TIMEOUT_S} s after its revocation was begun")
        refused = time.monotonic() - begun
        client.wait(lambda: client.closed, TIMEOUT_S)
        closed = time.monotonic() - begun - refused
        if not client.closed:
            raise Failed(f"{device} is still connected {TIMEOUT_S} s after its first refused publish")
        if revoking.wait(TIMEOUT_S) != 0:
            raise Failed(f"attestream device revoke {device}: exit code {revoking.returncode}")
        return refused * 1000, closed * 1000
    finally:
        client.close()


def measure(fleet, port, devices, payload, transport="tcp"):
    """(milliseconds until refused, until closed) of each device."""
    return [revoke_one(fleet, port, device, payload, transport) for device in devices]
