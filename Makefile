# Two commands do everything on a fresh machine with Python 3.11+: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# Hundreds of programs are started by a run of all tests: what one has compiled, the next need not, whoever asks otherwise.
unexport PYTHONDONTWRITEBYTECODE
# Now and then Chromium draws nothing more for half a minute: such a test, and no other, is tried once again.
STALLED := --reruns 1 --only-rerun 'enabled and stable\s*$$'

.PHONY: run s3 redis-jobs test test-portal test-browser test-external-api test-deploy test-postgresql lint lint-types lint-types-external-api lint-all-else format bench vendor pins image docs pictures release test-services clean
.DEFAULT_GOAL := run

run: .venv/run
	@exec $(BIN)/python bin/run

.venv/run: requirements.txt
	@PYTHON=$(PYTHON) bin/install requirements.txt
	@touch $@

# What talks to a bucket: as large as a fifth of all else.
s3: .venv/run
	@bin/install requirements-s3.txt

# What keeps jobs in Redis.
redis-jobs: .venv/run
	@bin/install requirements-redis-jobs.txt

.venv/dev: requirements.txt requirements-s3.txt requirements-dev.txt
	@PYTHON=$(PYTHON) bin/install requirements-dev.txt
	@touch $@ .venv/run

# Each program has its own settings: runs side by side, and beside them many machines, where most is waiting. The browser's
# comes after them: it measures what people wait for.
test: .venv/dev
	@bin/install-chromium
	@$(MAKE) --no-print-directory -j3 --output-sync=target test-deploy test-external-api test-portal
	@$(MAKE) --no-print-directory test-browser

# Each file is in one of a run's processes (tests/conftest.py), those that take longest first.
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder
test-portal: .venv/dev
	$(BIN)/python -m pytest tests --ignore=tests/external_api --ignore=tests/browser --ignore=tests/deploy --ignore=tests/test_run.py $(SIDE_BY_SIDE)

# All programs together: what a person sees, and what `make run` starts.
test-browser: .venv/dev
	$(BIN)/python -m pytest tests/browser tests/test_run.py $(SIDE_BY_SIDE) $(STALLED)

test-external-api: .venv/dev
	$(BIN)/python -m pytest tests/external_api --ds=pipelines_portal.external_api.settings $(SIDE_BY_SIDE) $(STALLED)

# Two of each program behind nginx and pgbouncer, killed one after the other: wants what `make test-services` installs, and
# says so where that is missing (pytest's 5: there was nothing to run).
test-deploy: .venv/dev
	@$(BIN)/python -m pytest tests/deploy || test $$? = 5

# Both programs' tests once more, whole, on the PostgreSQL of `make test-services`; left out is what is about SQLite.
ON_POSTGRESQL = TESTS_ON_POSTGRESQL=$$(sed -n 's/^TEST_POSTGRES_URL=//p' $${TEST_SERVICES_DIR:-var/test-services}/env)
test-postgresql: .venv/dev test-services
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests/external_api --ds=pipelines_portal.external_api.settings -m 'not sqlite' $(SIDE_BY_SIDE) $(STALLED)
	$(ON_POSTGRESQL) $(BIN)/python -m pytest tests --ignore=tests/external_api --ignore=tests/deploy -m 'not sqlite' $(SIDE_BY_SIDE) $(STALLED)

# Types take longest: side by side with all else.
lint: .venv/dev .venv/docs
	@$(MAKE) --no-print-directory -j3 --output-sync=target lint-types lint-types-external-api lint-all-else

lint-types:
	DJANGO_SETTINGS_MODULE=pipelines_portal.settings $(BIN)/mypy pipelines_portal tests bench --exclude '(^|/)external_api' --exclude 'bench/(create|list|growing/fill)_tasks'

lint-types-external-api:
	DJANGO_SETTINGS_MODULE=pipelines_portal.external_api.settings $(BIN)/mypy --cache-dir .mypy_cache/external_api pipelines_portal/external_api tests/external_api \
		bench/create_tasks.py bench/list_tasks.py bench/growing/fill_tasks.py bench/shared

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

test-services: .venv/dev
	@bin/test-services

clean:
	rm -rf .venv var build
