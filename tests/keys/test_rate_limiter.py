"""The rate limiter of a key: after a rejection or a 429, every process stops calling with it."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import Held, KeyRejected, RateLimited, RetryPolicy, Unauthorized
from pipelines_portal.audit.models import Event
from pipelines_portal.keys.clients import background_client_for, client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import usable_key
from tests.client_calls import create_rows
from tests.factories import make_colleague, open_workflow, share_key
from tests.fake_api import FakeApi, error, task_list
from tests.keys.clients import client_of

DEAD = error(401, "invalid_api_key", "Invalid API key")
POLL = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}


def busy(seconds: int) -> Any:
    return error(429, "rate_limit_exceeded", "Slow down", retry_after=seconds)


def test_a_pause_applies_to_all_clients_for_the_seconds_of_the_429(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    scripted_api.script = [busy(17), task_list()]
    with pytest.raises(RateLimited):
        client_of(saved_key).list_tasks(42)
    with pytest.raises(Held) as held:
        client_of(saved_key).task(42, 1)
    assert held.value.retry_after in (16, 17)
    with pytest.raises(Held):
        create_rows(client_of(saved_key), 42, [{}])
    assert len(scripted_api.requests) == 1
    SavedKey.objects.update(paused_until=timezone.now())
    assert client_of(saved_key).list_tasks(42).tasks == []


def test_a_later_and_shorter_pause_does_not_end_a_longer_one(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    first, second = client_of(saved_key), client_of(saved_key)
    for client, seconds in ((first, 50), (second, 3)):
        scripted_api.script = [busy(seconds)]
        with pytest.raises(RateLimited):
            client.list_tasks(42)
    with pytest.raises(Held) as held:
        client_of(saved_key).list_tasks(42)
    assert held.value.retry_after > 40


def test_a_retry_asks_the_limiter_again(
    scripted_api: FakeApi, saved_key: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the client waited for its next try, another process got a longer pause."""
    client = client_for(usable_key(person, saved_key.pk), RetryPolicy(longest_wait=2, budget=8))
    scripted_api.script = [busy(1), task_list()]
    later = timezone.now() + timedelta(seconds=40)
    monkeypatch.setattr("time.sleep", lambda seconds: SavedKey.objects.update(paused_until=later))
    with pytest.raises(Held) as held:
        client.list_tasks(42)
    assert held.value.retry_after > 30
    assert len(scripted_api.requests) == 1


