"""Corrected copies of tasks: rows of the grid whose tasks replace earlier ones."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from pipelines_portal.attention.grouping import make_groups
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.entry.models import Sheet
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import browser_of, make_colleague, make_index, make_task, open_workflow, share_key
from tests.fake_api import FakeApi, Plan, error
from tests.pages import text_of

from .conftest import TypedGrid, work


def copy(grid: TypedGrid, *task_ids: Any) -> Any:
    return grid.browser.post(grid.address("copy"), {"task": list(task_ids)}, follow=True)


@pytest.fixture
def tasks(grid: TypedGrid, api: FakeApi) -> list[int]:
    """Two tasks that were created in the grid."""
    grid.fill(2)
    grid.create(2)
    return list(api.tasks)


def test_copies_are_new_rows_and_the_old_tasks_stay(grid: TypedGrid, api: FakeApi, tasks: list[int]) -> None:
    """A task that has a copy is not copied again: two copies would be two tasks."""
    mark_as_mistakes(grid, *tasks)
    done = copy(grid, tasks[0])
    html = " ".join(text_of(done).split())
    assert done.request["PATH_INFO"] == grid.address("page")
    assert grid.texts()[3] == ["Hello 1", "French", ""]
    assert grid.statuses()[3] == "duplicate" and f"Unchanged copy of {tasks[0]}" in html
    assert "<b>1 copy.</b> Change it, then create." in html and "Skip 1 row" not in html
    assert f"Corrected copy of task {tasks[0]}" in text_of(grid.browser.get("/drafts/"))
    assert "1 task has a copy here already" in text_of(copy(grid, *tasks))
    assert copied(grid) == set(tasks) and grid.texts()[4] == ["Hello 2", "French", ""]
    assert copy(grid, tasks[0]).request["QUERY_STRING"] == "at=3" and len(grid.texts()) == 4
    assert ">Unchanged copies <b>2</b>" in grid.read()
    assert "Corrected copies of 2 tasks" in text_of(grid.browser.get("/drafts/"))
    assert len(api.tasks) == 2 and not TaskNote.objects.filter(replaced_by__isnull=False).exists()


def test_the_task_of_a_corrected_copy_replaces_the_old_one(grid: TypedGrid, api: FakeApi, tasks: list[int]) -> None:
    """Once it is created. A replaced task is not copied again."""
    copy(grid, tasks[0])
    api.rejects = "Reject me"
    grid.change(3, "input_text", "Hello 1", "Reject me")
    grid.create(1)
    assert grid.statuses()[3] == "rejected" and not TaskNote.objects.exists()
    grid.change(3, "input_text", "Reject me", "Right")
    assert grid.create(1).status_code == 200
    newest = max(api.tasks)
    note = TaskNote.objects.get()
    assert (note.task_id, note.replaced_by, note.is_mistake) == (tasks[0], newest, True)
    place = f"/keys/{grid.workflow.key_id}/workflows/42/tasks"
    assert str(newest) in text_of(grid.browser.get(f"{place}/{tasks[0]}/")).split("Replaced by")[1][:200]
    answer = copy(grid, tasks[0])
    assert f"Not copied: {tasks[0]}. Corrected copies have replaced them." in text_of(answer)


def test_a_new_row_of_another_window_is_not_merged_into_a_copy(grid: TypedGrid, tasks: list[int]) -> None:
    copy(grid, tasks[0])
    answer = text_of(grid.type(3, "Hello 1", "French"))
    assert '<i data-moved="3">4</i>' in answer and grid.texts()[4] == ["Hello 1", "French", ""]
    grid.change(3, "input_text", "Hello 1", "")
    grid.change(3, "target_language", "French", "")
    assert 3 not in grid.texts()
    assert '<i data-moved="3">5</i>' in text_of(grid.type(3, "Bye", "German"))
    assert '<i data-moved="3">6</i>' in text_of(grid.paste("So long\tSpanish", 3))
    assert set(grid.texts()) == {1, 2, 4, 5, 6}
    assert not grid.job.lines.exclude(number=3).filter(corrects_task__isnull=False).exists()


def test_an_outcome_is_recorded_although_the_workflow_was_taken_off_the_list(
    grid: TypedGrid, api: FakeApi, tasks: list[int]
) -> None:
    """While the row was on its way."""
    copy(grid, tasks[0])
    grid.change(3, "target_language", "French", "German")
    api.plans = [Plan(after=lambda: OpenedWorkflow.objects.all().delete(), on="POST")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines_portal.entry.sheets.views.typing.send_at_once", lambda sheet: None)
        grid.create(1)
    work()
    assert len(api.tasks) == 3 and grid.statuses()[3] == "created"


def test_tasks_whose_values_are_not_visible_are_not_copied(grid: TypedGrid, api: FakeApi, tasks: list[int]) -> None:
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    theirs = TypedGrid(browser_of(colleague), grid.workflow, colleague)
    words = text_of(copy(theirs, tasks[0], 2**70, "x"))
    assert f"Not copied: {tasks[0]}." in words
    assert not Sheet.objects.filter(owner=colleague).exists()
    [others] = api.create(1)
    assert f"Not copied: {others}." in text_of(copy(grid, others, tasks[0]))
    assert grid.texts()[3][0] == "Hello 1"


def test_while_rows_are_checked_nothing_is_copied(grid: TypedGrid, tasks: list[int]) -> None:
    for nonsense in ((), ("x",), ("",), ("-1",)):
        assert copy(grid, *nonsense).status_code == 200
    Sheet.objects.update(status=Sheet.Status.CHECKING)
    assert "Not changed. Rows are being sent or checked." in text_of(copy(grid, *tasks))
    assert grid.job.lines.count() == 2


def mark_as_mistakes(grid: TypedGrid, *task_ids: int) -> None:
    TaskNote.objects.mark_as_mistakes(grid.workflow, task_ids, "", grid.owner)


def test_a_corrected_copy_is_no_duplicate_of_a_task_that_is_a_mistake_too(
    grid: TypedGrid, api: FakeApi, tasks: list[int]
) -> None:
    """The second task is a wrong one as well. It was created in the same grid, or in the form."""
    mark_as_mistakes(grid, *tasks)
    copy(grid, tasks[0])
    html = text_of(grid.change(3, "input_text", "Hello 1", "Hello 2"))
    assert grid.statuses()[3] == "ready" and f"corrects {tasks[0]}" in html
    task = {"field-input_text": "From the form", "field-target_language": "French", "token": uuid4()}
    grid.browser.post(f"/keys/{grid.workflow.key_id}/workflows/42/tasks/new/", task)
    grid.change(3, "input_text", "Hello 2", "From the form")
    assert grid.statuses()[3] == "duplicate"
    mark_as_mistakes(grid, max(api.tasks))
    grid.change(3, "notes", "", "x")
    grid.change(3, "notes", "x", "")
    assert grid.statuses()[3] == "ready"


# --- of a group -------------------------------------------------------------------------------------------------------


@pytest.fixture
def group(grid: TypedGrid, api: FakeApi) -> ProblemGroup:
    """Three tasks of the grid that failed at the same step."""
    grid.fill(3)
    grid.create(3)
    return group_of(grid, api, list(api.tasks))


def group_of(grid: TypedGrid, api: FakeApi, task_ids: list[int]) -> ProblemGroup:
    api.set_status(task_ids, "failed")
    make_groups(make_index(grid.workflow, [make_task(task_id, "failed", timezone.now()) for task_id in task_ids]))
    return ProblemGroup.objects.get(workflow=grid.workflow)


def copy_group(grid: TypedGrid, group: Any) -> Any:
    return grid.browser.post(grid.address("copy"), {"group": getattr(group, "pk", group)}, follow=True)


def copied(grid: TypedGrid) -> set[int]:
    return set(grid.job.lines.filter(corrects_task__isnull=False).values_list("corrects_task", flat=True))


def test_a_group_is_copied_while_pipelines_is_away(grid: TypedGrid, api: FakeApi, group: ProblemGroup) -> None:
    api.routes["GET /api/v1/workflows/42/tasks"] = error(503, "service_unavailable", "Away")
    answer = text_of(copy_group(grid, group))
    assert copied(grid) == set(api.tasks) and ">Unchanged copies <b>3</b>" in answer
    assert "Pipelines isn’t responding. Some of these tasks may have changed since." in answer


def test_a_large_group_is_copied_in_parts(
    grid: TypedGrid, api: FakeApi, group: ProblemGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest come first, and the answer says how many are left. Others failed since, on the first page."""
    monkeypatch.setattr("pipelines_portal.entry.sheets.copies.MOST_COPIES", 2)
    monkeypatch.setattr("pipelines_portal.entry.sheets.views.copies.MOST_COPIES", 2)
    own = list(api.tasks)
    api.set_status(api.create(450), "failed")
    answer = text_of(copy_group(grid, group))
    assert copied(grid) == set(own[1:]) and "Counted again" not in answer
    assert "The newest 2 of 3 tasks are copied. Create them first." in answer


