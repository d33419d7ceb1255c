# SPDX-License-Identifier: Apache-2.0
"""Tokens that a gate takes, and those that it must not."""
import base64
import hashlib
import hmac
import json

from primitives import DEVICE, DEVICE_NAME, FLEET, GATE_NAME, base64url
from world import NOW, OTHER_DEVICE, OTHER_DEVICE_NAME, STRANGER

NOW_S = NOW // 1000
HEADER = {"alg": "EdDSA", "typ": "JWT", "kid": DEVICE.id}
CLAIMS = {"sub": DEVICE_NAME, "aud": GATE_NAME, "iat": NOW_S, "exp": NOW_S + 600}


def compact(part):
    return base64url(part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode())


def token(header=None, claims=None, signer=DEVICE):
    """Parts are objects, or bytes that stand for one."""
    text = f"{compact(HEADER if header is None else header)}.{compact(CLAIMS if claims is None else claims)}"
    return f"{text}.{base64url(signer.private.sign(text.encode()))}"


def with_header(**more):
    return token(header={name: value for name, value in {**HEADER, **more}.items() if value is not None})


def with_claims(**more):
    return token(claims={name: value for name, value in {**CLAIMS, **more}.items() if value is not None})


def keyed(algorithm):
    """A tag with the device's public key as the secret, which everybody has."""
    text = f"{compact({**HEADER, 'alg': algorithm})}.{compact(CLAIMS)}"
    return f"{text}.{base64url(hmac.new(DEVICE.public, text.encode(), hashlib.sha256).digest())}"


def connect(answer, password, connection=0, client_id=DEVICE_NAME, user_name=DEVICE_NAME):
    return {"do": "connect", "connection": connection, "client_id": client_id, "user_name": user_name, "password": password, "answer": answer}


def headers():
    own = {"kty": "OKP", "crv": "Ed25519", "x": base64url(STRANGER.public)}
    yield "alg none, without a signature", token(header={**HEADER, "alg": "none"}).rpartition(".")[0] + "."
    yield "alg none, signed", with_header(alg="none")
    yield "alg HS256 with the public key as the secret", keyed("HS256")
    yield "alg ES256", with_header(alg="ES256")
    yield "alg Ed25519", with_header(alg="Ed25519")
    yield "alg in lower case", with_header(alg="eddsa")
    yield "no alg", with_header(alg=None)
    yield "a key of its own in jwk", token(header={**HEADER, "jwk": own}, signer=STRANGER)
    for name, value in (("jku", "https://example.org/keys"), ("x5u", "https://example.org/chain"), ("x5c", ["MIIB"]), ("crit", ["exp"])):
        yield f"{name} in its header", with_header(**{name: value})
    yield "typ JWE", with_header(typ="JWE")
    yield "no kid", with_header(kid=None)
    yield "kid in upper case", with_header(kid=DEVICE.id.upper())
    yield "a kid of 17 digits", with_header(kid=DEVICE.id + "0")


def forms():
    good = token()
    head, claims, signature = good.split(".")
    yield "two parts", f"{head}.{claims}"
    yield "four parts", f"{good}.{signature}"
    yield "an empty signature", f"{head}.{claims}."
    yield "base64 with padding", f"{head}=.{claims}.{signature}"
    yield "the other alphabet of base64", f"{head}.{claims}.{base64.b64encode(b'~~~???').decode()}"
    yield "spare bits that are not zero", f"{compact(json.dumps(HEADER).encode() + b' ')[:-1]}h.{claims}.{signature}"
    yield "white space behind it", good + "\n"
    yield "a member twice in the header", token(header=json.dumps(HEADER)[:-1].encode() + b',"alg":"EdDSA"}')
    yield "a member twice in the claims", token(claims=json.dumps(CLAIMS)[:-1].encode() + b',"sub":"press-8"}')
    yield "claims that are an array", token(claims=b"[]")
    yield "claims that are no JSON", token(claims=b"{")
    yield "something behind the claims", token(claims=json.dumps(CLAIMS).encode() + b"{}")
    yield "2,049 bytes", token(claims={**CLAIMS, "x": "y" * 1500})[:-86] + "A" * 400


