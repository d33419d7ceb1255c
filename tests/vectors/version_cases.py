# SPDX-License-Identifier: Apache-2.0
"""Logs in which versions of contracts end, and in which they take the signatures of their owners: part of theft.json."""
from control_cases import ALICE, BOB, BY_ROOT, DAY, Steps, contract_of, root_body
from primitives import OPERATOR, OPERATOR_NAME, Signing
from records import base64_of
from world import OTHER_OPERATOR, OTHER_OPERATOR_NAME, START, STRANGER, operator_body

ENV = "plant/{device}/env"
OWNERS = ("dave", Signing("dave"))  # an owner on both sides


def begin():
    steps = Steps()
    steps.accept("root", steps.next("root", "root", root_body(), BY_ROOT))
    for name, key in (ALICE, BOB):
        steps.accept(f"operator {name}", steps.next("operator", name, operator_body(name, key), BY_ROOT))
    return steps


def asking(name, *owners, version="1.0.0"):
    """A contract that asks for the owners' signatures."""
    body = contract_of(name, ENV, version=version)
    said = ", ".join(f'"{owner}"' for owner in owners)
    return {**body, "odcs": body["odcs"].replace("      proof:", f"      signatures: [{said}]\n      proof:")} if owners else body


def own(steps, name, key, *owners):
    steps.accept(f"operator {name} owns {' and '.join(owners)}",
                 steps.next("operator", name, {"key": base64_of(key.public), "kinds": ["contract"], "names": "*", "revoked": False, "owner": list(owners)}, BY_ROOT))
    return name, key


def versions_that_end():
    steps = begin()
    env = contract_of("env", ENV)
    retired = {**env, "retired": True}
    steps.refuse("an end of what is not there", "illegal-body", steps.next("contract", "env@1.0.0", retired))
    steps.accept("a contract", steps.next("contract", "env@1.0.0", {**env, "retired": False}))
    steps.refuse("the same again", "illegal-body", steps.next("contract", "env@1.0.0", env))
    steps.refuse("an end with other topics", "illegal-body", steps.next("contract", "env@1.0.0", {**contract_of("env", "hall/{device}"), "retired": True}))
    steps.refuse("an end that is a text", "illegal-body", steps.next("contract", "env@1.0.0", {**env, "retired": "yes"}))
    steps.refuse("an end by who may not state contracts", "unknown-signer", steps.next("contract", "env@1.0.0", retired, ("mallory", STRANGER)))
    steps.accept("its end", steps.next("contract", "env@1.0.0", retired))
    steps.refuse("its end again", "illegal-body", steps.next("contract", "env@1.0.0", retired))
    steps.refuse("the version in force again", "illegal-body", steps.next("contract", "env@1.0.0", env))
    steps.refuse("its topics for another contract", "illegal-body", steps.next("contract", "other@1.0.0", contract_of("other", ENV)))
    steps.accept("another version", steps.next("contract", "env@1.1.0", contract_of("env", ENV, version="1.1.0")))
    return steps


def ends_of_a_thief():
    """A version whose end is void is in force; an end stands only where the version does."""
    steps = begin()
    env, hall = contract_of("env", ENV), contract_of("hall", "hall/{device}")
    steps.accept("bob's contract", steps.next("contract", "env@1.0.0", env, BOB))
    until, chain = steps.log.count, steps.log.chain
    steps.accept("its end by alice's thief", steps.next("contract", "env@1.0.0", {**env, "retired": True}))
    steps.accept("alice's thief's contract", steps.next("contract", "hall@1.0.0", hall))
    steps.accept("its end by bob", steps.next("contract", "hall@1.0.0", {**hall, "retired": True}, BOB))
    revoked = operator_body(OPERATOR_NAME, OPERATOR)
    steps.accept("alice is revoked as of before",
                 steps.next("operator", OPERATOR_NAME, {**revoked, "revoked": True, "stands_until": {"count": until, "chain": base64_of(chain)}}, BY_ROOT))
    steps.refuse("bob's contract in force again", "illegal-body", steps.next("contract", "env@1.0.0", env, BOB))
    steps.accept("its end by bob himself", steps.next("contract", "env@1.0.0", {**env, "retired": True}, BOB))
    steps.accept("bob's contract with the thief's topics", steps.next("contract", "yard@1.0.0", contract_of("yard", "hall/{device}"), BOB))
    steps.refuse("an end of what a thief stated", "illegal-body", steps.next("contract", "hall@1.0.0", {**hall, "retired": True}, BOB))
    return steps


