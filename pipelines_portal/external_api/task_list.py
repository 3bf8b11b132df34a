"""Reading tasks: the payload of one, and the pages of many."""

from typing import Any

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast

from pipelines_portal.external_api.cursors import encode_cursor
from pipelines_portal.external_api.models import Task, Workflow

# Moments leave the database as text: making 400 datetimes of them, only to print them, costs a third of a page.
MOMENTS = {"created": Cast("created_at", CharField()), "updated": Cast("updated_at", CharField())}
COUNTS = ("nodes_total", "nodes_finished", "nodes_in_progress", "nodes_pending")


def task_payload(row: tuple[Any, ...]) -> dict[str, Any]:
    """One task as the API shows it, out of a row of `_rows`."""
    pk, status, total, finished, in_progress, pending, created, updated = row
    return {
        "id": pk,
        "status": status,
        "node_summary": {"total": total, "finished": finished, "in_progress": in_progress, "pending": pending},
        "created_at": timestamp(created),
        "updated_at": timestamp(updated),
    }


def timestamp(moment: str) -> str:
    """The database's `2026-03-30 12:00:00.123456` (UTC), as ISO 8601 with whole seconds and Z."""
    return f"{moment[:10]}T{moment[11:19]}Z"


def _rows(tasks: QuerySet[Task]) -> QuerySet[Task, tuple[Any, ...]]:
    return tasks.annotate(**MOMENTS).values_list("id", "status", *COUNTS, *MOMENTS)


def find_task(workflow: Workflow, task_id: int) -> dict[str, Any] | None:
    row = _rows(Task.objects.filter(workflow=workflow, pk=task_id)).first()
    return task_payload(row) if row else None


def task_page(workflow: Workflow, *, limit: int, below: int | None, status: str | None) -> dict[str, Any]:
    """Up to `limit` tasks, newest first, with ids below `below`. One more is read to know whether there are more."""
    tasks = Task.objects.filter(workflow=workflow)
    if status is not None:
        tasks = tasks.filter(status=status)
    if below is not None:
        tasks = tasks.filter(pk__lt=below)
    rows = list(_rows(tasks.order_by("-pk"))[: limit + 1])
    page, has_more = rows[:limit], len(rows) > limit
    return {
        "tasks": [task_payload(row) for row in page],
        "next_cursor": encode_cursor(page[-1][0]) if has_more else None,
        "has_more": has_more,
    }
