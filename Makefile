# Environments stand in .venv and .tools; a stamp in each is as old as the install, so a changed lock installs again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

# Tools whose own pins would clash with requirements.lock; the version in a stamp's name makes a new one install.
MINISTACK := .tools/ministack/.ready-1.5.33
SAM_CLI := .tools/sam/.ready-1.170.0
CHECKOV := .tools/checkov/.ready-3.3.30
PIP_AUDIT := .tools/pip-audit/.ready-2.10.1
UV := .tools/uv/.ready-0.13.9
BROWSER := .tools/browser/.ready-1.65.0

PY := .venv/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check
say_no_index = echo "The packages cannot be installed. If pip says above that it got no answer, PyPI cannot be reached from here:" \
	"it is needed once, nothing needs a network afterwards (PIP_INDEX_URL names a mirror). Then the same command again." >&2
export SAM_CLI_TELEMETRY := 0
# A shell may forbid byte code: then each of the suite's and the demo's many processes would compile every module again.
export PYTHONDONTWRITEBYTECODE :=

# The template's runtime, and where an interpreter of it may be: pyenv shows a version only where it was chosen.
RUNTIME := 3.13
runtimes = python$(RUNTIME) "$$(pyenv root 2>/dev/null)"/versions/$(RUNTIME).*/bin/python$(RUNTIME)

# The first of some interpreters that runs (a pyenv shim may exist and fail), is new enough, and can make an environment.
find_first = for p in $(1); do "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$p" && break; done
find_python = $(call find_first,$(PYTHON) $(runtimes) python3.12 python3.11 python3 python)

# The interpreter that .venv should be of (PYTHON=…, or the runtime's) and is not; empty when all is well, or there is none.
ask_wanted = p="$$($(call find_first,$(or $(PYTHON),$(runtimes))))"; "$$p" -c 'import os, sys; \
	sys.exit(os.path.exists(".venv/bin/python%d.%d" % sys.version_info[:2]))' 2>/dev/null && echo "$$p"
wanted_python = $(if $(PYTHON),$(shell $(ask_wanted)),$(if $(wildcard .venv/bin/python$(RUNTIME)),,$(shell $(ask_wanted))))
say_other_python = test -x .venv/bin/python$(RUNTIME) || echo "Tests run on $$($(PY) -V), the functions on $(RUNTIME):" \
	"$(if $(PYTHON),PYTHON=$(PYTHON) was asked for,none was found here)."

# The folder of an interpreter of the runtime with pip, which `sam build` wants on PATH; empty when there is none.
find_runtime = for p in $(runtimes) .venv/bin/python$(RUNTIME); do \
	"$$p" -c 'import os, pip, sys; print(os.path.dirname(sys.executable))' 2>/dev/null && break; done
with_runtime = runtime="$$($(find_runtime))"; PATH="$${runtime:+$$runtime:}$$PATH"

# ICS as options: one file whose name may hold spaces, else several files or a pattern.
with_calendars = set --; if test -e "$(ICS)"; then set -- --ics "$(ICS)"; else \
	for file in $(ICS); do set -- "$$@" --ics "$$file"; done; fi

.PHONY: help setup setup-sam demo dev dev-reset test test-at lint format typecheck soak soak-two-ways bench bench-scale test-browser browser-tools openapi client checkov audit build invoke-all deploy-local stack-named cloud-test lock schemas clean other-python

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready $(MINISTACK) ## Make the environments: .venv, and the local queues' own

setup-sam: $(SAM_CLI) ## Install the pinned SAM CLI into .tools/sam

demo: setup ## Show the whole system on this machine (ICS=calendar.ics starts from your own calendar, VERBOSE=1 tells all)
	@$(with_calendars); $(PY) -m local.demo $(if $(VERBOSE),--verbose) "$$@"

dev: setup ## Run the whole system on this machine until Ctrl-C (EVERY=60 syncs each minute, PLAN_EVERY=60 plans, ICS=calendar.ics, ORIGIN=http://localhost:3000 lets a page call)
	@$(with_calendars); $(PY) -m local.dev $(if $(ORIGIN),--origin $(ORIGIN)) $(if $(EVERY),--every $(EVERY)) $(if $(PLAN_EVERY),--plan-every $(PLAN_EVERY)) "$$@"

