"""Reads an index as the worker does, without waiting for the pace of the key, and holds its counts to its tasks."""

from collections import Counter
from datetime import timedelta

from django.utils import timezone

from pipelines_portal.task_index.jobs import work_on_next
from pipelines_portal.task_index.models import KeyPace, QuarterCount, StatusCount, Walk, WorkflowIndex
from pipelines_portal.task_index.recording import quarter_of


def read_on(steps: int = 500) -> int:
    """What is due now, and what that makes due. How many steps."""
    for made in range(steps):
        KeyPace.objects.update(next_call_at=timezone.now())
        Walk.objects.filter(kind=Walk.Kind.PAST, due_at__isnull=False).update(due_at=timezone.now())
        if not work_on_next():
            return made
    return steps


def read_again(*kinds: Walk.Kind) -> int:
    """As when the pause of these is over."""
    Walk.objects.filter(kind__in=kinds).update(due_at=timezone.now() - timedelta(seconds=1))
    return read_on()


def counts_hold(index: WorkflowIndex) -> None:
    statuses = Counter(index.tasks.values_list("status", flat=True))
    kept = StatusCount.objects.filter(index=index).exclude(count=0)
    assert dict(kept.values_list("status", "count")) == statuses
    created: Counter[int] = Counter(quarter_of(task.created_at) for task in index.tasks.all() if task.created_at)
    finished = Counter(quarter_of(task.finished_at) for task in index.tasks.all() if task.finished_at)
    quarters = QuarterCount.objects.filter(index=index)
    assert {row.quarter: row.created for row in quarters if row.created} == created
    assert {row.quarter: row.finished for row in quarters if row.finished} == finished
