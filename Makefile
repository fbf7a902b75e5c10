# Two commands on a fresh machine: `make demo` and `make test`. Both make their own virtual environment.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test sweep golden clean

demo: .venv/installed
	$(BIN)/salience-report build sample_inputs/ -o site/

test: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -m "not sweep"

sweep: .venv/tested
	$(BIN)/pytest -m sweep

golden: .venv/tested
	$(BIN)/python -m tests.accept

clean:
	rm -rf .venv site dist

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@
