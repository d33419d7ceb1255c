# SPDX-License-Identifier: Apache-2.0
"""The vectors as files for the fuzz targets, good and refused ones: tests/fuzz/corpus/NAME/vector-*."""
import json
import re
import struct

from control_cases import ALICE, BOB, DAY
from primitives import FLEET
from records import Record, base64_of
from world import NOW, START, gate_body


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def is_seed(what):
    """Names that differ in one character alone: two of them, of three bytes and of four, lead where the others do."""
    return not what.startswith("a name with U+") or what.endswith(("202E", "E0001"))


def named(pairs):
    """What has the same bytes stands once."""
    out = {}
    for what, data in pairs:
        if data not in out.values():
            out[f"vector-{slug(what)}"] = data
    return out


def steps(gate, *kinds):
    for case in gate["cases"]:
        for number, step in enumerate(case["steps"]):
            if step["do"] in kinds:
                yield (case["what"] if number == 0 or len(case["steps"]) == 2 else f"{case['what']} {number}"), step


def recorded(offset, value, topic="ats.control", key="", headers=()):
    """A line of a recording."""
    line = {"topic": topic, "partition": 0, "offset": offset, "timestamp": NOW, "key": base64_of(key.encode()),
            "value": None if value is None else base64_of(value), "headers": [[name, base64_of(data)] for name, data in headers]}
    return json.dumps(line).encode() + b"\n"


def thefts(theft):
    for each in theft["logs"]:
        good = [bytes.fromhex(step["value"]) for step in each["records"] if step["outcome"] == "accepted"]
        yield f"theft of {each['what']}", b"".join(recorded(at, value) for at, value in enumerate(good))


def control_files(control):
    values = [bytes.fromhex(step["value"]) for step in control["records"]]
    good = [bytes.fromhex(step["value"]) for step in control["records"] if step["outcome"] == "accepted"]

    def piece(lines, first=0):
        return b"".join(recorded(first + at, value) for at, value in enumerate(lines) if value is not None)

    kinds = [step["what"] for step in control["records"] if step["outcome"] == "accepted"]
    point = kinds.index("checkpoint")
    return {"whole": piece(good), "with what is refused": piece(values), "up to a checkpoint": piece(good[:point + 1]), "cut in a line": piece(good[:4])[:-100],
            "with a hole": piece([*good[:5], None, *good[6:]]), "with a hole before a checkpoint that vouches": piece([*good[:3], None, *good[3:point + 1]]),
            "altered": piece([*good[:4], good[4][:-1] + bytes([good[4][-1] ^ 1]), *good[5:]]), "begins late": piece(good, 7), "backwards": piece(good[:3]) + piece(good[:3]),
            "another fleet's": piece([Record(bytes(32), "root", "root", 1, bytes(32), *ALICE, START, {}).value()]), "no line of a recording": b"{}\n"}


def proposals():
    body = gate_body()
    one = Record(FLEET, "gate", "hall-4", 1, bytes(32), *ALICE, START, body, START + DAY)
    alone = Record(FLEET, "gate", "hall-4", 1, bytes(32), *ALICE, START, body)
    approved = Record(FLEET, "gate", "hall-4", 1, bytes(32), *ALICE, START, body, START + DAY).approve(*BOB)

    def file(*records, **more):
        return json.dumps({"proposal": 1, "records": [base64_of(record) for record in records], **more}).encode()

    good = one.value()
    return {"one": file(good), "two": file(good, good), "none": file(), "65": file(*[good] * 65), "of one person": file(alone.value()), "approved already": file(approved.value()),
            "cut": file(good)[:-2], "a record cut": file(good[:-1]), "another version": file(good, proposal=2), "without padding": file(good).replace(b"=", b""),
            "no texts": b'{"proposal":1,"records":[7,null]}', "no list": b'{"proposal":1,"records":"x"}', "a member twice": b'{"proposal":1,"proposal":1,"records":[]}'}


def piece(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">H", len(data)) + data


def telemetry():
    """All headers that a gate writes."""
    return [("ce_specversion", "1.0"), ("ce_id", "hall-2/0000000000000007/41"), ("ce_source", f"attestream://{FLEET.hex()}/gate/hall-2"), ("ce_type", "attestream.telemetry.v1"),
            ("ce_time", "2025-06-15T15:06:40.000Z"), ("ce_subject", "press-7"), ("ce_dataschema", "/schemas/ids/1"), ("content-type", "application/avro"),
            ("ats_gate", "hall-2"), ("ats_journal", "0000000000000007"), ("ats_position", "41"), ("ats_control", "17"), ("ats_device", "press-7"),
            ("ats_contract", "env@1.0.0"), ("ats_topic", "plant/press-7/env"), ("ats_qos", "1"), ("ats_retain", "1"), ("ats_proof", "signature"), ("ats_sequence", "42"),
            ("ats_time", str(NOW)), ("ats_session", bytes(16)), ("ats_key", "dddd1320cab57d4a"), ("ats_signature", bytes(64)), ("ats_payload", b"{}")]


