#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The CLI as an operator uses it, against real Kafka: what it makes, what it refuses, what it prints and its exit codes."""
import argparse
import base64
import copy
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import threading

import confluent_kafka
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import control_log
from checks import Checks
from world import ROOT, Fleet, services
from fleet import wait_until

CONTRACT = ROOT / "schemas/contracts/env-sensor"
SAMPLES = CONTRACT / "samples"
SECRETS = ("root.key.pem", "successor.key.pem", "operators/*.key.pem", "devices/*.key.pem", "groups/*.key.pem")

NO_KAFKA = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "", "ATS_KAFKA_CONFIG": ""}


class Suite:
    def __init__(self, checks, build):
        self.checks = checks
        self.folder = services.TempDir("cli").path
        self.kafka = services.kafka()
        self.fleet = Fleet(build, self.folder / "fleet", self.kafka)

    def run(self, *words, **more):
        return self.fleet.cli(*words, check=False, **more)

    def other_fleet(self, name):
        """A fleet beside the suite's, whose topics have a prefix of their own."""
        kafka = copy.copy(self.kafka)
        kafka.prefix = f"{self.kafka.prefix}{name}."
        return Fleet(self.fleet.build, self.folder / name, kafka)

    def expect(self, name, done, code, *texts):
        said = done.stdout + done.stderr
        self.checks.note(name, done.returncode == code and all(text in said for text in texts), f"exit code {done.returncode}: {said}")

    def usage(self):
        self.expect("an_unknown_command_without_a_near_one_points_to_help", self.run("frobnicate"), 2, "`attestream help`")
        self.expect("a_command_without_its_second_word_points_to_help", self.run("device"), 2, "`attestream help device`")
        self.expect("unknown_command_names_the_nearest", self.run("devcie", "list"), 2, "device")
        self.expect("unknown_flag_names_the_nearest", self.run("device", "list", "--jsn"), 2, "--json")
        self.expect("missing_argument_is_told", self.run("device", "revoke"), 2, "NAME")
        self.expect("help_lists_every_command", self.run("--help"), 0, "contract check", "device token", "watch")
        self.expect("an_unknown_second_word_is_told_with_the_first", self.run("device", "ad"), 2, "unknown command of 'device': 'ad'", "'add'")
        self.expect("an_empty_fleet_folder_is_told", subprocess.run([*self.fleet.command()[:1], "--fleet", "", "status"], capture_output=True, text=True), 2, "--fleet")
        self.expect("version_is_printed", self.run("--version"), 0, "attestream ")
        self.expect("without_a_fleet_says_how_to_make_one", self.run("device", "list"), 2, "init")
        nowhere = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ATS_KAFKA_CONFIG": ""}
        done = subprocess.run(self.fleet.command("topics", "check"), capture_output=True, text=True, env=nowhere)
        self.expect("without_a_fleet_topics_check_does_not_wait_for_kafka", done, 2, "there is no fleet")
        self.checks.note("without_a_fleet_nothing_is_waited_for", "waiting" not in done.stderr, done.stderr)

    def interrupted(self):
        """init, and the first command after it, killed in the middle."""
        fleet = self.other_fleet("broken-off")
        pending = fleet.folder / "pending"
        subprocess.run(fleet.command("init"), capture_output=True, check=True, env=NO_KAFKA)
        key = (fleet.folder / "root.key.pem").read_bytes()
        for path in (fleet.folder / "root.pub.pem", pending / "0002.record"):
            path.unlink()
        done = subprocess.run(fleet.command("init"), capture_output=True, text=True, env=NO_KAFKA)
        self.expect("an_init_that_was_broken_off_is_resumed", done, 0, "made fleet")
        self.checks.equal("a_resumed_init_keeps_its_keys", (fleet.folder / "root.key.pem").read_bytes(), key)
        records = [(pending / f"000{i}.record").read_bytes() for i in (1, 2)]
        (pending / "0002.record").unlink()
        self.expect("without_the_operators_record_nothing_is_signed", fleet.cli("device", "add", "d1", check=False), 1, "unknown operator")
        pending.mkdir()
        for i, record in enumerate(records):
            (pending / f"000{i + 1}.record").write_bytes(record)
        self.expect("what_is_still_missing_of_the_pending_records_is_sent", fleet.cli("device", "add", "d1", check=False), 0, "d1")
        self.checks.equal("pending_records_are_removed_once_all_are_in_the_log", (pending.exists(), fleet.control_count()), (False, 3))
        for name in ("root", "successor"):
            pin, away = fleet.folder / f"{name}.pub.pem", self.folder / "away.pub.pem"
            pin.rename(away)
            self.expect(f"a_fleet_without_{name}_pub_pem_is_told_by_that_name", fleet.cli("device", "list", check=False), 2, f"'{fleet.folder}' has no {name}.pub.pem")
            away.rename(pin)

    def second_fleet(self):
        """A fleet does not begin in another's log."""
        fleet = Fleet(self.fleet.build, self.folder / "second", self.kafka)
        self.expect("init_does_not_write_into_another_fleets_log", fleet.cli("init", check=False), 0, "pending", "--topic-prefix")
        self.expect("no_command_writes_into_another_fleets_log", fleet.cli("device", "add", "d1", check=False), 2, "--topic-prefix")

    def wrong_prefix(self):
        """A fleet whose topics have a prefix of their own, and commands that name another or none."""
        fleet = self.other_fleet("own-prefix")
        fleet.cli("init")
        program, _, folder, _, prefix = fleet.command()

        def call(*words, **more):
            return subprocess.run([program, "--fleet", folder, *words], capture_output=True, text=True,
                                  env={**os.environ, **self.kafka.environment(), **more})
        self.expect("the_topic_prefix_of_init_is_kept", call("--json", "status"), 0, '"control_count":2', '"synced":true')
        self.expect("another_topic_prefix_than_that_of_init_is_refused", call("--topic-prefix", self.kafka.prefix, "status"), 2, f"'{self.kafka.prefix}'", f"'{prefix}'")
        self.expect("another_topic_prefix_in_the_environment_is_refused", call("status", ATS_TOPIC_PREFIX="x."), 2, "$ATS_TOPIC_PREFIX: 'x.'", f"'{prefix}'")
        for what, name in (("gate", "g1"), ("processor", "p1")):
            call(what, "add", name)
            kept = json.loads((fleet.folder / f"{what}s/{name}/{what}.json").read_text()).get("topic_prefix")
            self.checks.equal(f"{what}_add_hands_on_the_topic_prefix_of_init", kept, prefix)
        count = fleet.control_count()
        (fleet.folder / "fleet.json").write_text('{"topic_prefix": "a b"}')
        self.expect("a_bad_topic_prefix_in_the_fleets_file_is_told_with_it", call("status"), 2, "fleet.json: 'topic_prefix'", "'a b'")
        self.expect("a_contract_is_checked_without_a_look_at_the_prefix", call("contract", "lint", CONTRACT, ATS_TOPIC_PREFIX="x."), 0, "holds")
        (fleet.folder / "fleet.json").write_text("{")
        self.expect("a_broken_fleet_json_is_told", call("status"), 2, "fleet.json: line 1")
        self.expect("a_broken_fleet_json_is_told_by_watch", call("watch", "decisions"), 2, "fleet.json: line 1")
        for words in (("contract", "lint", CONTRACT), ("contract", "check", CONTRACT, *sorted((SAMPLES / "good").glob("*.json"))), ("help", "contract")):
            self.expect(f"{words[0]}_{pathlib.Path(words[1]).name}_works_beside_a_broken_fleet_json", call(*words), 0)
        (fleet.folder / "fleet.json").unlink()
        self.expect("the_topic_prefix_may_stand_in_the_environment", call("--json", "status", ATS_TOPIC_PREFIX=prefix), 0, f'"control_count":{count}')
        for words in (("status",), ("device", "add", "d1")):
            self.expect(f"{words[0]}_in_another_fleets_log_is_refused_and_says_what_to_do", call("--topic-prefix", self.kafka.prefix, *words), 2, "does not continue", "revocations included", f"move {folder}/store away")
        self.expect("a_slip_of_the_prefix_leaves_the_copy_as_it_was", fleet.cli("--json", "status", check=False), 0, f'"control_count":{count}', f'"next_offset":{count}', '"synced":true')
        shutil.rmtree(fleet.folder / "store")
        for words in (("device", "list"), ("gate", "show", "g1"), ("--json", "status")):
            self.expect(f"{'_'.join(words).strip('-')}_under_a_prefix_of_no_log_says_that_there_is_none", call("--topic-prefix", f"{prefix}slip.", *words), 2, "there is no control log", f"{prefix}slip.control is not there", "--topic-prefix")
        self.expect("a_fleet_without_devices_has_an_empty_list", call("--topic-prefix", prefix, "--json", "device", "list"), 0)
        shutil.rmtree(fleet.folder / "store")
        self.expect("a_copy_that_was_deleted_is_read_again", fleet.cli("--json", "status", check=False), 0, f'"control_count":{count}')

    def take_over(self):
        """A folder that is another's stays as it is, and so does everything else on the disk."""
        def files():
            return {str(path): path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file() and "store" not in path.parts}
        before = files()
        self.expect("gate_add_does_not_take_another_gates_folder", self.run("gate", "add", "g2", "--out", self.folder / "g1"), 1, "gate.json", "g1")
        self.expect("processor_add_does_not_take_another_members_folder", self.run("processor", "add", "p2", "--out", self.folder / "p1"), 1, "p1")
        self.expect("a_member_does_not_change_its_group", self.run("processor", "add", "p1", "--group", "b", "--out", self.folder / "p1"), 1, "group")
        self.checks.note("what_is_refused_changes_no_file", files() == before, sorted(files().keys() ^ before.keys()))
        (self.folder / "copy").mkdir()
        (self.folder / "copy/gate.key.pem").write_bytes((self.folder / "g1/gate.key.pem").read_bytes())
        (self.folder / "copy/gate.key.pem").chmod(0o600)
        self.expect("a_gate_with_another_gates_key_is_refused", self.run("gate", "add", "g2", "--out", self.folder / "copy"), 1, "gate/g1")
        self.checks.equal("a_refused_gate_gets_no_identity", (self.folder / "copy/gate.json").exists(), False)
        done = self.run("gate", "add", "g2", "--out", self.folder / "g2")
        self.checks.equal("a_gate_is_added_after_a_refusal", done.returncode, 0)

    def begin_offline(self):
        """A fleet that was made without Kafka, and the first commands that have one."""
        fleet = self.other_fleet("late")
        done = subprocess.run(fleet.command("init"), capture_output=True, text=True, env=NO_KAFKA)
        self.expect("init_without_kafka_leaves_its_records_for_later", done, 0, "pending")
        done = fleet.cli("topics", "create", "--partitions", 1, check=False)
        self.expect("topics_create_is_the_first_command_of_a_fleet_made_offline", done, 0)
        if isinstance(self.kafka, services.Kafka):
            self.expect("a_cluster_of_one_broker_gives_one_replica_and_a_note", done, 0, "one replica only")
        self.checks.equal("the_first_command_publishes_what_init_left", fleet.control_count() >= 2, True)

    def make(self):
        done = self.run("init")
        self.expect("init_makes_a_fleet", done, 0)
        self.checks.note("init_that_published_tells_of_no_trouble", done.stdout.endswith("are in the control log\n"), done.stdout)
        self.expect("init_refuses_to_overwrite", self.run("init"), 1)
        self.expect("gate_add_writes_its_folder", self.run("gate", "add", "g1", "--out", self.folder / "g1"), 0, "g1")
        self.expect("processor_add_writes_its_folder", self.run("processor", "add", "p1", "--out", self.folder / "p1"), 0, "p1")
        for name, what in (("g1", "gate"), ("p1", "processor")):
            done = subprocess.run([*self.fleet.command()[:1], "--fleet", self.folder / name, "status"], capture_output=True, text=True)
            self.expect(f"the_folder_of_a_{what}_is_no_fleet", done, 2, f"is a {what}'s folder, not a fleet")
            self.checks.equal(f"nothing_is_written_into_the_folder_of_a_{what}", (self.folder / name / "store").exists(), False)
        self.expect("a_gate_is_added_once", self.run("gate", "add", "g1", "--out", self.folder / "g1"), 1, "g1")
        usecase = ROOT / "schemas/usecases/asset-health.yaml"
        self.expect("usecase_publish_needs_its_contract", self.run("usecase", "publish", usecase), 1, "'env-sensor' is not published (`attestream contract publish DIR`)")
        self.expect("a_group_that_kafka_has_no_topic_for_is_refused", self.run("processor", "add", "p2", "--group", "a b"), 2, "a b")
        self.expect("contract_publish_of_a_file_asks_for_the_folder", self.run("contract", "publish", CONTRACT / "contract.odcs.yaml"), 2, "give the contract's folder")
        self.expect("contract_publish_signs_a_version", self.run("contract", "publish", CONTRACT), 0, "env-sensor@1.0.0")
        self.expect("usecase_publish_signs_it", self.run("usecase", "publish", usecase), 0)
        other = self.folder / "other.yaml"
        other.write_text(usecase.read_text().replace("field: data.temp", "field: data.tmp", 1))
        self.expect("usecase_publish_refuses_a_field_that_the_contract_lacks", self.run("usecase", "publish", other), 1, "has no field 'data.tmp'")
        self.expect("usecase_lint_takes_a_contract", self.run("usecase", "lint", usecase, "--contract", CONTRACT), 0, "holds")
        self.expect("usecase_lint_names_a_field_that_the_contract_lacks", self.run("usecase", "lint", other, "--contract", CONTRACT), 1, "'data.tmp'")
        self.expect("watch_says_that_a_published_contracts_topic_is_to_be_made", self.run("watch", "telemetry.env-sensor"), 2, f"telemetry.env-sensor yet: `attestream topics create {self.kafka.prefix}telemetry.env-sensor` makes it")
        self.expect("watch_of_half_a_name_names_the_contracts_topic", self.run("watch", "telemetryenv-sensor"), 2, "such as 'telemetry.env-sensor'")
        self.expect("topics_check_says_no_before_create", self.run("topics", "check"), 1)
        self.expect("topics_create_makes_them", self.run("topics", "create", "--partitions", 4, "--replication", 1), 0)
        self.expect("topics_check_says_yes_after_create", self.run("topics", "check"), 0)
        clock = ("kafka.admin.ConfigCommand", "--entity-type", "topics", "--entity-name", self.kafka.prefix + "decisions", "--alter",
                 "--add-config")
        self.kafka.tool(*clock, "message.timestamp.type=CreateTime")
        self.expect("topics_check_names_a_topic_that_takes_the_writers_clock", self.run("topics", "check"), 1, "message.timestamp.type is CreateTime, not LogAppendTime")
        self.kafka.tool(*clock, "message.timestamp.type=LogAppendTime")
        self.expect("topics_create_does_not_pretend_another_count", self.run("topics", "create", "--partitions", 8), 1, "--partitions 8", "have 4")
        self.kafka.tool("org.apache.kafka.tools.TopicCommand", "--delete", "--topic", self.kafka.prefix + "twin")
        self.expect("topics_create_makes_what_is_missing", self.run("topics", "create"), 0, "created")
        self.expect("a_missing_topic_gets_the_others_shape", self.run("topics", "check"), 0, "survives the loss")
        modes = {str(p): stat.S_IMODE(p.stat().st_mode) for pattern in SECRETS for p in self.fleet.folder.glob(pattern)}
        modes |= {str(p): stat.S_IMODE(p.stat().st_mode) for d in ("g1", "p1") for p in (self.folder / d).glob("*.key.pem")}
        self.checks.note("secret_files_have_mode_0600", modes and set(modes.values()) == {0o600}, modes)
        openssl = [subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], capture_output=True).returncode for path in modes]
        self.checks.note("keys_are_pkcs8_that_openssl_reads", not any(openssl), openssl)

    def devices(self):
        own = self.folder / "own.key.pem"
        public = self.folder / "own.pub.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", own], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", own, "-pubout", "-out", public], check=True, capture_output=True)
        self.expect("device_add_makes_a_key", self.run("device", "add", "d1", "--asset", "press-7", "--site", "north"), 0, "d1")
        self.expect("device_add_takes_a_public_key_of_openssl", self.run("device", "add", "d2", "--public-key", public), 0, "d2")
        self.expect("device_add_refuses_a_key_that_another_device_has", self.run("device", "add", "d3", "--public-key", public), 1)
        self.expect("device_add_refuses_a_name_twice", self.run("device", "add", "d1"), 1, "d1")
        done = self.run("device", "add", "typo", "--contract", "env-sensor", "--contract", "env-sensr")
        self.expect("device_add_warns_of_a_contract_that_is_not_published", done, 0, "added device 'typo'")
        self.checks.equal("the_warning_names_those_that_are", done.stderr, "attestream: warning: contract 'env-sensr' is not published (published: env-sensor); it is allowed all the same\n")
        names = self.folder / "names.txt"
        names.write_text("".join(f"bulk-{i:04d}\n" for i in range(1000)))
        self.expect("device_add_takes_many_at_once", self.run("device", "add", "--from", names), 0, "1000")
        names.write_text("good\nbad name with \x01\n")
        self.expect("bad_name_in_a_file_is_told_with_its_line", self.run("device", "add", "--from", names), 2, f"{names}:2")
        names.write_text("new-1\nnew-2\n\nnew-1\n")
        self.expect("a_name_that_stands_twice_in_a_file_is_told_with_its_line", self.run("device", "add", "--from", names), 2, f"{names}:4", "twice")
        names.write_text("new-1\nnew\0-2\n")
        self.expect("a_nul_in_a_file_is_told_with_its_line", self.run("device", "add", "--from", names), 2, f"{names}:2", "NUL")
        names.write_text("name,site\nnn-1,x\nnn-2,y\n")
        self.expect("device_add_makes_no_device_of_a_header", self.run("device", "add", "--from", names), 2, f"{names}:1", "column 'site'", "device import")
        names.write_text("# two,\"and\" more\nnn-1\nnn-2,y\n")
        self.expect("device_add_makes_no_device_of_a_row_with_more", self.run("device", "add", "--from", names), 2, f"{names}:3", "2 columns where 1 is expected")
        rows = [json.loads(line) for line in self.run("device", "list", "--json").stdout.splitlines()]
        self.checks.equal("device_list_has_all", len(rows), 1003)
        self.checks.note("device_list_json_has_state_and_asset", {"name", "state", "asset", "site"} <= set(rows[0]), rows[:1])
        self.expect("device_show_prints_the_record", self.run("device", "show", "d1"), 0, "press-7", "active")
        token = self.run("device", "token", "--gate", "g1", "d1", "--ttl", "10m")
        self.expect("device_token_asks_which_gate_where_there_are_several", self.run("device", "token", "d1"), 2, "--gate")
        self.checks.note("device_token_is_a_jwt", token.returncode == 0 and token.stdout.count(".") == 2, token.stderr)
        self.expect("device_token_needs_the_key", self.run("device", "token", "--gate", "g1", "d2"), 2)
        self.expect("device_token_takes_a_key_from_elsewhere", self.run("device", "token", "--gate", "g1", "d2", "--key", own), 0, ".")
        own.chmod(0o640)
        self.expect("a_secret_that_others_may_read_is_a_matter_of_configuration", self.run("device", "token", "--gate", "g1", "d2", "--key", own), 2, "0600")
        self.expect("a_bad_key_file_is_a_matter_of_usage", self.run("device", "add", "d9", "--public-key", names), 2, str(names))
        self.device_keys(public, own)
        self.device_attributes()
        self.device_import()
        self.device_report()
        self.expect("device_suspend", self.run("device", "suspend", "d1"), 0, "suspended")
        revision = json.loads(self.run("device", "show", "d1", "--json").stdout)["revision"]
        self.expect("device_suspend_twice_is_no_error", self.run("device", "suspend", "d1"), 0, "device 'd1' is suspended already")
        self.checks.equal("device_suspend_twice_says_that_nothing_changed", json.loads(self.run("device", "suspend", "d1", "--json").stdout), {"name": "d1", "state": "suspended", "changed": False})
        self.checks.equal("device_suspend_twice_writes_nothing", json.loads(self.run("device", "show", "d1", "--json").stdout)["revision"], revision)
        self.checks.equal("device_resume", self.run("device", "resume", "d1").stdout, "device 'd1' is active\n")
        self.expect("device_resume_twice_is_told", self.run("device", "resume", "d1"), 0, "device 'd1' is active already")
        self.expect("device_revoke", self.run("device", "revoke", "d1"), 0, "revoked")
        self.expect("device_revoke_twice_is_told", self.run("device", "revoke", "d1"), 0, "device 'd1' is revoked already")
        self.expect("revoked_is_for_ever", self.run("device", "resume", "d1"), 1, "revoked")
        self.expect("a_refused_move_names_the_allowed_ones", self.run("device", "suspend", "d1"), 1, "is revoked and cannot become suspended", "allowed: none, it is final")
        self.expect("unknown_device_is_told", self.run("device", "revoke", "nobody"), 1, "nobody")

    def device_keys(self, public, secret):
        def keys():
            return json.loads(self.run("device", "show", "d1", "--json").stdout)["keys"]
        added = self.run("device", "add-key", "d1", "--not-before", "2990-01-01", "--not-after", "2991-01-01T12:00:00+02:00", "--json")
        self.expect("device_add_key_makes_a_key", added, 0, '"verdict":"added"')
        new = json.loads(added.stdout)["key_id"]
        first, second = keys()
        self.checks.equal("device_show_tells_each_keys_validity", (first["valid"], {k: second[k] for k in ("id", "valid", "not_before", "not_after")}),
                          (True, {"id": new, "valid": False, "not_before": "2990-01-01T00:00:00.000Z", "not_after": "2991-01-01T10:00:00.000Z"}))
        path = self.fleet.folder / f"devices/d1@{new}.key.pem"
        self.checks.note("device_add_key_leaves_the_secret_beside_the_others", stat.S_IMODE(path.stat().st_mode) == 0o600)
        self.expect("device_token_takes_a_key_by_its_id", self.run("device", "token", "--gate", "g1", "d1", "--key-id", new), 0, ".")
        self.expect("device_add_key_refuses_a_key_of_another_device", self.run("device", "add-key", "d1", "--public-key", public), 1, "belongs to device 'd2'")
        self.expect("device_add_key_refuses_an_end_before_the_beginning", self.run("device", "add-key", "d1", "--not-before", "2027-01-01", "--not-after", "2027-01-01"), 2, "--not-after")
        self.expect("device_add_key_says_what_a_time_is", self.run("device", "add-key", "d1", "--not-after", "soon"), 2, "'soon'", "2027-12-31T23:59:59Z")
        for _ in range(2):
            self.run("device", "add-key", "d1")
        self.expect("device_add_key_allows_four", self.run("device", "add-key", "d1"), 1, "4 keys", "retire-key")
        self.expect("device_retire_key_at_a_time_sets_its_end", self.run("device", "retire-key", "d1", first["id"], "--at", "2999-01-01"), 0, "2999-01-01")
        self.checks.equal("device_retire_key_at_a_time_is_shown", (keys()[0]["valid"], keys()[0]["not_after"]), (True, "2999-01-01T00:00:00.000Z"))
        self.expect("device_retire_key_ends_it", self.run("device", "retire-key", "d1", new), 0, new)
        self.checks.note("device_retire_key_leaves_the_others", len(keys()) == 3 and new not in [key["id"] for key in keys()], keys())
        self.expect("device_retire_key_of_none_is_told", self.run("device", "retire-key", "d1", "0" * 16), 1, "has no key")
        self.expect("device_retire_key_again_is_no_error", self.run("device", "retire-key", "d1", new), 0, "is retired already")
        self.expect("device_retire_key_at_the_same_time_again_is_no_error", self.run("device", "retire-key", "d1", first["id"], "--at", "2999-01-01"), 0, "is retired already")
        last = json.loads(self.run("device", "show", "d2", "--json").stdout)["keys"][0]["id"]
        self.expect("device_retire_key_leaves_one", self.run("device", "retire-key", "d2", last), 1, "only key")

    def device_attributes(self):
        given = {"site": "north", "line": "line 3", "vendor": "Acme + Söhne", "model": "X/200", "firmware": "1.2.3#7", "warranty_end": "2027-12-31"}
        flags = [word for name, text in given.items() for word in ("--" + name.replace("_", "-"), text)]

        def shown(name):
            return {k: v for k, v in json.loads(self.run("device", "show", name, "--json").stdout).items() if k in given or k == "asset"}
        self.expect("device_add_takes_attributes", self.run("device", "add", "known", *flags), 0, "known")
        self.checks.equal("device_show_has_the_attributes", shown("known"), {**given, "asset": "known"})
        self.expect("device_set_changes_attributes", self.run("device", "set", "known", "--firmware", "1.3", "--line", "", "--asset", "press-9"), 0, "known")
        wanted = {**given, "firmware": "1.3", "asset": "press-9"}
        del wanted["line"]
        self.checks.equal("device_set_keeps_the_other_attributes", shown("known"), wanted)
        listed = [row for row in map(json.loads, self.run("device", "list", "--json").stdout.splitlines()) if row["name"] == "known"]
        self.checks.equal("device_list_json_has_the_attributes", {k: listed[0][k] for k in wanted}, wanted)
        self.expect("device_set_says_what_a_date_is", self.run("device", "set", "known", "--warranty-end", "2027-02-29"), 2, "'2027-02-29'", "2027-12-31")
        self.expect("device_set_refuses_a_text_that_is_too_long", self.run("device", "set", "known", "--vendor", "x" * 129), 2, "vendor", "128")
        self.expect("device_set_needs_an_attribute", self.run("device", "set", "known"), 2, "at least one")
        self.expect("device_set_of_an_unknown_device_is_told", self.run("device", "set", "nobody", "--site", "s"), 1, "nobody")
        self.run("device", "retire", "known")
        self.expect("device_set_of_a_retired_device_is_refused", self.run("device", "set", "known", "--site", "s"), 1, "retired", "final")

    def device_import(self):
        def raw(seed):
            return control_log.public_bytes(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"key of {seed}".encode()).digest()))

        def key(seed):
            return base64.b64encode(raw(seed)).decode()
        file = self.folder / "fleet.csv"
        spki = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + raw("spki")).decode()
        taken = json.loads(self.run("device", "show", "d2", "--json").stdout)["keys"][0]["key"]
        rows = ["name,site,vendor,warranty_end,contracts,public_key",
                f'in-1,north,"Acme, ""Inc""",2027-12-31,env-sensor;machine-temp,{key(1)}',
                f"in-2,,,,,{spki}",
                "in-3,south,,,,",           # its key is made here
                f"in-1,,,,,{key(2)}",       # 5: twice
                f"in/4,,,,,{key(4)}",       # 6: no name
                f"in-5,,,31.12.2027,,{key(5)}",  # 7
                f"in-6,,,,,{key(1)}",       # 8: the key of in-1
                "in-7,,,,,abcd",            # 9
                "in-8,,",                   # 10
                f"in-9,,,,,{taken}",        # 11: the key of d2
                f"d1,,,,,{key(11)}",        # 12: there already
                'in-10,"a"b,,,,',           # 13
                f"in-11,,,,,{key(12)}",
                "\u6e2c" * 28 + ",,,,,"]    # 15: a name that makes too long a file name for its key
        file.write_text("\r\n".join(rows))
        done = self.run("device", "import", file, "--json")
        told = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.equal("device_import_refuses_bad_rows_by_line", (done.returncode, [row.get("line") for row in told[:-1]]), (1, [*range(5, 14), 15]))
        self.checks.note("device_import_says_why", all(text in row["reason"] for text, row in zip(
            ("twice", "name", "31.12.2027", "public_key", "public_key", "columns", "d2", "already", "quote", "too long"), told)), told)
        self.checks.equal("device_import_enrols_every_good_row", told[-1], {"verdict": "imported", "added": 4, "unchanged": 0, "refused": 10, "left": 0, "key_folder": f"{self.fleet.folder}/devices"})
        shown = json.loads(self.run("device", "show", "in-1", "--json").stdout)
        self.checks.equal("device_import_takes_every_column", {k: shown.get(k) for k in ("site", "vendor", "warranty_end", "contracts", "asset", "state")},
                          {"site": "north", "vendor": 'Acme, "Inc"', "warranty_end": "2027-12-31", "contracts": ["env-sensor", "machine-temp"], "asset": "in-1", "state": "active"})
        self.checks.equal("device_import_takes_the_key", (shown["keys"][0]["key"], json.loads(self.run("device", "show", "in-2", "--json").stdout)["keys"][0]["key"]),
                          (key(1), spki[16:]))
        self.expect("device_import_makes_missing_keys", self.run("device", "token", "--gate", "g1", "in-3"), 0, ".")
        self.checks.note("device_import_leaves_no_key_of_a_refused_row", not (self.fleet.folder / "devices/in-8.key.pem").exists())
        file.write_text("\n".join(rows[:4]) + "\n")
        self.expect("device_import_says_where_the_keys_are", self.refused(file, "name", "in-12", "in-13"), 0, f"the private keys of 2 of them are in {self.fleet.folder}/devices")
        file.write_text("\n".join(rows[:4]) + "\n")
        done = self.run("device", "import", file, "--json")
        self.checks.equal("device_import_names_no_folder_where_it_made_no_key", (done.returncode, json.loads(done.stdout)["key_folder"]), (0, None))
        self.expect("device_import_may_be_run_again", self.run("device", "import", file), 0, "added 0 devices, 3 unchanged, 0 rows refused")
        self.expect("device_import_tells_refused_rows_to_people", self.refused(file, rows[0], "in/4,,,,,"), 1, "line", "in/4", "1 row refused")
        file.write_text(f"name,least_proof,public_key\nlp-1,signature,{key(21)}\nlp-2,strong,{key(22)}\nlp-3,,{key(23)}\n")
        self.expect("device_import_names_the_least_proofs", self.run("device", "import", file), 1, "least_proof: 'strong'", "signature, mac or connection", "added 2 devices")
        self.checks.equal("device_import_takes_a_least_proof", json.loads(self.run("device", "show", "lp-1", "--json").stdout).get("least_proof"), "signature")
        self.expect("device_set_replaces_contracts", self.run("device", "set", "lp-1", "--contract", "env-sensor", "--contract", "machine-temp"), 0)
        self.run("device", "set", "lp-1", "--contract", "machine-temp")
        self.checks.equal("device_set_leaves_none_of_the_former_contracts", json.loads(self.run("device", "show", "lp-1", "--json").stdout).get("contracts"), ["machine-temp"])
        self.run("device", "set", "lp-1", "--contract", "")
        self.checks.note("device_set_allows_every_contract_again", not json.loads(self.run("device", "show", "lp-1", "--json").stdout).get("contracts"))
        self.tokens(file)
        file.write_text("name,sight\nx,y\n")
        self.expect("device_import_names_the_nearest_column", self.run("device", "import", file), 2, f"{file}:1", "'sight'", "'site'")
        file.write_text("site\ny\n")
        self.expect("device_import_needs_a_name", self.run("device", "import", file), 2, "'name'")
        file.write_text("name,site,public_key\n" + "".join(f"many-{i:05},hall-{i % 3},{key(f'many {i}')}\n" for i in range(10_000)))
        self.expect("device_import_takes_10000_rows", self.run("device", "import", file), 0, "added 10000 devices, 0 unchanged, 0 rows refused")

    def device_report(self):
        def rows(*words):
            return [json.loads(line) for line in self.run("device", "report", *words, "--json").stdout.splitlines()]
        states = ("pending", "active", "suspended", "revoked", "retired")
        devices = [json.loads(line) for line in self.run("device", "list", "--json").stdout.splitlines()]
        for by in ("site", "line", "vendor", "model", "firmware"):
            wanted = {value: [len(found), *[sum(d["state"] == state for d in found) for state in states]] for value, found in
                      ((v, [d for d in devices if d[by] == v]) for v in {d[by] for d in devices})}
            self.checks.equal(f"device_report_by_{by}_is_the_sum_of_the_list", {row[by]: [row["devices"], *[row[s] for s in states]] for row in rows("--by", by)}, wanted)
        self.checks.equal("device_report_by_state_is_the_sum_of_the_list", {row["state"]: row["devices"] for row in rows("--by", "state")},
                          {s: n for s in states if (n := sum(d["state"] == s for d in devices))})
        self.expect("device_report_is_a_table_by_site", self.run("device", "report"), 0, "site", "devices", "hall-2", "3333")
        today = datetime.datetime.now(datetime.timezone.utc).date()

        def day(days):
            return (today + datetime.timedelta(days=days)).isoformat()
        self.run("device", "add", "ends", "--site", "north", "--warranty-end", day(10))
        self.run("device", "add", "ended", "--warranty-end", day(-10))
        self.run("device", "add", "gone", "--warranty-end", day(10))
        self.run("device", "retire", "gone")
        new = json.loads(self.run("device", "add-key", "ends", "--not-after", day(5), "--json").stdout)["key_id"]
        mine = [(row["name"], row["what"], row["key_id"], row["site"], row["ends"], row["days"]) for row in rows("--expiring", 30)]
        self.checks.equal("device_report_lists_what_ends_soon_in_order", mine,
                          [("ends", "key", new, "north", day(5) + "T00:00:00.000Z", 4), ("ends", "warranty", "", "north", day(11) + "T00:00:00.000Z", 10)])
        self.checks.equal("device_report_looks_no_further_than_asked", [row["what"] for row in rows("--expiring", 7)], ["key"])
        self.checks.note("device_report_lists_what_has_ended", ("ended", "warranty", -10) in [(r["name"], r["what"], r["days"]) for r in rows("--expiring", 7, "--expired")])
        self.expect("device_report_says_what_it_counts_by", self.run("device", "report", "--by", "colour"), 2, "'colour'", "firmware")
        self.expect("device_report_says_what_days_are", self.run("device", "report", "--expiring", "soon"), 2, "'soon'", "36500")

    def tokens(self, file):
        """Claim tokens for as many devices as one file may have, and none that the policy would not let in."""
        rows, out = [f"t-{i:06}" for i in range(100_001)], file.with_name("tokens.csv")
        file.write_text("name\n" + "\n".join(rows[:-1]) + "\n")
        self.expect("device_claim_takes_100000_rows", self.run("device", "claim", "--csv", file, "--until", "1d", "--out", out), 0, "made 100000 tokens, 0 rows refused")
        self.checks.equal("device_claim_writes_100000_tokens", len(out.read_text().splitlines()), 100_000)
        out.unlink()
        file.write_text("name\n" + "\n".join(rows) + "\n")
        self.expect("device_claim_takes_no_more_rows", self.run("device", "claim", "--csv", file, "--until", "1d", "--out", out), 2, "more than 100000 rows")
        file.write_text("name,least_proof\nt-1,signature\n")
        self.expect("device_claim_says_what_no_token_can_state", self.run("device", "claim", "--csv", file, "--until", "1d"), 1, "least_proof: a token cannot state it")
        self.run("policy", "set", "--critical", "device")
        self.expect("device_claim_makes_no_token_that_the_policy_refuses", self.run("device", "claim", "t-1", "--until", "1d"), 1, "two operators", "--propose")
        self.run("policy", "set", "--critical", "")
        self.expect("device_claim_makes_one_without_that_policy", self.run("device", "claim", "t-1", "--until", "1d"), 0)

    def refused(self, file, *rows):
        file.write_text("\n".join(rows) + "\n")
        return self.run("device", "import", file)

    def contracts(self):
        good, bad = sorted((SAMPLES / "good").glob("*.json")), sorted((SAMPLES / "bad").glob("*.json"))
        self.expect("check_admits_good_samples", self.run("contract", "check", CONTRACT, *good), 0, "admitted")
        done = self.run("contract", "check", CONTRACT, *bad, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.equal("check_quarantines_every_bad_sample", (done.returncode, {r["verdict"] for r in rows}, len(rows)), (1, {"quarantined"}, len(bad)))
        self.checks.note("check_gives_each_its_class", all(pathlib.Path(r["file"]).name.startswith(r["class"]) for r in rows), rows)
        self.check_rows(good[0], bad[0])
        lines = "".join(json.dumps(json.loads(path.read_text())) + "\n" for path in good) + "nonsense\n"
        done = self.run("contract", "check", CONTRACT, "--lines", "--json", stdin=lines)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.equal("check_takes_lines_from_standard_input", [r["verdict"] for r in rows], ["admitted"] * len(good) + ["quarantined"])
        self.expect("check_needs_a_contract", self.run("contract", "check", self.folder), 2)
        self.expect("lint_says_that_it_holds", self.run("contract", "lint", CONTRACT), 0, "env-sensor")
        broken = self.folder / "broken"
        broken.mkdir()
        (broken / "schema.avsc").write_bytes((CONTRACT / "schema.avsc").read_bytes())
        text = (CONTRACT / "contract.odcs.yaml").read_text()
        (broken / "contract.odcs.yaml").write_text(text.replace("unknownFields:", "unknownFeilds:"))
        self.expect("lint_names_file_line_and_nearest_key", self.run("contract", "lint", broken), 1, "contract.odcs.yaml:", "unknownFields")
        changed = self.folder / "changed"
        changed.mkdir()
        (changed / "schema.avsc").write_bytes((CONTRACT / "schema.avsc").read_bytes())
        (changed / "contract.odcs.yaml").write_text(text.replace("maximum: 100", "maximum: 99"))
        self.expect("a_published_version_never_changes", self.run("contract", "publish", changed), 1, "env-sensor@1.0.0 is published", "a new version")
        other, own = self.folder / "other-id", text.replace("id: env-sensor", "id: other", 1)
        other.mkdir()
        (other / "schema.avsc").write_bytes((CONTRACT / "schema.avsc").read_bytes())
        (other / "contract.odcs.yaml").write_text(own)
        self.expect("contract_publish_refuses_topics_that_another_contract_has", self.run("contract", "publish", other), 1, "site/+/{device}/env", "contract env-sensor@1.0.0's")
        (other / "contract.odcs.yaml").write_text(own.replace('"site/+/{device}/env"', '"ats/receipts/{device}"'))
        self.expect("lint_refuses_topics_that_are_the_gates", self.run("contract", "lint", other), 1, "belong to the gate")
        (other / "contract.odcs.yaml").write_text(own.replace('"site/+/{device}/env"', '"site/north/{device}/env"'))
        self.expect("contract_publish_warns_of_topics_that_another_contract_has_too", self.run("contract", "publish", other), 0, "published contract other@1.0.0", "overlaps 'site/+/{device}/env'", "governed by 'other'")
        (other / "contract.odcs.yaml").write_text(own.replace('"site/+/{device}/env"', '"site/north/{device}/env"').replace("version: 1.0.0", "version: 1.10.0"))
        self.expect("contract_publish_takes_a_new_version", self.run("contract", "publish", other), 0, "published contract other@1.10.0")
        pages = self.folder / "pages"
        self.expect("docs_without_a_folder_documents_the_logs_contracts", self.run("docs", "--out", pages), 0, "documented 2 contracts")
        page = (pages / "index.html").read_text()
        self.checks.note("docs_has_the_highest_version_of_each", "env-sensor@1.0.0" in page and "other@1.10.0" in page and "other@1.0.0" not in page, page)
        channels = json.loads((pages / "asyncapi.json").read_text())["channels"]
        self.checks.equal("docs_names_topics_as_the_fleet_does", channels["telemetry.other"]["address"], f"{self.kafka.prefix}telemetry.other")
        self.expect("contract_publish_again_of_the_same_is_no_error", self.run("contract", "publish", CONTRACT), 0, "contract env-sensor@1.0.0 is there already")

    def check_rows(self, good, bad):
        names = {"file", "verdict", "class", "path", "rule", "text"}
        done = self.run("contract", "check", CONTRACT, good, bad, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.note("check_json_has_the_stated_names", len(rows) == 2 and all(set(r) == names for r in rows), rows)
        self.checks.note("check_json_has_nulls_where_nothing_is_wrong", all((r[n] is None) == (r["verdict"] == "admitted")
                         for r in rows for n in names - {"file", "verdict"}), rows)
        done = self.run("contract", "check", CONTRACT, self.folder / "none.json", self.folder, good, "--json")
        self.expect("check_goes_on_after_a_file_that_it_cannot_read", done, 2, str(self.folder / "none.json"), "directory", '"admitted"')
        odd = pathlib.Path(os.fsdecode(bytes(self.folder) + b"/p\xff"))
        odd.write_bytes(good.read_bytes())
        row = json.loads(self.run("contract", "check", CONTRACT, odd, "--json").stdout)
        self.checks.equal("check_json_names_a_file_whose_name_is_no_utf8", row["file"], str(self.folder / "p\ufffd"))
        done = self.run("contract", "check", CONTRACT, stdin=json.dumps({"\x1b[2J\nfoo: admitted": 1}))
        self.checks.note("check_lets_no_payload_forge_a_line", done.returncode == 1 and len(done.stdout.splitlines()) == 1
                         and "\x1b" not in done.stdout and "\\u001b[2J\\u000afoo" in done.stdout, done.stdout)
        done = self.run("contract", "check", CONTRACT, "--lines", "--json", stdin="9" * 1000000 + "\nnonsense\n")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.equal("check_judges_a_line_that_is_too_long_and_the_next", [(r["line"], r["rule"], r["text"]) for r in rows][:1]
                          + [(r["line"], r["rule"]) for r in rows][1:], [(1, "size", "more than 524288 bytes"), (2, "json-syntax")])

    def changes_as_json(self):
        """With --json each command that changes something says so as an object a line, too."""
        usecase = ROOT / "schemas/usecases/asset-health.yaml"
        names = self.folder / "more.txt"
        names.write_text("name\njson-2\njson-3\n")
        schema_id = json.loads(self.run("--json", "contract", "lint", CONTRACT).stdout)["schema_id"]
        calls = [
            (("device", "add", "json-1"), [{"verdict": "added", "name": "json-1", "key_file": f"{self.fleet.folder}/devices/json-1.key.pem"}]),
            (("device", "add", "--from", names), [{"verdict": "added", "name": name, "key_file": f"{self.fleet.folder}/devices/{name}.key.pem"} for name in ("json-2", "json-3")]),
            (("device", "suspend", "json-1"), [{"name": "json-1", "state": "suspended", "changed": True}]),
            (("gate", "add", "json-gate"), [{"verdict": "added", "name": "json-gate", "folder": str(self.fleet.folder / "gates/json-gate")}]),
            (("gate", "revoke", "json-gate"), [{"verdict": "revoked", "name": "json-gate"}]),
            (("contract", "publish", CONTRACT), [{"verdict": "unchanged", "name": "env-sensor@1.0.0", "schema_id": schema_id, "governs": True}]),
            (("usecase", "publish", usecase), [{"verdict": "unchanged", "name": "asset-health", "version": "1.0.0"}]),
        ]
        for words, expected in calls:
            done = self.run("--json", *words)
            found = [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else done.stderr
            self.checks.equal(f"json_of_{words[0]}_{words[1]}" + ("_from" if "--from" in words else ""), found, expected)

    def watching(self):
        done = self.run("watch", "control", "--from-beginning", "--max", 3)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.checks.note("watch_prints_decoded_records", done.returncode == 0 and [r["value"]["kind"] for r in rows[:2]] == ["root", "operator"], done.stdout[:500])
        stranger = Fleet(self.fleet.build, self.folder / "nobody", self.kafka).cli("watch", "control", "--from-beginning", "--max", 1, check=False)
        self.checks.note("watch_needs_no_fleet", stranger.returncode == 0 and json.loads(stranger.stdout)["value"]["kind"] == "root", stranger.stderr)
        self.expect("watch_of_an_unknown_topic_is_told", self.run("watch", "decisionz"), 2, "decisions")
        said = [self.run("watch", "--raw", topic).stderr for topic in ("telemetry", "telemetry.env-senso", f"{self.kafka.prefix}telemetry.env_sensor")]
        self.checks.note("watch_of_no_contracts_topic_names_one_that_is_there", all("'telemetry.CONTRACT', such as 'telemetry.env-sensor'" in text for text in said), said)
        stranger = Fleet(self.fleet.build, self.folder / "nobody", self.kafka).cli("watch", "telemetri", check=False)
        self.expect("watch_of_no_contracts_topic_is_told_without_a_fleet", stranger, 2, "(did you mean 'telemetry.CONTRACT'?)")
        count = len(self.run("watch", "control", "--from-beginning", "--exit-at-end", "--raw").stdout.splitlines())
        exported = self.folder / "exported.jsonl"
        self.run("control", "export", exported)
        self.checks.equal("watch_ends_at_the_end", count, len(exported.read_text().splitlines()))
        done = self.run("watch", "telemetry.env-sensor", "--from-beginning", "--exit-at-end")
        self.checks.equal("watch_of_an_empty_topic_ends_at_its_end", (done.returncode, done.stdout, done.stderr),
                          (0, "", f"attestream: there is no record in {self.kafka.prefix}telemetry.env-sensor\n"))
        self.expect("watch_to_the_end_of_an_unknown_topic_is_told", self.run("watch", "decisionz", "--from-beginning", "--exit-at-end"), 2, "decisions")
        self.expect("watch_to_the_end_from_the_end_is_a_matter_of_usage", self.run("watch", "control", "--exit-at-end"), 2, "--from-beginning")
        self.expect("watch_of_what_is_no_topic_is_a_matter_of_usage", self.run("watch", "a b"), 2, "a b")
        nowhere = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ATS_KAFKA_CONFIG": ""}
        watch = subprocess.Popen(self.fleet.command("watch", "decisions"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=nowhere)
        try:
            watch.wait(1)
        except subprocess.TimeoutExpired:
            watch.send_signal(signal.SIGINT)
        self.checks.equal("ctrl_c_ends_watch_without_kafka_at_once", watch.wait(2), -signal.SIGINT)
        words = self.fleet.command("watch", "decisions")
        watch = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **self.kafka.environment()})
        try:
            watch.wait(1)
        except subprocess.TimeoutExpired:
            pass
        watch.send_signal(signal.SIGINT)
        self.checks.equal("ctrl_c_ends_watch_cleanly", watch.wait(20), 0)
        self.checks.equal("watch_says_that_it_waits_for_new_records", watch.stderr.read().decode(),
                          f"attestream: waiting for new records of {self.kafka.prefix}decisions (--from-beginning shows what is there)\n")

    def open_transaction(self):
        """Whoever may write to the control topic can leave a transaction open, and holds up nothing by it."""
        where = services.read_properties(self.kafka.config) if self.kafka.config else {"bootstrap.servers": self.kafka.bootstrap}
        writer = confluent_kafka.Producer({**where, "transactional.id": self.kafka.prefix + "left-open", "log_level": "0"})
        writer.init_transactions(30)
        writer.begin_transaction()
        writer.produce(self.kafka.prefix + "control", b"garbage")
        writer.flush(30)
        self.expect("a_transaction_left_open_holds_up_no_change", self.run("device", "revoke", "bulk-0000"), 0, "revoked", "malformed")
        self.expect("a_transaction_left_open_holds_up_no_reader", self.run("device", "show", "bulk-0000"), 0, "revoked")
        writer.abort_transaction(30)

    def watch_slowly(self, name):
        """A watch in the middle of the control topic: nobody reads its output on, and it fetches no more than it has to. Its errors go to a file."""
        config, errors = self.folder / "slowly.properties", self.folder / f"{name}.err"
        config.write_text(f"bootstrap.servers={self.kafka.bootstrap}\nqueued.min.messages=1\nqueued.max.messages.kbytes=1\nfetch.message.max.bytes=1\n")
        with errors.open("w") as log:
            watch = subprocess.Popen(self.fleet.command("--kafka-config", config, "watch", "control", "--from-beginning", "--exit-at-end", "--raw"), stdout=subprocess.PIPE, stderr=log)
        watch.stdout.readline()
        return watch, errors

    @staticmethod
    def end_of(watch, timeout_s):
        """Its exit code; of one that goes on None, and then it does not."""
        try:
            return watch.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return watch.kill()

    def kafka_goes_away(self):
        """Two watches to the end, and Kafka goes away before it: one is interrupted, the other waits on and is returned with the file of its errors. Nothing
        behind this has Kafka."""
        (left, told), (cut, said) = self.watch_slowly("left"), self.watch_slowly("cut")
        self.kafka.kill()
        for watch in (left, cut):
            threading.Thread(target=watch.stdout.read, daemon=True).start()
        wait_until("a watch that misses Kafka", lambda: "; trying again" in said.read_text() or cut.poll() is not None)
        cut.send_signal(signal.SIGINT)
        topic = f"{self.kafka.prefix}control"
        self.checks.equal("ctrl_c_before_the_end_is_no_whole_recording", (self.end_of(cut, 20), said.read_text().splitlines()[-1:]), (1, [f"attestream: ended before the end of {topic}"]))
        return left, told

    def without_kafka(self):
        left, told = self.kafka_goes_away() if isinstance(self.kafka, services.Kafka) else (None, None)
        nowhere = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ATS_KAFKA_CONFIG": ""}
        change, watch = (subprocess.Popen(self.fleet.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=nowhere)
                         for words in (("device", "add", "late"), ("watch", "decisions")))
        done = subprocess.run(self.fleet.command("device", "list"), capture_output=True, text=True, env=nowhere, timeout=60)
        self.checks.equal("a_list_does_not_wait_behind_a_change_that_waits_for_kafka", change.poll(), None)
        for name, process in (("change", change), ("watch", watch)):
            said = process.communicate(timeout=60)[1]
            self.checks.equal(f"a_{name}_without_kafka_says_what_it_waits_for_and_exits_with_3", (process.returncode, said.splitlines()), (3, [
                "attestream: waiting for Kafka at 127.0.0.1:1 (up to 30 s)", "attestream: Kafka at 127.0.0.1:1 does not answer"]))
        if left:
            self.checks.equal("a_watch_to_the_end_that_kafka_leaves_before_it_ends_with_3", (self.end_of(left, 60), told.read_text().splitlines()[-1:]),
                              (3, ["attestream: Kafka has given nothing for 30 s, and the topic goes on"]))
        else:
            for name in ("ctrl_c_before_the_end_is_no_whole_recording", "a_watch_to_the_end_that_kafka_leaves_before_it_ends_with_3"):
                self.checks.skip(name, "not our cluster to stop")
        unset = subprocess.run(self.fleet.command("watch", "decisions"), capture_output=True, text=True, env=NO_KAFKA)
        self.expect("without_a_place_to_look_for_kafka_the_commands_own_options_are_named", unset, 2, "--kafka-bootstrap", "--kafka-config")
        broken = {**os.environ, "ATS_KAFKA_BOOTSTRAP": "", "ATS_KAFKA_CONFIG": str(self.folder / "nothing.properties")}
        read = subprocess.run(self.fleet.command("device", "list"), capture_output=True, text=True, env=broken)
        self.expect("a_list_with_a_broken_configuration_says_so", read, 2, "nothing.properties")
        words = self.fleet.command("device", "list")
        words[words.index("--topic-prefix") + 1] = "a b"
        bad_prefix = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **self.kafka.environment()})
        self.expect("a_list_with_a_bad_topic_prefix_says_so", bad_prefix, 2, "a b")
        fresh = Fleet(self.fleet.build, self.folder / "fresh", self.kafka)
        made = subprocess.run(fresh.command("init"), capture_output=True, text=True, env=broken)
        self.expect("init_with_a_broken_configuration_makes_nothing", made, 2, "nothing.properties")
        self.checks.equal("init_with_a_broken_configuration_leaves_no_folder", fresh.folder.exists(), False)
        self.expect("lists_work_from_the_own_copy_without_kafka", done, 0, "bulk-0001")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    checks = Checks("cli")
    suite = Suite(checks, parser.parse_args().build)
    for test in (suite.usage, suite.begin_offline, suite.interrupted, suite.make, suite.take_over, suite.second_fleet, suite.wrong_prefix, suite.devices, suite.contracts, suite.changes_as_json, suite.watching, suite.open_transaction, suite.without_kafka):
        checks.run(test.__name__ + "_runs_through", test)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(services.run(main))
