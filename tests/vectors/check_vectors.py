#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges each case of the vectors from its bytes alone: Python's cryptography and hashlib, no code of ours, and none that made them.

    check_vectors.py [FILE...]   the files beside this one by default; exit code 1, and a line for each of the first cases that come out
                                 differently (one may make those behind it differ, too)

The judges are judge_*.py; docs/device-protocol.md says what each file holds.
"""
import json
import pathlib
import sys

import judge_device
import judge_forwarded
import judge_gate
import judge_good
import judge_log

HERE = pathlib.Path(__file__).resolve().parent
SHOWN = 20


def connack(vectors):
    for case in vectors["cases"]:
        yield case["what"], case["result"], judge_device.judge(vectors, case)


def gate(vectors):
    for case in vectors["cases"]:
        answers = judge_gate.judge(vectors, case)
        for at, (step, answer) in enumerate(zip(case["steps"], answers, strict=True)):
            yield f"{case['what']}, step {at}", step["answer"], answer


def registry_of(vectors):
    return judge_log.Registry(bytes.fromhex(vectors["root_public"]), bytes.fromhex(vectors["successor_public"]))


def log(registry, records):
    for step in records:
        value = bytes.fromhex(step["value"])
        yield step["what"], step["outcome"], registry.apply(value)
        yield f"{step['what']}: place", (step["count"], step["chain"]), (registry.count, registry.chain.hex())
        if "signed" in step:
            record = judge_log.Record(value)
            yield f"{step['what']}: bytes", (step["signed"], step["hash"]), (record.signed().hex(), record.hash().hex())


def theft(vectors):
    for each in vectors["logs"]:
        yield from ((f"{each['what']}: {what}", stated, found) for what, stated, found in log(registry_of(vectors), each["records"]))


def control(vectors):
    registry = registry_of(vectors)
    yield from log(registry, vectors["records"])
    for case in vectors["heartbeats"]:
        yield f"heartbeat: {case['what']}", case["outcome"], registry.heartbeat(bytes.fromhex(case["value"]))


def seal(vectors):
    key = judge_forwarded.seal_key(vectors)
    for case in vectors["cases"]:
        yield case["what"], case["holds"], judge_forwarded.sealed(key, case)


def checkpoints(vectors):
    for case in vectors["cases"]:
        yield case["what"], case["outcome"], judge_forwarded.judge(vectors, case)


JUDGES = {"connack": connack, "gate": gate, "control": control, "theft": theft, "seal": seal, "checkpoints": checkpoints,
          **{name: getattr(judge_good, name) for name in ("session", "proofs", "envelopes", "wills", "claims", "token", "certificates")}}


def main():
    counts, wrong = {}, 0
    for path in [pathlib.Path(name) for name in sys.argv[1:]] or [HERE / f"{name}.json" for name in JUDGES]:
        for what, stated, found in JUDGES[path.stem](json.loads(path.read_text())):
            counts[path.stem] = counts.get(path.stem, 0) + 1
            if stated != found:
                wrong += 1
                if wrong > SHOWN:
                    continue
                print(f"{path.name}: {what}: stated {stated}, found {found}", file=sys.stderr)
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))
    return 1 if wrong or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
