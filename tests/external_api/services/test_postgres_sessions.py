"""What every connection to PostgreSQL asks of the server."""

from contextlib import closing
from pathlib import Path
from typing import Any

import environ
import pytest
from django.db import DatabaseError, connection
from django.db.utils import ConnectionHandler

from pipelines_portal.shared import environment

ONE_SECOND = "?options=-c%20idle_in_transaction_session_timeout%3D1s"


def connect(monkeypatch: pytest.MonkeyPatch, url: str) -> Any:
    """As a program does that has `url` in its environment."""
    monkeypatch.setenv("ANY_DATABASE_URL", url)
    config = environment.database(environ.Env(), "ANY_DATABASE_URL", Path("unused"))
    return closing(ConnectionHandler({"default": connection.settings_dict | config})["default"])


def run(database: Any, statement: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(("asked", "kept"), [("", "30s"), (ONE_SECOND, "1s")])
def test_how_long_a_transaction_may_stand_still(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, asked: str, kept: str
) -> None:
    """Half a minute, unless the URL says otherwise."""
    with connect(monkeypatch, postgres_url + asked) as database:
        assert run(database, "SHOW idle_in_transaction_session_timeout") == [(kept,)]


def test_what_a_sleeping_process_holds_is_free_again(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S165: whoever sleeps in the middle of a write keeps nobody from the row, and writes nothing after it."""
    url = postgres_url + ONE_SECOND
    with connect(monkeypatch, url) as sleeper, connect(monkeypatch, url) as other:
        run(other, "CREATE TABLE uploads AS SELECT 'pending' AS status")
        sleeper.set_autocommit(False)
        run(sleeper, "UPDATE uploads SET status = 'processing'")
        run(other, "UPDATE uploads SET status = 'cancelled'")
        with pytest.raises(DatabaseError):
            run(sleeper, "UPDATE uploads SET status = 'completed'")
        assert run(other, "SELECT status FROM uploads") == [("cancelled",)]
