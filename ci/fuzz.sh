#!/usr/bin/env bash
# Fuzzes the three parsers of foreign bytes with libFuzzer, on the stable compiler: first fast, then
# under AddressSanitizer. Not part of .ci/run: it wants cargo-fuzz (cargo install cargo-fuzz).
# The same functions run on the corpus and on seeded mutations of it inside `cargo test`.
#
# Inputs that reach new code are kept in fuzz/corpus/TARGET/generated, which git ignores.
# Usage: ci/fuzz.sh [SECONDS_PER_TARGET]
set -euo pipefail
cd "$(dirname "$0")/.."

for sanitizer in none address; do
    for target in frame http_request http_response; do
        corpus=fuzz/corpus/$target
        mkdir -p "$corpus/generated"
        RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer "$sanitizer" "$target" \
            "$corpus/generated" "$corpus" -- -max_total_time="${1:-60}" -print_final_stats=1
    done
done
