"""Migrations run while programs of the earlier release still work: none removes what those use."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.external_api.server import PROJECT
from tests.services.external_api.urls import SERVICES


@pytest.fixture
def database() -> Iterator[str]:
    if "TEST_POSTGRES_URL" not in SERVICES:
        pytest.fail("TEST_POSTGRES_URL is not set, and bin/test-services has not been run.")
    server, name = SERVICES["TEST_POSTGRES_URL"], f"migrations_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rsplit('/', 1)[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def last_release() -> str:
    """Return the tag of the newest release, or ""."""
    git = shutil.which("git") or pytest.fail("git is missing.")
    tags = subprocess.run(
        [git, "tag", "--list", "v*", "--sort=-version:refname"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return tags.stdout.partition("\n")[0]


def check(settings: str, database: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": database, "EXTERNAL_API_DATABASE_URL": database}
    command = [sys.executable, str(PROJECT / "bin" / "check-migrations"), settings]
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.full
@pytest.mark.parametrize("settings", ["pipelines_portal.settings", "pipelines_portal.external_api.settings"])
def test_no_migration_breaks_the_earlier_release(settings: str, database: str, tmp_path: Path) -> None:
    if not last_release():
        pytest.skip("Nothing has been released: no program of an earlier release can be running.")
    looked = check(settings, database, tmp_path)
    assert (looked.returncode, "Valid migrations: 0/" in looked.stdout) == (0, False), looked.stdout
