"""A list of tasks as a file: the tasks of its conditions, with their last known statuses and what was sent."""

from collections.abc import Iterator
from typing import Any

from pipelines_portal.api_client.task_status import TaskStatus, label_of
from pipelines_portal.core.times import in_zone
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.tasks.conditions import Conditions
from pipelines_portal.tasks.found_tasks import (
    CREATED,
    FoundTask,
    ResolvedConditions,
    Scope,
    count_up_to,
    find,
    with_briefs,
)
from pipelines_portal.workflows.fields.reading.times import time_or_value
from pipelines_portal.workflows.titles import column_titles, titles_of

# While it is written, it takes a thread of the web server.
MOST_EXPORTED = 100_000
BATCH = 1_000
OTHERS = "Other fields"


def why_not(scope: Scope, resolved: ResolvedConditions) -> str:
    """Return why the list cannot be exported now, or ""."""
    if not _is_read(scope.index, resolved.conditions):
        return "Not exported. We’re still reading this workflow. Try again later, or filter by day."
    if count_up_to(scope, resolved, MOST_EXPORTED + 1) > MOST_EXPORTED:
        return f"Not exported. This list has more than {MOST_EXPORTED:,} tasks. Filter by import or day."
    return ""


def _is_read(index: WorkflowIndex | None, conditions: Conditions) -> bool:
    """Return whether the index has all tasks that the list is made from."""
    is_of_few = conditions.status not in ("", TaskStatus.FINISHED) or bool(conditions.stuck or conditions.group)
    if conditions.is_of_sent and not is_of_few:
        return True
    if index is None or index.open_as_of is None:
        return False
    since, _ = conditions.days
    is_since = since is not None and index.backfilled_to is not None and index.backfilled_to <= since
    return is_of_few or index.is_backfilled or is_since


def header_and_rows(
    scope: Scope, resolved: ResolvedConditions, with_id: FoundTask | None = None
) -> tuple[list[str], Iterator[list[Any]]]:
    """Return a table with a row for each task, `with_id` first.

    Fields have the titles that the workflow has now; values of fields without a title are together in one column.
    """
    workflow = scope.workflow
    titles = column_titles(titles_of(workflow.key_id, workflow.workflow_id)) if workflow else {}
    header = [
        "Task ID", "Status", "Steps finished", "Steps", in_zone("Created"), in_zone("Updated"), "Sent by", "Row",
        *titles.values(), OTHERS,
    ]  # fmt: skip
    return header, _rows(scope, resolved, with_id, titles)


def _rows(
    scope: Scope, resolved: ResolvedConditions, with_id: FoundTask | None, titles: dict[str, str]
) -> Iterator[list[Any]]:
    cursor = ""
    first = [with_id] if with_id else []
    while True:
        page = find(scope, resolved, cursor, BATCH)
        found = [*first, *(one for one in page.tasks if not with_id or one.place != with_id.place)]
        yield from (_row(one, titles) for one in with_briefs(scope, found))
        first = []
        cursor = page.next_cursor
        if not cursor:
            return


def _row(one: FoundTask, titles: dict[str, str]) -> list[Any]:
    fields = (one.brief.fields if one.brief else None) or {}
    others = {name: value for name, value in fields.items() if name not in titles}
    return [
        *_facts(one), one.brief.by if one.brief else None, one.number,
        *(time_or_value(fields.get(name)) for name in titles), others or None,
    ]  # fmt: skip


def _facts(one: FoundTask) -> list[Any]:
    task = one.task
    if task is None:
        return [None, one.row.get_status_display() if one.row else None, None, None, None, None]
    if task.status == CREATED:
        return [task.id, "Created", None, None, task.created_at, None]
    nodes = task.node_summary
    return [task.id, label_of(task.status), nodes.finished, nodes.total, task.created_at, task.updated_at]
