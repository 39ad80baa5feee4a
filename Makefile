# The tasks of the project. `make demo` and `make test` set up everything that they need.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin

# The newest Python from 3.11 on that really runs (a name on the PATH may be a shim without a Python).
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)

.PHONY: help demo test lint types imports unit verify lowest coverage fuzz generate docs bench bench-growth bench-peers wheel clean

help:
	@echo 'make demo   install into .venv, explain a real directory tree and chat, offline'
	@echo 'make test   install the tools too; run the linters, the type checker and every test'
	@echo 'make verify  install Qwen Code from npm, and compare it with the explanation'
	@echo 'make lowest  test a conversation with the lowest versions that pyproject.toml allows'
	@echo 'make coverage  run every test and report the lines that no test reaches'
	@echo 'make fuzz   search for inputs that break a promise, FUZZ_SECONDS=60 for each target'
	@echo 'make generate  generate the Python modules from the declarations'
	@echo 'make docs   generate the tables in docs/ and the man page'
	@echo 'make bench  run the benchmarks against a baseline of the same run, and write docs/performance.md'
	@echo 'make bench-growth  double each input, and fail if anything takes more than twice the time'
	@echo 'make bench-peers  install what others use for settings, and measure it beside qwen-cfg'
	@echo 'make wheel  build the distribution into dist/'
	@echo 'make clean  remove .venv and the caches'

$(VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo 'qwen-cfg needs Python 3.11 or later; none was found. Name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	touch $@

$(VENV)/.installed-fuzz: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group fuzz
	touch $@

demo: $(VENV)/.installed
	$(BIN)/python -m qwen_cfg.demo

test: lint types imports lowest unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 4 --dist worksteal

# The real Qwen Code, kept in .venv. Where the system can, only loopback exists for it.
QWEN_VERSION ?= 0.24.4
VERIFY_JOBS ?= 2
QWEN_CODE := $(CURDIR)/$(VENV)/qwen-code-$(QWEN_VERSION)
verify: $(VENV)/.installed-dev $(QWEN_CODE)/.installed
	QWEN_CODE_PROGRAMS=$(QWEN_CODE)/node_modules/.bin sh tests/support/alone.sh $(BIN)/python -m pytest -n $(VERIFY_JOBS) tests/real

$(QWEN_CODE)/.installed:
	mkdir -p $(QWEN_CODE)
	npm install --prefix $(QWEN_CODE) --no-save --no-audit --no-fund --ignore-scripts @qwen-code/qwen-code@$(QWEN_VERSION)
	touch $@

# Tests of a conversation, with the lowest versions that pyproject.toml allows.
lowest: $(VENV)/lowest/.installed
	$(VENV)/lowest/bin/python -m pytest -n 2 tests/cli/test_repl.py -k "conversation or greeting"

$(VENV)/lowest/.installed: pyproject.toml $(VENV)/.installed-dev
	$(BIN)/python -m venv $(VENV)/lowest
	$(BIN)/python tests/support/lowest_versions.py > $(VENV)/lowest/versions.txt
	$(VENV)/lowest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(VENV)/lowest/bin/python -m pip install --quiet --disable-pip-version-check --editable . --group test --constraint $(VENV)/lowest/versions.txt
	touch $@

# Measured in every process that the tests start, which takes about 1.5 times as long.
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --cov --cov-report=term -n 2

# Failing inputs are saved in fuzz/crashes/, inputs with new coverage in fuzz/grown/. Linux only, as atheris's wheels are.
FUZZ_SECONDS ?= 60
fuzz: $(VENV)/.installed-fuzz
	$(BIN)/python -m fuzz --seconds $(FUZZ_SECONDS)

generate: $(VENV)/.installed-dev
	$(BIN)/python -m generate

docs: generate
	$(BIN)/python docs/generate.py

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

bench-growth: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.growth

bench-peers: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.peers

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m hatchling build

clean:
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage fuzz/grown
