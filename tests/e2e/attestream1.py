# SPDX-License-Identifier: Apache-2.0
"""ATTESTREAM-1 from docs/device-protocol.md alone, on a raw socket: a device that can also send what no device would."""
import base64
import hashlib
import pathlib
import socket
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
TIMEOUT_S = 20
NOT_AUTHORIZED = 0x87


def blob(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def take_blob(data):
    length = int.from_bytes(data[:4], "big")
    return data[4:4 + length], data[4 + length:]


def blake2b(size, data, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def varint(number):
    out = b""
    while True:
        number, low = divmod(number, 128)
        out += bytes([low | (0x80 if number else 0)])
        if not number:
            return out


def text(string):
    data = string.encode() if isinstance(string, str) else string
    return struct.pack(">H", len(data)) + data


def packet(kind, body):
    return bytes([kind]) + varint(len(body)) + body


class Fleet:
    """The device's side of a fleet folder: each device's key, the fleet's id."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        root = serialization.load_pem_public_key((self.folder / "root.pub.pem").read_bytes())
        self.id = hashlib.sha256(root.public_bytes(*RAW)).digest()

    def key(self, device):
        return serialization.load_pem_private_key((self.folder / f"devices/{device}.key.pem").read_bytes(), None)


class Connection:
    """One connection of one device, from an address of its own if one is given. Several can be under way in one thread."""

    def __init__(self, fleet, port, device, gate, source=None):
        self.fleet, self.device, self.gate = fleet, device, gate
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S, (source, 0) if source else None)
        self.ephemeral = x25519.X25519PrivateKey.generate()
        self.key, self.session, self.received = None, None, b""

    def send_connect(self, counter, key=None, forge=False, alter=False):
        """`forge`: with a signature of zeros, which is seen at once; `alter`: with one over something else, which costs a verification."""
        key = key or self.fleet.key(self.device)
        key_id = hashlib.sha256(key.public_key().public_bytes(*RAW)).hexdigest()[:16]
        body = blob(self.device) + blob(key_id) + blob(self.gate) + struct.pack(">Q", counter) + self.ephemeral.public_key().public_bytes(*RAW)
        signed = blob("ATTESTREAM-1 connect") + self.fleet.id + body + blob(self.device) + blob("")
        signature = bytes(64) if forge else key.sign(signed + b"x" * alter)
        self.digest = blake2b(32, blob(signed) + signature)
        properties = b"\x15" + text("ATTESTREAM-1") + b"\x16" + text(b"\1" + body + signature)
        self.socket.sendall(packet(0x10, text("MQTT") + b"\5\2" + struct.pack(">H", 60) + varint(len(properties)) + properties + text(self.device)))

    def read(self):
        """The next packet as (kind, body), or None when the connection ends."""
        while True:
            length, shift, at = 0, 0, 1
            while at < len(self.received) and shift < 28:
                length |= (self.received[at] & 127) << shift
                at, shift = at + 1, shift + 7
                if self.received[at - 1] < 128:
                    break
            whole = at > 1 and self.received[at - 1] < 128 and len(self.received) >= at + length
            if whole:
                found, self.received = (self.received[0], self.received[at:at + length]), self.received[at + length:]
                return found
            try:
                more = self.socket.recv(65536)
            except OSError:
                more = b""
            if not more:
                return None
            self.received += more

    def read_connack(self):
        """CONNACK's reason; on success the session is there. None: closed without one."""
        found = self.read()
        if not found or found[0] != 0x20:
            return None
        reason, rest = found[1][1], found[1][2:]
        if reason == 0:
            self._accept(self._authentication_data(rest))
        return reason

    @staticmethod
    def _authentication_data(properties):
        data = properties[1:] if properties[0] < 128 else properties[2:]
        while data:
            kind, data = data[0], data[1:]
            if kind in (0x15, 0x12, 0x16):
                length = int.from_bytes(data[:2], "big")
                if kind == 0x16:
                    return data[2:2 + length]
                data = data[2 + length:]
            else:
                data = data[{0x21: 2, 0x22: 2, 0x13: 2, 0x27: 4, 0x11: 4}.get(kind, 1):]
        return b""

    def _accept(self, data):
        rest = take_blob(take_blob(data[1:])[1])[1]
        gate_ephemeral, self.session = struct.unpack(">32s16s", rest[:48])
        transcript = blake2b(32, self.digest + data[:-96])
        shared = self.ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(gate_ephemeral))
        self.key = blake2b(32, blob("ATTESTREAM-1 key") + transcript, shared)

    def connect(self, counter, **how):
        self.send_connect(counter, **how)
        return self.read_connack()

    def publish(self, topic, payload, sequence, time_ms=1_750_000_000_000, qos=1):
        """Sends it with a tag; the PUBACK's reason (None: closed), or 0 at QoS 0."""
        head = blob("ATTESTREAM-1 publish mac") + blob(self.device) + b"\1" + self.session + blob(topic) + struct.pack(">BBQQ", qos, 0, sequence, time_ms)
        tag = blake2b(16, head + blob(payload), self.key)
        proof = f"m1.{sequence}.{time_ms}.{self._base64(self.session)}.{self._base64(tag)}"
        properties = b"\x26" + text("ats-proof") + text(proof)
        number = struct.pack(">H", sequence % 65535 + 1) if qos else b""
        self.socket.sendall(packet(0x30 | qos << 1, text(topic) + number + varint(len(properties)) + properties + payload.encode()))
        while qos:
            found = self.read()
            if not found or found[0] == 0xe0:
                return None
            if found[0] == 0x40:
                return found[1][2] if len(found[1]) > 2 else 0
        return 0

    @staticmethod
    def _base64(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def close(self):
        try:
            self.socket.sendall(b"\xe0\0")
        except OSError:
            pass
        self.socket.close()
