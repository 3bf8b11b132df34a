"""Two at once about one upload: whoever comes second goes by what the first one did."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import lease
from pipelines_portal.uploads.archive.preview import Preview
from pipelines_portal.uploads.choices import CheckedArchive, save_choice
from pipelines_portal.uploads.forms import ChosenFile
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import poll, poll_if_due
from tests.conftest import FILES
from tests.each_case import each_case
from tests.factories import UPLOAD_ID, Desk, make_upload
from tests.fake_api import FakeApi, Plan, Upload


@pytest.fixture
def api(api: FakeApi, settings: Any) -> FakeApi:
    """The API, with an upload of two rows whose archive has arrived."""
    settings.UPLOAD_ORIGINS = ["http://127.0.0.1:9", api.origin]
    api.uploads[UPLOAD_ID] = Upload(FILES, [{"scan": "a.png"}, {"scan": "b.png"}], is_stored=True)
    return api


def plan(fault: str = "", after: Callable[[], object] | None = None) -> Plan:
    """What happens with the next call that changes something or asks for a status."""
    return Plan(fault, after=after, on=r"^POST|/upload/")


def press(desk: Desk, name: str, upload: ZipUpload, **more: str) -> Any:
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    return desk.browser.post(reverse(f"uploads:{name}", args=where), {"tab": "b"} | more)


def fresh(upload: ZipUpload) -> ZipUpload:
    return ZipUpload.objects.with_submission().get(pk=upload.pk)


def confirming(api: FakeApi, upload: ZipUpload, meanwhile: Callable[[], Any]) -> list[Any]:
    """Confirm; `meanwhile` runs when the API took it and its answer is still on the way."""
    responses: list[Any] = []
    api.plans = [plan(after=lambda: responses.append(meanwhile()))]
    poll_if_due(upload)
    return responses


@pytest.mark.parametrize("renewed", [{"renew": "1"}, {"renew": "1", "take_over": "1"}])
def test_link_is_not_renewed_while_the_old_one_is_confirmed(renewed: dict[str, str], desk: Desk, api: FakeApi) -> None:
    """S160: one choice becomes one upload: a second one would make every task twice."""
    upload = make_upload(desk, Stage.UPLOADING)
    confirming(api, upload, lambda: press(desk, "start", upload, **renewed))
    upload = fresh(upload)
    assert (upload.stage, upload.remote_upload_id) == (Stage.PROCESSING, UPLOAD_ID)
    assert sum(one.status == "processing" for one in api.uploads.values()) == 1
    for upload_id in api.uploads:
        api.process(upload_id)
    poll(upload)
    assert [row.task_id for row in upload.submission.rows.all()] == list(api.tasks)


def test_cancelling_is_refused_while_a_confirm_is_on_the_wire(desk: Desk, api: FakeApi) -> None:
    """Nobody is told that nothing was created while tasks are being made."""
    upload = make_upload(desk, Stage.UPLOADING)
    [responses] = confirming(api, upload, lambda: press(desk, "cancel", upload))
    assert (responses.status_code, responses.json()["outcome"]) == (409, "uncancelled")
    assert "checking whether the files have arrived" in responses.json()["message"]
    assert fresh(upload).stage == Stage.PROCESSING


@pytest.mark.parametrize("was_taken", [True, False])
def test_cancelling_after_a_lost_confirm_asks_what_came_of_it(
    was_taken: bool, desk: Desk, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    upload = make_upload(desk, Stage.UPLOADING)
    api.plans = [plan("lost_answer")] if was_taken else [plan("lost_request") for _ in range(3)]
    poll_if_due(upload)
    assert fresh(upload).stage == (Stage.PROCESSING if was_taken else Stage.UPLOADING)
    ZipUpload.objects.update(confirming_until=F("confirming_until") - lease())
    answered = press(desk, "cancel", upload)
    assert answered.json()["outcome"] == ("moved" if was_taken else "cancelled")


@each_case(("name", "outcome"), [("cancel", "uncancelled"), ("start", "problem")])
def test_a_lost_confirm_may_arrive_later(
    name: str, outcome: str, desk: Desk, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S160: until then, nothing is cancelled and no second upload begins, or its tasks would be created twice."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    upload = make_upload(desk, Stage.UPLOADING)
    api.plans = [plan("lost_request") for _ in range(3)]
    poll_if_due(upload)
    assert press(desk, name, upload, renew="1").json()["outcome"] == outcome
    api.uploads[UPLOAD_ID].status = "processing"  # the confirm arrives
    assert press(desk, "cancel", upload).json()["outcome"] == "moved"
    assert (fresh(upload).stage, len(api.uploads)) == (Stage.PROCESSING, 1)


def test_a_link_is_not_renewed_for_what_is_cancelled_at_the_same_time(desk: Desk, api: FakeApi) -> None:
    upload = make_upload(desk, Stage.UPLOADING, confirming_until=timezone.now() - lease())
    api.plans = [plan(after=lambda: press(desk, "cancel", upload))]
    assert press(desk, "start", upload, renew="1").json()["outcome"] == "stale"
    assert (fresh(upload).stage, len(api.uploads)) == (Stage.CHOSEN, 1)


def test_confirm_whose_process_died_is_settled_before_anything_is_given_up(desk: Desk, api: FakeApi) -> None:
    """The API took it, and the worker was killed before it could write that down."""
    upload = make_upload(desk, Stage.UPLOADING)
    upload.start_confirm(100)
    api.uploads[UPLOAD_ID].status = "processing"
    assert press(desk, "cancel", upload).json()["outcome"] == "uncancelled"
    ZipUpload.objects.update(confirming_until=timezone.now() - timedelta(seconds=1))
    assert press(desk, "cancel", upload).json()["outcome"] == "moved"
    assert (fresh(upload).stage, Submission.objects.get().status) == (Stage.PROCESSING, "sending")


def test_a_choice_made_while_its_link_is_requested_gets_another(desk: Desk, api: FakeApi) -> None:
    """S138: the API was told the earlier rows; that link is dropped, and the page says that it is out of date."""
    upload = make_upload(desk, sends_rows=True)
    checked = CheckedArchive(Preview(is_derived=False, task_count=1), [{"scan": "c.png"}], ["c.png"])
    token = upload.submission.token
    new_file = ChosenFile("new.zip", 6, "", b"")
    api.plans = [plan(after=partial(save_choice, desk.person, desk.workflow, new_file, checked, token))]
    assert press(desk, "start", upload).json()["outcome"] == "stale"
    upload = fresh(upload)
    assert (upload.file_name, upload.stage, upload.remote_upload_id) == ("new.zip", Stage.CHOSEN, None)
    assert press(desk, "start", upload).json()["outcome"] == "put"
    assert list(api.uploads.values())[-1].rows == [{"scan": "c.png"}]


def test_second_looker_does_not_reopen_what_the_first_one_ended(desk: Desk, api: FakeApi) -> None:
    """S165: its result stands, and nobody asks for it again."""
    upload = make_upload(desk, Stage.PROCESSING)
    api.uploads[UPLOAD_ID].status = "processing"
    slow = fresh(upload)

    def ends() -> None:
        api.process(UPLOAD_ID)
        poll(fresh(upload))

    api.plans = [plan(after=ends)]
    poll(slow)
    upload = fresh(upload)
    assert (upload.stage, upload.next_poll_at) == (Stage.COMPLETED, None)
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk]
    assert desk.browser.get(reverse("uploads:result", args=where)).status_code == 200
    poll(upload)
    assert fresh(upload).next_poll_at is None


def test_upload_given_up_stays_given_up(desk: Desk, api: FakeApi) -> None:
    """The API's "not there yet" comes after the cancel that could be made before it was asked."""
    upload = make_upload(desk, Stage.UPLOADING)
    slow = fresh(upload)
    assert press(desk, "cancel", upload).json()["outcome"] == "cancelled"
    poll(slow)
    assert (fresh(upload).stage, fresh(upload).remote_upload_id) == (Stage.CHOSEN, None)
    assert api.uploads[UPLOAD_ID].status == "pending"


