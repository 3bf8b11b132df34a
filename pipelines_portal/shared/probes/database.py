"""Whether the database answers, and is as this version of the program needs it."""

from django.db import OperationalError, connection

from pipelines_portal.shared.locked_database import is_full
from pipelines_portal.shared.migrated import BEHIND, is_migrated

from .readiness import OK

FULL = "The disk of the database is full: make room on it."
_seen_migrated = False


def database() -> str:
    """OK, or what is wrong with it; raises what only the log says."""
    try:
        return _database()
    except OperationalError as error:
        if is_full(error):
            return FULL
        raise


def _database() -> str:
    """Once it was seen migrated it stays so: to look takes longer than to ask whether it answers."""
    global _seen_migrated
    if _seen_migrated:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return OK
    _seen_migrated = is_migrated()
    return OK if _seen_migrated else BEHIND
