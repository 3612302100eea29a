#!/usr/bin/env bash
# Fuzzes each reader of files or foreign bytes (fuzz/targets/*.rs) with libFuzzer, on the stable
# compiler: first fast, then under AddressSanitizer. Not part of .ci/run: it wants cargo-fuzz
# (cargo install cargo-fuzz). The same functions run on the corpus and on seeded mutations of it
# inside `cargo test`; ci/mutations.sh does more of those.
#
# Inputs that reach new code are kept in fuzz/corpus/TARGET/generated, which git ignores. Those that
# are worth keeping go to fuzz/corpus/TARGET/found: see ci/fuzz_keep.sh.
# Usage: ci/fuzz.sh [SECONDS_PER_TARGET [TARGET...]]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
if (($# == 0)); then
    set -- $(basename -s .rs fuzz/targets/*.rs)
fi
for sanitizer in none address; do
    for target in "$@"; do
        corpus=fuzz/corpus/$target
        mkdir -p "$corpus/generated"
        RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer "$sanitizer" "$target" \
            "$corpus/generated" "$corpus" -- -max_total_time="$seconds" -timeout=20 \
            -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1
    done
done
