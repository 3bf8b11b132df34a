"""Confirm and status, with everything the API may answer: what goes on by itself, what waits, what stops."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import enqueue_due, poll_if_due, poll_now, poll_upload, remove_old_tasks
from pipelines_portal.uploads.views.steps import poll_seconds
from tests.factories import Desk, make_upload
from tests.fake_api import Answer, FakeApi, answer, error, hang_up, task_list

from .conftest import status


def wait_of(upload: ZipUpload) -> float:
    assert upload.next_poll_at is not None
    return (upload.next_poll_at - timezone.now()).total_seconds()


@pytest.mark.parametrize("word", ["expired", "pending", "queued"])
def test_word_that_tells_nothing_is_shown_and_unknown_in_the_end(word: str, desk: Desk, scripted_api: FakeApi) -> None:
    """S165: neither processing nor over: every upload ends all the same."""
    scripted_api.routes["GET"] = status(word)
    upload = make_upload(desk, Stage.PROCESSING, confirmed_at=timezone.now())
    poll_if_due(upload)
    assert upload.stage == Stage.PROCESSING
    assert word in upload.problem
    a_day_ago = timezone.now() - timedelta(days=1)
    ZipUpload.objects.update(next_poll_at=timezone.now(), confirmed_at=a_day_ago)
    upload.refresh_from_db()
    poll_if_due(upload)
    assert (upload.stage, upload.submission.status) == (Stage.FAILED, "unconfirmed")


@pytest.mark.parametrize(
    "result",
    [
        {"success_count": 0, "error_count": 2, "errors": [], "task_ids": [7, 8]},
        {"success_count": 0, "error_count": 0, "errors": [], "task_ids": []},
        {"success_count": 1, "error_count": 1, "errors": [], "task_ids": [7, 8]},
    ],
)
def test_counts_that_disagree_with_the_tasks_are_unknown(
    result: dict[str, Any], scripted_api: FakeApi, desk: Desk
) -> None:
    """S167: no row is offered again that may exist; the ids that were told are listed."""
    scripted_api.routes["GET"] = status("completed", **result)
    upload = make_upload(desk, Stage.PROCESSING, sends_rows=True)
    poll_if_due(upload)
    assert upload.submission.status == "unconfirmed"
    assert upload.submission.unattributed_task_ids == result["task_ids"]
    assert "Fix rejected row" not in page_of(upload, desk)


def test_many_errors_of_one_row_are_bounded(desk: Desk, scripted_api: FakeApi) -> None:
    wrong = [{"index": 0, "field_name": "scan", "message": "x" * 200}] * 1_000
    scripted_api.routes["GET"] = status("completed", success_count=0, error_count=2, errors=wrong, task_ids=[])
    upload = make_upload(desk, Stage.PROCESSING)
    poll_if_due(upload)
    first, second = upload.submission.rows.all()
    assert len(first.error_message) == 10_000
    assert (first.status, second.status) == ("rejected", "rejected")


def test_status_is_polled_ever_more_rarely(desk: Desk, scripted_api: FakeApi, frozen_clock: datetime) -> None:
    """S166: backs off, up to a minute."""
    scripted_api.routes["GET"] = status("processing")
    upload = make_upload(desk, Stage.PROCESSING)
    waits = []
    for _ in range(14):
        ZipUpload.objects.update(next_poll_at=timezone.now())
        upload.refresh_from_db()
        poll_if_due(upload)
        waits.append(wait_of(upload))
    assert waits[:4] == [1, 1.5, 2.25, 3.375]
    assert waits == sorted(waits)
    assert waits[-1] == 60


def test_completed_ends_in_the_ledger_row_by_row(desk: Desk, scripted_api: FakeApi) -> None:
    """S165, S167."""
    wrong = {"index": 1, "field_name": "scan", "message": "File not found in ZIP: b.png"}
    scripted_api.routes["GET"] = status("completed", success_count=1, error_count=1, errors=[wrong], task_ids=[77])
    upload = make_upload(desk, Stage.PROCESSING)
    poll_if_due(upload)
    rows = list(upload.submission.rows.values_list("status", "task_id", "error_message"))
    assert rows == [("created", 77, ""), ("rejected", None, "File not found in ZIP: b.png")]
    assert (upload.stage, upload.submission.status, upload.next_poll_at) == (Stage.COMPLETED, "partly_created", None)


NOTHING = {"success_count": 0, "error_count": 0, "errors": [], "task_ids": []}


def page_of(upload: ZipUpload, desk: Desk) -> str:
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    return desk.browser.get(reverse("uploads:result", args=where)).content.decode()


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_end_with_nothing_made_rejects_everything(end: str, scripted_api: FakeApi, desk: Desk) -> None:
    """S165: with the API's reason, where it says that it made nothing."""
    scripted_api.routes["GET"] = status(end, error_message="The archive is encrypted", **NOTHING)
    upload = make_upload(desk, Stage.PROCESSING, sends_rows=True)
    poll_if_due(upload)
    assert (upload.stage, upload.submission.status) == (end, "rejected")
    page = page_of(upload, desk)
    assert "The archive is encrypted" in page
    assert ("No tasks created" if end == "failed" else "Pipelines cancelled the upload") in page
    assert "Use these rows with other files" in page


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_end_that_says_nothing_of_tasks_is_unknown(end: str, scripted_api: FakeApi, desk: Desk) -> None:
    """S165: tasks may exist: nobody says they do not, nor offers to send the rows again."""
    scripted_api.routes["GET"] = status(end, error_message="The archive is damaged; 1 tasks had been created before")
    upload = make_upload(desk, Stage.PROCESSING, sends_rows=True)
    poll_if_due(upload)
    assert (upload.stage, upload.submission.status) == (end, "unconfirmed")
    page = page_of(upload, desk)
    assert "Upload unconfirmed" in page
    assert "Nothing was created" not in page
    assert "Use these rows" not in page
    again = reverse("uploads:retry", args=[desk.key.pk, upload.submission.workflow_id, upload.pk])
    assert desk.browser.post(again)["Location"].endswith("/result/")
    assert Submission.objects.count() == 1