@pytest.mark.parametrize("second", ["rate_limited", "refused"])
def test_lost_confirm_is_not_forgotten_by_the_next_that_fails(
    second: str, desk: Desk, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was taken, its answer senseless; the second never got there. Cancelling asks what came of the first."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    upload = make_upload(desk, Stage.UPLOADING)
    api.plans = [plan("garbage")]
    poll_if_due(upload)
    ZipUpload.objects.update(next_poll_at=timezone.now())
    api.plans = [plan(second)] * 3
    poll_if_due(fresh(upload))
    api.plans = []
    SavedKey.objects.update(paused_until=None)  # the pause is over
    assert press(desk, "cancel", upload).json()["outcome"] == "moved"
    assert fresh(upload).stage == Stage.PROCESSING


def test_link_of_the_tab_that_was_overtaken_stays_with_the_taker(desk: Desk, api: FakeApi) -> None:
    """The first waits for its link; the second has taken over by then, and keeps the lock."""
    upload = make_upload(desk)
    api.plans = [plan(after=lambda: press(desk, "start", upload, tab="c", take_over="1"))]
    assert press(desk, "start", upload).json()["outcome"] == "elsewhere"
    assert press(desk, "heartbeat", upload, tab="c").status_code == 204


class Killed(BaseException):
    """Nothing catches it."""


@each_case("write", range(1, 8))
def test_killed_between_any_two_writes_the_ledger_still_learns_of_every_task(
    write: int, desk: Desk, api: FakeApi
) -> None:
    """S164, S166: confirm, processing and end, with the process killed once on the way."""
    upload = make_upload(desk, Stage.STORED)
    left = [write]

    def dies(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE")):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
        return execute(sql, *more)

    with connection.execute_wrapper(dies):
        for _ in range(6):
            try:
                ZipUpload.objects.update(next_poll_at=timezone.now(), confirming_until=None)
                poll_if_due(fresh(upload))
                api.process(UPLOAD_ID)
            except Killed:
                pass
    upload = fresh(upload)
    assert (upload.stage, upload.submission.status) == (Stage.COMPLETED, "created")
    assert [row.task_id for row in upload.submission.rows.all()] == list(api.tasks)


@pytest.mark.parametrize(
    ("stage", "is_held", "begins"),
    [
        (Stage.UPLOADING, True, False),
        (Stage.UPLOADING, False, True),
        (Stage.STORED, True, True),
        (Stage.CHOSEN, False, False),
    ],
)
def test_confirm_begins_only_where_no_tab_is_sending(stage: str, is_held: bool, begins: bool, desk: Desk) -> None:
    """S158: what is on its way from a tab has not been uploaded yet."""
    upload = make_upload(desk, stage, tab="a", tab_seen_at=timezone.now() if is_held else None)
    assert upload.start_confirm(100) is begins
