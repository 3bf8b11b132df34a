"""What a workflow's overview shows, or why it does not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.task_status import CAN_BE_STUCK, label_of
from pipelines_portal.core.bar_chart import Bar, bar_of
from pipelines_portal.overview.charts import chart_of, name_of
from pipelines_portal.overview.words import duration
from pipelines_portal.submissions.origin import Brief, briefs_of_tasks, telling_value
from pipelines_portal.submissions.team import IS_SHARED, Sent, keys_looked_after, sent_since
from pipelines_portal.task_index.counts import Counts, Row, build_counts, counted_so_far, status_counts
from pipelines_portal.task_index.models import DURATION_DAYS, GONE, IndexedTask, Scan, WorkflowIndex
from pipelines_portal.task_index.reads import Day, days_of, is_read, oldest_open, stuck
from pipelines_portal.workflows.models import OpenedWorkflow

DAYS = 30
MOST_STUCK = 10
LONGEST_TEXT = 160
BACKFILL = Scan.objects.filter(index=OuterRef("pk"), kind=Scan.Kind.BACKFILL, due_at__isnull=False)


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
    shares = [(status, label_of(status), n) for status, n in counts.by_status.items()]
    return bar_of(shares, counts.cut)


def overview_of(user: User, workflow: OpenedWorkflow, index: WorkflowIndex | None = None) -> dict[str, Any]:
    """`index`: where it was read already."""
    now = timezone.now()
    known = _known(user, workflow, now, index)
    as_of = known.index.open_as_of
    counts = build_counts(as_of, known.rows) if as_of else None
    found = {
        "index": known.index, "span": duration(known.index.stuck_hours * 3600), "people": known.people,
        "reading": _reading(known, now), "is_old": counts is not None and counts.is_old(now),
    }  # fmt: skip
    opened = _open(user, workflow, known.index, counts, now) if counts else {"counts": None}
    return found | _days(known, now) | opened


@dataclass(frozen=True)
class _Known:
    """`people` is None for somebody who leads nobody here and shares nothing."""

    index: WorkflowIndex
    is_on_its_way: bool
    rows: list[Row]
    people: list[Sent] | None


def _known(user: User, workflow: OpenedWorkflow, now: datetime, index: WorkflowIndex | None) -> _Known:
    indexes = WorkflowIndex.objects.filter(workflow=workflow).annotate(is_on_its_way=Exists(BACKFILL))
    index = index or WorkflowIndex.objects.watch([workflow], indexes)[workflow.pk]
    is_on_its_way = getattr(index, "is_on_its_way", False)
    return _Known(index, is_on_its_way, status_counts(index), _people(user, workflow, now))


def _people(user: User, workflow: OpenedWorkflow, now: datetime) -> list[Sent] | None:
    """Return what those sent today who use the key, if the person leads a team of them or shares the key with them."""
    if not keys_looked_after(user).filter(IS_SHARED, pk=workflow.key_id).exists():
        return None
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return sent_since(user, midnight, workflow)


def _open(user: User, workflow: OpenedWorkflow, index: WorkflowIndex, counts: Counts, now: datetime) -> dict[str, Any]:
    oldest, standing = oldest_open(index, counts), list[Any](stuck(index, MOST_STUCK, now))
    return {
        "counts": counts, "updated": counts.updated(), "stuck_updated": counts.updated(*CAN_BE_STUCK),
        "bar": open_bar(counts), "oldest": oldest, "oldest_number": oldest and str(oldest.task_id),
        "stuck": _stuck(user, workflow, standing, now), "stuck_count": standing[0].stuck_count if standing else 0,
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


def _days(known: _Known, now: datetime) -> dict[str, Any]:
    """Nothing of it before the first page of what is new was read."""
    index = known.index
    if index.newest_id is None:
        return {"chart": None}
    days = days_of([index], DAYS, now)[index.pk]
    return {
        "chart": chart_of(days), "days": _named(days), "today": days[-1],
        "median": None if index.median_seconds is None else duration(index.median_seconds),
        "ninth": None if index.p90_seconds is None else duration(index.p90_seconds),
        "is_whole_week": is_read(index, now - timedelta(days=DURATION_DAYS)),
    }  # fmt: skip


def _named(days: list[Day]) -> list[tuple[str, Day]]:
    """Newest first."""
    return [(name_of(day), day) for day in reversed(days)]


def _reading(known: _Known, now: datetime) -> dict[str, Any]:
    """How far the reading has come. `so_far`: while a first or a late count goes on."""
    tasks = sum(count for status, count, *_ in known.rows if status != GONE)
    return {
        "tasks": tasks, "so_far": counted_so_far(known.index, tasks, now),
        "goes_on": known.is_on_its_way, "to_the_end": known.index.is_backfilled,
    }  # fmt: skip
