#!/usr/bin/env bash
# Clippy on the light lane: everything but the adapters of LanceDB, ONNX Runtime and candle, with fakes in their place.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --quiet --workspace --all-targets --no-default-features --features rushlight/demo \
    --exclude rushlight-vectors-lance --exclude rushlight-embed-onnx --exclude rushlight-llm-candle -- -D warnings
