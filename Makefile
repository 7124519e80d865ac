# The tasks of a developer; `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip install --quiet --disable-pip-version-check

DEMO_ARGS ?=
# Three processes on two cores: tests wait for servers, browsers and killed programs for a sixth of the time. The tests
# of a module stay in one, since they share the servers that it starts. Slow modules come first (tests/conftest.py).
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder
PROOFS ?= full

# Images of containers often set it. Without bytecode, each process of the tests compiles every module of renown again,
# and pytest rewrites the assertions of all test modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test unit proofs docs site screenshots examples evaluations lint lock clean

help:  ## Show this list.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

demo: $(VENV)/core.ok  ## Simulate 20,000 accounts, score them, print the leaders, a race and a receipt.
	@$(BIN)/renown demo $(DEMO_ARGS)

test: $(VENV)/dev.ok  ## Run the tests, without the slow proofs, in three processes (under 8 minutes).
	@echo "running the tests"
	@$(BIN)/python -m pytest $(PARALLEL) -m "not proof" $(PYTEST_ARGS)

unit: $(VENV)/dev.ok  ## Run the quick tests: no home, no server, no repeated scoring (under a minute).
	@$(BIN)/python -m pytest $(PARALLEL) -m "not home and not proof" $(PYTEST_ARGS)

proofs: $(VENV)/dev.ok  ## Run the slow proofs: Spark, kills, load, real networks (PROOFS=short for few of each).
	@RENOWN_PROOFS=$(PROOFS) $(BIN)/python -m pytest $(PARALLEL) -m proof $(PYTEST_ARGS)

docs: $(VENV)/dev.ok  ## Generate the tables of the documentation and build the site in build/site.
	@$(BIN)/python docs/tables.py
	@$(MAKE) --no-print-directory site

site: $(VENV)/dev.ok
	@echo "building the documentation"
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

screenshots: $(VENV)/dev.ok  ## Take the screenshots of the documentation again (needs Chromium).
	@$(BIN)/python docs/screenshots.py

evaluations: $(VENV)/dev.ok  ## Evaluate the method again: HIGGS=… KLOUT=… PAIRS=… name the files of docs/reference/evaluation.md.
	@$(BIN)/python docs/evaluations/evaluate.py $(HIGGS) $(KLOUT) $(PAIRS)
	@$(BIN)/python benchmarks/faking.py --method 3 --json src/renown/method/evaluations/3/faking.json
	@$(BIN)/python docs/tables.py

examples: $(VENV)/dev.ok  ## Write the example answers of the API again.
	@$(BIN)/python docs/api_examples.py

lint: $(VENV)/dev.ok  ## Check formatting, style, types and the layers of imports.
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock:  ## Lock the dependencies again (needs uv).
	uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --generate-hashes --no-header --universal --python-version 3.11 --extra dev --extra docs --extra postgresql --extra spark --extra learn --extra mcp pyproject.toml -c requirements.lock -o requirements-dev.lock

clean:  ## Remove build products, not your data.
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "renown needs Python 3.11 or newer; name one with PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/core.ok: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the runtime dependencies (requirements.lock)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps -e .
	@touch $@

$(VENV)/dev.ok: requirements-dev.lock $(VENV)/core.ok
	@echo "installing the development dependencies (requirements-dev.lock); Spark takes a minute"
	@$(PIP) --no-compile --require-hashes -r requirements-dev.lock
	@# pip compiles on one core. Some packages have files of other versions of Python, which cannot be compiled.
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true
	@touch $@
