"""The tests of tests/external_api on PostgreSQL, with the tables that the migrations make."""

import os
import subprocess
import sys

import pytest

from tests.external_api.server import PROJECT, SETTINGS

# Tests of archives and bodies do not depend on the database.
ABOUT_THE_DATABASE = "not archive and not body_size and not json_bounds and not conformance"


@pytest.mark.timeout(600)
def test_the_api_works_on_postgresql(postgres_url: str) -> None:
    """S6, S7, S8, S20, S67, S83, S97: from NUL characters to the ids of new tasks."""
    run = [sys.executable, "-m", "pytest", "tests/external_api", f"--ds={SETTINGS}", "-p", "no:cacheprovider"]
    run += ["-k", ABOUT_THE_DATABASE]
    env = os.environ | {"EXTERNAL_API_DATABASE_URL": postgres_url}
    done = subprocess.run(run, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=560)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
