"""Create tasks: the valid rows of a batch, each with its node instances, in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from pipelines_portal.external_api.models import NodeInstance, Task, Upload, Workflow
from pipelines_portal.external_api.tasks.node_summary import summarize
from pipelines_portal.external_api.tasks.validation import ErrorList, Fields, RowError, check_row

# After this long, a request is answered with 503 and has created nothing.
LOCK_SECONDS = 10


@dataclass
class Outcome:
    """The result of a batch. `rows` are the valid ones, and `task_ids` their tasks once they are created."""

    sent: int
    errors: list[RowError]
    rows: list[dict[str, Any]]
    task_ids: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "success_count": len(self.rows),
            "error_count": self.sent - len(self.rows),
            "errors": [error.as_dict() for error in self.errors],
            "task_ids": self.task_ids,
        }


def check_tasks(workflow: Workflow, rows: Sequence[dict[str, Any]]) -> Outcome:
    """Return the result of a batch whose valid rows are not created yet."""
    fields = Fields(workflow.fields)
    checked = [check_row(fields, index, values) for index, values in enumerate(rows)]
    good = [values for values, problems in zip(rows, checked, strict=True) if not problems]
    return Outcome(len(rows), ErrorList().of(checked), good)


def insert_tasks(
    workflow: Workflow,
    rows: Sequence[dict[str, Any]],
    *,
    upload: Upload | None = None,
    upload_rows: Sequence[int] = (),
) -> list[int]:
    """Insert checked rows with their nodes, all or none, and return the IDs in the order of `rows`.

    With `upload`, `upload_rows` contains the number of each row in the upload. A row that created its task in an
    earlier run does not create a second one: the ID of the first is returned.
    """
    with transaction.atomic():
        existing = _existing_tasks(upload, upload_rows)
        numbers: Sequence[int | None] = upload_rows if upload else [None] * len(rows)
        new = [(values, number) for values, number in zip(rows, numbers, strict=True) if number not in existing]
        if new:
            _lock_workflow(workflow)
        ids = _new_ids(len(new))
        _insert(workflow, ids, new, upload)
    fresh = iter(ids)
    return [existing[number] if number in existing else next(fresh) for number in numbers]


def _existing_tasks(upload: Upload | None, rows: Sequence[int]) -> dict[int | None, int]:
    if upload is None or not rows:
        return {}
    # The lock makes a second worker on the same upload wait until it sees the tasks of the first.
    Upload.objects.select_for_update().get(pk=upload.pk)
    existing = Task.objects.filter(upload=upload, upload_row__range=(min(rows), max(rows)))
    return dict(existing.values_list("upload_row", "pk"))


def _lock_workflow(workflow: Workflow) -> None:
    """Let transactions that insert tasks of one workflow wait for each other. SQLite has one writer at a time anyway.

    IDs are taken from the sequence before the insert. Without the lock, a task might become visible after tasks with
    higher IDs, and a client that reads the newest tasks down to the newest ID it knows would never see it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'; SELECT pg_advisory_xact_lock({int(workflow.pk)})"
            )


def _new_ids(count: int) -> list[int]:
    """Reserve IDs from the database's own sequence."""
    table = Task._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        # Write before reading: from here on, no other transaction can write.
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0]
    return list(range(last + 1 - count, last + 1))


def _insert(
    workflow: Workflow, ids: list[int], rows: list[tuple[dict[str, Any], int | None]], upload: Upload | None
) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        _insert_tasks(cursor, _task_rows(workflow, ids, rows, upload))
        cursor.execute(NODE_SQL[connection.vendor], [json.dumps(ids), json.dumps(workflow.nodes)])


def _insert_tasks(cursor: CursorWrapper, rows: list[tuple[Any, ...]]) -> None:
    """Insert the rows. On PostgreSQL, COPY takes a fifth of the time of INSERT."""
    if connection.vendor != "postgresql":
        places = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"INSERT INTO {TASK_COLUMNS} VALUES ({places})", rows)  # noqa: S608 the model's own names
        return
    with cursor.copy(f"COPY {TASK_COLUMNS} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _task_rows(
    workflow: Workflow, ids: list[int], rows: list[tuple[dict[str, Any], int | None]], upload: Upload | None
) -> list[tuple[Any, ...]]:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    upload_id = Upload._meta.pk.get_db_prep_value(upload.pk, connection) if upload else None
    counts = summarize(node["status"] for node in workflow.nodes)
    status = Task.Status.PAUSED if workflow.status == Workflow.Status.PAUSED else Task.Status.PENDING
    same = (workflow.pk, status.value, *counts.values(), now, now)
    return [(pk, *same, json.dumps(values), upload_id, number) for pk, (values, number) in zip(ids, rows, strict=True)]


TASK_COLUMNS = (
    f"{Task._meta.db_table} (id, workflow_id, status, nodes_total, nodes_finished, nodes_in_progress, nodes_pending, "
    "created_at, updated_at, fields, upload_id, upload_row)"
)
# Every task gets every node of its workflow. The database combines them faster than rows can be sent to it.
NODE_SQL = {
    "sqlite": f"""
        INSERT INTO {NodeInstance._meta.db_table} (task_id, name, status, position)
        SELECT task.value, json_extract(node.value, '$.name'), json_extract(node.value, '$.status'), node.key
        FROM json_each(%s) AS task CROSS JOIN json_each(%s) AS node""",  # noqa: S608 the model's own name
    "postgresql": f"""
        INSERT INTO {NodeInstance._meta.db_table} (task_id, name, status, position)
        SELECT task.value::bigint, node.value ->> 'name', node.value ->> 'status', node.number - 1
        FROM jsonb_array_elements_text(%s::jsonb) AS task(value)
        CROSS JOIN jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS node(value, number)""",  # noqa: S608
}
