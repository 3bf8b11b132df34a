"""Reading tasks: the payload of one, and the pages of many."""

from datetime import datetime
from typing import Any

from pipelines_portal.external_api.cursors import encode_cursor
from pipelines_portal.external_api.models import Task, Workflow

COLUMNS = (
    "id",
    "status",
    "nodes_total",
    "nodes_finished",
    "nodes_in_progress",
    "nodes_pending",
    "created_at",
    "updated_at",
)


def task_payload(row: tuple[Any, ...]) -> dict[str, Any]:
    """One task as the API shows it, out of a row of COLUMNS."""
    pk, status, total, finished, in_progress, pending, created_at, updated_at = row
    return {
        "id": pk,
        "status": status,
        "node_summary": {"total": total, "finished": finished, "in_progress": in_progress, "pending": pending},
        "created_at": timestamp(created_at),
        "updated_at": timestamp(updated_at),
    }


def timestamp(moment: datetime) -> str:
    """UTC, whole seconds, Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def find_task(workflow: Workflow, task_id: int) -> dict[str, Any] | None:
    row = Task.objects.filter(workflow=workflow, pk=task_id).values_list(*COLUMNS).first()
    return task_payload(row) if row else None


def task_page(workflow: Workflow, *, limit: int, below: int | None, status: str | None) -> dict[str, Any]:
    """Up to `limit` tasks, newest first, with ids below `below`. One more is read to know whether there are more."""
    tasks = Task.objects.filter(workflow=workflow)
    if status is not None:
        tasks = tasks.filter(status=status)
    if below is not None:
        tasks = tasks.filter(pk__lt=below)
    rows = list(tasks.order_by("-pk").values_list(*COLUMNS)[: limit + 1])
    page, has_more = rows[:limit], len(rows) > limit
    return {
        "tasks": [task_payload(row) for row in page],
        "next_cursor": encode_cursor(page[-1][0]) if has_more else None,
        "has_more": has_more,
    }
