# SPDX-License-Identifier: Apache-2.0
"""What a reader makes of each record of the control log, from docs/control-log.md."""
import fnmatch
import hashlib
import json
import pathlib
import re

from bodies import Body, CALENDAR_MAX_MS, KINDS, Refused, claim_of, device_of, gate_of, gate_signs, group_of, is_control_name, operator_of, replay_of
from edwards import is_of_prime_order
from judge_void import Voids, place_of
from reader import KEY_ID, Malformed, Wire, certificate, counts, json_object, key_id, prefixed

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas/records"
OF_OPERATORS = set(KINDS[2:8]) | {"replay"}
FILTERS_MAX = 4096
MOVES = {"pending": {"pending", "active", "revoked", "retired"}, "active": {"active", "suspended", "revoked", "retired"},
         "suspended": {"suspended", "active", "revoked", "retired"}, "revoked": set(), "retired": set()}


def schema_id(text):
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big") >> 1


def filters_of(record):
    """A contract's topic filters, with `+` for the device: two that are the same text have all topics in common."""
    said = re.search(r"^ *topics: *(\[.*\])$", json_object(record.body)["odcs"], re.M)
    return ["/".join("+" if level == "{device}" else level for level in each.split("/")) for each in json.loads(said.group(1))]


def asked_of(record):
    """The owners whose signatures a contract asks for."""
    said = re.search(r"^ *signatures: *(\[.*\])$", json_object(record.body)["odcs"], re.M)
    return set(json.loads(said.group(1))) if said else set()


def in_common(one, other):
    """Whether some topic matches both filters, as their levels."""
    if not one or not other:
        return (one or other) in ([], ["#"])
    if "#" in (one[0], other[0]):
        return True
    return (one[0] == other[0] or "+" in (one[0], other[0])) and in_common(one[1:], other[1:])


