"""A batch is kept before it leaves, and leaves at most once."""

import json
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from pipelines_portal.api_client import IN_A_PAGE, ValidationFailed
from pipelines_portal.api_client.transport import POST_PATIENCE
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.sending import lease
from tests.factories import BAD, GOOD, Desk, open_desk, open_workflow, send
from tests.fake_api import FakeApi, Reply, Request, hang_up, task_list

MISSING = {"input_text": "Hello"}


def newest_id(desk: Desk) -> int:
    tasks = desk.client.list_tasks(42, limit=1).tasks
    return tasks[0].id if tasks else 0


def test_a_lease_outlasts_a_post_and_its_retries(settings: Any) -> None:
    """The API is asked before the POST whether it honours Idempotency-Key, too."""
    settings.API_TIMEOUT_SECONDS = 600
    assert lease().total_seconds() > IN_A_PAGE.budget + (1 + POST_PATIENCE) * settings.API_TIMEOUT_SECONDS


def test_good_rows_become_tasks(desk: Desk) -> None:
    """S124, S127, S181: each row gets the id of its task, in the order sent."""
    before, other = newest_id(desk), desk.draft()
    sent = send(desk.draft(GOOD, GOOD), desk.client)
    ids = [row.task_id for row in sent.rows.all()]
    assert (sent.status, sent.success_count, sent.error_count) == ("created", 2, 0)
    assert not sent.is_earlier_try_uncertain and not Submission.objects.get(pk=sent.pk).is_earlier_try_uncertain
    assert sent.newest_task_id_before == before
    assert other.rows.get().status == "waiting"
    assert ids == sorted(ids) and all(desk.client.task(42, task_id).id == task_id for task_id in ids)


def test_mixed_rows_are_told_apart(desk: Desk) -> None:
    """S125, S126, S129, S133: both counts, and each row with its own outcome."""
    sent = send(desk.draft(MISSING, GOOD, BAD, GOOD), desk.client)
    rows = list(sent.rows.all())
    assert (sent.status, sent.success_count, sent.error_count) == ("partly_created", 2, 2)
    assert [row.status for row in rows] == ["rejected", "created", "rejected", "created"]
    assert rows[0].error_field == "target_language"
    assert rows[0].error_message == "Missing required columns: target_language"
    assert "must be one of French, German, Spanish" in rows[2].error_message
    assert rows[1].task_id and rows[3].task_id and rows[1].task_id < rows[3].task_id


def test_all_rows_rejected_are_read_out_of_the_refusal(desk: Desk) -> None:
    """S134: 422 lists the errors of all rows, and its message names the first ones."""
    before = newest_id(desk)
    submission = desk.draft(*[GOOD | {"Text to translate": "Hello"}] * 25)
    with pytest.raises(ValidationFailed):
        send(submission, desk.client)
    rows = list(submission.rows.all())
    assert (submission.status, submission.error_count) == ("rejected", 25)
    assert {row.status for row in rows} == {"rejected"}
    assert {row.error_message for row in rows} == {"Unknown field: Text to translate"}
    assert newest_id(desk) == before


def test_same_token_finds_the_same_submission(desk: Desk) -> None:
    """The same form posted twice is sent once, and what the second one says changes nothing."""
    token = uuid4()
    first = send(Submission.objects.draft(desk.person, desk.workflow, [GOOD], token, "form"), desk.client)
    before = newest_id(desk)
    again = Submission.objects.draft(desk.person, desk.workflow, [GOOD, GOOD], token, "form")
    sent = send(again, desk.client)
    assert (again.pk, sent.pk, sent.row_count, sent.status) == (first.pk, first.pk, 1, "created")
    assert newest_id(desk) == before


def test_unsent_draft_takes_what_was_edited(desk: Desk) -> None:
    """Until it is sent, the newer form counts: never are old values sent in its place."""
    token = uuid4()
    Submission.objects.draft(desk.person, desk.workflow, [BAD, BAD], token, "form")
    edited = Submission.objects.draft(desk.person, desk.workflow, [GOOD], token, "form")
    assert (list(edited.read_fields()), edited.row_count) == ([GOOD], 1)
    assert send(edited, desk.client).status == "created"
    assert edited.rows.get(index=0).task_id


def test_a_draft_for_another_workflow_goes_there(desk: Desk) -> None:
    token, other = uuid4(), open_workflow(desk.key, 43)
    Submission.objects.draft(desk.person, desk.workflow, [GOOD], token, "form")
    Submission.objects.update(idempotency_key="used")
    moved = Submission.objects.draft(desk.person, other, [GOOD], token, "form")
    assert (moved.workflow_id, moved.workflow_name, moved.idempotency_key) == (43, other.name, "")


