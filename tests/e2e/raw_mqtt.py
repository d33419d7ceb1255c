# SPDX-License-Identifier: Apache-2.0
"""An MQTT client that says what no stock client would, over TCP, TLS and WebSockets. One thread; it reads when it waits."""
import base64
import os
import select
import socket
import ssl
import struct
import time

TIMEOUT_S = 15
CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 5, 6, 7, 8, 9
UNSUBSCRIBE, UNSUBACK = 10, 11
PING, PONG, DISCONNECT, AUTH = 12, 13, 14, 15
SESSION_EXPIRY, WILL_DELAY, METHOD, DATA, ALIAS, USER = 0x11, 0x18, 0x15, 0x16, 0x23, 0x26


def blob(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">H", len(data)) + data


def number(value):
    out = b""
    while True:
        value, low = value >> 7, value & 127
        out += bytes([low | (128 if value else 0)])
        if not value:
            return out


def properties(**given):
    kinds = {"expiry": (SESSION_EXPIRY, ">I"), "delay": (WILL_DELAY, ">I"), "alias": (ALIAS, ">H")}
    body = b""
    for name, value in given.items():
        if value is None:
            continue
        if name in kinds:
            body += bytes([kinds[name][0]]) + struct.pack(kinds[name][1], value)
        elif name == "proof":
            body += bytes([USER]) + blob("ats-proof") + blob(value)
        else:
            body += bytes([METHOD if name == "method" else DATA]) + blob(value)
    return number(len(body)) + body


def authentication_data(body):
    """The one property that we want to read; all others of CONNACK and AUTH have a fixed length or a text."""
    fixed = {0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2a: 1}
    at = 0
    while at < len(body):
        kind = body[at]
        at += 1
        if kind in fixed:
            at += fixed[kind]
            continue
        length = int.from_bytes(body[at:at + 2], "big")
        value, at = body[at + 2:at + 2 + length], at + 2 + length
        if kind == DATA:
            return value
    return b""


