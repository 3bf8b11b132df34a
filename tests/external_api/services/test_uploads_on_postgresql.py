"""The ZIP flow once more, over PostgreSQL."""

import os
import subprocess
import sys

import pytest

from tests.external_api.server import PROJECT, SETTINGS

# Of about the same length: each run has its own start, database and server.
GROUPS = {
    "uploads": ["test_upload_concurrency", "test_upload_confirm", "test_upload_flow"],
    "workers": ["test_worker_restart", "test_worker_sweep"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", GROUPS)
def test_the_zip_flow_holds_on_postgresql(postgres_url: str, group: str) -> None:
    """S157, S160, S162, S163, S164, S165, S167: races, queue, leases and locks as on SQLite."""
    run = [sys.executable, "-m", "pytest", f"--ds={SETTINGS}", "-p", "no:cacheprovider", "-k", "embedded"]
    env = os.environ | {"EXTERNAL_API_DATABASE_URL": postgres_url}
    files = [f"tests/external_api/{module}.py" for module in GROUPS[group]]
    done = subprocess.run([*run, *files], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=560)
    assert done.returncode == 0, done.stdout[-8000:]
    assert " passed" in done.stdout
