#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Enrolment by claim in Python from docs/device-protocol.md alone, on paho-mqtt and cryptography: hands an operator's token to a gate once.
Exit codes: 0 enrolled, publish now (publish.py); 6 not yet, run it again in a while; 4 refused; 3 no connection; 2 key or token cannot be used."""
import argparse, base64, hashlib, pathlib, struct, sys, time  # noqa: E401

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
parser = argparse.ArgumentParser(description=__doc__)
for option in ("device", "gate", "key", "claim", "host", "port"):
    parser.add_argument("--" + option, required=True)
parser.add_argument("--cafile", help="PEM of who certified the broker: then TLS, and --host is the name in its certificate")
args = parser.parse_args()

def blob(data): return struct.pack(">I", len(data)) + data
def text(string): return blob(string.encode())
def unbase64url(string): return base64.urlsafe_b64decode(string + "=" * (-len(string) % 4))

def claim_data(device, token):
    public = device.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    body = blob(token) + text(args.gate) + struct.pack(">Q", int(time.time() * 1000)) + public
    return b"\1" + body + device.sign(text("ATTESTREAM-1 claim") + hashlib.blake2b(body, digest_size=32).digest())

answers = []
try:
    device, token = load_pem_private_key(pathlib.Path(args.key).read_bytes(), None), unbase64url(pathlib.Path(args.claim).read_text().strip())
except (OSError, ValueError, TypeError) as why:
    print(f"{parser.prog}: key or token cannot be used: {why}", file=sys.stderr), sys.exit(2)
client = mqtt.Client(*[mqtt.CallbackAPIVersion.VERSION2] if hasattr(mqtt, "CallbackAPIVersion") else [], client_id=args.device + "/claim", protocol=mqtt.MQTTv5)
client.username_pw_set(args.device)
client.on_connect = lambda _client, _data, _flags, reason, its_properties: answers.append((reason, its_properties))
properties = Properties(PacketTypes.CONNECT)
properties.AuthenticationMethod = "ATTESTREAM-1-CLAIM"
properties.AuthenticationData = claim_data(device, token)
try:
    args.cafile and client.tls_set(args.cafile)
    client.connect(args.host, int(args.port), properties=properties)
except (OSError, ValueError) as why:
    print(f"{parser.prog}: no connection to {args.host}:{args.port}: {why}", file=sys.stderr), sys.exit(3)
deadline = time.monotonic() + 20
while not answers and time.monotonic() < deadline and client.loop(0.1) == mqtt.MQTT_ERR_SUCCESS:
    pass
client.disconnect()
if not answers:
    print(f"{parser.prog}: no answer", file=sys.stderr), sys.exit(3)
reason, data = answers[0][0], getattr(answers[0][1], "AuthenticationData", None)
if reason.value != 0 or not data:
    print(f"refused without a word: {reason}", file=sys.stderr), sys.exit(4)
version, result, code = struct.unpack(">BBI", data[:6])
print(data[10:].decode(), f"({code})" if code else "", file=sys.stderr)
sys.exit({1: 6, 2: 0, 3: 6}.get(result if version == 1 else 4, 4))
