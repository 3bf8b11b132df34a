# Two commands do everything on a fresh machine with Python 3.11+: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# All tests start hundreds of programs. Let them share compiled bytecode.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := run
.PHONY: help run check test test-full services lint simulate plant format choose coverage audit bench image release clean
MAKE_QUIETLY = $(MAKE) --no-print-directory
SIDE_BY_SIDE = $(MAKE_QUIETLY) -j3 --output-sync=target

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 20

run: .venv/run ## start the portal and the External API, with a demo on the first start
	@exec $(BIN)/python bin/run

check: .venv/dev ## after each change, a minute: style, and the quickest tests that run nearly all of the code
	@$(SIDE_BY_SIDE) .check-style .check-entry .check-portal-and-external-api

test: .venv/dev ## before a push, half an hour: lint, check, and a short pass with programs, databases and a browser
	@$(MAKE_QUIETLY) lint
	@$(MAKE_QUIETLY) check SHORT= QUICK=
	@$(MAKE_QUIETLY) .test-services .test-browser

test-full: services ## before a release, more than an hour: every test with many examples, also on PostgreSQL
	@bin/test-services boot
	@$(MAKE_QUIETLY) lint
	@$(MAKE_QUIETLY) check SHORT= QUICK= OPTIONS='--hypothesis-profile=full --timeout=3600'
	@$(MAKE_QUIETLY) simulate SEEDS=161- STEPS=40 HOURS=0.2
	@$(MAKE_QUIETLY) .test-services .test-browser SHORT=
	@$(MAKE_QUIETLY) .test-postgresql

services: .venv/dev ## start PostgreSQL and Redis for tests; as root, install what is missing
	@bin/test-services

lint: .venv/dev ## types, imports, templates, settings and licences
	@$(SIDE_BY_SIDE) .lint-types .lint-types-external-api .lint-all-else

simulate: .venv/dev ## simulate days, SEEDS=1-500 of STEPS=25, or a night with HOURS=8; SEED=17 replays and shortens
	@$(BIN)/python -m tests.simulation $(or $(SEED),$(SEEDS),$(if $(HOURS),1-,1-100)) $(if $(SEED),--replay) \
		$(if $(HOURS),--hours $(HOURS) --processes $$(nproc)) $(if $(STEPS),--steps $(STEPS))

plant: .venv/dev ## plant faults in a copy of the portal, NN=3, NN=--list or all, and measure how soon the simulation finds them
	@$(BIN)/python -m tests.simulation.planted $(NN)

format: .venv/dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

choose: .venv/dev ## measure all tests and choose which ones `make check` leaves out, in six minutes
	@$(BIN)/python -m tests.quick.choosing

coverage: .venv/dev ## measure how much of both programs the tests in the process run
	@$(BIN)/coverage erase
	@$(MAKE_QUIETLY) .cover-portal .cover-external-api
	@$(BIN)/coverage combine --quiet
	@echo "The tests in the process run $$($(BIN)/coverage report --format=total) % of the lines and branches."

audit: .venv/audit ## look for known vulnerabilities of the pinned packages
	@.venv/pip-audit/bin/python bin/audit

bench: .venv/dev ## measure the ratios that we claim
	@missed=; for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || missed="$$missed $$script"; done; \
		test -z "$$missed" || { echo "Missed:$$missed"; exit 1; }

image: ## build the image pipelines-portal:<version> with podman, docker or buildah
	@bin/image

release: ## write the sources, notes and hashes of a release to dist/
	@bin/release

clean: ## remove environments, databases and built files
	rm -rf .venv var build dist

# The environments: what runs, all that tests and lint need, and the audit.
.venv/run: requirements.txt
	@PYTHON=$(PYTHON) bin/install requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt
	@PYTHON=$(PYTHON) bin/install requirements-dev.txt
	@touch $@ .venv/run

.venv/audit: requirements-audit.txt
	@VENV=.venv/pip-audit bin/install requirements-audit.txt
	@touch $@

# Parts of the above. All tests of a file run in the same process, since they share the programs that it starts.
SHORT = -m 'not full'
QUICK = -p tests.quick --timeout=60
EXTERNAL_API := --ds=pipelines_portal.settings.external_api
IN_PROCESS := --ignore=tests/services --ignore=tests/browser
FILE_BY_FILE := -n 2 --dist loadfile
# Chromium sometimes does nothing for half a minute: only a test that fails with such an error is run again.
STALLED := --reruns 1 --only-rerun 'enabled and stable\s*$$' --only-rerun '(goto|wait_for_url): Timeout 30000ms'

.check-style:
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .

# Two processes at a time: the workers of xdist would each collect all tests. tests/quick/choosing.py has the same parts.
ENTRY := tests/access tests/entry tests/simulation
.check-entry:
	@$(BIN)/python -m pytest $(ENTRY) $(SHORT) $(QUICK) $(OPTIONS)

.check-portal-and-external-api:
	@$(BIN)/python -m pytest tests $(IN_PROCESS) --ignore=tests/external_api $(ENTRY:%=--ignore=%) $(SHORT) $(QUICK) $(OPTIONS)
	@$(BIN)/python -m pytest tests/external_api $(EXTERNAL_API) $(SHORT) $(QUICK) $(OPTIONS)

# A test that is slow under coverage may fail: `make check` says which tests do.
.cover-portal:
	-@$(BIN)/coverage run -m pytest tests $(IN_PROCESS) --ignore=tests/external_api $(SHORT) -n 2 --dist worksteal $(OPTIONS)

.cover-external-api:
	-@$(BIN)/coverage run -m pytest tests/external_api $(EXTERNAL_API) $(SHORT) -n 2 --dist worksteal $(OPTIONS)

.test-services:
	@bin/install-chromium
	$(BIN)/python -m pytest tests/services --ignore=tests/services/external_api -rs $(SHORT) $(FILE_BY_FILE) $(OPTIONS)
	$(BIN)/python -m pytest tests/services/external_api $(EXTERNAL_API) $(SHORT) $(FILE_BY_FILE) $(STALLED) $(OPTIONS)

.test-browser:
	@bin/install-chromium
	$(BIN)/python -m pytest tests/browser $(SHORT) $(FILE_BY_FILE) $(STALLED) $(OPTIONS)

# Tests of SQLite itself are left out.
ON_POSTGRESQL = TESTS_ON_POSTGRESQL=$$(sed -n 's/^TEST_POSTGRES_URL=//p' $${TEST_SERVICES_DIR:-var/test-services}/env)
.test-postgresql:
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests $(IN_PROCESS) --ignore=tests/external_api -m 'not sqlite' -n 2
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/external_api $(EXTERNAL_API) -m 'not sqlite'
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/services --ignore=tests/services/external_api --ignore=tests/services/deploy -m 'not sqlite' $(FILE_BY_FILE)
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/services/external_api $(EXTERNAL_API) -m 'not sqlite' $(FILE_BY_FILE) $(STALLED)
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/browser -m 'not sqlite' $(FILE_BY_FILE) $(STALLED)

.lint-types:
	DJANGO_SETTINGS_MODULE=pipelines_portal.settings.portal $(BIN)/mypy pipelines_portal tests bench --exclude '(^|/)external_api'

.lint-types-external-api:
	DJANGO_SETTINGS_MODULE=pipelines_portal.settings.external_api $(BIN)/mypy --cache-dir .mypy_cache/external_api pipelines_portal/external_api tests/external_api \
		tests/services/external_api bench/filling/external_api.py

.lint-all-else:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports
	bin/check-deploy
	$(BIN)/python bin/licences --check
	$(BIN)/python bin/reference --check
