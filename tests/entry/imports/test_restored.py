"""After a restore nothing is sent before a person has seen what is new in Pipelines since the database was copied.

Three cases: both programs were restored, only the portal, only the External API. A database is not really copied here:
what was sent after the copy is created at the API behind the portal's back.
"""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.entry.import_requests import next_submission
from pipelines_portal.entry.models import Sheet, TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.outcomes import Outcome
from pipelines_portal.system.backup.restoring import mark_restored
from pipelines_portal.task_index.models import Scan, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from pipelines_portal.task_index.scanning import fetch, record
from pipelines_portal.uploads.models import Stage
from pipelines_portal.uploads.polling import enqueue_due, poll_if_due, poll_now
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.each_case import each_case
from tests.entry.imports.conftest import Checked, work
from tests.entry.imports.making import distinct, statuses
from tests.factories import BAD, GOOD, Desk, make_index, make_upload, open_workflow, send
from tests.fake_api import FakeApi, hang_up
from tests.pages import text_of
from tests.uploads.conftest import status

Status = Submission.Status


def restored(thing: Any, copied_at: datetime | None = None) -> Any:
    mark_restored(copied_at or timezone.now())
    thing.refresh_from_db()
    return thing


def address(sheet: Sheet, name: str) -> str:
    return reverse(f"sheets:{name}", args=[sheet.pk])


def hidden(page: Any, sheet: Sheet) -> str:
    """Return the newest task that the page shows."""
    html = page.get(address(sheet, "restored")).content.decode()
    return re.findall(r'name="newest" value="(\d+)"', html)[0]


def yesterday() -> datetime:
    return timezone.now() - timedelta(days=1)


def look(desk: Desk, submission: Submission) -> str:
    return desk.browser.get(f"/submissions/{submission.pk}/?look").content.decode()


@pytest.fixture
def workflow(saved_key: SavedKey) -> OpenedWorkflow:
    return open_workflow(saved_key)


# --- only the portal was restored -------------------------------------------------------------------------------------


def test_no_import_sends_before_somebody_has_decided(checked: Checked, page: Any, person: Any, api: FakeApi) -> None:
    """Nothing is decided before its rows were checked."""
    sheet = checked(distinct(3))
    for was in ("reading", "checking", "checked", "sending", "paused", "deleted", "matching"):
        Sheet.objects.filter(pk=sheet.pk).update(status=was, restored_from=None)
        sheet = restored(sheet)
        assert sheet.restored_from and sheet.status != "sending", was
    page.post(address(sheet, "restored"), {"newest": 0, "nothing": ""})
    Sheet.objects.filter(pk=sheet.pk).update(status="checked")
    sheet.refresh_from_db()
    assert sheet.restored_from and not sheet.start_sending(person, 3)
    answer = page.post(address(sheet, "send"), {"rows": 3}, follow=True)
    assert "No task is new since the backup" in text_of(answer)
    work()
    assert api.calls("POST") == [] and set(statuses(sheet).values()) == {"ready"}
    page.post(address(sheet, "restored"), {"newest": 0, "nothing": ""})
    page.post(address(sheet, "send"), {"rows": 3})
    work()
    assert set(statuses(sheet).values()) == {"created"}


