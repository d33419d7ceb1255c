# SPDX-License-Identifier: Apache-2.0
"""Logs in which a key was stolen, and what a later record leaves of what the thief signed: theft.json."""
import version_cases
from control_cases import ALICE, BOB, BY_ROOT, BY_SUCCESSOR, DAY, HOUR, Steps, contract_of, other_gate, place, root_body
from gate_claims import NAME as CLAIMED, claim, claim_token, enrolment
from primitives import Agreement, DEVICE, DEVICE_NAME, FLEET, GATE, GATE_NAME, OPERATOR, OPERATOR_NAME, ROOT, Signing, certificate
from records import base64_of
from world import (AVSC, GROUP, KINDS, MEMBER, MEMBER_NAME, OTHER_DEVICE, OTHER_DEVICE_NAME, OTHER_OPERATOR, OTHER_OPERATOR_NAME, START, STRANGER, SUCCESSOR,
                   device_body, gate_body, group_body, operator_body)

NEW_ROOT, THIEF_ROOT = Signing("new root"), Signing("a thief's root")


def begin():
    """Root and two operators."""
    steps = Steps()
    steps.accept("root", steps.next("root", "root", root_body(), BY_ROOT))
    for name, key in (ALICE, BOB):
        steps.accept(f"operator {name}", steps.next("operator", name, operator_body(name, key), BY_ROOT))
    return steps


def revocation(steps, name, key, count=None, by=BY_ROOT):
    """As of a place in this log; the last one if none is given."""
    place = {"count": count or steps.log.count, "chain": base64_of(steps.log.chains[count or steps.log.count])}
    return steps.next("operator", name, {"key": base64_of(key.public), "kinds": KINDS, "names": "*", "revoked": True, "stands_until": place}, by)


def device(steps, name, state, key, by=ALICE, **more):
    return steps.next("device", name, device_body(state, key), by, **more)


def an_operators_key():
    steps = begin()
    steps.accept("alice's device", device(steps, DEVICE_NAME, "active", DEVICE))
    steps.accept("alice's other device", device(steps, OTHER_DEVICE_NAME, "active", OTHER_DEVICE))
    until = steps.log.count
    steps.accept("the thief revokes one", device(steps, DEVICE_NAME, "revoked", DEVICE))
    steps.accept("the thief adds a key to the other", steps.next("device", OTHER_DEVICE_NAME, device_body("active", OTHER_DEVICE, STRANGER)))
    steps.accept("the thief's gate", steps.next("gate", "hall-9", thiefs_gate()))
    steps.accept("bob suspends the other", device(steps, OTHER_DEVICE_NAME, "suspended", OTHER_DEVICE, BOB))
    steps.accept("alice is revoked as of before the thief", revocation(steps, OPERATOR_NAME, OPERATOR, until))
    steps.refuse("alice's, whoever signs it", "unknown-signer", device(steps, "press-9", "active", Signing("ninth"), ALICE))
    steps.refuse("a record that follows what held before the thief", "wrong-revision", device(steps, DEVICE_NAME, "suspended", DEVICE, BOB, revision=2))
    steps.accept("the revoked device is active, and may be suspended", device(steps, DEVICE_NAME, "suspended", DEVICE, BOB))
    steps.accept("a key that the thief gave away is nobody's", device(steps, "press-9", "active", STRANGER, BOB))
    steps.refuse("the thief's gate enrols nobody", "unknown-signer", claimed(steps, "hall-9", Signing("other gate")))
    steps.accept("what bob said after the thief holds", device(steps, OTHER_DEVICE_NAME, "active", OTHER_DEVICE, BOB))
    steps.accept("the theft began earlier", revocation(steps, OPERATOR_NAME, OPERATOR, 3))
    steps.refuse("a later place", "illegal-body", revocation(steps, OPERATOR_NAME, OPERATOR, 4))
    return steps


def thiefs_gate():
    """The keys of other_gate() under another name, with a certificate that fits."""
    key = Signing("other gate")
    return {**other_gate(claims=True), "certificate": base64_of(certificate(OPERATOR, 2, "hall-9", key))}


