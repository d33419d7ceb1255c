# SPDX-License-Identifier: Apache-2.0
"""The device library for an ARM microcontroller, with Debian's cross-compiler: its size, its stack, and what it needs of others.

    python3 scripts/lib/device_arm.py     prints the figures

It is compiled and not linked, so that libsodium is needed in its headers alone; they are the same for every processor.
"""
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = "arm-linux-gnueabihf-"
# A Cortex-M4 with its floating-point unit, as the cross-compiler's ABI wants one; the library itself computes with integers alone.
FLAGS = ["-std=gnu11", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-Os", "-fno-pie", "-ffunction-sections", "-Wall", "-Wextra", "-Werror", "-I", str(ROOT),
         "-fcallgraph-info=su", "-c"]
LIBSODIUM = re.compile(r"(crypto_|sodium_|randombytes_)\w+")
ALLOCATORS = re.compile(r"sodium_(malloc|allocarray|free)")
STRING_H = set("memchr memcmp memcpy memmove memset strchr strcmp strlen strncmp strnlen strrchr".split())
# What the compiler calls where the processor has no such instruction; libgcc has it.
COMPILER = re.compile(r"__aeabi_u?(idiv|idivmod|ldivmod|lmul|llsl|llsr|lasr|memcpy\d?|memset\d?|memclr\d?|memmove\d?)")


def tool(name, *words):
    return subprocess.run([TOOLS + name, *map(str, words)], capture_output=True, text=True)


def compile_all(folder):
    """What the compiler says, "" if nothing; the objects and call graphs go into the folder."""
    said = [tool("gcc", *FLAGS, source, "-o", pathlib.Path(folder) / f"{source.stem}.o") for source in sorted((ROOT / "device").glob("*.c"))]
    return "".join(done.stdout + done.stderr + ("" if done.returncode == 0 else f"\nexit code {done.returncode}") for done in said)


def sizes(folder):
    """(text, data, bss) of all objects together."""
    lines = tool("size", *sorted(pathlib.Path(folder).glob("*.o"))).stdout.splitlines()[1:]
    return tuple(sum(int(line.split()[i]) for line in lines) for i in range(3))


def kept(folder):
    """The text that a firmware's linker keeps of it for the functions of device.h, all of them."""
    public = re.findall(r"\b(ats_device_\w+)\(", re.sub(r"/\*.*?\*/", "", (ROOT / "device/device.h").read_text(), flags=re.S))
    whole = pathlib.Path(folder) / "device.elf"
    tool("ld", "--relocatable", "--gc-sections", *(f"--undefined={name}" for name in public), *sorted(pathlib.Path(folder).glob("*.o")), "-o", whole)
    return int(tool("size", whole).stdout.splitlines()[1].split()[0])


def needed(folder):
    """Symbols that the objects take from elsewhere."""
    listed = tool("nm", "--portability", *sorted(pathlib.Path(folder).glob("*.o"))).stdout.splitlines()
    words = [line.split() for line in listed if not line.endswith(":")]
    return {w[0] for w in words if w[1] == "U"} - {w[0] for w in words if w[1] != "U"}


def is_allowed(symbol):
    return symbol in STRING_H or bool(COMPILER.fullmatch(symbol)) or bool(LIBSODIUM.fullmatch(symbol) and not ALLOCATORS.match(symbol))


def stack(folder):
    """((bytes, function) of the largest frame, (bytes, functions) of the deepest chain of calls), without libsodium's own frames."""
    frames, calls = {}, {}
    for path in pathlib.Path(folder).glob("*.ci"):
        text = path.read_text()
        for title, size in re.findall(r'node: \{ title: "([^"]+)" label: "[^"]*?\\n(\d+) bytes', text):
            frames[title] = int(size)
        for source, target in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            calls.setdefault(source, set()).add(target)

    def deepest(function, above=()):
        if function in above:
            raise ValueError(f"{function} calls itself: its stack has no bound")
        below = max((deepest(f, above + (function,)) for f in calls.get(function, ()) if f in frames), default=(0, ()))
        return frames[function] + below[0], (function, *below[1])

    largest = max((size, name) for name, size in frames.items())
    return largest, max(deepest(name) for name in frames)


def short(function):
    return function.split(":")[-1]


def checks():
    """(name, holds, why) for each check, after the figures were printed."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            said = compile_all(folder)
        except FileNotFoundError as why:
            yield "device_compiles_for_arm", False, f"{why}; ./scripts/setup --for test installs it"
            return
        yield "device_compiles_for_arm", not said, said[-4000:]
        if said:
            return
        text, data, bss = sizes(folder)
        frame, chain = stack(folder)
        print(f"device library on a Cortex-M4, -Os: text {text} ({kept(folder)} of it for device.h alone), data {data}, bss {bss} bytes; largest frame {frame[0]} bytes ({short(frame[1])}); "
              f"deepest chain {chain[0]} bytes ({' > '.join(map(short, chain[1]))}); libsodium's own not counted", flush=True)
        yield "device_keeps_nothing_in_memory_of_its_own", (data, bss) == (0, 0), (data, bss)
        foreign = sorted(s for s in needed(folder) if not is_allowed(s))
        yield "device_needs_libsodium_and_string_h_alone", bool(needed(folder)) and not foreign, " ".join(foreign)
        # Under the limit that docs/devices.md names, so that the page stays true.
        limits = {name: int(number.replace(",", "")) for name, number in
                  re.findall(r"\| at most \| ([a-z]+) \| ([\d,]+) bytes \|", (ROOT / "docs/devices.md").read_text())}
        found = {"code": text, "stack": chain[0]}
        yield "device_is_no_larger_than_its_page_says", limits.keys() == found.keys() and all(found[n] <= limits[n] for n in found), (found, limits)


if __name__ == "__main__":
    for check, holds, reason in checks():
        print("holds" if holds else "BROKEN", check, "" if holds else reason)
