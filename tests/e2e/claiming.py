# SPDX-License-Identifier: Apache-2.0
"""A device that claims, from docs/device-protocol.md alone: Python's cryptography and paho-mqtt, no code of ours. And control records as
an attacker makes them."""
import base64
import hashlib
import json
import struct
import threading
import time

import paho.mqtt.client as paho
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from stock_client import TIMEOUT_S, V5, Client, new_client

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
TAKEN, ENROLLED, LATER, REFUSED = 1, 2, 3, 4


def blob(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_id(key):
    return hashlib.sha256(key.public_key().public_bytes(*RAW)).hexdigest()[:16]


def read_key(path):
    return serialization.load_pem_private_key(path.read_bytes(), None)


def claim(token, key, gate, time_ms=0):
    """`token`: its text. The claim's bytes."""
    body = blob(unbase64url(token)) + blob(gate) + struct.pack(">Q", time_ms) + key.public_key().public_bytes(*RAW)
    return b"\1" + body + key.sign(blob("ATTESTREAM-1 claim") + hashlib.blake2b(body, digest_size=32).digest())


class Claimant:
    """One CONNECT with a claim: (reason of CONNACK, result, code, text) in .answer; result is None where no data came."""

    def __init__(self, port, device, data, client_id=None):
        self.client = new_client(client_id or device + "/claim", V5)
        self.client.username_pw_set(device)
        self.done, self.closed, self.answer = threading.Event(), threading.Event(), (None, None, None, None)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: (self.closed.set(), self.done.set())
        properties = Properties(PacketTypes.CONNECT)
        properties.AuthenticationMethod, properties.AuthenticationData = "ATTESTREAM-1-CLAIM", data
        self.client.connect("127.0.0.1", port, properties=properties)
        self.client.loop_start()
        self.done.wait(TIMEOUT_S)

    def _on_connect(self, _client, _data, _flags, reason, properties):
        data = getattr(properties, "AuthenticationData", None)
        result, code, text = (data[1], int.from_bytes(data[2:6], "big"), data[10:].decode()) if data else (None, None, None)
        self.answer = (getattr(reason, "value", reason), result, code, text)
        self.done.set()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def ask(port, device, data, **more):
    """The result of a claim, and its code."""
    claimant = Claimant(port, device, data, **more)
    claimant.close()
    return claimant.answer[1:3]


def jwt(gate, device, key):
    """A token of the device's own making."""
    head = base64url(json.dumps({"alg": "EdDSA", "kid": key_id(key)}).encode())
    body = base64url(json.dumps({"sub": device, "aud": gate, "exp": int(time.time()) + 600}).encode())
    return f"{head}.{body}." + base64url(key.sign(f"{head}.{body}".encode()))


def login(port, gate, device, key):
    return Client(port, device, device, jwt(gate, device, key))


class Keeper:
    """A device whose queue the broker keeps while it is away (MQTT 3.1.1 without a clean session)."""

    def __init__(self, port, gate, device, key):
        self.messages, self.resumed = [], []
        self.connected, self.subscribed, self.got = threading.Event(), threading.Event(), threading.Event()
        version = [paho.CallbackAPIVersion.VERSION1] if hasattr(paho, "CallbackAPIVersion") else []
        self.client = paho.Client(*version, client_id=device, clean_session=False, protocol=paho.MQTTv311)
        self.client.username_pw_set(device, jwt(gate, device, key))
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = lambda _client, _data, message: (self.messages.append((message.topic, message.payload)), self.got.set())
        self.client.on_connect = lambda _client, _data, flags, _code: (self.resumed.append(flags["session present"]), self.connected.set())
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.connected.wait(TIMEOUT_S)

    def subscribe(self, topic):
        self.client.subscribe(topic, 1)
        return self.subscribed.wait(TIMEOUT_S)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def zigzag(number):
    number, out = number << 1, b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def text(data):
    data = data.encode() if isinstance(data, str) else data
    return zigzag(len(data)) + data


def control_record(framing, fleet, name, signer, key, body, revision=1, signature=None):
    """A record of kind device as it stands in Kafka, at revision 1 or with a predecessor of zeros."""
    now = int(time.time() * 1000)
    body = json.dumps(body).encode() if isinstance(body, dict) else body
    head = (blob("ATTESTREAM-1 control") + struct.pack(">H", 1) + fleet + blob("device") + blob(name) + struct.pack(">Q", revision) + bytes(32)
            + blob(signer) + blob(key_id(key)) + struct.pack(">Q", now))
    signature = signature or key.sign(head + blob(body))
    return (framing + zigzag(1) + fleet + text("device") + text(name) + zigzag(revision) + bytes(32) + text(signer) + text(key_id(key))
            + zigzag(now) + text(body) + signature)


def new_key():
    return ed25519.Ed25519PrivateKey.generate()
