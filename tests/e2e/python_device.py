# SPDX-License-Identifier: Apache-2.0
"""A device from docs/device-protocol.md alone, on Python's cryptography and hashlib: CONNECT, tags, envelopes and wills, no code of ours."""
import hashlib
import struct
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519

from test_envelope import base64url, blob, signed

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
METHOD = "ATTESTREAM-1"
WILL_FIRST = 2 ** 62


def raw(key):
    return key.public_bytes(*RAW)


def take_blob(data):
    size = int.from_bytes(data[:4], "big")
    return data[4:4 + size], data[4 + size:]


def blake2b(size, data, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


class Device:
    def __init__(self, name, gate, folder):
        self.name, self.gate = name, gate
        self.key = serialization.load_pem_private_key((folder / f"devices/{name}.key.pem").read_bytes(), None)
        root = serialization.load_pem_public_key((folder / "root.pub.pem").read_bytes())
        self.fleet = hashlib.sha256(raw(root)).digest()
        self.id = hashlib.sha256(raw(self.key.public_key())).digest()[:8]
        self.sequence = self.counter = 0

    def connect_data(self, client_id=None, user=None):
        self.counter = max(self.counter + 1, int(time.time() * 1000))
        self.ephemeral = x25519.X25519PrivateKey.generate()
        body = blob(self.name) + blob(self.id.hex()) + blob(self.gate) + struct.pack(">Q", self.counter) + raw(self.ephemeral.public_key())
        text = blob("ATTESTREAM-1 connect") + self.fleet + body + blob(client_id or self.name) + blob(self.name if user is None else user)
        signature = self.key.sign(text)
        self.digest = blake2b(32, blob(text) + signature)
        return b"\1" + body + signature

    def accept(self, data):
        """Takes the session (that the gate is the right one, other tests check)."""
        _, rest = take_blob(data[1:])
        _, rest = take_blob(rest)
        ephemeral, self.session, seen = struct.unpack(">32s16sQ", rest[:56])
        shared = self.ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(ephemeral))
        self.session_key = blake2b(32, blob("ATTESTREAM-1 key") + blake2b(32, self.digest + data[:-96]), shared)
        self.sequence = max(self.sequence, seen)

    def connect(self, client, client_id=None, **more):
        """CONNECT with ATTESTREAM-1; CONNACK's code."""
        data = more.pop("data", None) or self.connect_data(client_id)
        code = client.connect(client_id or self.name, self.name, method=METHOD, data=data, **more)
        if code == 0:
            self.accept(client.answer())
        return code

    def tag(self, topic, payload, qos=1, retain=0):
        self.sequence += 1
        now = int(time.time() * 1000)
        head = (blob("ATTESTREAM-1 publish mac") + blob(self.name) + b"\1" + self.session + blob(topic) + bytes([qos, retain])
                + struct.pack(">QQ", self.sequence, now))
        return f"m1.{self.sequence}.{now}.{base64url(self.session)}.{base64url(blake2b(16, head + blob(payload), self.session_key))}"

    def envelope(self, sequence, topic, payload, qos=1, retain=0, time_ms=1_750_000_000_000):
        signature = self.key.sign(signed(self.name, self.gate, topic, qos, retain, sequence, time_ms, payload.encode()))
        return b"\xc1\x01" + self.id + struct.pack(">QQ", sequence, time_ms) + signature + blob(payload)

    def will(self, topic, payload, counter=None, **more):
        """For the CONNECT whose data was made last, or another counter."""
        return self.envelope(WILL_FIRST + (counter or self.counter), topic, payload, **more)