def test_rows_that_were_sent_after_the_backup_are_not_sent_again(
    checked: Checked, page: Any, person: Any, api: FakeApi
) -> None:
    """The page offers the new tasks for the first ready rows."""
    sheet = checked(distinct(4))
    assert sheet.start_sending(person, 4)
    sheet = restored(sheet)
    assert (sheet.status, set(statuses(sheet).values())) == ("paused", {"ready"})
    ids = api.create(2)
    html = text_of(page.get(address(sheet, "page")))
    assert "Check what was sent before you continue" in html and "Create 4 tasks" not in html
    html = page.get(address(sheet, "restored")).content.decode()
    assert f'value="{ids[0]}–{ids[1]}"' in html and 'value="2–3"' in html
    form = {"newest": hidden(page, sheet), "tasks": f"{ids[0]}-{ids[1]}"}
    wrong = page.post(address(sheet, "restored"), form | {"rows": "2"})
    assert wrong.status_code == 422 and "Name as many rows as tasks." in text_of(wrong)
    late = page.post(address(sheet, "restored"), form | {"rows": "2–3", "newest": "1"})
    assert late.status_code == 422 and "There are other new tasks now" in text_of(late)
    assert page.post(address(sheet, "restored"), form | {"rows": "2–3"}).status_code == 302
    assert statuses(sheet) == {2: "created", 3: "created", 4: "ready", 5: "ready"}
    rows = SubmissionRow.objects.order_by("index")
    assert [(row.task_id, (row.fields or {})["input_text"]) for row in rows] == [
        (ids[0], "Hello 0"), (ids[1], "Hello 1")
    ]  # fmt: skip
    page.post(address(sheet, "send"), {"rows": 2})
    work()
    sent = [task.fields["input_text"] for task in api.tasks.values()]
    assert sent == ["Hello", "Hello", "Hello 2", "Hello 3"] and set(statuses(sheet).values()) == {"created"}


def test_an_import_of_which_everything_was_sent_is_over(checked: Checked, page: Any, person: Any, api: FakeApi) -> None:
    """One with errors left can be continued when these are corrected."""
    sheet, other = checked(distinct(2)), checked([["Bye", "French"], ["", "French"]])
    assert sheet.start_sending(person, 2) and other.start_sending(person, 1)
    sheet, other = restored(sheet), restored(other)
    ids = api.create(3)
    assert decide(page, sheet, ids[:2], "2-3").status_code == 302
    sheet.refresh_from_db()
    assert (sheet.status, sheet.problem, sheet.restored_from) == ("checked", "", None)
    assert decide(page, other, ids[2:], "2").status_code == 302
    other.refresh_from_db()
    assert (other.status, statuses(other)) == ("checked", {2: "created", 3: "to_fix"})


def test_an_import_within_its_ten_seconds_is_unconfirmed(checked: Checked, person: Any) -> None:
    """One that is over stays as it is."""
    over, sheet = checked(distinct(2)), checked([["Bye", "French"]])
    over.start_sending(person, 2)
    work()
    sheet.start_sending(person, 1)
    assert sheet.take_lease() and next_submission(sheet)
    over, sheet = restored(over), restored(sheet)
    assert (over.status, over.problem, over.restored_from) == ("checked", "", None)
    assert sheet.status == Sheet.Status.UNCONFIRMED and set(statuses(sheet).values()) == {"unconfirmed"}


def test_rows_of_the_grid_wait_for_a_decision(page: Any, workflow: OpenedWorkflow, api: FakeApi) -> None:
    grid = reverse("sheets:new_cells", args=[workflow.key_id, workflow.workflow_id])
    typed = {"rows": [{"number": 1, "new": True, "cells": {name: ["", text] for name, text in GOOD.items()}}]}
    assert page.post(grid, typed, content_type="application/json").status_code == 200
    sheet = restored(Sheet.objects.get())
    digest = sheet.rows.get().digest[:12]
    create = address(sheet, "create")
    refused = page.post(create, {"rows": f"1:{digest}"})
    assert refused.status_code == 409 and "first check what was sent since" in refused.json()["problem"]
    page.post(address(sheet, "restored"), {"newest": 0, "nothing": ""})
    assert page.post(create, {"rows": f"1:{digest}"}).status_code == 200
    assert len(api.calls("POST")) == 1


@each_case(
    ("values", "becomes"),
    [
        ({}, Status.UNCONFIRMED),
        ({"attempt": 1}, Status.UNCONFIRMED),
        ({"attempt": 1, "is_called_off": True}, Status.DRAFT),
        ({"kind": "import"}, Status.UNCONFIRMED),
        ({"kind": "zip"}, Status.UNCONFIRMED),
        ({"attempt": 1, "status": Status.CREATED}, Status.CREATED),
        ({"attempt": 1, "status": Status.REJECTED}, Status.REJECTED),
    ],
)
def test_a_restore_leaves_only_decided_submissions_as_they_were(
    desk: Desk, values: dict[str, Any], becomes: str
) -> None:
    submission = desk.draft(GOOD)
    Submission.objects.filter(pk=submission.pk).update(**values)
    submission = restored(submission)
    assert submission.status == becomes
    assert ("restored from a backup" in submission.reason) == (becomes == Status.UNCONFIRMED)