def test_tasks_made_before_it_failed_are_their_rows(scripted_api: FakeApi, desk: Desk) -> None:
    """S165: the first row made a task; only the other one is offered again."""
    made = {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [77]}
    scripted_api.routes["GET"] = status("failed", error_message="The archive is damaged", **made)
    upload = make_upload(desk, Stage.PROCESSING, sends_rows=True)
    poll_if_due(upload)
    assert list(upload.submission.rows.values_list("status", "task_id")) == [("created", 77), ("rejected", None)]
    assert (upload.submission.status, upload.submission.success_count, upload.submission.error_count) == (
        "partly_created",
        1,
        1,
    )
    page = page_of(upload, desk)
    assert "The upload failed before all tasks were created" in page
    assert "Nothing was created" not in page


def test_person_who_looked_may_send_the_rows_of_a_forgotten_upload_again(scripted_api: FakeApi, desk: Desk) -> None:
    """The API says nothing: what appeared is shown, and a person decides."""
    scripted_api.routes["/upload/"] = error(404, "not_found", "Upload not found")
    upload = make_upload(desk, Stage.PROCESSING, sends_rows=True)
    poll_if_due(upload)
    scripted_api.routes["GET"] = task_list()
    detail = reverse("submissions:detail", args=[upload.submission_id])
    assert "Pipelines no longer knows this upload" in desk.browser.get(detail).content.decode()
    desk.browser.post(reverse("submissions:mark_not_created", args=[upload.submission_id]))
    upload.submission.refresh_from_db()
    assert upload.submission.status == "rejected"
    assert "Use these rows with other files" in page_of(upload, desk)


def test_forgotten_upload_is_unknown_not_rejected(desk: Desk, scripted_api: FakeApi) -> None:
    """S81: after the confirm tasks may exist."""
    scripted_api.routes["GET"] = error(404, "not_found", "Upload not found")
    upload = make_upload(desk, Stage.PROCESSING)
    poll_if_due(upload)
    assert (upload.stage, upload.submission.status, upload.next_poll_at) == (Stage.FAILED, "unconfirmed", None)


