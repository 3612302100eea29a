#!/usr/bin/env bash
# The crate beside its peers still compiles, lints, judges goals as it says, and runs: one round of
# each scenario, in which nothing is judged. Not part of .ci/run: it builds a second set of
# libraries, optimised across crates. The figures are benches/peers/README.md's business.
set -euo pipefail
cd "$(dirname "$0")/../benches/peers"

cargo fmt --check
cargo clippy --locked --release --all-targets -- -D warnings
cargo test --locked --release
cargo run --locked --release -- --rounds 1
