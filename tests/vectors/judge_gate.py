# SPDX-License-Identifier: Apache-2.0
"""What a gate answers to each step of a case, from docs/device-protocol.md. Bytes are what it is given, and names of reasons what it gives."""
import re

import judge_tokens
from bodies import claim_of, device_of, gate_of, operator_of
from judge_log import Registry
from judge_session import Known, No, Session, need
from reader import KEY_ID, Malformed, Wire, blake2b, from_base64url, holds, key_id, labelled, prefixed, shared

WILL_FIRST = 2**62
MAC, SIGNATURE = "ATTESTREAM-1 publish mac", "ATTESTREAM-1 publish signature"


def number(text):
    if not re.fullmatch(r"0|[1-9][0-9]{0,19}", text) or int(text) >= 2**64:
        raise Malformed
    return int(text)


def sized(text, size):
    data = from_base64url(text)
    if len(data) != size:
        raise Malformed
    return data


def property_of(text):
    """(kind, sequence, time, session id or None, key id, tag or signature)"""
    parts = text.split(".")
    if len(text.encode()) > 191 or (parts[0], len(parts)) not in (("m1", 5), ("s1", 6)):
        raise Malformed
    session = sized(parts[3], 16) if parts[3] or parts[0] == "m1" else None
    if parts[0] == "m1":
        return MAC, number(parts[1]), number(parts[2]), session, "", sized(parts[4], 16)
    if not KEY_ID.match(parts[4]):
        raise Malformed
    return SIGNATURE, number(parts[1]), number(parts[2]), session, parts[4], sized(parts[5], 64)


def envelope_of(data):
    """The same of an envelope, and the payload in it."""
    wire = Wire(data)
    if wire.number(1) != 0xC1 or wire.number(1) != 1:
        raise Malformed
    signer, sequence, time_ms, signature, payload = wire.fixed(8).hex(), wire.number(8), wire.number(8), wire.fixed(64), wire.blob()
    wire.end()
    return (SIGNATURE, sequence, time_ms, None, signer, signature), payload


