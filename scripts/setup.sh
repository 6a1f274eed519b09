#!/usr/bin/env bash
# Make .venv hold what is asked for: `run` (the product) or `dev` (tests and tools as well).
# Does nothing when the lock file and the interpreter are the ones that it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."

what="${1:-run}"
case "$what" in
    run) lock=requirements.txt ;;
    dev) lock=requirements-dev.txt ;;
    *)
        echo "usage: scripts/setup.sh run|dev" >&2
        exit 2
        ;;
esac

fail() {
    printf 'outlay: %s\n' "$@" >&2
    exit 1
}

recent() { # is this interpreter 3.11 or later?
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "PYTHON=$PYTHON is not a program on this machine."
        recent "$PYTHON" || fail "PYTHON=$PYTHON is $("$PYTHON" --version 2>&1); Python 3.11 or later is needed."
        echo "$PYTHON"
        return
    fi
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if command -v "$candidate" >/dev/null && recent "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    if command -v python3 >/dev/null; then
        fail "$(python3 --version 2>&1) was found; Python 3.11 or later is needed." \
            "Install it (for example: apt-get install python3.11, or brew install python@3.12)," \
            "or name one: make ... PYTHON=/path/to/python3.12"
    fi
    fail "no Python was found; Python 3.11 or later is needed." \
        "Install it (for example: apt-get install python3), or name one: make ... PYTHON=/path/to/python3"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

make_venv() { # Debian leaves ensurepip out of python3: then pip comes another way
    local python="$1" reason
    rm -rf .venv
    if reason="$("$python" -m venv .venv 2>&1)"; then return; fi
    rm -rf .venv
    if "$python" -m pip --version >/dev/null 2>&1 &&
        "$python" -m venv --without-pip .venv >/dev/null 2>&1 &&
        "$python" -m pip --python .venv/bin/python install --quiet pip >/dev/null 2>&1; then
        return
    fi
    rm -rf .venv
    if "$python" -m virtualenv --quiet .venv >/dev/null 2>&1; then return; fi
    local package
    package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        echo "Installing $package, which this Python lacks ..."
        as_root apt-get update -qq >/dev/null 2>&1 || true
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null 2>&1 || true
        if "$python" -m venv .venv >/dev/null 2>&1; then return; fi
    fi
    rm -rf .venv
    fail "$python cannot make a virtual environment: $reason" \
        "Install its venv module (Debian and Ubuntu: apt-get install $package) and run this again," \
        "or name another interpreter: make ... PYTHON=/path/to/python3"
}

fingerprint() { # what an installation depends on
    .venv/bin/python - "$1" <<'PY'
import hashlib, pathlib, sys

digest = hashlib.sha256(sys.version.encode())
for name in (sys.argv[1], "pyproject.toml"):
    digest.update(pathlib.Path(name).read_bytes())
digest.update(str(pathlib.Path.cwd()).encode())
print(digest.hexdigest())
PY
}

installed() { # is the stamp of this lock file the present one, and the project importable?
    [ -f ".venv/.outlay-$1" ] &&
        [ "$(cat ".venv/.outlay-$1")" = "$(fingerprint "$2")" ] &&
        [ -x .venv/bin/outlay ]
}

usable() { # can the environment that is there be used as it is?
    [ -x .venv/bin/python ] && recent .venv/bin/python &&
        .venv/bin/python -m pip --version >/dev/null 2>&1 || return 1
    # One that was moved keeps the old path in its scripts.
    grep -q "$PWD/.venv/bin/" .venv/bin/pip 2>/dev/null || return 1
    # One of another interpreter than the one asked for.
    [ -z "${PYTHON:-}" ] || [ "$("$PYTHON" --version 2>&1)" = "$(.venv/bin/python --version 2>&1)" ]
}

if ! usable; then
    python="$(find_python)"
    make_venv "$python"
fi

# A developer's environment holds everything that running needs.
if installed dev requirements-dev.txt; then exit 0; fi
if [ "$what" = run ] && installed run requirements.txt; then exit 0; fi

echo "Installing Outlay into .venv ($(.venv/bin/python --version 2>&1), $lock; about a minute the first time) ..."
rm -f .venv/.outlay-run .venv/.outlay-dev
.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r "$lock" ||
    fail "the packages of $lock could not be installed (reason above)." \
        "The package index must be reachable: behind a proxy or a mirror, configure pip for it" \
        "(pip config set global.index-url ...), then run this again."
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
fingerprint "$lock" >".venv/.outlay-$what"
