"""A backup of PostgreSQL while it is used, restored into empty databases."""

import io
import json
import os
import shutil
import tarfile
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
        stored = old / "storage" / "files" / "0a-1" / "0"
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(b"of a task")
        with over_and_over(lambda number: send_task(running, session, f"By hand {number}")):
            done = run(old, "backup", str(file), **of_old, PATH=PATH)
            assert done.returncode == 0, done.stderr
        done = run(old, "backup", "--check", str(file), **of_old, PATH=PATH)
        assert done.returncode == 0, done.stderr
        assert " tasks, 1 person, 1 file. It can be restored." in done.stdout
        assert "pg_restore isn't installed here" in refused(old, "backup", "--check", str(file), PATH=str(tmp_path))
        ledger = running.run("ledger", of=INSIDE)

    give_secrets(old, new)
    assert "This place is not empty" in refused(new, "restore", str(file), **of_old, PATH=PATH)
    assert "has no room of that kind" in refused(new, "restore", str(file))
    (new / "storage").mkdir()
    move = ("restore", "--move-away", str(file))
    said = refused(new, *move, **of_old, PATH=PATH)
    assert "These databases are not empty: portal, external_api. Nothing was restored. Nothing was moved." in said
    done = run(new, *move, **of_new, PATH=PATH)
    assert done.returncode == 0, done.stderr
    assert len(list(new.glob("before-restore-*/storage"))) == 1
    assert (new / "storage" / "files" / "0a-1" / "0").read_bytes() == b"of a task"
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


def name_a_file(url: str, name: str) -> None:
    """Let a task of the External API name a stored file. Its texts have what COPY escapes."""
    server, database = SERVICES["TEST_POSTGRES_URL"].rsplit("/", 1)[0], url.rsplit("/", 1)[1]
    fields = {"scan": {"path": "a\\b\tc.png", "object": name}, "text": "two\nlines \\N"}
    with psycopg.connect(f"{server}/{database}") as connection:
        connection.execute("SET session_replication_role = replica")  # without foreign keys
        connection.execute(
            "INSERT INTO external_api_task (workflow_id, status, fields, nodes_total, nodes_finished, "
            "nodes_in_progress, nodes_pending, created_at, updated_at, upload_id, upload_row) "
            "VALUES (1, 'pending', %s, 0, 0, 0, 0, now(), now(), gen_random_uuid(), 1)",
            [json.dumps(fields)],
        )


def test_a_dump_that_lacks_data_or_files_of_tasks_fails_the_check(urls: list[dict[str, str]], tmp_path: Path) -> None:
    old, (of_old, _), kept = tmp_path / "old", urls, tmp_path / "backups"
    kept.mkdir()
    with external_api(old, **of_old), portal(old, "http://127.0.0.1:1/api/v1", **of_old):
        pass
    assert run(old, "backup", str(kept), "--keep", "2", **of_old, PATH=PATH).returncode == 0
    with psycopg.connect(of_old["DATABASE_URL"]) as connection:
        (made,) = connection.execute("SELECT ok, file, databases FROM system_backuprun").fetchall()
        assert made == (True, next(kept.iterdir()).name, "portal, external_api")
        # As a damaged disk would have it: the dump's table of contents is whole.
        connection.execute("INSERT INTO django_session VALUES ('a', repeat(md5(random()::text), 10000), now())")
    file, cut = tmp_path / "b.tar", tmp_path / "cut.tar"
    assert run(old, "backup", str(file), **of_old, PATH=PATH).returncode == 0
    with tarfile.open(file) as whole:
        members = {member.name: whole.extractfile(member).read() for member in whole}  # type: ignore[union-attr]
    members["portal.dump"] = members["portal.dump"][:-3000]
    # An earlier version stored no hashes and did not sign.
    manifest = json.loads(members["manifest.json"])
    del manifest["signature"]
    members["manifest.json"] = json.dumps({**manifest, "sha256": None}).encode()
    with tarfile.open(cut, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    assert "pg_restore can't read portal.dump" in refused(old, "backup", "--check", str(cut), **of_old, PATH=PATH)
    name_a_file(of_old["EXTERNAL_API_DATABASE_URL"], "files/1b-2/0")
    assert "missing from the storage: files/1b-2/0." in refused(
        old, "backup", str(kept), "--keep", "1", **of_old, PATH=PATH, code=3
    )
    assert len(list(kept.iterdir())) == 2
    newest = max(kept.iterdir())
    assert "missing from the backup: files/1b-2/0." in refused(
        old, "backup", "--check", str(newest), **of_old, PATH=PATH, code=3
    )