class Avro(Wire):
    def long(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift > 63:
                raise Malformed
        return (value >> 1) ^ -(value & 1)

    def blob(self):
        size = self.long()
        if size < 0:
            raise Malformed
        return self.fixed(size)

    def name(self):
        text = self.text()
        if not is_control_name(text):
            raise Malformed
        return text


class Record:
    """A record as it stands in Kafka."""

    def __init__(self, value):
        framing = Wire(value)
        two = {schema_id((SCHEMAS / f"{name}.avsc").read_bytes()): number for name, number in (("control", 1), ("control-approved", 2))}
        if framing.number(1) != 0:
            raise Malformed
        self.format = two.get(framing.number(4))
        avro = Avro(value[5:])
        if self.format is None or avro.long() != self.format:
            raise Malformed
        self.fleet, self.kind, self.name, self.revision = avro.fixed(32), avro.text(), avro.name(), avro.long()
        self.predecessor, self.signer, self.key_id, self.time_ms = avro.fixed(32), avro.name(), avro.key_id(), avro.long()
        self.expires = avro.long() if self.format == 2 else 0
        self.body, self.signature = avro.blob(), avro.fixed(64)
        self.approver, self.approver_key_id, self.approval = "", "", bytes(64)
        self.is_void = False
        if self.format == 2:
            self.approver, self.approver_key_id, self.approval = avro.text(), avro.text(), avro.fixed(64)
        avro.end()
        self.check()

    def check(self):
        good = self.kind in KINDS and self.revision >= 1 and 0 <= self.time_ms <= CALENDAR_MAX_MS
        if self.format == 2:
            good = good and 1 <= self.expires <= CALENDAR_MAX_MS
            good = good and (is_control_name(self.approver) and bool(KEY_ID.match(self.approver_key_id)) if self.approver
                             else not self.approver_key_id and self.approval == bytes(64))
        if not good:
            raise Malformed

    def signed(self):
        expires = self.expires.to_bytes(8, "big") if self.format == 2 else b""
        return (prefixed("ATTESTREAM-1 control") + self.format.to_bytes(2, "big") + self.fleet + prefixed(self.kind) + prefixed(self.name)
                + self.revision.to_bytes(8, "big") + self.predecessor + prefixed(self.signer) + prefixed(self.key_id)
                + self.time_ms.to_bytes(8, "big") + expires + prefixed(self.body))

    def hash(self):
        more = self.approver.encode() + self.approval if self.format == 2 else b""
        return hashlib.sha256(self.signed() + self.signature + more).digest()


class Registry(Voids):
    def __init__(self, root, successor):
        self.pins, self.fleet = (root, successor), hashlib.sha256(root).digest()
        self.acts, self.chains, self.last, self.revisions, self.stopped, self.replays = [], [bytes(32)], {}, {}, {}, {}
        self.forget()

    def forget(self):
        """Nothing holds; what was accepted keeps its place."""
        self.newest, self.owners, self.used, self.schemas, self.principals, self.filters, self.asked = {}, {}, {}, {}, {}, {}, {}
        self.checkpoint_ms, self.root_ms = None, 0

    @property
    def count(self):
        return len(self.acts)

    @property
    def chain(self):
        return self.chains[-1]

    def apply(self, value):
        try:
            record = Record(value)
        except Malformed:
            return "malformed"
        try:
            self.judge(record)
        except Refused as why:
            return str(why)
        self.take(record)
        return "accepted"

    def now_ms(self):
        return self.root_ms if self.checkpoint_ms is None else self.checkpoint_ms

    def body(self, kind, name, parse):
        record = self.newest.get((kind, name))
        return parse(record.body) if record else None

    def take(self, record):
        """An accepted record has its place for ever."""
        self.acts.append(record)
        record.count = self.count
        self.chains.append(hashlib.sha256(b"ATTESTREAM-1 chain" + self.chain + record.hash()).digest())
        self.last[record.kind, record.name] = record
        self.revisions[record.kind, record.name, record.revision] = record
        if record.kind == "replay":  # void or not: the gate may have acted on it
            for _, _, named in replay_of(record.body):
                self.replays.setdefault(named, record.name.rpartition("@")[0])
        self.hold(record)
        if self.stops and record.format == 1:
            stopped = self.stopped.setdefault(record.signer, {})
            stopped[self.now_ms() // 60_000] = stopped.get(self.now_ms() // 60_000, 0) + self.stops
        if record.kind in ("root", "operator", "policy") and place_of(record):
            self.judge_again()

    def hold(self, record):
        """What it says is what is, until another says something else."""
        self.newest[record.kind, record.name] = record
        if record.kind == "checkpoint":
            self.checkpoint_ms = record.time_ms
        if record.kind in ("root", "operator", "policy"):
            self.root_ms = record.time_ms
        if record.kind == "device":
            device = device_of(record.body)
            for key in device["keys"]:
                self.owners.setdefault(key["id"], record.name)
            if device["claim"]:
                self.used.setdefault(claim_of(device["claim"])["id"], record.name)
        if record.kind in ("contract", "schema"):
            self.schemas.setdefault(*self.schema_of(record))
        if record.kind == "contract":
            for topics in filters_of(record):
                self.filters.setdefault(topics, record.name)
            if not json_object(record.body).get("retired"):
                self.asked[record.name.split("@")[0]] = asked_of(record)
        for key, owner in self.keys_of(record):
            self.principals.setdefault(key, owner)

    @staticmethod
    def keys_of(record):
        """Keys of gates, processor groups and operators, which are each one's for ever."""
        if record.kind == "gate":
            gate = gate_of(record.body)
            return [(pair[name], f"gate/{record.name}") for pair in (gate, gate["former"]) if pair for name in ("key", "agreement")]
        if record.kind == "operator":
            return [(operator_of(record.body)["key"], f"operator/{record.name}")]
        if record.kind != "processor":
            return []
        group = group_of(record.body)
        return [(group["agreement"], f"processor/{record.name}")] + [
            (key, f"processor/{record.name}/{name}") for name, (key, _) in group["members"].items()]

    # ---- who ----

    def judge(self, record):
        self.stops = 0
        if record.fleet != self.fleet:
            raise Refused("foreign-fleet")
        if record.kind != "root" and ("root", "root") not in self.newest:
            raise Refused("unknown-signer")
        key, operator, by_gate = self.signer(record)
        record.by_gate = by_gate
        if key_id(key) != record.key_id:
            raise Refused("unknown-signer")
        if not counts(key, record.signed(), record.signature):
            raise Refused("bad-signature")
        if not by_gate:
            self.scope(record, record.signer, operator)
        if record.kind == "checkpoint":
            self.checkpoint(record)
        self.place(record)
        self.persons(record, key, by_gate)
        if record.kind != "checkpoint":
            getattr(self, record.kind)(record, key, by_gate)
        if record.format == 2 and not record.approver:
            raise Refused("unapproved")

    def roots(self):
        record = self.newest.get(("root", "root"))
        if not record:
            return self.pins
        body = Body(record.body)
        return body.signing_key("root"), body.signing_key("successor")

    def signer(self, record):
        """(key, operator or None, whether it is a gate)."""
        operator = self.body("operator", record.signer, operator_of)
        if record.kind == "device" and not (operator and key_id(operator["key"]) == record.key_id):
            gate = self.body("gate", record.signer, gate_of)
            if gate and gate_signs(gate, record.key_id):
                own, end = gate_signs(gate, record.key_id)
                if gate["revoked"]:
                    raise Refused("unknown-signer")
                if not gate["claims"]:
                    raise Refused("out-of-scope")
                if gate["not_before"] > self.now_ms() or 0 < end <= self.now_ms():
                    raise Refused("unknown-signer")
                return own, None, True
        if record.signer in ("root", "successor"):
            return self.roots()[record.signer == "successor"], None, False
        if record.kind == "checkpoint":
            group = self.body("processor", record.name, group_of)
            if not group or record.signer not in group["members"]:
                raise Refused("unknown-signer")
            key, may = group["members"][record.signer]
            return key, {"kinds": {"checkpoint"} if may else set(), "names": "*"}, False
        if not operator:
            raise Refused("unknown-signer")
        self.standing(record, operator)
        return operator["key"], operator, False

    def standing(self, record, operator):
        now = max(self.now_ms(), record.time_ms)
        if operator["revoked"] or (operator["not_after"] and operator["not_after"] <= now) or operator["not_before"] > self.now_ms():
            raise Refused("unknown-signer")

    def scope(self, record, signer, operator):
        if record.kind == "root":
            good = signer in ("root", "successor")
        elif record.kind in ("operator", "policy"):
            good = signer == "root"
        else:
            good = operator is not None and record.kind in operator["kinds"] and fnmatch.fnmatchcase(record.name, operator["names"])
        if not good:
            raise Refused("out-of-scope")

    def heartbeat(self, value):
        """What a reader makes of a record of the topic heartbeat."""
        try:
            record = Record(value)
        except Malformed:
            return "malformed"
        if record.kind != "checkpoint" or record.revision != 2**63 - 1 or record.predecessor != bytes(32):
            return "malformed"
        group = self.body("processor", record.name, group_of)
        key, may = (group["members"] if group else {}).get(record.signer, (b"", False))
        good = record.fleet == self.fleet and may and key_id(key) == record.key_id and counts(key, record.signed(), record.signature)
        return "ok" if good else "refused"

    # ---- where ----

    def place(self, record):
        before = self.last.get((record.kind, record.name))
        if self.is_successors_place(record, before):
            return
        if record.revision != (before.revision if before else 0) + 1:
            raise Refused("wrong-revision")
        if record.predecessor != (before.hash() if before else bytes(32)):
            raise Refused("wrong-predecessor")

    def checkpoint(self, record):
        body = Body(record.body)
        count, chain = body.get("count", int), body.bytes("chain", 32)
        body.end()
        if count < 1:
            raise Refused("illegal-body")
        if count < self.count:
            raise Refused("late-checkpoint")
        if count > self.count or chain != self.chain or record.time_ms < self.now_ms():
            raise Refused("wrong-checkpoint")

    # ---- two persons ----

    def tally(self, signer):
        """What the signer stopped in the minute of the log's time that runs and in the sixty before it."""
        now = self.now_ms() // 60_000
        return sum(count for minute, count in self.stopped.get(signer, {}).items() if now - 60 <= minute <= now)

    def persons(self, record, key, by_gate):
        policy = Body(self.newest["policy", "policy"].body) if ("policy", "policy") in self.newest else None
        stops = {"device": self.stops_device, "gate": self.stops_gate, "processor": self.stops_group}.get(record.kind)
        self.stops = int(stops(record)) if stops else 0
        if record.kind not in OF_OPERATORS:
            if record.format == 2:
                raise Refused("illegal-body")
        elif record.format == 1:
            hourly = policy.get("hourly", int, None) if policy else None
            if policy and record.kind in policy.left["critical"] and not self.only_stops(record):
                raise Refused("unapproved")
            if hourly is not None and self.stops and self.tally(record.signer) + self.stops > hourly:
                raise Refused("unapproved")
        else:
            self.proposal(record, key)

    def stops_device(self, record):
        """Whether it takes something from a device that ran; of what may count, a move of its state is what is looked at here."""
        try:
            after = device_of(record.body)["state"]
        except Refused:
            return True
        before = self.body("device", record.name, device_of)
        return after not in ("active", "pending") if not before else after != before["state"] and after != "active"

    def stops_gate(self, record):
        """As far as it is looked at here: all but its certificate."""
        after, before = gate_of(record.body), self.body("gate", record.name, gate_of)
        if not before or after["revoked"]:
            return after["revoked"]
        nearer = after["not_after"] and (not before["not_after"] or after["not_after"] < before["not_after"])
        then, now = before["former"], after["former"]
        lost = then and then["not_after"] > self.now_ms() and (not now or now["key"] != then["key"] or now["not_after"] < then["not_after"])
        return bool(lost or (after["key"], after["agreement"]) != (before["key"], before["agreement"]) or before["claims"] > after["claims"]
                    or after["not_before"] > before["not_before"] or nearer)

    def stops_group(self, record):
        """How many members are there no more, or with another key or without their scope; all where the group has another key."""
        before = self.body("processor", record.name, group_of)
        now = group_of(record.body)
        lost = [name for name, (key, may) in (before["members"] if before else {}).items()
                if name not in now["members"] or now["members"][name][0] != key or may > now["members"][name][1]]
        return len(lost if not before or now["agreement"] == before["agreement"] else before["members"])

    def only_stops(self, record):
        """Whether it ends a device or a gate, or takes members or their scope out of a group, and leaves everything else as it was."""
        parse = {"device": device_of, "gate": gate_of, "processor": group_of}.get(record.kind)
        before = parse and self.body(record.kind, record.name, parse)
        try:
            after = parse(record.body) if before else None
        except Refused:
            after = None
        if not after:
            return False
        if record.kind == "processor":
            had = all(name in before["members"] and before["members"][name][0] == key and (before["members"][name][1] or not may)
                      for name, (key, may) in after["members"].items())
            return had and after["agreement"] == before["agreement"] and after["members"] != before["members"]
        ends = ("revoked", True) if record.kind == "gate" else ("state", "suspended")
        moved = after["revoked"] and not before["revoked"] if record.kind == "gate" else self.stops
        but = {"claim": b"", "former": None}
        same = {**after, **dict([ends]), **but} == {**before, **dict([ends]), **but}
        return bool(moved) and same

    def proposal(self, record, key):
        if record.expires <= self.now_ms():
            raise Refused("unapproved")
        if not 0 < record.expires - record.time_ms <= 7 * 86_400_000:
            raise Refused("illegal-body")
        if not record.approver:
            return
        approver = self.body("operator", record.approver, operator_of)
        if not approver or key_id(approver["key"]) != record.approver_key_id:
            raise Refused("unknown-signer")
        if record.approver == record.signer or approver["key"] == key:
            raise Refused("unapproved")
        self.standing(record, approver)
        self.scope(record, record.approver, approver)
        if not counts(approver["key"], record.signed(), record.approval):
            raise Refused("bad-signature")

    # ---- what ----

    def illegal_unless(self, good):
        if not good:
            raise Refused("illegal-body")

    def points(self, *keys):
        self.illegal_unless(all(map(is_of_prime_order, keys)))

    def named(self, place):
        """A place is one of this log."""
        if place:
            self.illegal_unless(place[0] < len(self.chains) and place[1] == self.chains[place[0]])

    def root(self, record, key, by_gate):
        body = Body(record.body)
        keys, place = (body.signing_key("root"), body.signing_key("successor")), body.place()
        body.end()
        self.points(*keys)
        self.illegal_unless(record.name == "root" and keys[0] != keys[1])
        if record.revision == 1:
            self.illegal_unless(record.signer == "root" and keys == self.pins)
        elif record.signer == "root":
            self.illegal_unless(keys[1] == self.roots()[1] and not place)
        else:
            self.named(place)
            displaced = self.revisions.get(("root", "root", record.revision))
            self.illegal_unless(not displaced or displaced.is_void or bool(place and place[0] < displaced.count))

    def certified(self, data, role, record, key, issuer):
        try:
            fields, by = certificate(data)
        except Malformed as why:
            raise Refused("illegal-body") from why
        self.illegal_unless(fields[:4] == (self.fleet, role, record.name, key) and by(issuer, counts))
        return fields[4:]

    def operator(self, record, key, by_gate):
        operator = operator_of(record.body)
        self.points(operator["key"])
        before = self.body("operator", record.name, operator_of)
        self.illegal_unless(record.name not in ("root", "successor") and operator["kinds"] <= OF_OPERATORS)
        if before and before["revoked"]:
            self.illegal_unless(operator["revoked"] and bool(operator["place"]) and operator["key"] == before["key"])
            self.illegal_unless(not before["place"] or operator["place"][0] < before["place"][0])
        self.named(operator["place"])
        if not before or before["key"] != operator["key"]:
            self.illegal_unless(operator["key"] not in self.roots())
            self.own_keys(record)
        if not operator["revoked"]:
            self.illegal_unless(not operator["place"] and ("gate" in operator["kinds"]) == bool(operator["certificate"]))
            end = operator["not_after"]
            self.illegal_unless(not end or operator["not_before"] < end)
            if operator["certificate"]:
                begin, until = self.certified(operator["certificate"], 1, record, operator["key"], self.roots()[0])
                self.illegal_unless(begin >= operator["not_before"] and (not end or until <= end))

    def policy(self, record, key, by_gate):
        body = Body(record.body)
        body.kinds("critical", OF_OPERATORS)
        hourly = body.get("hourly", int, 0)
        self.named(body.place())
        body.end()
        self.illegal_unless(record.name == "policy" and 0 <= hourly)

    def gate(self, record, key, by_gate):
        gate, before = gate_of(record.body), self.body("gate", record.name, gate_of)
        self.points(gate["key"])
        self.illegal_unless(not (before and before["revoked"]))
        self.illegal_unless(not gate["not_after"] or gate["not_after"] > gate["not_before"])
        if not gate["revoked"]:
            self.certified(gate["certificate"], 2, record, gate["key"], key)
        former = gate["former"]
        if former:
            pairs = [(pair["key"], pair["agreement"]) for pair in (before, before and before["former"]) if pair]
            self.illegal_unless((former["key"], former["agreement"]) in pairs)
            if not gate["revoked"]:
                self.certified(former["certificate"], 2, record, former["key"], key)
        self.own_keys(record)

    def processor(self, record, key, by_gate):
        group = group_of(record.body)
        keys = [member[0] for member in group["members"].values()]
        self.points(*keys)
        self.illegal_unless(len(set(keys)) == len(keys) and bool(re.fullmatch(r"[A-Za-z0-9._-]+", record.name)))
        self.own_keys(record)

    def own_keys(self, record):
        self.illegal_unless(all(self.principals.get(key, owner) == owner for key, owner in self.keys_of(record)))

    def device(self, record, key, by_gate):
        device = device_of(record.body)
        self.points(*(each["key"] for each in device["keys"] if each["key"]))
        if bool(device["claim"]) or by_gate:
            self.claim(record, device, by_gate)
        before = self.body("device", record.name, device_of)
        self.illegal_unless(device["state"] in (MOVES[before["state"]] if before else ("pending", "active")))
        self.illegal_unless(all(self.owners.get(each["id"], record.name) == record.name for each in device["keys"]))

    def claim(self, record, device, by_gate):
        try:
            claim = claim_of(device["claim"])
        except Malformed as why:
            raise Refused("out-of-scope") from why
        operator = self.body("operator", claim["operator"], operator_of)
        good = (by_gate and ("device", record.name) not in self.newest and record.format == 1 and claim["fleet"] == self.fleet and claim["device"] == record.name
                and claim["for"] == record.signer and claim["gate"] in ("", record.signer) and bool(operator))
        good = good and self.may_enrol(operator, claim, self.now_ms()) and self.now_ms() < claim["not_after"] and claim["by"](operator["key"])
        key = device["keys"][0]
        good = good and len(device["keys"]) == 1 and key["key"] == claim["key"] and not key["not_before"] and not key["not_after"]
        good = good and device["state"] == "active" and not device["least_proof"] and device["contracts"] == claim["contracts"]
        good = good and {n: v for n, v in device["attributes"].items() if v} == claim["attributes"]
        if not (good and claim["holds"] and claim["id"] not in self.used):
            raise Refused("out-of-scope")

    @staticmethod
    def may_enrol(operator, claim, now_ms):
        return (key_id(operator["key"]) == claim["key_id"] and not operator["revoked"] and "device" in operator["kinds"]
                and fnmatch.fnmatchcase(claim["device"], operator["names"]) and operator["not_before"] <= now_ms
                and (not operator["not_after"] or now_ms < operator["not_after"]))

    @staticmethod
    def schema_of(record):
        body = json_object(record.body)
        return body["schema_id"], body["avsc" if record.kind == "contract" else "text"]

    def has_own_id(self, record):
        number, text = self.schema_of(record)
        return self.schemas.get(number, text) == text

    def document(self, record, name):
        """Whose schema id is that of its text, or one that a registry gave, and no other text's."""
        body = Body(record.body)
        text, number = body.get(name, str), body.get("schema_id", int)
        self.illegal_unless((number > 0 or schema_id(text.encode()) == 0) and self.has_own_id(record))
        return body

    def contract(self, record, key, by_gate):
        body = self.document(record, "avsc")
        odcs, retired = body.get("odcs", str), body.get("retired", bool, False)
        body.end()
        self.illegal_unless(self.ends_its_version(record) if ("contract", record.name) in self.newest else not retired)
        said = [re.search(rf"^{name}: *(\S+)$", odcs, re.M) for name in ("id", "version")]
        self.illegal_unless(all(said) and record.name == "@".join(each.group(1) for each in said) and self.has_own_topics(record))

        self.owners_signed(record)

    def ends_its_version(self, record):
        """Whether it says what the version says that holds, and that it is retired."""
        before, after = self.newest.get(("contract", record.name)), json_object(record.body)
        return before is not None and json_object(before.body).get("retired", False) is False and after.get("retired") is True and all(
            json_object(before.body)[name] == after[name] for name in ("odcs", "avsc", "schema_id"))

    def owners_of(self, name):
        return (self.body("operator", name, operator_of)["owner"] if name else None) or set()

    def is_signed_by_owners(self, record):
        """A proposal may still be; of two owners each is a person."""
        asked = asked_of(record) | self.asked.get(record.name.split("@")[0], set())
        one, two = self.owners_of(record.signer), {"ot", "it"} if record.format == 2 and not record.approver else self.owners_of(record.approver)
        if len(asked) < 2:
            return asked <= one | two
        return ("ot" in one and "it" in two) or ("it" in one and "ot" in two)

    def owners_signed(self, record):
        if self.is_signed_by_owners(record):
            return
        asked = asked_of(record) | self.asked.get(record.name.split("@")[0], set())
        raise Refused("unapproved" if len(asked) == 2 and record.format == 1 and self.owners_of(record.signer) else "out-of-scope")

    def has_own_topics(self, record):
        """A topic filter belongs to one contract's versions, and topics of it to others' filters only where these signers may state it, too."""
        contract = record.name.split("@")[0]
        brought = {topics for topics in filters_of(record) if topics not in self.filters}
        if any(self.filters[topics].split("@")[0] != contract for topics in set(filters_of(record)) - brought):
            return False
        scopes = [operator["names"] for signer in (record.signer, record.approver) if signer for operator in [self.body("operator", signer, operator_of)] if operator]
        for topics, first in self.filters.items():
            if first.split("@")[0] == contract or all(fnmatch.fnmatchcase(first, names) for names in scopes):
                continue
            if any(in_common(topics.split("/"), each.split("/")) for each in brought):
                return False
        return not brought or len(self.filters) + len(brought) <= FILTERS_MAX

    def replay(self, record, key, by_gate):
        named = replay_of(record.body)
        self.illegal_unless(("replay", record.name) not in self.newest)
        gate, at, number = record.name.rpartition("@")
        self.illegal_unless(bool(gate and at and number))
        body = self.body("gate", gate, gate_of)
        self.illegal_unless(bool(body) and not body["revoked"])
        self.illegal_unless(all(self.replays.get(each[2], gate) == gate for each in named))

    def schema(self, record, key, by_gate):
        self.document(record, "text").end()

    def usecase(self, record, key, by_gate):
        body = Body(record.body)
        said = re.search(r"^name: *(\S+)$", body.get("yaml", str), re.M)
        body.end()
        self.illegal_unless(bool(said) and said.group(1) == record.name)