dev-reset: ## Forget the database that `make dev` keeps, with everything that was added to it
	@test ! -e .almanac/dev.env || { echo "make dev runs; end it first (or remove .almanac/dev.env, if it was killed)" >&2; exit 1; }
	@rm -rf .almanac/dev

PROCESSES = 2
test: setup setup-sam lint typecheck ## Lint, types and every test (PYTEST_ARGS="-k sync", PROCESSES=2)
	@$(say_other_python)
	@$(with_runtime) $(PY) -m pytest --numprocesses $(PROCESSES) $(PYTEST_ARGS)

# Without the build, which asks PyPI: its certificate is of today.
test-at: setup ## Every test as if it were another moment in UTC (AT="2026-12-31 23:50" PYTEST_ARGS=tests/web); Linux, needs cc
	@test -n "$(AT)" || { echo 'Say when: make test-at AT="2026-12-31 23:50"' >&2; exit 2; }
	@folder="$$(mktemp -d)"; trap 'rm -r "$$folder"' EXIT; chmod 755 "$$folder"; \
		cc -O2 -shared -fPIC -o "$$folder/moment.so" tests/moment.c -ldl && at="$$(date -u -d "$(AT)" +%s)" && \
		MOMENT_SECONDS=$$((at - $$(date +%s))) LD_PRELOAD="$$folder/moment.so" \
		$(PY) -m pytest --numprocesses $(PROCESSES) -p no:cacheprovider --ignore=tests/template/test_sam.py $(PYTEST_ARGS)

test-browser: setup $(BROWSER) ## The console in a real browser, with axe; needs chromium (screenshots in .almanac/screenshots)
	@ALMANAC_SCREENSHOTS="$${ALMANAC_SCREENSHOTS:-$(CURDIR)/.almanac/screenshots}" $(PY) -m pytest tests/browser -rs

browser-tools: $(BROWSER) ## Install what drives the browser of test-browser

lint: .venv/.ready ## Check style
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check --quiet

format: .venv/.ready ## Rewrite in the project's style
	@$(PY) -m ruff check --quiet --fix
	@$(PY) -m ruff format --quiet

typecheck: .venv/.ready ## Check types
	@$(PY) -m mypy --no-error-summary

soak: .venv/.ready ## Random histories until Ctrl-C (SOAK_SECONDS=600 SOAK_HISTORIES=500 SOAK_SEED=1; SOAK_HISTORY="…" plays one)
	@$(PY) -m tests.histories $(if $(SOAK_SECONDS),--seconds $(SOAK_SECONDS)) $(if $(SOAK_HISTORIES),--histories $(SOAK_HISTORIES)) \
		$(if $(SOAK_SEED),--seed $(SOAK_SEED)) $(if $(SOAK_HISTORY),--history "$(SOAK_HISTORY)")

soak-two-ways: .venv/.ready ## The same of both directions: plans, people in Google, lost answers (the same variables)
	@$(PY) -m tests.histories.two_ways $(if $(SOAK_SECONDS),--seconds $(SOAK_SECONDS)) \
		$(if $(SOAK_HISTORIES),--histories $(SOAK_HISTORIES)) $(if $(SOAK_SEED),--seed $(SOAK_SEED)) \
		$(if $(SOAK_HISTORY),--history "$(SOAK_HISTORY)")

bench: setup ## Measure, and say on which machine
	@$(PY) -m bench

bench-scale: setup ## Measure longer: what very many workspaces take, and what a few in trouble cost the others
	@$(PY) -m bench traffic drain isolation quota --long

checkov: $(CHECKOV) ## Look at the templates with checkov (300 MB, so not a part of `make test` until it is installed)
	@.tools/checkov/bin/checkov --framework cloudformation --skip-download --compact --quiet \
		--file template.yaml network-and-database.yaml observability.yaml

audit: $(PIP_AUDIT) ## Look for known vulnerabilities in every pinned package; needs pypi.org, and fails without it
	@for pins in layers/vendor/requirements.txt requirements.lock; do .tools/pip-audit/bin/pip-audit --strict \
		--disable-pip --no-deps --progress-spinner off --requirement $$pins || failed=1; done; exit $${failed:-0}

build: $(SAM_CLI) ## Build functions and layers into .aws-sam
	@$(with_runtime) .tools/sam/bin/sam build

