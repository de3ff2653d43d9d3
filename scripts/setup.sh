#!/usr/bin/env bash
# Checks the tools that building needs; with --test also those that the tests need. What is missing is installed with
# apt where that is allowed without a question, and otherwise the exact command is printed.
set -euo pipefail

missing=()
complaints=()

have() { command -v "$1" >/dev/null 2>&1; }
package() { missing+=("$1"); }

# at_least WHAT FOUND WANTED REMEDY
at_least() {
    if [ "$(printf '%s\n%s\n' "$3" "$2" | sort -V | head -n 1)" != "$3" ]; then
        complaints+=("$1 is $2, and $3 or newer is needed: $4")
    fi
}

if have rustc && have cargo; then
    at_least rustc "$(rustc --version | awk '{print $2}')" 1.95.0 'rustup update stable'
else
    complaints+=('Rust is missing: install it with rustup')
fi
if have node && have npm; then
    at_least node "$(node --version | tr -d v)" 20.19.0 'install the current long-term release'
else
    complaints+=('Node.js with npm is missing: install the current long-term release')
fi
if ! have python3; then
    package python3
    package python3-pip
elif ! python3 -m pip --version >/dev/null 2>&1; then
    package python3-pip
fi
have cc && have c++ || package build-essential
have protoc || package protobuf-compiler
[ "$(uname -m)" != x86_64 ] || grep -q avx2 /proc/cpuinfo 2>/dev/null || [ "$(uname -s)" != Linux ] ||
    complaints+=('the processor has no AVX2, which the vector index needs')

if [ "${1:-}" = --test ]; then
    have chromium || package chromium
    fc-list 2>/dev/null | grep -i 'noto.*cjk' >/dev/null || package fonts-noto-cjk
    have unshare || package util-linux
fi

if [ ${#missing[@]} -gt 0 ]; then
    command="apt-get install -y ${missing[*]}"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if have apt-get && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        echo "── installing ${missing[*]}"
        log=$(mktemp)
        if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $command; } >"$log" 2>&1; then
            tail -n 20 "$log" >&2
            complaints+=("installing ${missing[*]} failed, see above")
        fi
        rm -f "$log"
    else
        complaints+=("missing: ${missing[*]}. Install with: sudo $command")
    fi
fi

if [ ${#complaints[@]} -gt 0 ]; then
    printf 'error: %s\n' "${complaints[@]}" >&2
    exit 1
fi
