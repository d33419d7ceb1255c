# SPDX-License-Identifier: Apache-2.0
"""What the bodies of control records and the claims in them say. A member that nobody asks for makes a body illegal."""
import datetime
import re

from edwards import is_of_prime_order
from reader import Malformed, Wire, blake2b, counts, from_base64, is_agreement_key, is_name, is_signing_key, json_object, key_id, labelled

KINDS = ("root", "operator", "gate", "processor", "device", "contract", "usecase", "schema", "checkpoint", "policy", "replay")
CALENDAR_MAX_MS = 253_402_300_799_999  # the last millisecond of the year 9999
STATES = ("pending", "active", "suspended", "revoked", "retired")
ATTRIBUTES = ("asset", "site", "line", "vendor", "model", "firmware", "warranty_end")


class Refused(Exception):
    """With the outcome's name."""


def is_control_name(text):
    return is_name(text) and not set(text) & set('/+#"\\')


class Body:
    """A JSON object of which each member is asked for once; one that nobody asks for makes it illegal."""

    def __init__(self, value):
        try:
            self.left = dict(value) if isinstance(value, dict) else json_object(value)
        except Malformed as why:
            raise Refused("illegal-body") from why

    def get(self, name, kind, missing=Refused):
        if name not in self.left:
            if missing is Refused:
                raise Refused("illegal-body")
            return missing
        value = self.left.pop(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Refused("illegal-body")
        return value

    def bytes(self, name, size=None, missing=Refused):
        text = self.get(name, str, missing)
        if text is missing:
            return missing
        try:
            data = from_base64(text)
        except Malformed as why:
            raise Refused("illegal-body") from why
        if not data or (size and len(data) != size):
            raise Refused("illegal-body")
        return data

    def signing_key(self, name, missing=Refused):
        key = self.bytes(name, 32, missing)
        if key is not missing and not is_signing_key(key):
            raise Refused("illegal-body")
        return key

    def agreement_key(self, name):
        key = self.bytes(name, 32)
        if not is_agreement_key(key):
            raise Refused("illegal-body")
        return key

    def name(self, name):
        text = self.get(name, str, "")
        if text and not is_control_name(text):
            raise Refused("illegal-body")
        return text

    def time(self, name):
        value = self.get(name, int, None)
        if value is not None and not 0 < value <= CALENDAR_MAX_MS:
            raise Refused("illegal-body")
        return value or 0

    def place(self):
        value = self.get("stands_until", dict, None)
        if value is None:
            return None
        inner = Body(value)
        out = (inner.get("count", int), inner.bytes("chain", 32))
        inner.end()
        return out

    def kinds(self, name, allowed):
        kinds = self.get(name, list)
        if len(set(map(str, kinds))) != len(kinds) or not all(kind in allowed for kind in kinds):
            raise Refused("illegal-body")
        return set(kinds)

    def end(self):
        if self.left:
            raise Refused("illegal-body")


def operator_of(body):
    body = Body(body)
    out = {"key": body.signing_key("key"), "kinds": body.kinds("kinds", KINDS), "names": body.get("names", str), "not_before": body.time("not_before"),
           "not_after": body.get("not_after", int, 0), "revoked": body.get("revoked", bool, False), "place": body.place(),
           "certificate": body.bytes("certificate", missing=b""), "owner": body.kinds("owner", ("ot", "it")) if "owner" in body.left else None}
    body.end()
    if out["owner"] == set() or not is_name(out["names"]) or out["not_after"] < 0:
        raise Refused("illegal-body")
    return out


def gate_of(body):
    body = Body(body)
    out = {"key": body.signing_key("signing_key"), "agreement": body.agreement_key("agreement_key"), "site": body.name("site"),
           "revoked": body.get("revoked", bool, False), "claims": body.get("claims", bool, False), "not_before": body.time("not_before"),
           "not_after": body.time("not_after"), "certificate": body.bytes("certificate"), "former": former_of(body)}
    body.end()
    return out


def former_of(gate):
    """The keys before a rotation; None."""
    value = gate.get("former", dict, None)
    if value is None:
        return None
    body = Body(value)
    out = {"key": body.signing_key("signing_key"), "agreement": body.agreement_key("agreement_key"), "certificate": body.bytes("certificate"),
           "not_after": body.time("not_after")}
    body.end()
    if not out["not_after"]:
        raise Refused("illegal-body")
    return out


def gate_signs(gate, key):
    """(key, end) of the gate's own or its former key with that id; None."""
    for pair in (gate, gate["former"]):
        if pair and key_id(pair["key"]) == key:
            return pair["key"], pair["not_after"]
    return None


def group_of(body):
    body = Body(body)
    agreement, members = body.agreement_key("agreement_key"), {}
    for each in body.get("members", list):
        member = Body(each)
        name, key, scopes = member.name("name"), member.signing_key("signing_key"), member.get("scopes", list, [])
        member.end()
        if scopes not in ([], ["checkpoint"]) or name in members or not name:
            raise Refused("illegal-body")
        members[name] = (key, bool(scopes))
    body.end()
    return {"agreement": agreement, "members": members}


def key_of(entry):
    entry = Body(entry)
    name, key, spki = entry.get("id", str), entry.signing_key("key", None), entry.bytes("spki", 32, None)
    out = {"id": name, "key": key, "not_before": entry.time("not_before"), "not_after": entry.time("not_after")}
    entry.end()
    if out["not_after"] and out["not_after"] <= out["not_before"]:
        raise Refused("illegal-body")
    if (key is None) == (spki is None) or name != (key_id(key) if key else spki.hex()[:16]):
        raise Refused("illegal-body")
    return out


def attribute(name, text):
    """What is there is of its form: a name, a text, or a day."""
    if text is None:
        return ""
    good = is_control_name(text) if name in ("asset", "site", "line") else is_name(text)
    if name == "warranty_end":
        try:
            good = bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.date.fromisoformat(text))
        except ValueError:
            good = False
    if not good:
        raise Refused("illegal-body")
    return text


