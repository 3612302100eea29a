#!/usr/bin/env bash
# The experiments, on their small scale: every relation holds; every recording is
# possible; and every relation fails under the wrong setting that it names. Beside the python3 of
# the machine, if it has one.
#
#     ci/experiments.sh            everything; takes some ten minutes
#     ci/experiments.sh --short    without Python, and one wrong setting of each experiment
#
# A relation that this machine cannot show at the moment (one processor, or others keep it busy) is
# skipped and says why; so is its wrong setting.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
trainyard=$CARGO_TARGET_DIR/release/trainyard
cargo build --locked --release

is_short=0
python=()
if [ "${1:-}" = --short ]; then
    is_short=1
elif command -v python3 >/dev/null; then
    python=(--python=auto)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$trainyard" experiment run --all --quick "${python[@]}"

"$trainyard" experiment record --all --quick -o "$work/all.trace"
"$trainyard" trace check "$work/all.trace"

failed=0
for name in $("$trainyard" experiment list | sed -n '/^Try next/q; s/^  \([a-z][a-z0-9-]*\) .*/\1/p'); do
    relations=$("$trainyard" experiment show "$name" | sed -n 's/^ *--wrong \([a-z0-9-]*\):.*/\1/p')
    if [ $is_short = 1 ]; then
        relations=$(head -n 1 <<<"$relations")
    fi
    for relation in $relations; do
        # Where others use the machine, a wrong setting may look right for once.
        for _ in 1 2 3; do
            code=0
            page=$("$trainyard" experiment run "$name" --quick --wrong "$relation" \
                "${python[@]}" 2>/dev/null) || code=$?
            endings=$(grep -oE "^ +(holds|FAILED|skipped) " <<<"$page" | sort -u | xargs || true)
            case $endings in holds*) ;; *) break ;; esac
        done
        case $code:$endings in
        1:*FAILED*) echo "$name $relation: fails, as it should" ;;
        0:skipped) echo "$name $relation: skipped here" ;;
        0:) echo "$name $relation: needs a CPython with the lock that it is about" ;;
        *)
            echo "$name --wrong $relation: exit $code, and it should be 1" >&2
            echo "$page" >&2
            failed=1
            ;;
        esac
    done
done
exit "$failed"
