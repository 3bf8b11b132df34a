"""Who signs in with something new, or with less than before, gets a mail about it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.passwords import reset_path
from tests.each_case import each_case
from tests.factories import make_person

from .software_passkey import HOST, new_passkey
from .test_passkeys import STATE
from .two_step import PASSWORD, set_up_app, sign_in

NEW = "another long password"
BOTH = {"new_password1": NEW, "new_password2": NEW}


def signed_in(email: str = "maria@acme.example") -> Client:
    client = Client(headers={"host": HOST})
    assert sign_in(client, email).status_code == 302
    return client


def change_password(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert signed_in().post("/password/", {"old_password": PASSWORD} | BOTH).status_code == 302


def use_reset_link(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().post(reset_path(maria), BOTH).status_code == 302


def set_password_by_command(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.accounts.management.commands.changepassword.getpass", lambda prompt: NEW)
    call_command("changepassword", maria.email)


def add_app(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_app(signed_in())


def add_passkey(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in()
    browser.get("/account/passkey/")
    made = json.dumps(new_passkey(maria).made(browser.session[STATE]["challenge"]))
    assert browser.post("/account/passkey/", {"credential": made}).status_code == 200


ADDED_OR_SET: list[tuple[Callable[[User, pytest.MonkeyPatch], None], str]] = [
    (change_password, "Your Pipelines Portal password was changed"),
    (use_reset_link, "Your Pipelines Portal password was changed"),
    (set_password_by_command, "Your Pipelines Portal password was changed"),
    (add_app, "An authenticator app was added to your Pipelines Portal account"),
    (add_passkey, "A passkey was added to your Pipelines Portal account"),
]


@each_case(("act", "sentence"), ADDED_OR_SET)
def test_a_new_way_to_sign_in_is_mailed(
    maria: User, mail: None, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch, act: Any, sentence: str
) -> None:
    act(maria, monkeypatch)
    [sent] = mailoutbox
    assert sent.to == ["maria@acme.example"]
    assert sent.subject == sentence
    assert "ask your administrator" in sent.body
    assert "http://localhost:8000/account/" in sent.body
    assert NEW not in sent.body and PASSWORD not in sent.body


def test_a_removed_two_step_is_mailed(maria: User, mail: None, mailoutbox: list[Any]) -> None:
    browser = signed_in()
    set_up_app(browser)
    step = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).get()
    assert browser.post(f"/account/second-step/{step.pk}/remove/").status_code == 302
    assert mailoutbox[-1].subject == "The authenticator app was removed from your Pipelines Portal account"
    set_up_app(browser)
    make_person("boss@acme.example", PASSWORD, role="administrator")
    assert signed_in("boss@acme.example").post(f"/people/{maria.pk}/second-step/").status_code == 302
    assert mailoutbox[-1].subject == "An administrator reset your two-step verification on Pipelines Portal"
    assert {sent.to[0] for sent in mailoutbox} == {"maria@acme.example"}


def test_nothing_is_queued_without_a_mail_server(maria: User, mailoutbox: list[Any]) -> None:
    change_password(maria, pytest.MonkeyPatch())
    assert not mailoutbox
