#!/usr/bin/env bash
# System packages that some tests use: Chromium for the browser tests. Installed where apt-get
# is there and allowed; elsewhere those tests skip and say why. Never fails the build.
set -euo pipefail

have_chromium() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null
}

if have_chromium; then exit 0; fi

if ! command -v apt-get >/dev/null; then
    echo "Chromium is not installed and there is no apt-get here: browser tests will be skipped."
    exit 0
fi
run=()
if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "Chromium is not installed: browser tests will be skipped."
        echo "To run them: sudo apt-get install chromium fonts-dejavu-core"
        exit 0
    fi
    run=(sudo -n)
fi

echo "Installing Chromium for the browser tests ..."
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
install() {
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
}
if ! { "${run[@]}" apt-get update -qq && install; } >"$log" 2>&1 || ! have_chromium; then
    echo "Chromium could not be installed: browser tests will be skipped. The last lines were:"
    tail -n 5 "$log"
fi