def test_a_draft_that_changed_since_it_was_read_is_claimed_as_it_is(desk: Desk) -> None:
    draft = desk.draft()
    Submission.objects.update(idempotency_key="of another request")
    assert draft.claim_rows(0, until=None, once=()) and draft.idempotency_key == "of another request"


@pytest.mark.parametrize(
    ("is_uncertain", "known", "newest", "stored"),
    [(False, 5, None, 5), (False, 5, 9, 9), (True, 5, 9, 5), (True, 9, 5, 5), (True, None, 9, 9)],
)
def test_the_tasks_of_an_uncertain_try_are_still_offered(
    desk: Desk, is_uncertain: bool, known: int | None, newest: int | None, stored: int
) -> None:
    """That try may be answered for a day after it was sent first."""
    draft, first = desk.draft(), timezone.now() - timedelta(hours=1)
    values = {"is_decided_by_person": is_uncertain, "newest_task_id_before": known, "first_sent_at": first}
    Submission.objects.filter(pk=draft.pk).update(**values)
    draft.refresh_from_db()
    assert draft.claim(newest, until=None)
    assert (draft.newest_task_id_before, draft.first_sent_at == first) == (stored, is_uncertain)


@pytest.mark.parametrize(("key_id", "text", "may_be"), [(1, "key", True), (None, "key", False), (1, "", False)])
def test_only_a_request_with_its_key_is_repeated(key_id: int | None, text: str, may_be: bool) -> None:
    now = timezone.now()
    sent = Submission(is_declared=True, first_sent_at=now, key_id=key_id, idempotency_key=text)
    assert sent.may_be_repeated is may_be


def test_a_new_try_forgets_the_newest_task_of_its_draft_alone(desk: Desk) -> None:
    drafts = [desk.draft(), desk.draft()]
    for newest in (5, 6):
        for each in drafts:
            each.record_newest(newest)
    drafts[0].forget_newest()
    for each in drafts:
        each.refresh_from_db()
    assert [each.newest_task_id_before for each in drafts] == [None, 5]


def test_a_token_is_its_owners_alone(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    token = uuid4()
    mine = Submission.objects.draft(desk.person, desk.workflow, [GOOD], token, "form")
    theirs = Submission.objects.draft(other_desk.person, other_desk.workflow, [BAD], token, "form")
    assert mine.pk != theirs.pk


def test_rows_are_stored_before_they_are_sent(desk: Desk, scripted_api: FakeApi) -> None:
    seen: list[list[object]] = []

    def look(request: Request) -> Reply:
        seen.append(list(SubmissionRow.objects.values_list("fields", flat=True)))
        return hang_up(request)

    submission = desk.draft({"input_text": "A sentence", "target_language": "French"})
    scripted_api.script = [task_list(), look]
    with pytest.raises(Exception, match="broke"):
        send(submission, desk.client)
    assert seen == [[{"input_text": "A sentence", "target_language": "French"}]]
    assert "A sentence" in scripted_api.calls("POST")[0].text


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_send_once(desk: Desk) -> None:
    """A double click: both find the draft, one gets to send it."""
    submission, before = desk.draft(GOOD), newest_id(desk)
    barrier, statuses = threading.Barrier(4), []

    def click() -> None:
        mine = Submission.objects.get(pk=submission.pk)
        barrier.wait()
        statuses.append(send(mine, desk.client).status)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    appeared = [task.id for task in desk.client.list_tasks(42).tasks if task.id > before]
    assert len(appeared) == 1 and len(statuses) == 4
    assert Submission.objects.get(pk=submission.pk).status == "created"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waited_sends_the_rows_that_are_stored(before_api: FakeApi) -> None:
    """A second POST of the form replaces the rows while the first waits for its lock."""
    desk = open_desk(before_api)
    token = uuid4()
    first = Submission.objects.draft(desk.person, desk.workflow, [GOOD], token, "form")
    claims: list[list[str] | None] = []

    def claim() -> None:
        claims.append(first.claim_rows(0, until=timezone.now() + timedelta(minutes=5), once=()))
        connection.close()

    thread = threading.Thread(target=claim)
    edited = GOOD | {"input_text": "Edited"}
    with transaction.atomic():
        second = Submission.objects.draft(desk.person, desk.workflow, [edited], token, "form")
        thread.start()
        time.sleep(0.5)  # it waits for the lock by now
    thread.join()
    second_claim = second.claim_rows(0, until=timezone.now() + timedelta(minutes=5), once=())
    sent = [texts for texts in (*claims, second_claim) if texts is not None]
    assert [[json.loads(text) for text in texts] for texts in sent] == [[edited]]