def test_a_draft_that_was_never_tried_shows_what_is_new(desk: Desk, api: FakeApi) -> None:
    """One press of Send would make a second task of it."""
    known = send(desk.draft(GOOD), desk.client).rows.get().task_id
    submission = restored(desk.draft(GOOD))
    assert submission.newest_task_id_before == known
    (new,) = api.create(1)
    html = look(desk, submission)
    assert f"/tasks/{new}/" in html and f"/tasks/{known}/" not in html and "very likely yours" not in html
    desk.browser.post(reverse("submissions:mark_created", args=[submission.pk]), {"task": new})
    submission.refresh_from_db()
    assert (submission.status, submission.rows.get().task_id) == ("created", new)


@pytest.mark.parametrize("was_sent_before", [False, True])
def test_a_typed_draft_is_asked_about(page: Any, workflow: OpenedWorkflow, api: FakeApi, was_sent_before: bool) -> None:
    form = {f"field-{name}": text for name, text in GOOD.items()} | {"token": str(uuid4())}
    place = [workflow.key_id, workflow.workflow_id]
    create = reverse("new_task:create", args=place)
    if was_sent_before:
        page.post(create, form | {"token": str(uuid4())})
    page.post(reverse("new_task:draft_save", args=place), form)
    draft = restored(TypedDraft.objects.get())
    (new,) = api.create(1, input_text="Another", target_language="French")
    sent = len(api.calls("POST"))
    asked = page.post(create, form)
    html = text_of(asked)
    assert asked.status_code == 409 and "Was this task created before the restore?" in html and f"Task {new}" in html
    assert len(api.calls("POST")) == sent and draft.restored_from
    mark = re.findall(r'name="duplicate" value="([^"]+)"', asked.content.decode())[0]
    assert page.post(create, form | {"duplicate": mark}).status_code == 302
    assert len(api.calls("POST")) == sent + 1 and not TypedDraft.objects.exists()


@pytest.mark.parametrize("stage", [Stage.CHOSEN, Stage.UPLOADING, Stage.STORED])
def test_an_upload_that_was_not_confirmed_waits_for_a_decision(desk: Desk, api: FakeApi, stage: str) -> None:
    upload = restored(make_upload(desk, stage))
    assert enqueue_due() in (0, None)
    poll_now(upload)
    assert api.requests == [] and upload.stage == stage
    decide = f"/submissions/{upload.submission_id}/"
    send_page = reverse("uploads:send", args=[desk.key.pk, 42, upload.pk])
    assert desk.browser.get(send_page)["Location"] == decide
    started = desk.browser.post(reverse("uploads:start", args=[desk.key.pk, 42, upload.pk]), {"tab": "a"})
    assert started.status_code == 409 and started.json()["url"] == decide
    desk.browser.post(f"{decide}not-created/")
    upload.refresh_from_db()
    upload.submission.refresh_from_db()
    assert (upload.submission.status, upload.stage, upload.is_held) == ("draft", stage, False)


def test_an_upload_that_had_created_tasks_is_over(desk: Desk, api: FakeApi) -> None:
    upload = restored(make_upload(desk, Stage.CHOSEN))
    ids = api.create(2)
    desk.browser.post(reverse("submissions:mark_created", args=[upload.submission_id]), {"task": ids})
    upload.refresh_from_db()
    upload.submission.refresh_from_db()
    assert (upload.stage, upload.submission.status) == (Stage.COMPLETED, "created")


