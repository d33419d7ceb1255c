#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints an apt source (deb822) for SUITE, such as bookworm-backports, with the address and key of this machine's own source of
the release that it belongs to, so that no mirror's name stands in the project.

usage: backports_source.py bookworm-backports
"""
import pathlib
import re
import shlex
import sys

APT = pathlib.Path("/etc/apt")


def deb822_entries(text):
    """Yields each stanza as a dictionary; continuation lines (a key inside the file) stay with their field."""
    for stanza in re.split(r"\n\s*\n", text):
        fields, name = {}, None
        for line in stanza.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0].isspace() and name:
                fields[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() not in ("no", "false", "0") and "uris" in fields:
            yield fields


def one_line_entries(text):
    """Yields the entries of the old format, deb [options] uri suite components, as if they were stanzas."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if match:
            options, uri, suite, components = match.groups()
            fields = {"types": "deb", "uris": uri, "suites": suite, "components": components}
            for option in shlex.split(options or ""):
                name, _, value = option.partition("=")
                fields[name.lower()] = value
            yield fields


def entries():
    lists = [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*.list"))]
    for path in [*sorted((APT / "sources.list.d").glob("*.sources")), *(p for p in lists if p.exists())]:
        read = deb822_entries if path.suffix == ".sources" else one_line_entries
        yield from read(path.read_text(encoding="utf-8", errors="replace"))


def main():
    suite = sys.argv[1]
    release = suite.removesuffix("-backports")
    for fields in entries():
        if "deb" in fields.get("types", "").split() and release in fields.get("suites", "").split() \
                and "main" in fields.get("components", "").split():
            print(f"Types: deb\nURIs: {fields['uris'].split()[0]}\nSuites: {suite}\nComponents: main")
            if "signed-by" in fields:
                print(f"Signed-By: {fields['signed-by']}")
            return 0
    print(f"no apt source offers {release} main", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
