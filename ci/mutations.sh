#!/usr/bin/env bash
# Breaks valid files and messages as `cargo test` does, many times as often: some minutes.
# Usage: ci/mutations.sh [TIMES]
set -euo pipefail
cd "$(dirname "$0")/.."

export TRAINYARD_MUTATIONS="${1:-25}"
cargo test --locked --package trainyard-tests --test logic -- --nocapture mutations::
cargo test --locked --package trainyard-lab --test command -- --nocapture mutations::
