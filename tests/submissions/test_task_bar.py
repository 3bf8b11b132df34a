"""A submission's page shows how its tasks stand, as far as its workflow's index knows."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, UnattributedTask
from pipelines_portal.task_index.models import TaskNote, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from tests.factories import make_colleague, make_task, open_workflow, share_key
from tests.pages import text_of


def test_one_bar_over_its_tasks(page: Any, person: Any, saved_key: SavedKey) -> None:
    """Of rows, and where nobody knows of which row; of others nothing."""
    workflow = open_workflow(saved_key)
    submission = _sent(person, workflow, [11, 12, 13])
    UnattributedTask.objects.create(submission=submission, task_id=14)
    address = f"/submissions/{submission.pk}/"
    assert "Task status" not in text_of(page.get(address))
    index = WorkflowIndex.objects.start(workflow)
    _take_in(index, {11: "finished", 12: "finished", 14: "failed", 99: "paused"})
    assert "Task status" not in text_of(page.get(address))
    now = timezone.now()
    WorkflowIndex.objects.update(open_as_of=now)
    words = text_of(page.get(address))
    assert "Task status" in words
    assert "Tasks: 1 failed, 2 finished, 1 being checked" in words and "mistake" not in words
    TaskNote.objects.mark_as_mistakes(workflow, [11], "", person)
    words = text_of(page.get(address))
    assert "Tasks: 1 failed, 1 finished, 1 being checked" in words and "<b>1</b> mistake or replaced" in words


def test_its_time_is_not_before_its_tasks_were(page: Any, person: Any, saved_key: SavedKey) -> None:
    """They were met after the last cycle through the lists began."""
    workflow = open_workflow(saved_key)
    submission = _sent(person, workflow, [11])
    before = timezone.now() - timedelta(minutes=7)
    index = WorkflowIndex.objects.start(workflow)
    WorkflowIndex.objects.update(open_as_of=before)
    _take_in(index, {11: "pending"})
    words = text_of(page.get(f"/submissions/{submission.pk}/"))
    section = words.split('id="submission-tasks"')[1].split("</section>")[0]
    assert f">{before:%H:%M}<" not in section and "Updated" in section


def test_without_the_key_nothing_is_shown_of_it(page: Any, client: Any, saved_key: SavedKey) -> None:
    """A sharee whose key was taken back keeps their submission, and sees no more of the workflow."""
    colleague = make_colleague()
    workflow = open_workflow(saved_key)
    share = share_key(workflow.key, colleague)
    submission = _sent(colleague, workflow, [11])
    _take_in(WorkflowIndex.objects.start(workflow), {11: "finished"})
    WorkflowIndex.objects.update(open_as_of=timezone.now())
    client.force_login(colleague)
    assert "Task status" in text_of(client.get(f"/submissions/{submission.pk}/"))
    share.delete()
    assert "Task status" not in text_of(client.get(f"/submissions/{submission.pk}/"))


def _sent(owner: Any, workflow: Any, ids: list[int]) -> Submission:
    rows = [{"input_text": "Hello"} for _ in ids]
    submission = Submission.objects.draft(owner, workflow, rows, uuid4(), Submission.Kind.FORM)
    Submission.objects.filter(pk=submission.pk).update(status="created", success_count=len(ids))
    for number, task_id in enumerate(ids):
        submission.rows.filter(index=number).update(status="created", task_id=task_id)
    return submission


def _take_in(index: WorkflowIndex, statuses: dict[int, str]) -> None:
    now = timezone.now()
    record_tasks(index, [make_task(task_id, status, now) for task_id, status in statuses.items()], now)
