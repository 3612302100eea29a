#!/usr/bin/env bash
# The three runtimes stand on four crates; the whole program on fifty at most. And the runtimes
# alone are a library that works: a program that asks for no features runs every example.
set -euo pipefail
cd "$(dirname "$0")/.."

# Prints the crates of the graph that is built for a user, ours left out, one a line.
crates() {
    cargo tree --locked --edges normal,build --prefix none --no-dedupe "$@" |
        sed 's/ (.*//' | sort -u | grep -v '^trainyard'
}

direct=$(cargo tree --locked --edges normal --depth 1 --prefix none --package trainyard --no-default-features |
    grep -v '^trainyard ' | cut -d' ' -f1 | sort | tr '\n' ' ')
if [ "$direct" != "libc mio nix slab " ]; then
    echo "without features the crate must depend on libc, mio, nix and slab alone, not: $direct" >&2
    exit 1
fi
echo "without features: $direct($(crates --package trainyard --no-default-features | wc -l) crates with theirs)"

count=$(crates --package trainyard-lab | wc -l)
if [ "$count" -gt 50 ]; then
    echo "the default build must have at most 50 crates, it has $count" >&2
    exit 1
fi
echo "default build: $count crates"

user=$(mktemp -d)
trap 'rm -r "$user"' EXIT
cp Cargo.lock "$user"
cat >"$user/Cargo.toml" <<END
[package]
name = "user"
edition = "2024"

[dependencies]
trainyard = { path = "$PWD", default-features = false }
END
for example in examples/*.rs; do
    printf '[[bin]]\nname = "%s"\npath = "%s"\n' "$(basename "$example" .rs)" "$PWD/$example" \
        >>"$user/Cargo.toml"
done
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --manifest-path "$user/Cargo.toml"
for example in examples/*.rs; do
    program=$(basename "$example" .rs)
    echo "--- $program"
    timeout 60 "$CARGO_TARGET_DIR/debug/$program"
done
