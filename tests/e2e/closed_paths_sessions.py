# SPDX-License-Identifier: Apache-2.0
"""What a live session is worth at a reload, after its device's record has changed, and after another session; retained messages and QoS 2.
For test_closed_paths.py: each is a function of its suite."""
import re
import time

from frozen import Frozen
from test_tokens import Maker
from world import TOPIC, payload

TAKEN = (0x00, 0x10)
DENIED = 0x87


def topic(device):
    return TOPIC.format(device=device)


def logged(suite, event, **fields):
    """How often the gate has logged it with these fields."""
    text = suite.gate.broker.log.read_text(errors="replace")
    return sum(all(f"{name}={value}" in line for name, value in fields.items()) for line in re.findall(rf"{re.escape(event)} .*", text))


def grown(suite, before, *names):
    """By how much counters, or those of reasons, have grown."""
    now = suite.gate.fresh_metrics()

    def count(metrics, name):
        return metrics.get(name, metrics["refused_by_reason"].get(name, 0))
    return tuple(count(now, name) - count(before, name) for name in names)


def reload(suite):
    """SIGHUP looks at every session again: whose device was suspended, or whose token has expired, goes by that alone, others stay. The
    broker's thread stands still while record and time come, so that it finds the signal first: by the record's own arrival it would close
    them a second later, and by the time 0.4 s."""
    live, live_client = suite.device("live"), suite.client()
    live.connect(live_client)
    token, code = suite.with_token("will")
    paused = suite.names["paused"]
    silent = [suite.with_token("paused")[0], suite.client()]
    codes = [code, suite.device("paused").connect(silent[1], client_id=paused + "/2")]
    maker = Maker((suite.world.fleet.folder / f"devices/{suite.names['will']}.key.pem").read_bytes())
    expires = int(time.time()) + 3
    old = suite.client()
    codes.append(old.connect(suite.names["will"] + "/old", suite.names["will"], maker.token(sub=suite.names["will"], exp=expires)))
    before = suite.mentions("Reloading config")
    with Frozen(suite.gate.pid):
        suite.world.fleet.cli("device", "suspend", paused)
        suite.gate.wait_for_control(suite.world.fleet.control_count())
        suite.gate.wait_for("the token's end", lambda _: time.time() > expires)
        suite.gate.broker.reload()
    suite.gate.wait_for("reloading", lambda _: suite.mentions("Reloading config") > before)
    suite.checks.equal(suite.name("reload_finds_sessions"), codes, [0] * 3)
    at_reload = {"detail": '"at a reload"'}
    suite.checks.equal(suite.name("reload_closes_silent_sessions_of_a_suspended_device"),
                       ([each.wait_closed() for each in silent],
                        logged(suite, "connect.refused", device=f'"{paused}"', reason="device-suspended", **at_reload)), ([True] * 2, 2))
    suite.checks.equal(suite.name("reload_closes_a_silent_session_whose_token_has_expired"),
                       (old.wait_closed(), logged(suite, "connect.refused", client=f'"{suite.names["will"]}/old"', reason="session-expired", **at_reload)),
                       (True, 1))
    here = topic(live.name)
    answers = [live_client.publish(here, payload(live.name), proof=live.tag(here, payload(live.name))),
               token.publish(topic(suite.names["will"]), payload(suite.names["will"]))]
    suite.checks.note(suite.name("reload_keeps_sessions"), all(a in TAKEN for a in answers), answers)
    for each in (live_client, token, old, *silent):
        each.drop()


def first_refused(suite):
    """The first publish that the broker reads after the record reached the gate is refused, with its receipt, and the connection closed."""
    name = suite.names["late"]
    here, (client, _) = topic(name), suite.with_token("late")
    before = suite.gate.fresh_metrics()
    taken = client.publish(here, payload(name))
    with Frozen(suite.gate.pid):
        suite.world.fleet.cli("device", "revoke", name)
        suite.gate.wait_for_control(suite.world.fleet.control_count())
        client.send_publish(here, payload(name))
    closed = client.wait_closed()
    receipts = [data for where, data in client.messages if where == f"ats/receipts/{name}"]
    suite.checks.equal(suite.name("first_publish_after_a_revocation_is_refused"),
                       (taken in TAKEN, client.acks.get(client.mid), *grown(suite, before, "admitted")), (True, DENIED, 1))
    suite.checks.note(suite.name("its_device_is_told_and_closed"), closed and len(receipts) == 1 and b'"device-revoked"' in receipts[0], receipts)
    client.drop()


def retained(suite):
    """What was admitted is kept for later subscribers, the poison that follows it is not."""
    name = suite.names["kept"]
    here, (client, _) = topic(name), suite.with_token("kept")
    before, good = suite.gate.fresh_metrics(), payload(name, temp=24.5)
    answers = [client.publish(here, data, retain=True) for data in (good, "not json")]
    client.disconnect()
    watcher = suite.watcher(here)
    watcher.wait(lambda: watcher.messages)
    watcher.settle()
    suite.checks.equal(suite.name("retained_publish_is_judged"), (answers[0] in TAKEN, answers[1], *grown(suite, before, "admitted", "quarantined")),
                       (True, DENIED, 1, 1))
    suite.checks.equal(suite.name("retained_publish_reaches_later_subscribers"), watcher.messages, [(here, good.encode())])
    watcher.disconnect()


