#!/usr/bin/env bash
# Installs a folder's npm packages as its lock file says, unless they are there already.
# usage: scripts/npm-install.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../$1"
stamp=node_modules/.rushlight-installed
if ! cmp -s package-lock.json "$stamp"; then
    npm ci --no-audit --no-fund
    cp package-lock.json "$stamp"
fi
