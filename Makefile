# Groundswell: `make help` lists what there is.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types layers other browser bench slow mutants matrix soak coverage gallery clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: .venv/.installed  ## two ways to win customers back, compared: verdict, table, figures
	@$(BIN)/groundswell demo

test: .venv/.developing  ## the test-suite, but for what is slow, timed or needs a browser
	$(BIN)/python -m pytest -n 2

check: lint types layers test other  ## everything a change must pass

lint: .venv/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.developing
	$(BIN)/mypy

layers: .venv/.developing
	$(BIN)/lint-imports

other: .venv/.developing  ## the test-suite again, on a Python that runs the other Mesa
	@python="$$($(FIND_OTHER))"; \
	if [ -z "$$python" ]; then echo "No Python with the other Mesa here: tested on one only."; exit; fi; \
	echo "The other Mesa, on $$python"; \
	[ -x .venv-other/bin/python ] || "$$python" -m venv .venv-other; \
	.venv-other/bin/python $(INSTALL) -e ".[dev]"; \
	.venv-other/bin/python -m pytest -n 2

browser: .venv/.developing  ## the report and the studio in a real Chromium, offline
	$(BIN)/python -m pytest -m browser tests/browser

bench: .venv/.developing  ## how fast, how much memory, what paired worlds save
	$(BIN)/python -m pytest tests/speed -m speed -s
	$(BIN)/python -m tests.speed.benchmark --others

slow: .venv/.developing  ## the tests that take minutes
	$(BIN)/python -m pytest -n 2 -m slow

mutants: .venv/.developing  ## five rules broken on purpose, and which tests notice
	$(BIN)/python tests/mutants.py

matrix: .venv/.developing  ## every Python, lowest and newest versions, and the wheel alone
	$(BIN)/python tests/matrix.py

soak: .venv/.developing  ## 2,000 mistaken files, a busy page, a study of 10,000 runs
	$(BIN)/python tests/soak.py

coverage: .venv/.developing  ## lines the tests reach, with the compiler off
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n 2 --cov --cov-report=term

gallery: .venv/.developing  ## redraw results/gallery: the demo, every shipped question, the studio
	$(BIN)/python -m analysis.gallery
	$(BIN)/python -m tests.browser.gallery

clean:  ## forget environments and caches; studies stay
	rm -rf .venv .venv-other .venv-benchmark build dist htmlcov .coverage .coverage.* .*_cache .hypothesis
	find analysis simulation tests -name __pycache__ -prune -exec rm -rf {} +

# Installed once, and again only when what must be installed has changed.
.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv (once; a minute or two)"
	@$(BIN)/python $(INSTALL) -e .
	@touch $@

.venv/.developing: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv, with the tools for development (once; a minute or two)"
	@$(BIN)/python $(INSTALL) -e ".[dev]"
	@touch .venv/.installed $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 2; }

# A command may be on the path and still not run (a pyenv shim), or lack venv: try it.
# Mesa 3.3.1 is for Python 3.11 and 3.5.1 for 3.12 on, so "other" is across that line.
define FIND_OTHER
newer=$$($(BIN)/python -c 'import sys; print(sys.version_info >= (3, 12))'); \
for candidate in python3.13 python3.12 python3.11 \
    "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.1[123]*/bin/python; do \
  "$$candidate" -c "import ensurepip, sys; \
  sys.exit(not (3, 11) <= sys.version_info < (3, 14) \
  or (sys.version_info >= (3, 12)) == $$newer)" 2>/dev/null && echo "$$candidate" && break; \
done
endef
