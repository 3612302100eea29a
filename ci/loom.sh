#!/usr/bin/env bash
# The models: every order of the atomic steps of the locks, the ring and the inbox.
# LOOM_MAX_PREEMPTIONS bounds the models that have no bound of their own; unset, they have none.
set -euo pipefail
cd "$(dirname "$0")/.."

RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom \
    cargo test --locked --release --no-default-features --lib loom_
