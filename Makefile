# Needs only GNU make, a POSIX shell (on Windows: Git Bash) and Python.
# PYTHON names the interpreters to try, in order; PYTHON=/path/to/python3.12 forces one.
PYTHON ?= python3 python
VENV ?= .venv

# Byssus itself is built in pip's isolated environment, because the core lock holds what a user needs and a
# build backend is no part of that. Where isolation is impossible, install the build backend into $(VENV)
# and pass BUILD_FLAGS=--no-build-isolation.
BUILD_FLAGS ?=

# Mutated files a reader under `make validate`; a run that was stopped goes on where it was.
FUZZ_CASES ?= 100000

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet

# Prints the interpreter's path if it satisfies requires-python; written so that any old Python can run it.
SUITABLE := import re, sys; text = open('pyproject.toml', 'rb').read().decode('utf-8'); \
need = re.search('requires-python = .>=([0-9]+)[.]([0-9]+)', text).groups(); \
sys.version_info[:2] >= tuple(map(int, need)) and print(sys.executable)

CORE := $(VENV)/.core-installed
ALL := $(VENV)/.all-installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint bench validate docs lock clean environment

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(CORE) ## install the core, then turn the shipped raw files into a report
	@$(BIN)/byssus demo

test: $(ALL) ## install every extra and run the tests
	@$(PY) -m pytest --numprocesses auto --dist loadfile

lint: $(ALL) ## style, types, imports, and that the generated files are up to date
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(BIN)/lint-imports
	$(PY) tools/notice.py --check
	$(PY) tools/lock.py --check
	$(PY) tools/docs.py --check

bench: $(ALL) ## measure speed against its peers
	@$(PY) benchmarks/run.py

validate: $(ALL) ## test Byssus against known truths and write the pages
	@$(BIN)/byssus validate
	@$(PY) tests/fuzz/fuzz.py --cases $(FUZZ_CASES)

docs: $(ALL) ## write the generated pages and NOTICE
	@$(PY) tools/docs.py
	@$(PY) tools/notice.py

lock: $(ALL) ## bring both locks into line with pyproject.toml, keeping every pin that still fits
	@$(PY) tools/lock.py

clean: ## remove all that make made: environment, caches, builds, the demonstration
	@rm -rf $(VENV) build dist byssus-demo .byssus .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

environment: $(ALL) ## install every extra, and nothing more

$(VENV)/pyvenv.cfg:
	@for candidate in $(PYTHON); do \
	  found=$$("$$candidate" -c "$(SUITABLE)" 2>/dev/null); \
	  if [ -n "$$found" ]; then exec "$$found" -m venv $(VENV); fi; \
	done; \
	echo "byssus: needs $$(sed -n 's/^requires-python = /Python /p' pyproject.toml), and $(PYTHON) gave none:" \
	  "install one, or name it with PYTHON=/path/to/python" >&2; \
	exit 1

# An environment that uv made has no pip of its own.
$(CORE): requirements.lock pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "Installing the pinned packages into $(VENV) (once; about a minute)" >&2
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps $(BUILD_FLAGS) -e .
	@touch $@

# The locks agree with each other, so whoever has all has the core.
$(ALL): requirements-all.lock pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "Installing the pinned packages and tools into $(VENV) (once; about a minute)" >&2
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@$(PIP) install --require-hashes -r requirements-all.lock
	@$(PIP) install --no-deps $(BUILD_FLAGS) -e .
	@touch $(CORE) $@
