#!/usr/bin/env bash
# The lean tests under ThreadSanitizer and AddressSanitizer, on the stable compiler.
#
# The standard library is shipped without instrumentation, so its own locks draw false reports:
# only tests that use this crate's locks are named here. ci/tsan.supp holds what libtest itself
# is guilty of.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1

RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg sanitized" \
    CARGO_TARGET_DIR=target/tsan \
    TSAN_OPTIONS="suppressions=$PWD/ci/tsan.supp halt_on_error=1" \
    cargo test --locked --no-default-features --target "$target" \
    --lib --test stress_locks -- --test-threads=1 sys:: handle:: trace::ring stress_

RUSTFLAGS="-Zsanitizer=address --cfg sanitized" CARGO_TARGET_DIR=target/asan \
    cargo test --locked --no-default-features --target "$target" \
    --lib --test stress_locks -- --test-threads=1
