"""Tasks as the rows of a list.

Everything is a plain string in a flat dict, which templates look up fastest, and which threads render side by side.
Ids and times are marked as safe: made here of digits and a few letters, they hold nothing to escape, and escaping
2,000 of them costs as much as the rest of the page.
"""

from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.html import format_html
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
NOT_SAID = SafeString('<span title="The API does not say">–</span>')


def task_rows(tasks: list[Task], briefs: dict[int, Brief], telling_field: str, tail: str = "") -> list[Row]:
    """`tail`: what of the list's address the rows' links carry."""
    now, zone = timezone.now(), timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    return [
        {
            "id": SafeString(task.id),
            "tail": tail,
            "status": status(task.status),
            "nodes": node_bar(task.node_summary, task.status, moves=moves(task, now)),
            "created": _time(task.created_at, zone, today),
            "updated": _time(task.updated_at, zone, today),
            **_origin(briefs.get(task.id), telling_field),
        }
        for task in tasks
    ]


def _origin(brief: Brief | None, telling_field: str) -> Row:
    if brief is None:
        return {"by": "", "text": ""}
    text = telling_value(brief.fields or {}, telling_field)
    return {"by": brief.by, "text": text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"}


# A list that looks again shows mostly the same times.
@lru_cache(maxsize=20_000)
def _time(moment: datetime | None, zone: tzinfo, today: date) -> SafeString:
    """By the clock around the request, which stands in `zone`, on its day: with these, the words never change."""
    if moment is None:
        return NOT_SAID
    words, exact = times.day_and_hour(moment, timezone.now()), times.exact(moment)
    return format_html('<time datetime="{}" title="{}">{}</time>', times.machine(moment), exact, words)
