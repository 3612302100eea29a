#!/usr/bin/env bash
# The models: every order of the atomic steps of the locks, the ring and the inbox.
#
# The models of three threads look at orders with two preemptions, in seconds; the others at all
# orders. LOOM_MAX_PREEMPTIONS=3 ci/loom.sh takes minutes, and bounds every model the same.
set -euo pipefail
cd "$(dirname "$0")/.."

RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom \
    cargo test --locked --package trainyard --release --no-default-features --lib loom_
