"""What a workflow's overview shows, or why it does not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.opening import telling_value
from pipelines_portal.submissions.origin import Brief, briefs_of_tasks
from pipelines_portal.submissions.team import keys_looked_after
from pipelines_portal.submissions.today import sent_since
from pipelines_portal.task_index.counts import Counts, counts_by
from pipelines_portal.task_index.durations import OVER_DAYS
from pipelines_portal.task_index.figures import Day, days_of, is_read, oldest_open, stuck
from pipelines_portal.task_index.models import IndexedTask, StatusCount, WorkflowIndex
from pipelines_portal.web.bars import Bar, bar_of
from pipelines_portal.web.templatetags.portal import TASK_STATUS_WORDS
from pipelines_portal.workflows.models import OpenedWorkflow

from .charts import chart_of, name_of
from .words import duration

DAYS = 30
MOST_STUCK = 10
LONGEST_TEXT = 160
# Longer than the walks take: past it, what is shown is not what there is.
OLD = timedelta(minutes=20)


@dataclass(frozen=True)
class StuckTask:
    task: IndexedTask
    number: str
    stood: str
    # What was sent for it and by whom, as far as that was from here.
    text: str = ""
    by: str = ""


def open_bar(counts: Counts) -> Bar:
    """Of tasks that are not finished."""
    return bar_of([(status, TASK_STATUS_WORDS.get(status, status), n) for status, n in counts.by_status.items()])


def overview_of(user: User, workflow: OpenedWorkflow, index: WorkflowIndex) -> dict[str, Any]:
    now = timezone.now()
    known = dict(StatusCount.objects.filter(index=index).values_list("status", "count"))
    counts = counts_by(index, known) if index.counted_at else None
    span = duration(index.stuck_hours * 3600)
    found = {"index": index, "span": span, "reading": _reading(index, known), "is_old": _is_old(index, now)} | _sent(
        user, workflow, now
    )
    return found | _days(index, now) | (_open(user, workflow, index, counts, now) if counts else {"counts": None})


def _open(user: User, workflow: OpenedWorkflow, index: WorkflowIndex, counts: Counts, now: datetime) -> dict[str, Any]:
    oldest, standing = oldest_open(index, counts), stuck(index, counts, MOST_STUCK, now)
    return {
        "counts": counts, "bar": open_bar(counts), "oldest": oldest, "oldest_number": oldest and str(oldest.task_id),
        "stuck": _stuck(user, workflow, standing.tasks, now), "stuck_count": standing.count,
    }  # fmt: skip


def _stuck(user: User, workflow: OpenedWorkflow, tasks: list[IndexedTask], now: datetime) -> list[StuckTask]:
    briefs = briefs_of_tasks(user, workflow.key, workflow.workflow_id, [task.task_id for task in tasks])
    return [_stuck_task(task, briefs.get(task.task_id), workflow.telling_field, now) for task in tasks]


def _stuck_task(task: IndexedTask, brief: Brief | None, telling_field: str, now: datetime) -> StuckTask:
    stood = duration((now - task.updated_at).total_seconds()) if task.updated_at else ""
    if brief is None:
        return StuckTask(task, str(task.task_id), stood)
    text = telling_value(brief.fields or {}, telling_field)[:LONGEST_TEXT]
    return StuckTask(task, str(task.task_id), stood, text, brief.by)


def _days(index: WorkflowIndex, now: datetime) -> dict[str, Any]:
    """Nothing of it before the first page of what is new was read."""
    if index.newest_id is None:
        return {"chart": None}
    days = days_of([index], DAYS, now)[index.pk]
    return {
        "chart": chart_of(days), "days": _named(days), "today": days[-1],
        "median": None if index.median_seconds is None else duration(index.median_seconds),
        "ninth": None if index.ninth_seconds is None else duration(index.ninth_seconds),
        "is_whole_week": is_read(index, now - timedelta(days=OVER_DAYS)),
    }  # fmt: skip


def _named(days: list[Day]) -> list[tuple[str, Day]]:
    """Newest first."""
    return [(name_of(day), day) for day in reversed(days)]


def _sent(user: User, workflow: OpenedWorkflow, now: datetime) -> dict[str, Any]:
    """For who leads others here, or shares their key with others."""
    if not keys_looked_after(user).filter(pk=workflow.key_id, shares__isnull=False).exists():
        return {"people": None}
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"people": sent_since(user, midnight, workflow)}


def _reading(index: WorkflowIndex, known: dict[str, int]) -> dict[str, Any]:
    """How far the reading has come."""
    is_on_its_way = getattr(index, "is_on_its_way", False)
    return {"tasks": sum(known.values()), "goes_on": is_on_its_way, "to_the_end": index.is_read_to_the_end}


def _is_old(index: WorkflowIndex, now: datetime) -> bool:
    return index.counted_at is not None and now - index.counted_at > OLD
