#!/usr/bin/env bash
# The page in a real browser, served by the real program.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/npm-install.sh tests/web
npm --prefix tests/web test
