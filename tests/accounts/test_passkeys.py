"""A passkey alone is both steps only where it asked for a fingerprint, a face or a PIN."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from pipelines_portal.accounts.models import User
from tests.factories import make_person

from .second_steps import PASSWORD, sign_in
from .software_passkey import HOST, new_passkey, software_passkey

STATE = "mfa.webauthn.state"


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_passkey_that_asked_for_a_finger_signs_in_alone(maria: User) -> None:
    browser = Client(headers={"host": HOST})
    passkey = software_passkey(maria)
    browser.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=True)
    assert browser.post("/sign-in/passkey/", {"credential": signed}).status_code == 302
    assert is_in(browser)


def test_behind_the_password_a_touch_is_enough(maria: User) -> None:
    browser = Client(headers={"host": HOST})
    passkey = software_passkey(maria)
    sign_in(browser)
    browser.get("/sign-in/code/")
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=False)
    assert browser.post("/sign-in/code/", {"credential": signed}).status_code == 302
    assert is_in(browser)


def test_a_touch_alone_signs_nobody_in_whoever_asked_for_it(maria: User) -> None:
    """A found key, by somebody with an account: their own second step asks for less than the passkey alone does."""
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
def test_its_owner_says_whether_it_signs_in_alone(maria: User, alone: bool) -> None:
    browser = Client(headers={"host": HOST})
    passkey = new_passkey(maria)
    sign_in(browser)
    browser.get("/account/passkey/")
    made = json.dumps(passkey.made(browser.session[STATE]["challenge"]))
    form = {"name": "Laptop", "credential": made} | ({"passwordless": "on"} if alone else {})
    assert browser.post("/account/passkey/", form).status_code == 200
    assert ("Only behind the password" in browser.get("/account/").content.decode()) != alone
    browser.post("/sign-out/")
    browser.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=True)
    answer = browser.post("/sign-in/passkey/", {"credential": signed})
    assert is_in(browser) == alone
    assert ("This passkey only stands behind the password." in answer.content.decode()) != alone


@pytest.mark.parametrize("text", ["\\u0000", "\\uD800"])
def test_a_passkey_with_what_no_database_keeps_is_not_added(maria: User, text: str) -> None:
    browser = Client(headers={"host": HOST})
    sign_in(browser)
    browser.get("/account/passkey/")
    made = json.dumps(new_passkey(maria).made(browser.session[STATE]["challenge"]) | {"extra": "TEXT"})
    answer = browser.post("/account/passkey/", {"credential": made.replace("TEXT", text)})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()


def test_behind_the_password_it_goes_on_where_it_may_not_stand_alone(maria: User) -> None:
    browser = Client(headers={"host": HOST})
    passkey = software_passkey(maria)
    Authenticator.objects.update(data={**Authenticator.objects.get().data, "alone": False})
    sign_in(browser)
    browser.get("/sign-in/code/")
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=True)
    assert browser.post("/sign-in/code/", {"credential": signed}).status_code == 302
    assert is_in(browser)
