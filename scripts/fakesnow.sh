#!/usr/bin/env bash
# Make the environment of fakesnow, an emulator of Snowflake for the tests of the connector, and
# print the path of its program. It has an environment of its own, since it pins its libraries.
#
#   scripts/fakesnow.sh        make .venv-fakesnow from requirements-fakesnow.txt, if it is not there
#   scripts/fakesnow.sh lock   write requirements-fakesnow.txt anew from requirements-fakesnow.in
set -euo pipefail
cd "$(dirname "$0")/.."

lock=requirements-fakesnow.txt
environment=.venv-fakesnow

UV="${UV:-}"
if [ -z "$UV" ]; then
    if [ -x .venv/bin/uv ]; then UV="$PWD/.venv/bin/uv"; else UV=uv; fi
fi
if ! command -v "$UV" >/dev/null; then
    echo "scripts/fakesnow.sh: uv is not installed. Run 'make dev' first, or set UV=/path/to/uv." >&2
    exit 2
fi

if [ "${1:-}" = lock ]; then
    # The index itself comes from uv's configuration; a bare environment keeps extra ones out.
    env -u UV_FIND_LINKS -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL "$UV" pip compile \
        --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "scripts/fakesnow.sh lock" \
        --output-file "$lock" requirements-fakesnow.in "${@:2}"
    if grep -nE '(^|[[:space:]])(--(extra-)?index-url|--find-links|--trusted-host)|://' "$lock"; then
        echo "scripts/fakesnow.sh: $lock names a host (above); it must not." >&2
        exit 1
    fi
    echo "$lock is up to date."
    exit 0
fi

stamp="$environment/.made-from"
wanted="$(cksum <"$lock")"
if [ ! -x "$environment/bin/fakesnow" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$environment"
    python="${PYTHON:-}"
    if [ -z "$python" ]; then
        if [ -x .venv/bin/python ]; then python="$PWD/.venv/bin/python"; else python=python3; fi
    fi
    "$UV" venv --quiet --python "$python" "$environment" >&2
    "$UV" pip install --quiet --python "$environment/bin/python" --require-hashes -r "$lock" >&2
    echo "$wanted" >"$stamp"
fi
echo "$PWD/$environment/bin/fakesnow"
