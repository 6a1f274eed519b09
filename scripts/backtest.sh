#!/usr/bin/env bash
# Make the environment of the backtest (the peers that forecasts are compared with, and a package
# of real daily series) and print the path of its Python. Nothing of it is part of the product.
#
#   scripts/backtest.sh        make .venv-backtest from requirements-backtest.txt, if it is not there
#   scripts/backtest.sh lock   write requirements-backtest.txt anew from requirements-backtest.in
set -euo pipefail
cd "$(dirname "$0")/.."

lock=requirements-backtest.txt
environment=.venv-backtest

UV="${UV:-}"
if [ -z "$UV" ]; then
    if [ -x .venv/bin/uv ]; then UV="$PWD/.venv/bin/uv"; else UV=uv; fi
fi
if ! command -v "$UV" >/dev/null; then
    echo "scripts/backtest.sh: uv is not installed. Run 'make dev' first, or set UV=/path/to/uv." >&2
    exit 2
fi

if [ "${1:-}" = lock ]; then
    # The index itself comes from uv's configuration; a bare environment keeps extra ones out.
    env -u UV_FIND_LINKS -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL "$UV" pip compile \
        --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "scripts/backtest.sh lock" \
        --output-file "$lock" requirements-backtest.in "${@:2}"
    if grep -nE '(^|[[:space:]])(--(extra-)?index-url|--find-links|--trusted-host)|://' "$lock"; then
        echo "scripts/backtest.sh: $lock names a host (above); it must not." >&2
        exit 1
    fi
    echo "$lock is up to date."
    exit 0
fi

stamp="$environment/.made-from"
wanted="$(cksum <"$lock")"
if [ ! -x "$environment/bin/python" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$environment"
    python="${PYTHON:-}"
    if [ -z "$python" ]; then
        if [ -x .venv/bin/python ]; then python="$PWD/.venv/bin/python"; else python=python3; fi
    fi
    "$UV" venv --quiet --python "$python" "$environment" >&2
    "$UV" pip install --quiet --python "$environment/bin/python" --require-hashes -r "$lock" >&2
    echo "$wanted" >"$stamp"
fi
echo "$PWD/$environment/bin/python"
