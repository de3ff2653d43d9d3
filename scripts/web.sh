#!/usr/bin/env bash
# Builds the page into web/dist. The packages are fetched when the lock file changed.
set -euo pipefail
cd "$(dirname "$0")/../web"
stamp=node_modules/.rushlight-installed
if ! cmp -s package-lock.json "$stamp"; then
    npm ci --no-audit --no-fund
    cp package-lock.json "$stamp"
fi
npm run build
