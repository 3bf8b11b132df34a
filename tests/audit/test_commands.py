"""Commands record their changes as events, as people do."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from pipelines_portal.accounts.models import User
from tests.factories import make_person
from tests.people.cast import events


def test_createsuperuser_leaves_an_event(db: None) -> None:
    call_command("createsuperuser", interactive=False, email="first@acme.example", verbosity=0)
    assert events() == [("", "person-made", "First")]


@pytest.mark.parametrize(("given", "name"), [({}, "Maria Weber"), ({"name": "M. Weber"}, "M. Weber")])
def test_createsuperuser_leaves_a_name(db: None, given: dict[str, str], name: str) -> None:
    call_command("createsuperuser", interactive=False, email="maria.weber@acme.example", verbosity=0, **given)
    assert User.objects.get().name == name


def typing(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """Type these texts into the terminal. No transaction may be open while the command waits for them."""
    left = iter(texts)

    def typed(prompt: str) -> str:
        assert not connection.in_atomic_block
        return next(left)

    monkeypatch.setattr("pipelines_portal.accounts.management.commands.changepassword.getpass", typed)


def test_changepassword_leaves_an_event_and_ends_sessions(
    transactional_db: None, static_root: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    maria, browser = make_person("maria@acme.example", "an old long password"), Client()
    browser.force_login(maria)
    new = "another long password"
    typing(monkeypatch, "short", "short", new, "mistyped", new, new)
    call_command("changepassword", "Maria@acme.example")
    maria.refresh_from_db()
    assert maria.check_password(new)
    assert browser.get("/account/").status_code == 302
    assert events() == [("", "password-set", "maria@acme.example")]
    assert new not in capsys.readouterr().out


def test_changepassword_changes_nothing_if_it_is_given_up(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines_portal.accounts.models import User

    make_person("maria@acme.example", "an old long password")
    typing(monkeypatch, *["short"] * 6)
    with pytest.raises(CommandError, match="Password not changed."):
        call_command("changepassword", "maria@acme.example")
    with pytest.raises(CommandError, match="No account for eve@acme.example."):
        call_command("changepassword", "eve@acme.example")
    assert events() == []
    assert User.objects.get().check_password("an old long password")


def test_rotating_leaves_an_event_without_a_key_in_it(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    from pipelines_portal.audit.models import Event

    call_command("rotate_encryption")
    event: Any = Event.objects.get()
    assert (event.verb, event.target_label, event.who) == ("setting-changed", "ENCRYPTION_KEYS", "System")
    assert event.facts == ["values: 0 re-encrypted"]
