"""A command that cannot use its database says why in one sentence, and what to do about it."""

import os
import sqlite3
from pathlib import Path
from shutil import copytree

import pytest

from tests import live, starting
from tests.external_api.server import SETTINGS, free_port
from tests.services.test_locked_database import impatient, locked

PORTAL = "pipelines_portal.settings.portal"
COMMANDS = [
    ("tidy",),
    ("createsuperuser", "--email", "a@example.com", "--noinput"),
    ("run_worker", "--settings", SETTINGS),
]
MORE_COMMANDS = [
    ("rotate_encryption",), ("changepassword", "a@example.com"), ("run_worker",), ("rebuild_task_index",),
    ("tidy", "--settings", SETTINGS), ("create_api_key", "Acme Labeling", "--name", "k", "--settings", SETTINGS),
]  # fmt: skip

NARROW = """
import runpy, sys
from pipelines_portal.core import environment
environment.SQLITE_OPTIONS["init_command"] += f"PRAGMA max_page_count={sys.argv[1]};"
sys.argv = ["manage.py", "prepare"]
runpy.run_path("manage.py", run_name="__main__")
"""


def said(folder: Path, *command: str, ends_with: int = 1, **env: str) -> str:
    """Run a command that fails, and return its last line."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)} | env
    done = starting.run("manage.py", *command, env=environment, check=False)
    assert done.returncode == ends_with, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "command", [*COMMANDS, *(pytest.param(one, marks=pytest.mark.full) for one in MORE_COMMANDS)], ids=" ".join
)
def test_before_the_database_is_prepared(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert "The database lacks migrations of this version: run `manage.py prepare`." in said(tmp_path, *command)


@pytest.mark.sqlite
def test_a_migration_that_fails_names_itself_and_its_cause(prepared: Path) -> None:
    """Here the table is there already, of which the database does not know."""
    with sqlite3.connect(prepared / "portal.sqlite3") as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'system' AND name = '0001_initial'")
    told = said(prepared, "prepare")
    assert "The migration system.0001_initial failed: table" in told and "already exists." in told
    assert "restore the backup" in told and "lacks migrations" not in told


@pytest.mark.parametrize(("command", "ends_with"), [("prepare", 75), ("tidy", 1)])
def test_where_the_server_of_the_database_refuses(tmp_path: Path, command: str, ends_with: int) -> None:
    url = f"postgres://nobody:wrong@nowhere.invalid:{free_port()}/nothing"
    told = said(tmp_path, command, ends_with=ends_with, DATABASE_URL=url)
    assert told.startswith("The database does not answer (") and told.endswith("Then run the command again.")
    assert "wrong" not in told


@pytest.mark.sqlite
def test_while_another_program_locks_the_database(prepared: Path) -> None:
    file = prepared / "portal.sqlite3"
    person = ("createsuperuser", "--noinput", "--email", "a@example.com")
    with locked(file):
        told = said(prepared, *person, DATABASE_URL=impatient(file), DJANGO_SUPERUSER_PASSWORD="only-for-this-test")
    assert told.startswith("The database does not answer (database is locked)")


@pytest.mark.full
@pytest.mark.parametrize("pages", [1, 50])
def test_where_the_disk_is_full(tmp_path: Path, pages: int) -> None:
    """For its first table, and for a later one: SQLite says the same of a file that may not grow."""
    (tmp_path / "narrow.py").write_text(NARROW)
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PYTHONPATH": str(starting.PROJECT)}
    done = starting.run(str(tmp_path / "narrow.py"), str(pages), env=env, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("The disk is full (database or disk is full)")


@pytest.mark.parametrize("settings", [PORTAL, SETTINGS])
def test_where_the_file_is_no_database(tmp_path: Path, settings: str) -> None:
    for name in ("portal", "external_api"):
        (tmp_path / f"{name}.sqlite3").write_bytes(b"no database at all, " * 100)
    assert said(tmp_path, "run_worker", "--settings", settings).startswith("The database's file cannot be used (")


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    return Path(copytree(live.prepared(PORTAL), tmp_path / "data"))
