#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens and X.509 certificates of stock clients in real Mosquitto of each version: over TLS and without it, for one connection and to
their end. The tokens are made from docs/device-protocol.md alone, with Python's cryptography; the certificates by openssl."""
import argparse
import base64
import contextlib
import datetime
import fcntl
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import time

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import raw_mqtt
from checks import Checks
from python_device import Device
from world import GATE, ROOT, TOPIC, Fleet, Gate, World, payload, services
from stock_client import DENIED, SUCCESS, V5, V311, Client

DEVICE, BADGE, STRICT = "dev-a", "dev-badge", "dev-strict"
FILLER, PER_KEY = "dev-filler", 128
DEVICES = [DEVICE, STRICT, FILLER]
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Maker:
    """What a device does that makes its own tokens."""

    def __init__(self, pem):
        self.key = serialization.load_pem_private_key(pem, None)
        self.id = hashlib.sha256(self.key.public_key().public_bytes(*RAW)).hexdigest()[:16]

    def token(self, ttl=600, head=None, sign=None, **claims):
        """Claims and members of the header as given, None: without; signed with the key, or by `sign`."""
        now = int(time.time())
        every = {"sub": DEVICE, "aud": GATE, "iat": now, "exp": now + ttl, **claims}
        parts = ({"alg": "EdDSA", "typ": "JWT", "kid": self.id, **(head or {})}, {k: v for k, v in every.items() if v is not None})
        signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{base64url((sign or self.key.sign)(signed.encode()))}"


