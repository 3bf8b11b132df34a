"""Counts of tasks by status, for pages: of a workflow, and of given task ids. Pages show only what was read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.task_index.models import GONE, STUCK_HOURS, NoteState, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

# The statuses whose lists are read, in the order of pages.
LISTED_STATUSES = tuple(status for status in TaskStatus if status is not TaskStatus.FINISHED)
# A cycle takes five minutes. Pages say of a later one that it is running, and of numbers after OLD that they are old.
LATE, OLD = timedelta(minutes=10), timedelta(minutes=20)
# One query names at most so many task ids.
MAX_IDS = 5000
# Values of StatusCount.
ROW = ("status", "count", "listed", "listed_at", "is_cut", "muted", "mistakes")
Row = tuple[str, int, int, datetime | None, bool, int, int]


# --- of a workflow ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskCounts:
    """Tasks that are not finished, by status, without mistakes. `muted` has how many of them are muted.

    Without `has_notes`, no task of the workflow is a mistake or muted.

    `read_at` is when the list of a status was read. `cut` has the statuses with more tasks than were counted. `as_of`
    is when the last complete cycle began. A task is stuck after `stuck_hours` without a change. `listed` has the number
    of all tasks on each list that was read.
    """

    by_status: dict[str, int]
    read_at: dict[str, datetime]
    cut: frozenset[str]
    as_of: datetime
    muted: dict[str, int] = field(default_factory=dict)
    has_notes: bool = True
    stuck_hours: int = STUCK_HOURS
    listed: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def attention(self) -> int:
        return sum(map(self.without_muted, NEEDS_ATTENTION))

    def without_muted(self, status: str) -> int:
        return max(self.by_status.get(status, 0) - self.muted.get(status, 0), 0)

    def is_old(self, now: datetime) -> bool:
        return now - self.as_of > OLD

    def updated(self, *statuses: str) -> datetime:
        """Return when the first of these statuses was read, by default of all."""
        return min((self.read_at.get(status, self.as_of) for status in statuses or self.read_at), default=self.as_of)


def open_counts(workflow: OpenedWorkflow) -> TaskCounts | None:
    """Return the workflow's counts, or None until all of its lists were read once."""
    counts, _ = counts_and_known([workflow])
    return counts.get(workflow.pk)


def counts_and_known(workflows: Iterable[OpenedWorkflow]) -> tuple[dict[int, TaskCounts], dict[int, int]]:
    """Return the counts of the workflows whose lists were read, and the number of known tasks of each.

    Both are by the primary key of the workflow.
    """
    values = [f"status_counts__{name}" for name in ROW]
    indexes = WorkflowIndex.objects.filter(workflow__in=[one.pk for one in workflows])
    rows: dict[int, tuple[datetime, dict[str, Any], list[Row]]] = {}
    known: dict[int, int] = {}
    of_index = ("has_notes", "stuck_hours")
    for pk, as_of, notes, hours, *counted in indexes.values_list("workflow", "open_as_of", *of_index, *values):
        status, count, listed, listed_at, is_cut, muted, mistakes = counted
        # All of it is None for an index without any count.
        row = (status or "", count or 0, listed or 0, listed_at, bool(is_cut), muted or 0, mistakes or 0)
        known[pk] = known.get(pk, 0) + (row[1] if status != GONE else 0)
        if as_of:
            columns = {"has_notes": notes, "stuck_hours": hours}
            rows.setdefault(pk, (as_of, columns, []))[-1].append(row)
    return {pk: build_counts(as_of, of_one, **columns) for pk, (as_of, columns, of_one) in rows.items()}, known


def counted_so_far(index: WorkflowIndex, known: int, now: datetime) -> int | None:
    """Return how many tasks a first or a late count has counted, or None if none is running.

    `known` is the number of known tasks of the index.
    """
    if index.open_as_of is None or index.newest_counted is not None:
        return known
    return index.open_counted if now - index.open_as_of > LATE else None


def status_counts(index: WorkflowIndex) -> list[Row]:
    """Return the rows of the index for `build_counts`."""
    return list(index.status_counts.values_list(*ROW))


def build_counts(as_of: datetime, rows: Iterable[Row], **columns: Any) -> TaskCounts:
    """Build the counts of an index whose last complete cycle began at `as_of`, with these columns of it.

    Tasks with an undocumented status are on no list. Their number is that of the index.
    """
    by_status, muted_by_status, read_at, on_list, cut = {}, {}, {}, {}, set()
    for status, count, listed, listed_at, is_cut, muted, mistakes in rows:
        if status in (TaskStatus.FINISHED, GONE, ""):
            continue
        number = (listed if listed_at else count if status not in LISTED_STATUSES else 0) - mistakes
        if number > 0:
            by_status[status] = number
        if muted:
            muted_by_status[status] = muted
        if listed_at:
            read_at[status], on_list[status] = listed_at, listed
        if is_cut:
            cut.add(status)
    order: dict[str, int] = {status: place for place, status in enumerate(LISTED_STATUSES)}
    by_status = dict(sorted(by_status.items(), key=lambda one: order.get(one[0], len(order))))
    return TaskCounts(by_status, read_at, frozenset(cut), as_of, muted_by_status, listed=on_list, **columns)


# --- of given tasks ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """The statuses of given tasks. `by_status` leaves out unknown tasks and suspects. `total` counts all.

    Both leave out the `mistakes`. `as_of` is when the oldest of these statuses was read: tasks that are not read again
    at a change are known as of the last complete cycle.
    """

    by_status: dict[str, int]
    total: int
    mistakes: int
    as_of: datetime


def progress_of(
    index: WorkflowIndex, counted_at: datetime, task_ids: QuerySet[Any, Any], *numbers: QuerySet[Any, int]
) -> Progress:
    """Return the progress by an index that was counted at `counted_at`. `numbers` add up to the number of ids."""
    return _build_progress(list(_count_by_status(index, task_ids)), sum(map(sum, numbers)), counted_at)


def _count_by_status(index: WorkflowIndex, task_ids: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    known = index.tasks.filter(task_id__in=task_ids, is_suspect=False).order_by()
    mistakes = Count("pk", filter=Q(note_state=NoteState.MISTAKE))
    return known.values_list("status").annotate(Count("pk"), Min("read_at"), mistakes=mistakes)


def _build_progress(rows: list[tuple[str, int, datetime, int]], total: int, counted_at: datetime) -> Progress:
    by_status = {status: count - mistakes for status, count, _, mistakes in rows if count > mistakes}
    mistakes = sum(number for *_, number in rows)
    as_of = max(counted_at, min((read_at for _, _, read_at, _ in rows), default=counted_at))
    return Progress(by_status, total - mistakes, mistakes, as_of)


def statuses_of(workflow: OpenedWorkflow, task_ids: Iterable[int]) -> dict[int, str]:
    """Return the last known status of each task, without those that the index does not know."""
    ids = list(task_ids)[:MAX_IDS]
    index = WorkflowIndex.objects.filter(workflow=workflow).first()
    return dict(index.tasks.filter(task_id__in=ids).values_list("task_id", "status")) if index else {}