def test_the_api_says_what_came_of_an_upload_that_was_confirmed(desk: Desk, scripted_api: FakeApi) -> None:
    upload = make_upload(desk, Stage.PROCESSING, confirmed_at=timezone.now(), sends_rows=True)
    upload = restored(upload)
    assert upload.submission.status == "unconfirmed"
    scripted_api.routes["GET"] = status("completed", success_count=2, error_count=0, errors=[], task_ids=[7, 8])
    poll_if_due(upload)
    upload.submission.refresh_from_db()
    assert (upload.stage, upload.submission.status) == (Stage.COMPLETED, "created")


# --- both were restored -----------------------------------------------------------------------------------------------


def test_the_newest_task_is_that_of_the_portals_own_copy(desk: Desk, api: FakeApi) -> None:
    """The External API was copied a minute later: the task that the draft became is in its copy, at its end."""
    known = send(desk.draft(GOOD), desk.client).rows.get().task_id
    submission = desk.draft(GOOD)
    (became, lost) = api.create(2)
    api.remove([lost])
    submission = restored(submission)
    assert submission.newest_task_id_before == known
    assert f"/tasks/{became}/" in look(desk, submission)


def test_new_tasks_with_ids_of_lost_ones_are_shown(desk: Desk, api: FakeApi) -> None:
    """The External API's copy is older than what the portal knows: its new tasks have IDs that the portal has seen."""
    known = send(desk.draft(GOOD), desk.client).rows.get().task_id or 0
    Submission.objects.update(created_by=yesterday())
    submission = restored(desk.draft(GOOD), timezone.now() - timedelta(minutes=1))
    api.remove([known])
    api.newest_task_id = known - 1
    (again,) = api.create(1)
    assert again == known
    assert f"/tasks/{known}/" in look(desk, submission)


# --- only the External API was restored -------------------------------------------------------------------------------


def _read_newest(index: WorkflowIndex, desk: Desk) -> None:
    """Read the newest tasks as the worker does, once a minute."""
    scan = Scan.objects.select_related("index__workflow__key__owner").get(index=index, kind=Scan.Kind.NEWEST)
    _, scan.position = record(scan, fetch(scan, desk.client))
    scan.save()


def test_the_page_says_which_tasks_no_longer_exist(desk: Desk, api: FakeApi) -> None:
    first = send(desk.draft(GOOD), desk.client)
    sent = send(desk.draft(GOOD, GOOD), desk.client)
    index = make_index(desk.workflow, desk.client.list_tasks(42).tasks)
    api.remove([row.task_id for row in sent.rows.all() if row.task_id])
    api.newest_task_id -= 2
    _read_newest(index, desk)
    page = f"/submissions/{sent.pk}/"
    assert "no longer exist" not in text_of(desk.browser.get(page)), "a copy of its database may lag behind"
    _read_newest(index, desk)
    html = text_of(desk.browser.get(page))
    assert "2 tasks no longer exist in Pipelines" in html and "Rows 1–2" in html
    assert "no longer exist" not in text_of(desk.browser.get(f"/submissions/{first.pk}/"))
    index.refresh_from_db()
    assert index.newest_id == first.rows.get().task_id


def test_a_task_with_an_id_that_was_given_again_is_not_the_rows(desk: Desk, api: FakeApi) -> None:
    sent = send(desk.draft(GOOD | {"input_text": "Old words"}), desk.client)
    task_id = sent.rows.get().task_id or 0
    index = make_index(desk.workflow, desk.client.list_tasks(42).tasks)
    Submission.objects.update(created_by=yesterday())
    again = desk.client.task(42, task_id)
    record_tasks(index, [again.model_copy(update={"created_at": yesterday()})], timezone.now())
    record_tasks(index, [again], timezone.now())
    page = text_of(desk.browser.get(reverse("tasks:detail", args=[desk.key.pk, 42, task_id])))
    assert "Old words" not in page and "Created outside the portal" in page
    assert "Old words" not in text_of(desk.browser.get(reverse("tasks:list", args=[desk.key.pk, 42])))
    assert "1 task no longer exists in Pipelines" in text_of(desk.browser.get(f"/submissions/{sent.pk}/"))


