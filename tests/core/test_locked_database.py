"""A locked, unreachable or full database: each of its errors is recognized."""

import sqlite3

import psycopg
import pytest
from django.db import InternalError, OperationalError, ProgrammingError, connection

from pipelines_portal.core.database_errors import is_away, is_full, is_locked, is_read_only
from pipelines_portal.system.command_errors import explain_error


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


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_read_only_disk_counts_as_unavailable() -> None:
    """Workers wait for it without a traceback, and commands name it."""
    error = read_only()
    assert is_read_only(error) and is_away(error)
    assert explain_error(error).startswith("The database does not answer (attempt to write a readonly database)")


@pytest.mark.sqlite
def test_a_file_that_was_moved_away_does_not_count_as_unavailable() -> None:
    """Only a new start opens the new file, so waiting is of no use."""
    error, cause = OperationalError("attempt to write a readonly database"), sqlite3.OperationalError()
    cause.sqlite_errorcode, error.__cause__ = sqlite3.SQLITE_READONLY_DBMOVED, cause
    assert not is_away(error)


@pytest.mark.parametrize(
    ("error", "cause", "true_of_it"),
    [
        (OperationalError, psycopg.OperationalError("connection refused"), {is_away}),
        (OperationalError, psycopg.errors.LockNotAvailable(), {is_away, is_locked}),
        (OperationalError, psycopg.errors.DiskFull(), {is_away, is_full}),
        (InternalError, psycopg.errors.ReadOnlySqlTransaction(), {is_away, is_read_only}),
        (ProgrammingError, psycopg.errors.UndefinedTable(), set()),
    ],
)
def test_errors_of_postgresql(error: type[Exception], cause: Exception, true_of_it: set[object]) -> None:
    raised = error("It failed.")
    raised.__cause__ = cause
    assert {ask for ask in (is_away, is_locked, is_full, is_read_only) if ask(raised)} == true_of_it
