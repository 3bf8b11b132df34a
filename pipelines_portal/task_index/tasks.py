"""How given tasks stand: those of a submission, or of an import."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

# As many as one query may name.
AT_ONCE = 5000


@dataclass(frozen=True)
class Progress:
    """`by_status` of those that the index knows; the rest of `of` it has not met, or not since they left their list.

    `as_of` is when the newest of it was read. `counted_at`: when the last whole cycle through the lists began.
    """

    by_status: dict[str, int]
    of: int
    as_of: datetime
    counted_at: datetime

    @property
    def not_met(self) -> int:
        return self.of - sum(self.by_status.values())


def progress_of(index: WorkflowIndex, task_ids: QuerySet[Any, Any]) -> Progress | None:
    """Return the progress of these tasks, or None if the open lists have not all been read yet."""
    if index.open_as_of is None:
        return None
    found = list(_standing(index, task_ids))
    return _progress(found, task_ids.count(), index.open_as_of)


def progress_of_all(
    index: WorkflowIndex, counted_at: datetime, task_ids: QuerySet[Any, Any], *counts: QuerySet[Any, int]
) -> Progress:
    """Return the progress by an index that was counted then. `counts` add up to how many ids there are."""
    return _progress(list(_standing(index, task_ids)), sum(map(sum, counts)), counted_at)


def _standing(index: WorkflowIndex, task_ids: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    known = index.tasks.filter(task_id__in=task_ids, is_suspect=False).order_by()
    return known.values_list("status").annotate(Count("pk"), Max("read_at"))


def _progress(found: list[tuple[str, int, datetime]], of: int, counted_at: datetime) -> Progress:
    by_status = {status: count for status, count, _ in found}
    return Progress(by_status, of, max([counted_at, *(read_at for *_, read_at in found)]), counted_at)


def statuses_of(workflow: OpenedWorkflow, task_ids: Iterable[int]) -> dict[int, str]:
    """By task, as last read; without those that the index does not know."""
    ids = list(task_ids)[:AT_ONCE]
    index = WorkflowIndex.objects.filter(workflow=workflow).first()
    return dict(index.tasks.filter(task_id__in=ids).values_list("task_id", "status")) if index else {}
