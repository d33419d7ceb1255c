# SPDX-License-Identifier: Apache-2.0
"""What happens to a gate, step by step, and its answer to each: the cases of gate.json. Each case begins with the same fleet."""
import connack
import gate_claims
import gate_tokens
from primitives import (Agreement, DEVICE, DEVICE_NAME, FLEET, GATE, GATE_NAME, OPERATOR, OPERATOR_NAME, ROOT, Signing, WILL_FIRST,
                        base64url, blake2b, blob, u8, u64)
from world import (GATE_AGREEMENT, NOW, OTHER_DEVICE, OTHER_DEVICE_NAME, PAYLOAD, START, STRANGER, SUCCESSOR, TOPIC, add_devices, begin, device_body)

COUNTER = 1_750_000_000_123
MAC, SIGNATURE = "ATTESTREAM-1 publish mac", "ATTESTREAM-1 publish signature"


def step(do, answer, **more):
    return {"do": do, **more, "answer": answer}


class Session:
    """A CONNECT of the device, and what both sides have of it."""

    def __init__(self, counter=COUNTER, device=DEVICE_NAME, key=DEVICE, client_id=None, user_name=None, gate=GATE_NAME, fleet=FLEET,
                 ephemeral=None, signer=None, public=None):
        self.client_id, self.user_name = client_id or device, device if user_name is None else user_name
        self.ephemeral = ephemeral or Agreement(f"device ephemeral {counter}")
        self.gate_ephemeral = Agreement(f"gate ephemeral {counter}")
        self.public = public or self.ephemeral.public
        body = blob(device) + blob(key.id) + blob(gate) + u64(counter) + self.public
        signed = blob("ATTESTREAM-1 connect") + fleet + body + blob(self.client_id) + blob(self.user_name)
        signature = (signer or key).private.sign(signed)
        self.data, self.digest = u8(1) + body + signature, blake2b(32, blob(signed) + signature)
        self.id = blake2b(16, blob("ATTESTREAM-1 session id") + self.gate_ephemeral.public + self.public)

    def accepted(self, sequence=0, now_ms=NOW):
        """CONNACK's data, and the session's key with it."""
        data = connack.answer(self.digest, ephemeral=self.gate_ephemeral, sequence=sequence, asked=self.ephemeral, time_ms=now_ms)
        transcript = blake2b(32, self.digest + data[:-96])
        self.key = blake2b(32, blob("ATTESTREAM-1 key") + transcript, self.gate_ephemeral.with_key(self.public))
        return data

    def connect(self, answer="none", data=None, sequence=0, connection=0, **other):
        out = step("connect", answer, connection=connection, client_id=self.client_id, user_name=self.user_name, method="ATTESTREAM-1",
                   data=(self.data if data is None else data).hex(), gate_ephemeral_secret=self.gate_ephemeral.seed.hex())
        if answer == "none":
            out["connack"] = self.accepted(sequence).hex()
        return {**out, **other}


def head(label, where, topic, qos, retain, sequence, time_ms, device=DEVICE_NAME):
    return blob(label) + blob(device) + where + blob(topic) + u8(qos) + u8(retain) + u64(sequence) + u64(time_ms)


def publish(answer, proof=None, topic=TOPIC, qos=1, retain=False, payload=PAYLOAD, do="publish", mqtt=5, connection=0):
    out = step(do, answer, connection=connection, mqtt=mqtt, topic=topic, qos=qos, retain=retain, payload=payload.hex())
    return {**out, "proof": proof} if proof is not None else out


def tag(session, sequence, key=None, time_ms=NOW, shown=None, said=None, session_id=None, payload=PAYLOAD, **place):
    """`said`: the sequence in the text, where it is another than the one under the tag."""
    place = {"topic": TOPIC, "qos": 1, "retain": 0, **place}
    where = u8(1) + (session_id or session.id)
    data = head(MAC, where, sequence=sequence, time_ms=time_ms, **place) + blob(payload)
    return f"m1.{said or sequence}.{shown if shown is not None else time_ms}.{base64url(session_id or session.id)}." \
        + base64url(blake2b(16, data, key or session.key))


