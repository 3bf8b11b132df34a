"""What tests of the index do inside a running portal: see tests.inside_portal."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.task_index.jobs import LEASE
from pipelines_portal.task_index.models import Walk, WorkflowIndex
from pipelines_portal.task_index.watching import watch
from pipelines_portal.workflows.models import OpenedWorkflow

from .reading import counts_hold


def watch_all() -> None:
    watch(OpenedWorkflow.objects.all())


def index_stands() -> dict[str, Any]:
    index = WorkflowIndex.objects.get()
    statuses = Counter(index.tasks.values_list("status", flat=True))
    return {"tasks": statuses, "whole": index.is_read_to_the_end and index.open_as_of is not None}


def end_leases() -> None:
    """As when the time of whoever was killed is over."""
    now = timezone.now()
    Walk.objects.filter(due_at__gt=now + LEASE / 2, due_at__lt=now + LEASE + timedelta(seconds=1)).update(due_at=now)


def check_counts() -> None:
    counts_hold(WorkflowIndex.objects.get())
