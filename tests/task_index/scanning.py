"""Scan like the worker, without the throttle of the key, and compare counts with tasks."""

from collections import Counter
from datetime import timedelta

from django.utils import timezone

from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.task_index.models import (
    KeyThrottle,
    NoteState,
    QuarterCount,
    Scan,
    StatusCount,
    WorkflowIndex,
    quarter_of,
)


def scan_due(steps: int = 500) -> int:
    """Make the steps that are due until none is. Return how many there were."""
    for made in range(steps):
        KeyThrottle.objects.update(next_call_at=timezone.now())
        Scan.objects.filter(kind=Scan.Kind.BACKFILL, due_at__isnull=False).update(due_at=timezone.now())
        if not scan_next():
            return made
    return steps


def scan_again(*kinds: Scan.Kind) -> int:
    """End the pause of these scans, and scan. Return the number of steps."""
    Scan.objects.filter(kind__in=kinds).update(due_at=timezone.now() - timedelta(seconds=1))
    return scan_due()


def check_counts_match(index: WorkflowIndex) -> None:
    statuses = Counter(index.tasks.values_list("status", flat=True))
    stored = StatusCount.objects.filter(index=index).exclude(count=0)
    assert dict(stored.values_list("status", "count")) == statuses
    tasks = [task for task in index.tasks.all() if task.note_state != NoteState.MISTAKE]
    created: Counter[int] = Counter(quarter_of(task.created_at) for task in tasks if task.created_at)
    finished = Counter(quarter_of(task.finished_at) for task in tasks if task.finished_at)
    quarters = QuarterCount.objects.filter(index=index)
    assert {row.quarter: row.created for row in quarters if row.created} == created
    assert {row.quarter: row.finished for row in quarters if row.finished} == finished
