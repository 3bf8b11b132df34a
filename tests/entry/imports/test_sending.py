"""Ready rows are sent one request at a time, and each request is in the ledger before it is sent."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.entry.import_requests import next_submission
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.fixing import change_rows, edit_row
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.outcomes import Outcome
from pipelines_portal.submissions.sending import repeat_next
from pipelines_portal.task_index.models import TaskNote, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from tests.factories import make_task
from tests.fake_api import FakeApi, answer, error, hang_up, task_list
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, distinct, statuses


def address(sheet: Sheet, name: str, *more: Any) -> str:
    return reverse(f"sheets:{name}", args=[sheet.pk, *more])


def send(page: Any, sheet: Sheet, rows: int, **more: Any) -> Any:
    return page.post(address(sheet, "send"), {"rows": rows, **more}, follow=True)


def test_an_import_shows_how_its_tasks_stand(page: Any, checked: Checked) -> None:
    """As far as the workflow's index knows them, which begins when somebody looks."""
    sheet = checked(distinct(3))
    send(page, sheet, 3)
    work()
    assert "Loading…" in text_of(page.get(address(sheet, "progress")))
    index = WorkflowIndex.objects.get()
    ids = [int(row.task_id or 0) for row in SubmissionRow.objects.order_by("task_id")]
    now = timezone.now()
    WorkflowIndex.objects.update(open_as_of=now)
    record_tasks(index, [make_task(each, "escalated", now) for each in ids[:2]], now)
    assert "Tasks: 2 escalated, 1 being checked" in text_of(page.get(address(sheet, "progress")))
    TaskNote.objects.mark_as_mistakes(sheet.workflow or index.workflow, ids[:1], "", sheet.owner)
    words = text_of(page.get(address(sheet, "progress")))
    assert "Tasks: 1 escalated, 1 being checked" in words and "<b>1</b> mistake or replaced" in words


def test_every_ready_row_becomes_one_task(page: Any, checked: Checked, saved_key: Any) -> None:
    """S6, S127, S181."""
    sheet = checked(distinct(7), rows_per_request=3)
    send(page, sheet, 7)
    work()
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED and set(statuses(sheet).values()) == {"created"}
    assert [sent.row_count for sent in sheet.submissions] == [3, 3, 1]
    ids = [row.task_id for sent in sheet.submissions for row in sent.rows.all()]
    newest = client_for(saved_key).list_tasks(42, limit=7).tasks
    assert sorted(ids) == sorted(task.id for task in newest)
    words = text_of(page.get(address(sheet, "progress")))
    assert (
        ">7 tasks created</a>" in words
        and "Details: 3 batches" in words
        and "3 rows, from 2 to 4" in " ".join(words.split())
    )


def test_rows_that_the_person_did_not_see_are_not_sent(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD, ["Hello", "Germn"], ["", "French"], ["Bye", "French"]])
    page.post(address(sheet, "send"), {"rows": 3})
    words = text_of(page.get("/keys/"))
    work()
    assert "ready now: 2, not 3" in words and not sheet.submissions.exists()
    send(page, sheet, 2)
    work()
    assert statuses(sheet) == {2: "created", 3: "to_fix", 4: "to_fix", 5: "created"}


