"""Confirm and status, with everything the API may answer: what goes on by itself, what waits, what stops."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import FieldValue
from pipelines_portal.submissions.sending import lease
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import poll_if_due, poll_now
from pipelines_portal.workflows.rules.stored import WorkflowRule, rules_for
from tests.each_case import each_case
from tests.factories import Desk, make_upload
from tests.fake_api import Answer, FakeApi, answer, error, hang_up

from .conftest import CONFIRMED, NOT_THERE, status

UNAVAILABLE = error(503, "service_unavailable", "Worker unavailable")
UNKNOWN_UPLOAD = error(404, "not_found", "Upload not found")
TAKEN = error(409, "api_error", "Upload has already been confirmed or is no longer pending")


def wait_of(upload: ZipUpload) -> float:
    assert upload.next_poll_at is not None
    return (upload.next_poll_at - timezone.now()).total_seconds()


@pytest.mark.parametrize("accepting", [CONFIRMED, TAKEN])
def test_confirm_goes_on_and_forgets_the_link(accepting: Answer, desk: Desk, scripted_api: FakeApi) -> None:
    """S157, S160: 202, and also 409: it is done, go on. The link is deleted when used."""
    scripted_api.routes["/confirm"] = accepting
    upload = make_upload(desk, Stage.STORED)
    poll_if_due(upload)
    upload.refresh_from_db()
    assert (upload.stage, upload.link, upload.problem) == (Stage.PROCESSING, "", "")
    assert upload.submission.status == "sending"


@each_case("trouble", [UNAVAILABLE, hang_up, error(500, "internal_server_error", "Oops"), answer(200, text="<html>")])
def test_confirm_backs_off_and_goes_on(
    trouble: Answer,
    desk: Desk,
    scripted_api: FakeApi,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    frozen_clock: datetime,
) -> None:
    """S86, S87, S164: waits longer each time, says so, and goes on when the API does."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    scripted_api.routes["/confirm"] = trouble
    upload = make_upload(desk, Stage.STORED)
    waits = []
    for _ in range(3):
        poll_if_due(upload)
        waits.append(wait_of(upload))
        ZipUpload.objects.update(next_poll_at=timezone.now())
        upload.refresh_from_db()
    assert waits == sorted(waits)
    assert upload.problem
    assert (upload.stage, upload.submission.status) == (Stage.STORED, "draft")
    scripted_api.routes["/confirm"] = CONFIRMED
    poll_if_due(upload)
    assert (upload.stage, upload.problem) == (Stage.PROCESSING, "")


def test_missing_archive_may_be_sent_again(scripted_api: FakeApi, desk: Desk) -> None:
    """S158, S159: 422 not there yet: back to sending, with the same link."""
    scripted_api.routes["/confirm"] = NOT_THERE
    upload = make_upload(desk, Stage.UPLOADING)
    url = reverse("uploads:stored", args=[desk.key.pk, upload.submission.workflow_id, upload.pk])
    answered = desk.browser.post(url)
    assert (answered.status_code, answered.json()["outcome"]) == (409, "missing")
    upload.refresh_from_db()
    assert (upload.stage, upload.has_live_link) == (Stage.UPLOADING, True)
    scripted_api.routes["/confirm"] = CONFIRMED
    assert desk.browser.post(url).json()["outcome"] == "moved"


@pytest.mark.parametrize(
    "hopeless",
    [
        error(401, "invalid_api_key", "Invalid API key"),
        error(422, "validation_error", "The key's creator was removed"),
    ],
)
def test_what_time_does_not_heal_stops_until_a_person_asks(hopeless: Answer, desk: Desk, scripted_api: FakeApi) -> None:
    """S52: no more calls with a dead key, which would count against this server's address."""
    scripted_api.routes["/confirm"] = hopeless
    upload = make_upload(desk, Stage.STORED)
    poll_if_due(upload)
    assert (upload.next_poll_at, upload.stage) == (None, Stage.STORED)
    assert upload.problem
    scripted_api.routes["/confirm"] = CONFIRMED
    SavedKey.objects.update(rejected_at=None)
    poll_now(upload)
    assert upload.stage == Stage.PROCESSING


