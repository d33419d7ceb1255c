#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ATTESTREAM-1 in Python from docs/device-protocol.md alone, on paho-mqtt and cryptography: publishes standard input's lines with tags.
Exit codes: 0 all taken, 1 a receipt says that one was not, 2 key or state cannot be used, 3 no lasting connection, 4 not let in, 5 not the gate that was meant."""
import argparse, base64, contextlib, hashlib, hmac, os, pathlib, struct, sys, time  # noqa: E401

import paho.mqtt.client as mqtt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key
from paho.mqtt.properties import PacketTypes, Properties
parser = argparse.ArgumentParser(description=__doc__)
for option in ("device", "gate", "key", "root", "successor", "state", "topic", "host", "port"):
    parser.add_argument("--" + option, required=True)
parser.add_argument("--cafile", help="PEM of who certified the broker: then TLS, and --host is the name in its certificate")
args = parser.parse_args()
@contextlib.contextmanager
def ends_with(code, what, *failures):
    try:
        yield
    except failures as why:
        print(f"{parser.prog}: {what}: {why or type(why).__name__}", file=sys.stderr), sys.exit(code)
def blob(data): return struct.pack(">I", len(data)) + data
def take_blob(data): return data[4:4 + int.from_bytes(data[:4], "big")], data[4 + int.from_bytes(data[:4], "big"):]
def text(string): return blob(string.encode())
def label(purpose): return text("ATTESTREAM-1 " + purpose)
def u64(number): return struct.pack(">Q", number)
def blake2b(size, data, key=b""): return hashlib.blake2b(data, digest_size=size, key=key).digest()
def raw(key): return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
def base64url(data): return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
def now_ms(): return int(time.time() * 1000)
with ends_with(2, "a key cannot be used", OSError, ValueError, TypeError):
    device = load_pem_private_key(pathlib.Path(args.key).read_bytes(), None)
    roots = [load_pem_public_key(pathlib.Path(path).read_bytes()) for path in (args.root, args.successor)]
fleet, ephemeral = hashlib.sha256(raw(roots[0])).digest(), x25519.X25519PrivateKey.generate()
def certified_key(certificate, issuers, role, named=None):
    name, rest = take_blob(certificate[34:])
    key, not_before, not_after, signature = struct.unpack(">32sQQ64s", rest)
    if certificate[:34] != b"\1" + fleet + bytes([role]) or named not in (None, name.decode()) or not not_before <= now_ms() <= not_after:
        raise ValueError("a certificate of another fleet, role, name or time")
    for issuer in issuers:
        with contextlib.suppress(InvalidSignature):
            issuer.verify(signature, label("certificate") + certificate[1:-64])
            return ed25519.Ed25519PublicKey.from_public_bytes(key)
    raise ValueError("a certificate that nobody trusted has signed")

def connect_data(counter):
    key_id = hashlib.sha256(raw(device.public_key())).hexdigest()[:16]
    body = text(args.device) + text(key_id) + text(args.gate) + u64(counter) + raw(ephemeral.public_key())
    signed = label("connect") + fleet + body + text(args.device) + text(args.device)  # client id and user name
    return b"\1" + body + device.sign(signed), blake2b(32, blob(signed) + device.sign(signed))  # Ed25519 gives the same twice

def accept(data, connect_digest):
    operator_certificate, rest = take_blob(data[1:])
    gate_certificate, rest = take_blob(rest)
    gate_ephemeral, session, seen, _, signature, confirmation = struct.unpack(">32s16sQQ64s32s", rest)
    gate = certified_key(gate_certificate, [certified_key(operator_certificate, roots, 1)], 2, args.gate)
    transcript = blake2b(32, connect_digest + data[:-96])
    gate.verify(signature, label("accept") + transcript)
    shared = ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(gate_ephemeral))  # refuses an all-zero result
    key = blake2b(32, label("key") + transcript, shared)
    if data[:1] != b"\1" or seen > 2**42 or not hmac.compare_digest(confirmation, blake2b(32, label("confirm") + transcript, key)):
        raise ValueError("another version, a sequence that cannot be, or a wrong confirmation")
    return session, key, seen

def proof(session, key, sequence, payload, qos=1, retain=0):
    time_ms = now_ms()
    head = label("publish mac") + text(args.device) + b"\1" + session + text(args.topic) + bytes([qos, retain]) + u64(sequence) + u64(time_ms)
    return f"m1.{sequence}.{time_ms}.{base64url(session)}.{base64url(blake2b(16, head + blob(payload), key))}"

def run_until(done, timeout_s=20):
    deadline = time.monotonic() + timeout_s
    while not done() and time.monotonic() < deadline and client.loop(0.1) == mqtt.MQTT_ERR_SUCCESS: pass
    return done()
counter_file, new_file = pathlib.Path(args.state), pathlib.Path(args.state + ".new")
with ends_with(2, "the state cannot be used", OSError, ValueError), new_file.open("wb", 0) as file:  # stored before it is used
    counter = max(now_ms(), int(counter_file.read_text()) + 1 if counter_file.exists() else 0)
    file.write(b"%d" % counter), os.fsync(file), new_file.replace(counter_file)
client = mqtt.Client(*[mqtt.CallbackAPIVersion.VERSION2] if hasattr(mqtt, "CallbackAPIVersion") else [], client_id=args.device, protocol=mqtt.MQTTv5)
client.username_pw_set(args.device)
answers, receipts, properties = [], [], Properties(PacketTypes.CONNECT)
client.on_connect = lambda _client, _data, _flags, reason, its_properties: answers.append((reason, its_properties))
client.on_message = lambda _client, _data, message: receipts.append(print(message.payload.decode(), file=sys.stderr))
properties.AuthenticationMethod, (properties.AuthenticationData, digest) = "ATTESTREAM-1", connect_data(counter)
with ends_with(3, f"no connection to {args.host}:{args.port}", OSError, ValueError):
    args.cafile and client.tls_set(args.cafile)
    client.connect(args.host, int(args.port), properties=properties)
if not run_until(lambda: answers) or answers[0][0].value != 0:
    print(f"{parser.prog}: not let in: {answers[0][0]}" if answers else f"{parser.prog}: no answer", file=sys.stderr), sys.exit(4 if answers else 3)
with ends_with(5, "not the gate that was meant", InvalidSignature, ValueError, IndexError, struct.error):
    sent, (session, key, seen) = 0, accept(getattr(answers[0][1], "AuthenticationData", b""), digest)
for sent, line in enumerate(sys.stdin.buffer, 1):
    properties, payload = Properties(PacketTypes.PUBLISH), line.rstrip(b"\r\n")
    properties.UserProperty = ("ats-proof", proof(session, key, seen + sent, payload))
    if not run_until(client.publish(args.topic, payload, qos=1, properties=properties).is_published):
        print(f"{parser.prog}: no answer to line {sent}; {sent - 1} answered, {len(receipts)} refused (by a receipt)", file=sys.stderr), sys.exit(3)  # the next run's CONNACK tells the highest sequence taken
run_until(lambda: receipts, 0.5)  # paho-mqtt 1.6 does not tell PUBACK's reason
client.disconnect(), print(f"{sent} answered, {len(receipts)} refused (by a receipt)", file=sys.stderr)
sys.exit(1 if receipts else 0)