def claimed(steps, gate, key, operator=BOB):
    data = claim(claim_token(operator=operator[0], key=operator[1]), gate=gate)
    body = {**device_body("active", Signing("claiming device")), "claim": base64_of(data)}
    return steps.next("device", CLAIMED, body, (gate, key))


def tokens_of_a_thief():
    steps = begin()
    steps.accept("bob's gate", steps.next("gate", GATE_NAME, bobs_gate(), BOB))
    until = steps.log.count
    steps.accept("a device with a token of alice's thief", enrolment(steps.log))
    steps.refuse("the same token again", "out-of-scope", again(steps))
    steps.accept("alice is revoked as of before", revocation(steps, OPERATOR_NAME, OPERATOR, until))
    steps.refuse("the device is not there: its place is", "wrong-revision", device(steps, CLAIMED, "active", Signing("claiming device"), BOB, revision=1))
    steps.accept("its name begins anew", device(steps, CLAIMED, "pending", Signing("claiming device"), BOB))
    return steps


def bobs_gate():
    return {**gate_body(), "certificate": base64_of(certificate(OTHER_OPERATOR, 2, GATE_NAME, GATE))}


def again(steps):
    return enrolment(steps.log, claim(claim_token("press-11"), key=STRANGER), STRANGER, "press-11")


def an_approvers_key():
    steps = begin()
    steps.accept("policy", steps.next("policy", "policy", {"critical": ["device"]}, BY_ROOT))
    until = steps.log.count

    def both(state):
        return device(steps, DEVICE_NAME, state, DEVICE, expires=START + DAY).approve(*BOB)

    steps.accept("a device by alice and bob's thief", both("active"))
    steps.accept("which is revoked by the two", both("revoked"))
    steps.accept("another policy", steps.next("policy", "policy", {"critical": []}, BY_ROOT))
    steps.accept("bob is revoked as of before", revocation(steps, OTHER_OPERATOR_NAME, OTHER_OPERATOR, until))
    steps.accept("no act of the two stands", device(steps, DEVICE_NAME, "pending", DEVICE))
    return steps


def the_roots_key():
    steps = begin()
    steps.accept("bob's device", device(steps, DEVICE_NAME, "active", DEVICE, BOB))
    until, chain = steps.log.count, steps.log.chain
    first = steps.log.newest["root", "root"]
    steps.accept("the thief's operator", steps.next("operator", "mallory", operator_body("mallory", STRANGER), BY_ROOT))
    steps.accept("the thief revokes bob", revocation(steps, OTHER_OPERATOR_NAME, OTHER_OPERATOR, 1))
    steps.accept("bob's device is void with him: the thief's operator states another", device(steps, DEVICE_NAME, "pending", STRANGER, ("mallory", STRANGER)))
    steps.accept("the thief's root", steps.next("root", "root", root_body(THIEF_ROOT), BY_ROOT))
    body = root_body(NEW_ROOT, stands_until={"count": until, "chain": base64_of(chain)})
    steps.refuse("a change of the successor's that names no place", "illegal-body",
                 steps.next("root", "root", root_body(NEW_ROOT), BY_SUCCESSOR, revision=2, predecessor=first.hash()))
    steps.refuse("a change of the successor's that follows nothing", "wrong-revision", steps.next("root", "root", body, BY_SUCCESSOR, revision=2, predecessor=bytes(32)))
    steps.accept("the successor's, in the place of the thief's", steps.next("root", "root", body, BY_SUCCESSOR, revision=2, predecessor=first.hash()))
    steps.refuse("the thief's root", "unknown-signer", steps.next("policy", "policy", {"critical": []}, ("root", THIEF_ROOT)))
    steps.refuse("the former root", "unknown-signer", steps.next("policy", "policy", {"critical": []}, BY_ROOT))
    steps.refuse("the thief's operator", "unknown-signer", device(steps, "press-9", "active", STRANGER, ("mallory", STRANGER)))
    steps.accept("bob goes on, and his device is active", device(steps, DEVICE_NAME, "suspended", DEVICE, BOB))
    steps.accept("the new root states the policy", steps.next("policy", "policy", {"critical": []}, ("root", NEW_ROOT)))
    return steps


