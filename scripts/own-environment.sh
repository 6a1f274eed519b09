#!/usr/bin/env bash
# Make an environment of its own for a tool that must not share the product's libraries, and print
# the path of its program. It is called by the script of the tool.
#
#   scripts/own-environment.sh NAME PROGRAM          make .venv-NAME from requirements-NAME.txt, if it is not there
#   scripts/own-environment.sh NAME PROGRAM lock     write requirements-NAME.txt anew from requirements-NAME.in
set -euo pipefail
cd "$(dirname "$0")/.."

name="$1"
program="$2"
shift 2
lock="requirements-$name.txt"
environment=".venv-$name"
me="scripts/$name.sh"

UV="${UV:-}"
if [ -z "$UV" ]; then
    if [ -x .venv/bin/uv ]; then UV="$PWD/.venv/bin/uv"; else UV=uv; fi
fi
if ! command -v "$UV" >/dev/null; then
    echo "$me: uv is not installed. Run 'make dev' first, or set UV=/path/to/uv." >&2
    exit 2
fi

if [ "${1:-}" = lock ]; then
    # The index itself comes from uv's configuration; a bare environment keeps extra ones out.
    env -u UV_FIND_LINKS -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL "$UV" pip compile \
        --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "$me lock" \
        --output-file "$lock" "requirements-$name.in" "${@:2}"
    if grep -nE '(^|[[:space:]])(--(extra-)?index-url|--find-links|--trusted-host)|://' "$lock"; then
        echo "$me: $lock names a host (above); it must not." >&2
        exit 1
    fi
    echo "$lock is up to date."
    exit 0
fi

stamp="$environment/.made-from"
wanted="$(cksum <"$lock")"
if [ ! -x "$environment/bin/$program" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$environment"
    python="${PYTHON:-}"
    if [ -z "$python" ]; then
        if [ -x .venv/bin/python ]; then python="$PWD/.venv/bin/python"; else python=python3; fi
    fi
    "$UV" venv --quiet --python "$python" "$environment" >&2
    "$UV" pip install --quiet --python "$environment/bin/python" --require-hashes -r "$lock" >&2
    echo "$wanted" >"$stamp"
fi
echo "$PWD/$environment/bin/$program"
