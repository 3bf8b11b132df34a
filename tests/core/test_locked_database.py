"""A locked, unreachable or full database: each of its errors is recognized."""

import logging
import sqlite3

import psycopg
import pytest
from django.db import InternalError, OperationalError, ProgrammingError, connection

from pipelines_portal.core import probes
from pipelines_portal.core.database_errors import (
    READ_ONLY,
    is_away,
    is_full,
    is_locked,
    is_read_only,
    log_and_continue,
)
from pipelines_portal.system.command_errors import explain_error
from tests.factories import browser_of, make_person
from tests.pages import text_of


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
@pytest.mark.django_db(transaction=True)
def test_a_read_only_database_is_not_ready_and_pages_can_be_read(static_root: None) -> None:
    """Also by somebody whose last visit cannot be stored."""
    assert probes.check_database() == probes.OK
    browser = browser_of(make_person("maria@acme.example", role="administrator"))
    browser.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            assert probes.check_database() == READ_ONLY
            assert "Portal workers" in text_of(browser.get("/system/"))
            refused = browser.post("/account/name/", {"name": "Maria"})
        finally:
            cursor.execute("PRAGMA query_only = OFF")
    assert refused.status_code == 503 and "The portal can’t save anything" in text_of(refused)
    assert probes.check_database() == probes.OK


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_database_that_another_process_writes_to_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check does not wait for the lock either."""
    error = OperationalError("database is locked")
    error.__cause__ = sqlite3.OperationalError()
    error.__cause__.sqlite_errorcode = sqlite3.SQLITE_BUSY
    monkeypatch.setattr(probes, "_begin_to_write", lambda cursor: (_ for _ in ()).throw(error), raising=False)
    assert probes.check_database() == probes.OK


def test_a_repeated_line_of_a_worker_is_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OperationalError("could not connect to server")
    for seconds in (0, 1, 59, 61):
        monkeypatch.setattr("pipelines_portal.core.database_errors.monotonic", lambda now=seconds: 1000.0 + now)
        log_and_continue(logging.getLogger("pipelines_portal.worker"), "The job queue", error)
    log_and_continue(logging.getLogger("pipelines_portal.worker"), "A job of the worker", error)
    assert [message.split(" waited")[0] for message in caplog.messages] == [
        "The job queue", "The job queue", "A job of the worker",
    ]  # fmt: skip


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
