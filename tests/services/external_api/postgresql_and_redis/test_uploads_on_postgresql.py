"""The tests with several clients and workers on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.external_api.server import PROJECT, SETTINGS

FOLDER = Path(__file__).parents[1]
GROUPS = {
    "clients": ["test_concurrency", "test_upload_concurrency"],
    "uploads": ["test_upload_confirm", "test_upload_flows", "test_worker_sweep"],
    "workers": ["test_worker_restart"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "group", ["clients", *(pytest.param(name, marks=pytest.mark.full) for name in ("uploads", "workers"))]
)
def test_clients_and_workers_get_along_on_postgresql(postgres_url: str, group: str) -> None:
    """S47, S85, S157, S160, S162, S163, S164, S165, S167: races, queue, leases and locks are as on SQLite."""
    run = [sys.executable, "-m", "pytest", f"--ds={SETTINGS}", "-p", "no:cacheprovider", "-k", "not s3"]
    env = os.environ | {"EXTERNAL_API_DATABASE_URL": postgres_url}
    files = [str(FOLDER / f"{module}.py") for module in GROUPS[group]]
    done = subprocess.run([*run, *files], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=560)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
