#!/usr/bin/env bash
# oidc-provider, the certified OpenID Connect provider for Node, for the tests of single sign-on:
# into .oidc-provider, once. Where npm is missing and cannot be installed those tests skip and say
# why. Never fails the build.
set -euo pipefail
cd "$(dirname "$0")/.."
version=8.8.1

if [ -f .oidc-provider/version ] && [ "$(cat .oidc-provider/version)" = "$version" ]; then
    exit 0
fi

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
    echo "No npm here: tests of single sign-on against a real provider will be skipped."
    exit 0
fi
echo "Installing for tests: oidc-provider $version ..."
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
rm -rf .oidc-provider
mkdir .oidc-provider
if npm install --prefix .oidc-provider --no-package-lock --no-audit --no-fund --ignore-scripts \
    "oidc-provider@$version" >"$log" 2>&1; then
    echo "$version" >.oidc-provider/version
else
    echo "oidc-provider could not be installed: tests of single sign-on will be skipped. Last lines:"
    tail -n 5 "$log"
fi
