# The whole house from a bare machine: Python 3.11+, git and make.
# `make demo` to see it run, `make test` to test it. Every target sets up what it needs.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_FLAGS ?= -n auto

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types imports check screenshots \
        bench-worker bench-dlq bench-console lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 18

setup: $(STAMP) ## the virtual environment, with every dependency pinned

# PYTHON=/path/to/python chooses the interpreter; otherwise the first that runs and is new enough.
$(STAMP): requirements.lock pyproject.toml
	@set -e; \
	for python in $${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	  echo "Python 3.11 or newer is needed, and was not found$${PYTHON:+ at PYTHON=$$PYTHON}." >&2; \
	  echo "Install it (Debian 12, Ubuntu 24.04: apt install python3 python3-venv), or run: make PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo "$$found has no venv module. On Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$found" --version) (once; under a minute)"; \
	$(BIN)/python -c "" 2>/dev/null || "$$found" -m venv --clear $(VENV); \
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock; \
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e .; \
	touch $@

demo: $(STAMP) ## the console on a live system, with failing tasks to look into
	@$(BIN)/farutech-console demo

test: $(STAMP) ## the tests
	@$(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: $(STAMP) ## ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(STAMP) ## ruff, writing its corrections
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy

imports: $(STAMP) ## the house's floors
	@$(BIN)/lint-imports

check: lint types imports ## lint, types and imports
