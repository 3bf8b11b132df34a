"""What was sent is removed after its retention time, from the search index too; counts, task IDs and pages stay."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.retention import drop_old_values
from pipelines_portal.uploads.models import Stage, ZipUpload
from tests.factories import BAD, GOOD, Desk, send
from tests.submissions.search.sending import count_entries


def send_long_ago(desk: Desk, settings: Any) -> Submission:
    """Send a row that is created and one that is rejected, longer ago than payloads are stored."""
    submission = send(desk.draft(GOOD | {"input_text": "Remember zanzibar"}, BAD), desk.client)
    assert submission.status == "partly_created"
    settings.SUBMISSION_RETENTION_DAYS = 30
    Submission.objects.filter(pk=submission.pk).update(finished_at=timezone.now() - timedelta(days=31))
    return submission


def test_values_words_and_what_was_said_of_them_go_and_the_rest_stays(desk: Desk, settings: Any) -> None:
    old = send_long_ago(desk, settings)
    task_id = old.rows.get(index=0).task_id
    assert count_entries() == 2
    assert drop_old_values() == 1
    assert not SubmissionRow.objects.exclude(fields=None).exists()
    assert count_entries() == 0
    again = Submission.objects.get(pk=old.pk)
    assert list(again.read_fields()) == [] and again.search_who == ""
    assert (again.row_count, again.success_count, again.error_count, again.status) == (2, 1, 1, "partly_created")
    assert [(row.task_id, row.digest, row.error_message) for row in again.rows.all()] == [
        (task_id, "", ""),
        (None, "", ""),
    ]
    assert drop_old_values() == 0


def test_every_page_that_shows_it_stands(desk: Desk, settings: Any) -> None:
    old = send_long_ago(desk, settings)
    task_id = old.rows.get(index=0).task_id
    drop_old_values()
    place = f"/keys/{desk.key.pk}/workflows/{desk.workflow.workflow_id}/tasks/"
    for address in (
        f"/submissions/{old.pk}/", f"/submissions/{old.pk}/?only=rejected", "/submissions/", f"{place}{task_id}/",
        f"{place}new/?again={old.pk}", f"{place}new/?like={old.pk}", "/search/?q=zanzibar", place,
    ):  # fmt: skip
        answer = desk.browser.get(address)
        assert answer.status_code == 200, address
        assert "zanzibar" not in answer.content.decode().replace("q=zanzibar", "").replace("“zanzibar”", "").replace(
            'value="zanzibar"', ""
        ), address
    assert "The values were deleted" in desk.browser.get(f"/submissions/{old.pk}/").content.decode()


def test_what_is_dropped_cannot_be_tried_again_and_its_errors_come_without_values(desk: Desk, settings: Any) -> None:
    old = send_long_ago(desk, settings)
    drop_old_values()
    again = desk.browser.post(f"/submissions/{old.pk}/retry/", follow=True)
    assert "These values were deleted" in again.content.decode()
    assert Submission.objects.count() == 1
    answer: Any = desk.browser.get(f"/submissions/{old.pk}/errors.csv")
    errors = b"".join(answer.streaming_content).decode()
    assert "Klingon" not in errors
    assert errors.count("\n") == 2


def test_what_an_archive_held_goes_too(desk: Desk, settings: Any) -> None:
    old = send_long_ago(desk, settings)
    ZipUpload.objects.create(
        submission=old, file_name="a.zip", size_bytes=1, task_count=1, stage=Stage.COMPLETED,
        entries=["secret.png"], preview={"files": ["secret.png"]},
    )  # fmt: skip
    drop_old_values()
    upload = ZipUpload.objects.get()
    assert (upload.entries, upload.preview) == ([], {})


@pytest.mark.parametrize("status", ["unconfirmed", "sending", "draft"])
def test_what_waits_for_somebody_stays_whole(desk: Desk, settings: Any, status: str) -> None:
    old = send_long_ago(desk, settings)
    Submission.objects.filter(pk=old.pk).update(status=status)
    assert drop_old_values() == 0 and not old.drop_values()
    assert SubmissionRow.objects.exclude(fields=None).count() == 2


def test_what_is_young_stays_whole(desk: Desk, settings: Any) -> None:
    old = send_long_ago(desk, settings)
    settings.SUBMISSION_RETENTION_DAYS = 32
    assert drop_old_values() == 0
    assert desk.browser.get(f"/submissions/{old.pk}/").content.decode().count("zanzibar") > 0


def test_drafts_that_were_tried_go_in_the_end_and_those_of_the_day_stay(desk: Desk, settings: Any) -> None:
    settings.SUBMISSION_RETENTION_DAYS = 30
    tried, tried_again, uncertain, called_off = (desk.draft() for _ in range(4))
    long_ago = timezone.now() - timedelta(days=31)
    Submission.objects.update(attempt=1, created_at=long_ago, sent_at=long_ago)
    Submission.objects.filter(pk=tried_again.pk).update(attempt=2, sent_at=timezone.now())
    Submission.objects.filter(pk=uncertain.pk).update(is_earlier_try_uncertain=True)
    Submission.objects.filter(pk=called_off.pk).update(is_called_off=True, kind="import")
    assert drop_old_values() == 2
    assert not Submission.objects.filter(pk=tried.pk).exists()
    stored = SubmissionRow.objects.exclude(fields=None).values_list("submission", flat=True)
    assert set(stored) == {tried_again.pk, uncertain.pk}
    assert Submission.objects.get(is_dropped=True) == called_off
    page = desk.browser.get(f"/submissions/{called_off.pk}/")
    assert page.status_code == 200
    assert "The values were deleted" in page.content.decode()
