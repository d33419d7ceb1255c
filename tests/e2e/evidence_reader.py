# SPDX-License-Identifier: Apache-2.0
"""A gate's journal checkpoints, checked from docs/device-protocol.md alone: Kafka's own client and python3-avro read them (judge), and
Python's cryptography checks them. Shares no code with what it judges."""
import hashlib
import struct

from cryptography.exceptions import InvalidSignature

ZEROS = bytes(32)


def blob(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def u64(*numbers):
    return b"".join(struct.pack(">Q", number) for number in numbers)


def blake2b(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def leaf(topic, key, headers, value):
    """Of a forwarded record without its seal, which is the last header."""
    headers = headers[:-1] if headers and headers[-1][0] == "ats_seal" else headers
    data = blob("ATTESTREAM-1 journal leaf") + blob(topic) + blob(key) + struct.pack(">I", len(headers))
    data += b"".join(blob(name) + blob(text or b"") for name, text in headers)
    return blake2b(data + struct.pack(">I", value is not None) + blob(value or b""))


def statement(fleet, fields):
    """The signed bytes of a checkpoint (fields of its Avro record)."""
    return (blob("ATTESTREAM-1 journal checkpoint") + fleet + blob(fields["gate"]) + u64(fields["number"]) + fields["previous"]
            + u64(int(fields["journal"], 16), fields["first"], fields["last"], fields["records"]) + blake2b(fields["leaves"])
            + u64(fields["time"], fields["control"]))


def sign(fleet, fields, key):
    return {**fields, "signature": key.sign(statement(fleet, fields))}


class Chain:
    """The checkpoints of one gate in the order in which Kafka has them, those that it has twice once."""

    def __init__(self, fleet, records, decode):
        self.fleet, self.fields = fleet, []
        for record in records:
            fields = decode(record.value)
            if fields not in self.fields:
                self.fields.append(fields)

    def faults(self, public):
        """What is wrong with it, as texts: signatures, numbers, predecessors, gaps and forks."""
        previous, number, records, last, seen = ZEROS, 0, 0, {}, set()
        for f in self.fields:
            signed = statement(self.fleet, f)
            try:
                public.verify(f["signature"], signed)
            except InvalidSignature:
                yield f"number {f['number']}: the signature does not hold"
            number, records = number + 1, records + len(f["leaves"]) // 32
            if (f["number"], f["previous"], f["records"]) != (number, previous, records):
                yield f"number {f['number']} does not follow on number {number - 1}"
            if len(f["leaves"]) != 32 * (f["last"] - f["first"] + 1) or f["first"] != last.get(f["journal"], f["first"] - 1) + 1:
                yield f"number {f['number']}: positions {f['first']} to {f['last']} of {f['journal']} leave a gap or overlap"
            for position in range(f["first"], f["last"] + 1):
                if (f["journal"], position) in seen:
                    yield f"position {position} of {f['journal']} was signed twice"
                seen.add((f["journal"], position))
            previous, last[f["journal"]] = blake2b(signed), f["last"]

    def leaves(self):
        return {(f["journal"], f["first"] + i): f["leaves"][32 * i:32 * i + 32] for f in self.fields for i in range(len(f["leaves"]) // 32)}


def forwarded(records):
    """(journal, position) -> the leaves of the records that Kafka has of it; more than one would be two stories of the gate."""
    out = {}
    for r in records:
        place = r.header("ats_journal"), int(r.header("ats_position"))
        out.setdefault(place, set()).add(leaf(r.topic, r.key, r.headers, r.value))
    return out
