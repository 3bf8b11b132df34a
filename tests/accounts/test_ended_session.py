"""People who end their own session see the result of the act."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from pipelines_portal.accounts.passwords import reset_path
from pipelines_portal.accounts.session_store import SessionStore
from pipelines_portal.core.http.middleware import USED_AT
from tests.factories import make_person
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


def test_an_administrator_removes_their_second_step(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.administrator, type=Authenticator.Type.TOTP, data={})
    client = here_for_a_while(cast.confirmed("administrator"))
    assert client.post(f"/people/{cast.administrator.pk}/second-step/").status_code == 302
    assert client.get("/people/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("key", ["abcdefgh\0", "abcdefgh'", "ábcdefghij"])
def test_an_invalid_session_key_costs_no_query(db: None, key: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        store = SessionStore(key)
        assert store.session_key is None
        assert store.is_empty()
