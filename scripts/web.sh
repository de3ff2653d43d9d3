#!/usr/bin/env bash
# Builds the page into web/dist.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/npm-install.sh web
npm --prefix web run build
