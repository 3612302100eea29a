#!/usr/bin/env bash
# Licences, sources and doubled versions of what we depend on. Not part of .ci/run: it wants
# cargo-deny (cargo install cargo-deny).
set -euo pipefail
cd "$(dirname "$0")/.."

cargo deny check bans licenses sources
