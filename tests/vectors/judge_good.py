# SPDX-License-Identifier: Apache-2.0
"""Reads what is right to send, and the malformed forms beside it: (what, stated, found) for each."""
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

import judge_device
import judge_tokens
from bodies import claim_of, token_of
from judge_gate import MAC, SIGNATURE, envelope_of, property_of
from reader import Malformed, Wire, blake2b, from_base64url, holds, key_id, labelled, prefixed

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def public_of(seed):
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).public_key().public_bytes(*RAW)


def readable(read, data):
    try:
        read(data)
    except Malformed:
        return False
    return True


def session(vectors):
    accept = bytes.fromhex(vectors["accept"])
    yield "CONNACK", "ok", judge_device.judge(vectors, {"accept": vectors["accept"], "now_ms": vectors["time_ms"]})
    data = bytes.fromhex(vectors["connect"])
    signed = (prefixed("ATTESTREAM-1 connect") + bytes.fromhex(vectors["fleet"]) + data[1:-64] + prefixed(vectors["client_id"])
              + prefixed(vectors["user_name"]))
    yield "CONNECT's signature", True, holds(public_of(vectors["device_seed"]), signed, data[-64:])
    yield "CONNECT's digest", vectors["connect_digest"], blake2b(32, prefixed(signed), data[-64:]).hex()
    yield "transcript", vectors["transcript"], blake2b(32, bytes.fromhex(vectors["connect_digest"]), accept[:-96]).hex()


def head_of(case, proof):
    label, sequence, time_ms, session_id = proof[:4]
    where = b"\1" + session_id if session_id is not None else b"\0" + prefixed(case["gate"])
    return (prefixed(label) + prefixed(case["device"]) + where + prefixed(case["topic"]) + bytes([case["qos"], case["retain"]])
            + sequence.to_bytes(8, "big") + time_ms.to_bytes(8, "big"))


def proven(case, proof, payload):
    """Whether the head is the one that is stated, and the tag or signature holds over it."""
    head = head_of(case, proof)
    if proof[0] == MAC:
        good = proof[5] == blake2b(16, head, prefixed(payload), key=bytes.fromhex(case["session_key"]))
    else:
        public = public_of(case["device_seed"])
        good = proof[4] == key_id(public) and holds(public, labelled(SIGNATURE, blake2b(32, head, prefixed(payload))), proof[5])
    return good and head.hex() == case["head"]


def proofs(vectors):
    for case in vectors:
        yield case["text"], True, proven(case, property_of(case["text"]), bytes.fromhex(case["payload"]))


def enveloped(case):
    proof, payload = envelope_of(bytes.fromhex(case["envelope"]))
    return proven(case, proof, payload) and payload.hex() == case["payload"] and proof[1] == case["sequence"]


def envelopes(vectors):
    for at, case in enumerate(vectors["good"]):
        yield f"envelope {at}", True, enveloped(case)
    for case in vectors["malformed"]:
        yield case["what"], False, readable(envelope_of, bytes.fromhex(case["envelope"]))


def wills(vectors):
    for at, case in enumerate(vectors):
        yield f"will {at}", (True, 2**62 + case["counter"]), (enveloped(case), case["sequence"])


def answer_of(data):
    wire = Wire(data)
    if wire.number(1) != 1:
        raise Malformed
    out = (wire.number(1), wire.number(4), wire.text())
    wire.end()
    return out


def claims(vectors):
    for case in vectors["good"]:
        found = claim_of(bytes.fromhex(case["claim"]))
        yield f"claim of {case['device']}", (True, True), (found["holds"], found["by"](public_of(case["operator_seed"])))
        yield f"its names of {case['device']}", (case["device"], case["gate"], case["attributes"], case["contracts"]), \
            (found["device"], found["for"], found["attributes"], found["contracts"])
        yield f"its password of {case['device']}", case["claim"], from_base64url(case["password"].removeprefix("ats-claim:")).hex()
    for case in vectors["answers"]:
        yield case["text"], (case["result"], case["code"], case["text"]), answer_of(bytes.fromhex(case["answer"]))
    for case in vectors["malformed"]:
        yield f"claim: {case['what']}", False, readable(claim_of, bytes.fromhex(case["claim"]))
    for case in vectors["malformed_tokens"]:
        yield f"token: {case['what']}", False, readable(token_of, bytes.fromhex(case["token"]))


def token(vectors):
    found = judge_tokens.read(vectors["token"])
    yield "claims", vectors["claims"], {name: found[name] for name in vectors["claims"]}
    yield "signature", True, holds(bytes.fromhex(vectors["public"]), found["signed"], found["signature"])


def certificates(vectors):
    for case in vectors["certificates"]:
        made = x509.load_der_x509_certificate(bytes.fromhex(case["der"]))
        spki = made.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        yield case["kind"], (case["spki_sha256"], case["key_id"]), (hashlib.sha256(spki).hexdigest(), hashlib.sha256(spki).hexdigest()[:16])
