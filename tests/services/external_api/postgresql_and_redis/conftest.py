"""PostgreSQL and Redis. If these tests are collected, a missing one is a failure."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from tests.services.external_api.urls import SERVICES


def _url(name: str) -> str:
    if name not in SERVICES:
        pytest.fail(f"{name} is not set, and bin/test-services has not been run.")
    return SERVICES[name]


@pytest.fixture(scope="session")
def redis_url() -> str:
    return _url("TEST_REDIS_URL")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Create an empty database for the test, and return its URL."""
    server, name = _url("TEST_POSTGRES_URL"), f"tests_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rsplit('/', 1)[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
