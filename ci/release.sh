#!/usr/bin/env bash
# The release build: the main job on a small setting, as text and as JSON. And every bench once,
# built as the tests are, so that the next lane has most of its work done: what is measured here
# does not count.
set -euo pipefail
cd "$(dirname "$0")/.."

# Reads one JSON document from a file and says so if it is not one.
check_json() {
    if command -v python3 >/dev/null; then
        python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$1"
    elif [ "$(grep -c '^{' "$1")" != 1 ] || [ "$(head -c 1 "$1")" != '{' ] ||
        [ "$(tail -n 1 "$1")" != '}' ]; then
        echo "$1 is not one JSON document" >&2
        return 1
    fi
}

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
trainyard=$CARGO_TARGET_DIR/release/trainyard
cargo build --locked --release
"$trainyard" compare --requests 20 --runs 6 --warmup 1 --latency 2ms </dev/null
json=$(mktemp)
trap 'rm "$json"' EXIT
"$trainyard" compare --requests 20 --runs 1 --warmup 0 --latency 2ms --format json \
    </dev/null >"$json"
check_json "$json"
cargo test --locked --bench '*'
