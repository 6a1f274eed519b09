#!/usr/bin/env bash
# Open the sample company: made at the first call, brought up to date at later ones.
# PORT chooses the port; without it 8710, or a free one where that is taken.
set -euo pipefail
cd "$(dirname "$0")/.."

workspace="${DEMO_WORKSPACE:-demo-workspace}"
port="${PORT:-}"
if [ -z "$port" ]; then
    port="$(.venv/bin/python - <<'PY'
import socket

with socket.socket() as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", 8710))
        print(8710)
    except OSError:
        print(0)  # the system then gives a free one
PY
)"
fi
exec .venv/bin/outlay --workspace "$workspace" demo --port "$port" "$@"