def owners():
    steps = begin()
    steps.refuse("an owner of nothing", "illegal-body", steps.next("operator", OTHER_OPERATOR_NAME, operator_body(OTHER_OPERATOR_NAME, OTHER_OPERATOR, owner=[]), BY_ROOT))
    steps.refuse("an owner of another side", "illegal-body",
                 steps.next("operator", OTHER_OPERATOR_NAME, operator_body(OTHER_OPERATOR_NAME, OTHER_OPERATOR, owner=["hr"]), BY_ROOT))
    steps.refuse("an owner of one side twice", "illegal-body",
                 steps.next("operator", OTHER_OPERATOR_NAME, operator_body(OTHER_OPERATOR_NAME, OTHER_OPERATOR, owner=["ot", "ot"]), BY_ROOT))
    erin, frank, dave = own(steps, "erin", Signing("erin"), "ot"), own(steps, "frank", Signing("frank"), "it"), own(steps, *OWNERS, "ot", "it")

    def state(by, body=None, version="1.0.0", two=False):
        return steps.next("contract", f"env@{version}", body or asking("env", "ot", "it", version=version), by, **({"expires": START + DAY} if two else {}))

    def both(one, other, *what):
        return state(one, *what, two=True).approve(*other)

    steps.refuse("a contract that asks for both, by one of them", "unapproved", state(erin))
    steps.refuse("by who is both", "unapproved", state(dave))
    steps.refuse("by nobody of them", "out-of-scope", state(ALICE))
    steps.refuse("a proposal by nobody of them", "out-of-scope", state(ALICE, two=True))
    steps.refuse("a proposal by one of them", "unapproved", state(erin, two=True))
    steps.refuse("by one of them and another one", "out-of-scope", both(erin, ALICE))
    steps.refuse("by another one and one of them", "out-of-scope", both(BOB, frank))
    steps.accept("by both", both(erin, frank))
    lesser = asking("env", version="1.1.0")
    steps.refuse("a version that asks for nobody, by one person", "out-of-scope", state(ALICE, lesser, "1.1.0"))
    steps.refuse("a lower one", "out-of-scope", state(ALICE, asking("env", version="0.9.0"), "0.9.0"))
    steps.refuse("a version that asks for one, by that one", "unapproved", state(erin, asking("env", "ot", version="1.1.0"), "1.1.0"))
    steps.refuse("its end by one person", "unapproved", state(frank, {**asking("env", "ot", "it"), "retired": True}))
    steps.accept("a version that asks for one, by both", both(frank, dave, asking("env", "ot", version="1.1.0"), "1.1.0"))
    steps.accept("its end by both, of whom one is on both sides", both(dave, erin, {**asking("env", "ot", "it"), "retired": True}))
    steps.refuse("the next, by the other one", "out-of-scope", state(frank, asking("env", version="1.2.0"), "1.2.0"))
    steps.accept("the next, by that one, which asks for nobody", state(erin, asking("env", version="1.2.0"), "1.2.0"))
    steps.accept("one more, by anybody", state(ALICE, asking("env", version="1.3.0"), "1.3.0"))
    steps.accept("erin owns nothing any more", steps.next("operator", "erin", {"key": base64_of(erin[1].public), "kinds": ["contract"], "names": "*", "revoked": False}, BY_ROOT))
    steps.refuse("hers", "out-of-scope", state(erin, asking("env", "ot", version="1.4.0"), "1.4.0"))
    return steps


def a_contract_that_a_thief_took():
    """What a void version asks for counts no more, and what the one before asks for does again."""
    steps = begin()
    erin, frank = own(steps, "erin", Signing("erin"), "ot"), own(steps, "frank", Signing("frank"), "it")
    two = {"expires": START + DAY}
    steps.accept("a contract by both", steps.next("contract", "env@1.0.0", asking("env", "ot", "it"), erin, **two).approve(*frank))
    until, chain = steps.log.count, steps.log.chain
    steps.accept("a version that asks for nobody, by frank's thief and erin",
                 steps.next("contract", "env@1.1.0", asking("env", version="1.1.0"), erin, **two).approve(*frank))
    steps.accept("and the next by anybody", steps.next("contract", "env@1.2.0", asking("env", version="1.2.0")))
    frank_revoked = {"key": base64_of(frank[1].public), "kinds": ["contract"], "names": "*", "revoked": True, "stands_until": {"count": until, "chain": base64_of(chain)}}
    steps.accept("frank is revoked as of before", steps.next("operator", "frank", frank_revoked, BY_ROOT))
    steps.refuse("anybody's", "out-of-scope", steps.next("contract", "env@1.3.0", asking("env", version="1.3.0")))
    grace = own(steps, "grace", Signing("grace"), "it")
    steps.accept("what was anybody's is void, and begins anew by both",
                 steps.next("contract", "env@1.2.0", asking("env", version="1.2.0"), erin, **two).approve(*grace))
    return steps


def a_version_that_a_thief_asked_owners_for():
    """What a void version asks for is not asked of those that were stated before it."""
    steps = begin()
    erin, frank = own(steps, "erin", Signing("erin"), "ot"), own(steps, "frank", Signing("frank"), "it")
    steps.accept("a contract that asks for nobody", steps.next("contract", "env@1.0.0", asking("env")))
    until, chain = steps.log.count, steps.log.chain
    steps.accept("a version that asks for both, by frank's thief and erin",
                 steps.next("contract", "env@1.1.0", asking("env", "ot", "it", version="1.1.0"), erin, expires=START + DAY).approve(*frank))
    frank_revoked = {"key": base64_of(frank[1].public), "kinds": ["contract"], "names": "*", "revoked": True, "stands_until": {"count": until, "chain": base64_of(chain)}}
    steps.accept("frank is revoked as of before", steps.next("operator", "frank", frank_revoked, BY_ROOT))
    steps.refuse("the first version holds", "illegal-body", steps.next("contract", "env@1.0.0", asking("env")))
    steps.accept("anybody's next", steps.next("contract", "env@1.2.0", asking("env", version="1.2.0")))
    return steps


MAKERS = {"versions that end": versions_that_end, "ends of a thief": ends_of_a_thief, "owners of contracts": owners,
          "a contract that a thief took": a_contract_that_a_thief_took, "a version that a thief asked owners for": a_version_that_a_thief_asked_owners_for}
