"""What nothing left of is in no list: it is the draft of a form, or a step of a wizard."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission, UnattributedTask
from pipelines_portal.submissions.retention import delete_unsent_drafts
from pipelines_portal.uploads.models import Stage
from tests.each_case import each_case
from tests.factories import Desk, browser_of, make_person, make_team, make_upload, share_key
from tests.pages import text_of

LIST, LEAD = "/submissions/", "lead@acme.example"
LONG_AGO = timedelta(days=40)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The desk of somebody who sends through a team."""
    share_key(desk.key, make_team(desk.person, lead=make_person(LEAD)))
    return desk


def lists_of(desk: Desk) -> dict[str, str]:
    """Everything that shows a person what was sent, and what of it their lead sees."""
    lead = User.objects.get(email=LEAD)
    exported: Any = desk.browser.post(f"{LIST}export.csv")
    return {
        "submissions": text_of(desk.browser.get(LIST)),
        "those not sent": text_of(desk.browser.get(LIST, {"status": "draft"})),
        "team": text_of(browser_of(lead).get(LIST, {"who": "team"})),
        "export": b"".join(exported.streaming_content).decode(),
    }


def is_shown(desk: Desk, submission: Submission) -> set[bool]:
    return {str(submission.pk) in shown for shown in lists_of(desk).values()}


def test_a_draft_that_was_never_sent_is_in_no_list(desk: Desk) -> None:
    assert is_shown(desk, desk.draft()) == {False}


def test_a_try_that_failed_for_sure_is_in_no_list(desk: Desk) -> None:
    """Its values stay at its own address."""
    draft = desk.draft()
    tried = {"attempt": 1, "sent_at": timezone.now(), "reason": "Connection refused. Nothing was created."}
    Submission.objects.filter(pk=draft.pk).update(**tried)
    assert is_shown(desk, draft) == {False}
    assert "Send 1 row" in text_of(desk.browser.get(f"{LIST}{draft.pk}/"))


@each_case(
    "values",
    [
        {"status": "unconfirmed"},
        {"status": "sending"},
        {"status": "rejected"},
        {"is_earlier_try_uncertain": True},
        {"is_decided_by_person": True},
    ],
)
def test_what_left_or_may_have_is_in_every_list(desk: Desk, values: dict[str, Any]) -> None:
    draft = desk.draft()
    now = timezone.now()
    sending = {"attempt": 1, "sent_at": now, "sending_until": now + timedelta(hours=1)}
    Submission.objects.filter(pk=draft.pk).update(**sending | values)
    draft.record_teams()
    shown = lists_of(desk)
    del shown["those not sent"]
    assert {name for name, text in shown.items() if str(draft.pk) not in text} == set()


def test_a_draft_whose_earlier_try_made_tasks_is_in_every_list(desk: Desk) -> None:
    draft = desk.draft()
    UnattributedTask.objects.create(submission=draft, task_id=7)
    draft.record_teams()
    assert is_shown(desk, draft) == {True}


@each_case(("stage", "is_listed"), [(Stage.CHOSEN, False), (Stage.UPLOADING, True), (Stage.STORED, True)])
def test_an_archive_is_listed_once_it_is_on_its_way(desk: Desk, stage: Stage, is_listed: bool) -> None:
    assert is_shown(desk, make_upload(desk, stage).submission) == {is_listed}


def test_an_archive_that_came_back_with_a_problem_is_listed(desk: Desk) -> None:
    """Whoever sent it learns why, also when the page was closed."""
    upload = make_upload(desk, problem="Pipelines no longer knows this upload.")
    upload.submission.record_teams()
    assert is_shown(desk, upload.submission) == {True}


def test_what_was_tried_in_vain_goes_after_a_month(desk: Desk) -> None:
    old, recent, uncertain = desk.draft(), desk.draft(), desk.draft()
    long_ago = timezone.now() - LONG_AGO
    tried = Submission.objects.filter(pk__in=[old.pk, uncertain.pk, recent.pk])
    tried.update(attempt=1, created_at=long_ago, sent_at=long_ago)
    Submission.objects.filter(pk=uncertain.pk).update(is_earlier_try_uncertain=True)
    Submission.objects.filter(pk=recent.pk).update(sent_at=timezone.now() - timedelta(days=2))
    assert delete_unsent_drafts() == 1
    assert set(Submission.objects.values_list("pk", flat=True)) == {recent.pk, uncertain.pk}