def signature(sequence, session=None, key=DEVICE, signer=None, gate=GATE_NAME, label=SIGNATURE, time_ms=NOW, payload=PAYLOAD, **place):
    place = {"topic": TOPIC, "qos": 1, "retain": 0, **place}
    where = u8(1) + session.id if session else u8(0) + blob(gate)
    digest = blake2b(32, head(label, where, sequence=sequence, time_ms=time_ms, **place) + blob(payload))
    made = (signer or key).private.sign(blob(label) + digest)
    return f"s1.{sequence}.{time_ms}.{base64url(session.id) if session else ''}.{key.id}.{base64url(made)}"


def envelope(sequence, key=DEVICE, signer=None, gate=GATE_NAME, time_ms=NOW, payload=PAYLOAD, topic=TOPIC, qos=1, retain=0, device=DEVICE_NAME):
    digest = blake2b(32, head(SIGNATURE, u8(0) + blob(gate), topic, qos, retain, sequence, time_ms, device) + blob(payload))
    made = (signer or key).private.sign(blob(SIGNATURE) + digest)
    return u8(0xC1) + u8(1) + bytes.fromhex(key.id) + u64(sequence) + u64(time_ms) + made + blob(payload)


def flipped(text, at):
    """Another character of base64url there."""
    at %= len(text)
    return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1:]


# ---- CONNECT ----

def connects():
    good = Session()
    yield "CONNECT: good", [good.connect()]
    yield "CONNECT: again, while its session lives", [good.connect(), good.connect("connect-replayed", connection=1)]
    yield "CONNECT: a counter below the last one", [good.connect(), Session(COUNTER - 1).connect("connect-replayed", connection=1)]
    yield "CONNECT: the last counter", [Session(2**62 - 1).connect(), Session(2**62 - 2).connect("connect-replayed", connection=1)]
    yield "CONNECT: a counter that no will could have", [Session(2**62).connect("connect-malformed")]
    yield "CONNECT: one bit of its signature", [good.connect("connect-wrong", data=connack.flipped(good.data, -1))]
    yield "CONNECT: one bit of its ephemeral key", [good.connect("connect-wrong", data=connack.flipped(good.data, -65))]
    yield "CONNECT: one bit of its counter", [good.connect("connect-wrong", data=connack.flipped(good.data, -97))]
    yield "CONNECT: for another gate", [Session(gate="hall-3").connect("connect-wrong")]
    yield "CONNECT: of another fleet", [Session(fleet=bytes(32)).connect("connect-wrong")]
    yield "CONNECT: signed by another key than it names", [Session(signer=STRANGER).connect("connect-wrong")]
    yield "CONNECT: another client id than the signed one", [good.connect("connect-wrong", client_id=f"{DEVICE_NAME}/b")]
    yield "CONNECT: without the user name that was signed", [good.connect("connect-wrong", user_name="")]
    yield "CONNECT: an ephemeral key whose shared secret is all zero", [Session(public=bytes(32)).connect("connect-wrong")]
    yield "CONNECT: another device's user name", [Session(user_name=OTHER_DEVICE_NAME).connect("user-name")]
    yield "CONNECT: another device's client id", [Session(client_id=OTHER_DEVICE_NAME).connect("client-id")]
    yield "CONNECT: the client id of a claim", [Session(client_id=f"{DEVICE_NAME}/claim").connect("client-id")]
    yield "CONNECT: a device that nobody knows", [Session(device="press-9").connect("device-unknown")]
    yield "CONNECT: a key that nobody knows", [Session(key=STRANGER).connect("key-unknown")]
    yield "CONNECT: another device's key", [Session(key=OTHER_DEVICE).connect("key-unknown")]
    for name in ("not yet", "no more"):
        yield f"CONNECT: a key that is valid {name}", [Session(device=OTHER_DEVICE_NAME, key=Signing(name)).connect("key-not-valid")]
    for state in ("pending", "suspended", "revoked", "retired"):
        yield f"CONNECT: a device that is {state}", [Session(device=f"press-{state}", key=Signing(state)).connect(f"device-{state}")]
    bad = {"empty": b"", "version 0": u8(0) + good.data[1:], "version 2": u8(2) + good.data[1:], "a byte short": good.data[:-1],
           "a byte too many": good.data + b"\0", "a length of 2^32 - 1": good.data[:1] + b"\xff" * 4 + good.data[5:]}
    for what, data in bad.items():
        yield f"CONNECT: {what}", [good.connect("connect-malformed", data=data)]


# ---- publishes in a session ----

