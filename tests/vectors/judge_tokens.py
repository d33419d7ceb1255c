# SPDX-License-Identifier: Apache-2.0
"""What a gate makes of a token as password, from the section Tokens of docs/device-protocol.md."""
from judge_session import No, Session, need
from reader import KEY_ID, Malformed, from_base64url, holds, is_name, is_whole, json_object

REFUSED = ("crit", "jwk", "jku", "x5u", "x5c")


def header_of(part):
    header = json_object(from_base64url(part))
    kid, kind = header.get("kid"), header.get("typ", "JWT")
    good = not any(name in header for name in REFUSED) and header.get("alg") == "EdDSA" and isinstance(kid, str) and bool(KEY_ID.match(kid))
    if not good or not isinstance(kind, str) or kind.upper() != "JWT":
        raise Malformed
    return kid


def name_of(value):
    if not isinstance(value, str) or not is_name(value):
        raise Malformed
    return value


def time_of(value):
    if not is_whole(value) or value < 0:
        raise Malformed
    return value


def read(text):
    if len(text) > 2048:
        raise Malformed
    parts = text.split(".")
    if len(parts) != 3 or not parts[2] or not all(c.isascii() and (c.isalnum() or c in "-_") for c in "".join(parts)):
        raise Malformed
    kid, claims = header_of(parts[0]), json_object(from_base64url(parts[1]))
    audience = claims.get("aud", "")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    out = {"kid": kid, "sub": name_of(claims.get("sub")), "aud": name_of(audience) if "aud" in claims else "", "exp": time_of(claims.get("exp"))}
    out["nbf"], out["iat"] = time_of(claims.get("nbf", 0)), time_of(claims.get("iat", 0))
    out["jti"] = name_of(claims["jti"]) if "jti" in claims else ""
    try:
        out["signature"] = from_base64url(parts[2])
    except Malformed:
        out["signature"] = b""
    return {**out, "signed": f"{parts[0]}.{parts[1]}".encode()}


def connect(gate, step):
    device = step["user_name"]
    facts = gate.device(device)
    need(facts, "device-unknown")
    need(facts["state"] == "active", f"device-{facts['state']}")
    need(step["password"], "token-missing")
    try:
        token = read(step["password"])
    except Malformed as why:
        raise No("token-malformed") from why
    now_s = gate.now_ms // 1000
    need(token["sub"] == device, "token-subject")
    need(token["aud"] == gate.name, "token-audience")
    need(token["exp"] > now_s, "token-expired")
    need(token["exp"] - (token["iat"] or now_s) <= gate.lifetime_s, "token-lifetime")
    key = gate.key(facts, token["kid"])
    good = len(token["signature"]) == 64 and holds(key, token["signed"], token["signature"])
    need(good and max(token["nbf"], token["iat"]) <= now_s + gate.leeway_s, "token-wrong")
    need(gate.fits(step["client_id"], device), "client-id")
    need(not token["jti"] or (token["kid"], token["jti"]) not in gate.tokens, "token-replayed")
    if token["jti"]:
        gate.tokens.add((token["kid"], token["jti"]))
    gate.open(step, Session(device, step["client_id"], token["kid"], expires_ms=token["exp"] * 1000))
