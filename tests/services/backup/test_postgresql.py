"""A backup of PostgreSQL while it is used, restored into empty databases."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests import samples
from tests.live import external_api, portal
from tests.services.external_api.urls import SERVICES

from .places import give_secrets, refused, run
from .test_whole import IMPORTS, INSIDE, TASKS, WHO, over_and_over, send_task

# Debian has each version's programs in a folder of its own. The newest can talk with any server.
PATH = ":".join([*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ["PATH"]])
# A run that must have them fails without.
REQUIRED = bool(os.environ.get("TEST_SERVICES_REQUIRED"))
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        "TEST_POSTGRES_URL" not in SERVICES and not REQUIRED, reason="PostgreSQL is not running: make services"
    ),
    pytest.mark.skipif(
        not shutil.which("pg_dump", path=PATH) and not REQUIRED, reason="PostgreSQL's client programs are not installed"
    ),
]


@pytest.fixture
def urls() -> Iterator[list[dict[str, str]]]:
    """Two places, each with two new databases that belong to roles of their names."""
    server = SERVICES["TEST_POSTGRES_URL"].rsplit("/", 1)[0]
    names = [f"backup_{uuid4().hex}" for _ in range(4)]
    at = server.rpartition("@")[2]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE ROLE {name} LOGIN")
            connection.execute(f"CREATE DATABASE {name} OWNER {name}")
        pairs = [[f"postgres://{name}@{at}/{name}" for name in pair] for pair in (names[:2], names[2:])]
        variables = ("DATABASE_URL", "EXTERNAL_API_DATABASE_URL")
        yield [dict(zip(variables, pair, strict=True)) for pair in pairs]
        for name in names:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"DROP ROLE IF EXISTS {name}")


def test_dumped_while_it_is_used_and_restored(urls: list[dict[str, str]], tmp_path: Path) -> None:
    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "backup.tar"
    of_old, of_new = urls
    with external_api(old, **of_old) as api, portal(old, api.url, **of_old) as running:
        api.load(samples.organization("Acme", samples.workflow(42)))
        running.run("make_person_with_key", **WHO, key=api.new_key("Acme"), workflow_id=42)
        running.run("begin_import", of=IMPORTS, rows=6, rows_per_request=2)
        session = running.sign_in(**WHO)
        send_task(running, session, "Before")
        with over_and_over(lambda number: send_task(running, session, f"By hand {number}")):
            done = run(old, "backup", str(file), **of_old, PATH=PATH)
            assert done.returncode == 0, done.stderr
        ledger = running.run("ledger", of=INSIDE)

    give_secrets(old, new)
    assert "This place is not empty" in refused(new, "restore", str(file), **of_old, PATH=PATH)
    assert "has no room of that kind" in refused(new, "restore", str(file))
    done = run(new, "restore", str(file), **of_new, PATH=PATH)
    assert done.returncode == 0, done.stderr
    with external_api(new, **of_new) as api, portal(new, api.url, **of_new) as running:
        restored = running.run("ledger", of=INSIDE)
        sent = {pk: of for pk, of in restored.items() if of[0] == "created"}
        assert sent and sent.items() <= ledger.items()
        at_api = set(api.run("task_ids", workflow_id=42))
        assert {task for _, _, tasks in sent.values() for task in tasks} <= at_api
        assert [state for state, _ in running.run("imports", of=INSIDE)] == ["paused"]
        assert str(max(at_api)) in running.sign_in(**WHO).get(f"{running.url}{TASKS}", timeout=60).text


def test_an_older_client_is_refused_in_a_sentence(urls: list[dict[str, str]], tmp_path: Path) -> None:
    old, (of_old, _) = tmp_path / "old", urls
    with external_api(old, **of_old), portal(old, "http://127.0.0.1:1/api/v1", **of_old):
        pass
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    (programs / "pg_dump").chmod(0o755)
    said = refused(old, "backup", str(tmp_path / "b.tar"), **of_old, PATH=f"{programs}:{os.environ['PATH']}")
    assert "pg_dump is version 9, and the server is version" in said
    assert not (tmp_path / "b.tar").exists()
    said = refused(old, "backup", str(tmp_path / "b.tar"), **of_old, PATH=str(tmp_path))
    assert "pg_dump isn't installed here" in said
