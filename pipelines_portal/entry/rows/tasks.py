"""The tasks that rows became, as far as the index of the workflow knows them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import TO_SHOW
from pipelines_portal.workflows.models import OpenedWorkflow


def read_index(sheet: Sheet) -> WorkflowIndex | None:
    """Return the index of the import's workflow, if there is one."""
    place = {"workflow__key": sheet.key, "workflow__workflow_id": sheet.workflow_id}
    return WorkflowIndex.objects.filter(**place).first()


def attention_tasks(workflow: OpenedWorkflow) -> QuerySet[Any, Any]:
    """Return the ids of the workflow's tasks that need attention, without mistakes and muted ones."""
    tasks = IndexedTask.objects.filter(TO_SHOW, index__workflow=workflow, status__in=NEEDS_ATTENTION)
    return tasks.order_by().values("task_id")


def attention_by_import(workflow: OpenedWorkflow, import_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many tasks of each import need attention, as far as the workflow's index knows. 0 is left out."""
    if not import_ids:
        return {}
    rows = SubmissionRow.objects.filter(submission__group__in=import_ids, task_id__in=attention_tasks(workflow))
    return dict(rows.order_by().values_list("submission__group").annotate(Count("pk")))


def tasks_of(rows: list[Row]) -> dict[int, int]:
    """Return the tasks that rows became, by the number of the row."""
    created = [row for row in rows if row.status == Row.Status.CREATED and row.submission_id]
    if not created:
        return {}
    # Without a join, and named by their submissions, the rows are few: a request has at most some thousand.
    found = SubmissionRow.objects.filter(
        submission__in={row.submission_id for row in created},
        number__in=[row.number for row in created],
        task_id__isnull=False,
    )
    return {
        number: task_id for number, task_id in found.order_by().values_list("number", "task_id") if number and task_id
    }


def known_tasks(index: WorkflowIndex | None, task_ids: list[int]) -> dict[int, IndexedTask]:
    """Return those of the tasks that the index knows, by their IDs."""
    if index is None or not task_ids:
        return {}
    return {task.task_id: task for task in index.tasks.filter(task_id__in=task_ids)}
