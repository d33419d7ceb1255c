# SPDX-License-Identifier: Apache-2.0
"""What a gate writes to Kafka: the seal on each record, and signed checkpoints of its journal."""
from primitives import Agreement, FLEET, GATE, GATE_NAME, blake2b, blob, u32, u64
from records import avro, framed, zigzag
from torsion import PARTS, OddSignatures


def tag(key, topic, record_key, headers, value):
    data = blob("ATTESTREAM-1 seal") + blob(topic) + blob(record_key) + u32(len(headers)) + b"".join(blob(n) + blob(v) for n, v in headers)
    return blake2b(32, data + u32(value is not None) + blob(value or b""), key)


def seal_cases(key, topic, record_key, headers, value):
    """Records as they come from Kafka, and whether their seal holds."""
    def case(what, holds, **other):
        sealed = {"topic": topic, "key": record_key, "headers": headers, "value": value, **other.pop("sealed", {})}
        made = tag(other.pop("by", key), sealed["topic"], sealed["key"], sealed["headers"], sealed["value"])
        seen = {**sealed, "headers": [*sealed["headers"], ["ats_seal", other.pop("made", made)]], **other}
        binary = [[name, (text.encode() if isinstance(text, str) else text).hex()] for name, text in seen["headers"]]
        return {"what": what, "topic": seen["topic"], "key": seen["key"], "headers": binary, "value": None if seen["value"] is None else seen["value"].hex(),
                "holds": holds}

    made = tag(key, topic, record_key, headers, value)
    last = ["ats_seal", made]
    return [
        case("good", True), case("good, a tombstone", True, sealed={"value": None}), case("good, an empty value", True, sealed={"value": b""}),
        case("another value", False, value=value + b"x"), case("no value where there was an empty one", False, sealed={"value": b""}, value=None),
        case("an empty value where there was none", False, sealed={"value": None}, value=b""), case("another topic", False, topic="ats.telemetry.env2"),
        case("another key", False, key="press-8"), case("another header's value", False, headers=[["ats_gate", "hall-3"], headers[1], last]),
        case("another header's name", False, headers=[["ats_gates", "hall-2"], headers[1], last]),
        case("headers in another order", False, headers=[*headers[::-1], last]), case("a header less", False, headers=[headers[0], last]),
        case("a header more", False, headers=[*headers, ["x", "y"], last]), case("a header behind the seal", False, headers=[*headers, last, ["x", "y"]]),
        case("without a seal", False, headers=headers), case("without headers", False, headers=[]), case("two seals", False, headers=[*headers, last, last]),
        case("a seal of 31 bytes", False, made=made[:31]), case("a seal of 33 bytes", False, made=made + b"\0"), case("a seal of zeros", False, made=bytes(32)),
        case("under another pair's key", False, by=bytes(32)), case("bytes moved from a name to its value", False, headers=[["ats_gat", "ehall-2"], headers[1], last]),
    ]


def seal():
    gate, group = Agreement("gate agreement"), Agreement("group agreement")
    names = {"gate": "hall-2", "group": "line-a"}
    pair = (blob("ATTESTREAM-1 seal key") + blob(names["gate"]) + gate.public + blob(names["group"]) + group.public)
    key = blake2b(32, pair, gate.with_key(group.public))
    headers = [["ats_gate", "hall-2"], ["ats_position", "17"]]
    topic, record_key, value = "ats.telemetry.env", "press-7", bytes(range(64))
    data = blob("ATTESTREAM-1 seal") + blob(topic) + blob(record_key) + u32(len(headers))
    for name, text in headers:
        data += blob(name) + blob(text)
    cases = seal_cases(key, topic, record_key, headers, value)
    return dict(names, gate_seed=gate.seed.hex(), group_seed=group.seed.hex(), key=key.hex(), topic=topic,
                record_key=record_key, headers=headers, value=value.hex(),
                tag=blake2b(32, data + u32(1) + blob(value), key).hex(),
                tombstone_tag=blake2b(32, data + u32(0) + blob(b""), key).hex(), cases=cases)


def leaf(topic, key, headers, value):
    """What a checkpoint has of a forwarded record: a hash of all that the seal covers. `value` None is a tombstone."""
    data = blob("ATTESTREAM-1 journal leaf") + blob(topic) + blob(key) + u32(len(headers))
    for name, text in headers:
        data += blob(name) + blob(text)
    return blake2b(32, data + u32(value is not None) + blob(value or b""))


