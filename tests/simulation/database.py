"""The portal's database: one of SQLite in a file, or one of PostgreSQL if the tests run there, and copies of it."""

import os
import shutil
import sqlite3
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from psycopg.errors import DiskFull, LockNotAvailable

from tests import databases

# The connection of the simulation's own queries, to the same database.
BESIDE = "beside"


def choose_database(folder: Path) -> None:
    """Choose a database of this run, before the settings are read. One of a server is made by `tests.environment`."""
    if not databases.server():
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/portal.sqlite3"


def add_connection_beside() -> None:
    """Let the simulation ask the database beside the portal. Call before any connection is made."""
    settings.DATABASES[BESIDE] = {**settings.DATABASES["default"]}


def use_database(folder: Path, migrated: Path | None) -> "FileDatabase | ServerDatabase":
    database = ServerDatabase() if databases.server() else FileDatabase(folder)
    database.make(migrated)
    return database


def close_connections() -> None:
    for each in connections.all(initialized_only=True):
        each.close()


class FileDatabase:
    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "portal.sqlite3"

    def make(self, migrated: Path | None) -> None:
        """Copy the migrated database, which is made if it is not there."""
        if migrated and migrated.exists():
            shutil.copyfile(migrated, self.file)
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM sqlite_sequence")  # the same IDs, whatever was in it before
            return
        call_command("migrate", verbosity=0)
        if migrated:
            self._copy(migrated)

    def copy_to(self, name: str) -> None:
        self._copy(self.folder / name)

    def _copy(self, to: Path) -> None:
        close_connections()
        with sqlite3.connect(self.file) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.close()
        shutil.copyfile(self.file, to)

    def replace_by(self, name: str) -> None:
        close_connections()
        for file in self.folder.glob("portal.sqlite3*"):
            file.unlink()
        shutil.copyfile(self.folder / name, self.file)

    def drop(self) -> None:
        """Nothing: the folder goes with the run."""


class ServerDatabase:
    def __init__(self) -> None:
        self.name = settings.DATABASES["default"]["NAME"]

    def make(self, migrated: Path | None) -> None:
        call_command("migrate", verbosity=0)

    def copy_to(self, name: str) -> None:
        self._make(f"{self.name}_{name}", self.name)

    def replace_by(self, name: str) -> None:
        self._make(self.name, f"{self.name}_{name}")

    def _make(self, name: str, template: str) -> None:
        close_connections()
        _tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _tell(f"CREATE DATABASE {name} TEMPLATE {template}")

    def drop(self) -> None:
        close_connections()
        for name in (self.name, f"{self.name}_start", f"{self.name}_backup"):
            _tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _tell(statement: str) -> None:
    databases.ask(databases.server(), statement)


def database_error(kind: str) -> Exception:
    """Return what Django raises if the disk of the database is "full", or a row is "locked" for too long."""
    if not databases.server():
        return databases.sqlite_error({"full": sqlite3.SQLITE_FULL, "locked": sqlite3.SQLITE_BUSY}[kind])
    error = OperationalError(kind)
    error.__cause__ = {"full": DiskFull, "locked": LockNotAvailable}[kind](kind)
    return error