def claims():
    yield "no sub", with_claims(sub=None)
    yield "an empty sub", with_claims(sub="")
    yield "no exp", with_claims(exp=None)
    yield "exp with a fraction", with_claims(exp=NOW_S + 600.5)
    yield "exp as a text", with_claims(exp=str(NOW_S + 600))
    yield "a negative exp", with_claims(exp=-1)
    yield "nbf as a text", with_claims(nbf="0")
    yield "two audiences", with_claims(aud=[GATE_NAME, "hall-3"])
    yield "no audience in an array", with_claims(aud=[])
    yield "jti as a number", with_claims(jti=7)


def judged():
    """What is a token, and says or proves the wrong thing."""
    yield "another device's", "token-subject", with_claims(sub=OTHER_DEVICE_NAME)
    yield "no audience", "token-audience", with_claims(aud=None)
    yield "another gate's", "token-audience", with_claims(aud="hall-3")
    yield "the fleet's, to a gate that takes its own alone", "token-audience", with_claims(aud=FLEET.hex())
    yield "expired", "token-expired", with_claims(exp=NOW_S)
    yield "a second longer than the lifetime", "token-lifetime", with_claims(exp=NOW_S + 7 * 86_400 + 1)
    yield "longer than the lifetime from now, without iat", "token-lifetime", with_claims(iat=None, exp=NOW_S + 7 * 86_400 + 1)
    yield "a second longer than the lifetime from its iat", "token-lifetime", with_claims(iat=NOW_S - 600, exp=NOW_S - 599 + 7 * 86_400)
    yield "not valid yet", "token-wrong", with_claims(nbf=NOW_S + 31)
    yield "issued in the future", "token-wrong", with_claims(iat=NOW_S + 31)
    yield "a kid that nobody knows", "key-unknown", token(header={**HEADER, "kid": STRANGER.id}, signer=STRANGER)
    yield "another device's kid", "key-unknown", token(header={**HEADER, "kid": OTHER_DEVICE.id}, signer=OTHER_DEVICE)
    yield "signed by another key than it names", "token-wrong", token(signer=STRANGER)
    head, _, signature = token().split(".")
    yield "other claims under its signature", "token-wrong", f"{head}.{compact({**CLAIMS, 'exp': NOW_S + 601})}.{signature}"
    yield "a signature of 63 bytes", "token-wrong", f"{head}.{compact(CLAIMS)}.{base64url(bytes(63))}"


def cases():
    good = {"good": token(), "no typ": with_header(typ=None), "typ in lower case": with_header(typ="jwt"), "its audience in an array": with_claims(aud=[GATE_NAME]),
            "as long as the lifetime": with_claims(exp=NOW_S + 7 * 86_400), "not valid yet, within the leeway": with_claims(nbf=NOW_S + 30),
            "a claim that nobody knows": with_claims(colour="red")}
    for what, text in good.items():
        yield f"token: {what}", [connect("none", text)]
    for maker in (headers, forms, claims):
        for what, text in maker():
            yield f"token: {what}", [connect("token-malformed", text)]
    for what, answer, text in judged():
        yield f"token: {what}", [connect(answer, text)]
    once = with_claims(jti="0f1e")
    yield "token: none", [connect("token-missing", "")]
    yield "token: with a jti, twice", [connect("none", once), connect("token-replayed", once, 1)]
    yield "token: another device's client id", [connect("client-id", token(), client_id=OTHER_DEVICE_NAME)]
    publish = {"do": "publish", "connection": 0, "mqtt": 5, "topic": f"plant/{DEVICE_NAME}/env", "qos": 1, "retain": False, "payload": b'{"temp": 21.5}'.hex()}
    yield "token: its connection when it has expired", [
        connect("none", token()), {**publish, "answer": "none"}, {"do": "clock", "now_ms": NOW + 600_000, "answer": "none"},
        {**publish, "answer": "session-expired"}]
