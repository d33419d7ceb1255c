# SPDX-License-Identifier: Apache-2.0
"""CONNACKs that a device takes, and those that it must not: each answers the CONNECT of session.json."""
from primitives import (Agreement, DEVICE_NAME, GATE, GATE_NAME, NOT_AFTER, NOT_BEFORE, OPERATOR, OPERATOR_NAME, ROOT,
                        Signing, blake2b, blob, certificate, u8, u32, u64)

TIME_MS, SEQUENCE = 1_750_000_000_456, 41
DEVICE_EPHEMERAL, GATE_EPHEMERAL = Agreement("device ephemeral"), Agreement("gate ephemeral")
STRANGER = Signing("stranger")


def answer(digest, *, operator=None, gate=None, ephemeral=GATE_EPHEMERAL, public=None, sequence=SEQUENCE, signer=GATE, version=1,
           shared=None, confirmed=True, label="ATTESTREAM-1 accept", asked=DEVICE_EPHEMERAL, time_ms=TIME_MS):
    """CONNACK's data, complete and signed, whatever is in it."""
    operator = certificate(ROOT, 1, OPERATOR_NAME, OPERATOR) if operator is None else operator
    gate = certificate(OPERATOR, 2, GATE_NAME, GATE) if gate is None else gate
    public = public or ephemeral.public
    body = (u8(version) + blob(operator) + blob(gate) + public
            + blake2b(16, blob("ATTESTREAM-1 session id") + public + asked.public) + u64(sequence) + u64(time_ms))
    transcript = blake2b(32, digest + body)
    shared = shared or ephemeral.with_key(asked.public)
    key = blake2b(32, blob("ATTESTREAM-1 key") + transcript, shared)
    confirmation = blake2b(32, blob("ATTESTREAM-1 confirm") + transcript, key)
    return body + signer.private.sign(blob(label) + transcript) + (confirmation if confirmed else bytes(32))