def a_members_key():
    steps = begin()
    narrow = Signing("narrow operator")
    body = {"key": base64_of(narrow.public), "kinds": ["device"], "names": "*", "not_after": START + DAY}
    steps.accept("operator carol, for a day", steps.next("operator", "carol", body, BY_ROOT))
    steps.accept("group", steps.next("processor", GROUP, group_body("checkpoint")))

    def point(time_ms):
        return steps.next("checkpoint", GROUP, place(steps.log), (MEMBER_NAME, MEMBER), time_ms)

    steps.accept("checkpoint", point(START + HOUR))
    until = steps.log.count
    steps.accept("the thief's checkpoint, out of the future", point(START + 1000 * DAY))
    carols = ("carol", narrow)
    steps.refuse("carol's day is over by the log's time", "unknown-signer", device(steps, DEVICE_NAME, "active", DEVICE, carols))
    steps.refuse("an honest checkpoint goes back", "wrong-checkpoint", point(START + 2 * HOUR))
    said = {"critical": [], "stands_until": {"count": until, "chain": base64_of(steps.log.chains[until])}}
    steps.accept("a policy that takes the time back", steps.next("policy", "policy", said, BY_ROOT))
    steps.accept("carol is in office", device(steps, DEVICE_NAME, "active", DEVICE, carols))
    steps.accept("an honest checkpoint", point(START + 2 * HOUR))
    return steps


def a_lifted_policy():
    steps = begin()
    steps.accept("alice's device", device(steps, OTHER_DEVICE_NAME, "active", OTHER_DEVICE))
    steps.accept("policy", steps.next("policy", "policy", {"critical": ["device"]}, BY_ROOT))
    until, chain = steps.log.count, steps.log.chain
    steps.refuse("a device by one person", "unapproved", device(steps, DEVICE_NAME, "active", DEVICE))
    steps.accept("the root's thief lifts it", steps.next("policy", "policy", {"critical": []}, BY_ROOT))
    steps.accept("the device by one person", device(steps, DEVICE_NAME, "active", DEVICE))
    steps.accept("one device is suspended", device(steps, OTHER_DEVICE_NAME, "suspended", OTHER_DEVICE, BOB))
    body = root_body(NEW_ROOT, stands_until={"count": until, "chain": base64_of(chain)})
    steps.accept("the successor's", steps.next("root", "root", body, BY_SUCCESSOR))
    steps.refuse("one person makes the suspended one active", "unapproved", device(steps, OTHER_DEVICE_NAME, "active", OTHER_DEVICE))
    steps.accept("what one person stated is void: its name begins anew, by two", device(steps, DEVICE_NAME, "pending", DEVICE, expires=START + DAY).approve(*BOB))
    return steps


def an_end_over_a_thiefs_record():
    steps = begin()
    steps.accept("bob's gate", steps.next("gate", GATE_NAME, bobs_gate(), BOB))
    steps.accept("bob's device", device(steps, DEVICE_NAME, "active", DEVICE, BOB))
    steps.accept("policy", steps.next("policy", "policy", {"critical": ["gate", "device"]}, BY_ROOT))
    until = steps.log.count
    other = keys_of(Signing("other gate"), Agreement("other gate agreement"))
    steps.accept("alice's thief and bob give it other keys", steps.next("gate", GATE_NAME, other, expires=START + DAY).approve(*BOB))
    steps.accept("and the device", device(steps, DEVICE_NAME, "active", STRANGER, expires=START + DAY).approve(*BOB))
    steps.accept("bob revokes the gate", steps.next("gate", GATE_NAME, {**other, "revoked": True}, BOB))
    steps.accept("bob suspends the device", device(steps, DEVICE_NAME, "suspended", STRANGER, BOB))
    steps.accept("alice is revoked as of before", revocation(steps, OPERATOR_NAME, OPERATOR, until))
    steps.refuse("the gate is revoked: that stops nothing", "unapproved", steps.next("gate", GATE_NAME, {**bobs_gate(), "revoked": True}, BOB))
    steps.refuse("the device is suspended: that stops nothing", "unapproved", device(steps, DEVICE_NAME, "suspended", DEVICE, BOB))
    return steps


