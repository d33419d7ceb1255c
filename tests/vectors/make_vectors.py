#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the test vectors of docs/device-protocol.md, from that page alone: Python's cryptography and hashlib, no code of ours.

    make_vectors.py           writes *.json beside this file, and ../fuzz/corpus/*/vector-*
    make_vectors.py --check   exit code 1 if a file differs from what would be written
"""
import base64
import datetime
import hashlib
import json
import pathlib
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parent / "fuzz/corpus"
sys.path.insert(0, str(HERE))
import connack  # noqa: E402
import control_cases  # noqa: E402
import corpora  # noqa: E402
import forwarded  # noqa: E402
import gate_cases  # noqa: E402
import theft_cases  # noqa: E402
from primitives import *  # noqa: E402, F403


def pem_of(key):
    private = key.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                        serialization.NoEncryption())
    public = key.private.public_key().public_bytes(serialization.Encoding.PEM,
                                                   serialization.PublicFormat.SubjectPublicKeyInfo)
    return {"seed": key.seed.hex(), "public": key.public.hex(), "private_pem": private.decode(),
            "public_pem": public.decode()}


def keys():
    return {"signing": dict(pem_of(DEVICE), id=DEVICE.id), "agreement": pem_of(Agreement("agreement"))}


def session():
    device_ephemeral, gate_ephemeral = Agreement("device ephemeral"), Agreement("gate ephemeral")
    client_id, user_name, counter, sequence, time_ms = "press-7", "press-7", 1_750_000_000_123, 41, 1_750_000_000_456
    body = blob(DEVICE_NAME) + blob(DEVICE.id) + blob(GATE_NAME) + u64(counter) + device_ephemeral.public
    signed = blob("ATTESTREAM-1 connect") + FLEET + body + blob(client_id) + blob(user_name)
    signature = DEVICE.private.sign(signed)
    connect_digest = blake2b(32, blob(signed) + signature)
    operator_certificate = certificate(ROOT, 1, OPERATOR_NAME, OPERATOR)
    gate_certificate = certificate(OPERATOR, 2, GATE_NAME, GATE)
    session_id = blake2b(16, blob("ATTESTREAM-1 session id") + gate_ephemeral.public + device_ephemeral.public)
    answer = (u8(1) + blob(operator_certificate) + blob(gate_certificate) + gate_ephemeral.public + session_id
              + u64(sequence) + u64(time_ms))
    transcript = blake2b(32, connect_digest + answer)
    key = blake2b(32, blob("ATTESTREAM-1 key") + transcript, gate_ephemeral.with_key(device_ephemeral.public))
    answer += GATE.private.sign(blob("ATTESTREAM-1 accept") + transcript)
    answer += blake2b(32, blob("ATTESTREAM-1 confirm") + transcript, key)
    return {
        "fleet": FLEET.hex(), "root_public": ROOT.public.hex(), "device": DEVICE_NAME, "device_seed": DEVICE.seed.hex(),
        "device_ephemeral_secret": device_ephemeral.seed.hex(), "gate": GATE_NAME, "gate_seed": GATE.seed.hex(),
        "gate_ephemeral_secret": gate_ephemeral.seed.hex(), "client_id": client_id, "user_name": user_name,
        "operator_certificate": operator_certificate.hex(), "gate_certificate": gate_certificate.hex(),
        "sequence_seen": sequence, "time_ms": time_ms, "connect": (u8(1) + body + signature).hex(),
        "connect_digest": connect_digest.hex(), "accept": answer.hex(), "session_id": session_id.hex(),
        "transcript": transcript.hex(), "session_key": key.hex(),
    }


def proof(kind, with_session, topic, qos, retain, sequence, time_ms, payload):
    session_id, key = bytes(range(16)), bytes(range(32))
    label = {"m": "ATTESTREAM-1 publish mac", "s": "ATTESTREAM-1 publish signature"}[kind]
    where = u8(1) + session_id if with_session else u8(0) + blob(GATE_NAME)
    head = (blob(label) + blob(DEVICE_NAME) + where + blob(topic) + u8(qos) + u8(retain) + u64(sequence) + u64(time_ms))
    parts = [kind + "1", str(sequence), str(time_ms), base64url(session_id) if with_session else ""]
    if kind == "m":
        parts.append(base64url(blake2b(16, head + blob(payload), key)))
    else:
        signature = DEVICE.private.sign(blob(label) + blake2b(32, head + blob(payload)))
        parts += [DEVICE.id, base64url(signature)]
    return {"device": DEVICE_NAME, "device_seed": DEVICE.seed.hex(), "gate": GATE_NAME, "session_id": session_id.hex(),
            "session_key": key.hex(), "topic": topic, "qos": qos, "retain": bool(retain), "payload": payload.hex(),
            "head": head.hex(), "text": ".".join(parts)}


def proofs():
    return [
        proof("m", True, "plant/press-7/env", 1, 0, 42, 1_750_000_001_000, b'{"temp": 21.5}'),
        proof("m", True, "t", 0, 1, WILL_FIRST - 1, 0, b""),
        proof("s", True, "plant/press-7/env", 2, 0, 43, 1_750_000_002_000, bytes(range(256))),
        proof("s", False, "plant/press-7/env", 1, 1, 1, 0, b"x"),
    ]


def envelope(topic, qos, retain, sequence, time_ms, payload):
    text = "ATTESTREAM-1 publish signature"
    head = (blob(text) + blob(DEVICE_NAME) + u8(0) + blob(GATE_NAME) + blob(topic) + u8(qos) + u8(retain) + u64(sequence) + u64(time_ms))
    signature = DEVICE.private.sign(blob(text) + blake2b(32, head + blob(payload)))
    data = u8(0xC1) + u8(1) + bytes.fromhex(DEVICE.id) + u64(sequence) + u64(time_ms) + signature + blob(payload)
    return {"device": DEVICE_NAME, "device_seed": DEVICE.seed.hex(), "gate": GATE_NAME, "topic": topic, "qos": qos,
            "retain": bool(retain), "sequence": sequence, "time_ms": time_ms, "payload": payload.hex(), "head": head.hex(),
            "envelope": data.hex()}


def envelopes():
    good = [
        envelope("plant/press-7/env", 1, 0, 44, 1_750_000_003_000, b'{"temp": 21.5}'),
        envelope("t", 0, 1, WILL_FIRST - 1, 0, b""),
        envelope("plant/press-7/env", 2, 0, 1, 1, bytes(range(256))),
    ]
    data = bytes.fromhex(good[0]["envelope"])
    malformed = {
        "magic alone": data[:1],
        "version 0": data[:1] + u8(0) + data[2:],
        "version 2": data[:1] + u8(2) + data[2:],
        "without a payload's length": data[:90],
        "payload cut short": data[:-1],
        "a byte too many": data + b"}",
        "length of 2^32 - 1": data[:90] + u32(2**32 - 1) + data[94:],
        "length 0, payload there": data[:90] + u32(0) + data[94:],
    }
    return {"good": good, "malformed": [{"what": what, "envelope": bad.hex()} for what, bad in malformed.items()]}


def will(counter, *publish):
    """The envelope of a will: its sequence tells the CONNECT that carries it."""
    topic, qos, retain, time_ms, payload = publish
    return {**envelope(topic, qos, retain, WILL_FIRST + counter, time_ms, payload), "counter": counter}


def wills():
    return [
        will(1_750_000_000_123, "plant/press-7/env", 1, 0, 1_750_000_000_456, b'{"temp": 21.5}'),
        will(1, "plant/press-7/env", 0, 1, 0, b""),
        will(WILL_FIRST - 1, "t", 2, 0, 1, bytes(range(256))),
    ]


def token():
    header = {"alg": "EdDSA", "typ": "JWT", "kid": DEVICE.id}
    claims = {"sub": DEVICE_NAME, "aud": GATE_NAME, "iat": 1_750_000_000, "nbf": 1_750_000_001, "exp": 1_750_003_600,
              "jti": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    text += "." + base64url(DEVICE.private.sign(text.encode()))
    return {"public": DEVICE.public.hex(), "kid": DEVICE.id, "claims": claims, "token": text}


def seconds(utc):
    return (utc - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1)


def certificates():
    """Certificates of devices: what the registry binds is SHA-256 of SubjectPublicKeyInfo. The issuer signs with Ed25519, which is always
    the same."""
    issuer = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"certificate authority").digest())
    keys = {"EC P-256": ec.derive_private_key(int.from_bytes(hashlib.sha256(b"badge").digest(), "big") >> 1, ec.SECP256R1()), "Ed25519": DEVICE.private}
    begin, end = datetime.datetime(2025, 6, 15), datetime.datetime(2051, 1, 1, 23, 59, 59)
    found = []
    for number, (kind, key) in enumerate(keys.items(), 1):
        names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (f"a name that nobody believes {number}", "authority")]
        made = (x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key()).serial_number(number)
                .not_valid_before(begin).not_valid_after(end).sign(issuer, None))
        spki = hashlib.sha256(key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
        found.append({"kind": kind, "der": made.public_bytes(serialization.Encoding.DER).hex(), "spki_sha256": spki.hexdigest(),
                      "key_id": spki.hexdigest()[:16], "not_before_s": seconds(begin), "ends_s": seconds(end) + 1})
    return {"certificates": found}


def claim(name, gate, token_gate, attributes, contracts, time_ms):
    head = FLEET + seed("token " + name)[:16] + blob(OPERATOR_NAME) + blob(OPERATOR.id) + blob(name) + blob(token_gate) + u64(NOT_AFTER)
    said = u8(len(attributes)) + b"".join(blob(n) + blob(v) for n, v in attributes) + u8(len(contracts)) + b"".join(map(blob, contracts))
    token_data = u8(1) + head + said + OPERATOR.private.sign(blob("ATTESTREAM-1 claim token") + blake2b(32, head + said))
    body = blob(token_data) + blob(gate) + u64(time_ms) + DEVICE.public
    data = u8(1) + body + DEVICE.private.sign(blob("ATTESTREAM-1 claim") + blake2b(32, body))
    return {"device": name, "device_seed": DEVICE.seed.hex(), "gate": gate, "token_gate": token_gate, "fleet": FLEET.hex(),
            "operator": OPERATOR_NAME, "operator_seed": OPERATOR.seed.hex(), "token_id": seed("token " + name)[:16].hex(),
            "not_after_ms": NOT_AFTER, "attributes": dict(attributes), "contracts": contracts, "token": base64url(token_data),
            "time_ms": time_ms, "claim": data.hex(), "password": "ats-claim:" + base64url(data)}


def claims():
    site = [("asset", "press-7"), ("site", "hall"), ("vendor", 'A/C "x"'), ("warranty_end", "2027-12-31")]
    good = [claim("press-7", GATE_NAME, "", site, ["env-sensor", "machine-temp"], 1_750_000_004_000),
            claim("x", GATE_NAME, GATE_NAME, [], [], 0)]
    data, token_data = (bytes.fromhex(good[1]["claim"]), base64.urlsafe_b64decode(good[1]["token"] + "=="))
    answers = [{"result": result, "code": code, "text": text, "answer": (u8(1) + u8(result) + u32(code) + blob(text)).hex()}
               for result, code, text in ((1, 0, "taken"), (2, 0, "enrolled"), (3, 458, "later"), (4, 452, "expired"))]
    malformed = {
        "empty": b"", "version 0": u8(0) + data[1:], "version 2": u8(2) + data[1:], "cut": data[:-1], "a byte too many": data + b"x",
        "no token": u8(1) + u32(0) + data[5 + len(token_data):], "length of 2^32 - 1": u8(1) + u32(2**32 - 1) + data[5:],
    }
    after_gate = len(token_data) - 64 - 2  # where the two counts stand
    bad_tokens = {
        "version 2": u8(2) + token_data[1:], "cut": token_data[:-1], "a byte too many": token_data + b"x",
        "an attribute that is missing": token_data[:after_gate] + u8(1) + token_data[after_gate + 1:],
        "an unknown attribute": token_data[:after_gate] + u8(1) + blob("colour") + blob("red") + token_data[after_gate + 1:],
        "an empty attribute": token_data[:after_gate] + u8(1) + blob("site") + blob("") + token_data[after_gate + 1:],
        "attributes in another order": token_data[:after_gate] + u8(2) + blob("site") + blob("a") + blob("asset") + blob("b")
        + token_data[after_gate + 1:],
        "an attribute twice": token_data[:after_gate] + u8(2) + 2 * (blob("site") + blob("a")) + token_data[after_gate + 1:],
        "17 contracts": token_data[:after_gate + 1] + u8(17) + 17 * blob("c") + token_data[after_gate + 2:],
        "no end": token_data[:after_gate - 8] + u64(0) + token_data[after_gate:],
    }
    return {"good": good, "answers": answers, "malformed": [{"what": w, "claim": bad.hex()} for w, bad in malformed.items()],
            "malformed_tokens": [{"what": w, "token": bad.hex()} for w, bad in bad_tokens.items()]}


def siphash24(key, data):
    """SipHash-2-4 as its paper defines it."""
    mask = 2**64 - 1
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def turn(value, bits):
        return (value << bits | value >> (64 - bits)) & mask

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[1] = turn(v[1], 13) ^ v[0]
            v[0] = turn(v[0], 32)
            v[2] = (v[2] + v[3]) & mask
            v[3] = turn(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & mask
            v[3] = turn(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & mask
            v[1] = turn(v[1], 17) ^ v[2]
            v[2] = turn(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + u8(len(data) % 256)
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])


def window():
    key, topic, payload = bytes(range(16)), "plant/press-7/env", b'{"temp": 21.5}'
    parts = siphash24(key, topic.encode()) + siphash24(key, payload) + u8(1) + u8(0)
    return {"key": key.hex(), "topic": topic, "qos": 1, "retain": False, "payload": payload.hex(),
            "digest": siphash24(key, parts).hex()}


MAKERS = {"connack": lambda: connack.cases(session()), "keys": keys, "session": session, "proofs": proofs, "envelopes": envelopes,
          "wills": wills, "claims": claims, "token": token, "certificates": certificates, "seal": forwarded.seal, "window": window,
          "checkpoints": forwarded.checkpoints, "gate": gate_cases.cases, "control": control_cases.cases,
          "theft": theft_cases.cases}


def files():
    """{path: bytes} of the vectors, and of the fuzz targets' corpora that are made of them."""
    made = {name: make() for name, make in MAKERS.items()}
    out = {HERE / f"{name}.json": (json.dumps(vectors, indent=1) + "\n").encode() for name, vectors in made.items()}
    out.update({CORPUS / target / name: data for (target, name), data in corpora.files(made).items()})
    return out


def left_over(out):
    return [path for path in CORPUS.glob("*/vector-*") if path not in out]


def main():
    out = files()
    if "--check" not in sys.argv[1:]:
        for path in left_over(out):
            path.unlink()
        for path, data in out.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        return 0
    differs = [path for path, data in out.items() if not path.exists() or path.read_bytes() != data] + left_over(out)
    for path in differs:
        print(f"{path}: differs from what make_vectors.py writes", file=sys.stderr)
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