class Authority:
    """Certificates made by openssl: a server's, and clients'."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.root("ca")
        self.server = self.issue("server", "/CN=localhost", san="DNS:localhost,IP:127.0.0.1")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    def root(self, name):
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem",
                     "-subj", f"/CN=test {name}", "-days", 30)
        return self.folder / f"{name}.pem"

    def issue(self, name, subject, kind=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), san=None, ca="ca", days=30, until=None, key=None):
        """(certificate, key); the names in it say nothing of the device."""
        pem, secret, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        new = ["-key", key] if key else ["-newkey", *kind, "-nodes", "-keyout", secret]
        self.openssl("req", "-new", *new, "-subj", subject, "-out", request)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={san}\n" if san else "basicConstraints=CA:FALSE\n")
        if until is None:
            self.openssl("x509", "-req", "-in", request, "-CA", self.folder / f"{ca}.pem", "-CAkey", self.folder / f"{ca}.key", "-CAcreateserial",
                         "-days", days, "-extfile", extensions, "-out", pem)
        else:
            self.until(request, pem, until)
        return pem, key or secret

    def until(self, request, pem, until):
        """One that ends at a second: openssl x509 counts days only."""
        asked = x509.load_pem_x509_csr(request.read_bytes())
        issuer = x509.load_pem_x509_certificate(self.ca.read_bytes())
        key = serialization.load_pem_private_key((self.folder / "ca.key").read_bytes(), None)
        end = datetime.datetime.fromtimestamp(until, datetime.timezone.utc)
        made = (x509.CertificateBuilder().subject_name(asked.subject).issuer_name(issuer.subject).public_key(asked.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(end - datetime.timedelta(days=1)).not_valid_after(end)
                .sign(key, hashes.SHA256()))
        pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))


class Suite:
    def __init__(self, checks, world, version, authority, ports):
        self.checks, self.world, self.version, self.authority = checks, world, version, authority
        self.tls_port, self.badge_port, self.websockets_port, self.badge_websockets_port = ports
        self.maker = Maker((world.fleet.folder / f"devices/{DEVICE}.key.pem").read_bytes())
        self.gate = self.open()

    def open(self, **options):
        tls = f"certfile {{server}}\nkeyfile {{key}}\ncafile {{ca}}\n"
        conf = (f"listener {self.tls_port} 127.0.0.1\n{tls}"
                f"listener {self.badge_port} 127.0.0.1\n{tls}require_certificate true\n"
                f"listener {self.websockets_port} 127.0.0.1\nprotocol websockets\n{tls}"
                f"listener {self.badge_websockets_port} 127.0.0.1\nprotocol websockets\n{tls}require_certificate true\n")
        gate = Gate(self.world.build, self.world.keys / GATE, self.world.kafka, self.version, anonymous=True,
                    options={"allow_plain_tokens": False, **options})
        files = {"server": gate.broker.add(self.authority.server[0]), "key": gate.broker.add(self.authority.server[1]), "ca": gate.broker.add(self.authority.ca)}
        gate.broker.extra_conf = conf.format(**files)
        gate.start()
        gate.wait_for_control(self.world.fleet.control_count())
        return gate

    def name(self, text):
        return f"{text}.{self.version}"

    def context(self, certificate=None):
        context = ssl.create_default_context(cafile=str(self.authority.ca))
        context.check_hostname = False
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        return context

    def client(self, token=None, port=None, certificate=None, device=DEVICE, tls=True, **more):
        return Client(port or self.tls_port, more.pop("client_id", device), more.pop("user", device), token,
                      tls=self.context(certificate) if tls else None, **more)

    def refused(self, name, reason, **how):
        """Neither protocol gets in, and the gate counts why."""
        before = self.gate.fresh_metrics()["connections_refused_by_reason"].get(reason, 0)
        let_in = []
        for protocol in (V5, V311):
            client = self.client(protocol=protocol, **{k: v() if callable(v) else v for k, v in how.items()})
            let_in.append(client.connected)
            client.close()
        grown = self.gate.fresh_metrics()["connections_refused_by_reason"].get(reason, 0) - before
        self.checks.equal(self.name(name), (let_in, grown), ([False, False], 2))

    def publishes(self, client, device=DEVICE):
        return client.publish(TOPIC.format(device=device), payload(device))

    def mosquitto_pub(self, device, *words, port):
        return subprocess.run(["mosquitto_pub", "-V", "mqttv311", "-p", str(port), "--cafile", str(self.authority.ca), "-i", device, "-u", device, *words,
                               "-q", "1", "-t", TOPIC.format(device=device), "-m", payload(device)], capture_output=True, text=True)

    def tls_alone(self):
        token = self.maker.token()
        self.refused("a_token_without_tls_is_refused", "token-plain", token=token, port=self.gate.port, tls=False)
        for text, port, transport in (("tls", self.tls_port, "tcp"), ("tls_websockets", self.websockets_port, "websockets")):
            client = self.client(token, port, transport=transport)
            self.checks.note(self.name(f"a_token_over_{text}_is_taken"), client.connected and self.publishes(client) in SUCCESS, client.reason)
            client.close()
        done = self.mosquitto_pub(DEVICE, "-P", token, port=self.tls_port)
        self.checks.note(self.name("mosquitto_pub_publishes_with_a_token_over_tls"), done.returncode == 0, done.stderr)
        self.checks.note(self.name("no_token_stands_in_the_log"), token.split(".")[2] not in self.gate.broker.log.read_text(errors="replace"))

    def example(self):
        """The Python device over TLS, and what it says where it cannot."""
        def publish(**changes):
            fleet = self.world.fleet.folder
            options = {"device": DEVICE, "gate": GATE, "key": fleet / f"devices/{DEVICE}.key.pem", "root": fleet / "root.pub.pem", "successor": fleet / "successor.pub.pem",
                       "state": self.world.folder / f"example-{self.version}", "topic": TOPIC.format(device=DEVICE), "host": "localhost", "port": self.tls_port,
                       "cafile": self.authority.ca, **changes}
            words = [word for name, value in options.items() if value is not None for word in ("--" + name, str(value))]
            done = subprocess.run(["/usr/bin/python3", ROOT / "device/examples/publish.py", *words], input=payload(DEVICE) + "\n", capture_output=True, text=True)
            return done.returncode, done.stderr
        code, said = publish()
        self.checks.equal(self.name("the_python_example_publishes_over_tls"), (code, said), (0, "1 answered, 0 refused (by a receipt)\n"))
        (self.world.folder / "not-a-number").write_text("x")
        for name, changes, wanted, text in (
                ("no_tls_with_another_authority", {"cafile": self.world.folder / "elsewhere.pub.pem"}, 3, "no connection to localhost"),
                ("no_broker", {"port": 1}, 3, "no connection to localhost:1"), ("no_key", {"key": "/nonexistent"}, 2, "a key cannot be used"),
                ("no_state", {"state": self.world.folder / "not-a-number"}, 2, "the state cannot be used"),
                ("another_gate", {"gate": "elsewhere"}, 4, "not let in")):
            code, said = publish(**changes)
            self.checks.note(self.name(f"the_python_example_says_{name}"), code == wanted and text in said and "Traceback" not in said, (code, said))

    def claims(self):
        fleet = json.loads((self.world.keys / GATE / "gate.json").read_text())["fleet"]
        now = int(time.time())
        self.refused("a_token_without_an_audience_is_refused", "token-audience", token=self.maker.token(aud=None))
        self.refused("a_token_for_another_gate_is_refused", "token-audience", token=self.maker.token(aud="gate-2"))
        self.refused("a_token_for_two_gates_is_refused", "token-malformed", token=self.maker.token(aud=[GATE, "gate-2"]))
        self.refused("a_token_for_the_fleet_is_refused_by_default", "token-audience", token=self.maker.token(aud=fleet))
        self.refused("a_token_that_lives_too_long_is_refused", "token-lifetime", token=self.maker.token(ttl=8 * 86400))
        self.refused("a_token_that_lives_too_long_is_refused_without_iat", "token-lifetime", token=self.maker.token(ttl=8 * 86400, iat=None))
        self.refused("a_token_that_has_expired_is_refused", "token-expired", token=self.maker.token(exp=now - 1))
        self.refused("a_token_from_the_future_is_refused", "token-wrong", token=self.maker.token(iat=now + 120))
        self.refused("a_token_that_is_not_valid_yet_is_refused", "token-wrong", token=self.maker.token(nbf=now + 120))

    def headers(self):
        """Well signed, with a key of its own or where to find one, or something that every reader must understand; and signed otherwise."""
        public = self.maker.key.public_key().public_bytes(*RAW)
        before = self.gate.fresh_metrics()["connections_refused_by_reason"].get("token-malformed", 0)
        tokens = {f"alg_hs256_under_the_{what}": self.maker.token(head={"alg": "HS256"}, sign=lambda text, key=key: hmac.new(key, text, hashlib.sha256).digest())
                  for what, key in (("public_key", public), ("key_id", self.maker.id.encode()))}
        tokens["alg_none"] = self.maker.token(head={"alg": "none"})
        members = {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": base64url(public)}, "jku": "https://127.0.0.1/keys", "x5u": "https://127.0.0.1/chain",
                   "x5c": [base64url(public)], "crit": ["exp"]}
        tokens.update({member: self.maker.token(head={member: value}) for member, value in members.items()})
        for text, token in tokens.items():
            clients = [raw_mqtt.Client(self.tls_port, "tls") for _ in range(2)]
            codes = [client.connect(DEVICE, DEVICE, token, v5=v5) for client, v5 in zip(clients, (True, False))]
            for client in clients:
                client.drop()
            self.checks.equal(self.name(f"a_token_with_{text}_is_refused"), codes, [DENIED, 5])
        grown = self.gate.fresh_metrics()["connections_refused_by_reason"].get("token-malformed", 0) - before
        self.checks.equal(self.name("tokens_with_such_headers_are_counted"), grown, 2 * len(tokens))
        client = self.client(self.maker.token(head={"cty": "x"}))
        self.checks.note(self.name("a_token_with_any_other_member_is_taken"), client.connected, client.reason)
        client.close()

    def leeway(self):
        """A clock that is ahead of the gate's, by less than `token_leeway` (30 s): for `iat` and `nbf`, not for `exp`."""
        now = int(time.time())
        for text, more in (("iat", {"iat": now + 20}), ("nbf", {"nbf": now + 20})):
            client = self.client(self.maker.token(**more))
            self.checks.note(self.name(f"a_token_whose_{text}_is_within_the_leeway_is_taken"), client.connected, client.reason)
            client.close()
        self.refused("a_token_has_no_leeway_at_its_end", "token-expired", token=self.maker.token(exp=now))

    def single_use(self):
        token = self.maker.token(jti="one")
        first = self.client(token)
        self.checks.note(self.name("a_token_with_an_id_opens_one_connection"), first.connected and self.publishes(first) in SUCCESS, first.reason)
        self.refused("a_token_with_an_id_opens_no_second_one", "token-replayed", token=token, client_id=DEVICE + "/2")
        self.gate.broker.reload()
        self.gate.fresh_metrics()
        self.checks.note(self.name("a_reload_keeps_the_connection_of_a_token_with_an_id"), self.publishes(first) in SUCCESS and first.connected, first.reason)
        first.close()
        self.gate.broker.kill()
        self.gate.start()
        self.refused("a_token_with_an_id_is_known_after_a_kill", "token-replayed", token=token)
        made = self.world.fleet.cli("device", "token", DEVICE, "--gate", GATE, "--single-use").stdout.strip()
        client = self.client(made)
        self.checks.note(self.name("the_cli_makes_single_use_tokens"), client.connected, client.reason)
        client.close()
        self.refused("which_are_good_once", "token-replayed", token=made)

    def quota(self):
        """A key that fills its own part of what the gate remembers, over TLS and by a client that says little."""
        maker = Maker((self.world.fleet.folder / f"devices/{FILLER}.key.pem").read_bytes())

        tokens = [maker.token(sub=FILLER, jti=f"{self.version}-{i}") for i in range(PER_KEY + 2)]

        def connect(i):
            client = raw_mqtt.Client(self.tls_port, "tls")
            code = client.connect(FILLER, FILLER, tokens[i])
            client.drop()
            return code
        before = self.gate.fresh_metrics()["connections_refused_by_reason"].get("tokens-full", 0)
        codes = [connect(i) for i in range(PER_KEY + 2)]
        grown = self.gate.fresh_metrics()["connections_refused_by_reason"].get("tokens-full", 0) - before
        other = self.client(self.maker.token(jti=f"{self.version}-other"))
        self.checks.equal(self.name("a_key_fills_its_own_quota_alone"), (codes.count(0), codes[-2:], grown, other.connected), (PER_KEY, [135, 135], 2, True))
        other.close()
        self.gate.broker.kill()
        self.gate.start()
        before = self.gate.fresh_metrics()["connections_refused_by_reason"]
        codes = [connect(i) for i in (0, PER_KEY - 1, PER_KEY)]
        now = self.gate.fresh_metrics()["connections_refused_by_reason"]
        grown = [now.get(reason, 0) - before.get(reason, 0) for reason in ("token-replayed", "tokens-full")]
        self.checks.equal(self.name("and_after_a_kill_all_of_them_are_known"), (set(codes), grown), ({135}, [2, 1]))

    def ends(self):
        """A subscriber that says nothing, and one that publishes: both end with the token."""
        ttl = 4
        begun = time.time()
        silent = self.client(self.maker.token(ttl), client_id=DEVICE + "/silent")
        other = self.client(self.maker.token(), client_id=DEVICE + "/other")
        silent.subscribe(f"ats/receipts/{DEVICE}")
        silent.wait(lambda: silent.closed, 30)
        lived = time.time() - begun
        self.checks.note(self.name("a_silent_connection_is_closed_when_its_token_expires"), silent.closed and ttl - 1 <= lived < ttl + 5, lived)
        self.checks.note(self.name("and_no_other_of_the_device"), self.publishes(other) in SUCCESS and not other.closed)
        silent.close()
        other.close()

    def certificates(self):
        badge, key = self.authority.badge
        here = {"port": self.badge_port, "device": BADGE}
        client = self.client(certificate=(badge, key), **here)
        self.checks.note(self.name("a_certificate_whose_key_is_bound_connects"), client.connected and self.publishes(client, BADGE) in SUCCESS, client.reason)
        client.close()
        renewed = self.authority.issue("renewed", "/CN=admin/O=other", key=key)
        client = self.client(certificate=renewed, **here)
        self.checks.note(self.name("another_certificate_of_the_same_key_connects"), client.connected and self.publishes(client, BADGE) in SUCCESS, client.reason)
        client.close()
        done = self.mosquitto_pub(BADGE, "--cert", badge, "--key", key, port=self.badge_port)
        self.checks.note(self.name("mosquitto_pub_publishes_with_a_certificate"), done.returncode == 0, done.stderr)
        named = self.authority.issue("named", f"/CN={BADGE}")
        self.refused("a_certificate_that_names_the_device_with_another_key_is_refused", "certificate-unknown", certificate=named, **here)
        self.refused("a_bound_certificate_is_no_other_devices", "certificate-unknown", certificate=(badge, key), port=self.badge_port)
        client = self.client(self.maker.token(), port=self.badge_port, certificate=named)
        self.checks.note(self.name("a_token_counts_beside_any_certificate"), client.connected, client.reason)
        client.close()
        self.refused("a_device_without_token_and_certificate_is_refused", "token-missing", device=BADGE)
        web = {"port": self.badge_websockets_port, "transport": "websockets"}
        client = self.client(certificate=(badge, key), device=BADGE, **web)
        self.checks.note(self.name("a_certificate_over_websockets_connects"), client.connected and self.publishes(client, BADGE) in SUCCESS, client.reason)
        client.close()
        self.refused("a_certificate_with_another_key_is_refused_over_websockets", "certificate-unknown", certificate=named, device=BADGE, **web)

    def chain(self):
        """What the broker's TLS does not take reaches no gate: the CA is its own."""
        self.authority.root("other-ca")
        forged = self.authority.issue("forged", f"/CN={BADGE}", ca="other-ca", key=self.authority.badge[1])
        done = self.mosquitto_pub(BADGE, "--cert", forged[0], "--key", forged[1], port=self.badge_port)
        self.checks.note(self.name("a_certificate_of_another_authority_is_refused"), done.returncode != 0, done.stderr)
        for text, certificate in (("a_certificate_of_another_authority", forged), ("no_certificate", None)):
            try:
                reason = self.client(None, self.badge_websockets_port, certificate, BADGE, transport="websockets").reason
            except (OSError, paho.WebsocketConnectionError):
                reason = None
            self.checks.equal(self.name(f"{text}_over_websockets_does_not_reach_the_gate"), reason, None)

    def certificate_ends(self):
        end = int(time.time()) + 5
        short = self.authority.issue("short", "/CN=x", key=self.authority.badge[1], until=end)
        client = self.client(port=self.badge_port, device=BADGE, certificate=short)
        good = client.connected
        client.wait(lambda: client.closed, 30)
        self.checks.note(self.name("a_connection_is_closed_when_its_certificate_expires"), good and client.closed and time.time() >= end, (good, client.reason))
        client.close()

    def certificate_retired(self):
        """On each version a key of its own: what is retired stays so."""
        name = f"spare-{self.version}"
        spare = self.authority.issue(name, "/CN=spare", kind=("rsa:2048",))
        added = self.world.fleet.cli("device", "add-key", BADGE, "--certificate", spare[0], "--json")
        key_id = json.loads(added.stdout)["key_id"]
        spki = x509.load_pem_x509_certificate(spare[0].read_bytes()).public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.checks.equal(self.name("a_certificates_key_id_is_that_of_its_spki"), key_id, hashlib.sha256(spki).hexdigest()[:16])
        self.gate.wait_for_control(self.world.fleet.control_count())
        client = self.client(port=self.badge_port, device=BADGE, certificate=spare)
        good = client.connected and self.publishes(client, BADGE) in SUCCESS
        self.world.fleet.cli("device", "retire-key", BADGE, key_id)
        self.gate.wait_for_control(self.world.fleet.control_count())
        answer = self.publishes(client, BADGE)
        self.checks.equal(self.name("what_a_retired_certificate_opened_is_refused"), (good, answer), (True, DENIED))
        client.close()
        again = self.authority.issue(name + "-again", "/CN=spare", key=spare[1])
        for text, certificate in (("a_retired_certificate", spare), ("another_certificate_of_a_retired_key", again)):
            self.refused(f"{text}_is_refused", "certificate-unknown", certificate=certificate, port=self.badge_port, device=BADGE)

    def stolen(self):
        """A token whose end is far, and the key that signed it, in other hands (docs/procedures.md)."""
        name, cli = f"dev-stolen-{self.version}", self.world.fleet.cli

        def state(*words):
            done = cli("device", *words)
            self.gate.wait_for_control(self.world.fleet.control_count())
            return done
        state("add", name)
        old = json.loads(cli("device", "show", name, "--json").stdout)["keys"][0]["id"]
        token = cli("device", "token", name, "--gate", GATE, "--ttl", "7d").stdout.strip()
        thief = self.client(token, device=name)
        state("suspend", name)
        thief.wait(lambda: thief.closed)
        self.checks.note(self.name("what_a_token_opened_is_closed_when_its_device_is_suspended"), thief.reason == 0 and thief.closed, thief.reason)
        thief.close()
        self.refused("a_token_of_a_suspended_device_is_refused", "device-suspended", token=token, device=name)
        state("resume", name)
        thief = self.client(token, device=name)
        self.checks.note(self.name("a_token_from_before_a_suspension_is_good_after_it"), thief.connected, thief.reason)
        state("add-key", name)
        state("retire-key", name, old)
        thief.wait(lambda: thief.closed)
        self.checks.note(self.name("what_a_token_of_a_retired_key_opened_is_closed"), thief.closed)
        thief.close()
        self.refused("a_token_of_a_retired_key_is_refused_before_its_end", "key-unknown", token=token, device=name)
        token = cli("device", "token", name, "--gate", GATE, "--ttl", "7d").stdout.strip()
        client = self.client(token, device=name)
        self.checks.note(self.name("a_token_of_the_next_key_is_taken"), client.connected and self.publishes(client, name) in SUCCESS, client.reason)
        client.close()
        state("revoke", name)
        self.refused("a_token_of_a_revoked_device_is_refused_before_its_end", "device-revoked", token=token, device=name)

    def least_proof(self):
        maker = Maker((self.world.fleet.folder / f"devices/{STRICT}.key.pem").read_bytes())
        client = self.client(maker.token(sub=STRICT), device=STRICT)
        client.subscribe(f"ats/receipts/{STRICT}")
        good = self.publishes(client, STRICT) in SUCCESS
        self.world.fleet.cli("device", "set", STRICT, "--least-proof", "signature")
        self.gate.wait_for_control(self.world.fleet.control_count())
        answer = self.publishes(client, STRICT)
        client.wait(lambda: client.messages)
        reason = json.loads(client.messages[0][1])["reason"] if client.messages else None
        self.checks.equal(self.name("a_devices_least_proof_is_asked_of_it"), (good, answer, reason), (True, DENIED, "proof-weak"))
        signer = Device(STRICT, GATE, self.world.fleet.folder)
        old = self.client(maker.token(sub=STRICT), device=STRICT, client_id=STRICT + "/old", protocol=V311)
        here = TOPIC.format(device=STRICT)
        answer = old.publish(here, signer.envelope(int(time.time() * 1000), here, payload(STRICT)))
        self.checks.note(self.name("a_device_of_signatures_signs_in_a_tokens_connection"), old.connected and answer in SUCCESS and not old.closed, answer)
        old.close()
        self.world.fleet.cli("device", "set", STRICT, "--least-proof", "")
        self.gate.wait_for_control(self.world.fleet.control_count())
        self.checks.note(self.name("a_devices_least_proof_can_be_taken_away"), self.publishes(client, STRICT) in SUCCESS)
        client.close()

    def options(self):
        """A gate with the other choices."""
        self.gate.broker.close()
        self.gate = self.open(token_audience="fleet", token_single_use=True)
        made = self.world.fleet.cli("device", "token", DEVICE, "--any-gate", "--single-use").stdout.strip()
        client = self.client(made)
        self.checks.note(self.name("a_token_for_the_fleet_is_taken_where_the_gate_says_so"), client.connected, client.reason)
        client.close()
        self.refused("a_token_without_an_id_is_refused_where_the_gate_says_so", "token-id", token=self.maker.token())


