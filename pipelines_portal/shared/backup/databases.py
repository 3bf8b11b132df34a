"""SQLite's own copying of a database that others write to, and what a copy says of itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management.base import CommandError

from pipelines_portal.shared.locked_database import FAILED_IN_SQLITE, has_no_room

PAGES_A_STEP = 2_000
WAIT_SECONDS = 20
DAMAGED = "The database {} cannot be read whole: {}. Nothing was saved or restored."

NO_COPY = "There is no room or no way in {} for a copy of {}: {}. Nothing was saved. The database itself is as it was."
SOURCE_IS_FULL = (
    "The disk of {} is full, and SQLite reads it only with two small files beside it: {}. Nothing was saved. The "
    "database is as it was. Make room there, then try again."
)
# Of the copy: a backup writes to no other.
NOT_WRITTEN = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
}


def copy_database(source: Path, target: Path) -> None:
    """As it is at this moment. It is read as any reader reads: nobody who writes waits for it."""
    try:
        _copy(source, target)
        migrations_of(target)
    except sqlite3.Error as error:
        raise CommandError(_why_not(source, target, error)) from error
    require_whole(target)


def _why_not(source: Path, target: Path, error: sqlite3.Error) -> str:
    """A full disk looks like any failure of it: SQLite reads with files beside a database, the copy too."""
    code = getattr(error, "sqlite_errorcode", 0)
    has_failed = code & 0xFF in FAILED_IN_SQLITE
    if has_failed and has_no_room(source.parent):
        return SOURCE_IS_FULL.format(source, error)
    if code in NOT_WRITTEN or (has_failed and has_no_room(target.parent)):
        return NO_COPY.format(target.parent.parent, source.name, error)
    return DAMAGED.format(source.name, error)


def _copy(source: Path, target: Path) -> None:
    """Without the transaction, SQLite would begin again after each write of others, and never end."""
    live = sqlite3.connect(
        f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=WAIT_SECONDS, isolation_level=None
    )
    with closing(live), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=PAGES_A_STEP)
        copy.execute("PRAGMA journal_mode=DELETE")


def require_whole(database: Path) -> None:
    with opened(database) as copy:
        try:
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise CommandError(DAMAGED.format(database.name, found))


def migrations_of(database: Path) -> list[str]:
    """Those applied, as "app.name"."""
    with opened(database) as copy:
        try:
            return [
                f"{app}.{name}" for app, name in copy.execute("SELECT app, name FROM django_migrations ORDER BY id")
            ]
        except sqlite3.OperationalError:
            return []


def names_archives(database: Path) -> bool:
    """Whether the External API ever took one in."""
    with opened(database) as copy:
        try:
            found = copy.execute("SELECT 1 FROM external_api_upload WHERE archive_fingerprint != '' LIMIT 1").fetchone()
        except sqlite3.OperationalError:
            return False
    return found is not None


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection
