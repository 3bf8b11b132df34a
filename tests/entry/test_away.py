"""While Pipelines is away people go on typing. What they create waits, and is sent once when it responds."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.typed import ready_rows, start_sending_typed
from pipelines_portal.entry.transitions import stop_import, transfer_import
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification
from pipelines_portal.notifications.relevance import is_relevant
from pipelines_portal.overview.reads import read_sidebar_counts
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.cached_schemas import forget_schemas
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.conftest import FILES
from tests.each_case import each_case
from tests.entry.grid.conftest import TypedGrid, end_wait, work
from tests.factories import make_colleague, open_workflow, share_key
from tests.fake_api import Answer, FakeApi, answer, error, hang_up, refused
from tests.pages import text_of

FORM = {"field-input_text": "Hello world", "field-target_language": "French"}
DOWN = error(503, "service_unavailable", "Down for maintenance")
TITLE = "Rows for Translations that waited for Pipelines weren’t created"
WAITS = "The task is created when it is back"


@pytest.fixture
def grid(page: Any, saved_key: SavedKey, api: FakeApi) -> TypedGrid:
    """The portal has read the workflow's fields once."""
    grid = TypedGrid(page, open_workflow(saved_key, name="Translations"), saved_key.owner)
    grid.read()
    return grid


def leave(api: FakeApi, how: Answer = DOWN) -> None:
    api.routes["/api/v1/"] = how
    forget_schemas()


def come_back(api: FakeApi) -> None:
    api.routes.clear()
    forget_schemas()
    end_wait()
    work()


def notified(grid: TypedGrid) -> list[tuple[str, str]]:
    """Return titles and sentences of what the person who typed was notified of."""
    return list(Notification.objects.filter(person=grid.owner).values_list("title", "sentence"))


def create(grid: TypedGrid, token: UUID | None = None, **more: str) -> Any:
    form = FORM | {"token": str(token or uuid4())} | more
    address = f"/keys/{grid.workflow.key_id}/workflows/{grid.workflow.workflow_id}/tasks/new/"
    return grid.browser.post(address, form, follow=True)


def test_pages_open_with_the_fields_that_were_read_last(grid: TypedGrid, api: FakeApi) -> None:
    uploads = open_workflow(grid.workflow.key, FILES, name="Invoices")
    upload = f"/keys/{uploads.key_id}/workflows/{FILES}/upload/"
    form = f"/keys/{grid.workflow.key_id}/workflows/42/tasks/new/?view=form"
    assert grid.browser.get(upload).status_code == 200
    leave(api)
    for address in (form, grid.address("page"), upload):
        assert grid.browser.get(address).status_code == 200, address
    assert grid.type(1, "Hello", "French").status_code == 200


def test_the_task_of_a_form_waits_and_is_created_once(grid: TypedGrid, api: FakeApi) -> None:
    """Posting the form again adds no task, neither while the first one waits nor after it was created."""
    create(grid, **{"field-input_text": "Before"})
    leave(api)
    token = uuid4()
    for _ in range(2):
        assert WAITS in text_of(create(grid, token))
    assert grid.statuses() == {1: "requested"} and Submission.objects.count() == 2
    form = f"/keys/{grid.workflow.key_id}/workflows/42/tasks/new/?view=form"
    recent = text_of(grid.browser.get(form)).split("Recently sent tasks")[1]
    assert recent.index(">Hello world</a>") < recent.index(">Before</a>") and "?at=1" in recent and "Waiting" in recent
    assert "1 created today with the form" in recent
    come_back(api)
    assert len(api.tasks) == 2 and grid.statuses() == {1: "created"}
    assert grid.job.away_since is None and grid.job.status == Sheet.Status.CHECKED
    recent = text_of(grid.browser.get(form)).split("Recently sent tasks")[1]
    assert ">Hello world</a>" in recent and "Waiting" not in recent and "2 created today with the form" in recent
    assert create(grid, token).request["PATH_INFO"].startswith("/submissions/")
    assert len(api.tasks) == 2
    create(grid, token, **{"field-input_text": "Changed after Back"})
    assert len(api.tasks) == 3


