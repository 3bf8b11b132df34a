"""People who end their own session see the result of the act."""

import sqlite3
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from pipelines_portal.accounts.passwords import reset_path
from pipelines_portal.accounts.session_store import SessionStore
from pipelines_portal.core.http.middleware import USED_AT
from tests.databases import sqlite_error
from tests.factories import make_person
from tests.pages import text_of
from tests.people.cast import Cast

NEW = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


def here_for_a_while(client: Client) -> Client:
    """Let the next request write into the session, as the first request of every minute does."""
    session = client.session
    session[USED_AT] = int(time.time()) - 120
    session.save()
    return client


def test_an_administrator_leaves(cast: Cast) -> None:
    make_person("second@acme.example", role="administrator")
    client = here_for_a_while(cast.confirmed("administrator"))
    left = client.post(f"/people/{cast.administrator.pk}/deactivate/")
    assert (left.status_code, left["Location"]) == (302, "/people/")
    assert client.get("/people/")["Location"].startswith("/sign-in/")


def test_somebody_signed_in_follows_a_reset_link(cast: Cast) -> None:
    client = here_for_a_while(cast.client("member"))
    done = client.post(reset_path(cast.member), NEW, follow=True)
    assert done.redirect_chain == [("/sign-in/", 302)]
    assert "Password changed. Sign in with your new password." in done.content.decode()


def test_an_administrator_removes_their_two_step(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.administrator, type=Authenticator.Type.TOTP, data={})
    client = here_for_a_while(cast.confirmed("administrator"))
    assert client.post(f"/people/{cast.administrator.pk}/second-step/").status_code == 302
    assert client.get("/people/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(("code", "status"), [(sqlite3.SQLITE_BUSY, 503), (sqlite3.SQLITE_FULL, 507)])
def test_a_database_that_fails_for_a_moment_signs_nobody_out(cast: Cast, code: int, status: int) -> None:
    client = here_for_a_while(cast.client("member"))
    client.raise_request_exception = False
    with connection.execute_wrapper(failing_for_sessions(code)):
        saved = client.post("/account/name/", {"name": "Robin"})
        read = client.get("/account/")
    assert (saved.status_code, read.status_code) == (status, status)
    assert not saved.cookies and not read.cookies
    cast.member.refresh_from_db()
    assert cast.member.name == "Robin", "the view had saved it before"
    assert "We don’t know if this was saved. Check Sent" in text_of(saved)
    assert client.get("/account/").status_code == 200


def failing_for_sessions(code: int) -> Any:
    def execute(run: Any, sql: str, *more: Any) -> Any:
        if sql.startswith("UPDATE") and "session_data" in sql:
            raise sqlite_error(code)
        return run(sql, *more)

    return execute


@pytest.mark.parametrize("key", ["abcdefgh\0", "abcdefgh'", "ábcdefghij"])
def test_an_invalid_session_key_costs_no_query(db: None, key: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        store = SessionStore(key)
        assert store.session_key is None
        assert store.is_empty()
