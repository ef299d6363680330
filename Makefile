# All paths here are relative, and Python is always called as .venv/bin/python -m …:
# so the folder may be moved, and its name may hold spaces.

PYTHON ?= python3
JOB ?=
ARGS ?=

SHELL := /bin/sh
.DEFAULT_GOAL := help

RUN := .venv/bin/python -m harvester
# Wheels only: building a source archive would pull in tools that no lock names.
INSTALL := .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input
LOCKED := $(INSTALL) --require-hashes --only-binary :all:
PACKAGE := $(INSTALL) --no-deps --no-build-isolation --no-index --editable .
TYPED := harvester tests benchmarks

QUICKSTART := jobs/quickstart.yaml
QUICKSTART_SQL := SELECT organism.organism_name AS organism, count(*) AS assemblies, \
  max(assembly_stats.contig_n50) AS best_contig_n50 \
  FROM genome GROUP BY ALL ORDER BY assemblies DESC, organism LIMIT 10

.PHONY: help run test lint bench clean

help: ## says what there is
	@echo 'make run                 set up, harvest from the bundled sandbox, ask the database'
	@echo 'make run JOB=jobs/x.yaml set up, harvest that job from NCBI'
	@echo 'make test                set up, then format, lint, types and tests'
	@echo 'make lint                set up, then format, lint and types alone'
	@echo 'make bench               set up, then measure and print a table'
	@echo 'make clean               remove .venv and all that tools left; harvested data stays'
	@echo
	@echo 'PYTHON=python3.12        builds .venv with that Python (3.11 to 3.13)'
	@echo 'ARGS="--rps 3"           more flags for the harvest'

ifeq ($(strip $(JOB)),)
run: .venv/runtime.stamp ## the quickstart, without a request to NCBI
	$(RUN) run --sandbox $(ARGS) $(QUICKSTART)
	$(RUN) query "$(QUICKSTART_SQL)"
else
run: .venv/runtime.stamp
	$(RUN) run $(ARGS) "$(JOB)"
endif

test: lint
	.venv/bin/python -m pytest $(ARGS)

lint: .venv/dev.stamp
	.venv/bin/python -m ruff check --quiet .
	.venv/bin/python -m ruff format --quiet --check .
	.venv/bin/python -m mypy --strict $(TYPED)

bench: .venv/dev.stamp
	.venv/bin/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is as old as the lock that it stands for: a second `make` installs nothing.
.venv/bin/python:
	@$(PYTHON) requirements/check_python.py
	$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements/runtime.txt requirements/build.txt pyproject.toml | .venv/bin/python
	$(LOCKED) -r requirements/runtime.txt -r requirements/build.txt
	$(PACKAGE)
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements/dev.txt
	$(LOCKED) -r requirements/dev.txt
	@touch $@
