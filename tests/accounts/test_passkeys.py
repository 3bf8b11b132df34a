"""A passkey alone is both steps only where it asked for a fingerprint, a face or a PIN."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.core.sign_in_throttle.throttle import ADDRESS_TRIES
from tests.factories import make_person

from .software_passkey import HOST, new_passkey, software_passkey
from .two_step import PASSWORD, sign_in

STATE = "mfa.webauthn.state"


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def ask(browser: Client) -> Any:
    return browser.get("/sign-in/passkey/", headers={"Accept": "application/json"})


def test_strangers_who_ask_for_challenges_are_slowed(db: None, static_root: None) -> None:
    """Each challenge is a row in the database."""
    answers = [ask(Client()) for _ in range(ADDRESS_TRIES + 5)]
    assert [answer.status_code for answer in answers] == [200] * ADDRESS_TRIES + [429] * 5
    assert int(answers[-1]["Retry-After"]) > 0
    assert Session.objects.count() == ADDRESS_TRIES
    assert ask(Client(REMOTE_ADDR="203.0.113.66")).status_code == 200, "counted by where they come from"


def test_an_anonymous_session_expires_after_ten_minutes(client: Client, maria: User) -> None:
    ask(client)
    ends_in = Session.objects.get().expire_date - timezone.now()
    assert timedelta(minutes=9) < ends_in <= timedelta(minutes=10)
    sign_in(client)
    assert Session.objects.get(user=maria).expire_date - timezone.now() > timedelta(days=13)


def test_a_touch_is_enough_after_the_password(maria: User) -> None:
    browser = Client(headers={"host": HOST})
    passkey = software_passkey(maria)
    sign_in(browser)
    browser.get("/sign-in/code/")
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=False)
    assert browser.post("/sign-in/code/", {"credential": signed}).status_code == 302
    assert is_in(browser)


def test_a_touch_without_a_password_signs_nobody_in(maria: User) -> None:
    """Somebody with an account uses a found security key: their two-step verification asks only for a touch."""
    browser = Client(headers={"host": HOST})
    passkey = software_passkey(maria)
    browser.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=False)
    assert browser.post("/sign-in/passkey/", {"credential": signed}).status_code == 422
    finder = make_person("finder@acme.example", PASSWORD)
    software_passkey(finder)
    sign_in(browser, finder.email)
    browser.get("/sign-in/code/")
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=False)
    assert browser.post("/sign-in/passkey/", {"credential": signed}).status_code == 422
    assert not is_in(browser)


@pytest.mark.parametrize("alone", [True, False])
def test_the_owner_chooses_whether_a_passkey_signs_in_alone(maria: User, alone: bool) -> None:
    browser = Client(headers={"host": HOST})
    passkey = new_passkey(maria)
    sign_in(browser)
    browser.get("/account/passkey/")
    made = json.dumps(passkey.made(browser.session[STATE]["challenge"]))
    form = {"name": "Laptop", "credential": made} | ({"passwordless": "on"} if alone else {})
    assert browser.post("/account/passkey/", form).status_code == 200
    assert ("Requires your password" in browser.get("/account/").content.decode()) != alone
    browser.post("/sign-out/")
    browser.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=True)
    answer = browser.post("/sign-in/passkey/", {"credential": signed})
    assert is_in(browser) == alone
    assert ("This passkey only works after your password." in answer.content.decode()) != alone


@pytest.mark.parametrize("text", ["\\u0000", "\\uD800"])
def test_a_passkey_with_text_that_the_database_refuses_is_not_added(maria: User, text: str) -> None:
    browser = Client(headers={"host": HOST})
    sign_in(browser)
    browser.get("/account/passkey/")
    made = json.dumps(new_passkey(maria).made(browser.session[STATE]["challenge"]) | {"extra": "TEXT"})
    answer = browser.post("/account/passkey/", {"credential": made.replace("TEXT", text)})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()
