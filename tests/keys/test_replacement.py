"""The replacement of a key, which needs a key that works and is final."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import SavedKey
from tests.conftest import ACME, PAUSED
from tests.factories import make_stranger, open_workflow, save_key
from tests.fake_api import FakeApi, error


def post(page: Any, key: Any, text: str, **more: Any) -> Any:
    return page.post(f"/keys/{key.pk}/replace/", {"key": text, "expiry": "90"}, **more)


def test_a_key_is_replaced_for_good(page: Any, saved_key: Any, org_key: str, api: FakeApi) -> None:
    new_key = api.new_key(ACME)
    open_workflow(saved_key), open_workflow(saved_key, PAUSED)
    SavedKey.objects.update(rejected_at=timezone.now(), creator_gone_at=timezone.now())
    html = post(page, saved_key, new_key, follow=True).content.decode()
    saved = SavedKey.objects.get()
    assert (saved.pk, saved.decrypt(), saved.rejected_at, saved.creator_gone_at) == (saved_key.pk, new_key, None, None)
    assert saved.workflows.count() == 2 and saved.expiry == "90"
    assert f"Key replaced by …{new_key[-4:]}" in html and "Active" in html and "can’t undo the replacement" in html
    assert new_key not in html and org_key not in html
    assert Event.objects.get().verb == "key-replaced"
    events = str(list(Event.objects.values()))
    assert new_key not in events and org_key not in events


def test_a_rejected_key_changes_nothing(page: Any, saved_key: Any, api: FakeApi) -> None:
    dead = api.new_key(ACME)
    api.revoke(dead)
    refused = post(page, saved_key, dead)
    assert refused.status_code == 422 and "Pipelines rejected this key" in refused.content.decode()
    assert post(page, saved_key, saved_key.decrypt()).status_code == 422


def test_a_key_that_somebody_else_saved_is_refused(page: Any, saved_key: Any, api: FakeApi) -> None:
    new_key = api.new_key(ACME)
    stranger = make_stranger()
    save_key(stranger, new_key, "Theirs")
    html = post(page, saved_key, new_key).content.decode()
    assert "is here as “Theirs”. Ask stranger@else.example" in html


def test_of_two_at_once_one_replaces(person: Any, saved_key: Any) -> None:
    first, second = SavedKey.objects.get(), SavedKey.objects.get()
    one, two = "pk_live_" + "1" * 40, "pk_live_" + "2" * 40
    assert first.replace_with(one, "", person)
    assert not second.replace_with(two, "", person)
    assert SavedKey.objects.get().decrypt() == one


def test_a_key_that_cannot_be_decrypted_may_be_replaced(page: Any, saved_key: Any, api: FakeApi, settings: Any) -> None:
    new_key = api.new_key(ACME)

    open_workflow(saved_key)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "Can’t be opened" in page.get(f"/keys/{saved_key.pk}/").content.decode()
    post(page, saved_key, new_key)
    assert SavedKey.objects.get().decrypt() == new_key


def test_a_rejection_of_the_old_key_does_not_mark_the_new_one(
    person: Any, saved_key: Any, scripted_api: FakeApi
) -> None:
    """A call is under way while the key is replaced."""
    from pipelines_portal.api_client import Unauthorized
    from pipelines_portal.keys.clients import client_for

    client, one = client_for(saved_key), "pk_live_" + "1" * 40
    SavedKey.objects.get().replace_with(one, "", person)
    scripted_api.script = [error(401, "invalid_api_key", "No")]
    with pytest.raises(Unauthorized):
        client.workflow(42)
    assert SavedKey.objects.get().rejected_at is None
