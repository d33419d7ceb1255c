# SPDX-License-Identifier: Apache-2.0
"""Makes control records as docs/topics.md states them: signed bytes, hash, chain and the Avro value in Kafka."""
import base64
import hashlib
import json
import pathlib
import struct

from primitives import blob, u64

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas/records"


def u16(value):
    return struct.pack(">H", value)


def base64_of(data):
    return base64.b64encode(data).decode()


def schema_id(text):
    """The first 31 bits of SHA-256 of a schema's text."""
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big") >> 1


def zigzag(value):
    """A long of Avro: zigzag, then seven bits a byte, the lowest first."""
    value = value << 1 if value >= 0 else (-value << 1) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def avro(data):
    """Bytes or a string of Avro."""
    data = data.encode() if isinstance(data, str) else data
    return zigzag(len(data)) + data


def framed(schema, body):
    return b"\0" + struct.pack(">I", schema_id((SCHEMAS / f"{schema}.avsc").read_bytes())) + body


class Record:
    """One control record. `expires` makes it one of format 2, which two persons sign."""

    def __init__(self, fleet, kind, name, revision, predecessor, signer, key, time_ms, body, expires=0):
        self.fleet, self.kind, self.name, self.revision, self.predecessor = fleet, kind, name, revision, predecessor
        self.signer, self.key_id, self.time_ms, self.expires = signer, key.id, time_ms, expires
        self.body = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        self.approver, self.approver_key_id, self.approval = "", "", bytes(64)
        self.signature = key.private.sign(self.signed())

    def signed(self):
        return (blob("ATTESTREAM-1 control") + u16(2 if self.expires else 1) + self.fleet + blob(self.kind) + blob(self.name)
                + u64(self.revision) + self.predecessor + blob(self.signer) + blob(self.key_id) + u64(self.time_ms)
                + (u64(self.expires) if self.expires else b"") + blob(self.body))

    def approve(self, approver, key):
        self.approver, self.approver_key_id, self.approval = approver, key.id, key.private.sign(self.signed())
        return self

    def hash(self):
        approval = self.approver.encode() + self.approval if self.expires else b""
        return hashlib.sha256(self.signed() + self.signature + approval).digest()

    def value(self):
        two = bool(self.expires)
        out = (zigzag(2 if two else 1) + self.fleet + avro(self.kind) + avro(self.name) + zigzag(self.revision) + self.predecessor
               + avro(self.signer) + avro(self.key_id) + zigzag(self.time_ms) + (zigzag(self.expires) if two else b"")
               + avro(self.body) + self.signature)
        if two:
            out += avro(self.approver) + avro(self.approver_key_id) + self.approval
        return framed("control-approved" if two else "control", out)


class Log:
    """A control log that grows, with count and chained hash."""

    def __init__(self, fleet):
        self.fleet, self.count, self.chain, self.newest, self.values, self.chains = fleet, 0, bytes(32), {}, [], [bytes(32)]

    def next(self, kind, name, signer, key, time_ms, body, **more):
        """The record that would follow; it is not appended."""
        before = self.newest.get((kind, name))
        place = {"revision": before.revision + 1 if before else 1, "predecessor": before.hash() if before else bytes(32), **more}
        return Record(self.fleet, kind, name, place.pop("revision"), place.pop("predecessor"), signer, key, time_ms, body, **place)

    def take(self, record):
        self.newest[record.kind, record.name] = record
        self.count += 1
        self.chain = hashlib.sha256(b"ATTESTREAM-1 chain" + self.chain + record.hash()).digest()
        self.chains.append(self.chain)
        self.values.append(record.value().hex())
        return record

    def add(self, *arguments, **more):
        return self.take(self.next(*arguments, **more))
