"""A list of tasks as CSV: the tasks of its conditions, with their last known statuses and what was sent."""

import json
from collections.abc import Iterator
from typing import Any

from pipelines_portal.api_client.task_status import TaskStatus, label_of
from pipelines_portal.core import times
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.tasks import texts
from pipelines_portal.tasks.found_tasks import CREATED, Asked, FoundTask, Scope, count_up_to, find, with_briefs
from pipelines_portal.workflows.titles import titles_of

# While it is written, it takes a thread of the web server.
MOST_EXPORTED = 100_000
BATCH = 1_000
HEADS = ("Task ID", "Status", "Steps finished", "Steps", "Created (UTC)", "Updated (UTC)", "Sent by", "Row")
OTHERS = "Other fields"


def why_not(scope: Scope, asked: Asked) -> str:
    """Return why the list cannot be exported now, or ""."""
    if asked.conditions.is_plain and not _is_read(scope.index, asked.conditions.status):
        return texts.STILL_READING
    if count_up_to(scope, asked, MOST_EXPORTED + 1) > MOST_EXPORTED:
        return texts.TOO_MANY_TO_EXPORT.format(most=MOST_EXPORTED)
    return ""


def _is_read(index: WorkflowIndex | None, status: str) -> bool:
    """Return whether the index has what the API's list of this status shows."""
    if index is None or index.open_as_of is None:
        return False
    return index.is_backfilled or status not in ("", TaskStatus.FINISHED)


def lines(scope: Scope, asked: Asked, with_id: FoundTask | None = None) -> Iterator[list[Any]]:
    """Return the heads, then a line for each task, `with_id` first.

    Fields have the titles that the workflow has now; values of fields without a title are together in one column.
    """
    workflow = scope.workflow
    titles = titles_of(workflow.key_id, workflow.workflow_id) if workflow else {}
    yield [*HEADS, *titles.values(), OTHERS]
    cursor = ""
    first = [with_id] if with_id else []
    while True:
        page = find(scope, asked, cursor, BATCH)
        found = [*first, *(one for one in page.tasks if not with_id or one.place != with_id.place)]
        yield from (_line(one, titles) for one in with_briefs(scope, found))
        first = []
        cursor = page.next_cursor
        if not cursor:
            return


def _line(one: FoundTask, titles: dict[str, str]) -> list[Any]:
    fields = (one.brief.fields if one.brief else None) or {}
    others = {name: value for name, value in fields.items() if name not in titles}
    return [
        *_facts(one), one.brief.by if one.brief else "", one.number or "",
        *(_cell(fields.get(name)) for name in titles), json.dumps(others, ensure_ascii=False) if others else "",
    ]  # fmt: skip


def _facts(one: FoundTask) -> list[Any]:
    task = one.task
    if task is None:
        return ["", one.row.get_status_display() if one.row else "", "", "", "", ""]
    if task.status == CREATED:
        return [task.id, "Created", "", "", times.machine(task.created_at), ""]
    nodes = task.node_summary
    moments = times.machine(task.created_at), times.machine(task.updated_at)
    return [task.id, label_of(task.status), nodes.finished, nodes.total, *moments]


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