def tags():
    session = Session()
    opened = session.connect()
    other = Session(COUNTER + 1)
    other.accepted()

    def one(what, answer, proof, **sent):
        return f"tag: {what}", [opened, publish(answer, proof, **sent)]

    good = tag(session, 1)
    yield one("good", "none", good)
    yield one("one bit", "proof-wrong", flipped(good, -2))
    yield one("another payload", "proof-wrong", good, payload=b'{"temp": 21.6}')
    yield one("another topic", "proof-wrong", tag(session, 1, topic="plant/press-7/envs"))
    yield one("another QoS", "proof-wrong", good, qos=0)
    yield one("another retain flag", "proof-wrong", good, retain=True)
    yield one("another sequence", "proof-wrong", tag(session, 1, said=2))
    yield one("another time", "proof-wrong", tag(session, 1, shown=NOW + 1))
    yield one("another device", "proof-wrong", tag(session, 1, device=OTHER_DEVICE_NAME))
    yield one("the key of another session under this one's id", "proof-wrong", tag(session, 1, key=other.key))
    yield one("another session's", "proof-session", tag(other, 1))
    yield one("a session that nobody has", "proof-session", tag(session, 1, session_id=bytes(16)))
    yield one("another device's topic", "topic-device", tag(session, 1, topic="plant/press-8/env"), topic="plant/press-8/env")
    yield one("a topic of the gate's own", "topic-unknown", tag(session, 1, topic="ats/x"), topic="ats/x")
    yield one("none", "proof-weak", None)
    yield from sessions_before(session, opened, other)


def sessions_before(session, opened, second):
    third = Session(COUNTER + 2)
    again, last = second.connect(connection=1), third.connect(connection=2)
    yield "tag: the session before's, in flight", [opened, again, publish("none", tag(session, 1), connection=1)]
    yield "tag: the session before the one before's", [opened, again, last, publish("proof-session", tag(session, 1), connection=2)]
    new = Signing("new key")
    log = add_devices(begin())
    both = log.add("device", DEVICE_NAME, OPERATOR_NAME, OPERATOR, START, device_body("active", DEVICE, new)).value()
    alone = log.add("device", DEVICE_NAME, OPERATOR_NAME, OPERATOR, START, device_body("active", new)).value()
    rotated = Session(COUNTER + 1, key=new)
    yield "tag: the session before's, whose key was retired since", [
        opened, step("record", "accepted", value=both.hex()), rotated.connect(connection=1), step("record", "accepted", value=alone.hex()),
        publish("session-key", tag(session, 1), connection=1)]
    with_both = step("record", "accepted", value=both.hex())
    yield "tag: a sequence that was used under the device's other key", [
        opened, with_both, rotated.connect(connection=1), publish("none", tag(session, 7), connection=1), publish("none", tag(rotated, 7), connection=1),
        publish("duplicate", tag(session, 7), connection=1), publish("duplicate", tag(rotated, 7), connection=1)]
    yield "CONNECT: a counter below the last one of the device's other key", [opened, with_both, Session(COUNTER - 1, key=new).connect(connection=1)]
    yield "CONNECT: is told the highest sequence of the keys that are valid now", highest_seen(new, with_both, step("record", "accepted", value=alone.hex()))
    yield "tag: a session whose own key was retired", [
        opened, step("record", "accepted", value=both.hex()), step("record", "accepted", value=alone.hex()),
        publish("session-key", tag(session, 1))]


def highest_seen(new, both, alone):
    first, second = Session(), Session(COUNTER + 1, key=new)
    opened, again = first.connect(), second.connect(sequence=7, connection=1)
    return [opened, publish("none", tag(first, 7)), both, again, publish("none", tag(second, 3), connection=1),
            Session(COUNTER + 2, key=new).connect(sequence=7, connection=2), alone, Session(COUNTER + 3, key=new).connect(sequence=3, connection=3)]


