#!/usr/bin/env bash
# The release build: the main job on a small setting, and every bench once.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --release
target/release/trainyard compare --requests 20 --runs 6 --warmup 1 --latency 2ms
target/release/trainyard compare cpu --runs 1 --warmup 0 --format json >/dev/null
cargo bench --locked -- --test
