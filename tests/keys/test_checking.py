"""Whether a key works: asked when it is saved, and whenever someone wants to know."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import ConnectionFailed, NotSent
from pipelines_portal.audit.models import Event
from pipelines_portal.keys.checking import KeyVerdict
from pipelines_portal.keys.clients import check_client_for
from pipelines_portal.keys.expiry import Expiry
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import state_of
from pipelines_portal.web.api_connection import transport
from tests.conftest import ACME
from tests.each_case import each_case
from tests.factories import end_of_day, open_workflow, save_key
from tests.fake_api import Answer, FakeApi, answer, error, hang_up
from tests.keys.clients import browser_as
from tests.pages import text_of

KEY = "pk_live_" + "0123456789" * 4
DEAD = error(401, "invalid_api_key", "Invalid API key")


def test_a_revoked_key_is_refused_at_its_field_and_the_name_survives(page: Any, api: FakeApi) -> None:
    dead = api.new_key(ACME)
    api.revoke(dead)
    refused = page.post("/keys/", {"name": "My name for it", "key": dead, "expiry": "90"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Pipelines rejected this key" in html and "My name for it" in html and '"90" selected' in html
    # Pipelines shows a key only once, so what was typed stays in the field, and nowhere else.
    assert html.count(dead) == 1 and not SavedKey.objects.exists()


def test_a_live_key_is_saved_as_working(page: Any, org_key: str) -> None:
    html = page.post("/keys/", {"name": "Acme", "key": org_key, "expiry": "30"}, follow=True).content.decode()
    assert "Key added. Now add a workflow" in html
    saved = SavedKey.objects.get()
    assert (state_of(saved).name, saved.expires_at is not None, saved.rejected_at) == ("works", True, None)
    assert saved.expires_at - timezone.now() > timedelta(days=29, hours=23)
    assert Event.objects.get(verb="key-saved").detail == {"check": "works"}


@pytest.mark.parametrize(
    "fault",
    [hang_up, error(429, "rate_limit_exceeded", "Slow down", retry_after=30), answer(502, text="<h1>Bad gateway</h1>")],
    ids=["hangs up", "limited", "gateway"],
)
def test_a_key_that_nothing_is_known_of_is_saved_and_says_so(page: Any, scripted_api: FakeApi, fault: Answer) -> None:
    scripted_api.script = [fault]
    html = page.post("/keys/", {"name": "Acme", "key": KEY}, follow=True).content.decode()
    assert "Key added, but not checked" in html
    assert state_of(SavedKey.objects.get()).name == "unchecked"
    assert "Not checked" in page.get("/keys/").content.decode()


@pytest.mark.parametrize("live", [error(404, "not_found", "No"), error(403, "forbidden", "No"), answer(200, {"id": 1})])
def test_any_other_answer_is_that_of_a_live_key(person: Any, scripted_api: FakeApi, live: Answer) -> None:
    if "id" in str(live):
        live = answer(200, {"id": 1, "name": "There", "status": "ACTIVE"})
    key = save_key(person, KEY)
    scripted_api.script = [live]
    verdict, _ = key.check_with(check_client_for(key), person)
    key.refresh_from_db()
    assert (verdict in (KeyVerdict.WORKS, KeyVerdict.UNKNOWN), key.rejected_at) == (True, None)


def test_a_check_clears_and_sets_the_rejection(
    page: Any, saved_key: Any, settings: Any, before_api: Any, scripted_api: FakeApi
) -> None:
    address = f"/keys/{saved_key.pk}/"
    scripted_api.script = [DEAD]
    html = page.post(f"{address}check/", follow=True).content.decode()
    assert "Rejected" in html and "Replace it to continue" in html
    settings.PIPELINES_API_URL = before_api.url
    html = page.post(f"{address}check/", follow=True).content.decode()
    assert "Key “Acme” is active" in html and "Rejected" not in html
    verbs = list(Event.objects.order_by("at", "id").values_list("verb", flat=True))
    assert verbs == ["key-rejected", "key-checked", "key-checked"]
    assert [event.detail["result"] for event in Event.objects.filter(verb="key-checked").order_by("at")] == [
        "rejected", "works",
    ]  # fmt: skip


def test_a_check_that_has_to_wait_says_so(page: Any, saved_key: Any, scripted_api: FakeApi) -> None:
    scripted_api.script = [error(429, "rate_limit_exceeded", "Slow down", retry_after=23)]
    html = page.post(f"/keys/{saved_key.pk}/check/", follow=True).content.decode()
    assert "Try again in 23 s." in html and 'data-wait="23"' in html


def test_a_check_asks_during_a_pause_and_ends_it(page: Any, saved_key: Any, api: FakeApi) -> None:
    SavedKey.objects.update(paused_until=timezone.now() + timedelta(minutes=5))
    html = page.post(f"/keys/{saved_key.pk}/check/", follow=True).content.decode()
    assert "Key “Acme” is active" in html
    assert len(api.calls("GET", "/workflows/")) == 1
    saved_key.refresh_from_db()
    assert saved_key.paused_until is None


def test_a_check_asks_an_api_that_has_not_answered_lately(
    page: Any, saved_key: Any, api: FakeApi, no_pauses: None
) -> None:
    """Three time-outs in a row open the circuit for all other calls of the process."""
    api.fail("slow", times=3)
    for _ in range(3):
        with pytest.raises(ConnectionFailed):
            transport().send("GET", "/workflows/42", key="k")
    with pytest.raises(NotSent):
        transport().send("GET", "/workflows/42", key="k")
    html = page.post(f"/keys/{saved_key.pk}/check/", follow=True).content.decode()
    assert "Key “Acme” is active" in html


def test_who_borrowed_it_is_told_whom_to_ask(before_api: FakeApi, saved_key: Any) -> None:
    SavedKey.objects.update(rejected_at=timezone.now())
    client = browser_as("shared", saved_key)
    html = client.get(f"/keys/{saved_key.pk}/").content.decode()
    assert "Ask its owner, maria@acme.example" in html and "Replace" not in html
    assert "Rejected" in client.get("/keys/").content.decode()


@pytest.mark.parametrize("problem", ["rejected_at", "creator_gone_at", "expires_at"])
def test_an_owner_who_became_a_viewer_is_told_to_transfer_it(
    page: Any, person: Any, saved_key: Any, problem: str
) -> None:
    """Viewers replace no keys, also not on Home."""
    SavedKey.objects.update(**{problem: timezone.now() + timedelta(hours=1)})
    assert "Viewers" not in text_of(page.get(f"/keys/{saved_key.pk}/"))
    type(person).objects.update(role="viewer")
    page.force_login(type(person).objects.get())
    html = text_of(page.get(f"/keys/{saved_key.pk}/"))
    assert "Viewers can’t replace keys. Transfer it to someone who can." in html and "#replace" not in html
    assert "Transfer ownership" in html and "Replace key" not in text_of(page.get("/"))


@each_case(("days", "banner"), [(14, "in 14 days"), (7, "in 7 days"), (1, "tomorrow"), (0, "today"), (20, "")])
def test_a_key_that_ends_soon_says_so_on_its_pages(page: Any, saved_key: SavedKey, days: int, banner: str) -> None:
    workflow = open_workflow(saved_key)
    SavedKey.objects.update(expires_at=end_of_day(days), expiry=Expiry.DAYS_90)
    for address in ("", "workflows/", "workflows/42/fields/")[: 3 if days == 14 else 1]:
        html = page.get(f"/keys/{workflow.key_id}/{address}").content.decode()
        assert (f"This key expires {banner}" in html) is bool(banner)


def test_when_it_expires_is_said_later_too(page: Any, saved_key: Any) -> None:
    address = f"/keys/{saved_key.pk}/expiry/"
    made_on = timezone.localdate() - timedelta(days=84)
    page.post(address, {"expiry": "90", "made_on": made_on.isoformat()})
    saved_key.refresh_from_db()
    assert state_of(saved_key).word == "Expires in 6 days"
    assert page.post(address, {"expiry": "90", "made_on": "2001-01-01"}).status_code == 422
    assert page.post(address, {"expiry": "7"}).status_code == 422
    page.post(address, {"expiry": "never"})
    saved_key.refresh_from_db()
    assert (saved_key.expires_at, saved_key.expiry) == (None, "never")
    assert Event.objects.filter(verb="key-expiry-said").count() == 2
