# Sisir: plain commands, no container needed. `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ASSETS := server/console/static/vendor/.built
MESSAGES := $(wildcard server/translations/*/LC_MESSAGES/messages.po)

.PHONY: help setup run test check fix real bench docs constraints migration system

help: ## lists the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) $(ASSETS) $(MESSAGES:.po=.mo) ## virtual environment, pinned dependencies, console assets, messages

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed: apt-get install python3.11"; exit 1; }
	@test -x $(BIN)/pip || PYTHON="$(PYTHON)" bash .ci/make_venv.sh $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[java,assets,test,dev]'
	@touch $@

$(ASSETS): $(STAMP) server/console/package.json server/console/package-lock.json server/console/build_assets.py
	$(BIN)/python -m server.console.build_assets
	@touch $@

%.mo: %.po | $(STAMP)
	$(BIN)/pybabel compile --input-file $< --output-file $@ --locale $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

system: ## Debian packages that only the tests need: a browser and a Java compiler
	@bash tests/install_system_packages.sh

run: setup ## everything set up, demo campaign in place, server and worker running
	@$(BIN)/sisir serve --demo

test: setup system ## every test; servers, browser and phones are started by the tests
	$(BIN)/python -m pytest -n auto --dist loadfile $(T)

check: setup ## format, lint, types, structure, known vulnerabilities of dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/structure
	$(BIN)/python .ci/audit.py constraints.txt

fix: setup ## mends format and what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

real: setup ## DATA=folder: plays a campaign with known truth through the HTTP door and scores the findings
	@test -n "$(DATA)" || { echo "usage: make real DATA=folder"; exit 1; }
	$(BIN)/python -m tests.real $(DATA)

bench: setup ## speed: a table of CPU per request beside limits of the same run; B=intake for single rows
	$(BIN)/python -m tests.benchmarks $(B)

docs: setup ## docs/checks.md, made from the catalogue of checks and the bundled forms
	$(BIN)/python -m workers.check_page

migration: setup ## M="what changed": writes a migration from the models
	$(BIN)/python -m server.migrating "$(M)"

constraints: ## pins every dependency anew
	$(BIN)/pip-compile --quiet --upgrade --all-extras --strip-extras --no-annotate --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file constraints.txt setup.cfg
