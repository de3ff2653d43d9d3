#!/usr/bin/env python3
"""Plays the tool that measures a language model for test_bench.py."""

import json
import sys

print(json.dumps({"load_seconds": 1.5, "resident_mib": 1000}), flush=True)
faster = 2 if sys.argv[1] == "ours" else 1
for line in sys.stdin:
    prompt, _ = map(int, line.split())
    print(json.dumps({"prompt": prompt * faster, "generation": 10.0 * faster, "resident_mib": 1100}), flush=True)
