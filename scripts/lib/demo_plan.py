# SPDX-License-Identifier: Apache-2.0
"""What the demo publishes: real messages, hostile and broken ones among them, and one labelled synthetic fault.

A plan is a list of lines for attestream-load (tests/bench/load/plan.h): device, topic, payload or payload_base64, act.
"""
import base64
import gzip
import json
import re
import statistics
import time

TOPIC = "site/demo/{device}/env"
REVOKED_DEVICE = "demo-revoked"
# How often each hostile act and each broken payload is mixed in.
HOSTILE_EACH = 5
BROKEN_EACH = 3
# The fault: messages at the device's own rate; calm ones before and after close whatever was open and let the fault end.
CALM_BEFORE, FAULT, CALM_AFTER = 240, 90, 240
# The coldest and hottest that the sensor can report: the fault goes to the farther end, so that it is one on any data.
SENSOR_RANGE = (-35.0, 75.0)
AHEAD_S = 1800


# What `attestream device add` takes as a name: bytes at most, and what must not be in it.
NAME_MAX = 128
NAME_WITHOUT = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff"
    "\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
    + "".join(chr(plane << 16 | last) for plane in range(1, 15) for last in (0xFFFE, 0xFFFF)) + r"""/+#"\\]""")


class BadData(Exception):
    """The data file is not what the demo takes; the text says where and why."""


def name_problem(device):
    """Why no device can be enrolled under that name beside the demo's own; None if one can."""
    if not 1 <= len(device.encode(errors="replace")) <= NAME_MAX or NAME_WITHOUT.search(device) or device.strip(" ") != device:
        return (f"{device!r} cannot name a device (allowed: 1 to {NAME_MAX} bytes of UTF-8 without control characters, marks of direction, "
                'characters that are not seen and / + # " \\, nor a space at either end; no space but the usual one)')
    return f"{device!r} is the name of a device of the demo's own" if device == REVOKED_DEVICE else None


def read_messages(path, limit=None):
    """[(device id, parsed message, the line as it is)] in the file's order."""
    opener = gzip.open if str(path).endswith(".gz") else open
    messages = []
    with opener(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if limit and len(messages) == limit:
                break
            if not line.strip():
                continue
            try:
                message = json.loads(line)
                device = message["device_id"]
                for value, kind in ((device, str), (message["ts"], (int, float)), (message["data"]["temp"], (int, float))):
                    if not isinstance(value, kind):
                        raise TypeError(f"{value!r} is not of its type")
            except (ValueError, KeyError, TypeError) as why:
                raise BadData(f"{path}:{number}: not a message with device_id (text), ts and data.temp (numbers): {why}") from why
            if problem := name_problem(device):
                raise BadData(f"{path}:{number}: {problem}")
            messages.append((device, message, line.rstrip("\n")))
    if not messages:
        raise BadData(f"{path}: no messages")
    return messages


def line(device, payload, act="publish"):
    text = {"payload": payload} if isinstance(payload, str) else {
        "payload_base64": base64.b64encode(payload).decode()}
    return {"device": device, "topic": TOPIC.format(device=device), "act": act, **text}


def broken_payloads(message):
    """(what is wrong, payload) for each way to break a message."""
    def changed(**fields):
        return json.dumps({**message, **fields})
    whole = json.dumps(message)
    return [
        ("cut off", whole[:len(whole) // 2]),
        ("not UTF-8", whole.encode().replace(b'"device"', b'"devic\xff"', 1)),
        ("wrong type", changed(ts="yesterday")),
        ("unknown field", changed(operator="nobody")),
        ("missing field", json.dumps({k: v for k, v in message.items() if k != "ts"})),
        ("out of range", changed(data={**message["data"], "humidity": 400.0})),
        ("too large", changed(device="x" * (600 * 1024))),
    ]


def hostile_lines(device, payload, other):
    """After a good publish: a forged tag, the packet again, its proof over other bytes, and a forked sequence."""
    return [line(device, payload, "repeat"), line(device, other, "alter"), line(device, other, "fork"),
            line(device, payload, "forge")]


def mix_in(messages):
    """The real messages with hostile and broken ones spread over the first device's part."""
    device = messages[0][0]
    own = [i for i, (name, _, _) in enumerate(messages) if name == device]
    hostile_at = set(own[:: max(1, len(own) // HOSTILE_EACH)][:HOSTILE_EACH])
    broken_at = own[1:: max(1, (len(own) - 1) // BROKEN_EACH)][:BROKEN_EACH]
    plan = []
    for i, (name, message, text) in enumerate(messages):
        plan.append(line(name, text))
        if i in hostile_at:
            plan += hostile_lines(name, text, json.dumps({**message, "ts": message["ts"] + 0.001}))
        if i in broken_at:
            plan += [line(name, payload) for _, payload in broken_payloads(message)]
    return plan


def fault_lines(messages):
    """The synthetic fault behind the first device's last message: (lines, asset, first and last event time in ms)."""
    device, last, _ = [m for m in messages if m[0] == messages[0][0]][-1]
    own = [m for name, m, _ in messages if name == device]
    times = sorted(float(m["ts"]) for m in own)
    gaps = [b - a for a, b in zip(times, times[1:]) if b > a]
    step = min(max(statistics.median(gaps) if gaps else 5.0, 0.5), 60.0)
    # The contract takes nothing from further ahead than an hour: data that ends now leaves half of that.
    step = min(step, max((time.time() + AHEAD_S - times[-1]) / (CALM_BEFORE + FAULT + CALM_AFTER), 0.001))
    normal = statistics.median(float(m["data"]["temp"]) for m in own[-500:])
    low, high = SENSOR_RANGE
    fault = high if high - normal >= normal - low else low
    template = {**last, "data": {key: statistics.median(float(m["data"][key]) for m in own[-500:])
                                 if isinstance(value, (int, float)) and not isinstance(value, bool) else value
                                 for key, value in last["data"].items()}}
    lines, begin, end = [], 0, 0
    for i in range(CALM_BEFORE + FAULT + CALM_AFTER):
        in_fault = CALM_BEFORE <= i < CALM_BEFORE + FAULT
        ripple = 0.05 * ((i * 7) % 11 - 5)
        ts = times[-1] + step * (i + 1)
        begin = ts if i == CALM_BEFORE else begin
        end = ts if in_fault else end
        data = {**template["data"], "temp": round((fault if in_fault else normal) + ripple, 3)}
        lines.append(line(device, json.dumps({**template, "ts": round(ts, 3), "data": data})))
    return lines, device, int(begin * 1000), int(end * 1000)


def compose(messages):
    """(plan, fault) where fault says asset and event times of the synthetic fault."""
    lines, asset, begin, end = fault_lines(messages)
    return mix_in(messages) + lines, {"asset": asset, "begin_ms": begin, "end_ms": end, "messages": FAULT}
