#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the CLI leaves behind where it refuses, what it warns of, its JSON and its exit codes, against real Kafka."""
import argparse
import base64
import copy
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key

from checks import Checks
from world import ROOT, Fleet, services

CONTRACT = ROOT / "schemas/contracts/env-sensor"


class Suite:
    def __init__(self, checks, build):
        self.checks = checks
        self.folder = services.TempDir("answers").path
        self.kafka = services.kafka()
        self.fleet = self.make_fleet(build, "fleet")
        self.fleet.cli("operator", "add", "press", "--kinds", "device", "--names", "press-*")
        self.fleet.cli("--operator", "operator", "gate", "add", "g1")
        self.fleet.cli("--operator", "operator", "device", "add", "d1")
        self.press, self.all = ("--operator", "press"), ("--operator", "operator")

    def make_fleet(self, build, name):
        kafka = copy.copy(self.kafka)
        kafka.prefix = f"{self.kafka.prefix}{name}."
        fleet = Fleet(build, self.folder / name, kafka)
        fleet.cli("init")
        return fleet

    def run(self, *words):
        return self.fleet.cli(*words, check=False)

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def keys(self):
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*.key.pem")}

    def left_behind(self):
        """What is refused leaves no key that a later call would take for another's."""
        before = self.keys()
        self.expect("a_device_out_of_scope_is_refused", self.run(*self.press, "device", "add", "oven-1"), 1, "out of scope")
        self.expect("one_bad_name_of_many_is_refused", self.run(*self.press, "device", "add", "--from", self.file("names", "press-8\noven-2\n")), 1)
        self.expect("a_device_in_another_file_is_refused", self.run(*self.press, "device", "add", "oven-3", "--out", self.folder / "oven-3.key.pem"), 1)
        self.expect("a_further_key_out_of_scope_is_refused", self.run(*self.press, "device", "add-key", "d1"), 1)
        self.expect("an_operator_by_another_key_is_refused", self.run("operator", "add", "x", "--root-key", self.fleet.folder / "operators/press.key.pem"), 1)
        self.expect("an_operator_beyond_its_proposal_is_refused", self.run("--propose", self.folder / "p.json", "operator", "add", "y"), 2)
        (self.folder / "taken.json").write_text("{}")
        self.expect("a_proposal_in_a_file_that_is_there_is_refused", self.run(*self.press, "--propose", self.folder / "taken.json", "device", "add", "press-9"), 1, "exists already")
        self.checks.equal("what_is_refused_leaves_no_key", self.keys(), before)
        self.fleet.cli(*self.press, "device", "add", "press-1")
        self.checks.equal("what_is_accepted_leaves_its_key", self.keys() - before, {"fleet/devices/press-1.key.pem"})
        self.fleet.cli(*self.press, "--propose", self.folder / "press-2.json", "device", "add", "press-2")
        self.checks.note("what_is_proposed_leaves_its_key", "fleet/devices/press-2.key.pem" in self.keys())
        again = self.run(*self.press, "device", "add", "press-2")
        self.expect("a_key_that_was_there_is_said", again, 0, "press-2.key.pem", "was there")
        self.expect("a_device_that_is_there_keeps_its_key", self.run(*self.press, "device", "add", "press-1"), 1, "there already")
        self.fleet.cli(*self.press, "device", "revoke", "press-1")
        self.expect("a_revoked_name_never_comes_back_and_that_is_said", self.run(*self.press, "device", "add", "press-1"), 1, "device 'press-1' was revoked", "choose another one")
        self.checks.note("the_key_of_a_device_that_is_there_stays", "fleet/devices/press-1.key.pem" in self.keys())

    def roots_sign(self):
        """Whom the command line names is who signs; a command that somebody else signs says so, and one that nobody signs does not mind."""
        count = self.fleet.control_count()
        commands = {"operator_add": ("operator", "add", "x"), "operator_renew": ("operator", "renew", "press"), "operator_rotate_key": ("operator", "rotate-key", "press"),
                    "operator_revoke": ("operator", "revoke", "press"), "policy_set": ("policy", "set", "--hourly", 5), "root_change": ("root", "change")}
        for name, words in commands.items():
            signer = "successor" if name == "root_change" else "root"
            said = f"'{words[0]} {words[1]}' is signed by the {signer}, not by an operator: leave --operator out"
            self.expect(f"{name}_takes_no_operator", self.run(*self.press, *words), 2, said)
        self.checks.equal("what_names_another_signer_writes_nothing", self.fleet.control_count(), count)
        self.expect("what_nobody_signs_takes_an_operator", self.run(*self.press, "operator", "list"), 0, "press-*")

    def default_signer(self):
        """Who signs where nobody is named: the only one whose key is good."""
        fleet = self.make_fleet(self.fleet.build, "signers")

        def run(*words):
            return fleet.cli(*words, check=False)

        self.expect("a_second_operators_key_in_the_folder_is_told", run("operator", "add", "second"), 0, "two operators now (operator, second)", "want --operator from now on")
        self.checks.equal("a_third_one_is_not", run("operator", "add", "third", "--kinds", "device").stderr, "")
        self.expect("who_could_sign_is_named", run("device", "add", "d1"), 2, "--operator", "(operator, second, third)")
        for name in ("operator", "third"):
            fleet.cli("operator", "revoke", name)
        self.expect("a_revoked_operators_key_is_passed_over", run("device", "add", "d1"), 0, "added device 'd1'")
        self.checks.equal("the_only_good_key_signs", json.loads(fleet.cli("device", "show", "d1", "--json").stdout)["signer"], "second")
        self.expect("whom_the_command_line_names_signs_all_the_same", run("--operator", "third", "device", "add", "d2"), 1, "is revoked")
        fleet.cli("operator", "revoke", "second")
        self.expect("where_no_key_is_good_it_is_said_why", run("device", "add", "d2"), 2, "operator (revoked), second (revoked), third (revoked)")

    def laid_over(self):
        """Whose topics are whose is told in words: a refusal with what can be done, an overlap once the log has it."""
        fleet = self.make_fleet(self.fleet.build, "laid-over")
        full, second, narrow = (("--operator", name) for name in ("operator", "second", "narrow"))
        fleet.cli("operator", "add", "second", "--kinds", "contract")
        fleet.cli("operator", "add", "narrow", "--kinds", "contract", "--names", "zz-*")
        fleet.cli(*full, "contract", "publish", CONTRACT)

        def publish(who, name, topics, *words):
            folder = self.folder / f"{name}-contract"
            shutil.copytree(CONTRACT, folder, dirs_exist_ok=True)
            text = (CONTRACT / "contract.odcs.yaml").read_text().replace("id: env-sensor", f"id: {name}", 1)
            (folder / "contract.odcs.yaml").write_text(text.replace('"site/+/{device}/env"', topics))
            return fleet.cli(*who, *words, "contract", "publish", folder, check=False)

        def refused(name, done, *texts):
            self.expect(name, done, 1, *texts)
            self.checks.note(f"{name}_in_words_alone", "illegal-body" not in done.stderr and "overlaps" not in done.stderr, done.stderr)

        refused("the_same_topics_are_refused", publish(full, "zz-same", '"site/+/{device}/env"'), "contract env-sensor@1.0.0's already: publish a new version of that one")
        refused("who_may_not_state_the_other_is_sent_to_who_may", publish(narrow, "zz-same", '"site/+/{device}/env"'), "which 'narrow' may not state: choose other topics, or let who may")
        north = '"site/north/{device}/env"'
        refused("who_may_not_state_both_lays_none_over_the_other", publish(narrow, "zz-over", north), "'site/+/{device}/env' of contract env-sensor@1.0.0, which 'narrow' may not state",
                "only who may state both may lay one over the other, and the last by name governs then")
        self.expect("a_contract_out_of_scope_is_told_as_that", publish(narrow, "over", north), 1, "out of scope")
        file = self.folder / "over.json"
        self.expect("a_proposal_says_what_would_be_governed", publish(full, "zz-over", north, "--propose", file), 0, "topics of both would be governed by 'zz-over', the last by name")
        shown = fleet.cli(*second, "approve", file, "--show", "--json")
        self.checks.note("who_approves_is_shown_what_would_be_governed", "would be governed by 'zz-over'" in shown.stderr, shown.stderr)
        approve = ("approve", file, "--digest", json.loads(shown.stdout)["digest"])
        refused("who_may_not_state_both_approves_none_over_the_other", fleet.cli(*narrow, *approve, check=False), "which 'narrow' may not state: only who may state both")
        self.expect("an_approval_says_what_is_governed", fleet.cli(*second, *approve, check=False), 0, "topics of both are governed by 'zz-over', the last by name")
        under = publish(full, "aa-under", '"site/south/{device}/env"', "--json")
        self.checks.equal("a_contract_that_governs_nothing_says_so", (under.returncode, json.loads(under.stdout)["governs"], "contract aa-under@1.0.0 governs no topic" in under.stderr), (0, False, True))
        wider = publish(full, "aa-wider", '"site/#"', "--json")
        self.checks.equal("one_that_governs_some_does_not", (wider.returncode, json.loads(wider.stdout)["governs"], "governs no topic" in wider.stderr), (0, True, False))

    def versions(self):
        """What a version breaks is told, and keeps it out of the log without a new major, by whichever way it comes."""
        fleet = self.make_fleet(self.fleet.build, "versions")
        one, second = ("--operator", "operator"), ("--operator", "second")
        fleet.cli("operator", "add", "second", "--kinds", "contract")
        text = (CONTRACT / "contract.odcs.yaml").read_text()

        def folder(version, was="", by=""):
            made = self.folder / f"version-{version}"
            shutil.copytree(CONTRACT, made, dirs_exist_ok=True)
            (made / "contract.odcs.yaml").write_text(text.replace("version: 1.0.0", f"version: {version}").replace(was, by))
            return made

        def run(*words):
            return fleet.cli(*one, *words, check=False)

        narrow, wide = folder("1.1.0", "maximum: 100", "maximum: 90"), folder("1.2.0", "maximum: 100", "maximum: 110")
        told = "100 is above the most allowed, 90"
        self.expect("diff_says_what_breaks", run("contract", "diff", CONTRACT, narrow), 1, "data.humidity", "devices", told, "asks for a new major, what rose is minor")
        answer = json.loads(run("contract", "diff", CONTRACT, narrow, "--json").stdout)
        self.checks.equal("diff_is_an_object", (answer["holds"], answer["required"], answer["raised"], answer["changes"][0]["for"], answer["changes"][0]["rule"]),
                          (False, "major", "minor", ["writers", "devices"], "range"))
        self.expect("what_is_wider_asks_for_a_minor", run("contract", "diff", CONTRACT, wide), 0, "old-readers", "asks for a new minor, what rose is minor")
        self.expect("diff_of_two_contracts_is_usage", run("contract", "diff", CONTRACT, ROOT / "schemas/contracts/machine-temp"), 2, "two contracts")
        fleet.cli(*one, "contract", "publish", CONTRACT)
        self.expect("diff_reads_the_log", run("contract", "diff", "env-sensor@1.0.0", narrow), 1, told)
        self.expect("diff_says_what_is_neither_folder_nor_published", run("contract", "diff", "env-sensor@9.0.0", narrow), 2, "neither a contract's folder nor one that is published")
        self.expect("publish_refuses_what_breaks_within_a_major", run("contract", "publish", narrow), 1, "cannot stand behind version 1.0.0", told, "2.0.0")
        self.expect("publish_takes_it_with_a_new_major", run("contract", "publish", folder("2.0.0", "maximum: 100", "maximum: 90")), 0, "published contract env-sensor@2.0.0")
        self.expect("publish_notes_what_a_patch_is_too_little_for", run("contract", "publish", folder("1.0.1", "maximum: 100", "maximum: 110")), 0, "the minor part of the version should rise")
        file = self.folder / "versions.json"
        run("--propose", file, "contract", "publish", folder("3.1.0", "maximum: 100", "maximum: 80"))
        run("contract", "publish", folder("3.0.0"))
        shown = fleet.cli(*second, "approve", file, "--show", "--json", check=False)
        self.expect("show_refuses_what_breaks_a_version_that_came_in_between", shown, 1, "cannot stand behind version 3.0.0")
        self.expect("approve_is_no_way_around", fleet.cli(*second, "approve", file, "--digest", self.digest_of(file), check=False), 1, "cannot stand behind version 3.0.0")

    @staticmethod
    def digest_of(file):
        """What --show would say: SHA-256 over each record behind its length."""
        records = [base64.b64decode(record) for record in json.loads(file.read_text())["records"]]
        return hashlib.sha256(b"".join(struct.pack(">I", len(record)) + record for record in records)).hexdigest()

    def key_files(self):
        """Where a private key was put is told; nothing where the key was given."""
        folder, elsewhere = self.fleet.folder / "devices", self.folder / "k2.key.pem"
        public = self.folder / "k3.pub.pem"
        public.write_bytes(Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        add = (*self.all, "device", "add")
        self.expect("device_add_names_its_key_file", self.run(*add, "k 1"), 0, f"added device 'k 1', its private key is in {folder}/k%201.key.pem")
        self.expect("device_add_names_the_file_of_out", self.run(*add, "k2", "--out", elsewhere), 0, f"its private key is in {elsewhere}")
        given = self.run(*add, "k3", "--public-key", public, "--json")
        self.checks.equal("device_add_names_no_file_of_a_given_key", json.loads(given.stdout), {"verdict": "added", "name": "k3", "key_file": None})
        names = self.file("k-names", "k4\nk5\n")
        self.expect("device_add_of_many_names_the_folder", self.run(*add, "--from", names), 0, f"added 2 devices, their private keys are in {folder}")
        self.checks.note("the_files_that_are_named_are_there", all(path.exists() for path in (folder / "k%201.key.pem", elsewhere, folder / "k4.key.pem")), self.keys())
        further = json.loads(self.fleet.cli(*self.all, "device", "add-key", "k2", "--json").stdout)
        self.checks.equal("device_add_key_names_its_key_file", further["key_file"], str(folder / f"k2@{further['key_id']}.key.pem"))
        self.checks.note("that_file_is_there_too", pathlib.Path(further["key_file"]).exists(), further)
        proposed = self.run(*self.all, "--propose", self.folder / "k.json", "device", "add", "--from", self.file("k-more", "k6\nk7\n"))
        self.checks.note("a_proposal_of_many_is_no_addition", proposed.returncode == 0 and proposed.stdout.startswith("proposed: "), proposed.stdout)
    def text(self):
        """What a person reads: no JSON, nothing that ends behind its name, and nothing that says nothing."""
        shown = {words: self.run(*words).stdout for words in (
            ("status",), ("device", "show", "d1"), ("gate", "show", "g1"), ("operator", "show", "press"), ("device", "list"), ("operator", "list"), ("gate", "list"))}
        odd = {words: text for words, text in shown.items() if not text or "{" in text or "[" in text or
               any(line.endswith(": ") for line in text.splitlines()) or "not_after: 0" in text or "revoked" in text}
        self.checks.equal("what_is_shown_is_no_json_and_leaves_nothing_open", odd, {})
        self.checks.note("a_devices_keys_stand_below_each_other", "\nkeys:\n  - id: " in shown["device", "show", "d1"], shown["device", "show", "d1"])
        self.checks.note("a_device_without_a_list_has_all_contracts", "\ncontracts: (all)\n" in shown["device", "show", "d1"], shown["device", "show", "d1"])
        self.checks.note("an_operator_without_an_end_never_ends", "\nnot_after: never\nstate: active\n" in shown["operator", "show", "press"], shown["operator", "show", "press"])
        as_json = json.loads(self.run("operator", "show", "press", "--json").stdout)
        self.checks.equal("json_stays_as_the_record_has_it", (as_json["not_after"], as_json["revoked"], "state" in as_json), (0, False, False))
        for words, said in ((("device", "report", "--expiring", "9"), "no key and no warranty ends within 9 days"), (("usecase", "list"), "has no usecase")):
            done = self.run(*words)
            self.checks.note(f"an_empty_{words[0]}_{words[1]}_says_so", (done.returncode, done.stdout) == (0, "") and said in done.stderr, done)
            self.checks.equal(f"an_empty_{words[0]}_{words[1]}_is_no_json", self.run(*words, "--json").stderr, "")

    def places(self):
        """Where files go, and what takes whose place, is looked at before anything is made."""
        before, count = self.keys(), self.fleet.control_count()
        self.expect("a_proposal_in_no_folder_is_refused", self.run(*self.all, "--propose", self.folder / "nowhere/p.json", "device", "add", "d9"), 2, "--propose: cannot create a file in")
        self.expect("a_proposal_without_a_name_is_refused", self.run(*self.all, "--propose", "", "device", "add", "d9"), 2, "--propose: give a FILE")
        for words in (("rotate-key", "g1"), ("add", "g9")):
            self.expect(f"gate_{words[0].replace('-', '_')}_puts_no_keys_into_the_fleets_folder", self.run(*self.all, "gate", *words, "--out", self.fleet.folder), 2, "is a fleet's folder")
        self.expect("processor_add_puts_no_keys_into_the_fleets_folder", self.run(*self.all, "processor", "add", "p9", "--out", self.fleet.folder), 2, "is a fleet's folder")
        self.expect("a_gate_whose_keys_end_before_they_begin_is_a_slip", self.run(*self.all, "gate", "add", "g9", "--from", "5d", "--until", "1d"), 2, "--until: that is not after --from")
        self.expect("a_root_that_loses_its_place_is_no_successor", self.run("root", "change", "--new-successor", self.fleet.folder / "root.pub.pem"), 1, "would win the fleet back")
        self.expect("a_processor_that_is_not_there_is_called_a_group", self.run("processor", "show", "nosuch"), 1, "there is no processor group 'nosuch'")
        self.expect("whose_keys_there_are_is_said_where_the_named_one_is_not", self.run("--operator", "bob", "device", "add", "d9"), 2, "--operator bob", "those of operator, press")
        self.expect("without_a_policy_it_is_said_what_holds", self.run("policy", "show"), 1, "there is no policy: one operator is enough")
        self.expect("what_cannot_be_named_is_told_in_a_sentence", self.run(*self.all, "device", "add", "d9", "--asset", "a/b"), 2, "cannot name an asset")
        self.checks.equal("what_is_refused_for_its_place_leaves_nothing", (self.keys(), self.fleet.control_count()), (before, count))

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def root_keys(self):
        """A root's key is nobody else's, in whatever form it comes."""
        root = self.fleet.folder / "root.pub.pem"
        raw = load_pem_public_key((self.fleet.folder / "successor.pub.pem").read_bytes()).public_bytes(Encoding.Raw, PublicFormat.Raw)
        row = base64.b64encode(raw).decode()
        self.expect("a_roots_key_is_no_devices", self.run(*self.all, "device", "add", "r1", "--public-key", root), 1, "root or successor")
        self.expect("a_roots_key_is_no_further_key", self.run(*self.all, "device", "add-key", "d1", "--public-key", root), 1, "root or successor")
        self.expect("a_roots_key_is_no_operators", self.run("operator", "add", "r3", "--public-key", root), 1, "root or successor")
        table = self.file("root.csv", f"name,public_key\nr2,{row}\n")
        self.expect("a_successors_key_is_no_row", self.run(*self.all, "device", "import", table), 1, "root or successor")
        table = self.file("root-key.csv", f"name,public_key\nd1,{row}\n")
        self.expect("a_successors_key_is_no_key_of_many", self.run(*self.all, "device", "add-key", "--from", table), 1, "root or successor")

    def unseen(self):
        """What nobody sees, or what turns the text around, is in no name, and an error writes it out."""
        for what, character, written in (("a_mark_of_direction", "\u202e", "\\u202e"), ("a_space_without_width", "\u200b", "\\u200b"), ("a_byte_order_mark", "\ufeff", "\\ufeff"),
                                         ("a_filler", "\u3164", "\\u3164"), ("a_tag", "\U000e0041", "\\U000e0041")):
            done = self.run(*self.all, "device", "add", f"press{character}8")
            self.checks.note(f"{what}_in_a_name_is_refused_and_written_out", done.returncode == 2 and f"press{written}8" in done.stderr and character not in done.stderr, done)

    def open_quote(self):
        table = self.file("quote.csv", 'name,site\nq1,"hall\nq2,hall\nq3,hall\n')
        done = self.run(*self.all, "device", "import", table, "--json")
        told = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.equal("a_quote_that_is_not_closed_is_told_with_its_line", (done.returncode, [(row["line"], "quote" in row["reason"]) for row in told[:-1]]), (1, [(2, True)]))
        self.checks.equal("a_quote_that_is_not_closed_takes_no_row_along", (told[-1]["added"], told[-1]["refused"], told[-1]["left"]), (2, 1, 0))

    def slips(self):
        self.expect("a_claim_for_a_gate_that_is_not_there_is_warned_of", self.run(*self.all, "device", "claim", "c1", "--until", "1d", "--gate", "g2"), 0, "'g2' is not in this fleet")
        self.expect("a_claim_for_a_gate_that_takes_none_is_warned_of", self.run(*self.all, "device", "claim", "c1", "--until", "1d", "--gate", "g1"), 0, "may not take claims")
        self.fleet.cli(*self.all, "gate", "set", "g1", "--claims")
        self.checks.equal("a_claim_for_a_gate_that_is_there_is_not", self.run(*self.all, "device", "claim", "c1", "--until", "1d", "--gate", "g1").stderr, "")
        self.expect("a_claim_for_a_contract_that_is_not_there_is_warned_of", self.run(*self.all, "device", "claim", "c1", "--until", "1d", "--contract", "nothing"), 0, "'nothing' is not published")
        self.expect("a_token_for_a_gate_that_is_not_there_is_warned_of", self.run("device", "token", "d1", "--gate", "g2"), 0, "'g2' is not in this fleet")
        done = self.run(*self.all, "device", "set", "d1", "--contract", "nothing", "--json")
        self.checks.equal("a_contract_that_is_not_there_is_warned_of_by_set", (done.returncode, json.loads(done.stdout)["verdict"], "'nothing' is not published" in done.stderr), (0, "set", True))
        self.fleet.cli(*self.all, "device", "add", "d2")
        done = self.run(*self.all, "device", "set", "d1", "d2", "--contract", "naught", "--json")
        self.checks.equal("of_many_it_is_warned_of_once", (done.returncode, done.stderr.count("'naught' is not published")), (0, 1))
        self.checks.equal("set_without_a_contract_warns_of_none", self.run(*self.all, "device", "set", "d1", "--site", "north").stderr, "")
        self.fleet.cli(*self.all, "device", "set", "d1", "--contract", "")
        done = self.run(*self.all, "device", "add", "d3", "--contract", "nothing", "--json")
        self.checks.equal("a_contract_that_is_not_there_is_warned_of_by_add", (done.returncode, "'nothing' is not published" in done.stderr), (0, True))
        rows = self.file("claims.csv", "name,contracts\nc1,nothing\nc2,\nc1,\n")
        done = self.run(*self.all, "device", "claim", "--csv", rows, "--until", "1d", "--json")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.equal("a_name_that_stands_twice_gets_one_token", (done.returncode, [line.get("line") for line in lines if line.get("verdict") == "refused"],
                                                                      [line["name"] for line in lines if "token" in line]), (1, [4], ["c1", "c2"]))
        self.checks.note("a_contract_of_a_row_is_warned_of", "warning: line 2: contract 'nothing' is not published" in done.stderr, done.stderr)
        table = self.file("import.csv", "name,contracts\ni1,\ni2,\"env-sensr\"\ni3,env-sensr\n")
        done = self.run(*self.all, "device", "import", table)
        self.checks.equal("a_contract_of_an_imported_row_is_warned_of_with_its_line", (done.returncode, done.stderr.count("is not published"), "warning: line 3: contract 'env-sensr'" in done.stderr),
                          (0, 1, True))
        self.checks.equal("refused_rows_are_told_together_with_their_sum", lines[-2:], [{"verdict": "refused", "line": 4, "name": "c1", "reason": "the name stands in the file twice"},
                                                                                       {"verdict": "made", "made": 2, "refused": 1}])
        out = self.folder / "tokens"
        claim = (*self.all, "device", "claim", "--until", "1d", "--csv")
        done = self.run(*claim, rows, "--out", out)
        self.expect("refused_rows_are_a_table_as_those_of_an_import", done, 1, "verdict  line  name", "refused  4     c1", "made 2 tokens, 1 row refused")
        self.checks.equal("the_file_has_what_was_made", [line.split(",")[0] for line in out.read_text().splitlines()], ["c1", "c2"])
        done = self.run(*claim, rows)
        self.checks.equal("where_tokens_go_to_standard_output_nothing_else_does", [line.split(",")[0] for line in done.stdout.splitlines()], ["c1", "c2"])
        self.checks.note("refused_rows_are_told_beside_it", "line 4, c1: the name stands" in done.stderr and "made 2 tokens, 1 row refused" in done.stderr, done.stderr)
        none = self.folder / "no-tokens"
        self.expect("where_no_token_is_made_it_is_told", self.run(*claim, self.file("refused.csv", "name\nd1\nbad/name\n"), "--out", none), 1, "made 0 tokens, 2 rows refused", "was not written")
        self.checks.note("where_no_token_is_made_no_file_is_left", not none.exists())
        self.expect("topics_create_asks_for_the_operator_first", self.run("topics", "create", "--partitions", 1), 2, "--operator")
        self.expect("topics_create_made_nothing_then", self.run("topics", "check"), 1, "missing")
        create = ("topics", "create", "--partitions", 1, "--replication", 1)
        self.expect("who_may_sign_no_schema_is_told_who_finishes_it", self.run(*self.press, *create), 1, "schemas are not published", "may not sign schema", "attestream --operator NAME topics create")
        self.expect("who_may_sign_no_schema_makes_the_topics", self.run("topics", "check"), 0, "ok")
        self.fleet.cli("policy", "set", "--critical", "schema")
        self.expect("where_schemas_take_two_persons_it_is_said_how_two_finish_it", self.run(*self.all, *create), 1, "the topics are there", "--propose FILE topics create", "approve FILE")
        schemas = self.folder / "schemas.json"
        self.expect("who_may_propose_no_schema_is_told_who_does", self.run(*self.press, "--propose", schemas, *create), 1, "may not sign schema", "attestream --operator NAME --propose FILE")
        self.expect("schemas_are_proposed", self.run(*self.all, "--propose", schemas, *create), 0, "record schemas proposed", f"approve {schemas}")
        self.checks.note("what_is_proposed_is_in_the_file", len(json.loads(schemas.read_text())["records"]) > 1)
        self.fleet.cli("policy", "set", "--critical", "")
        self.expect("who_may_sign_schemas_finishes_it", self.run(*self.all, *create), 0, "exists", "record schemas published")
        self.expect("where_nothing_is_to_be_signed_nobody_is_asked_for", self.run("topics", "create"), 0, "exists", "0 record schemas published")
        self.expect("where_nothing_is_to_be_signed_nothing_is_proposed", self.run("--propose", self.folder / "none.json", "topics", "create"), 0, "none.json was not written: all record schemas")
        operators = self.fleet.folder / "operators"
        operators.rename(self.folder / "away")
        self.expect("a_folder_of_keys_that_is_not_there_is_told", self.run(*self.press, "device", "add", "press-7"), 2, "--operator press", f"cannot read {operators}: No such file or directory")
        (self.folder / "away").rename(operators)
        kafka = copy.copy(self.kafka)
        kafka.prefix = f"{self.kafka.prefix}nowhere."
        nowhere = Fleet(self.fleet.build, self.folder / "nowhere", kafka)
        self.expect("where_there_is_no_topic_it_is_said_that_none_is_deleted", nowhere.cli("topics", "delete", "--yes", check=False), 0, f"'{kafka.prefix}'", "nothing was deleted")
        out = self.folder / "log"
        self.expect("an_export_from_beyond_the_end_is_refused", self.run("control", "export", out, "--from", 100000), 1, "ends before offset 100000")
        self.checks.note("an_export_from_beyond_the_end_leaves_no_file", not out.exists() and not out.with_name("log.part").exists())

    def files(self):
        """A file that is there is not replaced by a slip, and a contract is found without its version."""
        taken = self.file("taken.log", "something else")
        self.expect("an_export_replaces_no_file", self.run("control", "export", taken), 2, "exists already", "--force")
        self.checks.equal("what_was_there_stays", taken.read_text(), "something else")
        self.expect("an_export_replaces_a_file_with_force", self.run("control", "export", taken, "--force"), 0, "exported")
        self.checks.equal("what_was_there_is_replaced_with_force", len(taken.read_text().splitlines()) >= self.fleet.control_count(), True)
        folder = self.folder / "contract"
        shutil.copytree(CONTRACT, folder)
        odcs = folder / "contract.odcs.yaml"
        text = odcs.read_text()
        for version in ("1.0.0", "1.10.0", "1.9.0"):
            odcs.write_text(text.replace("version: 1.0.0", f"version: {version}"))
            self.fleet.cli(*self.all, "contract", "publish", folder)
        shown = [json.loads(self.fleet.cli("contract", "show", name, "--json").stdout)["name"] for name in ("env-sensor", "env-sensor@1.9.0")]
        self.checks.equal("a_contract_without_a_version_is_the_newest", shown, ["env-sensor@1.10.0", "env-sensor@1.9.0"])
        self.expect("a_part_of_a_contracts_name_is_none", self.run("contract", "show", "env"), 1, "there is no contract 'env'")

    def again(self):
        """What is so already is no failure, of one as of many; nothing is written for it."""
        def repeated(name, *words):
            count = self.fleet.control_count()
            done = self.run(*words, "--json")
            verdict = json.loads(done.stdout)["verdict"] if done.returncode == 0 else done.stderr
            self.checks.equal(name, (done.returncode, verdict, self.fleet.control_count()), (0, "already", count))

        public = self.folder / "again.pub.pem"
        public.write_bytes(Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        add = (*self.all, "device", "add-key", "d1", "--public-key", public)
        added = json.loads(self.fleet.cli(*add, "--json").stdout)["key_id"]
        repeated("a_key_that_the_device_has_is_no_failure", *add)
        self.expect("the_same_key_with_another_end_is_refused", self.run(*add, "--not-after", "2099-01-01"), 1, "with other times")
        self.fleet.cli(*self.all, "device", "retire-key", "d1", added)
        repeated("a_key_that_the_device_had_is_retired_already", *self.all, "device", "retire-key", "d1", added)
        self.expect("a_key_that_it_never_had_is_not", self.run(*self.all, "device", "retire-key", "d1", "0" * 16), 1, "has no key")
        self.fleet.cli(*self.all, "gate", "add", "old")
        self.fleet.cli(*self.all, "gate", "revoke", "old")
        repeated("a_gate_that_is_revoked_is_no_failure", *self.all, "gate", "revoke", "old")
        self.expect("a_revoked_gate_is_not_renewed", self.run(*self.all, "gate", "renew", "old"), 1, "revoked")
        for name in ("past", "placeless"):
            self.fleet.cli("operator", "add", name, "--kinds", "device")
        place = self.fleet.control_count()
        self.expect("no_place_and_a_place_exclude_each_other", self.run("operator", "revoke", "past", "--no-place", "--stands-until", place), 2, "--no-place: not with --stands-until")
        self.fleet.cli("operator", "revoke", "past", "--stands-until", place)
        repeated("an_operator_that_is_revoked_is_no_failure", "operator", "revoke", "past")
        repeated("an_operator_that_is_revoked_with_that_place_is_no_failure", "operator", "revoke", "past", "--stands-until", place)
        self.expect("an_earlier_place_is_taken_still", self.run("operator", "revoke", "past", "--stands-until", place - 1), 0, "revoked operator 'past'")
        self.fleet.cli("operator", "revoke", "placeless", "--no-place")
        repeated("an_operator_that_is_revoked_without_a_place_is_no_failure", "operator", "revoke", "placeless", "--no-place")
        self.expect("a_place_is_taken_after_none", self.run("operator", "revoke", "placeless", "--stands-until", place), 0, "revoked operator 'placeless'")

    def json(self):
        """Each is one object, with the verdict first."""
        def answer(*words, code=0):
            done = self.run(*words, "--json")
            lines = done.stdout.splitlines()
            return json.loads(lines[0]) if done.returncode == code and len(lines) == 1 else (done.returncode, done.stdout, done.stderr)

        added = answer("operator", "add", "ann", "--kinds", "device")
        self.checks.equal("operator_add_is_an_object", (sorted(added), added["verdict"], added["name"]), (["key_id", "name", "verdict"], "added", "ann"))
        self.fleet.cli("operator", "add", "ben", "--kinds", "device")
        self.checks.equal("policy_set_is_an_object", answer("policy", "set", "--critical", "device"), {"verdict": "set", "claims": False, "changes": "critical device (before: nothing), hourly none (as before)"})
        file = self.folder / "ann.json"
        self.checks.equal("a_proposal_is_an_object", answer("--operator", "ann", "--propose", file, "device", "suspend", "d1"), {"verdict": "proposed", "file": str(file)})
        digest = answer("approve", file, "--show")["digest"]
        approve = ("--operator", "ben", "approve", file, "--digest", digest)
        self.checks.equal("approve_is_an_object", answer(*approve), {"verdict": "approved", "records": 1, "already": 0})
        self.checks.equal("approve_once_more_is_an_object", answer(*approve), {"verdict": "already", "records": 1, "already": 1})
        self.fleet.cli("policy", "set", "--hourly", 100)
        revoked = answer("operator", "revoke", "ann")
        self.checks.equal("operator_revoke_is_an_object", (revoked["verdict"], revoked["name"], revoked["stands_until"] > 0, revoked["gates_to_renew"]), ("revoked", "ann", True, []))
        changed = answer("root", "change")
        self.checks.equal("root_change_is_an_object", (sorted(changed), changed["verdict"]), (["root_key_id", "successor_file", "successor_key_id", "successor_public_file", "verdict"], "changed"))
        secret, public = (pathlib.Path(changed[name]) for name in ("successor_file", "successor_public_file"))
        pairs = [key.public_bytes(Encoding.Raw, PublicFormat.Raw) for key in (load_pem_private_key(secret.read_bytes(), None).public_key(), load_pem_public_key(public.read_bytes()))]
        self.checks.equal("the_next_successors_public_key_lies_beside_it", (public, pairs[1]), (secret.with_name(secret.name.replace(".key.", ".pub.")), pairs[0]))
        self.checks.equal("the_next_successor_is_named_by_its_id", secret, self.fleet.folder / f"successor-{changed['successor_key_id']}.key.pem")
        pin, secret_pin = self.fleet.folder / "successor.pub.pem", self.fleet.folder / "successor.key.pem"
        before = pin.read_bytes()
        secret_pin.rename(self.folder / "root-now.key.pem")
        self.expect("a_successors_file_does_not_take_the_pins_place", self.run("root", "change", "--key", secret, "--successor-out", secret_pin), 1, "successor.pub.pem exists already")
        self.checks.equal("a_refused_change_leaves_pin_and_folder", (pin.read_bytes(), secret_pin.exists()), (before, False))

    def missing(self):
        """Kafka does not answer: exit code 3, and nothing is left behind. All wait at a time."""
        fleet = self.make_fleet(self.fleet.build, "alone")
        fleet.cli("device", "add", "d1")
        fleet.cli("--propose", self.folder / "alone.json", "device", "suspend", "d1")
        digest = json.loads(fleet.cli("approve", self.folder / "alone.json", "--show", "--json").stdout)["digest"]
        before = self.keys()
        nowhere = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ATS_KAFKA_CONFIG": ""}
        key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
        commands = {
            "operator_add": ("operator", "add", "late"), "operator_revoke": ("operator", "revoke", "operator"), "policy_set": ("policy", "set", "--hourly", "5"),
            "approve": ("approve", self.folder / "alone.json", "--digest", digest), "root_change": ("root", "change"),
            "device_import": ("device", "import", self.file("late.csv", "name\nlate-1\n")), "device_suspend_of_many": ("device", "suspend", "d1", "d2"),
            "device_set": ("device", "set", "d1", "--site", "north"), "device_add_key_of_many": ("device", "add-key", "--from", self.file("late-key.csv", f"name,public_key\nd1,{key}\n")),
            "device_retire_key": ("device", "retire-key", "d1", "0123456789abcdef"), "gate_set": ("gate", "set", "g1", "--claims"),
            "control_export": ("control", "export", self.folder / "late.log"), "verify_of_kafka": ("verify", "message", "--topic", "decisions", "--partition", "0", "--offset", "0"),
        }
        started = {name: subprocess.Popen(fleet.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=nowhere) for name, words in commands.items()}
        for name, command in started.items():
            said = "".join(command.communicate())
            self.checks.note(f"{name}_without_kafka_ends_with_3", command.returncode == 3 and "127.0.0.1:1" in said, f"exit code {command.returncode}: {said}")
        self.checks.equal("without_kafka_no_key_is_made", self.keys(), before)
        self.checks.note("without_kafka_no_file_is_written", not (self.folder / "late.log").exists())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("cli-answers")
    suite = Suite(checks, parser.parse_args().build)
    for test in (suite.text, suite.left_behind, suite.roots_sign, suite.default_signer, suite.laid_over, suite.versions, suite.key_files, suite.places, suite.root_keys, suite.unseen, suite.open_quote, suite.slips, suite.files, suite.again, suite.json, suite.missing):
        checks.run(f"{test.__name__}_runs_through", test)
    suite.kafka.close()
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
