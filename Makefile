# Two commands do everything on a fresh machine with Python 3.11+: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# Hundreds of programs are started by a run of all tests: what one has compiled, the next need not, whoever asks otherwise.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: run s3 check check-portal check-external-api check-style test test-full test-services test-external-api-services test-browser test-postgresql lint lint-types lint-types-external-api lint-all-else format bench vendor pins image docs pictures release services clean
.DEFAULT_GOAL := run

run: .venv/run
	@exec $(BIN)/python bin/run

.venv/run: requirements.txt
	@PYTHON=$(PYTHON) bin/install requirements.txt
	@touch $@

# What talks to a bucket: as large as a fifth of all else.
s3: .venv/run
	@bin/install requirements-s3.txt

.venv/dev: requirements.txt requirements-s3.txt requirements-dev.txt
	@PYTHON=$(PYTHON) bin/install requirements-dev.txt
	@touch $@ .venv/run

# Level 1, 80 seconds: style, and the unit and page tests of both programs, with a fake API and SQLite.
check: .venv/dev
	@$(MAKE) --no-print-directory -j3 --output-sync=target check-style check-portal check-external-api

SHORT = -m 'not full'
EXTERNAL_API := --ds=pipelines_portal.external_api.settings
IN_PROCESS := --ignore=tests/services --ignore=tests/browser
check-style: .venv/dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .

check-portal: .venv/dev
	@$(BIN)/python -m pytest tests $(IN_PROCESS) --ignore=tests/external_api $(SHORT) -n 2 --dist worksteal $(OPTIONS)

check-external-api: .venv/dev
	@$(BIN)/python -m pytest tests/external_api $(EXTERNAL_API) $(SHORT) $(OPTIONS)

# Level 2, ten minutes: level 1, and one short pass of what starts programs, a browser or PostgreSQL. All tests of a
# file run in the same process, since they share the programs that it starts.
FILE_BY_FILE := -n 2 --dist loadfile
# Chromium sometimes draws nothing for half a minute: such a test, and no other, is tried once more.
STALLED := --reruns 1 --only-rerun 'enabled and stable\s*$$'

test: .venv/dev
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory check SHORT=
	@$(MAKE) --no-print-directory test-services
	@$(MAKE) --no-print-directory test-external-api-services
	@$(MAKE) --no-print-directory test-browser

test-services: .venv/dev
	$(BIN)/python -m pytest tests/services --ignore=tests/services/external_api $(SHORT) $(FILE_BY_FILE) $(OPTIONS)

test-external-api-services: .venv/dev
	@bin/install-chromium
	$(BIN)/python -m pytest tests/services/external_api $(EXTERNAL_API) $(SHORT) $(FILE_BY_FILE) $(STALLED) $(OPTIONS)

test-browser: .venv/dev
	@bin/install-chromium
	$(BIN)/python -m pytest tests/browser $(SHORT) $(FILE_BY_FILE) $(STALLED) $(OPTIONS)

# Level 3, more than an hour: everything, with many examples for the properties and state machines, then both programs on PostgreSQL.
test-full: .venv/dev services
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory check SHORT= OPTIONS='--hypothesis-profile=full --timeout=3600'
	@$(MAKE) --no-print-directory test-services SHORT=
	@$(MAKE) --no-print-directory test-external-api-services SHORT=
	@$(MAKE) --no-print-directory test-browser SHORT=
	@$(MAKE) --no-print-directory test-postgresql

# What is about SQLite itself is left out.
ON_POSTGRESQL = TESTS_ON_POSTGRESQL=$$(sed -n 's/^TEST_POSTGRES_URL=//p' $${TEST_SERVICES_DIR:-var/test-services}/env)
test-postgresql: .venv/dev services
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests $(IN_PROCESS) --ignore=tests/external_api -m 'not sqlite' -n 2
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/external_api $(EXTERNAL_API) -m 'not sqlite'
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/services --ignore=tests/services/external_api --ignore=tests/services/deploy -m 'not sqlite' $(FILE_BY_FILE)
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/services/external_api $(EXTERNAL_API) -m 'not sqlite' $(FILE_BY_FILE) $(STALLED)
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/browser -m 'not sqlite' $(FILE_BY_FILE) $(STALLED)

# Start PostgreSQL and Redis for the tests that need them. What is missing is installed, which takes root.
services: .venv/dev
	@bin/test-services

# Types take longest: side by side with all else.
lint: .venv/dev .venv/docs
	@$(MAKE) --no-print-directory -j3 --output-sync=target lint-types lint-types-external-api lint-all-else

lint-types:
	DJANGO_SETTINGS_MODULE=pipelines_portal.settings $(BIN)/mypy pipelines_portal tests bench --exclude '(^|/)external_api'

lint-types-external-api:
	DJANGO_SETTINGS_MODULE=pipelines_portal.external_api.settings $(BIN)/mypy --cache-dir .mypy_cache/external_api pipelines_portal/external_api tests/external_api \
		tests/services/external_api bench/filling/external_api.py

lint-all-else:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports
	bin/check-deploy
	$(BIN)/python bin/licences --check
	@$(MAKE) --no-print-directory docs

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev
	@missed=; for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || missed="$$missed $$script"; done; \
		test -z "$$missed" || { echo "Missed:$$missed"; exit 1; }

# Scripts of others under static/vendor, as its list names them. Wants npm; nothing else does.
vendor: .venv/dev
	$(BIN)/python bin/vendor

# requirements*.txt, out of what requirements/ asks for.
pins:
	@bin/pins

# pipelines-portal:<version>, by podman, docker or buildah.
image:
	@bin/image

# The guide as pages to put anywhere, into build/guide: strict, so that no link or anchor in it is broken.
.venv/docs: requirements-docs.txt
	@VENV=.venv/mkdocs bin/install requirements-docs.txt
	@touch $@

docs: .venv/docs
	@NO_MKDOCS_2_WARNING=1 .venv/mkdocs/bin/mkdocs build --strict --quiet

# The guide's pictures, of the demo.
pictures: .venv/dev
	@bin/install-chromium
	@KEEP_PICTURES=1 $(BIN)/python -m pytest tests/browser -m picture

# What is shipped, into dist/.
release: .venv/dev
	@$(BIN)/python bin/release

clean:
	rm -rf .venv var build
