"""What `prepare` does, what it refuses, and what a web process loads."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests import databases, live, starting
from tests.external_api.server import PROJECT, SETTINGS

PROGRAMS = {"portal": "pipelines_portal.settings.portal", "external_api": SETTINGS}

LOADED = """
import sys
from importlib import import_module
import_module(sys.argv[1])
from django.urls import get_resolver
get_resolver().url_patterns
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
LOADED_WHERE_USED = {"boto3", "botocore", "psycopg", "redis", "supervisor", "xlsxwriter"}


@pytest.mark.parametrize("program", [pytest.param("portal", marks=pytest.mark.full), "external_api"])
def test_whatever_went_missing_comes_back(program: str, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/database.sqlite3"
    env = os.environ | {"DATA_DIR": str(tmp_path), "DATABASE_URL": database, "EXTERNAL_API_DATABASE_URL": database}
    prepare = ("manage.py", "prepare", "--settings", PROGRAMS[program])
    starting.run(*prepare, env=env)
    static = tmp_path / "static" / program
    listed = sorted(static.rglob("*"))
    next(file for file in listed if file.suffix == ".css").unlink()
    with sqlite3.connect(tmp_path / "database.sqlite3") as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        connection.execute("DROP TABLE django_session")
    ended, running = (tmp_path / "metrics" / program / f"counter_{pid}.db" for pid in ("2147483647", os.getpid()))
    for file in (ended, running):
        file.touch()
    starting.run(*prepare, env=env)
    assert ended.exists(), "while a process counts, the sum stays"
    running.unlink()
    starting.run(*prepare, env=env)
    assert not ended.exists()
    assert sorted(static.rglob("*")) == listed
    with sqlite3.connect(tmp_path / "database.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM django_session").fetchone() == (0,)


@pytest.mark.parametrize("program", PROGRAMS)
def test_another_database_ends_every_start_with_a_sentence(program: str, tmp_path: Path) -> None:
    """That of `prepare`, of a web process and of a worker."""
    database = live.own_database(tmp_path, PROGRAMS[program])
    env = os.environ | {"DATA_DIR": str(tmp_path), databases.NAMES[PROGRAMS[program]]: database}
    databases.ask(database, "UPDATE django_migrations SET name = 'core 0' WHERE app = 'initial_migrations'")
    for command in (
        ("manage.py", "prepare", "--settings", PROGRAMS[program]),
        ("manage.py", "run_worker", "--settings", PROGRAMS[program]),
        ("-m", "pipelines_portal.core.web_server", program),
    ):
        done = starting.run(*command, env=env, check=False)
        assert done.returncode == 1
        assert done.stderr.strip().endswith("Move DATA_DIR away and keep its secrets, or use an empty database.")
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "module", ["pipelines_portal.wsgi", pytest.param("pipelines_portal.external_api.wsgi", marks=pytest.mark.full)]
)
def test_a_web_process_loads_no_library_before_it_is_used(module: str, tmp_path: Path) -> None:
    env = os.environ | {"DATA_DIR": str(tmp_path)}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, module], cwd=PROJECT, env=env, capture_output=True, text=True, check=True
    )
    assert "django" in done.stdout.split()
    used = {"psycopg"} if databases.server() else set()
    assert (LOADED_WHERE_USED & {*done.stdout.split()}) == used
