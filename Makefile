# The only commands to learn. Needed: git, make, python3 (3.11 or later) with venv.
# Nothing asks a question; each target prepares what it needs and is quick the next time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LANH := $(BIN)/lanh
PYTEST := $(BIN)/python -m pytest
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help up demo down test test-oldest test-long test-packages conformance check docs bench clean

help:
	@echo "make up          start on http://127.0.0.1:8000 with demonstration data"
	@echo "make demo        200 refused messages of one hospital, mended by cause; its score rises"
	@echo "make down        stop everything; the data is kept"
	@echo "make check       lint, types, import contracts, sizes, translations, generated pages"
	@echo "make test        the tests of every day (20 minutes at most)"
	@echo "make test-long   soak, full fuzzing, fault campaigns"
	@echo "make conformance the suites of others, with a count each"
	@echo "make bench       every benchmark; make bench-NAME for one"
	@echo "make docs        write the generated pages"

up: $(VENV)/.lanh
	@$(LANH) up

demo: up
	@$(LANH) demo --faulty 200 --mend

down: $(VENV)/.lanh
	@$(LANH) down

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "python3 3.11 or later with venv is needed (Debian: apt-get install python3-venv)"; exit 2; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet uv >/dev/null 2>&1 || true

# uv where it could be had, else pip: both read the same constraints.
define install
	@echo "installing $(1)"
	@if [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '$(1)' 2>$(VENV)/install.log; \
		then :; else $(BIN)/pip install --quiet -c constraints.txt -e '$(1)'; fi
endef

$(VENV)/.lanh: $(VENV)/bin/python pyproject.toml constraints.txt
	$(call install,.)
	@touch $@

$(VENV)/.tests: $(VENV)/.lanh
	$(call install,.[test$(,)spark$(,)hsm])
	@touch $@

, := ,

test-packages:
	@sh tests/packages.sh

test: $(VENV)/.tests test-packages
	$(PYTEST) -n 2 --dist loadgroup -m "not long"
	@$(MAKE) --no-print-directory test-oldest

# The suites of the engines that speak SQL, on the oldest PostgreSQL that they support.
OLDEST := /usr/lib/postgresql/15
SQL_SUITES := $(addprefix lanh/core/,audit bus database desks forms jobs lists matching overviews store terminology workflow)

test-oldest: $(VENV)/.tests
	@if [ -x $(OLDEST)/bin/postgres ]; then \
		echo "on $$($(OLDEST)/bin/postgres --version)"; \
		LANH_TEST_POSTGRESQL=$(OLDEST) $(PYTEST) -n 2 --dist loadgroup -m "not long" $(SQL_SUITES); \
	else echo "no PostgreSQL in $(OLDEST): its tests are left out"; fi

test-long: $(VENV)/.tests test-packages
	$(PYTEST) -n 2 --dist loadgroup -m long --timeout 3600

# LANH_TEST_DATA and LANH_CONFORMANCE name the suites' material (tests/conformance/README.md).
conformance: $(VENV)/.tests
	$(BIN)/python -m tests.conformance $(SUITES)

check: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) tests/contracts

docs: $(VENV)/.lanh
	$(BIN)/python -m lanh.site.mission

bench: $(VENV)/.tests
	$(LANH) bench

bench-%: $(VENV)/.tests
	$(LANH) bench $* $(if $(RESOURCES),--resources $(RESOURCES))

clean:
	rm -rf build .mypy_cache .ruff_cache .import_linter_cache
