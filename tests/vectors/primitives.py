# SPDX-License-Identifier: Apache-2.0
"""What every maker of vectors writes with: integers, texts, hashes, keys. Python's cryptography and hashlib, no code of ours."""
import base64
import hashlib
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def u8(value):
    return struct.pack(">B", value)


def u32(value):
    return struct.pack(">I", value)


def u64(value):
    return struct.pack(">Q", value)


def blob(data):
    """A byte string or text: its length in 32 bits, then its bytes."""
    data = data.encode() if isinstance(data, str) else data
    return u32(len(data)) + data


def blake2b(size, data, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def seed(name):
    return hashlib.sha256(b"test vector " + name.encode()).digest()


class Signing:
    """An Ed25519 pair whose seed is made from a name."""

    def __init__(self, name):
        self.seed = seed(name)
        self.private = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.private.public_key().public_bytes(*RAW)
        self.id = hashlib.sha256(self.public).hexdigest()[:16]


class Agreement:
    """The same of X25519."""

    def __init__(self, name):
        self.seed = seed(name)
        self.private = x25519.X25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.private.public_key().public_bytes(*RAW)

    def with_key(self, other):
        return self.private.exchange(x25519.X25519PublicKey.from_public_bytes(other))


ROOT, OPERATOR, GATE, DEVICE = (Signing(n) for n in ("root", "operator", "gate", "device"))
FLEET = hashlib.sha256(ROOT.public).digest()
DEVICE_NAME, GATE_NAME, OPERATOR_NAME = "press-7", "hall-2", "alice"
WILL_FIRST = 2**62  # sequences of publishes are below, of wills above
NOT_BEFORE, NOT_AFTER = 1_700_000_000_000, 1_800_000_000_000


def certificate(issuer, role, name, key, begin=NOT_BEFORE, end=NOT_AFTER, fleet=FLEET):
    body = fleet + u8(role) + blob(name) + key.public + u64(begin) + u64(end)
    return u8(1) + body + issuer.private.sign(blob("ATTESTREAM-1 certificate") + body)
