"""What comes late: an answer to a key that was replaced, the removal of a key that is in use."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import PipelinesError
from pipelines_portal.keys.checking import KeyVerdict
from pipelines_portal.keys.models import PooledAnswer, SavedKey
from tests.factories import make_colleague, open_workflow, save_key
from tests.fake_api import FakeApi, Reply, Request, answer, error, task_list
from tests.keys.clients import client_of

from .test_rate_limiter import DEAD, POLL, busy

GONE = error(422, "validation_error", "The user who created this API key is no longer a member")
FRENCH = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})


@pytest.mark.parametrize("late", [busy(3000), DEAD, GONE], ids=["429", "401", "422"])
def test_what_the_key_before_was_told_says_nothing_of_the_one_in_its_place(
    scripted_api: FakeApi, late: Any, saved_key: Any
) -> None:
    client = client_of(saved_key)
    scripted_api.script = [late]
    SavedKey.objects.update(fingerprint="of another")
    with pytest.raises(PipelinesError):
        client.start_upload(42, file_size_bytes=1)
    saved_key.refresh_from_db()
    assert (saved_key.paused_until, saved_key.rejected_at, saved_key.creator_gone_at) == (None, None, None)


def test_a_pause_promises_nothing_to_whoever_sends(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    """The list refreshes itself again; nothing that was not sent is sent."""
    open_workflow(saved_key)
    address = f"/keys/{SavedKey.objects.get().pk}/workflows/42/tasks/"
    SavedKey.objects.update(paused_until=timezone.now() + timedelta(seconds=50))
    assert "Updates resume automatically" in page.get(address, headers=POLL).content.decode()
    refused = page.post(f"{address}new/", {"field-a": "typed"})
    assert refused.status_code == 429
    html = refused.content.decode()
    assert "Updates resume automatically" not in html and "You can continue in" in html and "typed" in html


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("asked", "address", "form"),
    [
        ("/schema", "", {"workflow": "42"}),
        ("/schema", "42/tasks/new/", {"field-a": "Hello"}),
        ("/tasks", "42/tasks/", None),
    ],
    ids=["opening", "sending", "reading"],
)
def test_a_key_removed_while_the_api_is_asked_is_told(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, asked: str, address: str, form: Any
) -> None:
    open_workflow(saved_key)
    scripted_api.script = [FRENCH]
    then = task_list() if form is None else answer(200, {"fields": [{"name": "a", "title": "A", "type": "text"}]})
    scripted_api.routes = {asked: _when_removed(then)}
    place = f"/keys/{SavedKey.objects.get().pk}/workflows/{address}"
    page.raise_request_exception = False
    shown = page.get(place) if form is None else page.post(place, form)
    if form is None:
        assert shown.status_code == 200
        return
    assert (shown.status_code, "removed this key" in shown.content.decode()) == (404, True)
    assert not any(request.method == "POST" for request in scripted_api.requests)


def _when_removed(then: Reply) -> Callable[[Request], Reply]:
    def reply(request: Request) -> Reply:
        SavedKey.objects.all().delete()
        return then

    return reply


def test_who_waited_for_another_goes_by_what_that_one_met(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process got a 401, so this one does not ask the API with the rejected key."""
    open_workflow(saved_key)
    address = f"/keys/{SavedKey.objects.get().pk}/workflows/42/tasks/"
    page.get(address)
    asked = len(scripted_api.requests)
    PooledAnswer.objects.update(fetched_at=None, claimed_until=timezone.now() + timedelta(seconds=10))

    def meanwhile(seconds: float) -> None:
        SavedKey.objects.update(rejected_at=timezone.now())
        PooledAnswer.objects.update(claimed_until=None)

    monkeypatch.setattr("pipelines_portal.keys.pooled_answers.time.sleep", meanwhile)
    assert page.get(address, headers=POLL).status_code == 286
    assert len(scripted_api.requests) == asked


def test_a_key_transferred_meanwhile_is_not_stopped_sharing_by_saving_it_again(
    page: Any, saved_key: Any, org_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key could not be decrypted. While the API checked it, an administrator handed it over to somebody else."""
    colleague = make_colleague()
    SavedKey.objects.update(encrypted_key=b"under another encryption key")

    def check(text: str) -> tuple[KeyVerdict, None]:
        SavedKey.objects.update(owner=colleague)
        return KeyVerdict.WORKS, None

    monkeypatch.setattr("pipelines_portal.keys.views.check_text", check)
    refused = page.post("/keys/", {"name": "Mine", "key": org_key})
    assert refused.status_code == 422
    assert "Ask ben@acme.example to share it with you" in refused.content.decode()
    saved_key.refresh_from_db()
    assert (saved_key.owner, saved_key.name) == (colleague, "Acme")


def test_two_who_save_the_same_key_at_once_are_told_whose_it_is(
    page: Any, org_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleague = make_colleague()

    def check(text: str) -> tuple[KeyVerdict, None]:
        save_key(colleague, org_key, "Ben's")
        return KeyVerdict.WORKS, None

    monkeypatch.setattr("pipelines_portal.keys.views.check_text", check)
    refused = page.post("/keys/", {"name": "Mine", "key": org_key})
    assert refused.status_code == 422
    assert "Ask ben@acme.example" in refused.content.decode()
    assert SavedKey.objects.get().owner == colleague
