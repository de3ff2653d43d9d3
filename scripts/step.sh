#!/usr/bin/env bash
# Runs a command under a name: one line while it works, its output only when it fails or somebody watches.
# usage: scripts/step.sh NAME COMMAND…
set -euo pipefail
name=$1
shift
begun=$SECONDS
if [ -t 1 ]; then
    printf '── %s\n' "$name"
    "$@"
    exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf '── %s … ' "$name"
if "$@" >"$log" 2>&1; then
    printf 'done in %d s\n' "$((SECONDS - begun))"
else
    status=$?
    printf 'failed after %d s\n' "$((SECONDS - begun))"
    tail -n 60 "$log" >&2
    exit "$status"
fi