class Gate:
    def __init__(self, world):
        self.name, self.fleet, self.now_ms = world["gate"], bytes.fromhex(world["fleet"]), world["now_ms"]
        self.leeway_s, self.lifetime_s = world["token_leeway_s"], world["token_lifetime_max_s"]
        self.registry = Registry(bytes.fromhex(world["root_public"]), bytes.fromhex(world["successor_public"]))
        assert all(self.registry.apply(bytes.fromhex(value)) == "accepted" for value in world["log"])
        self.sessions, self.gone, self.known, self.tokens = {}, {}, {}, set()
        self.topics = [topic for (kind, _), record in self.registry.newest.items() if kind == "contract"
                       for topic in re.findall(r'topics: \["([^"\\]+)"\]', record.body.decode().replace('\\"', '"'))]

    def step(self, step):
        try:
            return getattr(self, step["do"])(step) or "none"
        except No as why:
            return str(why)

    def record(self, step):
        return self.registry.apply(bytes.fromhex(step["value"]))

    def clock(self, step):
        self.now_ms = step["now_ms"]

    def disconnect(self, step):
        session = self.sessions.pop(step["connection"])
        self.gone[step["connection"]] = session
        if session.key:
            self.of(session.device).before = session

    def of(self, owner):
        """Of a device the session before; of a device and key what was used of its numbers."""
        return self.known.setdefault(owner, Known())

    def device(self, name):
        return self.registry.body("device", name, device_of)

    def key(self, device, name):
        """The Ed25519 key of that id."""
        found = [key for key in device["keys"] if key["id"] == name and key["key"]]
        need(found, "key-unknown")
        need(self.is_valid(found[0]), "key-not-valid")
        return found[0]["key"]

    def is_valid(self, key):
        return key["not_before"] <= self.now_ms and (not key["not_after"] or self.now_ms < key["not_after"])

    # ---- connections ----

    def connect(self, step):
        if "password" in step:
            return judge_tokens.connect(self, step)
        data = bytes.fromhex(step["data"])
        return self.claim(step, data) if step["method"].endswith("-CLAIM") else self.handshake(step, data)

    def open(self, step, session):
        for connection, other in list(self.sessions.items()):
            if other.client_id == session.client_id:
                self.disconnect({"connection": connection})
        self.sessions[step["connection"]] = session

    def fits(self, client_id, device):
        """The device's name, or that, a separator and a suffix."""
        return client_id == device or (client_id[:len(device)] == device and client_id[len(device):len(device) + 1] in tuple("/.-")
                                       and len(client_id) > len(device) + 1 and client_id != f"{device}/claim")

    def handshake(self, step, data):
        try:
            wire = Wire(data)
            if wire.number(1) != 1:
                raise Malformed
            device, signer, gate, counter, ephemeral = wire.name(), wire.key_id(), wire.name(), wire.number(8), wire.fixed(32)
            if counter >= WILL_FIRST:
                raise Malformed
            body, signature = data[1:wire.at], wire.fixed(64)
            wire.end()
        except Malformed as why:
            raise No("connect-malformed") from why
        facts = self.device(device)
        need(facts, "device-unknown")
        need(facts["state"] == "active", f"device-{facts['state']}")
        key = self.key(facts, signer)
        need(step["user_name"] in ("", device), "user-name")
        need(self.fits(step["client_id"], device), "client-id")
        need(counter > self.of((device, signer)).counter, "connect-replayed")
        signed = prefixed("ATTESTREAM-1 connect") + self.fleet + body + prefixed(step["client_id"]) + prefixed(step["user_name"])
        need(gate == self.name and holds(key, signed, signature), "connect-wrong")
        self.of((device, signer)).counter = counter
        session_id, session_key = self.answer(step, blake2b(32, prefixed(signed), signature), ephemeral, self.seen(device, facts))
        self.open(step, Session(device, step["client_id"], signer, session_id, session_key, counter))

    def seen(self, device, facts):
        """The highest sequence under any of the keys that are valid now."""
        return max(self.of((device, key["id"])).highest for key in facts["keys"] if self.is_valid(key))

    def answer(self, step, digest, ephemeral, seen):
        """Reads the CONNACK of the step as the gate that made it, and takes the session's key from it."""
        agreed = shared(bytes.fromhex(step["gate_ephemeral_secret"]), ephemeral)
        need(agreed is not None, "connect-wrong")
        data = bytes.fromhex(step["connack"])
        body, signature, confirmation = data[:-96], data[-96:-32], data[-32:]
        wire = Wire(body[1:])
        own = self.registry.body("gate", self.name, gate_of)
        assert (wire.blob(), wire.blob()) == (self.registry.body("operator", self.registry.newest["gate", self.name].signer, operator_of)["certificate"],
                                              own["certificate"])
        gate_ephemeral, session_id = wire.fixed(32), wire.fixed(16)
        transcript = blake2b(32, digest, body)
        key = blake2b(32, labelled("ATTESTREAM-1 key", transcript), key=agreed)
        assert session_id == blake2b(16, prefixed("ATTESTREAM-1 session id"), gate_ephemeral, ephemeral) and wire.number(8) == seen
        assert holds(own["key"], labelled("ATTESTREAM-1 accept", transcript), signature)
        assert confirmation == blake2b(32, labelled("ATTESTREAM-1 confirm", transcript), key=key)
        return session_id, key

    # ---- publishes ----

    def publish(self, step):
        return self.admit(step, self.sessions.get(step["connection"]))

    def will(self, step):
        session = self.gone.pop(step["connection"], None)
        need(session, "will")
        return self.admit(step, session, is_will=True)

    def recheck(self, session):
        need(not session.expires_ms or self.now_ms < session.expires_ms, "session-expired")
        facts = self.device(session.device)
        need(facts["state"] == "active", f"device-{facts['state']}")
        need(self.opens(facts, session.opened_by), "session-key")
        return facts

    def opens(self, facts, name):
        return any(key["id"] == name and self.is_valid(key) for key in facts["keys"])

    def admit(self, step, session, is_will=False):
        need(session, "unproven")
        facts = self.recheck(session)
        named = [re.fullmatch(re.escape(topic).replace(r"\{device\}", "([^/]+)"), step["topic"]) for topic in self.topics]
        need(any(named), "topic-unknown")
        need(all(each is None or each.group(1) == session.device for each in named), "topic-device")
        payload = bytes.fromhex(step["payload"])
        if "proof" not in step and not payload.startswith(b"\xC1"):
            need(not session.counter, "proof-weak")
            return
        try:
            if "proof_again" in step:
                raise Malformed
            proof, payload = (property_of(step["proof"]), payload) if "proof" in step else envelope_of(payload)
            if proof[1] == 0:
                raise Malformed
        except Malformed as why:
            raise No("proof-malformed") from why
        need((proof[1] >= WILL_FIRST) == is_will, "sequence-space")
        used = self.of((session.device, self.check(step, session, facts, proof, payload, is_will)))
        packet = (step["topic"], step["qos"], step["retain"], payload)
        self.mark(session, used, proof[1], packet) if is_will else self.window(used, proof[1], packet)

    def check(self, step, session, facts, proof, payload, is_will):
        """The id of the key under which the sequence counts."""
        label, sequence, time_ms, session_id, signer, made = proof
        before = self.of(session.device).before
        found = None
        if session_id is not None:
            live = [] if is_will else [session]
            found = next((each for each in (*live, before) if each and each.id == session_id), None)
            need(found, "proof-session")
            need(found is session or self.opens(facts, found.opened_by), "session-key")
        where = b"\1" + session_id if session_id is not None else b"\0" + prefixed(self.name)
        head = (prefixed(label) + prefixed(session.device) + where + prefixed(step["topic"]) + bytes([step["qos"], step["retain"]])
                + sequence.to_bytes(8, "big") + time_ms.to_bytes(8, "big"))
        if label == MAC:
            need(made == blake2b(16, head, prefixed(payload), key=found.key), "proof-wrong")
        else:
            key = self.key(facts, signer)
            need(holds(key, labelled(SIGNATURE, blake2b(32, head, prefixed(payload))), made), "proof-wrong")
        return signer or found.opened_by

    def window(self, known, sequence, packet):
        if sequence <= known.highest:
            need(known.highest - sequence < 64, "sequence-old")
            if sequence in known.seen:
                raise No("duplicate" if known.seen[sequence] == packet else "sequence-reused")
        known.highest = max(known.highest, sequence)
        known.seen[sequence] = packet

    def mark(self, session, known, sequence, packet):
        need((sequence, packet) != known.will, "duplicate")
        need(known.will[0] < sequence < 2**63, "will-replayed")
        need(not session.counter or sequence - WILL_FIRST == session.counter, "will-replayed")
        known.will = (sequence, packet)

    # ---- claims ----

    def claim(self, step, data):
        try:
            claim = claim_of(data)
        except Malformed as why:
            raise No("claim-malformed") from why
        need(self.registry.body("gate", self.name, gate_of)["claims"], "claim-scope")
        need(claim["fleet"] == self.fleet and claim["for"] == self.name and claim["gate"] in ("", self.name), "claim-gate")
        need(step["user_name"] in ("", claim["device"]), "user-name")
        need(step["client_id"] == f"{claim['device']}/claim", "client-id")
        operator = self.registry.body("operator", claim["operator"], operator_of)
        need(operator and key_id(operator["key"]) == claim["key_id"], "claim-operator")
        need(claim["by"](operator["key"]) and claim["holds"], "claim-wrong")
        need(self.registry.may_enrol(operator, claim, self.now_ms), "claim-operator")
        need(self.now_ms < claim["not_after"], "claim-expired")
        need(not self.device(claim["device"]), "claim-taken")
        need(claim["id"] not in self.registry.used, "claim-used")
        raise No("claim-later")


def judge(world, case):
    """The answers to the case's steps."""
    gate = Gate(world)
    return [gate.step(step) for step in case["steps"]]