def test_a_file_is_read_checked_and_sent_once_it_is_back(grid: TypedGrid, api: FakeApi) -> None:
    """By the fields that were read last. The list says what waits, though it has read nothing yet."""
    leave(api)
    place = f"/keys/{grid.workflow.key_id}/workflows/42"
    assert grid.browser.get(f"{place}/import/").status_code == 200
    rows = "\n".join(f"Hello {number}\tFrench" for number in range(30))
    form = {"token": str(uuid4()), "text": f"input_text\ttarget_language\n{rows}"}
    page = grid.browser.post(f"{place}/import/", form, follow=True)
    assert page.status_code == 200 and "30 ready" in text_of(page)
    sheet = Sheet.objects.get()
    assert sheet.status == Sheet.Status.CHECKED
    grid.browser.post(f"/sheets/{sheet.pk}/send/", {"rows": 30})
    Sheet.objects.update(start_at=None, due_at=timezone.now())
    work()
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.SENDING and sheet.away_since and not api.tasks
    listed = grid.browser.get(f"{place}/tasks/")
    said = text_of(listed)
    assert "Pipelines isn’t responding" in said and "30 rows wait for Pipelines" in said
    come_back(api)
    assert len(api.tasks) == 30
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED and sheet.counts_as_read.created == 30


def test_the_page_of_an_import_opens_for_a_workflow_that_took_no_tasks(grid: TypedGrid, api: FakeApi) -> None:
    OpenedWorkflow.objects.update(status="disabled")
    leave(api)
    assert grid.browser.get(f"/keys/{grid.workflow.key_id}/workflows/42/import/").status_code == 200


def test_a_file_that_was_checked_by_old_fields_is_checked_again_before_it_is_sent(
    grid: TypedGrid, api: FakeApi
) -> None:
    leave(api)
    form = {"token": str(uuid4()), "text": "input_text\ttarget_language\nHello\tFrench"}
    grid.browser.post(f"/keys/{grid.workflow.key_id}/workflows/42/import/", form)
    sheet = Sheet.objects.get()
    fields = [{"name": "input_text", "type": "numeric", "required": True}]
    api.routes["/schema"] = answer(200, {"workflow_id": 42, "fields": fields})
    api.routes.pop("/api/v1/")
    grid.browser.post(f"/sheets/{sheet.pk}/send/", {"rows": 1})
    work()
    work()
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED and sheet.counts_as_read.to_fix == 1 and not api.tasks


@each_case(
    ("how", "place"),
    [(refused, "/api/v1/"), (hang_up, "/api/v1/"), (DOWN, "POST /api/v1/workflows/42/tasks")],
)
def test_however_pipelines_is_away_a_task_waits(grid: TypedGrid, api: FakeApi, how: Answer, place: str) -> None:
    """Also if only the request with the task finds it away."""
    api.routes[place] = how
    forget_schemas()
    assert WAITS in text_of(create(grid))
    come_back(api)
    assert len(api.tasks) == 1 and grid.statuses() == {1: "created"}


def test_a_form_finds_its_row_although_that_was_edited(grid: TypedGrid, api: FakeApi) -> None:
    """Not while it waits, nor after it was created: the row is the task of the form."""
    leave(api)
    token = uuid4()
    create(grid, token)
    grid.browser.post(grid.step("stop"), {"to": "grid"})
    grid.change(1, "input_text", "Hello world", "Hello again")
    assert "This task is in the grid. It isn’t sent." in text_of(create(grid, token))
    grid.create(1)
    assert WAITS in text_of(create(grid, token))
    come_back(api)
    assert create(grid, token).request["PATH_INFO"].startswith("/submissions/")
    assert [task.fields["input_text"] for task in api.tasks.values()] == ["Hello again"] and len(grid.statuses()) == 1


def test_a_form_is_not_sent_again_after_its_row_was_transferred(grid: TypedGrid, api: FakeApi) -> None:
    """Another person owns the row now, and what they sent is not shown to the person with the form."""
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    grid.browser.force_login(colleague)
    leave(api)
    token = uuid4()
    create(grid, token)
    typed = Sheet.objects.get(owner=colleague)
    assert stop_import(typed, colleague) and transfer_import(typed, grid.owner, colleague)
    come_back(api)
    assert "This task is in rows that you transferred" in text_of(create(grid, token))
    typed.refresh_from_db()
    rows = ready_rows(typed)
    assert start_sending_typed(Sheet.objects.get(pk=typed.pk), grid.owner, rows) == ""
    come_back(api)
    assert "This task is in rows that you transferred" in text_of(create(grid, token))
    assert len(api.tasks) == 1


