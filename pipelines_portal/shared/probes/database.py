"""Whether the database answers, and is as this version of the program needs it."""

from django.db import connection

from pipelines_portal.shared.migrated import BEHIND, is_migrated

from .readiness import OK

_seen_migrated = False


def database() -> str:
    """Once it was seen migrated it stays so: to look takes longer than to ask whether it answers."""
    global _seen_migrated
    if _seen_migrated:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return OK
    _seen_migrated = is_migrated()
    return OK if _seen_migrated else BEHIND
