#!/usr/bin/env python3
"""Measures the program and writes docs/benchmarks.md (tables) and docs/benchmarks.json (all figures).

Needs the release binary and its models; see docs/benchmarks.md for the commands. Standard library only.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import page
from parts import PARTS, Bench
from program import Failure, NotMeasured, Program

ROOT = Path(__file__).resolve().parents[2]


def main():
    options = arguments()
    if not options.models:
        sys.exit("error: RUSHLIGHT_MODELS_DIR does not name the folder of the installed models")
    if not options.binary.is_file():
        sys.exit(f"error: there is no `{options.binary}`; build it, or name it with RUSHLIGHT_BIN")
    with tempfile.TemporaryDirectory(prefix="rushlight-bench-") as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        program = Program(options.binary.resolve(), options.models.resolve(), work.resolve())
        bench = Bench(program, options.data.resolve(), ROOT / "examples", work.resolve(), options.quick)
        where = setting(program)
        measured, failed = {}, False
        for name in options.only:
            print(f"{name}", file=sys.stderr, flush=True)
            try:
                measured[name] = {"setting": where, "figures": PARTS[name](bench)}
            except NotMeasured as reason:
                measured[name] = {"not_measured": str(reason)}
            except (Failure, OSError, KeyError, ValueError) as cause:
                failed = True
                # Paths of this machine are of no use to a reader of the page.
                reason = f"{type(cause).__name__}: {cause}".replace(str(work.resolve()), "…").replace(str(ROOT), ".")
                measured[name] = {"not_measured": reason}
            if "not_measured" in measured[name]:
                print(f"  not measured: {measured[name]['not_measured']}", file=sys.stderr)
    write(measured, options)
    sys.exit(1 if failed else 0)


def arguments():
    names = ",".join(PARTS)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=parts, default=list(PARTS), metavar="PART,…", help=f"of {names}; the figures of the others are kept")
    parser.add_argument("--quick", action="store_true", help="a part of the questions, once; printed, and written only with --out")
    parser.add_argument("--work", type=Path, help="keep the data directories here, and use what is there (default: a temporary folder)")
    parser.add_argument("--out", type=Path, help="folder to write to (default: docs)")
    options = parser.parse_args()
    environment = {name: Path(value) for name, value in os.environ.items() if name.startswith("RUSHLIGHT_") and value}
    options.binary = environment.get("RUSHLIGHT_BIN", ROOT / "target" / "release" / "rushlight")
    options.models = environment.get("RUSHLIGHT_MODELS_DIR")
    options.data = environment.get("RUSHLIGHT_DATA", ROOT / ".." / "shared" / "data")
    return options


def parts(text):
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in PARTS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"`{text}` names no part; there are {', '.join(PARTS)}")
    return names


def write(measured, options):
    """Joins the figures with those of other parts, and writes both files; or prints."""
    if options.quick and not options.out:
        print(page.tables(measured))
        return
    folder = options.out or ROOT / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    figures, prose = folder / "benchmarks.json", folder / "benchmarks.md"
    results = json.loads(figures.read_text("utf-8")) if figures.is_file() else {}
    results |= measured
    ordered = {name: results[name] for name in PARTS if name in results}
    figures.write_text(json.dumps(rounded(ordered), indent=1, ensure_ascii=False) + "\n", "utf-8")
    old = prose.read_text("utf-8") if prose.is_file() else "# Benchmarks\n"
    prose.write_text(page.replace_between(old, page.tables(ordered)), "utf-8")
    print(f"wrote {prose} and {figures}", file=sys.stderr)


def rounded(value):
    """Four significant decimals; more would only be noise in a diff."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value


def setting(program):
    """The machine and the versions, as they are before anything is measured."""
    return {
        "date": datetime.date.today().isoformat(),
        "version": program.version(),
        "commit": commit(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "cpu": field("/proc/cpuinfo", "model name") or platform.machine(),
        "memory_gib": int((field("/proc/meminfo", "MemTotal") or "0").split()[0]) / 2**20,
        "system": f"{platform.system()} {platform.release()}",
        "load": os.getloadavg()[0],
    }


def field(path, name):
    """The first value of a field in a file of `name: value` lines."""
    try:
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        pass
    return None


def commit():
    """The tree's commit, with a mark when it was changed since; nothing outside a repository."""
    try:
        result = subprocess.run(["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return result.stdout.strip()


if __name__ == "__main__":
    main()
