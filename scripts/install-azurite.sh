#!/usr/bin/env bash
# Azurite, the Azure storage emulator, for the tests of az:// locations: into .azurite, once.
# Where npm is missing and cannot be installed those tests skip and say why. Never fails the build.
set -euo pipefail
cd "$(dirname "$0")/.."
version=3.37.0

if [ -f .azurite/version ] && [ "$(cat .azurite/version)" = "$version" ]; then exit 0; fi

if ! command -v npm >/dev/null; then
    run=()
    if [ "$(id -u)" != 0 ]; then run=(sudo -n); fi
    if command -v apt-get >/dev/null && "${run[@]}" true 2>/dev/null; then
        echo "Installing for tests: npm ..."
        "${run[@]}" apt-get update -qq >/dev/null 2>&1 || true
        "${run[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends npm >/dev/null 2>&1 || true
    fi
fi
if ! command -v npm >/dev/null; then
    echo "No npm here: tests of az:// locations will be skipped."
    exit 0
fi
echo "Installing for tests: Azurite $version ..."
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
rm -rf .azurite
mkdir .azurite
if npm install --prefix .azurite --no-package-lock --no-audit --no-fund --ignore-scripts \
    "azurite@$version" >"$log" 2>&1; then
    echo "$version" >.azurite/version
else
    echo "Azurite could not be installed: tests of az:// locations will be skipped. Last lines:"
    tail -n 5 "$log"
fi