def keys_of(signing, agreement, former=None, **more):
    body = {"signing_key": base64_of(signing.public), "agreement_key": base64_of(agreement.public), "revoked": False, "claims": True,
            "certificate": base64_of(certificate(OPERATOR, 2, GATE_NAME, signing)), **more}
    if former:
        pair = {name: former[name] for name in ("signing_key", "agreement_key", "certificate")}
        body["former"] = {**pair, "not_after": START + DAY}
    return body


def former_keys():
    steps = begin()
    first = keys_of(GATE, Agreement("gate agreement"))
    pair = Signing("other gate"), Agreement("other gate agreement")
    stranger = keys_of(STRANGER, Agreement("stranger agreement"))
    rotated = keys_of(*pair, first)
    steps.refuse("former keys in a first record", "illegal-body", steps.next("gate", GATE_NAME, rotated))
    steps.accept("a gate", steps.next("gate", GATE_NAME, first))
    steps.refuse("former keys that a stranger has", "illegal-body", steps.next("gate", GATE_NAME, keys_of(*pair, stranger)))
    half = {**rotated, "former": {**rotated["former"], "agreement_key": stranger["agreement_key"]}}
    steps.refuse("one of the two is a stranger's", "illegal-body", steps.next("gate", GATE_NAME, half))
    endless = {**rotated, "former": {name: value for name, value in rotated["former"].items() if name != "not_after"}}
    steps.refuse("former keys without an end", "illegal-body", steps.next("gate", GATE_NAME, endless))
    steps.accept("a rotation", steps.next("gate", GATE_NAME, rotated))
    until = steps.log.count
    steps.refuse("the former keys under another name", "illegal-body",
                 steps.next("gate", "hall-9", {**first, "certificate": base64_of(certificate(OPERATOR, 2, "hall-9", GATE))}))
    steps.accept("a claim signed with the former key", enrolment(steps.log))
    steps.accept("bob's thief's device", device(steps, "press-9", "active", STRANGER, BOB))
    steps.accept("bob is revoked as of before", revocation(steps, OTHER_OPERATOR_NAME, OTHER_OPERATOR, until))
    steps.accept("the claimed device stands", device(steps, CLAIMED, "suspended", Signing("claiming device")))
    steps.accept("nobody may stop a thing alone", steps.next("policy", "policy", {"critical": [], "hourly": 0}, BY_ROOT))
    nearer = {**rotated, "former": {**rotated["former"], "not_after": START + HOUR}}
    steps.refuse("a nearer end of the former keys is a stop", "unapproved", steps.next("gate", GATE_NAME, nearer))
    steps.refuse("so are no former keys", "unapproved", steps.next("gate", GATE_NAME, keys_of(*pair)))
    steps.accept("the same again is none", steps.next("gate", GATE_NAME, {**rotated, "site": "south"}))
    return steps


def a_claim_over_what_a_thief_undid():
    """Its device stands again, so the claim is the first no more."""
    steps = begin()
    steps.accept("a gate", steps.next("gate", GATE_NAME, gate_body()))
    steps.accept("bob's device", device(steps, CLAIMED, "active", OTHER_DEVICE, BOB))
    until, chain = steps.log.count, steps.log.chain
    steps.accept("the root's thief revokes bob", revocation(steps, OTHER_OPERATOR_NAME, OTHER_OPERATOR, 1))
    before = steps.log.newest["device", CLAIMED]
    steps.accept("a claim of the same name", enrolment(steps.log, revision=2, predecessor=before.hash()))
    body = root_body(NEW_ROOT, stands_until={"count": until, "chain": base64_of(chain)})
    steps.accept("the successor's", steps.next("root", "root", body, BY_SUCCESSOR))
    steps.refuse("bob's device has its key again", "illegal-body", device(steps, "press-9", "active", OTHER_DEVICE))
    steps.accept("the claimed key is nobody's", device(steps, "press-9", "active", Signing("claiming device")))
    return steps