def commands(checks, world):
    """attestream device token: whose key it takes, and for whom."""
    def claims(*words):
        done = world.fleet.cli("device", "token", *words, check=False)
        head, body = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in done.stdout.split(".")[:2]) if done.returncode == 0 else ({}, {})
        return head, body, done
    _, body, done = claims(DEVICE)
    checks.equal("the_cli_names_the_only_gate", (body.get("aud"), body.get("sub")), (GATE, DEVICE))
    _, _, done = claims("ghost")
    checks.note("the_cli_tells_an_unknown_device", done.returncode == 1 and "ghost" in done.stderr, done.stderr)
    first, _, _ = claims(DEVICE)
    new = json.loads(world.fleet.cli("device", "add-key", DEVICE, "--json").stdout)["key_id"]
    head, _, _ = claims(DEVICE)
    checks.equal("the_cli_takes_the_newest_key", head.get("kid"), new)
    later = json.loads(world.fleet.cli("device", "add-key", DEVICE, "--not-before", "2999-01-01", "--json").stdout)["key_id"]
    checks.equal("the_cli_takes_no_key_that_is_not_valid_yet", claims(DEVICE)[0].get("kid"), new)
    for key_id in (later, new):
        world.fleet.cli("device", "retire-key", DEVICE, key_id)
    checks.equal("the_cli_takes_the_key_that_is_left", claims(DEVICE)[0].get("kid"), first.get("kid"))
    world.fleet.cli("device", "add", "dev-elsewhere", "--public-key", world.folder / "elsewhere.pub.pem")
    _, _, done = claims("dev-elsewhere")
    checks.note("the_cli_tells_when_the_key_is_elsewhere", done.returncode == 2 and "--key" in done.stderr, done.stderr)
    done = world.fleet.cli("device", "add", "dev-x", "--certificate", world.folder / "elsewhere.pub.pem", check=False)
    checks.note("the_cli_tells_what_is_no_certificate", done.returncode == 2 and "X.509" in done.stderr, done.stderr)
    done = world.fleet.cli("device", "set", DEVICE, "--least-proof", "strong", check=False)
    checks.note("the_cli_tells_which_proofs_there_are", done.returncode == 2 and "signature" in done.stderr, done.stderr)


