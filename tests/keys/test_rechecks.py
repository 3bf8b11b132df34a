"""The worker asks again about rejected keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import KeyNotReceived
from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import SavedKey, next_recheck
from pipelines_portal.keys.rechecks import recheck_rejected_keys
from pipelines_portal.keys.signals import key_became_usable
from tests.factories import open_workflow
from tests.fake_api import FakeApi, Reply, Request, error, hang_up
from tests.pages import text_of

from .clients import client_of

DEAD = error(401, "invalid_api_key", "Invalid API key")
LIVE = error(404, "not_found", "Workflow not found")


def reject(key: SavedKey, *, minutes_ago: float = 1.1) -> SavedKey:
    """Let the API have rejected the key, and the first check be due."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    SavedKey.objects.filter(pk=key.pk).update(rejected_at=at, recheck_at=next_recheck(at, at))
    key.refresh_from_db()
    return key


def test_a_rejected_key_is_checked_after_1_5_and_15_minutes_and_then_hourly() -> None:
    at = timezone.now()
    minutes = []
    now = at
    for _ in range(5):
        now = next_recheck(at, now)
        minutes.append((now - at).total_seconds() / 60)
    assert minutes == [1, 5, 15, 75, 135]


def test_a_401_sets_when_it_is_checked_again(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    scripted_api.script = [DEAD]
    with pytest.raises(Exception, match="401"):
        client_of(saved_key).list_tasks(42)
    saved_key.refresh_from_db()
    assert saved_key.rejected_at and saved_key.recheck_at == saved_key.rejected_at + timedelta(minutes=1)
    recheck_rejected_keys()
    assert len(scripted_api.requests) == 1, "it is not due yet"


def test_a_key_that_works_again_needs_no_person(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    usable: list[Any] = []
    key_became_usable.connect(lambda **given: usable.append(given["key"].pk), weak=False, dispatch_uid="test")
    try:
        reject(saved_key)
        scripted_api.script = [LIVE]
        recheck_rejected_keys()
    finally:
        key_became_usable.disconnect(dispatch_uid="test")
    saved_key.refresh_from_db()
    assert (saved_key.rejected_at, saved_key.recheck_at, usable) == (None, None, [saved_key.pk])
    assert [request.method for request in scripted_api.requests] == ["GET"]
    event = Event.objects.get(verb="key-checked")
    assert (event.actor_id, event.detail["result"]) == (None, "works")
    recheck_rejected_keys()
    assert len(scripted_api.requests) == 1


@pytest.mark.parametrize("fault", [DEAD, hang_up, error(503, "service_unavailable", "Down")])
def test_a_key_that_does_not_work_stays_rejected(saved_key: SavedKey, scripted_api: FakeApi, fault: Any) -> None:
    at = reject(saved_key).rejected_at
    scripted_api.script = [fault]
    for _ in range(2):
        recheck_rejected_keys()
    saved_key.refresh_from_db()
    assert saved_key.rejected_at == at and len(scripted_api.requests) == 1
    assert saved_key.recheck_at is not None and at is not None
    assert saved_key.recheck_at == at + timedelta(minutes=5)
    assert not Event.objects.filter(verb="key-checked").exists()


def test_one_of_two_workers_asks(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    """The second worker looks while the first one waits for the answer."""
    reject(saved_key)

    def look(request: Request) -> Reply:
        recheck_rejected_keys()
        return DEAD

    scripted_api.script = [look]
    recheck_rejected_keys()
    assert len(scripted_api.requests) == 1


def test_a_key_that_was_replaced_meanwhile_keeps_its_state(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    reject(saved_key)

    def replace(request: Request) -> Reply:
        SavedKey.objects.update(fingerprint="another", rejected_at=timezone.now())
        return LIVE

    scripted_api.script = [replace]
    recheck_rejected_keys()
    saved_key.refresh_from_db()
    assert saved_key.rejected_at is not None


def test_pages_say_since_when_and_when_it_is_checked(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    reject(saved_key)
    SavedKey.objects.update(recheck_at=timezone.now() + timedelta(days=400))
    for address in (f"/keys/{saved_key.pk}/", f"/keys/{saved_key.pk}/workflows/42/tasks/"):
        html = text_of(page.get(address))
        assert "Rejected since " in html and "We’ll ask Pipelines again at " in html
    SavedKey.objects.update(recheck_at=None)
    assert "We’ll ask Pipelines again soon." in text_of(page.get(f"/keys/{workflow.key_id}/"))


def test_a_request_that_arrives_without_its_key_does_not_reject_the_key(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    """A proxy on the way removes the header: replacing the key would be of no help."""
    scripted_api.script = [error(401, "missing_api_key", "No API key")]
    workflow = open_workflow(saved_key)
    with pytest.raises(KeyNotReceived):
        client_of(saved_key).list_tasks(42)
    html = text_of(page.get(f"/keys/{workflow.key_id}/workflows/42/tasks/"))
    assert "The API key didn’t reach Pipelines" in html and "Replace" not in html
    checked = text_of(page.post(f"/keys/{saved_key.pk}/check/", follow=True))
    assert "Couldn’t check the key" in checked
    saved_key.refresh_from_db()
    assert saved_key.rejected_at is None
