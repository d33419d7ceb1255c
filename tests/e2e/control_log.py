# SPDX-License-Identifier: Apache-2.0
"""Checkpoints and heartbeats of the control log made by an implementation that shares no code with ours, from docs/control-log.md alone."""
import base64
import hashlib
import json
import re
import struct

from cryptography.hazmat.primitives import serialization

ZEROS = bytes(32)
HEARTBEAT_REVISION = 2**63 - 1


def read_key(path):
    return serialization.load_pem_private_key(path.read_bytes(), None)


def public_bytes(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(key):
    return hashlib.sha256(public_bytes(key)).hexdigest()[:16]


def text(value):
    return struct.pack(">I", len(value.encode())) + value.encode()


def signed_bytes(record):
    """What the signatures cover: texts with their length in four bytes, numbers big-endian. An act of two persons has an approver."""
    two = "approver" in record
    return b"".join([text("ATTESTREAM-1 control"), struct.pack(">H", 2 if two else 1), record["fleet"], text(record["kind"]), text(record["name"]),
                     struct.pack(">Q", record["revision"]), record["predecessor"], text(record["signer"]), text(record["key_id"]),
                     struct.pack(">Q", record["time"]), struct.pack(">Q", record["expires"]) if two else b"",
                     struct.pack(">I", len(record["body"])), record["body"]])


def zigzag(number):
    number = (number << 1) ^ (number >> 63)
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def avro_bytes(data):
    data = data.encode() if isinstance(data, str) else data
    return zigzag(len(data)) + data


def encode(record, schema_id):
    return b"".join([b"\0", struct.pack(">I", schema_id), zigzag(1), record["fleet"], avro_bytes(record["kind"]), avro_bytes(record["name"]),
                     zigzag(record["revision"]), record["predecessor"], avro_bytes(record["signer"]), avro_bytes(record["key_id"]),
                     zigzag(record["time"]), avro_bytes(record["body"]), record["signature"]])


def record_hash(record):
    """Of an accepted record as a dict: over the signed bytes and the signature, of two persons also over the second one's name and signature."""
    more = record["approver"].encode() + record["approval"] if "approver" in record else b""
    return hashlib.sha256(signed_bytes(record) + record["signature"] + more).digest()


def extend(chain, record):
    """The chained hash with one more accepted record."""
    return hashlib.sha256(b"ATTESTREAM-1 chain" + chain + record_hash(record)).digest()


def checkpoint(key, fleet, group, member, count, chain, time_ms, revision=HEARTBEAT_REVISION, predecessor=ZEROS):
    """A signed checkpoint as a dict; with the revision of a heartbeat unless another is given."""
    body = json.dumps({"count": count, "chain": base64.b64encode(chain).decode()}, separators=(",", ":")).encode()
    record = {"fleet": fleet, "kind": "checkpoint", "name": group, "revision": revision, "predecessor": predecessor, "signer": member,
              "key_id": key_id(key), "time": time_ms, "body": body}
    record["signature"] = key.sign(signed_bytes(record))
    return record


def without_reach(said):
    """What `attestream verify` said beside how far the checkpoints of a recording speak, which it says each time."""
    return re.sub(r"^attestream: .*: (checkpoints speak for the first \d+|no checkpoint of a key in force speaks for any) of its \d+ control records[^\n]*\n", "", said, count=1)
