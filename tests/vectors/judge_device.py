# SPDX-License-Identifier: Apache-2.0
"""What a device makes of CONNACK's data, from docs/device-protocol.md."""
from reader import Malformed, Wire, blake2b, certificate, holds, labelled, shared


def chain(world, operator_data, gate_data, now_ms):
    """(the gate's key, None) or (None, why not)."""
    operator, operator_by = certificate(operator_data)
    gate, gate_by = certificate(gate_data)
    fleet = bytes.fromhex(world["fleet"])
    if operator[1] != 1 or gate[1] != 2 or operator[0] != fleet or gate[0] != fleet or gate[2] != world["gate"]:
        return None, "untrusted"
    if not operator_by(bytes.fromhex(world["root_public"])) or not gate_by(operator[3]):
        return None, "untrusted"
    if now_ms and not all(each[4] <= now_ms <= each[5] for each in (operator, gate)):
        return None, "expired"
    return gate[3], None


def accept(world, data, now_ms):
    wire = Wire(data)
    if wire.number(1) != 1:
        raise Malformed
    operator_data, gate_data = wire.blob(), wire.blob()
    ephemeral, _, seen, _ = wire.fixed(32), wire.fixed(16), wire.number(8), wire.number(8)
    body = data[:wire.at]
    signature, confirmation = wire.fixed(64), wire.fixed(32)
    wire.end()
    if max(len(operator_data), len(gate_data)) > 512:
        raise Malformed
    gate_key, why = chain(world, operator_data, gate_data, now_ms)
    if why:
        return why
    transcript = blake2b(32, bytes.fromhex(world["connect_digest"]), body)
    agreed = shared(bytes.fromhex(world["device_ephemeral_secret"]), ephemeral)
    if not holds(gate_key, labelled("ATTESTREAM-1 accept", transcript), signature) or agreed is None:
        return "wrong"
    key = blake2b(32, labelled("ATTESTREAM-1 key", transcript), key=agreed)
    if confirmation != blake2b(32, labelled("ATTESTREAM-1 confirm", transcript), key=key):
        return "wrong"
    return "ok" if seen <= 2**42 else "sequence_jump"


def judge(world, case):
    try:
        return accept(world, bytes.fromhex(case["accept"]), case["now_ms"])
    except Malformed:
        return "malformed"