def test_the_api_is_asked_again_when_the_pause_is_over(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    scripted_api.script = [busy(1), task_list()]
    with pytest.raises(RateLimited):
        client_of(saved_key).list_tasks(42)
    time.sleep(1.05)
    assert client_of(saved_key).list_tasks(42).tasks == []


def test_no_pause_is_longer_than_ten_minutes(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    scripted_api.script = [busy(86_400)]
    with pytest.raises(RateLimited):
        client_of(saved_key).list_tasks(42)
    with pytest.raises(Held) as held:
        client_of(saved_key).list_tasks(42)
    assert 590 < held.value.retry_after <= 600


def test_a_pause_from_before_the_clock_was_set_back_is_over(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    SavedKey.objects.update(paused_until=timezone.now() + timedelta(hours=1))
    scripted_api.script = [busy(17)]
    with pytest.raises(RateLimited):
        client_of(saved_key).list_tasks(42)
    with pytest.raises(Held) as held:
        client_of(saved_key).list_tasks(42)
    assert held.value.retry_after in (16, 17), "a new pause counts"


def test_background_reads_respect_the_pause_and_do_not_count_as_use(saved_key: SavedKey, scripted_api: FakeApi) -> None:
    scripted_api.script = [task_list(), busy(30)]
    background_client_for(saved_key).list_tasks(42)
    saved_key.refresh_from_db()
    assert saved_key.last_used_at is None
    with pytest.raises(RateLimited):
        client_of(saved_key).list_tasks(42)
    saved_key.refresh_from_db()
    with pytest.raises(Held):
        background_client_for(saved_key).list_tasks(42)


def test_a_rejected_key_is_used_once(saved_key: SavedKey, scripted_api: FakeApi, person: Any) -> None:
    scripted_api.script = [DEAD]
    with pytest.raises(Unauthorized):
        client_of(saved_key).list_tasks(42)
    with pytest.raises(KeyRejected):
        client_of(saved_key).task(42, 1)
    with pytest.raises(KeyRejected):
        create_rows(client_of(saved_key), 42, [{}])
    assert len(scripted_api.requests) == 1
    assert Event.objects.get(verb="key-rejected").actor_id == person.pk


def test_the_list_stops_refreshing_and_names_the_owner_to_ask(
    page: Any, client: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    colleague = make_colleague()
    open_workflow(saved_key)
    key = SavedKey.objects.get()
    share_key(key, colleague)
    address = f"/keys/{key.pk}/workflows/42/tasks/"
    scripted_api.script = [DEAD]
    first = page.get(address, headers=POLL)
    client.force_login(colleague)
    second = client.get(address, headers=POLL)
    assert (first.status_code, second.status_code) == (286, 286)
    assert second["HX-Retarget"] == "#page-notice"
    assert "Replace it to continue" in first.content.decode()
    assert "Ask its owner, maria@acme.example, to replace it" in second.content.decode()
    assert f'action="/keys/{key.pk}/check/"' in second.content.decode()
    assert len(scripted_api.requests) == 1
    clicked = client.get(address, headers=POLL | {"HX-Trigger": "older"})
    assert (clicked.status_code, client.get(address).status_code) == (403, 403)


def test_a_pause_is_shown_and_the_list_goes_on(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    open_workflow(saved_key)
    address = f"/keys/{SavedKey.objects.get().pk}/workflows/42/tasks/"
    scripted_api.script = [busy(17), task_list()]
    assert page.get(address, headers=POLL).status_code == 429
    refused = page.get(address, headers=POLL)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) in (16, 17) and 'data-countdown="1' in refused.content.decode()
    SavedKey.objects.update(paused_until=timezone.now())
    assert page.get(address, headers=POLL).status_code == 200


def test_the_last_use_is_stored_once_a_minute(scripted_api: FakeApi, person: Any, saved_key: Any) -> None:
    client_of(saved_key).list_tasks(42)
    saved_key.refresh_from_db()
    first = saved_key.last_used_at
    client_of(saved_key).list_tasks(42)
    saved_key.refresh_from_db()
    assert (saved_key.last_used_at, saved_key.last_used_by) == (first, person)


def test_the_creator_of_the_key_left(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    open_workflow(saved_key)
    message = "The user who created this API key is no longer a member of the organization"
    scripted_api.script = [error(422, "validation_error", message)]
    from pipelines_portal.api_client import CreatorGone
    from pipelines_portal.web.error_sentences import explain

    with pytest.raises(CreatorGone) as gone:
        client_of(saved_key).start_upload(42, file_size_bytes=1)
    words = explain(gone.value)
    assert "left the organization" in words.sentence and "Replace it with a new key" in words.sentence
    html = page.get(f"/keys/{SavedKey.objects.get().pk}/").content.decode()
    assert "ZIP uploads are blocked for this key" in html


@pytest.mark.parametrize(
    "sentence",
    ["Workflow must be ACTIVE", "tasks.0: Unknown field: creator", "Invalid value for creator: left", "missing field"],
)
def test_other_refusals_do_not_mark_the_key(saved_key: SavedKey, scripted_api: FakeApi, sentence: str) -> None:
    from pipelines_portal.api_client import CreatorGone, ValidationFailed

    scripted_api.script = [error(422, "validation_error", sentence)]
    with pytest.raises(ValidationFailed) as refused:
        client_of(saved_key).start_upload(42, file_size_bytes=1)
    assert not isinstance(refused.value, CreatorGone)