def test_upload_that_the_api_does_not_know_before_it_was_confirmed_may_be_started_again(
    scripted_api: FakeApi, desk: Desk
) -> None:
    """S81: it was never confirmed, so nothing was created; the choice is still there."""
    scripted_api.routes["/confirm"] = UNKNOWN_UPLOAD
    upload = make_upload(desk, Stage.STORED)
    scripted_api.routes[f"/upload/{upload.remote_upload_id}"] = UNKNOWN_UPLOAD
    poll_if_due(upload)
    assert (upload.stage, upload.remote_upload_id, upload.submission.status) == (Stage.CHOSEN, None, "draft")
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    page = desk.browser.get(reverse("uploads:send", args=where)).content.decode()
    assert "Nothing was created. Start again" in page


@pytest.mark.parametrize(
    ("word", "stage", "state"),
    [
        ("processing", Stage.PROCESSING, "sending"),
        ("completed", Stage.COMPLETED, "created"),
        ("pending", Stage.STORED, "draft"),
    ],
)
def test_upload_that_only_the_confirm_does_not_find_goes_on(
    scripted_api: FakeApi, desk: Desk, word: str, stage: Stage, state: str
) -> None:
    """The API is asked for the upload before it counts as gone."""
    upload = make_upload(desk, Stage.STORED)
    made = {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7]} if word == "completed" else {}
    scripted_api.routes |= {
        "/confirm": UNKNOWN_UPLOAD, f"/upload/{upload.remote_upload_id}": status(word, **made),
    }  # fmt: skip
    for _ in range(2):
        poll_now(upload)
    assert (upload.stage, upload.submission.status, upload.confirming_until) == (stage, state, None)
    assert upload.next_poll_at or upload.is_over


def test_upload_that_nobody_can_ask_for_after_a_404_stays_unconfirmed(scripted_api: FakeApi, desk: Desk) -> None:
    """It may have been confirmed: it is neither given up nor started again, and asked for again later."""
    upload = make_upload(desk, Stage.STORED)
    scripted_api.routes |= {
        "/confirm": UNKNOWN_UPLOAD,
        f"/upload/{upload.remote_upload_id}": error(500, "internal_server_error", "Oops"),
    }
    poll_if_due(upload)
    assert (upload.stage, upload.submission.status) == (Stage.STORED, "draft")
    assert upload.confirming_until is not None and upload.problem and wait_of(upload) > 0
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    assert desk.browser.post(reverse("uploads:cancel", args=where)).json()["outcome"] == "uncancelled"
    scripted_api.routes[f"/upload/{upload.remote_upload_id}"] = status("processing")
    upload.refresh_from_db()
    poll_now(upload)
    assert (upload.stage, upload.submission.status) == (Stage.PROCESSING, "sending")


def test_upload_that_is_gone_after_a_404_that_nobody_could_check_is_unknown(scripted_api: FakeApi, desk: Desk) -> None:
    upload = make_upload(desk, Stage.STORED)
    there = f"/upload/{upload.remote_upload_id}"
    scripted_api.routes |= {"/confirm": UNKNOWN_UPLOAD, there: error(500, "internal_server_error", "Oops")}
    poll_now(upload)
    scripted_api.routes[there] = UNKNOWN_UPLOAD
    poll_now(upload)
    assert (upload.stage, upload.submission.status) == (Stage.FAILED, "unconfirmed")


def test_retry_after_is_obeyed(desk: Desk, scripted_api: FakeApi, frozen_clock: datetime) -> None:
    """S66."""
    scripted_api.routes["/confirm"] = error(429, "rate_limit_exceeded", "Slow down", retry_after=120)
    upload = make_upload(desk, Stage.STORED)
    poll_if_due(upload)
    assert wait_of(upload) == 120