def forwarded(seal):
    for case in seal["cases"]:
        headers = b"".join(piece(name) + piece(bytes.fromhex(value)) for name, value in case["headers"])
        yield f"seal {case['what']}", piece(case["topic"]) + piece(case["key"]) + piece(bytes.fromhex(case["value"] or "")) + headers
    start = piece("ats.telemetry.env") + piece("press-7") + piece(b"\0\0\0\0\1x")
    yield "telemetry", start + b"".join(piece(name) + piece(value) for name, value in telemetry())
    for left_out, _ in telemetry():
        yield f"telemetry without {left_out}", start + b"".join(piece(name) + piece(value) for name, value in telemetry() if name != left_out)


def changelog():
    """Records of a changelog that nobody of the group wrote: their tags are of the right form at most."""
    def record(key="a", value="x", **headers):
        said = {"ats_input": "2", "ats_tag": bytes(16), "ats_state": bytes(24), **headers}
        yes = b"".join(piece(name) + piece(data) for name, data in said.items() if data is not None)
        return piece("t.state.group") + piece(key) + piece(value) + yes

    return {"a made-up entry": record(), "an entry of the group's own key": record("a", "y"), "a deletion": record(value=""), "without a tag": record(ats_tag=None),
            "without a number": record(ats_input=None), "without a summary": record(ats_state=None), "without headers": record(ats_tag=None, ats_input=None, ats_state=None),
            "a number that is none": record(ats_input="-1"), "the largest number": record(ats_input=str(2**64 - 1)), "a number beyond": record(ats_input=str(2**64)),
            "a tag of 15 bytes": record(ats_tag=bytes(15)), "a summary of 23 bytes": record(ats_state=bytes(23)), "without a key": record(key="")}


def commit_marks():
    """What committed offsets say, by the group and by others."""
    own = "input=41 time=1764000000000 tag=c5a41a5fc0c11529d0ac2d633af48c8e"
    return {"of the group": own, "without a time": "input=41 tag=415f935d0bdec778211abdee4d2bf833", "with the end of a C text": own + "\0",
            "without a tag": own.split(" tag")[0], "another time": own.replace("time=1", "time=9"), "a huge input": "input=99999999999",
            "the largest numbers": f"input={2**64 - 1} time={2**63 - 1} tag=", "numbers beyond": f"input={2**64} time={2**63}", "a number that is none": "input=-1 time=x",
            "names twice": "input=1 input=2 time=1 time=2 tag= tag=", "upper case": own.replace("c5a41a", "C5A41A"), "names alone": "input= time= tag=", "too long": own + "0" * 64, "nothing": ""}


def broker_rules():
    """What a mosquitto.conf may say."""
    return {"open": "listener 1883\nallow_anonymous true\nplugin attestream.so\n", "per listener": "per_listener_settings true\nlistener 1883\nplugin a\nlistener 1884\n",
            "default listener": "port 1883\nplugin a\nbind_address localhost\n", "tls": "plugin a\nlistener 8883\ncertfile c\nkeyfile k\nlistener 8884\npsk_hint h\n",
            "names of certificates": "listener 8883\nrequire_certificate true\nuse_identity_as_username true\n", "include": "include_dir d\nlistener 1883\n",
            "include itself": "include_dir .\n", "include nothing": "include_dir nowhere\n", "comments": "#plugin a\n # plugin b\n\n \nplugin  a \r\n",
            "files": "acl_file a\npassword_file p\nauth_plugin x\nplugin y\n", "no values": "listener\nport\nplugin\nallow_anonymous\n",
            "ports": "listener 65536\nlistener -1\nlistener 0\nport 99999999999999999999\n", "many listeners": "listener 1\n" * 200, "nul": "plugin a\0\nlistener 1\n",
            "no end of line": "listener 1883"}


def files(vectors):
    """{(target, file): bytes}"""
    gate, control = vectors["gate"], vectors["control"]
    sets = {
        "connect": [(what, bytes.fromhex(step["data"])) for what, step in steps(gate, "connect") if step.get("method") == "ATTESTREAM-1"]
        + [(f"connack {case['what']}", bytes.fromhex(case["accept"])) for case in vectors["connack"]["cases"]],
        "jwt": [(what, step["password"].encode()) for what, step in steps(gate, "connect") if "password" in step],
        "proof": [(what, step["proof"].encode()) for what, step in steps(gate, "publish") if "proof" in step],
        "envelope": [(what, bytes.fromhex(step["payload"])) for what, step in steps(gate, "publish", "will") if step["payload"].startswith("c1")],
        "claim": [(what, bytes.fromhex(step["data"])) for what, step in steps(gate, "connect") if step.get("method", "").endswith("CLAIM")],
        "control_record": [(step["what"], bytes.fromhex(step["value"])) for step in control["records"] + control["heartbeats"] if is_seed(step["what"])],
        "control_file": [*control_files(control).items(), *thefts(vectors["theft"])], "proposal": proposals().items(), "forwarded": list(forwarded(vectors["seal"])),
        "changelog": changelog().items(), "commit_mark": [(what, text.encode()) for what, text in commit_marks().items()],
        "broker_rules": [(what, text.encode()) for what, text in broker_rules().items()],
        "recorded": [(f"checkpoint {case['what']}", recorded(0, bytes.fromhex(case["value"]), "ats.evidence", "hall-2")) for case in vectors["checkpoints"]["cases"]],
    }
    return {(target, name): data for target, pairs in sets.items() for name, data in named(pairs).items()}
