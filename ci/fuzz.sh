#!/usr/bin/env bash
# Fuzzes the three parsers of foreign bytes with libFuzzer. Not part of .ci/run: it wants
# cargo-fuzz (cargo install cargo-fuzz). The same functions run on the corpus and on seeded
# mutations of it inside `cargo test`.
# Usage: ci/fuzz.sh [SECONDS_PER_TARGET]
set -euo pipefail
cd "$(dirname "$0")/.."

for target in frame http_request http_response; do
    RUSTC_BOOTSTRAP=1 cargo fuzz run "$target" -- -max_total_time="${1:-60}"
done
