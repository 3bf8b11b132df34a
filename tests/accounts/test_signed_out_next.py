"""Who may no longer come in is out at the very next request, though session and person are read as one."""

from typing import Any

import pytest
from django.test import Client

from pipelines_portal.accounts.models import Session, User
from tests.factories import make_stranger


@pytest.fixture
def browser(person: User, static_root: None) -> Client:
    client = Client()
    client.force_login(person)
    assert client.get("/account/").status_code == 200
    return client


def is_out(browser: Client) -> bool:
    done = browser.get("/account/")
    return done.status_code == 302 and "/sign-in" in done["Location"]


def test_deactivated(browser: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert is_out(browser)


def test_another_password(browser: Client, person: User) -> None:
    person.set_password("quite another one, and long")
    person.save()
    assert is_out(browser)


def test_session_ended_elsewhere(browser: Client) -> None:
    Session.objects.all().delete()
    assert is_out(browser)


def test_session_of_another_person(browser: Client) -> None:
    """What a session holds says who it is of; a row that names another is believed by nobody's page."""
    stranger = make_stranger()
    Session.objects.update(user=stranger)
    assert stranger.email not in browser.get("/account/").content.decode()


def test_a_secret_that_was_retired(browser: Client, settings: Any) -> None:
    retired, settings.SECRET_KEY = settings.SECRET_KEY, "s" * 60
    settings.SECRET_KEY_FALLBACKS = [retired]
    assert browser.get("/account/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert browser.get("/account/").status_code == 200
    settings.SECRET_KEY = "t" * 60
    assert is_out(browser)


def test_another_role(browser: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(role="administrator")
    assert is_out(browser)
