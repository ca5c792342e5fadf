# Environments stand in .venv and .tools; a stamp in each is as old as the install, so a changed lock installs again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

# Tools whose own pins would clash with requirements.lock; the version in a stamp's name makes a new one install.
MINISTACK := .tools/ministack/.ready-1.5.33
SAM_CLI := .tools/sam/.ready-1.170.0
UV := .tools/uv/.ready-0.13.9

PY := .venv/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check
export SAM_CLI_TELEMETRY := 0

# The first interpreter that runs (a pyenv shim may exist and fail), is new enough, and can make an environment.
find_python = for p in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done

# The folder of an interpreter of the template's runtime, which `sam build` wants on PATH; empty when there is none.
find_runtime = for p in python3.13 "$$(pyenv root 2>/dev/null)"/versions/3.13.*/bin/python3.13; do \
	"$$p" -c 'import os, pip, sys; print(os.path.dirname(sys.executable))' 2>/dev/null && break; done
with_runtime = runtime="$$($(find_runtime))"; PATH="$${runtime:+$$runtime:}$$PATH"

.PHONY: help setup setup-sam demo dev test lint format typecheck bench build lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready $(MINISTACK) ## Make the environments: .venv, and the local queues' own

setup-sam: $(SAM_CLI) ## Install the pinned SAM CLI into .tools/sam

demo: setup ## Show the whole system on this machine (ICS=calendar.ics starts from your own calendar)
	@$(PY) -m local.demo $(if $(ICS),--ics "$(ICS)")

dev: setup ## Run the whole system on this machine until Ctrl-C (EVERY=60 ticks each minute, ICS=calendar.ics)
	@$(PY) -m local.dev $(if $(EVERY),--every $(EVERY)) $(if $(ICS),--ics "$(ICS)")

test: setup setup-sam lint typecheck ## Lint, types and every test (PYTEST_ARGS="-k sync")
	@$(with_runtime) $(PY) -m pytest $(PYTEST_ARGS)

lint: .venv/.ready ## Check style
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check --quiet

format: .venv/.ready ## Rewrite in the project's style
	@$(PY) -m ruff check --quiet --fix
	@$(PY) -m ruff format --quiet

typecheck: .venv/.ready ## Check types
	@$(PY) -m mypy --no-error-summary

bench: setup ## Measure, and say on which machine
	@$(PY) -m bench

build: $(SAM_CLI) ## Build functions and layers into .aws-sam
	@$(with_runtime) .tools/sam/bin/sam build

lock: $(UV) ## Pin what pyproject.toml asks for (LOCK_ARGS=--upgrade for newer versions)
	@.tools/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-annotate --no-header \
		$(LOCK_ARGS) pyproject.toml --output-file requirements.lock
	@{ echo '# Every version that demo and tests install, direct and indirect: `make lock` writes it from pyproject.toml.'; \
		cat requirements.lock; } > requirements.lock.new && mv requirements.lock.new requirements.lock
	@.tools/uv/bin/uv pip compile --quiet --python-version 3.13 --python-platform aarch64-manylinux2014 --generate-hashes \
		--no-annotate --no-header --constraint requirements.lock layers/vendor/requirements.in \
		--output-file layers/vendor/requirements.txt

clean: ## Remove everything that these targets made
	@rm -rf .venv .tools .aws-sam .almanac .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.ready: requirements.lock pyproject.toml
	@echo "Installing the packages of requirements.lock into .venv"
	@$(PY) -c 'import pip' 2>/dev/null || { \
		python="$$($(find_python))"; \
		test -n "$$python" || { echo "Needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)." >&2; exit 1; }; \
		"$$python" -m venv --clear .venv; }
	@$(PIP) --requirement requirements.lock
	@$(PIP) --no-deps --editable .
	@touch $@

$(MINISTACK): PACKAGE = ministack
$(SAM_CLI): PACKAGE = aws-sam-cli
$(UV): PACKAGE = uv
$(MINISTACK) $(SAM_CLI) $(UV): | .venv/.ready
	@echo "Installing $(PACKAGE) into $(@D)"
	@$(PY) -m venv --clear --without-pip $(@D)
	@$(PY) -m pip --python $(@D)/bin/python install -qq --disable-pip-version-check $(PACKAGE)==$(subst .ready-,,$(@F))
	@touch $@
