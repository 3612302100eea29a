#!/usr/bin/env bash
# Keeps what ci/fuzz.sh found: of all inputs a few that together reach all the code that was reached,
# at most 200 of at most 4 kB for each target, in fuzz/corpus/TARGET/found.
# Usage: ci/fuzz_keep.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

if (($# == 0)); then
    set -- $(basename -s .rs fuzz/targets/*.rs)
fi
for target in "$@"; do
    corpus=fuzz/corpus/$target
    kept=$(mktemp -d)
    mkdir -p "$corpus/generated" "$corpus/found"
    # FUZZER is a target that is built already.
    ${FUZZER:-env RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none "$target" --} \
        -set_cover_merge=1 -use_counters=0 "$kept" "$corpus" "$corpus/generated"
    # The seeds are in the corpus already; a file is named after its contents.
    find "$corpus" -maxdepth 1 -type f -exec sha1sum {} + | cut -d' ' -f1 |
        (cd "$kept" && xargs rm -f)
    rm -rf "$corpus/found"
    mkdir "$corpus/found"
    find "$kept" -type f -size -4097c -printf '%s %p\n' | sort -rn | head -200 | cut -d' ' -f2 |
        xargs -r cp -t "$corpus/found"
    rm -rf "$kept"
done
