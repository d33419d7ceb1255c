# SPDX-License-Identifier: Apache-2.0
"""What a core dump of a running process would hold: each mapping but those that the kernel leaves out (VmFlags "dd")."""
import os
import re

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$")


def mappings(pid):
    """(begin, end, permissions, what, left out of dumps)"""
    found = []
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as file:
        for line in file:
            head = MAPPING.match(line)
            if head:
                found.append([int(head[1], 16), int(head[2], 16), head[3], head[4].strip(), False])
            elif line.startswith("VmFlags:"):
                found[-1][4] = "dd" in line.split()[1:]
    return found


def size_of(begin, end, what):
    """A file may be mapped far beyond its end, where nothing is."""
    try:
        return min(end - begin, os.stat(what).st_size) if what.startswith("/") else end - begin
    except OSError:
        return end - begin


def places(pid, secret):
    """Where the bytes stand: (names of mappings that a core dump has, of those that it has not)."""
    dumped, left_out = [], []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for begin, end, permissions, what, out in mappings(pid):
            if permissions[0] != "r" or what in ("[vvar]", "[vsyscall]"):
                continue
            try:
                memory.seek(begin)
                data = memory.read(size_of(begin, end, what))
            except (OSError, ValueError, OverflowError):
                continue
            at = data.find(secret)
            if at >= 0:
                (left_out if out else dumped).append(f"{what or 'anonymous'}+{at:#x}/{end - begin:#x}")
    return dumped, left_out
