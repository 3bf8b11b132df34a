"""A lost answer: an API that honours Idempotency-Key is asked again, and the tasks exist once."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.api_client import CreatedTasks
from pipelines_portal.keys.clients import KeyCannotBeOpened
from pipelines_portal.submissions import sending
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import outcome_of_answer
from pipelines_portal.submissions.permissions import own_submission
from pipelines_portal.submissions.sending import repeat_next
from tests.each_case import each_case
from tests.factories import GOOD, Desk, send
from tests.fake_api import FAULTS, FakeApi, Plan, Reply, Request, answer, error, hang_up
from tests.pages import text_of
from tests.submissions.lost import send_through, settle

pytestmark = pytest.mark.usefixtures("no_pauses")
POST = "^POST"


@pytest.fixture
def honest_api(before_api: FakeApi) -> FakeApi:
    before_api.is_idempotent = True
    return before_api


def posts(api: FakeApi) -> list[Request]:
    return api.calls("POST")


def test_the_same_key_and_body_are_sent_again(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk, GOOD | {"input_text": "Zoë 3.50 \N{SNOWMAN}"}, GOOD)
    assert (submission.status, submission.waits_for_answer) == ("sending", True)
    settle(submission)
    first, second = posts(honest_api)
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == submission.idempotency_key
    assert (submission.status, submission.attempt, len(honest_api.tasks)) == ("created", 1, 2)


@pytest.mark.parametrize("fault", ["slow", "lost_answer"])
def test_one_process_at_a_time_asks(desk: Desk, honest_api: FakeApi, fault: str) -> None:
    """By the worker after a time-out, and else by the process that lost the answer: its claim holds for each POST."""
    asked: list[bool] = []
    honest_api.fail(fault, on=POST)
    honest_api.plans.append(Plan(before=lambda: asked.append(repeat_next()), on=POST))
    submission = send_through(desk)
    assert not repeat_next(), "two seconds after a time-out"
    assert settle(submission).status == "created"
    assert (asked, len(posts(honest_api))) == ([False], 2)


@pytest.mark.parametrize(("waited", "seconds"), [(0, 2), (800, 200), (80_000, 300)])
def test_it_is_asked_again_after_a_quarter_of_the_time(
    desk: Desk, honest_api: FakeApi, waited: int, seconds: int
) -> None:
    honest_api.fail("slow", on=POST)
    send_through(desk)
    honest_api.fail("slow", on=POST)
    now = timezone.now()
    Submission.objects.update(sending_until=now, answer_lost_at=now - timedelta(seconds=waited))
    assert repeat_next()
    until = Submission.objects.get().sending_until
    assert until and 0 <= (until - now).total_seconds() - seconds < 30


def test_a_pause_is_kept_that_is_longer_than_our_own(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    send_through(desk)
    honest_api.routes["POST /api/v1"] = error(429, "rate_limit_exceeded", "Slow down", retry_after=500)
    now = timezone.now()
    Submission.objects.update(sending_until=now)
    assert repeat_next()
    until = Submission.objects.get().sending_until
    assert until and (until - now).total_seconds() >= 500


def test_an_api_without_its_document_is_asked_again_soon(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    submission, now = send_through(desk), timezone.now()
    honest_api.routes["GET /api/v1/openapi.json"] = error(500, "internal_server_error", "Something broke")
    Submission.objects.update(sending_until=now)
    assert repeat_next() and len(posts(honest_api)) == 1
    submission.refresh_from_db()
    assert submission.sending_until and submission.sending_until < now + timedelta(seconds=30)


def test_a_key_that_cannot_be_opened_is_waited_for(
    desk: Desk, honest_api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "client_for", Mock(side_effect=KeyCannotBeOpened("Key")))
        assert settle(submission).waits_for_answer
    assert settle(submission).status == "created"


def test_a_form_that_waits_says_since_when(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    page = text_of(desk.browser.get(reverse("submissions:detail", args=[submission.pk])))
    assert "Waiting for Pipelines to answer since" in page
    assert "No task is created twice." in page
    assert "Not sent" not in page


def test_a_killed_process_is_asked_for_again(desk: Desk, honest_api: FakeApi) -> None:
    submission = desk.draft(GOOD)
    assert submission.claim_rows(0, until=timezone.now() - timedelta(seconds=1), once=(), is_declared=True)
    assert own_submission(desk.person, submission.pk).waits_for_answer
    assert settle(submission).status == "created"
    assert len(honest_api.tasks) == 1


def test_a_person_may_stop_waiting(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    address = reverse("submissions:detail", args=[submission.pk])
    assert "Stop waiting and decide" in text_of(desk.browser.get(address))
    desk.browser.post(f"{address}stop-waiting/")
    submission.refresh_from_db()
    assert (submission.status, repeat_next()) == ("unconfirmed", False)
    assert f"{desk.person} stopped waiting" in submission.reason
    desk.browser.post(f"{address}stop-waiting/")


def test_a_request_on_its_way_is_not_stopped(desk: Desk) -> None:
    submission = desk.draft(GOOD)
    assert submission.claim_rows(0, until=timezone.now() + timedelta(minutes=5), once=()) is not None
    assert not submission.waits_for_answer and sending.stop_waiting([submission], desk.person) == 0


def test_the_document_neither_rejects_nor_pauses_the_key(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.routes["GET /api/v1/openapi.json"] = error(401, "unauthorized", "Sign in")
    assert send_through(desk).status == "created"
    desk.key.refresh_from_db()
    assert desk.key.rejected_at is None
    assert "authorization" not in honest_api.calls("GET", "openapi")[0].headers


def stop_and_decide(desk: Desk, submission: Submission) -> None:
    present = Submission.objects.get(pk=submission.pk)
    assert sending.stop_waiting([present], desk.person) == 1
    assert present.decide_not_created(desk.person)


def test_nothing_is_sent_after_a_person_stopped_the_waiting(desk: Desk, honest_api: FakeApi) -> None:
    """They decide while the worker reads the document of the API."""
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    document = honest_api.call("GET", "/openapi.json").json()

    def decide(request: Request) -> Reply:
        stop_and_decide(desk, submission)
        return answer(200, document, Idempotency_Key=request.headers["idempotency-key"])

    honest_api.routes["GET /api/v1/openapi.json"] = decide
    assert settle(submission).status == "draft"
    assert len(posts(honest_api)) == 1


def test_a_decision_during_a_request_that_is_lost_is_doubted(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)

    def decide(request: Request) -> Reply:
        stop_and_decide(desk, submission)
        return hang_up(request)

    honest_api.routes["POST /api/v1"] = decide
    assert settle(submission).status == "unconfirmed"


def test_other_values_leave_the_first_try_uncertain(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    stop_and_decide(desk, submission)
    other = GOOD | {"input_text": "Other"}
    changed = Submission.objects.draft(desk.person, desk.workflow, [other], submission.token, "form")
    assert send(changed, desk.client).status == "created"
    assert (changed.is_earlier_try_uncertain, len(honest_api.tasks)) == (True, 2)


def test_it_is_asked_for_a_day(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("lost_request", on=POST, times=30)
    submission = send_through(desk)
    Submission.objects.update(first_sent_at=F("first_sent_at") - timedelta(hours=23, minutes=59))
    assert own_submission(desk.person, submission.pk).waits_for_answer
    Submission.objects.update(first_sent_at=F("first_sent_at") - timedelta(minutes=2))
    before = len(posts(honest_api))
    assert settle(submission).status == "unconfirmed"
    assert (len(posts(honest_api)), len(honest_api.tasks)) == (before, 0)


@pytest.mark.parametrize(("hours", "status"), [(23, "sending"), (25, "unconfirmed")])
def test_without_a_worker_a_page_ends_it_after_a_day(desk: Desk, honest_api: FakeApi, hours: int, status: str) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    Submission.objects.update(first_sent_at=F("first_sent_at") - timedelta(hours=hours), sending_until=timezone.now())
    assert own_submission(desk.person, submission.pk).status == status


def stop_declaring(api: FakeApi) -> None:
    api.routes["GET /api/v1/openapi.json"] = answer(200, {"paths": {}}, Idempotency_Key="any")


def stop_repeating(api: FakeApi) -> None:
    document = api.call("GET", "/openapi.json").json()
    api.is_idempotent = False
    api.routes["GET /api/v1/openapi.json"] = answer(200, document)


def restore(api: FakeApi) -> None:
    Submission.objects.all().unconfirm_restored(timezone.now(), {})


def take_access(api: FakeApi) -> None:
    Submission.objects.get().owner.__class__.objects.update(is_active=False)


@each_case("change", [stop_declaring, stop_repeating, restore, take_access])
def test_nothing_is_asked_that_might_be_taken_for_new(desk: Desk, honest_api: FakeApi, change: Any) -> None:
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    change(honest_api)
    assert settle(submission).status == "unconfirmed"
    assert len(posts(honest_api)) == 1


def test_an_answer_without_the_key_stops_the_asking(desk: Desk, honest_api: FakeApi) -> None:
    """The document may declare what a gateway strips from requests."""
    document = honest_api.call("GET", "/openapi.json").json()
    honest_api.is_idempotent = False
    honest_api.routes["GET /api/v1/openapi.json"] = lambda request: answer(
        200, document, Idempotency_Key=request.headers.get("idempotency-key", "")
    )
    honest_api.fail("server_error", on=POST)
    assert send_through(desk).status == "unconfirmed"
    honest_api.fail("lost_answer", on=POST)
    assert send_through(desk).status == "unconfirmed"
    assert len(posts(honest_api)) == 2


def test_a_busy_answer_says_nothing_about_keys(desk: Desk, honest_api: FakeApi) -> None:
    """A server that has no room for a request answers before it looks at it."""

    def refuse(request: Request) -> Reply:
        del request.headers["idempotency-key"]
        return error(503, "service_unavailable", "Too many large requests at once. Try again in a moment.")

    honest_api.routes["POST /api/v1"] = refuse
    assert send_through(desk).is_echoed is None and not honest_api.tasks


@each_case(("is_echoed", "status"), [(True, "rejected"), (False, "sending")])
def test_a_rejection_is_the_answer_if_it_repeats_the_key(
    desk: Desk, honest_api: FakeApi, is_echoed: bool, status: str
) -> None:
    """Else it is of a second request, and says nothing of the first one."""
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)

    def reject(request: Request) -> Reply:
        if not is_echoed:
            del request.headers["idempotency-key"]
        return error(422, "validation_error", "All 1 tasks failed: tasks.0: No")

    honest_api.routes["POST /api/v1"] = reject
    Submission.objects.update(sending_until=timezone.now())
    assert repeat_next()
    submission.refresh_from_db()
    assert submission.status == status


@each_case(
    "refusal",
    [
        error(422, "validation_error", "Another request.", reason="idempotency_key_reused"),
        error(422, "idempotency_key_reused", "Another request."),
    ],
)
def test_another_request_by_the_same_key_leaves_it_unconfirmed(desk: Desk, honest_api: FakeApi, refusal: Reply) -> None:
    """Also in the words of an older API."""
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)
    honest_api.routes["POST /api/v1"] = refusal
    assert settle(submission).status == "unconfirmed"
    assert {row.status for row in submission.rows.all()} == {"unconfirmed"}


def test_a_new_answer_to_the_question_is_told_as_perhaps_double(desk: Desk, honest_api: FakeApi) -> None:
    """The document declares the key and repeats it, but the POST does not: its tasks may be second ones."""
    honest_api.fail("slow", on=POST)
    submission = send_through(desk)

    def forget_key(request: Request) -> Reply:
        del request.headers["idempotency-key"]
        return honest_api._act(request, FAULTS[""])

    honest_api.routes["POST /api/v1"] = forget_key
    settle(submission)
    assert (submission.status, submission.is_earlier_try_uncertain) == ("created", True)


def test_a_process_that_stood_still_does_not_end_the_asking(desk: Desk, honest_api: FakeApi) -> None:
    submission = desk.draft(GOOD)
    rows = submission.claim_rows(0, until=timezone.now() - timedelta(seconds=1), once=(), is_declared=True)
    Submission.objects.all().settle_overdue()
    assert sending.send_claimed(submission, desk.client, rows or []) is None
    submission.refresh_from_db()
    assert submission.waits_for_answer
    assert settle(submission).status == "created"


def test_a_late_first_answer_and_the_second_are_one(desk: Desk, honest_api: FakeApi) -> None:
    honest_api.fail("slow", on=POST)
    first = send_through(desk)
    again = Submission.objects.get()
    assert settle(again).status == "created"
    late = CreatedTasks(success_count=1, error_count=0, task_ids=[again.rows.get().task_id or 0])
    assert first.record(outcome_of_answer(late, 1)) is False
    again.refresh_from_db()
    assert (again.status, again.unattributed_task_ids, len(honest_api.tasks)) == ("created", [], 1)


def test_send_again_of_unchanged_rows_uses_the_same_key(desk: Desk, before_api: FakeApi) -> None:
    """The API honours keys, but its document does not say so: a person decides, and is protected all the same."""
    before_api.is_idempotent = True
    before_api.routes["GET /api/v1/openapi.json"] = answer(404, {"error": "not_found", "message": "Not found"})
    before_api.fail("lost_answer", on=POST)
    submission = send_through(desk)
    assert submission.status == "unconfirmed"
    assert submission.decide_not_created(desk.person)
    same = Submission.objects.draft(desk.person, desk.workflow, [GOOD], submission.token, "form")
    assert send(same, desk.client).status == "created"
    assert len({request.headers["idempotency-key"] for request in posts(before_api)}) == 1
    assert len(before_api.tasks) == 1


def test_changed_rows_are_another_request(desk: Desk, honest_api: FakeApi) -> None:
    submission = desk.draft(GOOD)
    honest_api.fail("closed", on=POST)
    honest_api.fail("rate_limited", on=POST)
    Submission.objects.filter(pk=submission.pk).update(idempotency_key="used", is_decided_by_person=True)
    other = GOOD | {"input_text": "Other"}
    changed = Submission.objects.draft(desk.person, desk.workflow, [other], submission.token, "form")
    assert changed.idempotency_key == Submission.objects.get().idempotency_key == ""


def test_the_document_is_read_once_in_ten_minutes(desk: Desk, honest_api: FakeApi) -> None:
    for _ in range(3):
        send_through(desk, GOOD)
    assert len(honest_api.calls("GET", "openapi")) == 1