def device_of(body):
    body = Body(body)
    out = {"state": body.get("state", str), "keys": [key_of(each) for each in body.get("keys", list)]}
    out["attributes"] = {name: attribute(name, body.get(name, str, None)) for name in ATTRIBUTES}
    out["contracts"], out["least_proof"] = body.get("contracts", list, []), body.get("least_proof", str, "")
    out["claim"] = body.bytes("claim", missing=b"")
    body.end()
    ids = [key["id"] for key in out["keys"]]
    if out["least_proof"] not in ("", "signature", "mac", "connection") or len(out["contracts"]) > 16 \
            or not all(isinstance(name, str) and is_control_name(name) for name in out["contracts"]):
        raise Refused("illegal-body")
    if out["state"] not in STATES or not 1 <= len(ids) <= 4 or len(set(ids)) != len(ids):
        raise Refused("illegal-body")
    return out


def replay_of(body):
    """(partition, offset, hash) of each record of quarantine, in order."""
    body, out = Body(body), []
    for each in body.get("records", list):
        entry = Body(each)
        out.append((entry.get("partition", int), entry.get("offset", int), entry.bytes("hash", 32)))
        entry.end()
    body.get("unsealed", bool, False)
    body.end()
    places = [entry[:2] for entry in out]
    if not 1 <= len(out) <= 1000 or places != sorted(set(places)) or not all(0 <= p < 2**31 and 0 <= o < 2**63 for p, o in places):
        raise Refused("illegal-body")
    return out


def claim_of(data):
    """A claim and its token."""
    wire = Wire(data)
    if wire.number(1) != 1:
        raise Malformed
    token, gate = wire.blob(), wire.name()
    time_ms, key = wire.number(8), wire.fixed(32)
    body, signature = data[1:wire.at], wire.fixed(64)
    wire.end()
    out = token_of(token)
    return {**out, "for": gate, "time_ms": time_ms, "key": key,
            "holds": counts(key, labelled("ATTESTREAM-1 claim", blake2b(32, body)), signature) and is_of_prime_order(key)}


def token_of(data):
    wire = Wire(data)
    if wire.number(1) != 1 or len(data) > 2048:
        raise Malformed
    out = {"fleet": wire.fixed(32), "id": wire.fixed(16), "operator": wire.name(), "key_id": wire.key_id(), "device": wire.name()}
    out["gate"] = wire.text()
    out["not_after"] = wire.number(8)
    pairs = [(wire.text(), wire.text()) for _ in range(wire.number(1))]
    out["contracts"] = [wire.text() for _ in range(wire.number(1))]
    signed, signature = data[1:wire.at], wire.fixed(64)
    wire.end()
    order = [ATTRIBUTES.index(name) if name in ATTRIBUTES else -1 for name, _ in pairs]
    if out["not_after"] == 0 or len(out["contracts"]) > 16 or order != sorted(set(order)) or -1 in order or not all(v for _, v in pairs):
        raise Malformed
    out["attributes"] = dict(pairs)
    out["by"] = lambda key: counts(key, labelled("ATTESTREAM-1 claim token", blake2b(32, signed)), signature)
    return out
