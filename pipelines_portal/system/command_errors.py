"""One sentence for a command of manage.py that failed because of the database or the disk."""

import errno
import sqlite3
from contextlib import suppress

from django.db import DatabaseError, InterfaceError
from django.db.migrations.exceptions import MigrationSchemaMissing

from pipelines_portal.core.database_errors import is_away, is_full
from pipelines_portal.core.preparation import BEHIND, is_migrated

NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
UNUSABLE_FILE = {
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
}  # fmt: skip
MIGRATING = ("prepare", "migrate")
AGAIN = "What was done before that stays. Then run the command again."


def explain_error(error: Exception, command: str = "") -> str:
    """Return the sentence, or "" for a bug and for a failed migration, whose traceback says more."""
    if isinstance(error, MigrationSchemaMissing) and isinstance(error.__context__, Exception):
        error = error.__context__
    cause = " ".join(str(error).split())
    if is_full(error) or (isinstance(error, OSError) and error.errno in NO_ROOM):
        return f"The disk is full ({cause}): make room. {AGAIN}"
    return _explain_database_error(error, cause, command) if isinstance(error, DatabaseError | InterfaceError) else ""


def _explain_database_error(error: Exception, cause: str, command: str) -> str:
    if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF in UNUSABLE_FILE:
        return f"The database's file cannot be used ({cause}). {AGAIN}"
    if is_away(error):
        return f"The database does not answer ({cause}): check that it runs, and its URL. {AGAIN}"
    with suppress(DatabaseError, InterfaceError):
        return "" if is_migrated() or command in MIGRATING else BEHIND
    return f"The database cannot be used ({cause}): check its URL. {AGAIN}"
