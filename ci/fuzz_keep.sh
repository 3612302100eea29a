#!/usr/bin/env bash
# Keeps what ci/fuzz.sh found: the smallest inputs that together reach all the code that was
# reached, at most 200 of at most 4 kB for each target, in fuzz/corpus/TARGET/found.
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
    # What merges into a folder is new to it: so the seeds are not kept twice.
    RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none "$target" -- -merge=1 \
        "$kept" "$corpus" "$corpus/found" "$corpus/generated"
    rm -f "$corpus"/found/*
    find "$kept" -type f -size -4097c -printf '%s %p\n' | sort -n | head -200 | cut -d' ' -f2 |
        xargs -r cp -t "$corpus/found"
    find "$corpus" -maxdepth 1 -type f -exec sha1sum {} + | cut -d' ' -f1 |
        (cd "$corpus/found" && xargs rm -f)
    rm -rf "$kept"
    rmdir --ignore-fail-on-non-empty "$corpus/found"
done