def test_a_lost_answer_is_not_confirmed_by_older_tasks(desk: Desk, api: FakeApi) -> None:
    """After the External API counted back and up again, older tasks may have higher IDs than the newest one then."""
    submission = desk.draft(GOOD)
    submission.claim(0, until=timezone.now() - timedelta(seconds=1))
    (other,) = api.create(1)
    api.tasks[other].created_at = timezone.now() - timedelta(days=2)
    assert "No new task" in look(desk, submission)


# --- two restores, two people, late answers ---------------------------------------------------------------------------


def decide(page: Any, sheet: Sheet, tasks: list[int], rows: str) -> Any:
    form = {"newest": hidden(page, sheet), "tasks": ",".join(map(str, tasks)), "rows": rows}
    return page.post(address(sheet, "restored"), form)


def test_confirmed_tasks_are_not_offered_to_another_import(checked: Checked, page: Any, api: FakeApi) -> None:
    """Although they were created hours before the decision. Nothing is proposed if they are more than the rows."""
    first, second = checked(distinct(3)), checked([[f"Other {n}", "French"] for n in range(2)])
    ids = api.create(3)
    for task_id in ids:
        api.tasks[task_id].created_at = timezone.now() - timedelta(hours=5)
    mark_restored(timezone.now() - timedelta(hours=6))
    html = page.get(address(second, "restored")).content.decode()
    assert f">Task {ids[0]}</a>" in html and 'value="2–3"' not in html
    assert decide(page, first, ids, "2-4").status_code == 302
    assert "No task is new since the backup" in text_of(page.get(address(second, "restored")))


def test_a_second_mark_forgets_nothing(checked: Checked, api: FakeApi) -> None:
    """As after `--mark-only` at the wrong moment, or a restore of a backup that was made before anybody decided."""
    sheet = restored(checked(distinct(2)), yesterday())
    Submission.objects.create(
        owner=sheet.owner, key=sheet.key, workflow_id=42, kind="form", status="created",
        newest_task_id_before=50,
    )  # fmt: skip
    again = restored(sheet)
    assert (again.restored_from, again.newest_task_id_before) == (sheet.restored_from, 0)


def test_rows_that_were_given_back_are_not_given_back_twice(
    checked: Checked, page: Any, person: Any, scripted_api: FakeApi, api: FakeApi, settings: Any
) -> None:
    """A person chose the wrong tasks for a part of a request, and the rest was created in the meantime."""
    sheet = checked(distinct(3))
    scripted_api.routes["POST"] = hang_up
    sheet.start_sending(person, 3)
    Sheet.objects.update(due_at=timezone.now(), start_at=None)
    work()
    settings.PIPELINES_API_URL = api.url
    lost = sheet.submissions.get()
    assert lost.decide_created([901, 902], person, indexes=[0, 1])
    sheet.refresh_from_db()
    assert sheet.start_sending(person, 1)
    work()
    assert statuses(sheet) == {2: "created", 3: "created", 4: "created"}
    other = Submission.objects.draft(person, sheet.key.workflows.get(), [GOOD, GOOD], uuid4(), "form")
    other.claim(0, until=None)
    other.record(Outcome("created", "", 2, 0, {}, (901, 902)))
    assert statuses(sheet) == {2: "unconfirmed", 3: "unconfirmed", 4: "created"}
    lost.refresh_from_db()
    assert lost.decide_not_created(person)
    assert statuses(sheet) == {2: "ready", 3: "ready", 4: "created"}


def test_rejected_rows_may_have_been_sent_again(desk: Desk, api: FakeApi) -> None:
    (before,) = api.create(1)
    sent = restored(send(desk.draft(GOOD, BAD), desk.client))
    (new,) = api.create(1)
    draft = sent.draft_rejected_rows()
    assert (draft.status, draft.newest_task_id_before) == ("unconfirmed", before)
    assert draft.rows.get().status == "unconfirmed"
    assert f"/tasks/{new}/" in look(desk, draft)


def test_everybody_who_sends_is_told(desk: Desk) -> None:
    mark_restored(timezone.now())
    assert "What you sent after that is in Pipelines, but not here." in text_of(desk.browser.get("/notifications/"))
