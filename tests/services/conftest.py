"""Fixtures of the tests that start programs: a real External API in a process of its own."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import starting
from tests.conftest import ACME, ORGANIZATIONS, TRANSLATIONS
from tests.live import ExternalApi, external_api
from tests.services.external_api.urls import SERVICES

# These tests need PostgreSQL. Without it they are not collected, unless TEST_SERVICES_REQUIRED is set.
ON_POSTGRESQL = ["test_only_on_postgresql.py"]
collect_ignore = [] if SERVICES or os.environ.get("TEST_SERVICES_REQUIRED") else ON_POSTGRESQL


def pytest_configure(config: pytest.Config) -> None:
    """Let all processes of a run share the process that starts programs."""
    if config.getoption("numprocesses", None):
        starting.share()


@pytest.fixture(autouse=True)
def no_delays_or_child_processes() -> None:
    """Keep the delays and child processes that an installation has."""


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalApi]:
    """A running External API with two organizations and no worker. All tests of a process share it."""
    with external_api(tmp_path_factory.mktemp("api")) as running:
        running.load(*ORGANIZATIONS)
        yield running


@pytest.fixture(scope="session")
def org_key(api: ExternalApi) -> str:
    return api.new_key(ACME)


@pytest.fixture
def before_api(api: ExternalApi, static_root: None, settings: Any) -> ExternalApi:
    """The portal of this process, which calls the running API."""
    settings.PIPELINES_API_URL = api.url
    return api


@pytest.fixture
def create_tasks(api: ExternalApi, org_key: str) -> Callable[..., list[int]]:
    """`create_tasks(3, 42)`: another program creates tasks at the API."""

    def create(count: int = 1, workflow_id: int = TRANSLATIONS) -> list[int]:
        fields = {"input_text": "Hello", "target_language": "French"}
        body = {"tasks": [{"fields": fields} for _ in range(count)]}
        answer = api.server.post(f"/workflows/{workflow_id}/tasks", key=org_key, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["task_ids"]

    return create
