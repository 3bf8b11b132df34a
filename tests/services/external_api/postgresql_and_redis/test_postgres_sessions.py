"""The options of connections to PostgreSQL."""

from contextlib import closing
from pathlib import Path
from select import select as poll
from typing import Any

import environ
import pytest
from django.db import DatabaseError, connection
from django.db.utils import ConnectionHandler

from pipelines_portal.core import environment

ONE_SECOND = "?options=-c%20idle_in_transaction_session_timeout%3D1s"


def connect(monkeypatch: pytest.MonkeyPatch, url: str) -> Any:
    """Connect as a program does that has `url` in its environment."""
    monkeypatch.setenv("ANY_DATABASE_URL", url)
    config = environment.database(environ.Env(), "ANY_DATABASE_URL", Path("unused"))
    return closing(ConnectionHandler({"default": connection.settings_dict | config})["default"])


def run(database: Any, statement: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(("options", "expected"), [("", "30s"), (ONE_SECOND, "1s")])
def test_an_idle_transaction_is_ended(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, options: str, expected: str
) -> None:
    """PostgreSQL ends the session after half a minute, unless the URL names another time."""
    with connect(monkeypatch, postgres_url + options) as database:
        assert run(database, "SHOW idle_in_transaction_session_timeout") == [(expected,)]


def test_the_lock_of_a_paused_process_is_released(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S165: a process that is paused during a write does not block others, and cannot commit later."""
    url = postgres_url + ONE_SECOND
    with connect(monkeypatch, url) as sleeper, connect(monkeypatch, url) as other:
        run(other, "CREATE TABLE uploads AS SELECT 'pending' AS status")
        sleeper.set_autocommit(False)
        run(sleeper, "UPDATE uploads SET status = 'processing'")
        run(other, "UPDATE uploads SET status = 'cancelled'")
        with pytest.raises(DatabaseError):
            run(sleeper, "UPDATE uploads SET status = 'completed'")
        assert run(other, "SELECT status FROM uploads") == [("cancelled",)]


def test_a_closed_connection_is_opened_again(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart of PostgreSQL no request fails."""
    with connect(monkeypatch, postgres_url) as database, connect(monkeypatch, postgres_url) as other:
        [(first,)] = run(database, "SELECT pg_backend_pid()")
        run(other, f"SELECT pg_terminate_backend({first}, 10000)")
        begin_request(database)
        [(second,)] = run(database, "SELECT pg_backend_pid()")
        begin_request(database)
        assert run(database, "SELECT pg_backend_pid()") == [(second,)] != [(first,)]


def test_a_connection_stays_open_after_a_notification(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(monkeypatch, postgres_url) as database, connect(monkeypatch, postgres_url) as other:
        [(pid,)] = run(database, "SELECT pg_backend_pid()")
        run(database, "LISTEN news")
        run(other, "NOTIFY news")
        poll([database.connection], [], [], 10)
        begin_request(database)
        assert run(database, "SELECT pg_backend_pid()") == [(pid,)]


def begin_request(database: Any) -> None:
    """Do what Django does at the start of a request."""
    database.health_check_done = False
    database.close_if_unusable_or_obsolete()
    database.close_if_health_check_failed()