def test_worker_confirms_what_no_tab_is_sending(desk: Desk, scripted_api: FakeApi) -> None:
    """A tab that died after the PUT; not while one is alive."""
    scripted_api.routes["/confirm"] = CONFIRMED
    upload = make_upload(desk, Stage.UPLOADING)
    upload.acquire_lock("tab")
    poll_if_due(upload)
    assert upload.stage == Stage.UPLOADING
    ZipUpload.objects.update(tab_seen_at=timezone.now() - timedelta(minutes=5), next_poll_at=timezone.now())
    upload.refresh_from_db()
    poll_if_due(upload)
    assert upload.stage == Stage.PROCESSING


def test_page_of_an_interrupted_upload_finds_that_it_arrived(scripted_api: FakeApi, desk: Desk) -> None:
    """Without a worker too: whoever comes back after the PUT is not asked for the file again."""
    scripted_api.routes["/confirm"] = CONFIRMED
    upload = make_upload(desk, Stage.UPLOADING)
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    assert desk.browser.get(reverse("uploads:send", args=where))["Location"] == reverse("uploads:result", args=where)


def test_long_after_the_links_end_nobody_asks_any_more(desk: Desk, scripted_api: FakeApi) -> None:
    scripted_api.routes["/confirm"] = NOT_THERE
    upload = make_upload(desk, Stage.UPLOADING)
    ZipUpload.objects.update(expires_at=timezone.now() - timedelta(days=1))
    upload.refresh_from_db()
    poll_if_due(upload)
    assert upload.next_poll_at is None


def test_lost_confirm_that_the_api_did_not_take_frees_the_link(scripted_api: FakeApi, desk: Desk) -> None:
    """Its answer got lost, and the upload is still pending: nothing was made, and it may be given up."""
    upload = make_upload(desk, Stage.UPLOADING, confirming_until=timezone.now() - lease())
    scripted_api.routes[f"/upload/{upload.remote_upload_id}"] = status("pending")
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    assert desk.browser.post(reverse("uploads:cancel", args=where)).json() == {"outcome": "cancelled"}
    upload.refresh_from_db()
    assert (upload.stage, upload.confirming_until) == (Stage.CHOSEN, None)


def test_lost_confirm_of_an_upload_that_the_api_forgot_is_unknown(scripted_api: FakeApi, desk: Desk) -> None:
    upload = make_upload(desk, Stage.UPLOADING, confirming_until=timezone.now() - timedelta(seconds=1))
    scripted_api.routes[f"/upload/{upload.remote_upload_id}"] = UNKNOWN_UPLOAD
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    assert desk.browser.post(reverse("uploads:cancel", args=where)).json()["outcome"] == "moved"
    upload.refresh_from_db()
    assert (upload.stage, upload.submission.status) == (Stage.FAILED, "unconfirmed")


def test_a_value_that_was_used_since_the_choice_stops_the_confirm(scripted_api: FakeApi, desk: Desk) -> None:
    """A form has sent it while the archive was on its way. Nothing is confirmed, and the values are free again."""
    place = {"key": desk.key, "workflow_id": desk.workflow.workflow_id}
    WorkflowRule.objects.create(**place, position=1, kind="once", field="scan", value={"is_number": False})
    scripted_api.routes["/confirm"] = CONFIRMED
    upload = make_upload(desk, Stage.STORED)
    other = desk.draft({"scan": "b.png"})
    rules = rules_for(desk.key.pk, desk.workflow.workflow_id)
    assert other.claim_rows(0, until=None, once=rules)
    poll_if_due(upload)
    upload.refresh_from_db()
    assert upload.stage == Stage.CHOSEN and "A value that is used once is used already" in upload.problem
    assert not scripted_api.calls("POST", "/confirm") and FieldValue.objects.used().get().row == other.rows.get()


def test_rows_beside_an_archive_use_their_values_from_the_confirm_on(scripted_api: FakeApi, desk: Desk) -> None:
    place = {"key": desk.key, "workflow_id": desk.workflow.workflow_id}
    WorkflowRule.objects.create(**place, position=1, kind="once", field="scan", value={"is_number": False})
    scripted_api.routes["/confirm"] = CONFIRMED
    upload = make_upload(desk, Stage.STORED)
    poll_if_due(upload)
    upload.refresh_from_db()
    assert upload.stage == Stage.PROCESSING and FieldValue.objects.used().count() == 2