def an_operators_key_under_a_thiefs_name():
    """What is void has no key, and two with one key can both be revoked."""
    steps = begin()
    carol, dave = Signing("narrow operator"), Signing("a next operator")
    until, chain = steps.log.count, steps.log.chain
    steps.accept("the root's thief's operator", steps.next("operator", "mallory", operator_body("mallory", carol), BY_ROOT))
    steps.refuse("carol, with that key", "illegal-body", steps.next("operator", "carol", operator_body("carol", carol), BY_ROOT))
    steps.accept("dave", steps.next("operator", "dave", operator_body("dave", dave), BY_ROOT))
    place = {"count": until, "chain": base64_of(chain)}
    steps.accept("the successor's", steps.next("root", "root", root_body(NEW_ROOT, stands_until=place), BY_SUCCESSOR))
    narrow = {"kinds": ["device"], "names": "*", "not_after": 0}
    by = ("root", NEW_ROOT)
    steps.accept("carol, with her key", steps.next("operator", "carol", {**narrow, "key": base64_of(carol.public)}, by))
    steps.refuse("mallory, with carol's", "illegal-body", steps.next("operator", "mallory", {**narrow, "key": base64_of(carol.public)}, by))
    steps.accept("mallory, with dave's, who is void", steps.next("operator", "mallory", {**narrow, "key": base64_of(dave.public)}, by))
    steps.refuse("dave, with it", "illegal-body", steps.next("operator", "dave", {**narrow, "key": base64_of(dave.public)}, by))
    steps.accept("carol revoked", steps.next("operator", "carol", {**narrow, "key": base64_of(carol.public), "revoked": True}, by))
    steps.refuse("carol's key under another name", "illegal-body", steps.next("operator", "erin", {**narrow, "key": base64_of(carol.public)}, by))
    return steps


def a_contract_of_a_thief():
    """What is void has no topics."""
    steps = begin()
    until = steps.log.count
    steps.accept("alice's thief's contract", steps.next("contract", "evil@1.0.0", contract_of("evil", "plant/{device}/env")))
    steps.refuse("bob's with the same topics", "illegal-body", steps.next("contract", "env@1.0.0", contract_of("env", "plant/{device}/env"), BOB))
    steps.accept("alice is revoked as of before", revocation(steps, OPERATOR_NAME, OPERATOR, until))
    steps.accept("bob's with the same topics, now", steps.next("contract", "env@1.0.0", contract_of("env", "plant/{device}/env"), BOB))
    steps.refuse("the thief's again, by bob", "illegal-body", steps.next("contract", "evil@1.0.0", contract_of("evil", "plant/+/env"), BOB))
    return steps


def a_contract_over_what_a_thief_undid():
    """The first one stands again, with its topics, and the one that took them does not."""
    steps = begin()
    steps.accept("bob's contract", steps.next("contract", "env@1.0.0", contract_of("env", "plant/{device}/env"), BOB))
    until, chain = steps.log.count, steps.log.chain
    steps.accept("the root's thief revokes bob", revocation(steps, OTHER_OPERATOR_NAME, OTHER_OPERATOR, 1))
    steps.accept("alice's, with the same topics", steps.next("contract", "other@1.0.0", contract_of("other", "plant/{device}/env")))
    steps.accept("the successor's", steps.next("root", "root", root_body(NEW_ROOT, stands_until={"count": until, "chain": base64_of(chain)}), BY_SUCCESSOR))
    steps.refuse("bob's is published again", "illegal-body", steps.next("contract", "env@1.0.0", contract_of("env", "plant/{device}/env"), BOB))
    steps.accept("alice's is not: it begins anew, with topics of its own", steps.next("contract", "other@1.0.0", contract_of("other", "hall/{device}")))
    return steps


