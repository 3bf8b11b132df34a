"""How many tasks of a workflow have which status, for pages. Nothing is said that was not read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.task_index.models import GONE, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

# The statuses whose lists are read.
LISTED_STATUSES = tuple(status for status in TaskStatus if status is not TaskStatus.FINISHED)
# A cycle takes five minutes: past the first span it is late, past the second one numbers are called old.
LATE, OLD = timedelta(minutes=10), timedelta(minutes=20)
# Status, tasks of the index, tasks that the API listed, when it was asked, whether its list goes on.
Row = tuple[str, int, int, datetime | None, bool]


@dataclass(frozen=True)
class Counts:
    """Of tasks that are not finished, each status as the API listed it when it was last asked.

    `read_at`: when that was, by status. `cut`: those of which there are more than were counted.
    """

    by_status: dict[str, int]
    read_at: dict[str, datetime]
    cut: frozenset[str]
    as_of: datetime

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def attention(self) -> int:
        return sum(self.by_status.get(status, 0) for status in NEEDS_ATTENTION)

    def is_old(self, now: datetime) -> bool:
        return now - self.as_of > OLD

    def updated(self, *statuses: str) -> datetime:
        """When the first of these was read, of all by default."""
        return min((self.read_at.get(status, self.as_of) for status in statuses or self.read_at), default=self.as_of)


def open_counts(workflow: OpenedWorkflow) -> Counts | None:
    """Return the workflow's counts, or None if its lists were not all read yet, or nobody has them read."""
    counts, _ = counts_and_known([workflow])
    return counts.get(workflow.pk)


def counts_and_known(workflows: Iterable[OpenedWorkflow]) -> tuple[dict[int, Counts], dict[int, int]]:
    """Return the counts of workflows whose lists were read, and how many tasks of whatever status are known of each.

    Both are by the primary key of the workflow.
    """
    values = (f"status_counts__{name}" for name in ("status", "count", "listed", "listed_at", "is_cut"))
    indexes = WorkflowIndex.objects.filter(workflow__in=[one.pk for one in workflows])
    found: dict[int, tuple[datetime, list[Row]]] = {}
    known: dict[int, int] = {}
    for pk, as_of, *row in indexes.values_list("workflow", "open_as_of", *values):
        status, count = row[:2]
        known[pk] = known.get(pk, 0) + (count or 0 if status != GONE else 0)
        if as_of:
            found.setdefault(pk, (as_of, []))[1].append(_row(*row))
    return {pk: counts_of(as_of, rows) for pk, (as_of, rows) in found.items()}, known


def counted_so_far(index: WorkflowIndex, known: int, now: datetime) -> int | None:
    """While a first or a late count goes on, how many tasks it has met, `known` being all; None while none does."""
    if index.open_as_of is None or index.newest_met is not None:
        return known
    return index.open_met if now - index.open_as_of > LATE else None


def status_counts(index: WorkflowIndex) -> list[Row]:
    """Return the rows of the index for `counts_of`."""
    return list(index.status_counts.values_list("status", "count", "listed", "listed_at", "is_cut"))


def counts_of(as_of: datetime, rows: Iterable[Row]) -> Counts:
    """Of an index whose last whole cycle began at `as_of`. What no list has is counted in the index."""
    by_status, read_at, cut = {}, {}, set()
    for status, count, listed, listed_at, is_cut in rows:
        if status in (TaskStatus.FINISHED, GONE, ""):
            continue
        number = listed if listed_at else count if status not in LISTED_STATUSES else 0
        if number > 0:
            by_status[status] = number
        if listed_at:
            read_at[status] = listed_at
        if is_cut:
            cut.add(status)
    return Counts(_in_order(by_status), read_at, frozenset(cut), as_of)


def _row(status: str | None, count: int | None, listed: int | None, at: datetime | None, is_cut: bool | None) -> Row:
    """An index without any row has one of nothing."""
    return status or "", count or 0, listed or 0, at, bool(is_cut)


def _in_order(by_status: dict[str, int]) -> dict[str, int]:
    order: dict[str, int] = {status: place for place, status in enumerate(LISTED_STATUSES)}
    return dict(sorted(by_status.items(), key=lambda one: order.get(one[0], len(order))))