def qos_2(suite):
    """A replay under another packet id is a duplicate; the flag and the level that were signed cannot be changed."""
    device, client = suite.device("live"), suite.client()
    here, text = topic(device.name), payload(device.name, temp=20.5)
    device.connect(client)
    before = suite.gate.fresh_metrics()
    proof, other = (device.tag(here, text, qos=2) for _ in range(2))
    answers = [client.publish(here, text, qos=2, proof=proof) in TAKEN for _ in range(2)]
    answers += [client.publish(here, text, qos=1, proof=other), client.publish(here, text, qos=2, retain=True, proof=other)]
    admitted, duplicates, wrong = grown(suite, before, "admitted", "duplicates", "proof-wrong")
    suite.checks.equal(suite.name("qos_2_replay_is_a_duplicate"), (answers[:2], admitted, duplicates), ([True] * 2, 1, 1))
    suite.checks.equal(suite.name("qos_and_retain_are_those_that_were_proven"), (answers[2:], wrong), ([DENIED] * 2, 2))
    client.disconnect()


def in_flight(suite):
    """Packets that a device made in its last session and could not send any more are taken, once; those of the one before are not."""
    device = suite.device("live")
    here = topic(device.name)
    clients = [suite.client() for _ in range(3)]
    device.connect(clients[0])
    texts = [payload(device.name, temp=20 + i) for i in range(2)]
    tags = [device.tag(here, text) for text in texts]
    clients[0].drop()
    device.connect(clients[1])
    before = suite.gate.fresh_metrics()
    taken = [clients[1].publish(here, texts[0], proof=tags[0]) in TAKEN for _ in range(2)]
    clients[1].drop()
    device.connect(clients[2])
    late = clients[2].publish(here, texts[1], proof=tags[1])
    admitted, duplicates, refused = grown(suite, before, "admitted", "duplicates", "proof-session")
    suite.checks.equal(suite.name("packet_of_the_last_session_is_taken_once"), (taken, admitted, duplicates), ([True] * 2, 1, 1))
    suite.checks.equal(suite.name("packet_of_the_session_before_it_is_refused"), (late, refused), (DENIED, 1))
    clients[2].drop()


def elsewhere(suite):
    """Where no contract governs the broker's own rules decide over a device's will too, but never on the broker's own topics."""
    watcher = suite.watcher("office/#", "$SYS/broker/connection/#", "$CONTROL/#")
    for where in ("$SYS/broker/connection/x/state", "$CONTROL/dynamic-security/v1", "office/x"):
        client, _ = suite.with_token("live", will=(where, "gone", 1, False))
        client.drop()
    watcher.wait(lambda: watcher.messages)
    watcher.settle()
    suite.checks.equal(suite.name("will_on_a_topic_of_the_broker_reaches_nobody"),
                       (watcher.messages, logged(suite, "publish.refused", client=f'"{suite.names["live"]}"', topic='"$SYS/broker/connection/x/state"',
                                                 reason="topic-system")), ([("office/x", b"gone")], 1))
    watcher.disconnect()


def commands(suite):
    """A device writes among its own commands, an answer say, and no other device's, though the broker's own rules let everybody."""
    name, other = suite.names["live"], suite.names["will"]
    watcher = suite.watcher("commands/#")
    client, _ = suite.with_token("live", will=(f"commands/{other}/stop", "by a will", 1, False))
    answers = [client.publish(f"commands/{other}/stop", "1"), client.publish(f"commands/{name}/answer", "1") in TAKEN]
    client.drop()
    suite.gate.wait_for("the will", lambda _: logged(suite, "publish.refused", topic=f'"commands/{other}/stop"', reason="topic-device") == 2)
    watcher.settle()
    suite.checks.equal(suite.name("device_commands_no_other"), (answers, watcher.messages), ([DENIED, True], [(f"commands/{name}/answer", b"1")]))
    watcher.disconnect()


def reauthenticated(suite):
    """A will goes with the CONNECT that brought it, however often its connection has re-authenticated since."""
    device, client = suite.device("live"), suite.client()
    here, text = topic(device.name), payload(device.name, temp=22.5)
    watcher = suite.watcher(here)
    data = device.connect_data()
    will = device.will(here, text)
    device.connect(client, data=data, will=(here, will, 1, False))
    code = client.reauthenticate("ATTESTREAM-1", device.connect_data())
    client.drop()
    watcher.wait(lambda: watcher.messages)
    suite.checks.equal(suite.name("will_is_sent_after_a_reauthentication_too"), (code, watcher.messages), (0, [(here, will)]))
    watcher.disconnect()


TESTS = (reload, retained, qos_2, in_flight, first_refused, elsewhere, commands, reauthenticated)
