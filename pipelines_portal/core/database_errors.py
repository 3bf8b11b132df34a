"""Errors of a database that is locked, full or away. No program ends because of them; pages and log explain them."""

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from django.db import Error, InterfaceError, OperationalError, connection

# The last byte of SQLite's error code says what failed; the rest says where.
LOCKED_IN_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# On a full disk, SQLite cannot create the files beside the database, and says no more than this.
FAILED_IN_SQLITE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
ROOM_NEEDED = 128 * 1024
LOCKED_IN_POSTGRESQL, FULL_IN_POSTGRESQL, READ_ONLY_IN_POSTGRESQL = "55P03", "53100", "25006"
FULL = "The disk of the database is full: make room on it."
READ_ONLY = "The database is read-only: make its files and their folder, or its server, writable."
RETRY_AFTER_SECONDS = 5
# How long a worker pauses when the disk is full, since every write would fail and be logged.
SECONDS_WITHOUT_ROOM = 15.0
SECONDS_BETWEEN_EQUAL_LINES = 60.0
# When each line of a worker was logged.
_logged: dict[str, float] = {}


class NotRecorded(Exception):
    """The API accepted something, and the database could not record the result. The message says what that was."""


@contextmanager
def recording_result(result: str) -> Iterator[None]:
    """Raise NotRecorded with `result` if the database is full or does not answer."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if is_full(error) or is_away(error):
            raise NotRecorded(result) from error
        raise


def is_locked(error: BaseException | None) -> bool:
    """Return True if waiting for a lock took too long. The transaction had no effect."""
    return _sqlite_code(error) in LOCKED_IN_SQLITE or _state(error) == LOCKED_IN_POSTGRESQL


def is_full(error: BaseException | None) -> bool:
    """Return True if the disk is full. The transaction had no effect."""
    code = _sqlite_code(error)
    if code in FAILED_IN_SQLITE:
        return has_no_room(Path(connection.settings_dict["NAME"]).parent)
    return code == sqlite3.SQLITE_FULL or _state(error) == FULL_IN_POSTGRESQL


def has_no_room(folder: Path) -> bool:
    """Return True if not even the files that SQLite creates beside a database would fit."""
    try:
        return shutil.disk_usage(folder).free < ROOM_NEEDED
    except OSError:
        return False


def is_read_only(error: BaseException | None) -> bool:
    """Return True if SQLite's disk or PostgreSQL's server is read-only. The transaction had no effect."""
    cause = getattr(_unwrap(error), "__cause__", None)
    was_moved = getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED
    is_sqlite = _sqlite_code(error) == sqlite3.SQLITE_READONLY and not was_moved
    return is_sqlite or _state(error) == READ_ONLY_IN_POSTGRESQL


def is_away(error: BaseException | None) -> bool:
    """Return True if the database is locked, read-only or does not answer. Other errors of SQLite are bugs of ours."""
    error = _unwrap(error)
    if isinstance(getattr(error, "__cause__", None), sqlite3.Error):
        return is_locked(error) or is_read_only(error)
    return isinstance(error, OperationalError | InterfaceError) or is_locked(error) or is_read_only(error)


def log_and_continue(log: logging.Logger, what: str, error: Exception) -> None:
    """Log what a worker could not do. Without a traceback, and once a minute, if the database was full or away."""
    if not is_full(error) and not is_away(error):
        log.error("%s failed; it goes on", what, exc_info=error)
    elif _is_new(f"{what} {_describe(error)}"):
        if is_full(error):
            log.error("%s found no room on the disk (%s); nothing was changed, and it goes on", what, _describe(error))
        else:
            log.warning("%s waited for the database in vain (%s); it goes on", what, _describe(error))


def _is_new(line: str) -> bool:
    """Return whether the line was not logged in the last minute, and remember it."""
    now = monotonic()
    for known in [known for known, at in _logged.items() if now - at >= SECONDS_BETWEEN_EQUAL_LINES]:
        _logged.pop(known, None)
    return _logged.setdefault(line, now) == now


def forget_lines() -> None:
    """Let each line be logged again, for tests."""
    _logged.clear()


class DatabaseErrorInOneLine(logging.Filter):
    """Removes the traceback of a request that failed because the database was locked, full or away."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and (is_away(record.exc_info[1]) or is_full(record.exc_info[1])):
            description = _describe(record.exc_info[1]).partition("\n")[0]
            record.msg, record.args = f"{record.getMessage()} ({description})", ()
            record.exc_info = None
        return True


def _describe(error: BaseException | None) -> str:
    text = str(_unwrap(error)).strip()
    return f"the disk is full: {text}" if is_full(error) and "full" not in text else text


def _sqlite_code(error: BaseException | None) -> int:
    error = _unwrap(error)
    cause = error.__cause__ if isinstance(error, OperationalError) else None
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF if isinstance(cause, sqlite3.Error) else 0


def _state(error: BaseException | None) -> str:
    """Return PostgreSQL's code of the error."""
    error = _unwrap(error)
    return (getattr(error.__cause__, "sqlstate", None) or "") if isinstance(error, Error) else ""


def _unwrap(error: BaseException | None) -> BaseException | None:
    return error.__cause__ if isinstance(error, NotRecorded) else error
