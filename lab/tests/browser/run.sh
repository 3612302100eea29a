#!/bin/sh
# The browser tests: exported pages, opened from file:// in a real browser.
#
# They need what the other tests do not, so they stand outside of `.ci/run`:
#
#     apt-get install chromium nodejs npm      # Debian; or set BROWSER=/path/to/chromium
#     lab/tests/browser/run.sh
#
# The program is built with --release unless TRAINYARD names one. Pages and pictures are left in
# lab/tests/browser/out.
set -eu
cd "$(dirname "$0")"
here=$PWD
cd ../../..

target=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --release --quiet --bin trainyard --example big_trace
trainyard=${TRAINYARD:-$target/release/trainyard}
big_trace=$target/release/examples/big_trace

rm -rf "$here/out"
mkdir -p "$here/out"
cd "$here/out"

echo "recording"
"$trainyard" timeline cpu --model threads --gil both --workers 4 -o real.trace >/dev/null
"$trainyard" timeline io --model coop -o tasks.trace >/dev/null
"$big_trace" 100000 big.trace
"$big_trace" 1000000 million.trace
"$big_trace" odd odd.trace
"$big_trace" killed killed.trace

echo "exporting"
for name in real tasks big million odd killed; do
    "$trainyard" export "$name.trace" --to html --output "$name.html"
done
"$trainyard" export real.trace --to csv --output real.csv

cd "$here"
npm ci --no-audit --no-fund --silent
exec node --test --test-concurrency=1 bins.mjs test.mjs
