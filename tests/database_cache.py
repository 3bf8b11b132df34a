"""A migrated test database on SQLite, stored between runs: its migrations take seven seconds of each process."""

import os
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from shutil import copyfile

from django.conf import settings
from django.db import connection

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "build" / "test-databases"


def _stored_file() -> Path:
    """Return the file for these settings, migrations and libraries."""
    sources = [PROJECT / "requirements-dev.txt", *sorted((PROJECT / "pipelines_portal").glob("*/migrations/*.py"))]
    digest = sha256()
    for path in sources:
        digest.update(f"{path.relative_to(PROJECT)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return FOLDER / f"{settings.SETTINGS_MODULE}-{digest.hexdigest()[:16]}.sqlite3"


def load_database() -> bool:
    """Copy the stored database to where Django looks for the test database. Return False if none is stored."""
    stored = _stored_file()
    if connection.vendor != "sqlite" or not stored.exists():
        return False
    copyfile(stored, connection.settings_dict["TEST"]["NAME"])
    return True


def store_database() -> None:
    """Store the test database that Django has migrated, in the place of older ones."""
    stored = _stored_file()
    if connection.vendor != "sqlite" or stored.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    own = stored.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as database:
        database.execute("VACUUM INTO ?", [str(own)])
    for older in FOLDER.glob(f"{settings.SETTINGS_MODULE}-*.sqlite3"):
        older.unlink(missing_ok=True)
    own.rename(stored)
