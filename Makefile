# All paths here are relative, and Python is always called as `.venv/bin/python -m …`:
# so the folder may lie anywhere, and its path may hold spaces.

PYTHON ?= python3
JOB ?=
ARGS ?=

QUICKSTART := jobs/quickstart.yaml
QUICKSTART_SQL := SELECT organism.organism_name AS species, count(*) AS assemblies, \
  max(assembly_stats.contig_n50) AS best_contig_n50 \
  FROM genome GROUP BY ALL ORDER BY assemblies DESC, species LIMIT 10

HARVESTER := .venv/bin/python -m harvester
TYPED := harvester tests benchmarks tools

INSTALL := .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input
# Wheels only: building a source archive would fetch tools that no lock names.
LOCKED := $(INSTALL) --only-binary :all: --require-hashes
PACKAGE := $(INSTALL) --no-index --no-deps --no-build-isolation --editable .

# One lock for all platforms and Pythons; pins stay as they are unless ARGS=--upgrade.
LOCK := uv pip compile --quiet --no-config --universal --python-version 3.11 --only-binary :all: \
  --generate-hashes --no-header

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint docs bench lock clean

help:
	@echo 'make run                   harvest from the bundled sandbox and ask the database'
	@echo 'make run JOB=jobs/x.yaml   harvest a job from NCBI'
	@echo 'make test                  lint, types and tests'
	@echo 'make lint                  lint and types'
	@echo 'make docs                  renew the reference, build the site into build/site'
	@echo 'make bench                 measure, print a table'
	@echo 'make lock                  renew the lock files (needs uv)'
	@echo 'make clean                 remove .venv and what tools left behind; data/ stays'
	@echo
	@echo 'PYTHON=python3.12          the Python that .venv is made with, 3.11 to 3.13'
	@echo 'ARGS="--rps 3"             more arguments for the harvest, tests, benchmarks or uv'

run: .venv/runtime.stamp
ifeq ($(strip $(JOB)),)
	$(HARVESTER) run --sandbox $(ARGS) $(QUICKSTART)
	$(HARVESTER) query "$(QUICKSTART_SQL)"
else
	$(HARVESTER) run $(ARGS) "$(JOB)"
endif

test: lint .venv/browser.stamp
	.venv/bin/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

lint: .venv/dev.stamp
	.venv/bin/python -m ruff check --quiet .
	.venv/bin/python -m ruff format --quiet --check .
	.venv/bin/python -m mypy --strict $(TYPED)

docs: .venv/dev.stamp
	.venv/bin/python -m tools.reference
	NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --strict
	@echo 'Open build/site/index.html.'

bench: .venv/bench.stamp
	.venv/bin/python -m benchmarks $(ARGS)

lock:
	$(LOCK) $(ARGS) pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) $(ARGS) --group build --constraints requirements/runtime.txt --output-file requirements/build.txt
	$(LOCK) $(ARGS) pyproject.toml --group dev --constraints requirements/runtime.txt \
	  --constraints requirements/build.txt --output-file requirements/dev.txt
	$(LOCK) $(ARGS) --group bench --constraints requirements/dev.txt --output-file requirements/bench.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A half-made .venv, or one whose Python was replaced since, is made anew.
ifneq ($(shell .venv/bin/python -c 'import pip; print("sound")' 2>/dev/null),sound)
.PHONY: .venv/bin/python .venv/runtime.stamp
endif

# A stamp is newer than the lock that it stands for, so a second `make` installs nothing.
# Of its modules few are used, and those are compiled by who uses them first.
.venv/dev.stamp: .venv/runtime.stamp requirements/dev.txt
	@echo 'Installing what tests and lint need …'
	@$(LOCKED) --no-compile --requirement requirements/dev.txt
	@touch $@

# Pages are looked at in a real Chromium. In a container that is there for tests it is fetched from
# the distribution; elsewhere nothing is done to the system, and without one those tests are skipped.
.venv/browser.stamp: .venv/dev.stamp
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { \
	  [ "$$(id -u)" = 0 ] && [ -n "$$CI$$container" -o -e /.dockerenv ] && command -v apt-get >/dev/null && \
	  echo 'Installing Chromium for the tests of pages …' && \
	  apt-get -qq update >/dev/null && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends \
	    chromium chromium-driver >/dev/null; } || \
	  echo 'There is no Chromium with chromedriver here: the tests of pages will be skipped.'
	@touch $@

.venv/bench.stamp: .venv/dev.stamp requirements/bench.txt
	@echo 'Installing what the harvester is measured against …'
	@$(LOCKED) --requirement requirements/bench.txt
	@touch $@

.venv/runtime.stamp: requirements/runtime.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo 'Installing what the harvester needs …'
	@$(LOCKED) --requirement requirements/build.txt
	@$(LOCKED) --requirement requirements/runtime.txt
	@$(PACKAGE)
	@touch $@

.venv/bin/python:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo 'There is no "$(PYTHON)" here. Name a Python of 3.11 to 3.13: make PYTHON=python3.12' >&2; \
	  exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit( \
	  "The harvester needs Python 3.11 to 3.13, and this is %d.%d. Name one: make PYTHON=python3.12" % v)'
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'This Python cannot make virtual environments. On Debian: apt install python3-venv' >&2; \
	  exit 1; }
	@"$(PYTHON)" -m venv --clear .venv
