#!/usr/bin/env bash
# Write the lock files: every package with its version and the hashes of its files, for every
# platform and for Python 3.11 and later, and no word of where they were downloaded from.
# Arguments are handed on, e.g. `scripts/lock.sh --upgrade` or `--upgrade-package duckdb`.
set -euo pipefail
cd "$(dirname "$0")/.."

UV="${UV:-}"
if [ -z "$UV" ]; then
    if [ -x .venv/bin/uv ]; then UV=.venv/bin/uv; else UV=uv; fi
fi
if ! command -v "$UV" >/dev/null; then
    echo "scripts/lock.sh: uv is not installed. Run 'make dev' first, or set UV=/path/to/uv." >&2
    exit 2
fi

compile() { # output, then arguments
    local output="$1"
    shift
    # The index itself comes from uv's configuration; a bare environment keeps extra ones out.
    env -u UV_FIND_LINKS -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL "$UV" pip compile \
        --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
        --custom-compile-command "make lock" --output-file "$output" "$@" pyproject.toml
    if grep -nE '(^|[[:space:]])(--(extra-)?index-url|--find-links|--trusted-host)|://' "$output"; then
        echo "scripts/lock.sh: $output names a host (above); it must not." >&2
        exit 1
    fi
}

compile requirements.txt --extra aws --extra pdf --extra build "$@"
compile requirements-dev.txt --extra aws --extra azure --extra gcp --extra keyring --extra snowflake --extra build --extra pdf --extra postgres --extra dev --constraint requirements.txt "$@"
echo "requirements.txt and requirements-dev.txt are up to date."
