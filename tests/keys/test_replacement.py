"""The replacement of a key, which needs a key that reaches every workflow and can be undone for UNDO_HOURS."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import UNDO_HOURS, ReplacedKey, SavedKey
from pipelines_portal.keys.replacement import delete_old_replaced_keys
from tests.conftest import ACME, OTHER, PAUSED
from tests.factories import make_colleague, make_stranger, open_workflow, save_key
from tests.fake_api import FakeApi, answer, error, fake_api, silence


def post(page: Any, key: Any, text: str, **more: Any) -> Any:
    return page.post(f"/keys/{key.pk}/replace/", {"key": text, "expiry": "90"}, **more)


def test_a_key_is_replaced_and_restored(page: Any, saved_key: Any, org_key: str, api: FakeApi) -> None:
    new_key = api.new_key(ACME)
    open_workflow(saved_key), open_workflow(saved_key, PAUSED)
    SavedKey.objects.update(rejected_at=timezone.now(), creator_gone_at=timezone.now())
    html = post(page, saved_key, new_key, follow=True).content.decode()
    saved = SavedKey.objects.get()
    assert (saved.pk, saved.decrypt(), saved.rejected_at, saved.creator_gone_at) == (saved_key.pk, new_key, None, None)
    assert saved.workflows.count() == 2 and saved.expiry == "90"
    assert f"The old key …{org_key[-4:]}" in html and "Active" in html and f"for {UNDO_HOURS} hours" in html
    assert new_key not in html and org_key not in html
    page.post(f"/keys/{saved_key.pk}/undo/")
    assert SavedKey.objects.get().decrypt() == org_key
    assert not ReplacedKey.objects.exists()
    verbs = list(Event.objects.order_by("at", "id").values_list("verb", flat=True))
    assert verbs == ["key-replaced", "key-replace-undone"]
    events = str(list(Event.objects.values()))
    assert new_key not in events and org_key not in events


def test_a_key_of_another_organization_changes_nothing(page: Any, saved_key: Any, api: FakeApi) -> None:
    open_workflow(saved_key, name="French translations")
    refused = post(page, saved_key, api.new_key(OTHER))
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "can’t open these workflows" in html and "French translations" in html and "Key not replaced" in html
    assert SavedKey.objects.get().fingerprint == saved_key.fingerprint
    assert not ReplacedKey.objects.exists() and not Event.objects.exists()


def test_a_rejected_key_changes_nothing(page: Any, saved_key: Any, api: FakeApi) -> None:
    dead = api.new_key(ACME)
    api.revoke(dead)
    refused = post(page, saved_key, dead)
    assert refused.status_code == 422 and "Pipelines rejected this key" in refused.content.decode()
    assert post(page, saved_key, saved_key.decrypt()).status_code == 422


def test_workflows_without_an_answer_in_time_change_nothing(
    page: Any, saved_key: Any, api: FakeApi, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_key = api.new_key(ACME)
    open_workflow(saved_key, name="Slow one")
    monkeypatch.setattr("pipelines_portal.keys.replacement.DEADLINE_SECONDS", 0.5)
    with fake_api(error(404, "not_found", "No")) as scripted_api:
        scripted_api.routes["/workflows/42 "] = silence
        settings.PIPELINES_API_URL = scripted_api.url
        html = post(page, saved_key, new_key).content.decode()
        for thread in threading.enumerate():
            if "ThreadPool" in thread.name:
                thread.join(20)
    assert "we couldn’t test these workflows" in html and "Slow one" in html
    assert SavedKey.objects.get().fingerprint == saved_key.fingerprint


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
    assert ReplacedKey.objects.get().fingerprint == saved_key.fingerprint


def test_no_undo_after_a_second_replacement_a_new_owner_or_undo_hours(person: Any, saved_key: Any) -> None:
    colleague = make_colleague()
    one, two = "pk_live_" + "1" * 40, "pk_live_" + "2" * 40
    SavedKey.objects.get().replace_with(one, "", person)
    stale = SavedKey.objects.get()
    SavedKey.objects.get().replace_with(two, "", person)
    assert not stale.undo_replacement(person)
    SavedKey.objects.select_related("owner").get().transfer(colleague, person)
    assert not SavedKey.objects.get().undo_replacement(person)
    ReplacedKey.objects.update(replaced_at=timezone.now() - timedelta(hours=UNDO_HOURS + 1))
    assert not SavedKey.objects.get().undo_replacement(colleague)
    assert delete_old_replaced_keys() == 1
    assert SavedKey.objects.get().decrypt() == two


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


def test_the_page_asks_each_workflow_once(page: Any, saved_key: Any, api: FakeApi, scripted_api: FakeApi) -> None:
    new_key = api.new_key(ACME)
    for number in range(1, 21):
        open_workflow(saved_key, number)
    scripted_api.script = [answer(200, {"id": 42, "name": "Any", "status": "ACTIVE"})]
    assert post(page, saved_key, new_key).status_code == 302
    assert len(scripted_api.requests) == 21
