"""Functions that tests of the index run inside a portal. See `tests.inside_portal`."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.task_index.models import LEASE, Scan, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

from .scanning import check_counts_match


def watch_all() -> None:
    WorkflowIndex.objects.watch(OpenedWorkflow.objects.all())


def index_status() -> dict[str, Any]:
    """Return how many tasks it has of each status, and whether it has all of them."""
    index = WorkflowIndex.objects.get()
    statuses = Counter(index.tasks.values_list("status", flat=True))
    return {"tasks": statuses, "whole": index.is_backfilled and index.open_as_of is not None}


def end_leases() -> None:
    """End the leases of killed workers."""
    now = timezone.now()
    Scan.objects.filter(due_at__gt=now + LEASE / 2, due_at__lt=now + LEASE + timedelta(seconds=1)).update(due_at=now)


def check_counts() -> None:
    check_counts_match(WorkflowIndex.objects.get())
