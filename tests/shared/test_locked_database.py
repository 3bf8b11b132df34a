"""A locked, unreachable or full database: each of its errors is recognized."""

import sqlite3

import pytest
from django.db import OperationalError, connection

from pipelines_portal.shared.failed_commands import told
from pipelines_portal.shared.locked_database import is_away, is_barred, is_read_only, is_refused

pytestmark = pytest.mark.sqlite


def read_only() -> Exception:
    """Return the error that SQLite raises on a disk that was remounted read-only."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = ON")
            cursor.execute("DELETE FROM django_session")
    except OperationalError as error:
        return error
    finally:
        connection.close()
    raise AssertionError


@pytest.mark.django_db(transaction=True)
def test_a_read_only_disk_counts_as_unavailable() -> None:
    """Workers wait for it without a traceback, and commands name it."""
    error = read_only()
    assert is_read_only(error) and is_barred(error) and is_away(error) and not is_refused(error)
    assert told(error).startswith("The database's file cannot be used (attempt to write a readonly database)")


def test_a_file_that_was_moved_away_does_not_count_as_unavailable() -> None:
    """Only a new start opens the new file, so waiting is of no use."""
    error, cause = OperationalError("attempt to write a readonly database"), sqlite3.OperationalError()
    cause.sqlite_errorcode, error.__cause__ = sqlite3.SQLITE_READONLY_DBMOVED, cause
    assert not is_away(error)
