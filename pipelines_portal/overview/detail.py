"""The overview of a workflow: counts, days, durations and the number of stuck tasks."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION, label_of
from pipelines_portal.core.times import duration
from pipelines_portal.overview.charts import build_chart, day_label
from pipelines_portal.submissions.team import IS_SHARED, Sent, keys_looked_after, sent_since
from pipelines_portal.task_index.counts import TaskCounts, build_counts, counted_so_far, status_counts
from pipelines_portal.task_index.models import DURATION_DAYS, GONE, WorkflowIndex
from pipelines_portal.task_index.reads import count_stuck, days_of, is_read, oldest_open
from pipelines_portal.web.bar_chart import build_bar
from pipelines_portal.workflows.models import OpenedWorkflow

CHART_DAYS = 30


def _span(seconds: float) -> str:
    """Return a span of time, from a day on with days and hours: "1 d 19 h"."""
    days, rest = divmod(int(seconds), 86_400)
    if not days:
        return duration(seconds)
    hours = rest // 3600
    return f"{days:,} d {hours} h" if hours else f"{days:,} d"


def detail_context(user: User, workflow: OpenedWorkflow, index: WorkflowIndex | None = None) -> dict[str, Any]:
    """Return what the overview shows. `index`: the workflow's index, if it was already read."""
    now = timezone.now()
    index = index or WorkflowIndex.objects.watch([workflow])[workflow.pk]
    rows = status_counts(index)
    counts = build_counts(index.open_as_of, rows) if index.open_as_of else None
    tasks = sum(count for status, count, *_ in rows if status != GONE)
    context = {
        "index": index, "span": duration(index.stuck_hours * 3600), "people": _people(user, workflow, now),
        # How many tasks are indexed, and the progress of a first or a late count.
        "progress": {
            "tasks": tasks, "so_far": counted_so_far(index, tasks, now), "is_complete": index.is_backfilled,
        },
        "is_old": counts is not None and counts.is_old(now),
    }  # fmt: skip
    open_tasks = _open_tasks(index, counts, now) if counts else {"counts": None}
    return context | _days_and_durations(index, now) | open_tasks


def _people(user: User, workflow: OpenedWorkflow, now: datetime) -> list[Sent] | None:
    """Return what others sent today with the key, if the user shares the key with them or leads a team of theirs."""
    if not keys_looked_after(user).filter(IS_SHARED, pk=workflow.key_id).exists():
        return None
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return sent_since(user, midnight, workflow)


def _open_tasks(index: WorkflowIndex, counts: TaskCounts, now: datetime) -> dict[str, Any]:
    oldest = oldest_open(index, counts)
    first = sorted(counts.by_status.items(), key=lambda share: share[0] not in NEEDS_ATTENTION)
    shares = [(status, label_of(status), number) for status, number in first]
    return {
        "counts": counts, "updated": counts.updated(), "stuck_updated": counts.updated(*CAN_BE_STUCK),
        "bar": build_bar(shares, counts.cut), "oldest": oldest, "oldest_number": oldest and str(oldest.task_id),
        "stuck_count": count_stuck(index, now),
    }  # fmt: skip


def _days_and_durations(index: WorkflowIndex, now: datetime) -> dict[str, Any]:
    """Return no chart before the first page of new tasks was read."""
    if index.newest_id is None:
        return {"chart": None}
    days = days_of([index], CHART_DAYS, now)[index.pk]
    return {
        "chart": build_chart(days), "days": [(day_label(day), day) for day in reversed(days)], "today": days[-1],
        "median": None if index.median_seconds is None else _span(index.median_seconds),
        "p90": None if index.p90_seconds is None else _span(index.p90_seconds),
        "is_whole_week": is_read(index, now - timedelta(days=DURATION_DAYS)),
    }  # fmt: skip
