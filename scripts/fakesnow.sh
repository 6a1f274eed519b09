#!/usr/bin/env bash
# Make the environment of fakesnow, an emulator of Snowflake for the tests of the connector, and
# print the path of its program. It has an environment of its own, since it pins its libraries.
#
#   scripts/fakesnow.sh        make .venv-fakesnow from requirements-fakesnow.txt, if it is not there
#   scripts/fakesnow.sh lock   write requirements-fakesnow.txt anew from requirements-fakesnow.in
exec "$(dirname "$0")/own-environment.sh" fakesnow fakesnow "$@"
