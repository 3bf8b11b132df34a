"""Why a command of manage.py ended, in a sentence, where the cause is the machine and no fault of ours."""

import errno
import re
import sqlite3
from contextlib import suppress

from django.db import DatabaseError, InterfaceError
from django.db.migrations.exceptions import MigrationSchemaMissing

from pipelines_portal.shared.locked_database import is_away, is_full, is_read_only, is_refused
from pipelines_portal.shared.migrated import BEHIND, is_migrated

GIVEN_UP = "The command was given up; what it had done before that stays. Then run it again."
UNUSABLE_IN_SQLITE = {
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
}  # fmt: skip
# No such table, no such column.
LACKING_IN_POSTGRESQL, LACKING_IN_SQLITE = {"42P01", "42703"}, re.compile("no such (table|column)|has no column")
REFUSED = (
    f"PostgreSQL refuses the program ({{}}): correct the database's URL, or what the server knows of it. {GIVEN_UP}"
)
ONLY_READ = (
    f"The database can only be read ({{}}): name a server in its URL that can be written, or wait for it. {GIVEN_UP}"
)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def told(error: Exception) -> str:
    """The sentence; "" for what is a fault of the program, whose traceback says more."""
    if is_full(error) or (isinstance(error, OSError) and error.errno in NO_ROOM):
        return f"The disk is full ({_cause(error)}): make room. {GIVEN_UP}"
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return f"The disk is read only ({_cause(error)}). {GIVEN_UP}"
    if isinstance(error, MigrationSchemaMissing):
        return _without_tables(error)
    return _of_the_database(error) if isinstance(error, DatabaseError | InterfaceError) else ""


def _without_tables(error: Exception) -> str:
    """The first table of all could not be made; why, Django tells only in its text."""
    reason = error.__context__
    if isinstance(reason, Exception) and (sentence := told(reason)):
        return sentence
    return f"The database takes no tables ({_cause(error)}): give its user the right to make them. {GIVEN_UP}"


def _of_the_database(error: Exception) -> str:
    if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF in UNUSABLE_IN_SQLITE:
        return f"The database's file cannot be used ({_cause(error)}): is its disk full? {GIVEN_UP}"
    if is_read_only(error):
        return ONLY_READ.format(_cause(error))
    if is_refused(error):
        return REFUSED.format(_cause(error))
    if is_away(error):
        return f"The database does not answer ({_cause(error)}): look whether it runs, or who locks it. {GIVEN_UP}"
    return BEHIND if _lacks_something(error) and not _is_migrated() else ""


def _lacks_something(error: Exception) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in LACKING_IN_POSTGRESQL or bool(
        LACKING_IN_SQLITE.search(str(error))
    )


def _is_migrated() -> bool:
    with suppress(DatabaseError, InterfaceError):
        return is_migrated()
    return False


def _cause(error: Exception) -> str:
    return " ".join(str(error).split())
