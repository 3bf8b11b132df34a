"""Ready rows are sent one request at a time, and each request is in the ledger before it is sent."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.entry.import_requests import next_submission
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.rows.fixing import change_rows, edit_row
from pipelines_portal.entry.statuses import ImportStep
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


def address(import_job: ImportJob, name: str, *more: Any) -> str:
    return reverse(f"sheets:{name}", args=[import_job.pk, *more])


def send(page: Any, import_job: ImportJob, rows: int, **more: Any) -> Any:
    return page.post(address(import_job, "send"), {"rows": rows, **more}, follow=True)


def test_an_import_shows_how_its_tasks_stand(page: Any, checked: Checked) -> None:
    """As far as the workflow's index knows them, which begins when somebody looks."""
    import_job = checked(distinct(3))
    send(page, import_job, 3)
    work()
    assert "Loading…" in text_of(page.get(address(import_job, "progress")))
    index = WorkflowIndex.objects.get()
    ids = [int(row.task_id or 0) for row in SubmissionRow.objects.order_by("task_id")]
    now = timezone.now()
    WorkflowIndex.objects.update(open_as_of=now)
    record_tasks(index, [make_task(each, "escalated", now) for each in ids[:2]], now)
    assert "Tasks: 2 escalated, 1 being checked" in text_of(page.get(address(import_job, "progress")))
    TaskNote.objects.mark_as_mistakes(import_job.workflow or index.workflow, ids[:1], "", import_job.owner)
    words = text_of(page.get(address(import_job, "progress")))
    assert "Tasks: 1 escalated, 1 being checked" in words and "<b>1</b> mistake or replaced" in words


def test_every_ready_row_becomes_one_task(page: Any, checked: Checked, saved_key: Any) -> None:
    """S6, S127, S181."""
    import_job = checked(distinct(7), rows_per_request=3)
    send(page, import_job, 7)
    work()
    import_job.refresh_from_db()
    assert import_job.status == ImportJob.Status.CHECKED and set(statuses(import_job).values()) == {"created"}
    assert [sent.row_count for sent in import_job.submissions] == [3, 3, 1]
    ids = [row.task_id for sent in import_job.submissions for row in sent.rows.all()]
    newest = client_for(saved_key).list_tasks(42, limit=7).tasks
    assert sorted(ids) == sorted(task.id for task in newest)
    words = text_of(page.get(address(import_job, "progress")))
    assert (
        ">7 tasks created</a>" in words
        and "Details: 3 batches" in words
        and "3 rows, from 2 to 4" in " ".join(words.split())
    )


def test_rows_that_the_person_did_not_see_are_not_sent(page: Any, checked: Checked) -> None:
    import_job = checked([GOOD, ["Hello", "Germn"], ["", "French"], ["Bye", "French"]])
    page.post(address(import_job, "send"), {"rows": 3})
    words = text_of(page.get("/keys/"))
    work()
    assert "ready now: 2, not 3" in words and not import_job.submissions.exists()
    send(page, import_job, 2)
    work()
    assert statuses(import_job) == {2: "created", 3: "to_fix", 4: "to_fix", 5: "created"}


