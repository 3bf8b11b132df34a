"""Rows whose tasks no longer exist in Pipelines, which happens when its database is restored from a backup."""

from dataclasses import dataclass

from django.db.models import DateTimeField, DurationField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value

from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.task_index.models import CLOCKS_DIFFER, GONE, WorkflowIndex
from pipelines_portal.web.number_ranges import ranges_of

MOST_NAMED = 1_000


@dataclass(frozen=True)
class LostTasks:
    """`numbers` are the rows as people know them, at most MOST_NAMED of `count`."""

    count: int
    numbers: list[int]

    @property
    def ranges(self) -> str:
        return ranges_of(self.numbers)


def lost_tasks(rows: QuerySet[SubmissionRow], index: WorkflowIndex | None) -> LostTasks | None:
    """Return those of the rows whose tasks are gone, or whose IDs were given to other tasks; None if there are none.

    It costs nothing unless the index has seen that IDs are given again.
    """
    if index is None or index.ids_restarted_at is None:
        return None
    created_by = ExpressionWrapper(
        OuterRef("submission__created_by") + Value(CLOCKS_DIFFER, DurationField()), DateTimeField()
    )
    lost = index.tasks.filter(Q(status=GONE) | Q(created_at__gt=created_by), task_id=OuterRef("task_id"))
    found = rows.filter(Exists(lost), task_id__isnull=False).order_by("number", "index")
    count = found.count()
    numbers = [number or place + 1 for number, place in found.values_list("number", "index")[:MOST_NAMED]]
    return LostTasks(count, numbers) if count else None
