# `make help` lists what there is. Every target is safe to run twice.
# PYTHON=/path/to/python3.12 picks the interpreter; PORT=8123 the port of the demo;
# ARGS="-k lake" is handed to pytest or to the benchmark.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo dev test slow faults check validate bench backtest lock screenshots clean

VENV := .venv
BIN := $(VENV)/bin
DEMO_WORKSPACE ?= demo-workspace
PORT ?=
ARGS ?=
JOBS ?= 2

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: ## the product, open on a sample company (first run installs it into .venv)
	@PYTHON="$(PYTHON)" scripts/setup.sh run
	@$(BIN)/outlay --workspace "$(DEMO_WORKSPACE)" demo $(if $(PORT),--port $(PORT)) $(ARGS)

dev: ## .venv with everything a developer needs
	@PYTHON="$(PYTHON)" scripts/setup.sh dev

test: dev ## the tests (browser tests need Chromium, installed when that is possible)
	@scripts/install-system.sh
	@scripts/install-azurite.sh
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder \
		-m "not slow and not slow_faults" $(ARGS)

slow: dev ## the tests that take minutes: the whole demo, all shared bills, most journeys in a browser, 40 kills
	@scripts/install-oidc-provider.sh
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m slow tests $(ARGS)

faults: dev ## kill loads at 200 seeded points and look at what is left (minutes; `make slow` does 40)
	@$(BIN)/python -m pytest -m slow_faults tests/faults $(ARGS)

check: dev ## lint, format, types, import contract, then the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

validate: dev ## our FOCUS files judged by the official validator (Python 3.12 and 650 MB of its own)
	@scripts/validator.sh $(ARGS)

bench: dev ## measure loading and asking against bare DuckDB on the same file
	@$(BIN)/python -m benchmarks.run $(ARGS)

backtest: dev ## forecasts and anomalies against what others use, on days held back (writes docs/quality.md)
	@$(BIN)/python -m benchmarks.backtest.run $(ARGS)

lock: dev ## write the lock files again (ARGS=--upgrade for newer versions)
	@scripts/lock.sh $(ARGS)

screenshots: dev ## pictures of the pages into docs/images
	@scripts/install-system.sh
	@OUTLAY_PICTURES="$(CURDIR)/docs/images" $(BIN)/python -m pytest -m slow tests/browser/test_pictures.py $(ARGS)

clean: ## remove the environment, caches and the demo workspace
	@rm -rf $(VENV) $(DEMO_WORKSPACE) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