def flipped(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def from_the_end(size, *behind):
    """Where a field of that size begins, before those behind it."""
    return -(size + sum(behind))


def altered(good):
    """One bit of each field."""
    ends = {"the confirmation": from_the_end(32), "the signature": from_the_end(64, 32), "the time": from_the_end(8, 96),
            "the sequence seen": from_the_end(8, 104), "the session id": from_the_end(16, 112), "the ephemeral key": from_the_end(32, 128)}
    return [(f"altered: {what}", flipped(good, at), "wrong") for what, at in ends.items()]


def other_chains(digest):
    other_root, other_fleet = Signing("other root"), bytes(32)
    yield "an operator's certificate that no pinned root signed", answer(digest, operator=certificate(other_root, 1, OPERATOR_NAME, OPERATOR)), "untrusted"
    yield "a gate's certificate that another operator signed", answer(digest, gate=certificate(STRANGER, 2, GATE_NAME, GATE)), "untrusted"
    yield "a gate's certificate that the root signed itself", answer(digest, gate=certificate(ROOT, 2, GATE_NAME, GATE)), "untrusted"
    yield "the certificate of another gate", answer(digest, gate=certificate(OPERATOR, 2, "hall-3", GATE)), "untrusted"
    yield "an operator's certificate of another fleet", answer(digest, operator=certificate(ROOT, 1, OPERATOR_NAME, OPERATOR, fleet=other_fleet)), "untrusted"
    yield "a gate's certificate of another fleet", answer(digest, gate=certificate(OPERATOR, 2, GATE_NAME, GATE, fleet=other_fleet)), "untrusted"
    yield "an operator in the place of the gate", answer(digest, gate=certificate(OPERATOR, 1, GATE_NAME, GATE)), "untrusted"
    yield "a gate in the place of the operator", answer(digest, operator=certificate(ROOT, 2, OPERATOR_NAME, OPERATOR)), "untrusted"
    yield "an operator's certificate that has ended", answer(digest, operator=certificate(ROOT, 1, OPERATOR_NAME, OPERATOR, end=TIME_MS - 1)), "expired"
    yield "a gate's certificate that has ended", answer(digest, gate=certificate(OPERATOR, 2, GATE_NAME, GATE, end=TIME_MS - 1)), "expired"
    yield "a gate's certificate that is not valid yet", answer(digest, gate=certificate(OPERATOR, 2, GATE_NAME, GATE, begin=TIME_MS + 1)), "expired"


def other_signers(digest):
    other = blake2b(32, b"another CONNECT")
    yield "the answer to another CONNECT", answer(other), "wrong"
    yield "signed with another key than the certificate's", answer(digest, signer=STRANGER), "wrong"
    yield "signed under another label", answer(digest, label="ATTESTREAM-1 connect"), "wrong"
    yield "a confirmation of zeros", answer(digest, confirmed=False), "wrong"
    yield "a confirmation by who has another ephemeral key", answer(digest, shared=Agreement("other").with_key(DEVICE_EPHEMERAL.public)), "wrong"
    yield "an ephemeral key whose shared secret is all zero", answer(digest, public=bytes(32), shared=bytes(32)), "wrong"


def unreadable(digest):
    good = answer(digest)
    gate = certificate(OPERATOR, 2, GATE_NAME, GATE)
    yield "empty", b"", "malformed"
    yield "version 0", answer(digest, version=0), "malformed"
    yield "version 2", answer(digest, version=2), "malformed"
    yield "cut behind its version", good[:1], "malformed"
    yield "cut in a certificate", good[:100], "malformed"
    yield "cut before the confirmation", good[:-32], "malformed"
    yield "a byte short", good[:-1], "malformed"
    yield "a byte too many", good + b"\0", "malformed"
    yield "a certificate's length of 2^32 - 1", good[:1] + u32(2**32 - 1) + good[5:], "malformed"
    yield "a certificate of 513 bytes", answer(digest, gate=gate + bytes(513 - len(gate))), "malformed"
    yield "a certificate with a byte too many", answer(digest, gate=gate + b"\0"), "malformed"
    yield "a certificate of version 2", answer(digest, gate=u8(2) + gate[1:]), "malformed"
    yield "without certificates", answer(digest, operator=b"", gate=b""), "malformed"


def jumps(digest):
    """The device that is asked has used no sequence yet."""
    yield "a sequence seen of 2^42", answer(digest, sequence=2**42), "ok"
    yield "a sequence seen of 2^42 + 1", answer(digest, sequence=2**42 + 1), "sequence_jump"
    yield "a sequence seen that leaves none: 2^62 - 1", answer(digest, sequence=2**62 - 1), "sequence_jump"
    yield "a sequence seen of 2^64 - 1", answer(digest, sequence=2**64 - 1), "sequence_jump"
    yield "such a sequence, with a confirmation of zeros", answer(digest, sequence=2**62 - 1, confirmed=False), "wrong"


def cases(session):
    digest = bytes.fromhex(session["connect_digest"])
    good = bytes.fromhex(session["accept"])
    assert good == answer(digest) and NOT_BEFORE < TIME_MS < NOT_AFTER
    out = [("good", good, "ok", TIME_MS)]
    out += [(*each, TIME_MS) for each in altered(good)]
    for more in (other_chains, other_signers, jumps, unreadable):
        out += [(*each, TIME_MS) for each in more(digest)]
    ended = answer(digest, gate=certificate(OPERATOR, 2, GATE_NAME, GATE, end=TIME_MS - 1))
    out.append(("a certificate that has ended, to a device without a clock", ended, "ok", 0))
    names = ("fleet", "root_public", "device_seed", "device_ephemeral_secret", "connect_digest")
    return {"device": DEVICE_NAME, "gate": GATE_NAME, **{name: session[name] for name in names},
            "cases": [{"what": what, "now_ms": now_ms, "accept": data.hex(), "result": result} for what, data, result, now_ms in out]}

