"""The reads of nearly every request: its key, and a page of tasks. Through the ORM they take 5 and 2 times the time."""

from typing import Any

from django.db import connection

from pipelines_portal.shared.hot_reads import LARGEST_ID, columns_of, instance_of, rows_of

from .models import OrganizationKey, Task, Workflow

_KEY = f"""
    SELECT {columns_of(OrganizationKey, "k")} FROM {OrganizationKey._meta.db_table} k WHERE k.sha256 = %s
"""  # noqa: S608 - names of our own table
COUNTS = ("nodes_total", "nodes_finished", "nodes_in_progress", "nodes_pending")
# Times leave the database as the API shows them: 400 datetimes of a page, made only to be printed, cost a third of it.
_UTC_TEXT = {
    "sqlite": "substr({0}, 1, 10) || 'T' || substr({0}, 12, 8) || 'Z'",
    "postgresql": """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
}


def read_key(sha256: str) -> OrganizationKey | None:
    """Return the key with this digest, live or not."""
    rows = rows_of(_KEY, [sha256])
    return instance_of(OrganizationKey, rows[0]) if rows else None


def read_tasks(
    organization_id: int, workflow_id: int, count: int, *, below: int | None = None, status: str | None = None
) -> list[tuple[Any, ...]]:
    """Return `count` tasks of the organization's workflow at most, newest first: id, status, COUNTS, and two times."""
    if workflow_id > LARGEST_ID:  # an address may hold any number, a column does not
        return []
    text = _UTC_TEXT[connection.vendor]
    conditions, values = ["t.workflow_id = %s"], list[int | str]([workflow_id])
    if status is not None:
        conditions.append("t.status = %s")
        values.append(status)
    if below is not None:
        conditions.append("(-t.id) > %s")
        values.append(-min(below, LARGEST_ID))
    # Ordered as the indexes of the list are: see Negative.
    sql = f"""
        SELECT t.id, t.status, {", ".join(f"t.{name}" for name in COUNTS)},
            {text.format("t.created_at")}, {text.format("t.updated_at")}
        FROM {Task._meta.db_table} t
        WHERE {" AND ".join(conditions)} AND EXISTS (
            SELECT 1 FROM {Workflow._meta.db_table} w WHERE w.id = %s AND w.organization_id = %s
        )
        ORDER BY (-t.id) LIMIT %s
    """  # noqa: S608 - names of our own tables, and conditions from above
    return rows_of(sql, [*values, workflow_id, organization_id, count])
