#!/usr/bin/env bash
# Runs every experiment, and keeps what the book quotes of it: the output, and a picture of an extra
# round. Takes some minutes on a quiet machine; a run whose relations do not all hold is not kept.
#
#     ci/docs.sh [NAME…]
#     TRAINYARD_BLESS=1 cargo test -p trainyard-lab --test docs
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
trainyard=$PWD/target/release/trainyard
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p docs/outputs docs/figures

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    mapfile -t names < <("$trainyard" experiment list | sed -n '/^Try next/q; s/^  \([a-z][a-z0-9-]*\) .*/\1/p')
fi
failed=0
for name in "${names[@]}"; do
    if ! "$trainyard" experiment run "$name" --quick >"$work/output" 2>"$work/errors"; then
        echo "$name: not kept: $(tail -n 1 "$work/errors")"
        failed=1
        continue
    fi
    cp "$work/output" "docs/outputs/$name.txt"
    # The picture's heading is the command: without a folder that nobody else has.
    (cd "$work" && "$trainyard" experiment record "$name" --quick -o "$name.trace" 2>/dev/null)
    # Where all that is done is done by programs of their own, there is nothing to draw.
    rm -f "docs/figures/$name.svg"
    if "$trainyard" timeline "$work/$name.trace" >/dev/null 2>"$work/errors" &&
        "$trainyard" export "$work/$name.trace" --to svg --output "$work/svg" 2>"$work/errors"; then
        cp "$work/svg" "docs/figures/$name.svg"
    else
        echo "$name: no picture: $(tail -n 1 "$work/errors")"
    fi
    echo "$name: kept"
done
exit $failed
