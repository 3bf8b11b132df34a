"""What each role sees on the page of a key. Who may do what is in tests/access/table.py."""

import re
from typing import Any

import pytest

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from tests.each_case import each_case
from tests.factories import open_workflow
from tests.fake_api import FakeApi
from tests.keys.clients import browser_as


@each_case("who", ["owner", "shared", "team", "viewer", "administrator"])
def test_those_who_may_see_the_log_find_the_keys_events(before_api: FakeApi, saved_key: SavedKey, who: str) -> None:
    browser = browser_as(who, saved_key)
    record(Verb.KEY_SAVED, by=saved_key.owner, target=saved_key)
    record(Verb.TEAM_CREATED, by=saved_key.owner, label="Intake")
    found = re.findall(r'href="([^"]*)">Audit log', browser.get(f"/keys/{saved_key.pk}/").content.decode())
    assert bool(found) == (browser.get("/people/events/").status_code == 200) == (who == "administrator")
    assert [[each.verb for each in browser.get(link).context["events"]] for link in found] == [["key-saved"]] * len(
        found
    )


@pytest.mark.parametrize("who", ["shared", "team", "viewer"])
def test_those_it_is_shared_with_see_its_state_and_nothing_of_the_owners(
    before_api: FakeApi, saved_key: Any, org_key: str, who: str
) -> None:
    html = browser_as(who, saved_key).get(f"/keys/{saved_key.pk}/").content.decode()
    assert "Owner: maria@acme.example" in html
    assert "Not checked" in html and "Check key" in html
    for word in ("Rename", "Replace key", "Transfer ownership", "Shared with", "Undo", "Remove key", ">Share<"):
        assert word not in html
    assert org_key not in html


def test_an_administrator_sees_whose_it_is_and_no_more(before_api: FakeApi, saved_key: Any) -> None:
    open_workflow(saved_key, name="Secret workflow")
    client = browser_as("administrator", saved_key)
    html = client.get(f"/keys/{saved_key.pk}/").content.decode()
    assert "maria@acme.example" in html and f"…{saved_key.last4}" in html and "Transfer ownership" in html
    for word in ("Check key", "Rename", "Replace key", "Secret workflow", "Last used"):
        assert word not in html
    assert saved_key.name in client.get("/keys/?whose=all").content.decode()
    assert client.get(f"/keys/{saved_key.pk}/workflows/42/tasks/").status_code == 404


def test_an_administrator_does_not_hand_it_to_themselves(before_api: Any, person: Any, saved_key: Any) -> None:
    """Otherwise an administrator could use the key."""
    client = browser_as("administrator", saved_key)
    email = User.objects.get(role="administrator").email
    refused = client.post(f"/keys/{saved_key.pk}/hand-over/", {"owner": email})
    assert refused.status_code == 422
    assert "Administrators can’t take over keys for themselves." in refused.content.decode()
    saved_key.refresh_from_db()
    assert saved_key.owner == person
