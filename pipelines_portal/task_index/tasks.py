"""How given tasks stand: those of a submission, or of an import."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from pipelines_portal.shared.together import together
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


def progress_of(workflow: OpenedWorkflow, task_ids: Iterable[int] | QuerySet[Any, Any]) -> Progress | None:
    """None where nobody has the workflow's tasks read, or they were not all read yet. A query of ids stays one."""
    index = WorkflowIndex.objects.filter(workflow=workflow).first()
    return progress_by(index, task_ids) if index else None


def progress_of_all(index: WorkflowIndex, task_ids: QuerySet[Any, Any], *counts: QuerySet[Any, int]) -> Progress:
    """By an index that was counted, in one query: `counts` add up to how many ids there are."""
    found = index.tasks.filter(task_id__in=task_ids).order_by().values_list("status").annotate(Count("pk"))
    by_status, *numbers = together(found, *counts)
    return Progress(dict(by_status), sum(map(sum, numbers)), index.counted_at or timezone.now())


def progress_by(index: WorkflowIndex, task_ids: Iterable[int] | QuerySet[Any, Any]) -> Progress | None:
    """The same, by an index that is there already."""
    if index.counted_at is None:
        return None
    counts, count = Counter[str](), 0
    for ids in _parts(task_ids):
        found = index.tasks.filter(task_id__in=ids).order_by()
        counts.update(dict(found.values_list("status").annotate(Count("pk"))))
        count += ids.count() if isinstance(ids, QuerySet) else len(ids)
    return Progress(dict(counts), count, index.counted_at)


def _parts(task_ids: Iterable[int] | QuerySet[Any, Any]) -> Iterator[list[int] | QuerySet[Any, Any]]:
    if isinstance(task_ids, QuerySet):
        yield task_ids
        return
    ids = sorted(task_ids)
    yield from (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def statuses_of(workflow: OpenedWorkflow, task_ids: Iterable[int]) -> dict[int, str]:
    """By task, as last read; without those that the index does not know."""
    ids = list(task_ids)[:AT_ONCE]
    index = WorkflowIndex.objects.filter(workflow=workflow).first()
    return dict(index.tasks.filter(task_id__in=ids).values_list("task_id", "status")) if index else {}
