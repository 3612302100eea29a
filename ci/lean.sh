#!/usr/bin/env bash
# The three runtimes stand on four crates; the whole program on fifty at most.
set -euo pipefail
cd "$(dirname "$0")/.."

# Prints the crates of the graph that is built for a user, ours left out, one a line.
crates() {
    cargo tree --locked --edges normal,build --prefix none --no-dedupe "$@" |
        sed 's/ (.*//' | sort -u | grep -v '^trainyard '
}

direct=$(cargo tree --locked --edges normal --depth 1 --prefix none --no-default-features |
    grep -v '^trainyard ' | cut -d' ' -f1 | sort | tr '\n' ' ')
if [ "$direct" != "libc mio nix slab " ]; then
    echo "without features the crate must depend on libc, mio, nix and slab alone, not: $direct" >&2
    exit 1
fi
echo "without features: $direct($(crates --no-default-features | wc -l) crates with theirs)"

count=$(crates | wc -l)
if [ "$count" -gt 50 ]; then
    echo "the default build must have at most 50 crates, it has $count" >&2
    exit 1
fi
echo "default build: $count crates"
cargo build --locked --no-default-features
