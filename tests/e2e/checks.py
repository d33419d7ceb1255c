# SPDX-License-Identifier: Apache-2.0
"""Named checks for end-to-end scripts: each prints PASS, FAIL or SKIP with its name; exit_code() sums up."""
import sys
import traceback


class Checks:
    def __init__(self, prefix):
        self.prefix = prefix
        self.failed = 0

    def note(self, name, good, why=""):
        """Says whether the check `name` holds; returns it."""
        verdict = "PASS" if good else "FAIL"
        self.failed += not good
        print(f"{verdict} {self.prefix}.{name}" + (f": {' '.join(str(why).split())[:1500]}" if why and not good else ""), flush=True)
        return good

    def equal(self, name, found, expected):
        return self.note(name, found == expected, f"expected {expected!r}, found {found!r}")

    def run(self, name, test, *arguments):
        """A check that is a function: it fails by raising."""
        try:
            test(*arguments)
        except Exception as why:  # a test may fail in any way; the others go on
            traceback.print_exc(file=sys.stderr)
            return self.note(name, False, f"{type(why).__name__}: {why}")
        return self.note(name, True)

    def run_each(self, tests, name=str):
        """Each of the functions as a check of its own, by what `name` makes of its name."""
        for test in tests:
            self.run(name(test.__name__ + "_runs_through"), test)

    def skip(self, name, why):
        print(f"SKIP {self.prefix}.{name}: {why}", flush=True)

    def exit_code(self):
        return 1 if self.failed else 0
