# SPDX-License-Identifier: Apache-2.0
"""What every benchmark shares: figures with median, min and max, CPU times from /proc, the table and the JSON."""
import json
import os
import pathlib
import statistics
import sys

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, file=sys.stderr, flush=True)


def _cpu_s(path):
    fields = pathlib.Path(path).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def process_cpu_s(pid):
    """User and system time of all threads of a process."""
    return _cpu_s(f"/proc/{pid}/stat")


def thread_cpu_s(pid):
    """The same of its first thread alone: in Mosquitto, the one that serves clients."""
    return _cpu_s(f"/proc/{pid}/task/{pid}/stat")


def thread_run_s(pid):
    """The same from the scheduler's own count, in nanoseconds instead of ticks."""
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def rss_anon(pid):
    """Bytes of a process's anonymous memory: heap and stacks, and no file that is mapped."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/{pid}/status has no RssAnon")


class Figure:
    """`target` is what the median is to reach, or, with `at_most`, what it is not to pass."""
    def __init__(self, name, values, unit, versus, target=None, at_most=False):
        self.name, self.values, self.unit, self.versus, self.target, self.at_most = name, values, unit, versus, target, at_most

    def verdict(self):
        """Of the median: "", or its target and whether it is met."""
        if self.target is None:
            return ""
        value = statistics.median(self.values)
        met = value <= self.target if self.at_most else value >= self.target
        return f"  target {'at most' if self.at_most else 'at least'} {self.target}: {'met' if met else 'MISSED'}"

    def as_json(self):
        return {"name": self.name, "value": statistics.median(self.values), "unit": self.unit, "target": self.target,
                "versus": self.versus or None, "min": min(self.values), "max": max(self.values), "runs": len(self.values)}


def print_figures(figures):
    print(f"{'figure':<28} {'median':>12} {'min':>12} {'max':>12}  unit")
    for figure in figures:
        f = figure.as_json()
        print(f"{f['name']:<28} {f['value']:>12.4g} {f['min']:>12.4g} {f['max']:>12.4g}  {f['unit']}{figure.verdict()}")


def write_json(path, name, figures):
    pathlib.Path(path).write_text(json.dumps({"bench": name, "figures": [f.as_json() for f in figures]}, indent=2) + "\n")
