"""What every connection to PostgreSQL asks of the server."""

from pathlib import Path

import environ
import pytest
from django.db import connection
from django.db.utils import ConnectionHandler

from pipelines_portal.shared import environment

FIVE_SECONDS = "?options=-c%20idle_in_transaction_session_timeout%3D5s"


@pytest.mark.parametrize(("asked", "kept"), [("", "30s"), (FIVE_SECONDS, "5s")])
def test_a_process_asleep_in_a_transaction_loses_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, asked: str, kept: str
) -> None:
    """S165: its rows are free for the others then, not when its host is found dead; the URL may say how soon."""
    monkeypatch.setenv("ANY_DATABASE_URL", postgres_url + asked)
    config = environment.database(environ.Env(), "ANY_DATABASE_URL", Path("unused"))
    other = ConnectionHandler({"default": connection.settings_dict | config})["default"]
    try:
        with other.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == (kept,)
    finally:
        other.close()
