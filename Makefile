# Only Python >= 3.11 and make are needed; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS := 1
export TOKENIZERS_PARALLELISM := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: install run test check format train bench clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

run: install  ## build what is missing, then serve on 127.0.0.1:8000
	$(BIN)/kefu build --if-missing
	$(BIN)/kefu serve

test: install
	$(BIN)/pytest

check: install  ## format, lint, types, content checks, tests with coverage
	$(BIN)/ruff format --check app tests benchmarks
	$(BIN)/ruff check app tests benchmarks
	$(BIN)/mypy
	$(BIN)/kefu rules check
	$(BIN)/kefu library check
	$(BIN)/pytest --cov --cov-report=term

format: install
	$(BIN)/ruff check --fix app tests benchmarks
	$(BIN)/ruff format app tests benchmarks

train: install  ## rebuild index/ from the labelled texts; CORRECTIONS=FILE adds what agents corrected
	$(BIN)/kefu build $(if $(CORRECTIONS),--corrections $(CORRECTIONS))

bench: install
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
