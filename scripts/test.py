#!/usr/bin/env python3
"""Runs everything that checks the project, and counts it.

Each step prints one line; a failed one also the end of its output. The last lines count tests run, failed and skipped,
and name the reason of each skip: a test that cannot run prints a line `skipped: …` and is counted as skipped, not as run.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = Path(os.environ["CARGO_TARGET_DIR"]) / "test-logs"
RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", re.MULTILINE)
IGNORED = re.compile(r"^test (\S+) \.\.\. ignored(?:, (.*))?$", re.MULTILINE)
SKIPPED = re.compile(r"^\s*skipped: (.+)$", re.MULTILINE)
WEB = re.compile(r"^web: (\d+) run, (\d+) failed, (\d+) skipped", re.MULTILINE)
VITEST = re.compile(r"^\s*Tests\s+(?:(\d+) failed \| )?(\d+) passed", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(?: \((?:failures=(\d+))?(?:, )?(?:errors=(\d+))?.*\))?", re.MULTILINE)
FAILED_TEST = re.compile(r"^test (\S+) \.\.\. FAILED", re.MULTILINE)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Tally:
    """Tests run, failed and skipped, and what failed."""

    def __init__(self):
        self.run = self.failed = 0
        self.skips = []
        self.failed_steps = []

    def count(self, text):
        before = self.run
        skips = SKIPPED.findall(text)
        for passed, failed, _ in RESULT.findall(text):
            self.run += int(passed) + int(failed)
            self.failed += int(failed)
        for name, reason in IGNORED.findall(text):
            skips.append(f"{name}: {reason or 'ignored'}")
        for failed, passed in VITEST.findall(text):
            self.run += int(passed) + int(failed or 0)
            self.failed += int(failed or 0)
        for run, failed, _ in WEB.findall(text):
            self.run += int(run)
            self.failed += int(failed)
        for run, failures, errors in UNITTEST.findall(text):
            self.run += int(run)
            self.failed += int(failures or 0) + int(errors or 0)
        printed = len(SKIPPED.findall(text)) if RESULT.search(text) else 0
        self.run -= printed
        self.skips += skips
        return self.run - before


def step(tally, name, *command, counts=False):
    """Runs one step; its output goes to a log."""
    log = LOGS / (re.sub(r"\W+", "-", name) + ".log")
    print(f"── {name} … ", end="", flush=True)
    begun = time.monotonic()
    with log.open("w") as out:
        status = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    text = ESCAPES.sub("", log.read_text(errors="replace"))
    ran = tally.count(text) if counts else 0
    seconds = time.monotonic() - begun
    what = f"{ran} tests, " if ran else ""
    if status == 0:
        print(f"{what}{seconds:.0f} s")
        return True
    print(f"FAILED after {seconds:.0f} s (exit code {status}); the whole output is in {log}")
    tally.failed_steps.append(name)
    for test in FAILED_TEST.findall(text):
        print(f"   failed: {test}")
    print("\n".join("   " + line for line in text.splitlines()[-60:]))
    return False


def main():
    LOGS.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    begun = time.monotonic()
    cargo_test = ["cargo", "test", "--release", "--workspace", "--no-fail-fast"]
    step(tally, "format", "cargo", "fmt", "--check")
    built = step(tally, "build the page", "scripts/web.sh")
    step(tally, "check the page's types", "npm", "--prefix", "web", "run", "check")
    step(tally, "unit tests of the page", "npm", "--prefix", "web", "test", counts=True)
    step(tally, "unit tests of the benchmark runner", "python3", "-m", "unittest", "discover", "-s", "tests/bench", counts=True)
    step(tally, "clippy, light lane", "scripts/clippy.sh")
    built &= step(tally, "build program and tests", *cargo_test, "--no-run")
    if built and step(tally, "models", os.environ["RUSHLIGHT_BIN"], "models", "install"):
        step(tally, "tests in Rust", *cargo_test, "--", "--show-output", counts=True)
        step(tally, "the page in a browser", "scripts/web-tests.sh", counts=True)

    minutes = (time.monotonic() - begun) / 60
    print(f"\n{minutes:.1f} minutes")
    for reason in tally.skips:
        print(f"skipped: {reason}")
    for name in tally.failed_steps:
        print(f"failed: {name}")
    print(f"tests: {tally.run} run, {tally.failed} failed, {len(tally.skips)} skipped")
    return 1 if tally.failed or tally.failed_steps else 0


if __name__ == "__main__":
    sys.exit(main())