def test_a_form_that_may_have_been_sent_does_not_wait(grid: TypedGrid, api: FakeApi) -> None:
    """The answer to its first try may still arrive, and needs its submission."""
    token = uuid4()
    api.fail("lost_answer", on="POST")
    create(grid, token)
    sent = Submission.objects.get()
    assert sent.decide_not_created(grid.owner)
    leave(api)
    assert WAITS not in text_of(create(grid, token))
    assert Submission.objects.get() == sent and not Sheet.objects.exists()


def test_a_form_with_other_values_waits_as_another_task(grid: TypedGrid, api: FakeApi) -> None:
    """An uncertain task does not wait: it is unconfirmed."""
    api.routes["POST /api/v1/workflows/42/tasks"] = hang_up
    create(grid)
    assert Submission.objects.get().status == Submission.Status.UNCONFIRMED and not Sheet.objects.exists()
    leave(api)
    token = uuid4()
    for text in ("First", "Second", "Second"):
        create(grid, token, **{"field-input_text": text})
    come_back(api)
    assert sorted(task.fields["input_text"] for task in api.tasks.values()) == ["First", "Second"]


def created_anyway(grid: TypedGrid, page: Any) -> Any:
    """Confirm the possible duplicate."""
    mark = text_of(page).split('name="duplicate" value="')[1].split('"')[0]
    return create(grid, uuid4(), duplicate=mark)


def test_the_same_values_wait_twice_only_if_that_is_meant(grid: TypedGrid, api: FakeApi) -> None:
    """Also what was sent so long ago that a form does not say so, such as the task of each week."""
    create(grid)
    leave(api)
    first = create(grid)
    assert first.status_code == 409 and "You created task 1" in text_of(first)
    assert WAITS in text_of(created_anyway(grid, first))
    again = create(grid)
    assert again.status_code == 409
    assert WAITS in text_of(created_anyway(grid, again))
    assert grid.statuses() == {1: "requested", 2: "requested"}
    grid.browser.post(grid.step("stop"), {"to": "grid"})
    grid.job.rows.all().delete()
    Submission.objects.update(sent_at=timezone.now() - timedelta(days=7))
    weekly = create(grid)
    assert weekly.status_code == 409 and "These values are in your grid, or were sent before." in text_of(weekly)
    assert WAITS in text_of(created_anyway(grid, weekly))
    come_back(api)
    assert len(api.tasks) == 2


def test_the_same_values_stay_in_the_form_if_a_rule_came_meanwhile(grid: TypedGrid, api: FakeApi) -> None:
    create(grid)
    asked = create(grid)

    def add_rule(request: Any) -> Any:
        place = {"key": grid.workflow.key, "workflow_id": 42, "field": "notes", "kind": "filled"}
        WorkflowRule.objects.create(**place, position=1)
        return DOWN

    api.routes["POST"] = add_rule
    assert WAITS not in text_of(created_anyway(grid, asked))
    assert not Row.objects.filter(status="ready").exists() and len(api.tasks) == 1


