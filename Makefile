# make help lists the targets. Everything runs from .venv, which `make install` makes.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable . --group dev
	@touch $@

.PHONY: install
install: .venv/installed ## make the environment in .venv

.PHONY: test
test: install ## all tests that need no cluster
	$(BIN)/pytest

.PHONY: check
check: install ## format, lint, types, layers
	$(BIN)/ruff format --check operator tests
	$(BIN)/ruff check operator tests
	$(BIN)/mypy
	$(BIN)/lint-imports