def test_rows_that_changed_before_the_start_are_counted_again(
    page: Any, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the request to send them was on its way."""
    import_job = checked([GOOD, ["Bye", "French"]])
    import_job.rows.update(status="to_fix")
    import_job.store_counts()
    assert "Rows that are ready now: 0, not 2" in text_of(send(page, import_job, 2))
    import_job.rows.update(status="ready")
    import_job.store_counts()

    def check_again(*place: Any) -> None:
        ImportJob.objects.get().take_step(ImportStep.RECHECK, ImportJob.Status.CHECKING)

    monkeypatch.setattr("pipelines_portal.entry.sheets.views.sending.lock_comparison", check_again)
    page.post(address(import_job, "send"), {"rows": 2})
    assert "Not sent. This import has just changed. Rows that are ready now: 2." in text_of(page.get("/keys/"))
    assert not import_job.submissions.exists()


def test_one_row_first_then_the_rest(page: Any, checked: Checked, person: Any) -> None:
    """Also where a request of many was made before somebody paused, and had not left."""
    import_job = checked(distinct(5))
    begin(import_job, person)
    assert import_job.take_lease() and next_submission(import_job) is not None
    page.post(address(import_job, "pause"))
    send(page, import_job, 5, one_row_first="on")
    told = "Sending one row first. The rest follows if Pipelines accepts it."
    assert told in text_of(page.get(address(import_job, "progress")))
    work()
    assert told not in text_of(page.get(address(import_job, "progress")))
    assert [sent.row_count for sent in import_job.submissions] == [1, 4]
    assert set(statuses(import_job).values()) == {"created"}


def begin(import_job: ImportJob, person: Any) -> None:
    assert import_job.start_sending(person, 1, one_row_first=False)


def due_now(import_job: ImportJob) -> None:
    ImportJob.objects.filter(pk=import_job.pk).update(due_at=timezone.now())


def test_sending_waits_after_a_429(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, saved_key: Any, settings: Any, api: Any
) -> None:
    """S62, S63."""
    import_job = checked(distinct(4), rows_per_request=2)
    scripted_api.routes["POST"] = error(429, "rate_limit_exceeded", "Slow down.")
    begin(import_job, person)
    work()
    import_job.refresh_from_db()
    assert import_job.status == ImportJob.Status.SENDING and import_job.due_at > timezone.now()
    page.get(address(import_job, "progress"))
    settings.PIPELINES_API_URL = api.url
    type(saved_key).objects.update(paused_until=None)
    due_now(import_job)
    work()
    assert set(statuses(import_job).values()) == {"created"}


def test_a_request_that_is_too_large_is_halved(checked: Checked, person: Any, scripted_api: FakeApi) -> None:
    """S69."""
    import_job = checked(distinct(4))
    created = answer(200, {"success_count": 1, "error_count": 0, "task_ids": [1], "errors": []})
    begin(import_job, person)
    scripted_api.routes["GET"] = task_list()
    scripted_api.script = [
        error(413, "payload_too_large", "Too large."),
        error(413, "payload_too_large", "Too large."),
        created,
    ]
    work()
    import_job.refresh_from_db()
    assert import_job.rows_per_request == 1
    assert [sent.row_count for sent in import_job.submissions][:1] == [1]


def test_a_lost_response_stops_the_import(page: Any, checked: Checked, person: Any, scripted_api: FakeApi) -> None:
    import_job = checked(distinct(4), rows_per_request=2)
    scripted_api.routes["POST"] = hang_up
    begin(import_job, person)
    work()
    assert statuses(import_job) == {2: "unconfirmed", 3: "unconfirmed", 4: "ready", 5: "ready"}
    assert import_job.status == ImportJob.Status.UNCONFIRMED
    posts = [each for each in scripted_api.requests if each.method == "POST"]
    assert len(posts) == 1
    words = text_of(page.get(address(import_job, "progress")))
    assert "batch 1 w" in words and "We won’t resend automatically" in words
    page.post(address(import_job, "decide", 1), {"came": "nothing"})
    assert set(statuses(import_job).values()) == {"ready"}, "it is not sent again as it is"
    import_job.refresh_from_db()
    assert import_job.status == ImportJob.Status.PAUSED


def waiting_import(checked: Checked, person: Any, api: FakeApi) -> ImportJob:
    """Return an import whose first request waits for an answer that was lost."""
    api.is_idempotent = True
    import_job = checked(distinct(4), rows_per_request=2)
    api.fail("lost_request", on="POST", times=2)
    begin(import_job, person)
    work()
    assert import_job.submissions.get().waits_for_answer
    return import_job


def test_a_stopped_import_repeats_nothing(
    page: Any, checked: Checked, person: Any, api: FakeApi, no_pauses: None
) -> None:
    """Rows that wait for an answer count as sent in other imports."""
    import_job = waiting_import(checked, person, api)
    other = checked(distinct(3))
    assert statuses(other) == {2: "duplicate", 3: "duplicate", 4: "ready"}
    page.post(address(import_job, "stop"))
    assert not repeat_next()
    assert statuses(import_job) == {2: "unconfirmed", 3: "unconfirmed", 4: "ready", 5: "ready"}
    assert not api.tasks


def test_equal_rows_are_not_taken_for_the_ones_that_were_decided(
    page: Any, checked: Checked, person: Any, api: FakeApi, no_pauses: None
) -> None:
    """Four equal rows, all wanted, two in a request: the answer to the first two is not that of the others."""
    api.is_idempotent = True
    api.routes["openapi"] = error(404, "not_found", "Not found")
    import_job = checked([GOOD] * 4, rows_per_request=2)
    import_job.rows.update(status="ready", is_duplicate_wanted=True)
    import_job.store_counts()
    api.fail("lost_answer", on="POST")
    begin(import_job, person)
    work()
    page.post(address(import_job, "decide", 1), {"came": "nothing"})
    send(page, import_job, 4)
    work()
    assert set(statuses(import_job).values()) == {"created"}
    assert len(api.tasks) == 4


def test_the_late_answer_to_rows_that_were_sent_again_is_theirs(
    page: Any, checked: Checked, person: Any, api: FakeApi, no_pauses: None
) -> None:
    """They were sent with the same Idempotency-Key, so the API answers with the same tasks."""
    import_job = waiting_import(checked, person, api)
    first = Submission.objects.get()
    page.post(address(import_job, "stop"))
    page.post(address(import_job, "decide", 1), {"came": "nothing"})
    send(page, import_job, 4)
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
    import_job = checked(distinct(4), rows_per_request=2)
    api.fail("slow", on="POST")
    begin(import_job, person)
    work()
    due_now(import_job)
    api.requests.clear()
    work()
    import_job.refresh_from_db()
    assert (import_job.status, statuses(import_job)[4], api.requests) == ("sending", "ready", [])
    assert "Waiting for Pipelines to answer since" in text_of(page.get(address(import_job, "progress")))
    Submission.objects.filter(status="sending").update(sending_until=timezone.now())
    assert repeat_next()
    due_now(import_job)
    work()
    import_job.refresh_from_db()
    assert set(statuses(import_job).values()) == {"created"}
    assert (import_job.status, import_job.problem, len(api.tasks)) == (ImportJob.Status.CHECKED, "", 4)


def test_a_workflow_that_accepts_no_tasks_pauses_the_import(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """S83."""
    import_job = checked(distinct(4), rows_per_request=2)
    scripted_api.routes["POST"] = error(422, "validation_error", "Workflow is archived and takes no tasks.")
    begin(import_job, person)
    work()
    import_job.refresh_from_db()
    assert (import_job.status, import_job.problem) == (
        ImportJob.Status.PAUSED,
        "Workflow is archived and takes no tasks.",
    )
    assert Submission.objects.get().status == Submission.Status.DRAFT
    page.post(address(import_job, "stop"))
    assert set(statuses(import_job).values()) == {"ready"} and not Submission.objects.exists()


def test_a_submission_of_an_import_is_not_sent_from_the_ledger(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    import_job = checked(distinct(2))
    scripted_api.routes["POST"] = error(503, "service_unavailable", "Later.")
    begin(import_job, person)
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
    import_job = checked(distinct(2))
    scripted_api.routes["POST"] = hang_up
    begin(import_job, person)
    work()
    assert import_job.submissions.get().decide_created([7, 8], person)
    import_job.refresh_from_db()
    assert import_job.status == ImportJob.Status.CHECKED


def test_fewer_tasks_than_rows_settle_every_row(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, settings: Any, api: Any
) -> None:
    """Rows that a person says were not created are ready again. An answer that comes after all takes them back."""
    import_job = checked(distinct(3))
    scripted_api.routes["POST"] = hang_up
    begin(import_job, person)
    work()
    settings.PIPELINES_API_URL = api.url
    ids = api.create(2)
    Submission.objects.update(newest_task_id_before=ids[0] - 1)
    page.post(address(import_job, "decide", 1), {"up_to": ids[-1]})
    assert set(statuses(import_job).values()) == {"unconfirmed"}
    lost = import_job.submissions.get()
    assert f"/submissions/{lost.pk}/" in page.get(address(import_job, "progress")).content.decode()
    assert lost.decide_created(ids, person, indexes=[0, 2])
    assert statuses(import_job) == {2: "created", 3: "ready", 4: "created"}
    assert import_job.rows.get(number=3).fields == {"input_text": "Hello 1", "target_language": "French"}
    lost.record(Outcome("created", "", 3, 0, {}, (*ids, ids[-1] + 1)))
    assert set(statuses(import_job).values()) == {"created"}


def test_messages_of_the_api_about_a_row_use_the_labels_of_the_form(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi
) -> None:
    """On the page of the check and in a download, of a row that was rejected, and of one that is rejected again."""
    import_job = checked(distinct(2))
    said = {"index": 1, "field_name": "input_text", "message": "Invalid value for input_text: must be shorter"}
    created = {"success_count": 1, "error_count": 1, "task_ids": [1], "errors": [said]}
    scripted_api.routes["POST"] = answer(200, created)
    begin(import_job, person)
    work()
    for where in (
        text_of(page.get(address(import_job, "page"))),
        page.get(address(import_job, "rows", "rejected", "csv")).getvalue(),
    ):
        assert "Text to translate must be shorter" in str(where) and "Invalid value" not in str(where)
    change_rows(import_job, person, "Edit rows", [3], lambda row: edit_row(row, {"input_text": "Changed"}))
    page.post(address(import_job, "undo"), {"number": 1})
    again = text_of(page.get(address(import_job, "page")))
    assert "Text to translate must be shorter" in again and "Invalid value" not in again


def test_a_rejected_first_row_keeps_the_others_back(checked: Checked, api: FakeApi, person: Any) -> None:
    """Also if the API first asked to wait."""
    import_job = checked([["reject me", "French"], ["b", "French"], ["c", "French"]])
    api.rejects = "reject me"
    api.fail("rate_limited", on="POST")
    assert import_job.start_sending(person, 3, one_row_first=True)
    work()
    SavedKey.objects.update(paused_until=None)
    ImportJob.objects.update(due_at=timezone.now())
    work()
    import_job.refresh_from_db()
    assert import_job.status == ImportJob.Status.PAUSED
    assert (import_job.counts().created, import_job.counts().rejected) == (0, 1)