def test_a_form_waits_although_the_fields_of_the_grid_are_old(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(1)
    with_more = grid.job.schema["fields"] + [grid.job.schema["fields"][0] | {"name": "more", "title": "More"}]
    Sheet.objects.update(schema={"workflow_id": 42, "fields": with_more})
    leave(api)
    assert WAITS in text_of(create(grid))
    come_back(api)
    assert grid.statuses() == {1: "ready", 2: "created"} and len(api.tasks) == 1


def test_rows_and_forms_wait_together_until_someone_takes_them_back(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(2)
    leave(api)
    grid.create(2)
    token = uuid4()
    create(grid, token)
    assert "3 rows wait for Pipelines since" in text_of(grid.browser.get(grid.address("page")))
    assert "3 rows wait" in text_of(create(grid, uuid4(), **{"field-target_language": ""}))
    assert "3 rows wait for Pipelines" in text_of(grid.browser.get("/"))
    grid.browser.post(grid.step("stop"), {"to": "grid"})
    come_back(api)
    assert not api.tasks and grid.statuses() == {1: "ready", 2: "ready", 3: "ready"}
    assert "This task is in the grid. It isn’t sent." in text_of(create(grid, token))
    grid.create(3)
    assert len(api.tasks) == 3


def test_after_twelve_hours_a_person_looks_first(grid: TypedGrid, api: FakeApi) -> None:
    leave(api)
    create(grid)
    for hours in (11, 13):
        Sheet.objects.update(away_since=timezone.now() - timedelta(hours=hours))
        end_wait()
        work()
        assert grid.statuses() == ({1: "requested"} if hours == 11 else {1: "ready"})
    come_back(api)
    assert not api.tasks
    assert "Pipelines didn’t respond for 12 hours. Check the rows before you send them." in grid.read()
    assert notified(grid) == [(TITLE, "Pipelines didn’t respond for 12 hours. Check the rows before you send them.")]


def test_what_was_sent_otherwise_meanwhile_stays(grid: TypedGrid, api: FakeApi) -> None:
    """Also by a colleague."""
    leave(api)
    for text in ("Hello world", "Another"):
        create(grid, **{"field-input_text": text})
    fields = {"input_text": "Hello world", "target_language": "French"}
    theirs = Submission.objects.draft(make_colleague(), grid.workflow, [fields], uuid4(), "form")
    theirs.rows.update(status="created", task_id=7)
    Submission.objects.filter(pk=theirs.pk).update(status="created", sent_at=timezone.now())
    come_back(api)
    assert grid.statuses() == {1: "duplicate", 2: "created"} and len(api.tasks) == 1
    assert notified(grid) == [(TITLE, "1 duplicate")]


def test_an_api_that_comes_back_with_errors_is_still_waited_for(grid: TypedGrid, api: FakeApi) -> None:
    leave(api)
    create(grid)
    for how in (error(500, "internal_error", "Oops"), answer(200, {"is": "maintained"})):
        leave(api, how)
        end_wait()
        work()
        assert grid.statuses() == {1: "requested"} and grid.job.away_since
    come_back(api)
    assert grid.statuses() == {1: "created"} and len(api.tasks) == 1


def test_a_form_does_not_promise_to_wait_for_other_errors(grid: TypedGrid, api: FakeApi) -> None:
    for how in (answer(200, {"is": "maintained"}), error(429, "rate_limited", "Slow down")):
        leave(api, how)
        form = grid.browser.get(f"/keys/{grid.workflow.key_id}/workflows/42/tasks/new/?view=form")
        assert form.status_code == 200 and "Tasks you create now wait here" not in text_of(form)


def test_a_lost_right_keeps_the_rows(grid: TypedGrid, api: FakeApi, org_key: str) -> None:
    leave(api)
    create(grid)
    api.revoke(org_key)
    come_back(api)
    assert grid.statuses() == {1: "ready"} and not api.tasks
    ((title, why),) = notified(grid)
    assert title == TITLE and why == grid.job.problem


def test_fields_that_changed_meanwhile_are_checked_by_a_person(grid: TypedGrid, api: FakeApi) -> None:
    leave(api)
    create(grid)
    api.routes.clear()
    with_more = grid.job.schema["fields"] + [grid.job.schema["fields"][0] | {"name": "more", "title": "More"}]
    Sheet.objects.update(schema={"workflow_id": 42, "fields": with_more})
    come_back(api)
    assert grid.statuses() == {1: "ready"} and not api.tasks
    assert notified(grid) == [(TITLE, "The workflow’s fields changed. Check the rows, then create them.")]
    page = grid.browser.get(Notification.objects.get().address, follow=True)
    assert page.status_code == 200
    assert is_relevant(Notification.objects.get())
    grid.create(1)
    assert not is_relevant(Notification.objects.get()), "no mail is sent"


def test_a_grid_of_which_a_row_waits_is_still_a_draft(grid: TypedGrid, api: FakeApi) -> None:
    """Home, the sidebar and the list of drafts count the same."""
    grid.type(1, "Hello", "French")
    grid.type(2, "Hello", "Klingon")
    leave(api)
    assert grid.create(1).status_code == 200
    end_wait()
    work()
    assert grid.statuses() == {1: "requested", 2: "to_fix"} and grid.job.away_since
    drafts = text_of(grid.browser.get("/drafts/"))
    assert "<bdi>Grid rows</bdi>" in drafts
    link = drafts.split("<bdi>Grid rows</bdi>")[0].rsplit('href="', 1)[1].split('"')[0]
    assert grid.browser.get(link, follow=True).status_code == 200
    home = text_of(grid.browser.get("/"))
    assert "1 row has errors" in home and "1 row waits for Pipelines" in home
    assert read_sidebar_counts(grid.owner.pk, grid.workflow.key_id).draft_count == 1
