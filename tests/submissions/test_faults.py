"""What is written down when the sending fails: never a second POST by itself once tasks may exist."""

import pytest

from pipelines_portal.api_client import CreatedTasks, PipelinesError
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import outcome_of_answer
from tests.factories import GOOD, Desk, make_team, send, share_key
from tests.fake_api import FakeApi, answer, error, task_list


def test_sent_again_after_a_refusal(desk: Desk, scripted_api: FakeApi) -> None:
    created = answer(200, {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7]})
    busy = error(429, "rate_limit_exceeded", "Too many requests", retry_after=60)
    share_key(desk.key, make_team(desk.person))
    submission = desk.draft(GOOD)
    scripted_api.script = [task_list(), busy, answer(200, {"tasks": []}), created]
    with pytest.raises(PipelinesError):
        send(submission, desk.client)
    desk.key.paused_until, first = None, submission.first_sent_at  # The pause is over.
    assert send(submission, desk.client).status == "created"
    assert first and submission.first_sent_at and submission.first_sent_at > first, "it may be repeated for a day"
    assert (submission.reason, submission.attempt) == ("", 2)
    assert [row.task_id for row in submission.rows.all()] == [7]
    assert submission.teams.count() == 1, "each time through the same team"


def test_errors_beside_the_envelope_are_read(desk: Desk, scripted_api: FakeApi) -> None:
    """S128, S134: a vendor that lists the rows of a 422 is understood too; nonsense in it is passed over."""
    rows = [
        {"index": 1, "field_name": "notes", "message": "Too long"},
        {"index": 99, "message": "Who?"},
        {"index": "x"},
    ]
    scripted_api.script = [task_list(), error(422, "validation_error", "All tasks failed", errors=rows)]
    submission = desk.draft(GOOD, GOOD)
    with pytest.raises(PipelinesError):
        send(submission, desk.client)
    outcomes = [(row.status, row.error_field, row.error_message) for row in submission.rows.all()]
    assert outcomes == [("rejected", "", ""), ("rejected", "notes", "Too long")]


def test_ids_that_fit_no_row_are_kept_aside(desk: Desk, scripted_api: FakeApi) -> None:
    """Errors that do not say which rows they are about: nobody knows whose the ids are."""
    body = {"success_count": 1, "error_count": 1, "errors": [], "task_ids": [7]}
    scripted_api.script = [task_list(), answer(200, body)]
    sent = send(desk.draft(GOOD, GOOD), desk.client)
    assert (sent.status, sent.unattributed_task_ids) == ("partly_created", [7])
    assert {row.status for row in sent.rows.all()} == {"unconfirmed"}


def test_a_late_answer_is_not_written_over_a_later_try(desk: Desk) -> None:
    submission = desk.draft(GOOD)
    submission.claim(0, until=None)
    Submission.objects.update(status="draft")
    later = Submission.objects.get()
    later.claim(0, until=None)
    assert not submission.record(outcome_of_answer(CreatedTasks(success_count=1, error_count=0, task_ids=[7]), 1))
    assert Submission.objects.get().status == "sending"


def test_several_entries_about_one_row_are_told_together(desk: Desk, scripted_api: FakeApi) -> None:
    """S128, S129: one row, one refusal, under the first field named; nothing the API said of it is dropped."""
    entries = [
        {"index": 1, "field_name": "target_language", "message": "must be one of French, German"},
        {"index": 1, "field_name": "notes", "message": "must be text"},
        {"index": 1, "field_name": None, "message": "is a duplicate"},
    ]
    partly = answer(200, {"success_count": 1, "error_count": 1, "errors": entries, "task_ids": [7]})
    submission = desk.draft(GOOD, GOOD)
    scripted_api.script = [task_list(), partly]
    send(submission, desk.client)
    assert (submission.status, submission.success_count, submission.error_count) == ("partly_created", 1, 1)
    refused = submission.rows.get(status="rejected")
    assert (refused.index, refused.error_field) == (1, "target_language")
    assert refused.error_message == "must be one of French, German; must be text; is a duplicate"


@pytest.mark.parametrize("index", [2, 99])
def test_an_error_about_a_row_that_was_not_sent_is_nobodys(desk: Desk, scripted_api: FakeApi, index: int) -> None:
    wrong = {"index": index, "field_name": "notes", "message": "Who?"}
    body = {"success_count": 1, "error_count": 1, "errors": [wrong], "task_ids": [7]}
    scripted_api.script = [task_list(), answer(200, body)]
    sent = send(desk.draft(GOOD, GOOD), desk.client)
    assert {(row.status, row.error_message) for row in sent.rows.all()} == {("unconfirmed", "")}
