"""The External API in processes of its own. Nothing is flushed between tests: each has an organization of its own."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from pipelines_portal.core.preparation import migrate
from tests import seaweedfs
from tests.browser.fixtures import browser, chromium, close_pages
from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.server import Server, serve
from tests.external_api.uploads import PORTAL_ORIGIN
from tests.seaweedfs import SeaweedFS
from tests.services.external_api.urls import SERVICES
from tests.services.external_api.workers import ServedStack, Worker, working

__all__ = ["browser", "chromium", "close_pages"]

# Without PostgreSQL and Redis their tests are not collected; a run that must have them sets TEST_SERVICES_REQUIRED.
collect_ignore = [] if SERVICES or os.environ.get("TEST_SERVICES_REQUIRED") else ["postgresql_and_redis"]
RunServer = Callable[..., AbstractContextManager[Server]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore:
        terminalreporter.write_line("Left out: the tests on PostgreSQL and Redis. Start both with bin/test-services.")


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Make no test database: DATA_DIR is new for every run, and all processes share the database in it."""


@pytest.fixture(scope="session", autouse=True)
def database(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Migrate the database of this process and the servers, and return its URL."""
    with django_db_blocker.unblock():
        migrate()
        default = f"sqlite:///{settings.DATABASES['default']['NAME']}"
        yield os.environ.get("EXTERNAL_API_DATABASE_URL", default)


@pytest.fixture(scope="session")
def static_files(database: str) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="session")
def run_server(database: str, static_files: None, tmp_path_factory: pytest.TempPathFactory) -> RunServer:
    """Return a context manager: `with run_server(NAME="value") as server:` starts a server with that environment."""

    def start(**env: str) -> AbstractContextManager[Server]:
        log: Path = tmp_path_factory.mktemp("server") / "output.log"
        return serve(log, **{"EXTERNAL_API_DATABASE_URL": database} | env)

    return start


@pytest.fixture(scope="session")
def server(run_server: RunServer) -> Iterator[Server]:
    with run_server() as running:
        yield running


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedFS]:
    with seaweedfs.running() as running:
        yield running


@pytest.fixture(scope="session", params=["embedded", pytest.param("s3", marks=pytest.mark.full)])
def stack(request: pytest.FixtureRequest, run_server: RunServer, database: str) -> Iterator[ServedStack]:
    """A server on each kind of storage, one after the other: their workers share one queue."""
    env = {"EXTERNAL_API_DATABASE_URL": database, "PORTAL_ORIGINS": PORTAL_ORIGIN}
    if request.param == "s3":
        server: SeaweedFS = request.getfixturevalue("seaweed")
        env |= server.environment | {"STORAGE_URL": server.make_bucket(f"uploads-{uuid4().hex}", [PORTAL_ORIGIN])}
    with run_server(**env) as running:
        yield ServedStack(running, request.param, env)


@pytest.fixture(scope="module")
def worker(stack: ServedStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker for all tests of a module, none of which may need a system without a worker."""
    with working(tmp_path_factory.mktemp("worker") / "output.log", **stack.env) as running:
        yield running
