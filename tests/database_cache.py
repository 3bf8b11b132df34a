"""Migrated test databases on SQLite, stored between runs: all migrations take seven seconds of each process."""

import os
import sqlite3
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import copyfile

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from pipelines_portal.core.preparation import FIRST, RECORD, initial_migrations

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "build" / "test-databases"


@cache
def stored_file(name: str, *sources: Path) -> Path:
    """Return where a database is stored that follows from the migrations, the libraries and these files."""
    migrations = sorted((PROJECT / "pipelines_portal").glob("**/migrations/*.py"))
    digest = sha256()
    for path in (PROJECT / "requirements-dev.txt", *migrations, *sources):
        digest.update(f"{path.relative_to(PROJECT)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return FOLDER / f"{name}-{digest.hexdigest()[:16]}.sqlite3"


def store(stored: Path, database: Path) -> None:
    """Store a database, and delete those of the same name that were stored before."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    own = stored.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(database)) as source:
        source.execute("VACUUM INTO ?", [str(own)])
    for older in FOLDER.glob(f"{stored.stem.rpartition('-')[0]}-*.sqlite3"):
        older.unlink(missing_ok=True)
    own.rename(stored)


def load_test_database() -> bool:
    """Copy the stored database to where Django looks for the test database. Return False if none is stored."""
    stored = stored_file(settings.SETTINGS_MODULE)
    if connection.vendor != "sqlite" or not stored.exists():
        return False
    copyfile(stored, connection.settings_dict["TEST"]["NAME"])
    return True


def store_test_database() -> None:
    """Store the test database, which Django has migrated, unless it was loaded. `prepare` accepts it."""
    recorder = MigrationRecorder(connection)
    applied = recorder.applied_migrations()
    for app, digest in initial_migrations().items():
        if (app, FIRST) in applied and (RECORD, f"{app} {digest}") not in applied:
            recorder.record_applied(RECORD, f"{app} {digest}")
    stored = stored_file(settings.SETTINGS_MODULE)
    if connection.vendor == "sqlite" and not stored.exists():
        store(stored, connection.settings_dict["NAME"])
