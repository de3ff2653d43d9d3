#!/usr/bin/env bash
# The demonstration: three folders in three spaces, an English and a Chinese question, then the page.
# Without a terminal, or with DEMO_EXIT=1, it ends after the answers.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${RUSHLIGHT_BIN:?run this with \`make demo\`}
data=$PWD/.demo
rushlight() { "$bin" --data-dir "$data" "$@"; }
ask() {
    printf '\n── %s\n\n' "$2"
    rushlight ask --space "$1" "$2"
}

printf '\n── index the examples\n\n'
add() {
    [ -n "$(rushlight status --json | grep -F "\"root\": \"$PWD/examples/$1\"")" ] ||
        rushlight add "examples/$1" --space "$2" | head -n 1
}
add personal-notes personal
add company-docs company
add compliance-archive archive
printf '\n'
rushlight index

ask company 'What is the daily meal allowance since April 2024?'
ask personal '三杯雞要用幾片老薑?'

if [ -n "${DEMO_EXIT:-}" ] || [ ! -t 1 ]; then
    printf '\n── the page: run `make demo` in a terminal, or %s --data-dir .demo serve\n' "$bin"
    exit 0
fi
printf '\n── the page\n\n'
exec "$bin" --data-dir "$data" serve