invoke-all: setup setup-sam ## Every function with every event through `sam local invoke`; needs Docker (SAM_ARGS=--skip-pull-image)
	@$(PY) -m local.lambda_runtime.invoke_all --check
	@$(MAKE) build
	@$(PY) -m local.lambda_runtime.invoke_all -- $(SAM_ARGS)

deploy-local: setup ## Deploy template.yaml to a local AWS until Ctrl-C: no Docker, no account, its rules fire each minute
	@$(PY) -m local.deploy

stack-named:
	@test -n "$(STACK)" || { echo "Say which: make cloud-test STACK=almanac-trial" >&2; exit 2; }

cloud-test: stack-named setup setup-sam ## Deploy template.yaml to AWS for a trial, and delete it again (STACK=almanac-trial SAM_ARGS="--parameter-overrides …")
	@$(MAKE) build
	@$(PY) -m local.cloud_test --stack "$(STACK)" -- $(SAM_ARGS)

lock: $(UV) ## Pin what pyproject.toml asks for (LOCK_ARGS=--upgrade for newer versions)
	@.tools/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-annotate --no-header \
		$(LOCK_ARGS) pyproject.toml --output-file requirements.lock
	@{ echo '# Every version that demo and tests install, direct and indirect: `make lock` writes it from pyproject.toml.'; \
		cat requirements.lock; } > requirements.lock.new && mv requirements.lock.new requirements.lock
	@.tools/uv/bin/uv pip compile --quiet --python-version 3.13 --python-platform aarch64-manylinux2014 --generate-hashes \
		--no-annotate --no-header --constraint requirements.lock layers/vendor/requirements.in \
		--output-file layers/vendor/requirements.txt
	@digest=$$($(PY) -c "from hashlib import sha256; print(sha256(open('layers/vendor/requirements.txt', 'rb').read()).hexdigest()[:12])"); \
		sed -i.old "s/\(with third-party code \)[0-9a-f]*$$/\1$$digest/" template.yaml && rm template.yaml.old

schemas: .venv/.ready ## Write docs/schemas from the models of a job and the kinds of events
	@$(PY) -m local.job_schemas
	@$(PY) -m local.event_schemas

openapi: .venv/.ready ## Write docs/openapi.json from the routes, and the client's types from it (needs node)
	@$(PY) -m local.openapi_document
	@$(MAKE) client

client: ## Install what compiles clients/typescript, and write its types (needs node)
	@cd clients/typescript && npm install --silent --no-audit --no-fund && npm run --silent types

clean: ## Remove everything that these targets made
	@rm -rf .venv .tools .aws-sam .almanac .mypy_cache .ruff_cache .pytest_cache .hypothesis

other-python: # makes .venv out of date

.venv/.ready: requirements.lock pyproject.toml $(if $(wanted_python),other-python)
	@echo "Installing the packages of requirements.lock into .venv"
	@$(if $(wanted_python),false,$(PY) -c 'import pip' 2>/dev/null) || { \
		python="$$($(find_python))"; \
		test -n "$$python" || { echo "Needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)." >&2; exit 1; }; \
		"$$python" -m venv --clear .venv; }
	@$(PIP) --requirement requirements.lock || { $(say_no_index); exit 1; }
	@$(PIP) --no-deps --editable . || { $(say_no_index); exit 1; }
	@touch $@

$(MINISTACK): PACKAGE = ministack
$(SAM_CLI): PACKAGE = aws-sam-cli
$(CHECKOV): PACKAGE = checkov
$(PIP_AUDIT): PACKAGE = pip-audit
$(UV): PACKAGE = uv
$(BROWSER): PACKAGE = playwright
$(BROWSER): MORE = axe-playwright-python==0.1.8
$(MINISTACK) $(SAM_CLI) $(CHECKOV) $(PIP_AUDIT) $(UV) $(BROWSER): | .venv/.ready
	@echo "Installing $(PACKAGE) into $(@D)"
	@$(PY) -m venv --clear --without-pip $(@D)
	@$(PY) -m pip --python $(@D)/bin/python install -qq --disable-pip-version-check $(PACKAGE)==$(subst .ready-,,$(@F)) $(MORE) \
		|| { $(say_no_index); exit 1; }
	@touch $@