def a_schema_id_that_a_thief_set_free():
    """It is that of the first text again, and what was stated with it for another one does not stand."""
    steps = begin()
    other = AVSC.replace('"Env"', '"Other"')

    def state(name, topics, number, avsc=AVSC, by=BOB):
        ident, version = name.split("@")
        return steps.next("contract", name, {**contract_of(ident, topics, version=version), "avsc": avsc, "schema_id": number}, by)

    steps.accept("bob's contract with the id that a registry gave", state("env@1.0.0", "plant/{device}/env", 7))
    steps.accept("his next version with the same text", state("env@1.1.0", "plant/{device}/env", 7))
    steps.accept("bob's schema", steps.next("schema", "decision", {"text": '"string"', "schema_id": 8}, BOB))
    until, chain = steps.log.count, steps.log.chain
    steps.accept("the root's thief revokes bob", revocation(steps, OTHER_OPERATOR_NAME, OTHER_OPERATOR, 1))
    steps.accept("alice's contract with the contract's id", state("hall@1.0.0", "hall/{device}", 7, other, ALICE))
    steps.accept("alice's contract with the schema's id", state("yard@1.0.0", "yard/{device}", 8, other, ALICE))
    steps.accept("alice's contract with the first text and another id", state("shed@1.0.0", "shed/{device}", 9, by=ALICE))
    steps.accept("alice's schema with the contract's id", steps.next("schema", "alert", {"text": other, "schema_id": 7}))
    steps.accept("the successor's", steps.next("root", "root", root_body(NEW_ROOT, stands_until={"count": until, "chain": base64_of(chain)}), BY_SUCCESSOR))
    steps.refuse("bob's is published again", "illegal-body", state("env@1.0.0", "plant/{device}/env", 7))
    steps.refuse("and its next version", "illegal-body", state("env@1.1.0", "plant/{device}/env", 7))
    steps.refuse("alice's is not, and does not have that id", "illegal-body", state("hall@1.0.0", "hall/{device}", 7, other, ALICE))
    steps.accept("it begins anew, with an id of its own", state("hall@1.0.0", "hall/{device}", 10, other, ALICE))
    steps.accept("the topics of the one with the schema's id are nobody's", state("pump@1.0.0", "yard/{device}", 7))
    steps.refuse("the one with another id stands", "illegal-body", state("shed@1.0.0", "shed/{device}", 9, by=ALICE))
    return steps


def contracts_of(steps, name, key, names):
    steps.accept(f"operator {name}, of contracts {names}",
                 steps.next("operator", name, {"key": base64_of(key.public), "kinds": ["contract"], "names": names, "revoked": False}, BY_ROOT))
    return name, key


def topics_in_common():
    """A wider or narrower filter takes topics of another contract only by who may state that one."""
    steps = begin()
    dave, erin = contracts_of(steps, "dave", Signing("dave"), "zz-*"), contracts_of(steps, "erin", Signing("erin"), "env@*")
    state = lambda name, by, *topics: steps.next("contract", name, contract_of(name.split("@")[0], *topics, version=name.split("@")[1]), by)
    steps.accept("alice's contract", state("env@1.0.0", ALICE, "plant/{device}/env"))
    for topics in ("plant/#", "plant/+/#", "+/+/env", "+/{device}/env", "plant/{device}/env/#", "plant/press/+", "plant/press/env"):
        steps.refuse(f"dave's with {topics}", "illegal-body", state("zz-a@1.0.0", dave, "hall/{device}", topics))
    steps.accept("dave's beside it", state("zz-a@1.0.0", dave, "hall/{device}/env", "plant/{device}", "plant/+/env/raw"))
    steps.refuse("his next version, with topics of alice's", "illegal-body", state("zz-a@1.1.0", dave, "hall/{device}/env", "plant/press/#"))
    steps.accept("alice's wide one: she may state all of them", state("wide@1.0.0", ALICE, "plant/{device}/#"))
    steps.accept("erin's version with topics that her contract has", state("env@1.1.0", erin, "plant/+/env"))
    steps.refuse("erin's with more of the wide one's", "illegal-body", state("env@1.2.0", erin, "plant/{device}/env", "plant/{device}/air"))
    steps.accept("alice's with more of it", state("env@1.2.0", ALICE, "plant/{device}/env", "plant/{device}/air"))
    return steps


