"""Serialize tasks straight from the database."""

from typing import Any

from django.db.models import CharField, Func, QuerySet

from pipelines_portal.external_api.models import OrganizationKey, Task

COUNTS = ("nodes_total", "nodes_finished", "nodes_in_progress", "nodes_pending")


class UtcText(Func):
    """A time as text in UTC with whole seconds and a Z.

    The database formats it: creating and formatting 400 datetimes of a page in Python would double its time.
    """

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        text = "substr(%(expressions)s, 1, 10) || 'T' || substr(%(expressions)s, 12, 8) || 'Z'"
        return self.as_sql(compiler, connection, template=text, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        text = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
        return self.as_sql(compiler, connection, template=text, **context)


def tasks_of(key: OrganizationKey, workflow_id: int) -> QuerySet[Task]:
    """Return the workflow's tasks; none if the workflow is another organization's."""
    # Not `workflow=`: only with `workflow__pk` does Django know that no row has a number beyond 64 bits.
    return Task.objects.filter(workflow__pk=workflow_id, workflow__organization=key.organization_id)


def task_rows(tasks: QuerySet[Task]) -> QuerySet[Task, tuple[Any, ...]]:
    """Return the rows that `task_payload` takes."""
    return tasks.values_list("id", "status", *COUNTS, UtcText("created_at"), UtcText("updated_at"))


def task_payload(row: tuple[Any, ...]) -> dict[str, Any]:
    pk, status, total, finished, in_progress, pending, created, updated = row
    return {
        "id": pk,
        "status": status,
        "node_summary": {"total": total, "finished": finished, "in_progress": in_progress, "pending": pending},
        "created_at": created,
        "updated_at": updated,
    }


def find_task(key: OrganizationKey, workflow_id: int, task_id: int) -> dict[str, Any] | None:
    row = task_rows(tasks_of(key, workflow_id).filter(pk=task_id)).first()
    return task_payload(row) if row else None
