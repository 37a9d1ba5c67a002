# make demo   try it: install, then check, summarise, build and run ResNet-50
# make test   everything that must hold: lint, types, floors, tests
# make lint   the fast half of that
# make bench  timings, as ratios with their controls
# make soundness  the checker against torch, with counts: CASES=200000 SEED=1; writes docs/soundness.md
# make mutants  corrupted shape rules: how many of them `make soundness` notices
# make docs   the generated pages under docs/
# make clean  what the targets above have made
#
# VENV=DIR takes another virtual environment, PYTHON=python3.12 another interpreter to make it with.

SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -c constraints.txt
SPECC := $(BIN)/specc
# Test processes: two finish soonest on small machines, more only share their memory.
WORKERS ?= 2
# Random questions that `make soundness` asks in all, and where it starts.
CASES ?= 200000
SEED ?= 1
# Corrupted shape rules that `make mutants` tries.
MUTANTS ?= 300

.PHONY: demo test lint format bench soundness mutants docs clean
.DELETE_ON_ERROR:

demo: $(VENV)/.specc-demo
	@echo; echo '== specc check: every mistake, before torch is loaded'
	$(SPECC) check specs/vision/resnet.nn
	@echo; echo '== specc summary: what it costs'
	$(SPECC) summary resnet --variant resnet50 --depth 2
	@echo; echo '== specc build: the PyTorch file'
	@mkdir -p build
	$(SPECC) build resnet --variant resnet50 -o build/resnet50.py
	@echo; echo '== specc run: ResNet-50 on the best device here'
	$(SPECC) run resnet --variant resnet50

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: $(VENV)/.specc-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.specc-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.specc-dev
	@for file in tests/benchmarks/bench_*.py; do $(BIN)/python -m tests.benchmarks.$$(basename $$file .py) || exit 1; done

soundness: $(VENV)/.specc-dev
	$(BIN)/python -m tests.soundness --cases $(CASES) --seed $(SEED) $(or $(NAMES),--write docs/soundness.md)

mutants: $(VENV)/.specc-dev
	$(BIN)/python -m tests.soundness.mutants --sample $(MUTANTS) --seed $(SEED)

docs: $(VENV)/.specc-dev
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/gallery.py
	$(BIN)/python docs/zoo.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "specc needs Python 3.11 or newer; $(PYTHON) is older: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.specc-demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing specc and torch into $(VENV); torch is about 200 MB, so this takes a few minutes the first time"
	@$(PIP) -e '.[torch]'
	@touch $@

$(VENV)/.specc-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing specc, its tools and the reference implementations into $(VENV); the first time takes a few minutes"
	@$(PIP) --quiet -e '.[torch,draw,dev]'
	@echo "installing torchvision without its CUDA libraries"
	@$(PIP) --quiet --no-deps torchvision
	@echo "installing transformers, diffusers, timm, torch_geometric and scikit-learn"
	@$(PIP) --quiet -e '.[references]'
	@touch $@ $(VENV)/.specc-demo

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find specc tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
