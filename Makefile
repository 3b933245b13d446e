# `make demo` and `make test` need nothing but python3 (3.11 or later) and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST ?= $(BIN)/python -m pytest

.PHONY: help setup demo test test-slow lint types layers docs check lock bench clean

help:
	@echo "make demo    set up and run the main job on the bundled synthetic cohort"
	@echo "make test    set up and run the tests"
	@echo "make bench   the benchmark of record against peers, those that are there; see CONTRIBUTING.md"
	@echo "make check   format, lint, types, layers and a strict docs build"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('alsmodels needs Python 3.11 or later') if sys.version_info < (3, 11) else None"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	$(BIN)/alsmodels demo

test: setup
	$(PYTEST) -m "not slow"

test-slow: setup
	$(PYTEST) -m slow

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

# BENCH_PYTHON is of an environment that has the peers; BENCH is what record.py is asked, such as "--parts posterior".
BENCH_PYTHON ?= $(BIN)/python
bench: setup
	PYTHONPATH=src $(BENCH_PYTHON) benchmarks/record.py $(BENCH)

check: lint types layers docs

# The lock names packages and hashes alone, never where they were fetched from.
lock:
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --all-extras --quiet -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache docs/_build demo-output
