"""The same tests once more, over PostgreSQL."""

import os
import subprocess
import sys

from tests.external_api.server import PROJECT, SETTINGS

MODULES = [
    "test_authentication",
    "test_concurrency",
    "test_create_tasks",
    "test_errors",
    "test_last_used",
    "test_list_tasks",
    "test_row_values",
    "test_schema",
    "test_task",
    "test_workflow",
    "test_commands",
]


def test_everything_holds_on_postgresql(postgres_url: str) -> None:
    """S6, S7, S8, S20, S47, S67, S83, S85, S97: the JSON side, from NUL characters to sixteen threads."""
    run = [sys.executable, "-m", "pytest", f"--ds={SETTINGS}", "-p", "no:cacheprovider"]
    files = [f"tests/external_api/{module}.py" for module in MODULES]
    env = os.environ | {"EXTERNAL_API_DATABASE_URL": postgres_url}
    done = subprocess.run([*run, *files], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-8000:]
    assert " passed" in done.stdout
