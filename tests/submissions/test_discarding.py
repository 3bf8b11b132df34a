"""Drafts go when a person says so, or by themselves after a day; nothing goes of which something may have left."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from pipelines_portal.submissions.models import Submission, UnattributedTask
from pipelines_portal.submissions.outcomes import Outcome
from pipelines_portal.submissions.retention import delete_unsent_drafts
from pipelines_portal.uploads.models import Stage, ZipUpload
from tests.each_case import each_case
from tests.factories import GOOD, Desk, send
from tests.fake_api import FakeApi, Plan
from tests.pages import text_of
from tests.submissions.search.sending import count_entries

LONG_AGO = timezone.now() - timedelta(days=2)


def post(desk: Desk, submission: Submission) -> Any:
    return desk.browser.post(f"/submissions/{submission.pk}/discard/", follow=True)


def is_there(submission: Submission) -> bool:
    return Submission.objects.filter(pk=submission.pk).exists()


def test_a_draft_is_discarded_by_its_button(desk: Desk) -> None:
    """Also in the list, where one stands that was sent and that a person called a draft again."""
    draft = desk.draft()
    Submission.objects.filter(pk=draft.pk).update(is_decided_by_person=True)
    assert f"/submissions/{draft.pk}/discard/" in desk.browser.get("/submissions/").content.decode()
    assert f"/submissions/{draft.pk}/discard/" in desk.browser.get(f"/submissions/{draft.pk}/").content.decode()
    assert "Discarded: " in post(desk, draft).content.decode()
    assert not is_there(draft)


@pytest.mark.parametrize(
    ("kind", "group", "is_called_off", "is_of_import"),
    [("import", uuid4(), False, True), ("import", None, True, True), ("import", None, False, False),
     ("form", None, False, False)],
)  # fmt: skip
def test_a_removed_import_owns_none_of_its_requests(
    kind: str, group: UUID | None, is_called_off: bool, is_of_import: bool
) -> None:
    assert Submission(kind=kind, group=group, is_called_off=is_called_off).is_of_import is is_of_import


@each_case("status", ["sending", "created", "partly_created", "rejected", "unconfirmed"])
def test_what_is_no_draft_stays(desk: Desk, status: str) -> None:
    submission = desk.draft()
    Submission.objects.filter(pk=submission.pk).update(status=status, sending_until=timezone.now() + timedelta(hours=1))
    assert "Not discarded" in post(desk, submission).content.decode()
    assert is_there(submission)


def test_what_may_have_made_tasks_stays(desk: Desk) -> None:
    submission = desk.draft()
    UnattributedTask.objects.create(submission=submission, task_id=1)
    assert "Not discarded" in post(desk, submission).content.decode()
    assert is_there(submission)


@each_case(
    ("doubt", "is_declared", "hours", "goes"),
    [
        ("is_decided_by_person", False, 0.9, False),
        ("is_decided_by_person", False, 1.1, True),
        ("is_decided_by_person", True, 24.9, False),
        ("is_decided_by_person", True, 25.1, True),
        ("is_earlier_try_uncertain", False, 0.9, False),
    ],
)
def test_what_may_still_be_answered_stays(desk: Desk, doubt: str, is_declared: bool, hours: float, goes: bool) -> None:
    """A person decided that nothing was created. Where a request is sent again, that lasts for a day."""
    sent_at = timezone.now() - timedelta(hours=hours)
    draft = desk.draft()
    Submission.objects.filter(pk=draft.pk).update(
        attempt=1, sent_at=sent_at, first_sent_at=sent_at, is_declared=is_declared, **{doubt: True}
    )
    html = text_of(desk.browser.get(f"/submissions/{draft.pk}/"))
    assert ("You can discard it from" in html) is not goes
    post(desk, draft)
    assert is_there(draft) is not goes


def test_a_draft_that_was_tried_goes_from_the_search_index_too(desk: Desk) -> None:
    draft = desk.draft()
    assert draft.claim(0, until=None) and draft.record(Outcome("draft")) and count_entries() == 1
    assert draft.discard(desk.person) and not is_there(draft) and count_entries() == 0


def test_one_that_leaves_at_the_same_moment_stays(desk: Desk) -> None:
    draft = desk.draft()
    as_read = Submission.objects.get(pk=draft.pk)
    assert draft.claim(0, until=timezone.now() + timedelta(hours=1))
    assert not as_read.discard(desk.person)
    assert is_there(draft)


@each_case(
    ("stage", "goes"), [(Stage.CHOSEN, True), (Stage.CANCELLED, True), (Stage.UPLOADING, False), (Stage.STORED, False)]
)
def test_an_archive_that_may_be_on_its_way_stays(desk: Desk, stage: str, goes: bool) -> None:
    draft = desk.draft(kind="zip")
    ZipUpload.objects.create(submission=draft, file_name="a.zip", size_bytes=1, task_count=1, stage=stage)
    post(desk, draft)
    assert is_there(draft) is not goes


def test_what_nobody_tried_to_send_goes_after_a_day(desk: Desk) -> None:
    old, young, tried, done = desk.draft(), desk.draft(), desk.draft(), send(desk.draft(), desk.client)
    Submission.objects.exclude(pk=young.pk).update(created_at=LONG_AGO)
    Submission.objects.filter(pk=tried.pk).update(attempt=1)
    assert delete_unsent_drafts() == 1
    assert [is_there(each) for each in (old, young, tried, done)] == [False, True, True, True]
    assert delete_unsent_drafts() == 0


def test_what_is_discarded_while_another_window_sends_it_is_said(desk: Desk, before_api: FakeApi) -> None:
    submission = desk.draft(GOOD)
    before_api.plans.append(Plan(before=lambda: submission.discard(desk.person), on="GET .*/tasks"))
    shown = desk.browser.post(f"/submissions/{submission.pk}/send/", follow=True)
    assert "Not sent. It was discarded in another window." in text_of(shown)
    assert shown.status_code == 200 and not before_api.calls("POST")
