# SPDX-License-Identifier: Apache-2.0
"""Whether a record's seal holds, and what a journal checkpoint in the topic evidence is worth."""
import re

from judge_log import Avro
from reader import Malformed, Wire, blake2b, counts, prefixed, shared


def seal_key(world):
    """Both sides', from the gate's secret and from the group's."""
    gate, group = bytes.fromhex(world["gate_seed"]), bytes.fromhex(world["group_seed"])
    base = b"\x09" + bytes(31)
    keys = [shared(gate, base), shared(group, base)]
    pair = prefixed("ATTESTREAM-1 seal key") + prefixed(world["gate"]) + keys[0] + prefixed(world["group"]) + keys[1]
    both = [blake2b(32, pair, key=shared(*each)) for each in ((gate, keys[1]), (group, keys[0]))]
    assert both[0] == both[1] == bytes.fromhex(world["key"])
    return both[0]


def sealed(key, case):
    headers = [(name.encode(), bytes.fromhex(value)) for name, value in case["headers"]]
    if not headers or headers[-1][0] != b"ats_seal" or len(headers[-1][1]) != 32:
        return False
    covered = b"".join(prefixed(name) + prefixed(value) for name, value in headers[:-1])
    value = None if case["value"] is None else bytes.fromhex(case["value"])
    found = blake2b(32, prefixed("ATTESTREAM-1 seal"), prefixed(case["topic"]), prefixed(case["key"]), (len(headers) - 1).to_bytes(4, "big"), covered,
                    (value is not None).to_bytes(4, "big"), prefixed(value or b""), key=key)
    return found == headers[-1][1]


def checkpoint(world, value):
    framing = Wire(value)
    if framing.number(1) != 0:
        raise Malformed
    framing.number(4)  # of a registry, or the text's own: the signature says what it is
    avro = Avro(value[5:])
    gate, number, previous, journal = avro.text(), avro.long(), avro.blob(), avro.text()
    first, last, records, leaves = avro.long(), avro.long(), avro.long(), avro.blob()
    time_ms, control, signature = avro.long(), avro.long(), avro.blob()
    avro.end()
    good = number >= 1 and len(previous) == 32 and re.fullmatch("[0-9a-f]{16}", journal) and first >= 1 and leaves and len(leaves) % 32 == 0
    if not good or last != first + len(leaves) // 32 - 1 or len(signature) != 64 or min(records - 1, time_ms, control) < 0:
        raise Malformed
    signed = (prefixed("ATTESTREAM-1 journal checkpoint") + bytes.fromhex(world["fleet"]) + prefixed(gate) + number.to_bytes(8, "big") + previous
              + int(journal, 16).to_bytes(8, "big") + b"".join(each.to_bytes(8, "big") for each in (first, last, records)) + blake2b(32, leaves)
              + time_ms.to_bytes(8, "big") + control.to_bytes(8, "big"))
    return "ok" if counts(bytes.fromhex(world["gate_public"]), signed, signature) else "signature"


def judge(world, case):
    try:
        return checkpoint(world, bytes.fromhex(case["value"]))
    except Malformed:
        return "malformed"
