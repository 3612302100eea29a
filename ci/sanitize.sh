#!/usr/bin/env bash
# Races by ThreadSanitizer, then broken memory and leaks by AddressSanitizer, on the stable
# compiler and the lean build.
#
# The standard library is shipped without instrumentation, so whatever waits on its locks draws
# false reports: libtest does. Under ThreadSanitizer only tests/stress runs, which has a harness of
# its own; ci/tsan.supp holds the one thing that is left. `--cfg sanitized` leaves out the
# libraries that other tests need, and the tests that need them.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1

sanitized() {
    cargo test --locked --package trainyard-tests --no-default-features --target "$target" "$@"
}

RUSTFLAGS="-D warnings -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg sanitized" \
    CARGO_TARGET_DIR=target/tsan TSAN_OPTIONS="halt_on_error=1 suppressions=$PWD/ci/tsan.supp" \
    sanitized --test stress

RUSTFLAGS="-D warnings -Zsanitizer=address --cfg sanitized" CARGO_TARGET_DIR=target/asan \
    sanitized --package trainyard --lib --test stress --test coop --test threads