def signatures():
    session = Session()
    opened = session.connect()

    def one(what, answer, proof, **sent):
        return f"signature: {what}", [opened, publish(answer, proof, **sent)]

    good = signature(1, session)
    yield one("good", "none", good)
    yield one("good, of no session", "none", signature(1))
    yield one("altered", "proof-wrong", flipped(good, -2))
    yield one("another payload", "proof-wrong", good, payload=b"{}")
    yield one("another QoS", "proof-wrong", good, qos=2)
    yield one("another retain flag", "proof-wrong", good, retain=True)
    yield one("another topic", "proof-wrong", signature(1, session, topic="plant/press-7/envs"))
    yield one("another device", "proof-wrong", signature(1, session, device=OTHER_DEVICE_NAME))
    yield one("of no session, for another gate", "proof-wrong", signature(1, gate="hall-3"))
    yield one("of no session, said to be of this one", "proof-wrong", signature(1).replace("..", f".{base64url(session.id)}."))
    yield one("by another key than it names", "proof-wrong", signature(1, session, signer=STRANGER))
    yield one("under a tag's label", "proof-wrong", signature(1, session, label=MAC))
    yield one("a key that nobody knows", "key-unknown", signature(1, session, key=STRANGER))
    yield one("another device's key", "key-unknown", signature(1, session, key=OTHER_DEVICE))
    yield one("of a session that nobody has", "proof-session", good.replace(base64url(session.id), base64url(bytes(16))))


def texts():
    session = Session()
    opened = session.connect()
    good = tag(session, 1)
    bad = {
        "a leading zero": good.replace("m1.1.", "m1.01."), "sequence 0": tag(session, 0, said="0"), "a sequence of 2^64": good.replace("m1.1.", f"m1.{2**64}."),
        "another version": "m2" + good[2:], "another kind": "x1" + good[2:], "base64 with padding": good + "==",
        "the other alphabet of base64": good[:-3] + "+" + good[-2:], "spare bits that are not zero": good[:-1] + chr(ord(good[-1]) + 1),
        "a part too many": good + ".", "a part too few": good[:good.rindex(".")], "a sign": good.replace("m1.1.", "m1.+1."),
        "a tag of 15 bytes": good[:good.rindex(".") + 1] + base64url(bytes(15)), "a tag without a session": good.replace(base64url(session.id), ""),
        "192 bytes": "m1." + "1" * 189,
    }
    for what, text in bad.items():
        yield f"proof: {what}", [opened, publish("proof-malformed", text)]
    yield "proof: empty", [opened, publish("proof-malformed", "")]
    for what, first, second in (("twice", good, good), ("twice, first empty", "", good), ("twice, then empty", good, "")):
        yield f"proof: {what}", [opened, {**publish("proof-malformed", first), "proof_again": second}]


def windows():
    session = Session()
    opened = session.connect()

    def many(what, *sent):
        return f"sequence: {what}", [opened, *(publish(answer, tag(session, sequence, payload=payload), payload=payload)
                                               for sequence, payload, answer in sent)]

    yield many("grows", (1, PAYLOAD, "none"), (2, PAYLOAD, "none"), (1000, PAYLOAD, "none"))
    yield many("again, the same packet", (5, PAYLOAD, "none"), (5, PAYLOAD, "duplicate"))
    yield many("again, with other bytes", (5, PAYLOAD, "none"), (5, b'{"temp": 20}', "sequence-reused"))
    yield many("the lowest in the window", (100, PAYLOAD, "none"), (37, PAYLOAD, "none"))
    yield many("below the window", (100, PAYLOAD, "none"), (36, PAYLOAD, "sequence-old"))
    yield many("the highest of a publish", (WILL_FIRST - 1, PAYLOAD, "none"))
    yield many("the first of a will", (WILL_FIRST, PAYLOAD, "sequence-space"))
    yield many("of nothing", (2**63, PAYLOAD, "sequence-space"))
    yield "sequence: a signature after a tag, the same packet", [opened, publish("none", tag(session, 1)), publish("duplicate", signature(1, session))]


# ---- envelopes and wills ----

TOKEN = gate_tokens.connect("none", gate_tokens.token())


