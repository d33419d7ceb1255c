# SPDX-License-Identifier: Apache-2.0
"""Claims as a gate gets them. Kafka is away in these cases, so that one that holds is told to come again: `claim-later`."""
from connack import flipped
from primitives import (DEVICE_NAME, FLEET, GATE, GATE_NAME, NOT_AFTER, OPERATOR, OPERATOR_NAME, Signing, base64url, blake2b,
                        blob, seed, u8, u64)
from records import base64_of
from torsion import PARTS, OddKey, OddSignatures
from world import NOW, START, STRANGER, add_devices, begin, device_body

NAME = "press-10"
KEY = Signing("claiming device")


def claim_token(device=NAME, operator=OPERATOR_NAME, key=OPERATOR, signer=None, gate="", end=NOT_AFTER, fleet=FLEET, token_id="token"):
    head = fleet + seed(token_id)[:16] + blob(operator) + blob(key.id) + blob(device) + blob(gate) + u64(end)
    said = u8(0) + u8(0)
    return u8(1) + head + said + (signer or key).private.sign(blob("ATTESTREAM-1 claim token") + blake2b(32, head + said))


def claim(token=None, gate=GATE_NAME, key=KEY, signer=None):
    body = blob(token or claim_token()) + blob(gate) + u64(NOW) + key.public
    return u8(1) + body + (signer or key).private.sign(blob("ATTESTREAM-1 claim") + blake2b(32, body))


def hand_in(answer, data, client_id=None, user_name=NAME):
    return {"do": "connect", "connection": 0, "client_id": client_id or f"{NAME}/claim", "user_name": user_name,
            "method": "ATTESTREAM-1-CLAIM", "data": data.hex(), "answer": answer}


def enrolment(log, data=None, key=KEY, name=NAME, signer=GATE, **more):
    """The gate's record of a claim."""
    body = {**device_body("active", key), "claim": base64_of(data or claim())}
    return log.next("device", name, GATE_NAME, signer, START, body, **more)


def cases():
    good = claim()

    def one(what, answer, data, **more):
        return f"claim: {what}", [hand_in(answer, data, **more)]

    yield one("good", "claim-later", good)
    yield one("good, for this gate alone", "claim-later", claim(claim_token(gate=GATE_NAME)))
    yield one("without a user name", "claim-later", good, user_name="")
    yield one("the device's signature by another key", "claim-wrong", claim(signer=STRANGER))
    yield one("another key under its signature", "claim-wrong", good[:-96] + STRANGER.public + good[-64:])
    yield one("one bit of its signature", "claim-wrong", flipped(good, -1))
    for order in PARTS:
        yield one(f"an R with a part of order {order}", "claim-wrong", claim(signer=OddSignatures(KEY, order)))
        yield one(f"a token's R with a part of order {order}", "claim-wrong", claim(claim_token(signer=OddSignatures(OPERATOR, order))))
        yield one(f"a key with a part of order {order}", "claim-wrong", claim(key=OddKey("odd key", order)))
    token = claim_token()
    yield one("one bit of the token's id", "claim-wrong", claim(flipped(token, 40)))
    yield one("one bit of the token's signature", "claim-wrong", claim(flipped(token, -1)))
    yield one("a token for another name", "claim-wrong", claim(token.replace(b"press-10", b"press-11")), client_id="press-11/claim", user_name="press-11")
    yield one("the token's signature by another key than it names", "claim-wrong", claim(claim_token(signer=STRANGER)))
    yield one("an operator that nobody knows", "claim-operator", claim(claim_token(operator="mallory")))
    yield one("an operator's name with another key", "claim-operator", claim(claim_token(key=STRANGER)))
    yield one("expired", "claim-expired", claim(claim_token(end=NOW)))
    yield one("a token of another fleet", "claim-gate", claim(claim_token(fleet=bytes(32))))
    yield one("a token for another gate", "claim-gate", claim(claim_token(gate="hall-3")))
    yield one("for another gate", "claim-gate", claim(gate="hall-3"))
    yield one("a device that is there, with another key", "claim-taken", claim(claim_token(device=DEVICE_NAME)), client_id=f"{DEVICE_NAME}/claim", user_name=DEVICE_NAME)
    yield one("a device's own client id", "client-id", good, client_id=NAME)
    yield one("another user name", "user-name", good, user_name=DEVICE_NAME)
    record = enrolment(add_devices(begin()))
    again = claim(claim_token(device="press-11"), key=Signing("another claiming device"))
    yield "claim: a token whose id was used", [
        {"do": "record", "value": record.value().hex(), "answer": "accepted"}, hand_in("claim-used", again, client_id="press-11/claim", user_name="press-11")]
    bad = {"empty": b"", "version 2": u8(2) + good[1:], "a byte short": good[:-1], "a byte too many": good + b"\0",
           "a token with a byte too many": claim(token + b"\0"), "a token without its signature": claim(token[:-64]),
           "base64url instead of its bytes": base64url(good).encode()}
    for what, data in bad.items():
        yield one(what, "claim-malformed", data)