class Client:
    def __init__(self, port, transport="tcp", context=None, source=None, forwarded_for=None):
        """`source`: an address to come from; `forwarded_for`: the bytes of a header X-Forwarded-For over WebSockets."""
        self.sock = socket.create_connection(("127.0.0.1", port), TIMEOUT_S, (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.websocket = transport == "websockets"
        if transport == "tls":
            if not context:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)
        self.raw = self.bytes = b""
        self.closed, self.v5, self.messages, self.acks, self.released, self.mid = False, True, [], {}, {}, 0
        if self.websocket:
            self._upgrade(b"" if forwarded_for is None else b"X-Forwarded-For: " + forwarded_for + b"\r\n")

    # -- bytes --

    def _upgrade(self, header):
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall((f"GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n").encode() + header + b"\r\n")
        while b"\r\n\r\n" not in self.raw:
            more = self.sock.recv(4096)
            if not more:
                raise OSError("the broker did not take the upgrade")
            self.raw += more
        self.raw = self.raw.split(b"\r\n\r\n", 1)[1]

    def send(self, data):
        if self.websocket:
            size = bytes([128 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
            data = b"\x82" + size + b"\0\0\0\0" + data  # a mask of zeros
        try:
            self.sock.sendall(data)
        except OSError:
            self.closed = True

    def _unframe(self):
        """Takes whole frames of the server, which are not masked; one that closes ends the connection."""
        while len(self.raw) >= 2:
            length, at = self.raw[1] & 127, 2
            if length >= 126:
                width = 2 if length == 126 else 8
                length, at = int.from_bytes(self.raw[2:2 + width], "big"), 2 + width
            if len(self.raw) < at + length:
                return
            if self.raw[0] & 15 == 8:
                self.closed = True
            elif self.raw[0] & 15 <= 2:
                self.bytes += self.raw[at:at + length]
            self.raw = self.raw[at + length:]

    def _read(self, timeout_s):
        pending = getattr(self.sock, "pending", lambda: 0)()
        if not pending and not select.select([self.sock], [], [], max(timeout_s, 0))[0]:
            return
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.closed = True
        if self.websocket:
            self.raw += data
            self._unframe()
        else:
            self.bytes += data

    def _packet(self):
        """(type and flags, body), or None until there is a whole one."""
        length = shift = 0
        for at, byte in enumerate(self.bytes[1:5], 2):
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                if len(self.bytes) < at + length:
                    return None
                packet, self.bytes = (self.bytes[0], self.bytes[at:at + length]), self.bytes[at + length:]
                return packet
        return None

    def _take(self, first, body):
        kind = first >> 4
        if kind == PUBLISH:
            size = int.from_bytes(body[:2], "big")
            topic, rest = body[2:2 + size].decode(), body[2 + size:]
            if first & 6:
                mid, rest = rest[:2], rest[2:]
                self.send(b"\x40\x02" + mid)
            if self.v5:
                rest = rest[1 + rest[0]:]  # none of ours has more than 127 bytes of properties
            self.messages.append((topic, rest))
        elif kind in (PUBACK, PUBREC, SUBACK, UNSUBACK):
            code = body[-1] if kind in (SUBACK, UNSUBACK) else body[2] if len(body) > 2 else 0
            if kind == PUBREC and code < 128:
                self.send(bytes([PUBREL << 4 | 2, 2]) + body[:2])
                self.released[int.from_bytes(body[:2], "big")] = code
            else:
                self.acks[int.from_bytes(body[:2], "big")] = code
        elif kind == PUBCOMP:
            mid = int.from_bytes(body[:2], "big")
            self.acks[mid] = self.released.pop(mid, 0)
        elif kind in (CONNACK, AUTH):
            self.acks["CONNACK" if kind == CONNACK else "AUTH"] = body
        elif kind == PONG:
            self.acks["PONG"] = body
        elif kind == DISCONNECT:
            self.closed = True

    def wait(self, holds, timeout_s=TIMEOUT_S):
        """Reads until `holds()`, or the connection is closed and all is read."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            packet = self._packet()
            if packet:
                self._take(*packet)
            elif self.closed or time.monotonic() > deadline:
                break
            else:
                self._read(min(0.2, deadline - time.monotonic()))
        return holds()

    def wait_closed(self, timeout_s=TIMEOUT_S):
        return self.wait(lambda: self.closed, timeout_s)

    # -- packets --

    def packet(self, first, body):
        self.send(bytes([first]) + number(len(body)) + body)

    def connect(self, client_id, user=None, password=None, v5=True, will=None, delay=None, expiry=None, clean=True, method=None, data=None):
        """CONNACK's code (None: closed without one, or AUTH came instead); `will` is (topic, payload, qos, retain)."""
        self.v5 = v5
        flags = (2 if clean else 0) | (128 if user is not None else 0) | (64 if password is not None else 0)
        body = b""
        if will:
            flags |= 4 | will[2] << 3 | (32 if will[3] else 0)
            body = (properties(delay=delay) if v5 else b"") + blob(will[0]) + blob(will[1])
        for text in (user, password):
            body += blob(text) if text is not None else b""
        head = blob("MQTT") + bytes([5 if v5 else 4, flags]) + struct.pack(">H", 60)
        self.packet(CONNECT << 4, head + (properties(expiry=expiry, method=method, data=data) if v5 else b"") + blob(client_id) + body)
        self.acks.pop("CONNACK", None)
        self.wait(lambda: "CONNACK" in self.acks or "AUTH" in self.acks)
        return self.acks["CONNACK"][1] if "CONNACK" in self.acks else None

    def answer(self, kind="CONNACK"):
        """The authentication data of CONNACK or AUTH."""
        body = self.acks[kind]
        return authentication_data(body[3:] if kind == "CONNACK" and body[2] < 128 else body[4:] if kind == "CONNACK" else
                                   body[2:] if body[1] < 128 else body[3:])

    def publish(self, topic, payload, qos=1, retain=False, alias=None, proof=None):
        """PUBACK's or PUBREC's code, or None if the connection was closed instead (at QoS 0: at once)."""
        self.send_publish(topic, payload, qos, retain, alias, proof)
        if qos:
            self.wait(lambda: self.mid in self.acks)
        return self.acks.get(self.mid)

    def send_publish(self, topic, payload, qos=1, retain=False, alias=None, proof=None):
        """Without waiting for the answer."""
        self.mid += 1
        data = payload.encode() if isinstance(payload, str) else payload
        body = blob(topic) + (struct.pack(">H", self.mid) if qos else b"") + (properties(alias=alias, proof=proof) if self.v5 else b"") + data
        self.packet(PUBLISH << 4 | qos << 1 | retain, body)

    def subscribe(self, topic, qos=1):
        """SUBACK's code."""
        self.mid += 1
        self.packet(SUBSCRIBE << 4 | 2, struct.pack(">H", self.mid) + (b"\0" if self.v5 else b"") + blob(topic) + bytes([qos]))
        self.wait(lambda: self.mid in self.acks)
        return self.acks.get(self.mid)

    def unsubscribe(self, topic):
        """UNSUBACK's code (MQTT 5)."""
        self.mid += 1
        self.packet(UNSUBSCRIBE << 4 | 2, struct.pack(">H", self.mid) + b"\0" + blob(topic))
        self.wait(lambda: self.mid in self.acks)
        return self.acks.get(self.mid)

    def reauthenticate(self, method, data):
        """AUTH's code, or None if the connection was closed instead."""
        self.acks.pop("AUTH", None)
        self.packet(AUTH << 4, b"\x19" + properties(method=method, data=data))
        self.wait(lambda: "AUTH" in self.acks)
        return (self.acks["AUTH"] or b"\0")[0] if "AUTH" in self.acks else None

    def settle(self):
        """All that was sent before has been handled."""
        self.acks.pop("PONG", None)
        self.packet(PING << 4, b"")
        self.wait(lambda: "PONG" in self.acks)

    def disconnect(self):
        self.packet(DISCONNECT << 4, b"")
        self.drop()

    def drop(self):
        """Without DISCONNECT: the broker sends the will."""
        self.closed = True
        self.sock.close()
