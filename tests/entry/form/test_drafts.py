"""What is typed is kept before it is sent: by person and workflow, and never lost in silence."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from pipelines_portal.entry.form.drafts import forget_old_typed
from pipelines_portal.entry.models.form import TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.factories import make_colleague, make_team, open_workflow, share_key
from tests.fake_api import FakeApi

from .test_new import GOOD, address, newest


def save(page: Any, workflow: Any, **more: Any) -> Any:
    return page.post(f"{address(workflow)}draft/", GOOD | {"token": uuid4()} | more)


def seen(html: str) -> str:
    found = re.search(r'name="draft_seen" value="([^"]*)"', html)
    assert found
    return found[1]


def typed_text(html: str) -> str:
    found = re.search(r'<textarea name="field-input_text"[^>]*>\s*([^<]*)</textarea>', html)
    assert found
    return found[1].strip()


def test_what_was_typed_is_back_and_was_never_sent(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """Each person has their own. A button throws it away."""
    workflow, before = open_workflow(saved_key), newest(api, org_key)["id"]
    answered = save(page, workflow, **{"field-gone": "lost words", "schema": "another"})
    assert answered.status_code == 200
    assert "Draft saved" in answered.content.decode()
    html = page.get(address(workflow)).content.decode()
    assert typed_text(html) == "Hello world"
    assert re.search(r'value="French"[^>]*checked', html)
    assert "restored" in html and "lost words" in html and "is no longer a field" in html
    assert newest(api, org_key)["id"] == before
    colleague = make_colleague()
    share_key(workflow.key, make_team(colleague))
    page.force_login(colleague)
    assert typed_text(page.get(address(workflow)).content.decode()) == ""
    page.post(f"{address(workflow)}draft/discard/")
    assert TypedDraft.objects.count() == 1
    page.force_login(workflow.key.owner)
    html = page.post(f"{address(workflow)}draft/discard/", follow=True).content.decode()
    assert "Form cleared" in html and typed_text(html) == "" and not TypedDraft.objects.exists()


def test_the_newest_save_wins_and_says_so(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    first = save(page, workflow).content.decode()
    own = save(page, workflow, draft_seen=seen(first)).content.decode()
    assert "saved elsewhere" not in own
    other = save(page, workflow, draft_seen="", **{"field-input_text": "From the phone"}).content.decode()
    assert "It replaced one from another window" in other
    assert TypedDraft.objects.count() == 1
    assert typed_text(page.get(address(workflow)).content.decode()) == "From the phone"


def test_it_is_gone_when_it_was_sent_and_a_late_save_brings_it_not_back(page: Any, saved_key: SavedKey) -> None:
    workflow, token = open_workflow(saved_key), uuid4()
    save(page, workflow, token=token)
    page.post(address(workflow), GOOD | {"token": token})
    assert not TypedDraft.objects.exists()
    assert save(page, workflow, token=token).status_code == 409
    assert not TypedDraft.objects.exists()


def test_sending_one_form_leaves_what_was_typed_elsewhere(page: Any, saved_key: SavedKey) -> None:
    """A restored draft is gone when it is sent, also without a script."""
    workflow = open_workflow(saved_key)
    save(page, workflow, **{"field-input_text": "From the phone"})
    page.post(address(workflow), GOOD | {"token": uuid4(), "draft_seen": ""})
    html = page.get(address(workflow)).content.decode()
    assert typed_text(html) == "From the phone"
    typed = GOOD | {"field-input_text": "From the phone"}
    page.post(address(workflow), typed | {"token": uuid4(), "draft_seen": seen(html)})
    assert not TypedDraft.objects.exists()


def refuse(page: Any, workflow: Any, api: FakeApi, on: str, **more: Any) -> Any:
    """Post the form while the API takes no request that matches `on`, and so creates nothing for sure."""
    api.fail("rate_limited", on=on, times=20)
    answered = page.post(address(workflow), GOOD | more)
    api.plans.clear()
    SavedKey.objects.update(paused_until=None)
    return answered


@pytest.mark.parametrize("on", ["GET .*limit=1", "POST"])
def test_a_try_that_failed_for_sure_is_the_draft_and_no_last_try(
    page: Any, saved_key: SavedKey, api: FakeApi, org_key: str, on: str
) -> None:
    """Without a script too; and it is sent once, from the page that came back or from the draft."""
    workflow, token, before = open_workflow(saved_key), uuid4(), newest(api, org_key)["id"]
    answered = refuse(page, workflow, api, on, token=token)
    assert answered.status_code == 429
    restored = page.get(address(workflow)).content.decode()
    assert "Draft from" in restored and typed_text(restored) == "Hello world"
    assert "Nothing sent from this form yet today." in restored
    again = page.post(address(workflow), GOOD | {"token": uuid4(), "draft_seen": seen(restored)}, follow=True)
    assert "created" in again.content.decode()
    assert not TypedDraft.objects.exists() and newest(api, org_key)["id"] == before + 1


def test_a_try_that_failed_for_sure_goes_out_once_from_its_own_page(
    page: Any, saved_key: SavedKey, api: FakeApi, org_key: str
) -> None:
    workflow, token, before = open_workflow(saved_key), uuid4(), newest(api, org_key)["id"]
    answered = refuse(page, workflow, api, "POST", token=token)
    seen_there = seen(answered.content.decode())
    assert seen_there == TypedDraft.objects.get().mark
    for _ in range(2):
        page.post(address(workflow), GOOD | {"token": token, "draft_seen": seen_there})
    assert newest(api, org_key)["id"] == before + 1 and not TypedDraft.objects.exists()
    assert Submission.objects.get().status == "created"


def test_a_draft_that_was_sent_from_its_submission_does_not_come_back(
    page: Any, saved_key: SavedKey, api: FakeApi
) -> None:
    workflow = open_workflow(saved_key)
    refuse(page, workflow, api, "POST", token=uuid4())
    page.post(f"/submissions/{Submission.objects.get().pk}/send/")
    assert Submission.objects.get().status == "created"
    assert "Draft from" not in page.get(address(workflow)).content.decode()


def test_what_was_posted_with_errors_is_the_draft(page: Any, saved_key: SavedKey) -> None:
    """The script saves after a pause; Create may come before it."""
    workflow = open_workflow(saved_key)
    first = save(page, workflow, **{"field-input_text": "Old"}).content.decode()
    posted = {"token": str(uuid4()), "field-input_text": "New", "field-target_language": "Klingon"}
    refused = page.post(address(workflow), posted | {"draft_seen": seen(first)})
    assert refused.status_code == 422 and TypedDraft.objects.get().mark == refused.context["draft_seen"]
    assert typed_text(page.get(address(workflow)).content.decode()) == "New"


def test_an_empty_form_is_no_draft(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    empty = {"field-input_text": "  ", "field-target_language": "", "listed-field-topics": "1", "field-topics": "One"}
    save(page, workflow, **empty)
    assert not TypedDraft.objects.exists()
    first = save(page, workflow).content.decode()
    save(page, workflow, draft_seen=seen(first), **empty)
    assert not TypedDraft.objects.exists()
    save(page, workflow, **empty, **{"send-field-topics": "1"})
    assert TypedDraft.objects.exists(), "the person chose the order"


def test_too_much_is_told(page: Any, saved_key: SavedKey) -> None:
    refused = save(page, open_workflow(saved_key), **{"field-input_text": "x" * 1_100_000})
    assert refused.status_code == 413
    assert "Too large to save as a draft" in refused.content.decode()


def test_a_draft_waits_while_a_link_fills_the_form(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    save(page, workflow)
    for asked in ("?f.input_text=Bonjour", "?f.notes=x"):
        html = page.get(f"{address(workflow)}{asked}").content.decode()
        assert typed_text(html) != "Hello world" and "Open draft" in html


def test_nobody_keeps_it_forever(page: Any, saved_key: SavedKey) -> None:
    save(page, open_workflow(saved_key))
    assert forget_old_typed() == 0
    TypedDraft.objects.update(saved_at=timezone.now() - timedelta(days=30, minutes=1))
    assert forget_old_typed() == 1
    assert not TypedDraft.objects.exists()
