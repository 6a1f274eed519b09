#!/usr/bin/env bash
# Make the environment of the backtest (the peers that forecasts are compared with, and a package
# of real daily series) and print the path of its Python. Nothing of it is part of the product.
#
#   scripts/backtest.sh        make .venv-backtest from requirements-backtest.txt, if it is not there
#   scripts/backtest.sh lock   write requirements-backtest.txt anew from requirements-backtest.in
exec "$(dirname "$0")/own-environment.sh" backtest python "$@"
