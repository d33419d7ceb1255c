# SPDX-License-Identifier: Apache-2.0
"""Which of the accepted records stand, where a later one says that a key was stolen by then: docs/control-log.md, void records."""
import fnmatch

from bodies import claim_of, device_of, gate_of, gate_signs, group_of, operator_of
from reader import json_object, key_id

BY_ROOT = ("root", "operator", "policy")
NEVER = float("inf")


def place_of(record):
    """The count up to which somebody stands; None if it names none."""
    place = json_object(record.body).get("stands_until")
    return place and place["count"]


class Voids:
    """Of a Registry, whose accepted records are `acts`."""

    def judge_again(self):
        operators, untimely = self.look_back()
        self.forget()
        for act in self.acts:
            if self.is_displaced(act):
                continue
            if act.kind not in BY_ROOT:
                act.is_void = act.count in untimely or not self.stands(act, operators)
            if not act.is_void:
                self.hold(act)

    def is_displaced(self, act):
        """A successor's change of root may have taken its revision."""
        return self.revisions[act.kind, act.name, act.revision] is not act

    def look_back(self):
        """Marks what the roots signed. Up to where each operator stands, and the checkpoints that say nothing of the time any more."""
        root, times, operators, untimely = NEVER, NEVER, {}, set()
        for act in reversed(self.acts):
            if act.kind == "checkpoint" and act.count > times:
                untimely.add(act.count)
            if act.kind not in BY_ROOT:
                continue
            act.is_void = act.signer == "root" and act.count > root
            place = None if act.is_void or self.is_displaced(act) else place_of(act)
            if place and act.kind == "root":
                root = min(root, place)
            elif place and act.kind == "policy":
                times = min(times, place)
            elif place and operator_of(act.body)["revoked"]:
                operators[act.name] = min(operators.get(act.name, NEVER), place)
        return operators, untimely

    def stands(self, act, operators):
        """By what stands before it."""
        if act.kind == "checkpoint":
            group = self.body("processor", act.name, group_of)
            key, may = (group["members"] if group else {}).get(act.signer, (b"", False))
            return may and key_id(key) == act.key_id
        if act.by_gate:
            gate, claim = self.body("gate", act.signer, gate_of), claim_of(device_of(act.body)["claim"])
            return bool(gate) and gate["claims"] and not gate["revoked"] and bool(gate_signs(gate, act.key_id)) \
                and ("device", act.name) not in self.newest and self.is_enough(act) and self.operator_stands(act, claim["operator"], claim["key_id"], operators)
        if act.kind in ("contract", "schema") and not self.has_own_id(act):
            return False
        if act.kind == "contract" and json_object(act.body).get("retired") and not self.ends_its_version(act):
            return False
        if act.kind == "contract" and not (self.has_own_topics(act) and self.operators_hold(act) and self.is_signed_by_owners(act)):
            return False
        return self.operator_stands(act, act.signer, act.key_id, operators) and self.is_enough(act) and (
            not act.approver or self.operator_stands(act, act.approver, act.approver_key_id, operators))

    def operators_hold(self, act):
        return all(("operator", name) in self.newest for name in (act.signer, act.approver) if name)

    def is_enough(self, act):
        """One person's signature, by the policy that stands before it; an end stays one."""
        policy = self.newest.get(("policy", "policy"))
        if act.format == 2 or not policy or act.kind not in json_object(policy.body)["critical"]:
            return True
        if (act.kind, act.name) not in self.newest:
            return False
        if act.kind == "gate":
            return gate_of(act.body)["revoked"]
        if act.kind == "device":
            return device_of(act.body)["state"] in ("suspended", "revoked", "retired")
        return act.kind == "processor" and self.only_stops(act)

    def operator_stands(self, act, name, key, operators):
        operator = self.body("operator", name, operator_of)
        return (operator is not None and key_id(operator["key"]) == key and not operator["revoked"] and act.kind in operator["kinds"]
                and fnmatch.fnmatchcase(act.name, operator["names"]) and act.count <= operators.get(name, NEVER))

    def is_successors_place(self, record, before):
        """A successor's change may follow any root record behind which only the root signed."""
        if record.kind != "root" or record.signer != "successor" or not before or not 2 <= record.revision <= before.revision:
            return False
        later = [self.revisions["root", "root", revision] for revision in range(record.revision, before.revision + 1)]
        followed = self.revisions["root", "root", record.revision - 1]
        return all(act.signer == "root" for act in later) and followed.hash() == record.predecessor
