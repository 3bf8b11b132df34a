"""A passkey alone is both steps only where it asked for a fingerprint, a face or a PIN."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from pipelines_portal.accounts.models import User

from .second_steps import PASSWORD, sign_in
from .software_passkey import HOST, SoftwarePasskey, new_passkey, software_passkey

STATE = "mfa.webauthn.state"


@pytest.fixture
def browser_there(db: None, static_root: None) -> Client:
    return Client(headers={"host": HOST})


@pytest.fixture
def passkey(maria: User) -> SoftwarePasskey:
    return software_passkey(maria)


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_passkey_that_asked_for_a_finger_signs_in_alone(browser_there: Client, passkey: SoftwarePasskey) -> None:
    browser_there.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser_there.session[STATE]["challenge"], verified=True)
    assert browser_there.post("/sign-in/passkey/", {"credential": signed}).status_code == 302
    assert is_in(browser_there)


def test_behind_the_password_a_touch_is_enough(browser_there: Client, passkey: SoftwarePasskey) -> None:
    sign_in(browser_there)
    browser_there.get("/sign-in/code/")
    signed = passkey.signed(browser_there.session[STATE]["challenge"], verified=False)
    assert browser_there.post("/sign-in/code/", {"credential": signed}).status_code == 302
    assert is_in(browser_there)


def test_a_touch_alone_signs_nobody_in_whoever_asked_for_it(browser_there: Client, passkey: SoftwarePasskey) -> None:
    """A found key, by somebody with an account: their own second step asks for less than the passkey alone does."""
    browser_there.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser_there.session[STATE]["challenge"], verified=False)
    assert browser_there.post("/sign-in/passkey/", {"credential": signed}).status_code == 422
    finder = User.objects.create_user("finder@acme.example", PASSWORD)
    software_passkey(finder)
    sign_in(browser_there, finder.email)
    browser_there.get("/sign-in/code/")
    signed = passkey.signed(browser_there.session[STATE]["challenge"], verified=False)
    assert browser_there.post("/sign-in/passkey/", {"credential": signed}).status_code == 422
    assert not is_in(browser_there)


@pytest.mark.parametrize("alone", [True, False])
def test_its_owner_says_whether_it_signs_in_alone(browser_there: Client, maria: User, alone: bool) -> None:
    passkey = new_passkey(maria)
    sign_in(browser_there)
    browser_there.get("/account/passkey/")
    made = json.dumps(passkey.made(browser_there.session[STATE]["challenge"]))
    form = {"name": "Laptop", "credential": made} | ({"passwordless": "on"} if alone else {})
    assert browser_there.post("/account/passkey/", form).status_code == 200
    assert ("Only behind the password" in browser_there.get("/account/").content.decode()) != alone
    browser_there.post("/sign-out/")
    browser_there.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser_there.session[STATE]["challenge"], verified=True)
    answer = browser_there.post("/sign-in/passkey/", {"credential": signed})
    assert is_in(browser_there) == alone
    assert ("This passkey only stands behind the password." in answer.content.decode()) != alone


@pytest.mark.parametrize("text", ["\\u0000", "\\uD800"])
def test_a_passkey_with_what_no_database_keeps_is_not_added(browser_there: Client, maria: User, text: str) -> None:
    sign_in(browser_there)
    browser_there.get("/account/passkey/")
    made = json.dumps(new_passkey(maria).made(browser_there.session[STATE]["challenge"]) | {"extra": "TEXT"})
    answer = browser_there.post("/account/passkey/", {"credential": made.replace("TEXT", text)})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()


def test_behind_the_password_it_goes_on_where_it_may_not_stand_alone(
    browser_there: Client, passkey: SoftwarePasskey
) -> None:
    Authenticator.objects.update(data={**Authenticator.objects.get().data, "alone": False})
    sign_in(browser_there)
    browser_there.get("/sign-in/code/")
    signed = passkey.signed(browser_there.session[STATE]["challenge"], verified=True)
    assert browser_there.post("/sign-in/code/", {"credential": signed}).status_code == 302
    assert is_in(browser_there)
