"""Tasks as the rows of a list.

Everything is a plain string in a flat dict, which templates look up fastest, and which threads render side by side.
Ids and times are marked as safe: made here of digits and a few letters, they hold nothing to escape, and escaping
2,000 of them costs as much as the rest of the page.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from pipelines_portal.api_client import Task
from pipelines_portal.submissions.opening import telling_value
from pipelines_portal.submissions.origin import Brief
from pipelines_portal.web import times
from pipelines_portal.web.templatetags.portal import node_bar, status

from .live_page import moves

Row = dict[str, str]
# As much as the widest screen shows of it.
LONGEST_TEXT = 160


def task_rows(tasks: list[Task], briefs: dict[int, Brief], telling_field: str, tail: str = "") -> list[Row]:
    """`tail`: what of the list's address the rows' links carry."""
    now = timezone.now()
    return [_row(task, now) | _origin(briefs.get(task.id), telling_field) | {"tail": tail} for task in tasks]


def _row(task: Task, now: datetime) -> Row:
    return {
        "id": SafeString(task.id),
        "status": status(task.status),
        "nodes": node_bar(task.node_summary, task.status, moves=moves(task, now)),
        **_time("created", task.created_at, now),
        **_time("updated", task.updated_at, now),
    }


def _origin(brief: Brief | None, telling_field: str) -> Row:
    if brief is None:
        return {"by": "", "text": ""}
    text = telling_value(brief.fields or {}, telling_field)
    return {"by": brief.by, "text": text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"}


def _time(name: str, moment: datetime | None, now: datetime) -> Row:
    if moment is None:
        return {name: "–", f"{name}_exact": "The API does not say", f"{name}_iso": ""}
    return {
        name: SafeString(times.day_and_hour(moment, now)),
        f"{name}_exact": SafeString(times.exact(moment)),
        f"{name}_iso": SafeString(times.machine(moment)),
    }
