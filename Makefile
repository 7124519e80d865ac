# What a newcomer needs; `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip install --quiet --disable-pip-version-check

DEMO_ARGS ?=
# A module's tests stay in one process: they share what it starts.
TWO := -n 2 --dist loadfile

.PHONY: help demo test unit docs screenshots evaluations lint lock clean

help:  ## Show this list.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

demo: $(VENV)/core.ok  ## Simulate a community, score it, print the leaders and a receipt.
	@$(BIN)/renown demo $(DEMO_ARGS)

test: $(VENV)/dev.ok  ## Run every test, in two processes.
	@echo "running the tests"
	@$(BIN)/python -m pytest $(TWO) $(PYTEST_ARGS)

unit: $(VENV)/dev.ok  ## Run the tests that open no home and start nothing.
	@$(BIN)/python -m pytest $(TWO) -m "not home and not whole and not spark and not cluster" $(PYTEST_ARGS)

docs: $(VENV)/dev.ok  ## Print the tables of the documentation again.
	@$(BIN)/python docs/tables.py

screenshots: $(VENV)/dev.ok  ## Take the pictures of the documentation again (needs Chromium).
	@$(BIN)/python docs/screenshots.py

evaluations: $(VENV)/dev.ok  ## Judge the method again: HIGGS=… KLOUT=… PAIRS=… name the files of docs/evaluation.md.
	@$(BIN)/python docs/evaluations/evaluate.py $(HIGGS) $(KLOUT) $(PAIRS)
	@$(BIN)/python docs/tables.py

lint: $(VENV)/dev.ok  ## Check form, types and the walls of the house.
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock:  ## Resolve the dependencies again (needs uv).
	uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 --extra dev --extra postgresql --extra spark --extra learn pyproject.toml -c requirements.lock -o requirements-dev.lock

clean:  ## Remove what was made here, not your data.
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "renown needs Python 3.11 or newer; name one with PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/core.ok: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what renown runs on (requirements.lock)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps -e .
	@touch $@

$(VENV)/dev.ok: requirements-dev.lock $(VENV)/core.ok
	@echo "installing what the tests need (requirements-dev.lock); Spark takes a minute"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
