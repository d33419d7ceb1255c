# SPDX-License-Identifier: Apache-2.0
"""The fleet that the cases of gate.json and control.json are about, as the control log states it."""
from primitives import (Agreement, DEVICE, DEVICE_NAME, FLEET, GATE, GATE_NAME, OPERATOR, OPERATOR_NAME, ROOT, Signing,
                        certificate)
from records import Log, base64_of, schema_id

NOW = 1_750_000_000_000
START = NOW - 86_400_000  # when the log begins
SUCCESSOR, OTHER_OPERATOR = Signing("successor"), Signing("other operator")
OTHER_DEVICE, STRANGER = Signing("other device"), Signing("stranger")
MEMBER = Signing("member")
GATE_AGREEMENT, GROUP_AGREEMENT = Agreement("gate agreement"), Agreement("group agreement")
OTHER_OPERATOR_NAME, OTHER_DEVICE_NAME, GROUP, MEMBER_NAME = "bob", "press-8", "line-a", "line-a-0"
KINDS = ["gate", "processor", "device", "contract", "usecase", "schema", "replay"]
TOPIC = f"plant/{DEVICE_NAME}/env"
PAYLOAD = b'{"temp": 21.5}'

AVSC = '{"type":"record","name":"Env","fields":[{"name":"temp","type":"double"}]}'
ODCS = """apiVersion: v3.1.0
kind: DataContract
id: env
version: 1.0.0
status: active
schema:
  - name: env
    properties:
      - {name: temp, logicalType: number}
customProperties:
  - property: attestream
    value:
      topics: ["plant/{device}/env"]
      proof: connection
"""


def operator_body(name, key, **more):
    return {"key": base64_of(key.public), "kinds": KINDS, "names": "*", "not_after": 0, "revoked": False, **more,
            "certificate": base64_of(certificate(ROOT, 1, name, key))}


def gate_body(**more):
    return {"signing_key": base64_of(GATE.public), "agreement_key": base64_of(GATE_AGREEMENT.public), "revoked": False, "claims": True,
            **more, "certificate": base64_of(certificate(OPERATOR, 2, GATE_NAME, GATE))}


def key_entry(key, **validity):
    return {"id": key.id, "key": base64_of(key.public), **validity}


def device_body(state, *keys, **more):
    return {"state": state, "keys": [each if isinstance(each, dict) else key_entry(each) for each in keys], **more, "contracts": []}


def group_body(*scopes):
    return {"agreement_key": base64_of(GROUP_AGREEMENT.public),
            "members": [{"name": MEMBER_NAME, "signing_key": base64_of(MEMBER.public), "scopes": list(scopes)}]}


def begin():
    """Root, two operators, gate, contract."""
    log = Log(FLEET)
    log.add("root", "root", "root", ROOT, START, {"root": base64_of(ROOT.public), "successor": base64_of(SUCCESSOR.public)})
    for name, key in ((OPERATOR_NAME, OPERATOR), (OTHER_OPERATOR_NAME, OTHER_OPERATOR)):
        log.add("operator", name, "root", ROOT, START, operator_body(name, key))
    log.add("gate", GATE_NAME, OPERATOR_NAME, OPERATOR, START, gate_body())
    log.add("contract", "env@1.0.0", OPERATOR_NAME, OPERATOR, START,
            {"odcs": ODCS, "avsc": AVSC, "schema_id": schema_id(AVSC.encode())})
    return log


def add_devices(log):
    """The device, another one, and one in each state that may not connect."""
    def add(name, *arguments, **more):
        log.add("device", name, OPERATOR_NAME, OPERATOR, START, device_body(*arguments, **more))

    add(DEVICE_NAME, "active", DEVICE)
    add(OTHER_DEVICE_NAME, "active", OTHER_DEVICE, key_entry(Signing("not yet"), not_before=NOW + 1000),
        key_entry(Signing("no more"), not_after=NOW))
    for state in ("pending", "suspended", "revoked", "retired"):
        add(f"press-{state}", "pending" if state == "pending" else "active", Signing(state))
        if state != "pending":
            add(f"press-{state}", state, Signing(state))
    return log

