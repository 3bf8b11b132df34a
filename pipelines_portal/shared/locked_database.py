"""Somebody else keeps the database locked for longer than we wait: no program ends for that, and it is said plainly."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection

# SQLite tells in the last byte that somebody else has the lock; the rest says which.
LOCKED_IN_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# What SQLite says where it cannot make the files beside a database: on a full disk, as any other failure of it.
FAILED_IN_SQLITE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
# Those files need no more to begin with, and there are as many of them.
ROOM_NEEDED = 128 * 1024
FILES_NEEDED = 3
# What watchers are told.
REFUSED = (
    "PostgreSQL refuses this program: `manage.py prepare` says what it refused. Correct the database's URL, or what "
    "the server knows of it."
)
FULL = "The disk of the database is full: make room on it."
LOCKED_IN_POSTGRESQL = {"55P03"}
FULL_IN_POSTGRESQL = "53100"
# A standby, or a server that somebody keeps from being written; and a right that was not given, or taken away.
READ_ONLY, NO_RIGHTS = "25006", "42501"
# What whoever was refused is asked to wait.
RETRY_AFTER_SECONDS = 5
# So long a worker leaves alone what found the disk full: every write would, and say so.
SECONDS_WITHOUT_ROOM = 15.0


class Unwritten(Exception):
    """Something was done elsewhere, and the database took nothing of what came of it. Its text says what that was."""


@contextmanager
def writing_down(what_came_of_it: str) -> Iterator[None]:
    """Raises Unwritten where the database has no room, or does not answer."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if is_full(error) or is_away(error):
            raise Unwritten(what_came_of_it) from error
        raise


def is_locked(error: BaseException | None) -> bool:
    """Whether it ended in wait for a lock: what it began with that transaction was not done."""
    error = _of_the_database(error)
    cause = getattr(error, "__cause__", None) if isinstance(error, OperationalError) else None
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in LOCKED_IN_SQLITE
    return getattr(cause, "sqlstate", None) in LOCKED_IN_POSTGRESQL


def is_full(error: BaseException | None) -> bool:
    """No room on the disk: of its transaction nothing was done."""
    error = _of_the_database(error)
    cause = getattr(error, "__cause__", None) if isinstance(error, OperationalError) else None
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return code == sqlite3.SQLITE_FULL or (code in FAILED_IN_SQLITE and has_no_room(_folder()))
    return getattr(cause, "sqlstate", None) == FULL_IN_POSTGRESQL


def _folder() -> Path:
    return Path(connection.settings_dict["NAME"]).parent


def has_no_room(folder: Path) -> bool:
    """Not even for the files that SQLite makes beside a database: of bytes, or of files."""
    try:
        return shutil.disk_usage(folder).free < ROOM_NEEDED or _takes_no_files(folder)
    except OSError:
        return False


def _takes_no_files(folder: Path) -> bool:
    """Disks that count none say 0 of 0. Root's share is root's alone."""
    disk = os.statvfs(folder)
    left = disk.f_ffree if os.geteuid() == 0 else disk.f_favail
    return disk.f_files > 0 and left < FILES_NEEDED


def is_away(error: BaseException | None) -> bool:
    """Locked, a server that does not answer, or one that bars us. What SQLite calls operational besides is a fault of
    ours.
    """
    error = _of_the_database(error)
    is_of_sqlite = isinstance(getattr(error, "__cause__", None), sqlite3.Error)
    is_operational = isinstance(error, OperationalError | InterfaceError) and not is_of_sqlite
    return is_locked(error) or is_operational or is_barred(error)


def is_barred(error: BaseException | None) -> bool:
    """The server answers, and lets nothing be done of what was asked: of its transaction nothing was."""
    return is_read_only(error) or _state(error) == NO_RIGHTS


def is_read_only(error: BaseException | None) -> bool:
    """Of SQLite, its disk. A file that was moved away is told so as well, and is another matter."""
    code = getattr(getattr(_of_the_database(error), "__cause__", None), "sqlite_errorcode", 0)
    is_disk = code & 0xFF == sqlite3.SQLITE_READONLY and code != sqlite3.SQLITE_READONLY_DBMOVED
    return is_disk or _state(error) == READ_ONLY


def is_refused(error: BaseException | None) -> bool:
    """The server answered, and waiting will not change what it said. `is_away` is true of it as well."""
    cause = getattr(_of_the_database(error), "__cause__", None)
    return bool(getattr(cause, "is_refusal", False)) or _state(error) == NO_RIGHTS


def _state(error: BaseException | None) -> str | None:
    """As PostgreSQL calls it; SQLite calls nothing so."""
    return getattr(getattr(_of_the_database(error), "__cause__", None), "sqlstate", None)


def plain_cause(error: BaseException | None) -> str:
    """What the machine or the server is to blame for, without the error's own words; "" for all else."""
    return FULL if is_full(error) else REFUSED if is_refused(error) else ""


def _of_the_database(error: BaseException | None) -> BaseException | None:
    return error.__cause__ if isinstance(error, Unwritten) else error


def say_it_goes_on(log: logging.Logger, what: str, error: Exception) -> None:
    """In a sentence where the database was away: the traceback would say no more."""
    if is_full(error):
        log.error("%s found no room on the disk (%s); nothing was changed, and it goes on", what, _told(error))
    elif is_away(error):
        log.warning("%s waited for the database in vain (%s); it goes on", what, _told(error))
    else:
        log.error("%s failed; it goes on", what, exc_info=error)


def _told(error: BaseException | None) -> str:
    text = str(_of_the_database(error)).strip()
    return f"the disk is full: {text}" if is_full(error) and "full" not in text else text


class InOneLine(logging.Filter):
    """Takes the traceback from a request that ended for a lock, or because the server went away."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and (is_away(record.exc_info[1]) or is_full(record.exc_info[1])):
            told = _told(record.exc_info[1]).partition("\n")[0]
            record.msg, record.args = f"{record.getMessage()} ({told})", ()
            record.exc_info = None
        return True
