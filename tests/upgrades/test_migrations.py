"""Migrations run while the programs of the release before still work: none takes away what they ask for."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.external_api.server import PROJECT
from tests.external_api.services.urls import SERVICES


@pytest.fixture
def database() -> Iterator[str]:
    if "TEST_POSTGRES_URL" not in SERVICES:
        pytest.fail("TEST_POSTGRES_URL is not set, and bin/test-services has not been run.")
    server, name = SERVICES["TEST_POSTGRES_URL"], f"migrations_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rsplit('/', 1)[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def check(settings: str, database: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": database, "EXTERNAL_API_DATABASE_URL": database}
    command = [sys.executable, str(PROJECT / "bin" / "check-migrations"), settings]
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("settings", ["pipelines_portal.settings", "pipelines_portal.external_api.settings"])
def test_none_stops_the_release_before(settings: str, database: str, tmp_path: Path) -> None:
    looked = check(settings, database, tmp_path)
    assert (looked.returncode, "Valid migrations: 0/" in looked.stdout) == (0, False), looked.stdout


def test_a_column_that_is_taken_away_is_told(database: str, tmp_path: Path) -> None:
    looked = check("tests.upgrades.planted.settings", database, tmp_path)
    assert looked.returncode == 1
    assert "(planted, 0002_no_colour)... ERR\n\tDROPPING columns" in looked.stdout
