"""The first page of the ledger looks again by itself, as the task list does."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.conftest import PAUSED
from tests.factories import Desk, make_index, make_task, open_workflow, send
from tests.fake_api import FakeApi
from tests.pages import text_of

LIST = "/submissions/"
POLL = {"HX-Request": "true", "HX-Target": "submission-page", "HX-Trigger": "submission-page"}


def poll_of(shown: Any) -> str:
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every', text_of(shown))
    return LIST + unescape(found[1]) if found else ""


def sent(person: Any, workflow: Any, text: str) -> Submission:
    draft = Submission.objects.draft(person, workflow, [{"text": text}], uuid4(), "zip")
    Submission.objects.filter(pk=draft.pk).update(status="sending")
    return draft


def test_nothing_new_is_204_and_a_change_comes_in_place(page: Any, saved_key: SavedKey, person: Any) -> None:
    draft = sent(person, open_workflow(saved_key, PAUSED), "First")
    shown = page.get(LIST)
    assert "Live" in text_of(shown)
    assert page.get(poll_of(shown), headers=POLL).status_code == 204
    Submission.objects.filter(pk=draft.pk).update(status="created", success_count=1)
    changed = page.get(poll_of(shown), headers=POLL)
    assert changed.status_code == 200
    assert "Created" in text_of(changed)
    assert page.get(poll_of(changed), headers=POLL).status_code == 204


def test_an_empty_ledger_looks_too(page: Any, saved_key: SavedKey, person: Any) -> None:
    shown = page.get(LIST)
    assert page.get(poll_of(shown), headers=POLL).status_code == 204
    draft = sent(person, open_workflow(saved_key, PAUSED), "First")
    assert str(draft.pk) in text_of(page.get(poll_of(shown), headers=POLL))


def test_new_ones_are_announced_until_they_are_asked_for(page: Any, saved_key: SavedKey, person: Any) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    old = sent(person, workflow, "Old")
    shown = page.get(LIST)
    new = sent(person, workflow, "New")
    polled = page.get(poll_of(shown), headers=POLL)
    assert "1 new" in text_of(polled)
    assert str(old.pk) in text_of(polled)
    assert f"/submissions/{new.pk}/" not in text_of(polled)
    assert page.get(poll_of(polled), headers=POLL).status_code == 204
    asked_for = page.get(LIST, headers={"HX-Request": "true", "HX-Target": "submission-page"})
    assert f"/submissions/{new.pk}/" in text_of(asked_for) and "<html" not in text_of(asked_for)


def test_nonsense_on_top_shows_all(page: Any, saved_key: SavedKey, person: Any) -> None:
    draft = sent(person, open_workflow(saved_key, PAUSED), "One")
    for top in ("nonsense", str(uuid4()), ""):
        assert f"/submissions/{draft.pk}/" in text_of(page.get(f"{LIST}?seen=x&top={top}", headers=POLL))


def test_it_can_be_switched_off(page: Any, person: Any) -> None:
    User.objects.filter(pk=person.pk).update(reads_live=False)
    shown = page.get(LIST)
    assert poll_of(shown) == ""
    assert 'class="when-live"' not in text_of(shown)


def test_tasks_that_begin_to_need_attention_come_in_place(desk: Desk, api: FakeApi) -> None:
    row = send(desk.draft({"input_text": "Hello", "target_language": "French"}), desk.client).rows.get()
    shown = desk.browser.get(LIST)
    assert desk.browser.get(poll_of(shown), headers=POLL).status_code == 204
    make_index(desk.workflow, [make_task(row.task_id or 0, "failed", timezone.now())])
    changed = desk.browser.get(poll_of(shown), headers=POLL)
    assert "1 needs attention" in text_of(changed)
    assert desk.browser.get(poll_of(changed), headers=POLL).status_code == 204
