"""Which databases a run has: SQLite in files, or with TESTS_ON_POSTGRESQL one of that server's for whatever needs one.

Set before the settings are read, in each process of a run. Whoever ends takes its databases along.
"""

import atexit
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

NAMES = {
    "pipelines_portal.settings.portal": "DATABASE_URL",
    "pipelines_portal.settings.external_api": "EXTERNAL_API_DATABASE_URL",
}
_made: list[str] = []


def server() -> str:
    """The URL of PostgreSQL, when this run is on it."""
    return os.environ.get("TESTS_ON_POSTGRESQL", "")


def use_own() -> None:
    """For the settings of this process: of each program a database that is new."""
    if server():
        os.environ |= {name: new_database() for name in NAMES.values()}


def url_in(folder: Path, settings: str, template: str = "") -> str:
    """A program's own: the file in its folder, or a new database, which begins as `template`."""
    file = {"DATABASE_URL": "portal", "EXTERNAL_API_DATABASE_URL": "external_api"}[NAMES[settings]]
    return new_database(template) if server() else f"sqlite:///{folder}/{file}.sqlite3"


def new_database(template: str = "") -> str:
    """Its URL; `template` is another's, to which nobody is connected."""
    name = f"tests_{uuid4().hex}"
    _tell(f"CREATE DATABASE {name}" + (f" TEMPLATE {template.rpartition('/')[2]}" if template else ""))
    if not _made:
        atexit.register(_drop_all, os.getpid())
    _made.append(name)
    return f"{server().rpartition('/')[0]}/{name}"


def ask(url: str, question: str) -> list[tuple[Any, ...]]:
    """Of a program's database, past the program."""
    if not url.startswith("sqlite:///"):
        return _tell(question, url)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as connection, connection:
        return connection.execute(question).fetchall()


def sqlite_error(code: int) -> Exception:
    """Return what Django raises for an error of SQLite, such as SQLITE_BUSY."""
    from django.db import OperationalError

    cause = sqlite3.OperationalError("database is locked" if code == sqlite3.SQLITE_BUSY else "disk is full")
    cause.sqlite_errorcode = code
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def _drop_all(owner: int) -> None:
    """A fork has the list too, and is not who made them."""
    if os.getpid() == owner:
        for name in _made:
            _tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _tell(statement: str, url: str = "") -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(url or server(), autocommit=True) as connection:
        answer = connection.execute(statement.encode())
        return answer.fetchall() if answer.description else []