def envelopes():
    def one(what, answer, data, **sent):
        return f"envelope: {what}", [TOKEN, publish(answer, payload=data, **{"mqtt": 4, **sent})]

    good = envelope(1)
    yield one("good", "none", good)
    yield one("good, on MQTT 5", "none", good, mqtt=5)
    yield "envelope: good, in a session", [Session().connect(), publish("none", payload=good)]
    yield "envelope: and the same signature as a property", [TOKEN, publish("none", payload=good), publish("duplicate", signature(1))]
    yield "envelope: with other bytes under its sequence", [TOKEN, publish("none", payload=good), publish("sequence-reused", payload=envelope(1, payload=b"{}"))]
    yield one("one bit of the signature", "proof-wrong", connack.flipped(good, 40))
    yield one("one bit of the payload", "proof-wrong", connack.flipped(good, -3))
    yield one("one bit of the time", "proof-wrong", connack.flipped(good, 25))
    yield one("another topic", "proof-wrong", envelope(1, topic="plant/press-7/envs"))
    yield one("another QoS", "proof-wrong", good, qos=2)
    yield one("another retain flag", "proof-wrong", good, retain=True)
    yield one("for another gate", "proof-wrong", envelope(1, gate="hall-3"))
    yield one("of another device", "proof-wrong", envelope(1, device=OTHER_DEVICE_NAME))
    yield one("by another key than it names", "proof-wrong", envelope(1, signer=STRANGER))
    yield one("a key that nobody knows", "key-unknown", envelope(1, key=STRANGER))
    yield one("another device's key", "key-unknown", envelope(1, key=OTHER_DEVICE))
    yield one("a will's sequence", "sequence-space", envelope(WILL_FIRST + 1))
    bad = {"sequence 0": envelope(0), "the magic alone": good[:1], "version 2": good[:1] + u8(2) + good[2:], "a byte short": good[:-1],
           "a byte too many": good + b"}", "cut before its payload": good[:94], "a length of 2^32 - 1": good[:90] + b"\xff" * 4 + good[94:]}
    for what, data in bad.items():
        yield one(what, "proof-malformed", data)


def wills():
    session, second = Session(), Session(COUNTER + 1)
    opened, gone = session.connect(), step("disconnect", "none", connection=0)
    plain = publish("proof-weak", do="will")

    def will(answer, counter, connection=0, **more):
        sequence = more.pop("sequence", WILL_FIRST + counter)
        return publish(answer, do="will", payload=more.pop("data", None) or envelope(sequence, **more), connection=connection)

    def one(what, answer, *arguments, **more):
        return f"will: {what}", [opened, gone, will(answer, *arguments, **more)]

    yield one("good", "none", COUNTER)
    yield one("the counter of another CONNECT", "will-replayed", COUNTER + 1)
    yield one("one bit of its payload", "proof-wrong", COUNTER, data=connack.flipped(envelope(WILL_FIRST + COUNTER), -3))
    yield one("another topic", "proof-wrong", COUNTER, topic="plant/press-7/envs")
    yield one("a publish's sequence", "sequence-space", COUNTER, sequence=1)
    yield one("a sequence of nothing", "will-replayed", COUNTER, sequence=2**63)
    yield one("a byte short", "proof-malformed", COUNTER, data=envelope(WILL_FIRST + COUNTER)[:-1])
    yield "will: without an envelope, in a session", [opened, gone, plain]
    yield "will: the same again, at the end of the next session", [
        opened, gone, will("none", COUNTER), second.connect(connection=1), {**gone, "connection": 1}, will("duplicate", COUNTER, connection=1)]
    yield "will: the one of the session before, that was not sent", [
        opened, gone, second.connect(connection=1), {**gone, "connection": 1}, will("will-replayed", COUNTER, connection=1)]
    revoked = add_devices(begin()).add("device", DEVICE_NAME, OPERATOR_NAME, OPERATOR, START, device_body("revoked", DEVICE)).value()
    yield "will: of a device that was revoked", [opened, step("record", "accepted", value=revoked.hex()), gone, will("device-revoked", COUNTER)]
    yield "will: without an envelope, of a token", [TOKEN, gone, publish("none", do="will")]
    yield "will: signed, of a token", [TOKEN, gone, will("none", 7)]
    yield "will: signed, of a token, below the one before", [
        TOKEN, gone, will("none", 7), {**TOKEN, "connection": 1}, {**gone, "connection": 1}, will("will-replayed", 6, connection=1)]


def cases():
    makers = (connects, tags, signatures, texts, windows, envelopes, wills, gate_tokens.cases, gate_claims.cases)
    made = [{"what": what, "steps": steps} for maker in makers for what, steps in maker()]
    assert len({case["what"] for case in made}) == len(made)
    return {"gate": GATE_NAME, "gate_seed": GATE.seed.hex(), "gate_agreement_seed": GATE_AGREEMENT.seed.hex(), "fleet": FLEET.hex(),
            "root_public": ROOT.public.hex(), "successor_public": SUCCESSOR.public.hex(), "now_ms": NOW, "token_leeway_s": 30, "token_lifetime_max_s": 7 * 86_400,
            "log": add_devices(begin()).values, "cases": made}


