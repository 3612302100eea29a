#!/usr/bin/env bash
# Looks for tests that fail now and then: every test of the workspace, many rounds, while every
# processor is kept busy by somebody else. Each test runs in a process of its own, or shares one
# with the tests of its program; what fails is counted by name. Exits with 1 if anything failed.
#
#     ci/burn-in.sh [--alone] [ROUNDS] [PROGRAM…]
#
# ROUNDS is 50 by default, which takes hours; PROGRAM is a name like `coop`, all by default. --alone
# gives each test a process of its own. The variable BUSY is the number of loops that run beside
# them: one for each processor by default, 0 where others keep the machine busy already.
#
# The programs are built once, before the first round. The first message of each test that fails is
# kept in target/burn-in.
set -euo pipefail
cd "$(dirname "$0")/.."

alone=0
if [ "${1:-}" = --alone ]; then
    alone=1
    shift
fi
rounds=${1:-50}
shift || true
wanted=("$@")

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
kept=$CARGO_TARGET_DIR/burn-in
rm -rf "$kept"
mkdir -p "$kept"

# One line for each program: its package's folder, its name, its file.
cargo test --locked --no-run --message-format=json 2>"$kept/build" |
    sed -n 's/.*"manifest_path":"\([^"]*\)\/Cargo.toml".*"name":"\([^"]*\)".*"overflow_checks":[a-z]*,"test":true}.*"executable":"\([^"]*\)".*/\1 \2 \3/p' \
        >"$kept/programs" || {
    cat "$kept/build"
    exit 1
}

busy=()
trap 'kill "${busy[@]}" 2>/dev/null || true' EXIT
for _ in $(seq "${BUSY:-$(nproc)}"); do
    bash -c 'while :; do :; done' &
    busy+=($!)
done

is_wanted() {
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]
}

# Runs a program with arguments from its package's folder, as cargo does, and notes what failed.
run() {
    local folder=$1 name=$2 program=$3 code=0 failed
    shift 3
    (cd "$folder" && timeout 1800 "$program" "$@") \
        </dev/null >"$kept/output" 2>&1 || code=$?
    [ $code = 0 ] && return
    mapfile -t failed < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$kept/output")
    # Who ends without a verdict hangs, or was killed, in the test whose name came last.
    [ ${#failed[@]} -gt 0 ] || failed=("$(sed -n 's/^test \([^ ]*\) \.\.\. .*/\1/p' "$kept/output" |
        tail -n 1) (exit code $code)")
    for test in "${failed[@]}"; do
        echo "$name $test" >>"$kept/failures"
        local file=$kept/$name-${test//[^a-zA-Z0-9_]/-}
        [ -e "$file" ] || cp "$kept/output" "$file"
        echo "round $round: $name: $test" >&2
    done
}

: >"$kept/failures"
for round in $(seq "$rounds"); do
    echo "round $round of $rounds" >&2
    while read -r folder name program; do
        is_wanted "$name" || continue
        if [ $alone = 0 ]; then
            run "$folder" "$name" "$program"
            continue
        fi
        for test in $("$program" --list </dev/null 2>/dev/null | sed -n 's/: test$//p'); do
            run "$folder" "$name" "$program" --exact "$test"
        done
    done <"$kept/programs"
done

if [ ! -s "$kept/failures" ]; then
    echo "no test failed in $rounds rounds"
    exit 0
fi
printf '%-90s %s\n' test 'failures/rounds'
sort "$kept/failures" | uniq -c | sort -rn | while read -r count name; do
    printf '%-90s %s/%s\n' "$name" "$count" "$rounds"
done
echo "the first message of each is in $kept"
exit 1
