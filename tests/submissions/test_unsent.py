"""What nothing left of is in no list: it is the draft of a form, or a step of a wizard."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission, UnattributedTask
from pipelines_portal.submissions.retention import delete_unsent_drafts
from pipelines_portal.uploads.models import Stage
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


def send_as(desk: Desk, **values: Any) -> Submission:
    """Return a draft with these values, which left through the person's team."""
    draft = desk.draft()
    sending = {"attempt": 1, "sent_at": timezone.now(), "sending_until": timezone.now() + timedelta(hours=1)}
    Submission.objects.filter(pk=draft.pk).update(**sending | values)
    draft.record_teams()
    return draft


def test_what_left_or_may_have_is_in_every_list(desk: Desk) -> None:
    """Also an archive that came back with a problem: whoever sent it learns why."""
    ended = [send_as(desk, status=status) for status in ("unconfirmed", "sending", "rejected")]
    drafts = [send_as(desk, is_earlier_try_uncertain=True), send_as(desk, is_decided_by_person=True), send_as(desk)]
    UnattributedTask.objects.create(submission=drafts[-1], task_id=7)
    uploads = [make_upload(desk, Stage.UPLOADING), make_upload(desk, Stage.STORED), make_upload(desk, problem="Gone.")]
    for upload in uploads:
        upload.submission.record_teams()
        drafts.append(upload.submission)
    for name, text in lists_of(desk).items():
        expected = drafts if name == "those not sent" else ended + drafts
        assert [one.status for one in expected if str(one.pk) not in text] == [], name


def test_what_never_left_is_in_no_list(desk: Desk) -> None:
    """Neither are tries that failed for sure, whose values stay at their own address, nor archives only chosen."""
    failed = send_as(desk, reason="Connection refused. Nothing was created.")
    unsent = [desk.draft(), failed, make_upload(desk, Stage.CHOSEN).submission]
    shown = "".join(lists_of(desk).values())
    assert [one for one in unsent if str(one.pk) in shown] == []
    assert "Send 1 row" in text_of(desk.browser.get(f"{LIST}{failed.pk}/"))


def test_what_was_tried_in_vain_goes_after_a_month(desk: Desk) -> None:
    old, recent, uncertain = desk.draft(), desk.draft(), desk.draft()
    long_ago = timezone.now() - LONG_AGO
    tried = Submission.objects.filter(pk__in=[old.pk, uncertain.pk, recent.pk])
    tried.update(attempt=1, created_at=long_ago, sent_at=long_ago)
    Submission.objects.filter(pk=uncertain.pk).update(is_earlier_try_uncertain=True)
    Submission.objects.filter(pk=recent.pk).update(sent_at=timezone.now() - timedelta(days=2))
    assert delete_unsent_drafts() == 1
    assert set(Submission.objects.values_list("pk", flat=True)) == {recent.pk, uncertain.pk}