def test_tasks_of_a_group_that_moved_since_are_left_out(grid: TypedGrid, api: FakeApi, group: ProblemGroup) -> None:
    """If all have moved, or the group is of another workflow, nothing is copied."""
    [moved, other, last] = list(api.tasks)
    api.set_status([moved, other, last], "finished")
    answer = copy_group(grid, group)
    assert "3 tasks have another status now and are left out." in text_of(answer)
    assert answer.request["PATH_INFO"] == f"/attention/{group.pk}/" and not copied(grid)
    api.set_status([other], "in_progress")
    api.set_status([last], "failed")
    answer = text_of(copy_group(grid, group))
    assert copied(grid) == {last}
    assert "Counted again: 2 tasks have another status now and are left out." in answer
    ProblemGroup.objects.filter(pk=group.pk).update(workflow=open_workflow(grid.workflow.key, 43))
    assert copy_group(grid, group).status_code == 404 and copy_group(grid, 2**40).status_code == 404


def test_tasks_of_a_group_without_values_are_left_out(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(1)
    grid.create(1)
    api.create(20)
    group = group_of(grid, api, list(api.tasks))
    answer = text_of(copy_group(grid, group))
    assert copied(grid) == {min(api.tasks)}
    assert "Not copied: 20 tasks. The values aren’t stored here, or you can’t see them." in answer
