"""The demo's accounts, whose passwords are published, are refused wherever the demo is off."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from pipelines_portal.accounts.models import User
from tests.factories import make_person
from tests.pages import text_of

from .identity_provider import is_in, through
from .software_passkey import HOST, software_passkey
from .test_passkeys import STATE
from .two_step import PASSWORD, sign_in


@pytest.fixture
def demo(maria: User) -> User:
    """Make Maria's account an account of the demo."""
    User.objects.update(is_demo=True)
    maria.refresh_from_db()
    return maria


def test_the_password_works_only_while_the_demo_is_on(client: Client, demo: User, settings: Any) -> None:
    assert settings.DEMO_IS_ON, "as it is on one machine"
    assert sign_in(Client()).status_code == 302
    settings.DEMO_IS_ON = False
    assert sign_in(client).status_code == 422
    assert not is_in(client)


def test_a_session_ends_when_the_demo_is_switched_off(client: Client, demo: User, settings: Any) -> None:
    sign_in(client)
    assert is_in(client)
    settings.DEMO_IS_ON = False
    assert not is_in(client)


def test_a_passkey_is_refused(demo: User, settings: Any) -> None:
    settings.DEMO_IS_ON = False
    browser = Client(headers={"host": HOST})
    passkey = software_passkey(demo)
    browser.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser.session[STATE]["challenge"], verified=True)
    refused = browser.post("/sign-in/passkey/", {"credential": signed})
    assert refused.status_code == 403
    assert "This demo account doesn’t work" in text_of(refused)
    assert not is_in(browser)


def test_the_idp_does_not_let_it_in(client: Client, oidc: Any, demo: User) -> None:
    oidc.DEMO_IS_ON = False
    assert through(client, "maria").status_code == 403
    assert not is_in(client)


def test_other_accounts_are_not_affected(client: Client, demo: User, settings: Any) -> None:
    settings.DEMO_IS_ON = False
    make_person("boss@acme.example", PASSWORD, role="administrator")
    assert sign_in(client, "boss@acme.example").status_code == 302


def test_prepare_says_that_they_are_refused(
    demo: User, settings: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("prepare")
    assert "demo" not in capsys.readouterr().out
    monkeypatch.setattr("pipelines_portal.core.management.commands.prepare.prepare", lambda: None)
    settings.DEMO_IS_ON = False
    call_command("prepare")
    line = (
        "Demo accounts in the portal's database: 1. Their passwords are published, so they can't sign in here. "
        "Deactivate them under People, or start with an empty DATA_DIR.\n"
    )
    assert capsys.readouterr().out == line
    User.objects.update(is_active=False)
    call_command("prepare")
    assert capsys.readouterr().out == ""