def topics_in_common_by_two():
    """Each of the two has to be one who may state the other contract."""
    steps = begin()
    dave = contracts_of(steps, "dave", Signing("dave"), "zz-*")
    steps.accept("alice's contract", steps.next("contract", "env@1.0.0", contract_of("env", "plant/{device}/env")))
    wide = lambda by: steps.next("contract", "zz-a@1.0.0", contract_of("zz-a", "plant/#"), by, expires=START + DAY)
    steps.refuse("dave's, which alice approves", "illegal-body", wide(dave).approve(*ALICE))
    steps.refuse("alice's, which dave approves", "illegal-body", wide(ALICE).approve(*dave))
    steps.accept("alice's, which bob approves", wide(ALICE).approve(*BOB))
    return steps


def topics_in_common_with_a_thiefs():
    """What is void has none; what stands again has them again, before what was stated meanwhile."""
    steps = begin()
    dave, erin = contracts_of(steps, "dave", Signing("dave"), "zz-*"), contracts_of(steps, "erin", Signing("erin"), "env@*")
    state = lambda name, by, *topics: steps.next("contract", name, contract_of(name.split("@")[0], *topics, version=name.split("@")[1]), by)
    until = steps.log.count
    steps.accept("alice's thief's wide contract", state("evil@1.0.0", ALICE, "plant/#"))
    steps.refuse("erin's", "illegal-body", state("env@1.0.0", erin, "plant/{device}/env"))
    steps.accept("alice is revoked as of before", revocation(steps, OPERATOR_NAME, OPERATOR, until))
    steps.accept("erin's, now", state("env@1.0.0", erin, "plant/{device}/env"))
    steps.accept("bob's contract", state("hall@1.0.0", BOB, "hall/{device}/env"))
    until, chain = steps.log.count, steps.log.chain
    steps.accept("the root's thief revokes bob", revocation(steps, OTHER_OPERATOR_NAME, OTHER_OPERATOR, 1))
    steps.accept("dave's, with topics of bob's", state("zz-a@1.0.0", dave, "hall/#"))
    steps.accept("the successor's", steps.next("root", "root", root_body(NEW_ROOT, stands_until={"count": until, "chain": base64_of(chain)}), BY_SUCCESSOR))
    steps.refuse("bob's stands: dave's does not", "illegal-body", state("zz-a@1.0.0", dave, "hall/#"))
    steps.accept("dave's begins anew", state("zz-a@1.0.0", dave, "yard/#"))
    return steps


def cases():
    makers = {"an operator's key": an_operators_key, "a thief's tokens": tokens_of_a_thief, "an approver's key": an_approvers_key, "the root's key": the_roots_key,
              "a member's key": a_members_key, "a policy that a thief lifted": a_lifted_policy, "an end over a thief's record": an_end_over_a_thiefs_record,
              "a gate's former keys": former_keys, "a claim over what a thief undid": a_claim_over_what_a_thief_undid,
              "an operator's key under a thief's name": an_operators_key_under_a_thiefs_name, "a contract of a thief": a_contract_of_a_thief, "a contract over what a thief undid": a_contract_over_what_a_thief_undid,
              "a schema id that a thief set free": a_schema_id_that_a_thief_set_free,
              "topics in common": topics_in_common, "topics in common by two": topics_in_common_by_two, "topics in common with a thief's": topics_in_common_with_a_thiefs}
    return {"fleet": FLEET.hex(), "root_public": ROOT.public.hex(), "successor_public": SUCCESSOR.public.hex(),
            "logs": [{"what": what, "records": maker().out} for what, maker in {**makers, **version_cases.MAKERS}.items()]}
