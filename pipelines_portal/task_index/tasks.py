"""How given tasks stand: those of a submission, or of an import."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from pipelines_portal.workflows.models import OpenedWorkflow

from .models import WorkflowIndex

# As many as one query may name.
AT_ONCE = 5000


@dataclass(frozen=True)
class Progress:
    """`by_status` of those that the index knows; the rest of `of` it has not met."""

    by_status: dict[str, int]
    of: int
    as_of: datetime

    @property
    def not_met(self) -> int:
        return self.of - sum(self.by_status.values())


def progress_of(workflow: OpenedWorkflow, task_ids: Iterable[int]) -> Progress | None:
    """None where nobody has the workflow's tasks read, or they were not all read yet."""
    index = WorkflowIndex.objects.filter(workflow=workflow).first()
    if index is None or index.counted_at is None:
        return None
    ids, counts = sorted(task_ids), Counter[str]()
    for start in range(0, len(ids), AT_ONCE):
        found = index.tasks.filter(task_id__in=ids[start : start + AT_ONCE]).order_by()
        counts.update(dict(found.values_list("status").annotate(Count("pk"))))
    return Progress(dict(counts), len(ids), index.counted_at)


def statuses_of(workflow: OpenedWorkflow, task_ids: Iterable[int]) -> dict[int, str]:
    """By task, as last read; without those that the index does not know."""
    ids = list(task_ids)[:AT_ONCE]
    index = WorkflowIndex.objects.filter(workflow=workflow).first()
    return dict(index.tasks.filter(task_id__in=ids).values_list("task_id", "status")) if index else {}