@pytest.mark.parametrize("garbage", [answer(200, {"status": 7}), answer(200, text="nope"), hang_up])
def test_garbage_leaves_it_processing(
    garbage: Answer, scripted_api: FakeApi, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    scripted_api.routes["GET"] = garbage
    upload = make_upload(desk, Stage.PROCESSING)
    page = desk.browser.get(reverse("uploads:result", args=[desk.key.pk, upload.submission.workflow_id, upload.pk]))
    assert page.status_code == 200
    assert "Pipelines isn’t responding" in page.content.decode()
    upload.refresh_from_db()
    assert upload.stage == Stage.PROCESSING


def test_one_poll_is_claimed_once(desk: Desk, scripted_api: FakeApi) -> None:
    """Page and worker never both ask; a task that comes late, or twice, does nothing."""
    scripted_api.routes["GET"] = status("processing")
    upload = make_upload(desk, Stage.PROCESSING)
    assert enqueue_due() == 1
    assert enqueue_due() == 0
    upload.refresh_from_db()
    claim = upload.next_poll_at.isoformat()
    poll_upload.func(str(upload.pk), claim)
    poll_upload.func(str(upload.pk), claim)
    assert len(scripted_api.requests) == 1
    ZipUpload.objects.update(next_poll_at=timezone.now() - timedelta(seconds=1))
    assert enqueue_due() == 1


def test_page_does_not_wait_for_the_end_of_anothers_claim(desk: Desk, scripted_api: FakeApi) -> None:
    """The worker is asking right now: the page looks again in a moment, not when the worker's claim would run out."""
    upload = make_upload(desk, Stage.PROCESSING)
    enqueue_due()
    upload.refresh_from_db()
    assert poll_seconds(upload) <= 2


def test_old_tasks_are_forgotten_and_new_ones_kept(desk: Desk) -> None:
    """Each poll leaves one behind; one of a killed worker stays "running" for ever."""
    make_upload(desk, Stage.PROCESSING)
    enqueue_due()
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(days=2), status="RUNNING")
    ZipUpload.objects.update(next_poll_at=timezone.now())
    enqueue_due()
    remove_old_tasks()
    assert list(DBTaskResult.objects.values_list("status", flat=True)) == ["READY"]


def test_removed_key_is_told(scripted_api: FakeApi, desk: Desk) -> None:
    upload = make_upload(desk, Stage.PROCESSING)
    desk.key.delete()
    upload = ZipUpload.objects.get()
    poll_if_due(upload)
    assert (upload.next_poll_at, upload.stage, upload.submission.status) == (None, Stage.FAILED, "unconfirmed")
    page = desk.browser.get(reverse("submissions:detail", args=[upload.submission_id])).content.decode()
    assert "The key was removed" in page
    assert "Nothing was created: allow uploading again" in page


def test_asking_again_begins_with_short_waits(desk: Desk, scripted_api: FakeApi, frozen_clock: datetime) -> None:
    """A person pressed the button: the portal does not wait as long as it had come to."""
    scripted_api.routes["GET"] = status("processing")
    upload = make_upload(desk, Stage.PROCESSING, poll_count=12)
    poll_now(upload)
    upload.refresh_from_db()
    assert upload.poll_count == 1
    assert wait_of(upload) == 1


def test_claim_that_another_took_between_is_not_enqueued(desk: Desk) -> None:
    """Two workers sweep at once: the slower one finds the time moved."""
    upload = make_upload(desk, Stage.PROCESSING)

    def taken_by_another(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and not taken:
            taken.append(sql)
            ZipUpload.objects.filter(pk=upload.pk).update(next_poll_at=timezone.now() + timedelta(seconds=30))
        return execute(sql, *rest)

    taken: list[str] = []
    with connection.execute_wrapper(taken_by_another):
        assert enqueue_due() == 0
    assert not DBTaskResult.objects.exists()
