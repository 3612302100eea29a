#!/usr/bin/env bash
# The lock under long load: a million changes of its mode, eight million sections of sixteen
# threads, and fifteen seconds of fairness. Not part of .ci/run: it wants minutes and a machine
# with nothing else to do.
#
# Usage: ci/toggle.sh [FACTOR], 100 by default. Each change is seen by every thread.
set -euo pipefail
cd "$(dirname "$0")/.."

export TRAINYARD_STRESS=${1:-100}
cargo test --locked --package trainyard-tests --release --no-default-features --test threads -- --test-threads=1 \
    storms:: sixteen_threads no_count_is_lost
cargo test --locked --package trainyard-tests --release --no-default-features --test threads -- --ignored
