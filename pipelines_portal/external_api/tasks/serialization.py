"""A task as the API shows it, straight from the database."""

from typing import Any

from django.db.models import BigIntegerField, CharField, Func, QuerySet

from pipelines_portal.external_api.models import OrganizationKey, Task
from pipelines_portal.external_api.workflows.access import is_within
from pipelines_portal.shared.prepared import Given, prepared


class UtcText(Func):
    """A moment as the API shows it: UTC, whole seconds, Z.

    It leaves the database as text: making 400 datetimes of a page, only to print them, costs a third of it.
    """

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        text = "substr(%(expressions)s, 1, 10) || 'T' || substr(%(expressions)s, 12, 8) || 'Z'"
        return self.as_sql(compiler, connection, template=text, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        text = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
        return self.as_sql(compiler, connection, template=text, **context)


MOMENTS = {"created": UtcText("created_at"), "updated": UtcText("updated_at")}
COUNTS = ("nodes_total", "nodes_finished", "nodes_in_progress", "nodes_pending")


def task_payload(row: tuple[Any, ...]) -> dict[str, Any]:
    """One task as the API shows it, out of a row of `task_rows`."""
    pk, status, total, finished, in_progress, pending, created, updated = row
    return {
        "id": pk,
        "status": status,
        "node_summary": {"total": total, "finished": finished, "in_progress": in_progress, "pending": pending},
        "created_at": created,
        "updated_at": updated,
    }


def task_rows(tasks: QuerySet[Task]) -> QuerySet[Task, tuple[Any, ...]]:
    return tasks.annotate(**MOMENTS).values_list("id", "status", *COUNTS, *MOMENTS)


def find_task(key: OrganizationKey, workflow_id: int, task_id: int) -> dict[str, Any] | None:
    """None also where the workflow is not the key's to reach."""
    row = _task_row.first(organization=key.organization_id, workflow=workflow_id, number=task_id)
    return task_payload(row) if row else None


@prepared(organization=BigIntegerField(), workflow=BigIntegerField(), number=BigIntegerField())
def _task_row(organization: Given, workflow: Given, number: Given) -> QuerySet[Task, tuple[Any, ...]]:
    return task_rows(Task.objects.filter(is_within(organization, workflow), workflow_id=workflow, pk=number))
