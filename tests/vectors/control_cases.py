# SPDX-License-Identifier: Apache-2.0
"""A control log record by record, with what every reader makes of each: control.json."""
import hashlib
import json

from gate_claims import NAME as CLAIMED, claim, claim_token, enrolment
from primitives import (Agreement, DEVICE, DEVICE_NAME, FLEET, GATE, GATE_NAME, OPERATOR, OPERATOR_NAME, ROOT, Signing, certificate)
from records import Log, Record, avro, base64_of, framed, schema_id, zigzag
from torsion import PARTS, OddKey, OddSignatures
from world import (AVSC, GROUP, MEMBER, MEMBER_NAME, ODCS, OTHER_DEVICE, OTHER_DEVICE_NAME, OTHER_OPERATOR,
                   OTHER_OPERATOR_NAME, START, STRANGER, SUCCESSOR, device_body, gate_body, group_body, key_entry, operator_body)

HOUR = 3_600_000
DAY = 24 * HOUR
NARROW, NARROW_NAME = Signing("narrow operator"), "carol"
NEW_ROOT, LAST_ROOT, LAST_SUCCESSOR = Signing("new root"), Signing("last root"), Signing("last successor")
USECASE = """name: room
version: 1.0.0
contract: env
kpi: Hours without an alarm
features:
  - {name: temp, field: temp, aggregate: last, unit: Cel}
model:
  kind: robust-ewma
  version: "1"
  parameters: {memory: 2000, smoothing: 3, half: 2}
episode: {failureMode: too-warm, enter: 0.8, leave: 0.3, enterCount: 3, leaveCount: 50}
alert:
  severity: warning
  title: The room is warmer than usual
  action: See whether the cooling runs.
  runbook: https://runbooks.example.com/too-warm
erp: {kind: malfunction, priority: 2, breakdown: false}
twin: {namespace: org.example, feature: health}
"""


class Steps:
    """Grows the log with what is accepted, and keeps what is refused beside it."""

    def __init__(self):
        self.log, self.out = Log(FLEET), []

    def note(self, what, value, outcome, record=None):
        step = {"what": what, "value": value.hex(), "outcome": outcome, "count": self.log.count, "chain": self.log.chain.hex()}
        if record:
            step.update(signed=record.signed().hex(), hash=record.hash().hex())
        self.out.append(step)

    def accept(self, what, record):
        self.log.take(record)
        self.note(what, record.value(), "accepted", record)

    def refuse(self, what, outcome, record):
        self.note(what, record if isinstance(record, bytes) else record.value(), outcome)

    def next(self, kind, name, body, by=(OPERATOR_NAME, OPERATOR), time_ms=START, **more):
        return self.log.next(kind, name, *by, time_ms, body, **more)


ALICE, BOB, BY_ROOT, BY_SUCCESSOR = (OPERATOR_NAME, OPERATOR), (OTHER_OPERATOR_NAME, OTHER_OPERATOR), ("root", ROOT), ("successor", SUCCESSOR)
CAROL = (NARROW_NAME, NARROW)


def root_body(root=ROOT, successor=SUCCESSOR, **more):
    return {"root": base64_of(root.public), "successor": base64_of(successor.public), **more}


def altered(record, **fields):
    """The record with other fields under the same signature."""
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def beginning(steps):
    root = steps.next("root", "root", root_body(), BY_ROOT)
    alice = operator_body(OPERATOR_NAME, OPERATOR)
    steps.refuse("an operator before the root record", "unknown-signer", steps.next("operator", OPERATOR_NAME, alice, BY_ROOT))
    steps.refuse("a root record of another key", "unknown-signer", steps.next("root", "root", root_body(), ("root", STRANGER)))
    steps.refuse("a root record with other keys than the pinned ones", "illegal-body", steps.next("root", "root", root_body(STRANGER), BY_ROOT))
    steps.refuse("a root record of another name", "illegal-body", steps.next("root", "ground", root_body(), BY_ROOT))
    steps.accept("root", root)
    steps.refuse("root again", "wrong-revision", root)
    steps.accept("operator alice", steps.next("operator", OPERATOR_NAME, alice, BY_ROOT))
    steps.accept("operator bob", steps.next("operator", OTHER_OPERATOR_NAME, operator_body(OTHER_OPERATOR_NAME, OTHER_OPERATOR), BY_ROOT))
    narrow = {"key": base64_of(NARROW.public), "kinds": ["device"], "names": "press-*", "not_before": START, "not_after": START + DAY, "revoked": False}
    steps.accept("operator carol, of devices press-* for a day", steps.next("operator", NARROW_NAME, narrow, BY_ROOT))


