"""A task as the API shows it."""

from typing import Any

from pipelines_portal.external_api.models import OrganizationKey, Task
from pipelines_portal.external_api.reads import COUNTS


def task_payload(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return one task as the API shows it. The times of the row are texts."""
    pk, status, total, finished, in_progress, pending, created, updated = row
    return {
        "id": pk,
        "status": status,
        "node_summary": {"total": total, "finished": finished, "in_progress": in_progress, "pending": pending},
        "created_at": created,
        "updated_at": updated,
    }


def find_task(key: OrganizationKey, workflow_id: int, task_id: int) -> dict[str, Any] | None:
    """Return the task, or None if there is none in this workflow, or the workflow is another organization's."""
    task = Task.objects.filter(pk=task_id, workflow=workflow_id, workflow__organization=key.organization_id)
    row = task.values_list("id", "status", *COUNTS, "created_at", "updated_at").first()
    return task_payload((*row[:-2], *(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in row[-2:]))) if row else None