def test_rows_that_changed_before_the_start_are_counted_again(
    page: Any, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the request to send them was on its way."""
    sheet = checked([GOOD, ["Bye", "French"]])
    sheet.rows.update(status="to_fix")
    sheet.store_counts()
    assert "Rows that are ready now: 0, not 2" in text_of(send(page, sheet, 2))
    sheet.rows.update(status="ready")
    sheet.store_counts()

    def check_again(*place: Any) -> None:
        Sheet.objects.get().take_step(SheetStep.RECHECK, Sheet.Status.CHECKING)

    monkeypatch.setattr("pipelines_portal.entry.sheets.views.sending.lock_comparison", check_again)
    page.post(address(sheet, "send"), {"rows": 2})
    assert "Not sent. This import has just changed. Rows that are ready now: 2." in text_of(page.get("/keys/"))
    assert not sheet.submissions.exists()


def test_one_row_first_then_the_rest(page: Any, checked: Checked, person: Any) -> None:
    """Also where a request of many was made before somebody paused, and had not left."""
    sheet = checked(distinct(5))
    begin(sheet, person)
    assert sheet.take_lease() and next_submission(sheet) is not None
    page.post(address(sheet, "pause"))
    send(page, sheet, 5, one_row_first="on")
    told = "Sending one row first. The rest follows if Pipelines accepts it."
    assert told in text_of(page.get(address(sheet, "progress")))
    work()
    assert told not in text_of(page.get(address(sheet, "progress")))
    assert [sent.row_count for sent in sheet.submissions] == [1, 4]
    assert set(statuses(sheet).values()) == {"created"}


def begin(sheet: Sheet, person: Any) -> None:
    assert sheet.start_sending(person, 1, one_row_first=False)


def due_now(sheet: Sheet) -> None:
    Sheet.objects.filter(pk=sheet.pk).update(due_at=timezone.now())


def test_sending_waits_after_a_429(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, saved_key: Any, settings: Any, api: Any
) -> None:
    """S62, S63."""
    sheet = checked(distinct(4), rows_per_request=2)
    scripted_api.routes["POST"] = error(429, "rate_limit_exceeded", "Slow down.")
    begin(sheet, person)
    work()
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.SENDING and sheet.due_at > timezone.now()
    page.get(address(sheet, "progress"))
    settings.PIPELINES_API_URL = api.url
    type(saved_key).objects.update(paused_until=None)
    due_now(sheet)
    work()
    assert set(statuses(sheet).values()) == {"created"}


def test_a_request_that_is_too_large_is_halved(checked: Checked, person: Any, scripted_api: FakeApi) -> None:
    """S69."""
    sheet = checked(distinct(4))
    created = answer(200, {"success_count": 1, "error_count": 0, "task_ids": [1], "errors": []})
    begin(sheet, person)
    scripted_api.routes["GET"] = task_list()
    scripted_api.script = [
        error(413, "payload_too_large", "Too large."),
        error(413, "payload_too_large", "Too large."),
        created,
    ]
    work()
    sheet.refresh_from_db()
    assert sheet.rows_per_request == 1
    assert [sent.row_count for sent in sheet.submissions][:1] == [1]


def test_a_lost_response_stops_the_import(page: Any, checked: Checked, person: Any, scripted_api: FakeApi) -> None:
    sheet = checked(distinct(4), rows_per_request=2)
    scripted_api.routes["POST"] = hang_up
    begin(sheet, person)
    work()
    assert statuses(sheet) == {2: "unconfirmed", 3: "unconfirmed", 4: "ready", 5: "ready"}
    assert sheet.status == Sheet.Status.UNCONFIRMED
    posts = [each for each in scripted_api.requests if each.method == "POST"]
    assert len(posts) == 1
    words = text_of(page.get(address(sheet, "progress")))
    assert "batch 1 w" in words and "We won’t resend automatically" in words
    page.post(address(sheet, "decide", 1), {"came": "nothing"})
    assert set(statuses(sheet).values()) == {"ready"}, "it is not sent again as it is"
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.PAUSED


def waiting_import(checked: Checked, person: Any, api: FakeApi) -> Sheet:
    """Return an import whose first request waits for an answer that was lost."""
    api.is_idempotent = True
    sheet = checked(distinct(4), rows_per_request=2)
    api.fail("lost_request", on="POST", times=2)
    begin(sheet, person)
    work()
    assert sheet.submissions.get().waits_for_answer
    return sheet


def test_a_stopped_import_repeats_nothing(
    page: Any, checked: Checked, person: Any, api: FakeApi, no_pauses: None
) -> None:
    """Rows that wait for an answer count as sent in other imports."""
    sheet = waiting_import(checked, person, api)
    other = checked(distinct(3))
    assert statuses(other) == {2: "duplicate", 3: "duplicate", 4: "ready"}
    page.post(address(sheet, "stop"))
    assert not repeat_next()
    assert statuses(sheet) == {2: "unconfirmed", 3: "unconfirmed", 4: "ready", 5: "ready"}
    assert not api.tasks


def test_equal_rows_are_not_taken_for_the_ones_that_were_decided(
    page: Any, checked: Checked, person: Any, api: FakeApi, no_pauses: None
) -> None:
    """Four equal rows, all wanted, two in a request: the answer to the first two is not that of the others."""
    api.is_idempotent = True
    api.routes["openapi"] = error(404, "not_found", "Not found")
    sheet = checked([GOOD] * 4, rows_per_request=2)
    sheet.rows.update(status="ready", is_duplicate_wanted=True)
    sheet.store_counts()
    api.fail("lost_answer", on="POST")
    begin(sheet, person)
    work()
    page.post(address(sheet, "decide", 1), {"came": "nothing"})
    send(page, sheet, 4)
    work()
    assert set(statuses(sheet).values()) == {"created"}
    assert len(api.tasks) == 4


def test_the_late_answer_to_rows_that_were_sent_again_is_theirs(
    page: Any, checked: Checked, person: Any, api: FakeApi, no_pauses: None
) -> None:
    """They were sent with the same Idempotency-Key, so the API answers with the same tasks."""
    sheet = waiting_import(checked, person, api)
    first = Submission.objects.get()
    page.post(address(sheet, "stop"))
    page.post(address(sheet, "decide", 1), {"came": "nothing"})
    send(page, sheet, 4)
    work()
    sent_again = Submission.objects.get(group_number=2)
    assert sent_again.idempotency_key == first.idempotency_key
    tasks = list(sent_again.rows.values_list("task_id", flat=True))
    assert not first.record(Outcome("created", "", 2, 0, {}, tuple(tasks)))
    assert not SubmissionRow.objects.exclude(submission=sent_again).filter(task_id__in=tasks).exists()
    assert not UnattributedTask.objects.exists()


def test_a_lost_response_is_asked_for_and_the_import_goes_on(
    page: Any, checked: Checked, person: Any, api: FakeApi, no_pauses: None
) -> None:
    api.is_idempotent = True
    sheet = checked(distinct(4), rows_per_request=2)
    api.fail("slow", on="POST")
    begin(sheet, person)
    work()
    due_now(sheet)
    api.requests.clear()
    work()
    sheet.refresh_from_db()
    assert (sheet.status, statuses(sheet)[4], api.requests) == ("sending", "ready", [])
    assert "Waiting for Pipelines to answer since" in text_of(page.get(address(sheet, "progress")))
    Submission.objects.filter(status="sending").update(sending_until=timezone.now())
    assert repeat_next()
    due_now(sheet)
    work()
    sheet.refresh_from_db()
    assert set(statuses(sheet).values()) == {"created"}
    assert (sheet.status, sheet.problem, len(api.tasks)) == (Sheet.Status.CHECKED, "", 4)


def test_a_workflow_that_accepts_no_tasks_pauses_the_import(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """S83."""
    sheet = checked(distinct(4), rows_per_request=2)
    scripted_api.routes["POST"] = error(422, "validation_error", "Workflow is archived and takes no tasks.")
    begin(sheet, person)
    work()
    sheet.refresh_from_db()
    assert (sheet.status, sheet.problem) == (
        Sheet.Status.PAUSED,
        "Workflow is archived and takes no tasks.",
    )
    assert Submission.objects.get().status == Submission.Status.DRAFT
    page.post(address(sheet, "stop"))
    assert set(statuses(sheet).values()) == {"ready"} and not Submission.objects.exists()


def test_a_submission_of_an_import_is_not_sent_from_the_ledger(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    sheet = checked(distinct(2))
    scripted_api.routes["POST"] = error(503, "service_unavailable", "Later.")
    begin(sheet, person)
    work()
    draft = Submission.objects.get()
    assert "The import sends these rows" in text_of(page.get(f"/submissions/{draft.pk}/"))
    tried = len([each for each in scripted_api.requests if each.method == "POST"])
    page.post(f"/submissions/{draft.pk}/send/")
    page.post(f"/submissions/{draft.pk}/retry/")
    assert len([each for each in scripted_api.requests if each.method == "POST"]) == tried
    assert Submission.objects.count() == 1


def test_an_import_whose_last_request_is_confirmed_is_over(
    checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    sheet = checked(distinct(2))
    scripted_api.routes["POST"] = hang_up
    begin(sheet, person)
    work()
    assert sheet.submissions.get().decide_created([7, 8], person)
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED


def test_fewer_tasks_than_rows_settle_every_row(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, settings: Any, api: Any
) -> None:
    """Rows that a person says were not created are ready again. An answer that comes after all takes them back."""
    sheet = checked(distinct(3))
    scripted_api.routes["POST"] = hang_up
    begin(sheet, person)
    work()
    settings.PIPELINES_API_URL = api.url
    ids = api.create(2)
    Submission.objects.update(newest_task_id_before=ids[0] - 1)
    page.post(address(sheet, "decide", 1), {"up_to": ids[-1]})
    assert set(statuses(sheet).values()) == {"unconfirmed"}
    lost = sheet.submissions.get()
    assert f"/submissions/{lost.pk}/" in page.get(address(sheet, "progress")).content.decode()
    assert lost.decide_created(ids, person, indexes=[0, 2])
    assert statuses(sheet) == {2: "created", 3: "ready", 4: "created"}
    assert sheet.rows.get(number=3).fields == {"input_text": "Hello 1", "target_language": "French"}
    lost.record(Outcome("created", "", 3, 0, {}, (*ids, ids[-1] + 1)))
    assert set(statuses(sheet).values()) == {"created"}


def test_messages_of_the_api_about_a_row_use_the_labels_of_the_form(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """On the page of the check and in a download, of a row that was rejected, and of one that is rejected again."""
    sheet = checked(distinct(2))
    said = {"index": 1, "field_name": "input_text", "message": "Invalid value for input_text: must be shorter"}
    created = {"success_count": 1, "error_count": 1, "task_ids": [1], "errors": [said]}
    scripted_api.routes["POST"] = answer(200, created)
    begin(sheet, person)
    work()
    for where in (
        text_of(page.get(address(sheet, "page"))),
        page.get(address(sheet, "rows", "rejected", "csv")).getvalue(),
    ):
        assert "Text to translate must be shorter" in str(where) and "Invalid value" not in str(where)
    change_rows(sheet, person, "Edit rows", [3], lambda row: edit_row(row, {"input_text": "Changed"}))
    page.post(address(sheet, "undo"), {"number": 1})
    again = text_of(page.get(address(sheet, "page")))
    assert "Text to translate must be shorter" in again and "Invalid value" not in again


def test_a_rejected_first_row_keeps_the_others_back(checked: Checked, api: FakeApi, person: Any) -> None:
    """Also if the API first asked to wait."""
    sheet = checked([["reject me", "French"], ["b", "French"], ["c", "French"]])
    api.rejects = "reject me"
    api.fail("rate_limited", on="POST")
    assert sheet.start_sending(person, 3, one_row_first=True)
    work()
    SavedKey.objects.update(paused_until=None)
    Sheet.objects.update(due_at=timezone.now())
    work()
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.PAUSED
    assert (sheet.counts().created, sheet.counts().rejected) == (0, 1)
