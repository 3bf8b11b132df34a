"""The same tests once more, over PostgreSQL."""

import os
import subprocess
import sys

import pytest

from tests.external_api.server import PROJECT, SETTINGS

# Of about the same length: each run has its own start, database and server.
GROUPS = {
    "creating and reading": [
        "test_create_tasks", "test_row_values", "test_errors", "test_concurrency", "test_authentication",
        "test_last_used", "test_list_tasks", "test_schema", "test_task", "test_workflow",
    ],
    "commands": ["test_commands"],
}  # fmt: skip
SECONDS = {"creating and reading": 560, "commands": 280}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", GROUPS)
def test_the_json_side_holds_on_postgresql(postgres_url: str, group: str) -> None:
    """S6, S7, S8, S20, S47, S67, S83, S85, S97: from NUL characters to sixteen threads."""
    run = [sys.executable, "-m", "pytest", f"--ds={SETTINGS}", "-p", "no:cacheprovider"]
    files = [f"tests/external_api/{module}.py" for module in GROUPS[group]]
    env = os.environ | {"EXTERNAL_API_DATABASE_URL": postgres_url}
    done = subprocess.run([*run, *files], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=SECONDS[group])
    assert done.returncode == 0, done.stdout[-8000:]
    assert " passed" in done.stdout
