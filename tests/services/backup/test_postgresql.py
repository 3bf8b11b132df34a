"""What docs/administrators/backup.md says of PostgreSQL, done: dumped while it is used, restored elsewhere, started."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests import samples, starting
from tests.external_api.server import PROJECT
from tests.live import external_api, portal
from tests.services.external_api.urls import SERVICES

from .places import give_secrets, run
from .test_whole import IMPORTS, INSIDE, TASKS, WHO, over_and_over, send_task

pytestmark = pytest.mark.full

GUIDE = PROJECT / "docs" / "administrators" / "backup.md"


def commands(*names: str) -> list[str]:
    """Of the guide, its lines that begin so, in their order."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith(names)]


@pytest.fixture
def server() -> str:
    if "TEST_POSTGRES_URL" not in SERVICES:
        pytest.fail("TEST_POSTGRES_URL is not set, and bin/test-services has not been run.")
    return SERVICES["TEST_POSTGRES_URL"].rsplit("/", 1)[0]


@pytest.fixture
def new_databases(server: str) -> Iterator[list[str]]:
    """The names of four that are not there yet, and are not there afterwards."""
    names = [f"backup_{uuid4().hex}" for _ in range(4)]
    yield names
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"DROP ROLE IF EXISTS {name}")


def urls(server: str, names: list[str]) -> dict[str, str]:
    """As the samples have them behind pgbouncer, each program with a role of its own."""
    at = server.rpartition("@")[2]
    portal_url, api_url = (f"postgres://{name}@{at}/{name}?disable_server_side_cursors=true" for name in names)
    return {"DATABASE_URL": portal_url, "EXTERNAL_API_DATABASE_URL": api_url}


def create(server: str, names: list[str]) -> None:
    """Each belongs to a role of its name, as `createdb --owner` makes it."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE ROLE {name} LOGIN")
            connection.execute(f"CREATE DATABASE {name} OWNER {name}")


def shell(lines: list[str], folder: Path, env: dict[str, str]) -> None:
    for line in lines:
        done = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (line, done.stderr)


def test_dumped_while_it_is_used_and_restored(server: str, new_databases: list[str], tmp_path: Path) -> None:
    path = ":".join([*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ["PATH"]])
    old, new, old_names, new_names = tmp_path / "old", tmp_path / "new", new_databases[:2], new_databases[2:]
    create(server, old_names)
    of_old, of_new = urls(server, old_names), urls(server, new_names)
    with external_api(old, **of_old) as api, portal(old, api.url, **of_old) as running:
        api.load(samples.organization("Acme", samples.workflow(42)))
        running.run("make_person_with_key", **WHO, key=api.new_key("Acme"), workflow_id=42)
        running.run("begin_import", of=IMPORTS, rows=6, rows_a_request=2)
        session = running.sign_in(**WHO)
        send_task(running, session, "Before")
        with over_and_over(lambda number: send_task(running, session, f"By hand {number}")):
            shell(commands("pg_dump"), tmp_path, os.environ | of_old | {"PATH": path})
        ledger = running.run("ledger", of=INSIDE)
        said = run(old, "backup", str(tmp_path / "backup.tar"), **of_old)
        assert (said.returncode, said.stderr.count("pg_dump -Fc")) == (1, 2)

    give_secrets(old, new)
    create(server, new_names)
    restoring = [line.split(" && ")[-1] for line in commands("createdb")]
    env = os.environ | of_new | {"PATH": path, "DATA_DIR": str(new)}
    shell(restoring, tmp_path, env)
    shell(commands(".venv/bin/python manage.py prepare"), starting.PROJECT, env)
    with external_api(new, **of_new) as api, portal(new, api.url, **of_new) as running:
        restored = running.run("ledger", of=INSIDE)
        sent = {pk: of for pk, of in restored.items() if of[0] == "done"}
        assert sent and sent.items() <= ledger.items()
        at_api = set(api.run("task_ids", workflow_id=42))
        assert {task for _, _, tasks in sent.values() for task in tasks} <= at_api
        assert [state for state, _ in running.run("imports", of=INSIDE)] == ["paused"]
        assert str(max(at_api)) in running.sign_in(**WHO).get(f"{running.url}{TASKS}", timeout=60).text
