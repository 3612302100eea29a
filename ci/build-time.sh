#!/usr/bin/env bash
# How long a newcomer waits for the compiler, beside how long that may take: from nothing, but with
# the crates fetched, to a program and to the tests; and after a change of one file. Judges nobody:
# wall seconds are for a machine of two processors with nothing else to do, CPU seconds for any.
#
# Builds into target/build-time, which it empties before and after. Not part of .ci/run.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR=$PWD/target/build-time
work=$(mktemp -d)
trap 'rm -rf "$work" "$CARGO_TARGET_DIR"' EXIT
rm -rf "$CARGO_TARGET_DIR"
cargo fetch --locked --quiet

# Cargo calls the compiler through this for our own packages: it notes what each call cost.
cat >"$work/compiler" <<'END'
#!/usr/bin/env bash
exec 3>&2
TIMEFORMAT='%U %S'
{ time "$@" 2>&3 3>&-; } 2>>"$TRAINYARD_OURS"
END
chmod +x "$work/compiler"
export RUSTC_WORKSPACE_WRAPPER=$work/compiler TRAINYARD_OURS=$work/ours

# Runs a command, and sets `wall`, `cpu` and `ours`, in seconds.
measure() {
    : >"$TRAINYARD_OURS"
    local TIMEFORMAT='%R %U %S'
    { time "$@" >"$work/output" 2>&1; } 2>"$work/times" || {
        cat "$work/output"
        exit 1
    }
    read -r wall cpu < <(awk '{ printf "%.0f %.0f\n", $1, $2 + $3 }' "$work/times")
    ours=$(awk '{ sum += $1 + $2 } END { printf "%.0f", sum }' "$TRAINYARD_OURS")
}

row() {
    printf '%-44s %8s %8s   %s\n' "$@"
}

row '' 'CPU s' 'wall s' 'at most'
measure cargo build --locked --release
row 'cargo build --release' "$cpu" "$wall" '120 CPU s, 60 s'
row '  of which our own packages' "$ours" '' ''
measure cargo test --locked --no-run
row 'cargo test --no-run' "$cpu" "$wall" '200 CPU s'
row '  of which our own packages' "$ours" '' ''

one_file=(cargo test --locked --package trainyard --lib coop)
# Alone, the package asks less of its libraries: they are built once more, before the first change.
measure "${one_file[@]}"
touch src/coop/kernel/scheduler.rs
measure "${one_file[@]}"
row 'a change of one file, and the tests of coop' "$cpu" "$wall" '15 s'