def begin_unseen(world):
    """A token beside a copy of the control log that another command has for as long as a token's maker waits, which is a minute."""
    fleet = Fleet(world.build, world.folder / "unseen", world.kafka)
    shutil.copytree(world.fleet.folder, fleet.folder)
    held = open(fleet.folder / "store/lock", "rb")
    fcntl.flock(held, fcntl.LOCK_EX)
    words = fleet.command("device", "token", DEVICE, "--gate", "nowhere", "--key", fleet.folder / f"devices/{DEVICE}.key.pem", "--json")
    return held, subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end_unseen(checks, held, maker):
    found, said = maker.communicate(timeout=120)
    held.close()
    answer = json.loads(found)
    checks.note("a_copy_that_another_command_keeps_is_told", maker.returncode == 0 and "the fleet's copy of the control log was not looked at: another attestream command has" in said, said)
    checks.equal("of_a_copy_that_was_not_looked_at_no_count_is_given", (answer["control_records"], answer["warnings"], answer["token"].count(".")), (None, [], 2))


def warnings(checks, world):
    """attestream device token makes what gates will refuse, and says so, as far as the copy of the control log that is at hand knows."""
    cli, device = world.fleet.cli, "dev-warned"
    key = world.fleet.folder / f"devices/{device}.key.pem"
    foreign = ("--key", world.folder / "elsewhere.key.pem")

    def check(name, *words, reasons=(), says=(), records=True):
        """The gates' reasons in --json, a note each; and a token all the same, which alone stands on standard output."""
        done, plain = cli("device", "token", *words, "--json", check=False), cli("device", "token", *words, check=False)
        answer = json.loads(done.stdout) if done.returncode == 0 else {"warnings": [{"reason": done.stderr}], "control_records": -1}
        told = all(f"warning: {warning['text']}" in done.stderr + "\n" for warning in answer["warnings"] if "text" in warning)
        known = answer["control_records"] == (world.fleet.control_count() if records is True else records)
        checks.note(name, tuple(warning["reason"] for warning in answer["warnings"]) == tuple(reasons) and told and all(text in done.stderr for text in says) and known
                    and plain.stdout.count(".") == 2 and plain.stdout.count("\n") == 1, (answer, done.stderr, plain.stdout))
        return done

    cli("device", "add", device)
    whole = (device, "--gate", GATE, "--key", key)
    for name, words in (("of_a_good_token", (device,)), ("of_a_good_token_by_its_key_and_gate", whole)):
        checks.equal(f"{name}_nothing_is_said", check(f"{name}_no_warning_is_given", *words).stderr, "")
    check("a_key_that_is_none_of_the_devices_is_warned_of", device, *foreign, reasons=["key-unknown"], says=[f"is none of device '{device}'"])
    check("with_key_and_gate_both_are_warned_of", device, *foreign, "--gate", "nowhere", reasons=["key-unknown", "token-audience"],
          says=["is none of", "gate 'nowhere' is not in this fleet", "Kafka is not asked"])
    check("a_device_that_is_not_there_is_warned_of_with_key_and_gate", "ghost", "--gate", GATE, "--key", key, reasons=["device-unknown"], says=["device 'ghost' is not in this fleet"])
    later = json.loads(cli("device", "add-key", device, "--not-before", "2999-01-01", "--json").stdout)["key_id"]
    check("a_key_that_is_not_valid_yet_is_warned_of", device, "--key-id", later, reasons=["key-not-valid"], says=[later])
    cli("device", "retire-key", device, later)
    check("a_key_that_is_retired_is_warned_of", device, "--key-id", later, reasons=["key-unknown"], says=[later])
    cli("gate", "add", "gone")
    cli("gate", "revoke", "gone")
    check("a_revoked_gate_is_warned_of_with_key_and_gate", device, "--key", key, "--gate", "gone", reasons=["gate-revoked"], says=["gate 'gone' is revoked"])
    cli("device", "suspend", device)
    check("a_suspended_device_is_warned_of", device, "--gate", GATE, reasons=["device-suspended"], says=[f"device '{device}' is suspended"])
    cli("device", "resume", device)
    check("a_device_that_goes_on_is_not_warned_of", device, "--gate", GATE)
    check("a_week_is_not_warned_of", *whole, "--ttl", "7d")
    check("a_life_past_what_gates_usually_take_is_warned_of", *whole, "--ttl", "169h", reasons=["token-lifetime"], says=["7d", "token_lifetime_max"])
    done = cli("device", "token", *whole, "--ttl", "3651d", check=False)
    checks.note("a_life_that_no_gate_can_take_is_refused", (done.returncode, done.stdout) == (2, "") and "1s to 3650d" in done.stderr, done.stderr)
    check("the_longest_that_a_gate_can_take_is_made", *whole, "--ttl", "3650d", reasons=["token-lifetime"])
    cli("device", "revoke", device)
    cli("status")
    check("a_revoked_device_is_warned_of_with_key_and_gate", *whole, reasons=["device-revoked"], says=[f"device '{device}' is revoked", "as of control record"])

    nowhere = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ATS_KAFKA_CONFIG": ""}
    done = subprocess.run(world.fleet.command("device", "token", *whole), capture_output=True, text=True, env=nowhere)
    checks.note("without_kafka_the_copy_warns_all_the_same", done.returncode == 0 and "is revoked" in done.stderr and "127.0.0.1" not in done.stderr, done.stderr)
    with open(world.fleet.folder / "store/lock", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        late = subprocess.Popen(world.fleet.command("device", "token", *whole, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            late.wait(1)
    found, said = late.communicate(timeout=60)
    answer = json.loads(found)
    checks.equal("a_copy_that_another_command_has_is_waited_for", ([warning["reason"] for warning in answer["warnings"]], answer["control_records"], "not looked at" in said),
                 (["device-revoked"], world.fleet.control_count(), False))

    def alone(name, fleet, left):
        done = fleet.cli("device", "token", "ghost", "--gate", "nowhere", *foreign, "--json", check=False)
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
        checks.equal(name, (answer.get("warnings"), answer.get("control_records"), done.stderr, sorted(path.name for path in fleet.folder.glob("*"))), ([], 0, "", left))
    alone("without_a_fleet_nothing_is_said", Fleet(world.build, world.folder / "no-fleet", world.kafka), [])
    bare, pins = world.folder / "bare-fleet", ["root.pub.pem", "successor.pub.pem"]
    bare.mkdir()
    for pin in pins:
        (bare / pin).write_bytes((world.fleet.folder / pin).read_bytes())
    alone("without_a_copy_nothing_is_said_and_none_is_made", Fleet(world.build, bare, world.kafka), pins)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    options = parser.parse_args()
    checks = Checks("tokens")
    world = World(options.build, DEVICES)
    authority = Authority(world.folder / "authority")
    authority.badge = authority.issue("badge", "/CN=whoever")
    authority.openssl("genpkey", "-algorithm", "ed25519", "-out", world.folder / "elsewhere.key.pem")
    authority.openssl("pkey", "-in", world.folder / "elsewhere.key.pem", "-pubout", "-out", world.folder / "elsewhere.pub.pem")
    world.fleet.cli("device", "add", BADGE, "--certificate", authority.badge[0])
    unseen = begin_unseen(world)
    checks.run("commands_run_through", commands, checks, world)
    checks.run("warnings_run_through", warnings, checks, world)
    for version in services.mosquitto_versions():
        suite = Suite(checks, world, version, authority, services.free_ports(4))
        checks.run_each((suite.tls_alone, suite.example, suite.claims, suite.headers, suite.leeway, suite.single_use, suite.quota, suite.ends, suite.certificates,
                         suite.chain, suite.certificate_ends, suite.certificate_retired, suite.stolen, suite.least_proof, suite.options), suite.name)
        suite.gate.broker.close()
    checks.run("unseen_runs_through", end_unseen, checks, *unseen)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(main())
