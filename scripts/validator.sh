#!/usr/bin/env bash
# The official FOCUS validator in an environment of its own, and our exports judged by it.
#
#   scripts/validator.sh          makes .venv-validator and runs the tests that need it
#   scripts/validator.sh make     makes the environment alone and prints the validator's path
#
# The validator needs Python 3.12 or newer (3.11 silently gets an old release), about 650 MB, and
# numpy < 2, which pip compiles from source on 3.13: name a 3.12 with VALIDATOR_PYTHON if the one
# found here is newer. The tests judge by the FOCUS 1.4 model of the shared sample data; without it
# they are skipped with that reason.
set -euo pipefail
cd "$(dirname "$0")/.."

FOLDER=.venv-validator
VERSION=2.2.1

python() {
  for name in ${VALIDATOR_PYTHON:-} python3.12 python3.13 python3; do
    # Runs it: a shim may stand for an interpreter that is not there.
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  for found in "${HOME}"/.pyenv/versions/3.1[2-9]*/bin/python; do
    if [ -x "$found" ]; then
      echo "$found"
      return
    fi
  done
  echo "The validator needs Python 3.12 or newer: install one, or name it with VALIDATOR_PYTHON." >&2
  exit 1
}

if [ ! -x "$FOLDER/bin/focus-validator" ]; then
  found=$(python)
  rm -rf "$FOLDER"
  "$found" -m venv "$FOLDER"
  # pyarrow 26 needs numpy 2, which the validator does not take.
  "$FOLDER/bin/python" -m pip install --quiet "focus-validator==$VERSION" 'pyarrow<26'
fi

export OUTLAY_FOCUS_VALIDATOR="$PWD/$FOLDER/bin/focus-validator"
if [ "${1:-}" = make ]; then
  echo "$OUTLAY_FOCUS_VALIDATOR"
  exit 0
fi
exec .venv/bin/python -m pytest -q tests/focus/test_validator.py "$@"
