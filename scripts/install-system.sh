#!/usr/bin/env bash
# System packages that some tests use: Chromium for the browser tests, Prometheus for those of
# Kubernetes usage, PostgreSQL for those of a database that several servers share. Installed where apt-get is there and allowed; elsewhere those tests skip and
# say why. Never fails the build.
set -euo pipefail

have_chromium() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null
}

have_prometheus() {
    command -v prometheus >/dev/null && command -v promtool >/dev/null
}

# The tests start a server of their own: the programs are enough, on the path or in Debian's folder.
have_postgres() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

packages=()
names=()
if ! have_chromium; then
    packages+=(chromium fonts-dejavu-core)
    names+=(Chromium)
fi
if ! have_prometheus; then
    packages+=(prometheus)
    names+=(Prometheus)
fi
if ! have_postgres; then
    packages+=(postgresql)
    names+=(PostgreSQL)
fi
if [ ${#packages[@]} = 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
    echo "No apt-get here and not installed: ${names[*]}. Tests that need them will be skipped."
    exit 0
fi
run=()
if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "Not installed: ${names[*]}. Tests that need them will be skipped."
        echo "To run them: sudo apt-get install --no-install-recommends ${packages[*]}"
        exit 0
    fi
    run=(sudo -n)
fi

echo "Installing for tests: ${names[*]} ..."
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
install() {
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@"
}
if ! "${run[@]}" apt-get update -qq >"$log" 2>&1; then
    echo "The package lists could not be fetched:"
    tail -n 5 "$log"
fi
# One after the other: what is missing of one must not keep the other from being there.
if ! have_chromium && ! { install chromium fonts-dejavu-core >"$log" 2>&1 && have_chromium; }; then
    echo "Chromium could not be installed: browser tests will be skipped. The last lines were:"
    tail -n 5 "$log"
fi
if ! have_prometheus && ! { install prometheus >"$log" 2>&1 && have_prometheus; }; then
    echo "Prometheus could not be installed: its tests will be skipped. The last lines were:"
    tail -n 5 "$log"
fi
# Debian would make a database and start a server on this machine; neither is wanted here.
without_cluster() {
    install postgresql-common &&
        "${run[@]}" mkdir -p /etc/postgresql-common/createcluster.d &&
        echo "create_main_cluster = false" |
        "${run[@]}" tee /etc/postgresql-common/createcluster.d/outlay-tests.conf >/dev/null
}
if ! have_postgres && ! { without_cluster >"$log" 2>&1 && install postgresql >"$log" 2>&1 &&
    have_postgres; }; then
    echo "PostgreSQL could not be installed: its tests will be skipped. The last lines were:"
    tail -n 5 "$log"
fi
