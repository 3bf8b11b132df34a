"""The External API inside the test process. Each test is rolled back, as usual with pytest-django."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from limits import parse

from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.in_process import InProcessApi
from tests.external_api.server import Api
from tests.external_api.uploads import PORTAL_ORIGIN, InProcessStack, Stack

LIMITS = ("EXTERNAL_API_KEY_LIMIT", "EXTERNAL_API_IP_LIMIT", "EXTERNAL_API_AUTH_FAILURE_LIMIT")

PLAIN_FILES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(scope="session", autouse=True)
def uncollected_static_files() -> Iterator[None]:
    """Name static files without a manifest: collecting them takes seconds, and no test here reads one."""
    # WhiteNoise warns of a folder that is missing.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    with override_settings(STORAGES=settings.STORAGES | PLAIN_FILES):
        yield


@pytest.fixture(autouse=True)
def empty_search_index() -> None:
    """Replace the fixture of the portal's tests: this program has no search index."""


@pytest.fixture
def server(db: None, settings: Any) -> Api:
    for name in LIMITS:
        setattr(settings, name, parse("1000000/minute"))
    return InProcessApi()


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()


@pytest.fixture
def stack(server: Api, settings: Any) -> Stack:
    """The embedded storage, and a worker that does its jobs when a test waits for an upload."""
    settings.PORTAL_ORIGINS = [PORTAL_ORIGIN]
    return InProcessStack(server, "embedded")


@pytest.fixture
def worker(stack: Stack) -> Iterator[None]:
    with stack.worker():
        yield