def statement(fleet, gate, number, previous, journal, first, records, leaves, time_ms, control):
    """A checkpoint's signed bytes."""
    return (blob("ATTESTREAM-1 journal checkpoint") + fleet + blob(gate) + u64(number) + previous + u64(journal) + u64(first)
            + u64(first + len(leaves) - 1) + u64(records) + blake2b(32, b"".join(leaves)) + u64(time_ms) + u64(control))


def evidence(point, last=None):
    """The value in Kafka."""
    leaves = bytes.fromhex(point["leaves"])
    last = point["first"] + len(leaves) // 32 - 1 if last is None else last
    return framed("journal-checkpoint", avro(point.get("gate", GATE_NAME)) + zigzag(point["number"]) + avro(bytes.fromhex(point["previous"]))
                  + avro(point["journal"]) + zigzag(point["first"]) + zigzag(last) + zigzag(point["records"]) + avro(leaves)
                  + zigzag(point["time_ms"]) + zigzag(point["control"]) + avro(bytes.fromhex(point["signature"])))


def checkpoint_cases(good, signed):
    """Values in the topic evidence: `ok`, `malformed`, or a `signature` that does not hold."""
    value, leaves = evidence(good), good["leaves"]
    other = {"another gate's": {"gate": "hall-3"}, "another number": {"number": 2}, "another predecessor": {"previous": "01" * 32},
             "another journal": {"journal": f"{8:016x}"}, "other positions": {"first": 42}, "another count of records": {"records": 4},
             "one bit of a leaf": {"leaves": f"{int(leaves[:2], 16) ^ 1:02x}" + leaves[2:]}, "a leaf less": {"leaves": leaves[:-64]},
             "another time": {"time_ms": good["time_ms"] + 1}, "another count of control records": {"control": 9}, "a signature of zeros": {"signature": "00" * 64},
             **{f"an R with a part of order {order}": {"signature": OddSignatures(GATE, order).sign(signed).hex()} for order in PARTS}}
    cases = [("good", value, "ok"), ("a schema id that a registry gave", b"\0\0\0\0\7" + value[5:], "ok")] + [(what, evidence({**good, **fields}), "signature") for what, fields in other.items()]
    cases += [(what, bad, "malformed") for what, bad in (
        ("empty", b""), ("another first byte", b"\1" + value[1:]), ("a byte short", value[:-1]), ("a byte too many", value + b"\0"),
        ("a last position that does not go with the leaves", evidence(good, good["first"])), ("no leaf", evidence({**good, "leaves": ""}, good["first"] - 1)),
        ("a leaf of 31 bytes", evidence({**good, "leaves": leaves[:-2]})), ("number 0", evidence({**good, "number": 0})),
        ("a journal id in upper case", evidence({**good, "journal": "000000000000000A"})), ("a journal id of 15 digits", evidence({**good, "journal": "0" * 15})),
        ("a predecessor of 31 bytes", evidence({**good, "previous": "00" * 31})), ("a signature of 63 bytes", evidence({**good, "signature": "00" * 63})))]
    return [{"what": what, "value": bad.hex(), "outcome": outcome} for what, bad, outcome in cases]


def checkpoints():
    """Two in a row: one record forwarded, one position of which nothing was, a tombstone; then one more in another journal."""
    headers = [["ats_gate", GATE_NAME], ["ats_journal", f"{7:016x}"], ["ats_position", "41"]]
    forwarded = [("ats.telemetry.env", "press-7", headers, bytes(range(64))), None, ("ats.telemetry.env", "press-7", [], None)]
    out, previous, records, statements = [], bytes(32), 0, []
    for number, journal, first, some in ((1, 7, 41, forwarded), (2, 2**64 - 1, 1, forwarded[:1])):
        leaves = [leaf(*each) if each else bytes(32) for each in some]
        records += len(leaves)
        time_ms, control = 1_750_000_000_000 + number, 10 * number
        signed = statement(FLEET, GATE_NAME, number, previous, journal, first, records, leaves, time_ms, control)
        statements.append(signed)
        out.append({"number": number, "previous": previous.hex(), "journal": f"{journal:016x}", "first": first, "records": records,
                    "forwarded": [each and {"topic": each[0], "key": each[1], "headers": each[2],
                                            "value": None if each[3] is None else each[3].hex()} for each in some],
                    "leaves": b"".join(leaves).hex(), "time_ms": time_ms, "control": control,
                    "hash": blake2b(32, signed).hex(), "signature": GATE.private.sign(signed).hex()})
        previous = blake2b(32, signed)
        out[-1]["value"] = evidence(out[-1]).hex()
    return {"fleet": FLEET.hex(), "gate": GATE_NAME, "gate_seed": GATE.seed.hex(), "gate_public": GATE.public.hex(), "checkpoints": out,
            "cases": checkpoint_cases(out[0], statements[0])}
