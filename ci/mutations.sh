#!/usr/bin/env bash
# Breaks valid files and messages many more times than `cargo test` does, and looks at them in every
# way: some minutes.
# Usage: ci/mutations.sh [ROUNDS_PER_READER]
set -euo pipefail
cd "$(dirname "$0")/.."

export TRAINYARD_MUTATIONS="${1:-100000}"
cargo test -p trainyard --test mutations -- --nocapture
cargo test -p trainyard-lab --test mutations -- --nocapture
