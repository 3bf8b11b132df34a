"""What several connections do at once is seen on PostgreSQL alone, also by a run on SQLite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.external_api.server import PROJECT
from tests.services.external_api.urls import SERVICES


@pytest.mark.sqlite
@pytest.mark.parametrize("settings", ["pipelines_portal.settings.portal", "pipelines_portal.settings.external_api"])
def test_what_only_postgresql_can_show(tmp_path: Path, settings: str) -> None:
    """The tests that are marked so; a run on PostgreSQL has them itself."""
    if "TEST_POSTGRES_URL" not in SERVICES:
        pytest.fail("TEST_POSTGRES_URL is not set, and bin/test-services has not been run.")
    # Databases that are made once a run are not those of this run.
    env = os.environ | {"TESTS_ON_POSTGRESQL": SERVICES["TEST_POSTGRES_URL"], "TESTS_FOLDER": str(tmp_path)}
    run = [sys.executable, "-m", "pytest", "-m", "postgresql", "-p", "no:cacheprovider", "--ds", settings]
    files = [file for file in (PROJECT / "tests").rglob("test_*.py") if "pytest.mark.postgresql" in file.read_text()]
    is_of_api = settings.endswith("external_api")
    own = [str(file) for file in files if file != Path(__file__) and ("external_api" in file.parts) == is_of_api]
    assert own
    done = subprocess.run([*run, *own], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