# Of small order, or written in another way than the smallest.
BAD_KEYS = [("a key of zeros", bytes(32)), ("the neutral key", b"\1" + bytes(31)), ("the neutral key with a sign", b"\1" + bytes(30) + b"\x80"),
            ("a key of order two", b"\xec" + b"\xff" * 30 + b"\x7f"),
            ("a key of order eight", bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
            ("another key of order eight, with a sign", bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")),
            ("a key that is zero in another way", b"\xed" + b"\xff" * 30 + b"\x7f"), ("a key that is three in another way", b"\xf0" + b"\xff" * 30 + b"\x7f")]
# Good keys with a part of small order.
ODD_KEYS = {order: OddKey("odd key", order) for order in PARTS}
LOW_ORDER = [("zeros", bytes(32)), ("one", b"\1" + bytes(31)), ("order two", b"\xec" + b"\xff" * 30 + b"\x7f"), ("zero in another way", b"\xed" + b"\xff" * 31),
             ("order eight", bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"))]


def device_operator(**more):
    return {"kinds": ["device"], "names": "*", "not_after": 0, "revoked": False, **more}


def operators(steps):
    body = operator_body("dave", STRANGER)
    steps.refuse("an operator that an operator signs", "out-of-scope", steps.next("operator", "dave", body, ALICE))
    steps.refuse("an operator who may sign operators", "illegal-body", steps.next("operator", "dave", {**body, "kinds": ["operator"]}, BY_ROOT))
    steps.refuse("an operator named root", "illegal-body", steps.next("operator", "root", operator_body("root", STRANGER), BY_ROOT))
    steps.refuse("an operator with another's certificate", "illegal-body", steps.next("operator", "dave", {**body, "key": base64_of(NARROW.public)}, BY_ROOT))
    steps.refuse("an operator of gates without a certificate", "illegal-body",
                 steps.next("operator", "dave", {name: value for name, value in body.items() if name != "certificate"}, BY_ROOT))
    steps.refuse("an operator whose certificate begins before it", "illegal-body", steps.next("operator", "dave", {**body, "not_before": START}, BY_ROOT))
    steps.refuse("an operator whose certificate ends after it", "illegal-body", steps.next("operator", "dave", {**body, "not_after": START + DAY}, BY_ROOT))
    steps.refuse("another operator's key under a second name", "illegal-body", steps.next("operator", "ann", {**device_operator(), "key": base64_of(OPERATOR.public)}, BY_ROOT))
    steps.refuse("an operator with the root's key", "illegal-body", steps.next("operator", "ann", {**device_operator(), "key": base64_of(ROOT.public)}, BY_ROOT))
    steps.refuse("an operator with the successor's key", "illegal-body", steps.next("operator", "ann", {**device_operator(), "key": base64_of(SUCCESSOR.public)}, BY_ROOT))
    for what, key in BAD_KEYS:
        steps.refuse(f"an operator with {what}", "illegal-body", steps.next("operator", "ann", {**device_operator(), "key": base64_of(key)}, BY_ROOT))
    for order, key in ODD_KEYS.items():
        steps.refuse(f"an operator's key with a part of order {order}", "illegal-body", steps.next("operator", "ann", {**device_operator(), "key": base64_of(key.public)}, BY_ROOT))
    late = {"key": base64_of(STRANGER.public), "kinds": ["device"], "names": "*", "not_before": START + HOUR, "not_after": 0, "revoked": False}
    steps.accept("operator erin, who begins in an hour", steps.next("operator", "erin", late, BY_ROOT))
    steps.refuse("erin's, dated forward", "unknown-signer", steps.next("device", "press-9", device_body("active", STRANGER), ("erin", STRANGER), START + HOUR))
    steps.refuse("an operator with a member that nobody knows", "illegal-body", steps.next("operator", "dave", {**body, "colour": "red"}, BY_ROOT))
    steps.refuse("an operator with a pattern of nothing", "illegal-body", steps.next("operator", "dave", {**body, "names": ""}, BY_ROOT))
    steps.refuse("an operator with an end below zero", "illegal-body", steps.next("operator", "dave", {**body, "not_after": -1}, BY_ROOT))
    steps.refuse("an operator with a beginning of zero", "illegal-body", steps.next("operator", "dave", {**body, "not_before": 0}, BY_ROOT))
    steps.refuse("an operator who ends before beginning", "illegal-body",
                 steps.next("operator", "dave", {**body, "not_before": START + DAY, "not_after": START}, BY_ROOT))
    steps.refuse("an operator of one kind twice", "illegal-body", steps.next("operator", "dave", {**body, "kinds": ["gate", "gate"]}, BY_ROOT))
    steps.refuse("an operator whose certificate outlasts the record", "illegal-body",
                 steps.next("operator", "dave", {**body, "not_after": START + DAY}, BY_ROOT))
    steps.refuse("an operator with a member twice", "illegal-body", steps.next("operator", "dave", b'{"key":"","key":""}', BY_ROOT))


# The first and last of what no name may have, and what stands on both sides of it.
UNSEEN = [0x1F, 0x7F, 0x9F, 0xA0, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x1680, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x180F, 0x2000, 0x200A, 0x200B, 0x200F, 0x2028, 0x202E,
          0x202F, 0x205F, 0x2060, 0x2065, 0x206F, 0x2800, 0x3000, 0x3164, 0xE000, 0xF8FF, 0xFDD0, 0xFDEF, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0, 0xFFF8, 0xFFFB,
          0xFFFE, 0xFFFF, 0x1BCA0, 0x1BCA3, 0x1D159, 0x1D173, 0x1D17A, 0x1FFFE, 0xDFFFF, 0xE0000, 0xE0001, 0xE007F, 0xE0100, 0xE01EF, 0xE0FFF, 0xEFFFE, 0xF0000, 0x10FFFF]
SEEN = [0x20, 0x7E, 0xA1, 0xAC, 0xAE, 0x34E, 0x350, 0x115E, 0x1161, 0x180A, 0x1810, 0x2010, 0x2027, 0x2030, 0x205E, 0x2070, 0x27FF, 0x2801, 0x3001, 0x3163, 0x3165,
        0xD7FF, 0xF900, 0xFDCF, 0xFDF0, 0xFE10, 0xFF9F, 0xFFA1, 0xFFFC, 0xFFFD, 0x1BC9F, 0x1BCA4, 0x1D158, 0x1D15A, 0x1D172, 0x1D17B, 0x1FFFD, 0xDFFFD, 0xE1000]


def unreadable(steps):
    good = steps.next("gate", GATE_NAME, gate_body())
    value = good.value()
    steps.refuse("a byte short", "malformed", value[:-1])
    steps.refuse("a byte too many", "malformed", value + b"\0")
    steps.refuse("another schema's id", "malformed", b"\0" + bytes(4) + value[5:])
    steps.refuse("another first byte", "malformed", b"\1" + value[1:])
    steps.refuse("format 2 in the schema of format 1", "malformed", framed("control", zigzag(2) + value[6:]))
    steps.refuse("format 3", "malformed", framed("control", zigzag(3) + value[6:]))
    steps.refuse("a kind that nobody knows", "malformed", altered(steps.next("gate", GATE_NAME, gate_body()), kind="garage"))
    steps.refuse("a name with a slash", "malformed", steps.next("gate", "hall/2", gate_body()))
    for point in UNSEEN:
        steps.refuse(f"a name with U+{point:04X}", "malformed", steps.next("gate", f"hall{chr(point)}2", gate_body()))
    for what, name in (("a space before it", " hall"), ("a space behind it", "hall ")):
        steps.refuse(f"a name with {what}", "malformed", steps.next("gate", name, gate_body()))
    # Read, and so refused for its signature alone.
    for point in SEEN:
        steps.refuse(f"a name with U+{point:04X}", "bad-signature", altered(steps.next("gate", f"hall{chr(point)}2", gate_body()), signature=bytes(64)))
    steps.refuse("an empty name", "malformed", steps.next("gate", "", gate_body()))
    steps.refuse("revision 0", "malformed", steps.next("gate", GATE_NAME, gate_body(), revision=0))
    steps.refuse("a time past the calendar", "malformed", steps.next("gate", GATE_NAME, gate_body(), time_ms=253_402_300_800_000))
    steps.refuse("a key id of 15 digits", "malformed", altered(steps.next("gate", GATE_NAME, gate_body()), key_id=OPERATOR.id[:15]))
    steps.refuse("a length below zero", "malformed", value.replace(avro("gate"), zigzag(-4) + b"gate", 1))


def gates(steps):
    body = gate_body()
    steps.refuse("another fleet's", "foreign-fleet", Record(bytes(32), "gate", GATE_NAME, 1, bytes(32), *ALICE, START, body))
    steps.refuse("a signer whom nobody knows", "unknown-signer", steps.next("gate", GATE_NAME, body, ("mallory", STRANGER)))
    steps.refuse("an operator's name with another key", "unknown-signer", steps.next("gate", GATE_NAME, body, (OPERATOR_NAME, STRANGER)))
    steps.refuse("one bit of the signature", "bad-signature", altered(steps.next("gate", GATE_NAME, body), signature=bytes(64)))
    for order in PARTS:
        steps.refuse(f"an R with a part of order {order}", "bad-signature", steps.next("gate", GATE_NAME, body, (OPERATOR_NAME, OddSignatures(OPERATOR, order))))
        odd = base64_of(certificate(OddSignatures(OPERATOR, order), 2, GATE_NAME, GATE))
        steps.refuse(f"a gate whose certificate's R has a part of order {order}", "illegal-body", steps.next("gate", GATE_NAME, {**body, "certificate": odd}))
        odd = {"signing_key": base64_of(ODD_KEYS[order].public), "certificate": base64_of(certificate(OPERATOR, 2, GATE_NAME, ODD_KEYS[order]))}
        steps.refuse(f"a gate's key with a part of order {order}", "illegal-body", steps.next("gate", GATE_NAME, {**body, **odd}))
    steps.refuse("another body under the signature", "bad-signature", altered(steps.next("gate", GATE_NAME, body), body=b"{}"))
    steps.refuse("another name under the signature", "bad-signature", altered(steps.next("gate", GATE_NAME, body), name="hall-3"))
    steps.refuse("another time under the signature", "bad-signature", altered(steps.next("gate", GATE_NAME, body), time_ms=START + 1))
    steps.refuse("a gate that the root signs", "out-of-scope", steps.next("gate", GATE_NAME, body, BY_ROOT))
    steps.refuse("a gate by who may sign devices alone", "out-of-scope", steps.next("gate", GATE_NAME, body, CAROL))
    steps.refuse("revision 2 of nothing", "wrong-revision", steps.next("gate", GATE_NAME, body, revision=2))
    steps.refuse("a predecessor where there is none", "wrong-predecessor", steps.next("gate", GATE_NAME, body, predecessor=hashlib.sha256(b"").digest()))
    steps.refuse("a gate whose certificate another operator signed", "illegal-body", steps.next("gate", GATE_NAME, body, BOB))
    steps.refuse("a gate with the certificate of another name", "illegal-body",
                 steps.next("gate", GATE_NAME, {**body, "certificate": base64_of(certificate(OPERATOR, 2, "hall-3", GATE))}))
    steps.refuse("a gate with an end of zero", "illegal-body", steps.next("gate", GATE_NAME, {**body, "not_after": 0}))
    steps.refuse("a gate with an end past the calendar", "illegal-body", steps.next("gate", GATE_NAME, {**body, "not_after": 253_402_300_800_000}))
    steps.refuse("a gate that ends before it begins", "illegal-body", steps.next("gate", GATE_NAME, {**body, "not_before": START + 1, "not_after": START + 1}))
    steps.refuse("a gate whose site is no name", "illegal-body", steps.next("gate", GATE_NAME, {**body, "site": "a/b"}))
    steps.refuse("a gate's key in another form of base64", "illegal-body", steps.next("gate", GATE_NAME, {**body, "signing_key": body["signing_key"].rstrip("=")}))
    steps.refuse("a gate's key of 31 bytes", "illegal-body", steps.next("gate", GATE_NAME, {**body, "signing_key": base64_of(GATE.public[:31])}))
    steps.refuse("a gate that says 1 for true", "illegal-body", steps.next("gate", GATE_NAME, {**body, "claims": 1}))
    for what, key in LOW_ORDER:
        steps.refuse(f"a gate whose agreement key is {what}", "illegal-body", steps.next("gate", GATE_NAME, {**body, "agreement_key": base64_of(key)}))
    steps.accept("gate, which may take claims", steps.next("gate", GATE_NAME, body))
    steps.accept("gate hall-3, with a site and an end", steps.next("gate", "hall-3", other_gate()))
    its = {**body, "signing_key": base64_of(OTHER_OPERATOR.public), "certificate": base64_of(certificate(OPERATOR, 2, "hall-4", OTHER_OPERATOR))}
    steps.refuse("a gate with an operator's key", "illegal-body", steps.next("gate", "hall-4", its))
    shared = {**body, "certificate": base64_of(certificate(OPERATOR, 2, "hall-4", GATE))}
    steps.refuse("a gate with another gate's keys", "illegal-body", steps.next("gate", "hall-4", shared))


def other_gate(**more):
    key, agreement = Signing("other gate"), Agreement("other gate agreement")
    return {"signing_key": base64_of(key.public), "agreement_key": base64_of(agreement.public), "site": "south", "revoked": False,
            "not_before": START, "not_after": START + 300 * DAY, "certificate": base64_of(certificate(OPERATOR, 2, "hall-3", key)), **more}


def contract_of(name, *topics, version="1.0.0"):
    text = ODCS.replace("id: env", f"id: {name}").replace("version: 1.0.0", f"version: {version}").replace('["plant/{device}/env"]', json.dumps(topics))
    return {"odcs": text, "avsc": AVSC, "schema_id": schema_id(AVSC.encode())}


def documents(steps):
    contract = {"odcs": ODCS, "avsc": AVSC, "schema_id": schema_id(AVSC.encode())}
    text = '{"type":"record","name":"Decision","fields":[]}'
    steps.refuse("a contract with schema id 0", "illegal-body", steps.next("contract", "env@1.0.0", {**contract, "schema_id": 0}))
    steps.refuse("a contract under another version", "illegal-body", steps.next("contract", "env@1.0.1", contract))
    steps.accept("contract", steps.next("contract", "env@1.0.0", contract))
    steps.refuse("a contract again, which never changes", "illegal-body", steps.next("contract", "env@1.0.0", contract))
    steps.refuse("another contract with the same topics", "illegal-body", steps.next("contract", "other@1.0.0", contract_of("other", "plant/{device}/env")))
    steps.refuse("the same topics with + for the device", "illegal-body", steps.next("contract", "other@1.0.0", contract_of("other", "plant/+/env")))
    steps.refuse("the same topics beside others", "illegal-body", steps.next("contract", "other@1.0.0", contract_of("other", "hall/{device}", "plant/{device}/env")))
    steps.accept("a contract with some topics in common", steps.next("contract", "other@1.0.0", contract_of("other", "plant/{device}/#")))
    steps.accept("another version with the same topics", steps.next("contract", "env@1.1.0", contract_of("env", "plant/{device}/env", "plant/{device}/air", version="1.1.0")))
    steps.refuse("topics that an earlier version has", "illegal-body", steps.next("contract", "other@1.1.0", contract_of("other", "plant/+/air", version="1.1.0")))
    steps.accept("schema", steps.next("schema", "decision", {"text": text, "schema_id": schema_id(text.encode())}))
    steps.refuse("a schema with another's id", "illegal-body", steps.next("schema", "alert", {"text": '"string"', "schema_id": schema_id(text.encode())}))
    steps.accept("a schema with the id that a registry gave", steps.next("schema", "alert", {"text": '"string"', "schema_id": 2}))
    steps.refuse("another schema with that id", "illegal-body", steps.next("schema", "quarantine", {"text": '"bytes"', "schema_id": 2}))
    steps.accept("the same schema with another id", steps.next("schema", "alert", {"text": '"string"', "schema_id": 3}))
    steps.accept("a contract with the id that a registry gave", steps.next("contract", "env@1.2.0", {**contract_of("env", "plant/{device}/env", version="1.2.0"), "schema_id": 4}))
    steps.refuse("a contract with the id of another text", "illegal-body", steps.next("contract", "env@1.3.0", {**contract_of("env", "plant/{device}/env", version="1.3.0"), "schema_id": 2}))
    steps.refuse("a use case under another name", "illegal-body", steps.next("usecase", "hall", {"yaml": USECASE}))
    steps.accept("use case", steps.next("usecase", "room", {"yaml": USECASE}))


def devices(steps):
    spki = hashlib.sha256(b"a certificate's key").digest()
    keys = [key_entry(DEVICE), key_entry(Signing("second key"), not_before=START, not_after=START + DAY), {"id": spki.hex()[:16], "spki": base64_of(spki)}]
    full = device_body("active", *keys, asset="line-3", site="hall", line="3", vendor="A/C", model="M 1", firmware="2.0", warranty_end="2027-12-31",
                       least_proof="signature")
    full["contracts"] = ["env"]
    pending = device_body("pending", OTHER_DEVICE)
    steps.accept("device, with all that it can say", steps.next("device", DEVICE_NAME, full))
    steps.accept("device, pending, by carol", steps.next("device", OTHER_DEVICE_NAME, pending, CAROL))
    steps.refuse("carol's, of a name that is not hers", "out-of-scope", steps.next("device", "oven-1", device_body("active", STRANGER), CAROL))
    steps.refuse("carol's, after her end", "unknown-signer", steps.next("device", "press-9", device_body("active", STRANGER), CAROL, START + DAY))
    steps.refuse("a device that begins as revoked", "illegal-body", steps.next("device", "press-9", device_body("revoked", STRANGER)))
    steps.refuse("a device without a key", "illegal-body", steps.next("device", "press-9", device_body("active")))
    steps.refuse("a key under another id", "illegal-body", steps.next("device", "press-9", device_body("active", {**key_entry(STRANGER), "id": DEVICE.id})))
    nobody = {"id": hashlib.sha256(bytes(32)).hexdigest()[:16], "key": base64_of(bytes(32))}
    steps.refuse("a device with a key of zeros", "illegal-body", steps.next("device", "press-9", device_body("active", nobody)))
    for order, key in ODD_KEYS.items():
        steps.refuse(f"a device's key with a part of order {order}", "illegal-body", steps.next("device", "press-9", device_body("active", STRANGER, key)))
    steps.refuse("another device's key", "illegal-body", steps.next("device", "press-9", device_body("active", DEVICE)))
    steps.refuse("a state that nobody knows", "illegal-body", steps.next("device", "press-9", device_body("asleep", STRANGER)))
    steps.refuse("five keys", "illegal-body", steps.next("device", "press-9", device_body("active", *(Signing(f"key {i}") for i in range(5)))))
    one = device_body("active", STRANGER)
    bad = {"a site that is no name": {"site": "a+b"}, "an empty vendor": {"vendor": ""}, "a vendor with a control character": {"vendor": "a\n"},
           "a day that is none": {"warranty_end": "2027-02-30"}, "a day of another form": {"warranty_end": "2027-2-3"},
           "a least proof that nobody knows": {"least_proof": "password"}, "a member that nobody knows": {"colour": "red"}, "a model as a number": {"model": 7}}
    for what, more in bad.items():
        steps.refuse(f"a device with {what}", "illegal-body", steps.next("device", "press-9", {**one, **more}))
    ends = {"not_before": START, "not_after": START}
    steps.refuse("a key that ends before it begins", "illegal-body", steps.next("device", "press-9", device_body("active", key_entry(STRANGER, **ends))))
    steps.refuse("one key twice", "illegal-body", steps.next("device", "press-9", device_body("active", STRANGER, STRANGER)))
    steps.refuse("17 contracts", "illegal-body", steps.next("device", "press-9", {**one, "contracts": [f"c{i}" for i in range(17)]}))
    steps.refuse("from pending to suspended", "illegal-body", steps.next("device", OTHER_DEVICE_NAME, device_body("suspended", OTHER_DEVICE)))
    steps.refuse("a revision again", "wrong-revision", steps.next("device", OTHER_DEVICE_NAME, pending, revision=1))
    steps.refuse("a revision left out", "wrong-revision", steps.next("device", OTHER_DEVICE_NAME, pending, revision=3))
    steps.refuse("another predecessor", "wrong-predecessor", steps.next("device", OTHER_DEVICE_NAME, pending, predecessor=bytes(32)))
    steps.accept("from pending to active", steps.next("device", OTHER_DEVICE_NAME, device_body("active", OTHER_DEVICE)))


def claims(steps):
    steps.refuse("a claim in an operator's record", "out-of-scope",
                 steps.next("device", CLAIMED, {**device_body("active", Signing("claiming device")), "claim": base64_of(claim())}))
    steps.refuse("a gate's device without a claim", "out-of-scope", steps.next("device", CLAIMED, device_body("active", STRANGER), (GATE_NAME, GATE)))
    steps.refuse("a gate's, of another key than the claim's", "out-of-scope", enrolment(steps.log, key=STRANGER))
    steps.refuse("a gate's, of another name than the token's", "out-of-scope", enrolment(steps.log, name="press-11"))
    steps.refuse("a gate's, of a claim for another gate", "out-of-scope", enrolment(steps.log, claim(gate="hall-3")))
    steps.refuse("a gate's, of a token of another fleet", "out-of-scope", enrolment(steps.log, claim(claim_token(fleet=bytes(32)))))
    steps.refuse("a gate's, of an expired token", "out-of-scope", enrolment(steps.log, claim(claim_token(end=START))))
    steps.refuse("a gate's, of a token of nobody", "out-of-scope", enrolment(steps.log, claim(claim_token(operator="mallory"))))
    steps.refuse("a gate's, of a token with another's signature", "out-of-scope", enrolment(steps.log, claim(claim_token(signer=STRANGER))))
    steps.refuse("a gate's, of a claim with another's signature", "out-of-scope", enrolment(steps.log, claim(signer=STRANGER)))
    for order, key in ODD_KEYS.items():
        token = claim_token(signer=OddSignatures(OPERATOR, order))
        steps.refuse(f"a gate's, of a token whose R has a part of order {order}", "out-of-scope", enrolment(steps.log, claim(token)))
        odd = claim(signer=OddSignatures(Signing("claiming device"), order))
        steps.refuse(f"a gate's, of a claim whose R has a part of order {order}", "out-of-scope", enrolment(steps.log, odd))
        steps.refuse(f"a gate's, of a claim for a key with a part of order {order}", "illegal-body", enrolment(steps.log, claim(key=key), key))
    steps.refuse("a gate's that may take none", "out-of-scope", steps.next("device", CLAIMED, device_body("active", STRANGER), ("hall-3", Signing("other gate"))))
    steps.refuse("a gate's name with another key", "unknown-signer", enrolment(steps.log, signer=STRANGER))
    steps.accept("a gate whose keys end now", steps.next("gate", GATE_NAME, gate_body(not_after=START)))
    steps.refuse("a gate's whose keys have ended", "unknown-signer", enrolment(steps.log))
    steps.accept("the same gate without an end", steps.next("gate", GATE_NAME, gate_body()))
    steps.accept("device, enrolled by claim", enrolment(steps.log))
    steps.refuse("a gate's, of a token that was used", "out-of-scope",
                 enrolment(steps.log, claim(claim_token("press-11"), key=STRANGER), STRANGER, "press-11"))
    steps.refuse("a gate's second word", "out-of-scope", enrolment(steps.log))


def place(log, **other):
    return {"count": log.count, "chain": base64_of(log.chain), **other}


def checkpoints(steps):
    member = (MEMBER_NAME, MEMBER)
    silent = Signing("silent member")
    body = group_body("checkpoint")
    body["members"].append({"name": "line-a-1", "signing_key": base64_of(silent.public)})
    body["members"].append({"name": "line-a-2", "signing_key": base64_of(Signing("third member").public), "scopes": ["checkpoint"]})
    steps.refuse("a group with a scope that nobody knows", "illegal-body", steps.next("processor", GROUP, group_body("decide")))
    steps.refuse("two members with one key", "illegal-body",
                 steps.next("processor", GROUP, {**body, "members": 2 * [{"name": "a", "signing_key": base64_of(MEMBER.public)}]}))
    for order, key in ODD_KEYS.items():
        odd = {"name": "line-a-3", "signing_key": base64_of(key.public)}
        steps.refuse(f"a member's key with a part of order {order}", "illegal-body", steps.next("processor", GROUP, {**body, "members": [*body["members"], odd]}))
    steps.accept("processor group", steps.next("processor", GROUP, body))
    later = START + 1000

    def point(by=member, time_ms=later, name=GROUP, **other):
        return steps.next("checkpoint", name, place(steps.log, **other), by, time_ms)

    steps.refuse("a checkpoint of who is no member", "unknown-signer", point(("line-a-9", STRANGER)))
    steps.refuse("a checkpoint of no group", "unknown-signer", point(name="line-b"))
    steps.refuse("a checkpoint of an operator", "unknown-signer", point(ALICE))
    steps.refuse("a checkpoint of a member without the scope", "out-of-scope", point(("line-a-1", silent)))
    for order in PARTS:
        steps.refuse(f"a checkpoint whose R has a part of order {order}", "bad-signature", point((MEMBER_NAME, OddSignatures(MEMBER, order))))
    steps.refuse("a checkpoint that counts less", "late-checkpoint", point(count=steps.log.count - 1))
    steps.refuse("a checkpoint that counts more", "wrong-checkpoint", point(count=steps.log.count + 1))
    steps.refuse("a checkpoint with another chain", "wrong-checkpoint", point(chain=base64_of(bytes(32))))
    steps.refuse("a checkpoint before the log's time", "wrong-checkpoint", point(time_ms=START - 1))
    steps.refuse("a checkpoint with a member that nobody knows", "illegal-body", point(colour="red"))
    steps.refuse("a checkpoint of nothing", "illegal-body", point(count=0))
    steps.refuse("a heartbeat in the log", "wrong-revision", steps.next("checkpoint", GROUP, place(steps.log), member, later, revision=2**63 - 1))
    steps.accept("checkpoint", point())
    steps.accept("checkpoint, the next", point(time_ms=START + 2000))


def persons(steps):
    steps.refuse("a policy that an operator signs", "out-of-scope", steps.next("policy", "policy", {"critical": []}))
    steps.refuse("a policy of another name", "illegal-body", steps.next("policy", "rules", {"critical": []}, BY_ROOT))
    steps.refuse("a policy about operators", "illegal-body", steps.next("policy", "policy", {"critical": ["operator"]}, BY_ROOT))
    steps.accept("policy: gates and groups take two, more than three stops an hour too",
                 steps.next("policy", "policy", {"critical": ["gate", "processor"], "hourly": 3}, BY_ROOT))

    def proposal(expires=START + DAY, body=None, **more):
        return steps.next("gate", "hall-3", body or other_gate(claims=True), expires=expires, **more)

    steps.refuse("a gate by one person", "unapproved", steps.next("gate", "hall-3", other_gate(claims=True)))
    steps.refuse("a proposal", "unapproved", proposal())
    steps.refuse("a proposal that who made it approves", "unapproved", proposal().approve(*ALICE))
    steps.refuse("an approval of who may not sign that", "out-of-scope", proposal().approve(*CAROL))
    steps.refuse("an approval of nobody", "unknown-signer", proposal().approve("mallory", STRANGER))
    steps.refuse("an approval with another key", "unknown-signer", proposal().approve(OTHER_OPERATOR_NAME, STRANGER))
    steps.refuse("an approval of other bytes", "bad-signature", altered(proposal(), **vars_of(proposal(START + HOUR).approve(*BOB))))
    for order in PARTS:
        steps.refuse(f"an approval whose R has a part of order {order}", "bad-signature", proposal().approve(OTHER_OPERATOR_NAME, OddSignatures(OTHER_OPERATOR, order)))
    steps.refuse("an approval without its signature", "bad-signature", altered(proposal().approve(*BOB), approval=bytes(64)))
    steps.refuse("another end under both signatures", "bad-signature", altered(proposal().approve(*BOB), expires=START + 2 * DAY))
    steps.refuse("a proposal that has ended", "unapproved", proposal(START + 2000).approve(*BOB))
    steps.refuse("a proposal for more than seven days", "illegal-body", proposal(START + 7 * DAY + 1).approve(*BOB))
    steps.refuse("a proposal's end in format 1", "malformed", framed("control", proposal().value()[5:]))
    steps.refuse("a key id without an approver", "malformed", altered(proposal(), approver_key_id=OTHER_OPERATOR.id))
    steps.refuse("a root's proposal", "illegal-body", steps.next("policy", "policy", {"critical": []}, BY_ROOT, expires=START + DAY).approve(*BOB))
    steps.accept("gate, by two persons", proposal().approve(*BOB))


def vars_of(record):
    return {name: getattr(record, name) for name in ("approver", "approver_key_id", "approval")}


def stops(steps):
    def suspend(name, key, **more):
        return steps.next("device", name, device_body("suspended", key), **more)

    steps.accept("a device suspended by one person", suspend(OTHER_DEVICE_NAME, OTHER_DEVICE))
    steps.refuse("a gate that ends and gets another site, by one person", "unapproved", steps.next("gate", "hall-3", other_gate(claims=True, revoked=True, site="east")))
    steps.accept("a gate revoked by one person", steps.next("gate", "hall-3", other_gate(claims=True, revoked=True)))
    steps.refuse("another one within the hour", "unapproved", suspend(CLAIMED, Signing("claiming device")))
    steps.accept("another one by two persons", suspend(CLAIMED, Signing("claiming device"), expires=START + DAY).approve(*BOB))
    steps.accept("another one, by another operator", steps.next("device", DEVICE_NAME, device_body("revoked", DEVICE), BOB))
    body = group_body("checkpoint")
    body["members"].append({"name": "line-a-1", "signing_key": base64_of(Signing("silent member").public)})
    with_scope = {**body, "members": body["members"] + [{"name": "line-a-2", "signing_key": base64_of(STRANGER.public)}]}
    steps.refuse("a member's other key, by one person", "unapproved", steps.next("processor", GROUP, with_scope, BOB))
    steps.accept("a member taken out by one person", steps.next("processor", GROUP, body, BOB))
    steps.refuse("a revoked device again", "illegal-body", steps.next("device", DEVICE_NAME, device_body("active", DEVICE)))
    steps.accept("a suspended device active again", steps.next("device", OTHER_DEVICE_NAME, device_body("active", OTHER_DEVICE)))


def quarantined(number, offset, **more):
    """A record of quarantine in a replay; its hash is any 32 bytes here."""
    return {"partition": 0, "offset": offset, "hash": base64_of(bytes([number]) * 32), **more}


def replays(steps):
    def replay(*records, name=f"{GATE_NAME}@1", by=ALICE, **more):
        return steps.next("replay", name, {"records": list(records), **more}, by)

    one, two = quarantined(1, 7), quarantined(2, 9)
    steps.refuse("a replay by whom the root gave no such scope", "out-of-scope", replay(one, by=CAROL))
    for what, records in {"no record": [], "a record twice": [one, one], "records in another order": [two, one], "a hash of 31 bytes": [{**one, "hash": base64_of(bytes(31))}],
                          "an offset below zero": [quarantined(1, -1)], "a partition below zero": [quarantined(1, 7, partition=-1)],
                          "a partition past 31 bits": [quarantined(1, 7, partition=2**31)], "a member that nobody knows": [quarantined(1, 7, colour="red")],
                          "1,001 records": [quarantined(1, offset) for offset in range(1001)]}.items():
        steps.refuse(f"a replay of {what}", "illegal-body", replay(*records))
    steps.refuse("a replay with a member that nobody knows", "illegal-body", replay(one, colour="red"))
    for what, name in {"no gate": "@1", "no number": f"{GATE_NAME}@", "no @": GATE_NAME, "a gate that nobody knows": "hall-9@1", "a revoked gate": "hall-3@1"}.items():
        steps.refuse(f"a replay for {what}", "illegal-body", replay(one, name=name))
    steps.accept("replay", replay(one, two))
    steps.refuse("a replay under the same name", "illegal-body", replay(two))
    key, agreement = Signing("gate with an @"), Agreement("agreement of the gate with an @")
    body = {"signing_key": base64_of(key.public), "agreement_key": base64_of(agreement.public), "certificate": base64_of(certificate(OPERATOR, 2, "hall@4", key))}
    steps.accept("a gate whose name has an @", steps.next("gate", "hall@4", body, expires=START + DAY).approve(*BOB))
    steps.refuse("a record that was named for another gate", "illegal-body", replay(quarantined(3, 2), two, name="hall@4@1"))
    steps.refuse("a replay whose unsealed is no truth value", "illegal-body", replay(quarantined(3, 2), name="hall@4@1", unsealed=1))
    steps.accept("a replay of that gate, without seals", replay(quarantined(3, 2), name="hall@4@1", unsealed=True))
    steps.accept("the same records once more, for the same gate", replay(one, two, name=f"{GATE_NAME}@2"))


def roots(steps):
    revoked = {"key": base64_of(NARROW.public), "kinds": ["device"], "names": "press-*", "not_after": 0, "revoked": True}
    steps.refuse("a revocation from a place with another chain", "illegal-body",
                 steps.next("operator", NARROW_NAME, {**revoked, "stands_until": place(steps.log, chain=base64_of(bytes(32)))}, BY_ROOT))
    steps.refuse("a revocation from a place that is not there yet", "illegal-body",
                 steps.next("operator", NARROW_NAME, {**revoked, "stands_until": place(steps.log, count=steps.log.count + 1)}, BY_ROOT))
    steps.accept("operator carol revoked, from here on", steps.next("operator", NARROW_NAME, {**revoked, "stands_until": place(steps.log)}, BY_ROOT))
    steps.refuse("a revoked operator's", "unknown-signer", steps.next("device", "press-9", device_body("active", STRANGER), CAROL))
    steps.refuse("a revoked operator's key under another name", "illegal-body",
                 steps.next("operator", "carol-2", {**device_operator(), "key": base64_of(NARROW.public)}, BY_ROOT))
    other = {**device_operator(), "key": base64_of(Signing("erin's next").public)}
    steps.accept("erin's other key", steps.next("operator", "erin", other, BY_ROOT))
    steps.refuse("erin's former key under another name", "illegal-body", steps.next("operator", "carol-2", {**other, "key": base64_of(STRANGER.public)}, BY_ROOT))
    steps.accept("erin's former key again", steps.next("operator", "erin", {**other, "key": base64_of(STRANGER.public)}, BY_ROOT))
    steps.refuse("a revoked operator in office again", "illegal-body", steps.next("operator", NARROW_NAME, {**revoked, "revoked": False}, BY_ROOT))
    steps.refuse("a root's change of the successor", "illegal-body", steps.next("root", "root", root_body(NEW_ROOT, STRANGER), BY_ROOT))
    steps.refuse("a change of root by an operator", "out-of-scope", steps.next("root", "root", root_body(NEW_ROOT)))
    steps.refuse("one key for root and successor", "illegal-body", steps.next("root", "root", root_body(SUCCESSOR), BY_ROOT))
    steps.refuse("an operator by the successor", "out-of-scope", steps.next("operator", "dave", operator_body("dave", STRANGER), BY_SUCCESSOR))
    steps.accept("another root, by the root", steps.next("root", "root", root_body(NEW_ROOT), BY_ROOT))
    steps.refuse("the former root's", "unknown-signer", steps.next("policy", "policy", {"critical": []}, BY_ROOT))
    steps.accept("the policy, by the new root", steps.next("policy", "policy", {"critical": []}, ("root", NEW_ROOT)))
    for order, key in ODD_KEYS.items():
        steps.refuse(f"a root's key with a part of order {order}", "illegal-body", steps.next("root", "root", root_body(key, LAST_SUCCESSOR), BY_SUCCESSOR))
        steps.refuse(f"a successor's key with a part of order {order}", "illegal-body", steps.next("root", "root", root_body(LAST_ROOT, key), BY_SUCCESSOR))
    steps.accept("other roots, by the successor", steps.next("root", "root", root_body(LAST_ROOT, LAST_SUCCESSOR), BY_SUCCESSOR))
    steps.refuse("the former successor's", "unknown-signer", steps.next("root", "root", root_body(NEW_ROOT), BY_SUCCESSOR))


def heartbeats(log):
    """What stands in the topic heartbeat, beside the log as it is at its end: `ok`, `malformed` or `refused`."""
    def beat(signer=(MEMBER_NAME, MEMBER), name=GROUP, fleet=FLEET, **more):
        return Record(fleet, "checkpoint", name, more.pop("revision", 2**63 - 1), more.pop("predecessor", bytes(32)), *signer, START + 3000, place(log, **more))

    silent = ("line-a-1", Signing("silent member"))
    made = [("good", beat(), "ok"), ("a revision of the log", beat(revision=3), "malformed"), ("a predecessor", beat(predecessor=b"\1" + bytes(31)), "malformed"),
            ("another fleet's", beat(fleet=bytes(32)), "refused"), ("of no group", beat(name="line-b"), "refused"),
            ("of a member without the scope", beat(silent), "refused"), ("of nobody", beat(("line-a-9", STRANGER)), "refused"),
            ("of a member with another key", beat((MEMBER_NAME, STRANGER)), "refused"), ("of an operator", beat(ALICE), "refused"),
            ("a signature of zeros", altered(beat(), signature=bytes(64)), "refused"), ("another body under the signature", altered(beat(), body=b"{}"), "refused"),
            *((f"an R with a part of order {order}", beat((MEMBER_NAME, OddSignatures(MEMBER, order))), "refused") for order in PARTS),
            ("a device's record", log.newest["device", DEVICE_NAME], "malformed")]
    return [{"what": what, "value": record.value().hex(), "outcome": outcome} for what, record, outcome in made]


def cases():
    steps = Steps()
    for part in (beginning, operators, unreadable, gates, documents, devices, claims, checkpoints, persons, stops, replays, roots):
        part(steps)
    return {"fleet": FLEET.hex(), "root_public": ROOT.public.hex(), "successor_public": SUCCESSOR.public.hex(), "records": steps.out,
            "heartbeats": heartbeats(steps.log)}
