"""The demo has two people, a team, and a key that one of them shares with the other."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import KeyShare, SavedKey
from tests.conftest import TRANSLATIONS


def load(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(key))
    call_command("load_demo", "--key-name", "Acme", "--workflows", str(TRANSLATIONS))


def test_the_second_person_uses_the_key_of_the_first(
    db: None, before_api: Any, org_key: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        load(monkeypatch, org_key)
    people = {user.email: (user.name, user.role) for user in User.objects.all()}
    assert people == {
        "demo@example.com": ("Maria Weber", "administrator"),
        "operator@example.com": ("Ben Okafor", "operator"),
    }
    leads = dict(Membership.objects.values_list("user__email", "is_lead"))
    assert leads == {"demo@example.com": True, "operator@example.com": False}
    assert (SavedKey.objects.count(), KeyShare.objects.count()) == (1, 1)
    assert (
        client.post("/sign-in/", {"username": "operator@example.com", "password": "pipelines-demo"}).status_code == 302
    )
    assert client.get(f"/keys/{SavedKey.objects.get().pk}/workflows/{TRANSLATIONS}/tasks/").status_code == 200
    assert client.get("/people/").status_code == 302
    verbs = [event.verb for event in Event.objects.order_by("id")]
    for verb in ("person-made", "team-created", "member-added", "key-saved", "key-shared"):
        assert verbs.count(verb) == (2 if verb in ("person-made", "member-added") else 1)
    assert org_key not in str(list(Event.objects.values()))
