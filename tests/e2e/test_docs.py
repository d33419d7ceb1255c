#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Documents: generated pages are what the programs print today, links lead somewhere, and no text names a machine."""
import pathlib
import re
import subprocess
import sys

from checks import Checks

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/dev"
# Reasons that nobody can bring about from outside, each with the test that asks for it, and why.
BY_UNIT_ALONE = {
    "duplicate": ("test_admit.c", "ATS_REASON_DUPLICATE", "no refusal: it is counted as `duplicates`, which every end-to-end script of replays asks for"),
    "tokens-full": ("test_token_store.c", "ATS_ERR_LIMIT", "it takes a million tokens"),
    "certificate-expired": ("test_tokens.c", "ATS_REASON_CERTIFICATE_EXPIRED", "the broker's TLS refuses such a certificate before the gate sees it"),
}
# Page, and the command that prints it.
GENERATED = [
    ("docs/configuration-gate.md", [BUILD / "attestream-gate-config", "reference"]),
    ("docs/configuration-processor.md", [BUILD / "attestream-processor", "config", "reference"]),
    ("docs/refusals.md", [BUILD / "attestream-gate-config", "reasons"]),
    ("docs/refusals.md", [BUILD / "attestream-gate-config", "outcomes"]),
    ("docs/refusals.md", [BUILD / "attestream-processor", "config", "dead-letters"]),
    ("docs/cli.md", [BUILD / "attestream", "help", "--markdown"]),
    ("docs/metrics.md", [BUILD / "attestream-processor", "config", "metrics"]),
    ("common/contract/powers_of_five.h", [pathlib.Path(sys.executable), ROOT / "scripts/lib/powers_of_five.py"]),
]
FORBIDDEN = [
    (r"/(root|home|work|mnt)/\w", "a path of one machine"),
    (r"\b(deb\.debian|registry\.npmjs|pypi\.org|repo1?\.maven|crates\.io|proxy\.golang)", "a package registry's host"),
    (r"\b(TODO|FIXME|XXX)\b", "a mark left behind"),
]
EXEMPT = {"tests/e2e/test_docs.py"}


def listed(*patterns):
    found = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns], cwd=ROOT, capture_output=True, text=True,
                           check=True).stdout.split("\n")
    return [path for path in found if path and (ROOT / path).is_file()]


def texts():
    for path in listed():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def check_generated(checks):
    for page, command in GENERATED:
        table = f"_{command[-1].replace('-', '_')}" if page == "docs/refusals.md" else ""
        name = pathlib.Path(page).stem.replace("-", "_") + table + "_is_what_the_program_prints"
        path = ROOT / page
        try:
            printed = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as why:
            checks.note(name, False, why)
            continue
        checks.note(name, path.exists() and printed in path.read_text(), f"the page is not what {command[0].name} prints")


def check_trust(checks):
    """Each check that the table of attacks names is one that a whole run must have seen."""
    held = set((ROOT / "tests/points.tsv").read_text().split())
    named = re.findall(r"`(unit-[a-z_-]+|[a-z-]+\.[a-z0-9_]+)`", (ROOT / "docs/trust.md").read_text())
    checks.equal("attacks_name_checks_that_must_run", [name for name in named if name not in held and not name.endswith((".json", ".md"))], [])


def check_reasons(checks):
    """Each reason of the gate's table is asked for by its name in an end-to-end script (a claim's by its code), or stands above."""
    scripts = "".join(path.read_text() for path in (ROOT / "tests/e2e").glob("*.py") if path.name != "test_docs.py")
    printed = subprocess.run([BUILD / "attestream-gate-config", "reasons"], capture_output=True, text=True, check=True).stdout
    rows = [(int(code), name) for code, name in re.findall(r"^\| (\d+) \| `([a-z0-9-]+)` ", printed, re.M) if code != "0"]
    missing = []
    for code, name in rows:
        unit, text, _ = BY_UNIT_ALONE.get(name, (None, "", ""))
        asked = re.search(rf"""["'=]{name}(?![\w-])|\((?:REFUSED|LATER|REFUSED_CLAIM), {code}\)""", scripts)
        if not asked and not (unit and text in (ROOT / "tests/unit/plugin" / unit).read_text()):
            missing.append(name)
    checks.note("each_reason_is_asked_for_by_a_test", len(rows) > 50 and not missing, f"no end-to-end script asks for {missing}")
    checks.equal("exceptions_are_reasons", [name for name in BY_UNIT_ALONE if name not in {each for _, each in rows}], [])


def printed_names(program, *words, column=1):
    """The names in one column of a table that a program prints."""
    rows = subprocess.run([BUILD / program, *words], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    return [row.split("|")[column].strip(" `") for row in rows]


def check_outcomes(checks):
    """Each outcome of a control record is asked for by a unit test of the registry, each rule of a dead letter by a script."""
    units = "".join(path.read_text() for path in (ROOT / "tests/unit/common/control").glob("*.c"))
    outcomes = printed_names("attestream-gate-config", "outcomes")
    missing = [name for name in outcomes if f"ATS_CONTROL_{name.upper().replace('-', '_')}" not in units]
    scripts = "".join(path.read_text() for path in (ROOT / "tests/e2e").glob("test_processor*.py"))
    rules = printed_names("attestream-processor", "config", "dead-letters", column=2)
    missing += [name for name in rules if f'"{name}"' not in scripts]
    checks.note("each_outcome_and_dead_letter_is_asked_for_by_a_test", len(outcomes) > 5 and len(rules) > 5 and not missing, f"no test asks for {missing}")


def check_links(checks):
    broken = []
    for path in listed("*.md"):
        text = re.sub(r"```.*?```", "", (ROOT / path).read_text(), flags=re.S)
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            if not ((ROOT / path).parent / target).exists():
                broken.append(f"{path}: {target}")
    checks.note("links_lead_somewhere", not broken, "; ".join(broken))


def check_words(checks):
    found = []
    for path, text in texts():
        if path in EXEMPT or path.startswith("tests/fuzz/corpus/"):
            continue
        for pattern, what in FORBIDDEN:
            for match in re.finditer(pattern, text):
                found.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {what}: {match.group(0)}")
    checks.note("no_text_names_a_machine_or_leaves_a_mark", not found, "; ".join(found[:20]))


def check_examples(checks):
    """docs/devices.md says that the whole protocol fits."""
    for path in listed("device/examples/*.py"):
        lines = len((ROOT / path).read_text().splitlines())
        checks.note(f"{pathlib.Path(path).stem}_py_has_less_than_100_lines", lines < 100, f"{path}: {lines} lines")


def main():
    checks = Checks("docs")
    check_generated(checks)
    check_links(checks)
    check_trust(checks)
    check_reasons(checks)
    check_outcomes(checks)
    check_words(checks)
    check_examples(checks)
    return checks.exit_code()


if __name__ == "__main__":
    sys.exit(main())
