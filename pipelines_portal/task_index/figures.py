"""What pages show of an index beside its counts. No query here grows with the number of tasks that are over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION, TaskStatus
from pipelines_portal.task_index.counts import Counts
from pipelines_portal.task_index.models import (
    LISTED,
    IndexedTask,
    QuarterCount,
    WorkflowIndex,
)
from pipelines_portal.task_index.recording import QUARTER

# Indexes whose open tasks were read, each with its counts.
Counted = list[tuple[WorkflowIndex, Counts]]
NEWEST = F("updated_at").desc(nulls_last=True)


@dataclass(frozen=True)
class Day:
    """By the person's clock. None: the day was not read, or not all of it."""

    date: date
    created: int | None
    finished: int | None


def days_of(indexes: Iterable[WorkflowIndex], count: int, now: datetime) -> dict[int, list[Day]]:
    """Return the last `count` days of each index, today last, by the index's primary key."""
    indexes, starts = list(indexes), _starts(count, now)
    first, *borders, end = [-(-int(start.timestamp()) // QUARTER) for start in starts]
    whens = [When(quarter__gte=border, then=Value(number)) for number, border in enumerate(borders, start=1)]
    rows = QuarterCount.objects.filter(index__in=indexes, quarter__gte=first, quarter__lt=end).order_by()
    rows = rows.annotate(day=Case(*reversed(whens), default=0, output_field=IntegerField()))
    by_day = rows.values_list("index", "day").annotate(Sum("created"), Sum("finished"))
    sums = {(pk, day): (created, finished) for pk, day, created, finished in by_day}
    return {index.pk: [_day(index, sums, starts, number) for number in range(count)] for index in indexes}


def _starts(count: int, now: datetime) -> list[datetime]:
    """Of each day and, last, of tomorrow."""
    zone, today = timezone.get_current_timezone(), timezone.localdate(now)
    days = [today - timedelta(days=count - 1 - number) for number in range(count + 1)]
    return [datetime.combine(day, time(), zone) for day in days]


def _day(
    index: WorkflowIndex, sums: dict[tuple[int, int], tuple[int, int]], starts: list[datetime], number: int
) -> Day:
    begins = starts[number]
    if not is_read(index, begins):
        return Day(begins.date(), None, None)
    created, finished = sums.get((index.pk, number), (0, 0))
    return Day(begins.date(), created, finished)


def is_read(index: WorkflowIndex, since: datetime) -> bool:
    """Whether all tasks created from then on are known."""
    return index.is_read_to_the_end or (index.read_back_to is not None and index.read_back_to <= since)


def oldest_open(index: WorkflowIndex, counts: Counts) -> IndexedTask | None:
    """Return the open task with the lowest id: ids grow as tasks are created."""
    open_ones = _open(index, _open_statuses([counts])).order_by().values("index")
    # Grouped, so that PostgreSQL reads the open tasks and does not walk through all tasks by their ids.
    first = open_ones.annotate(first=Min("task_id")).values_list("first", flat=True)
    return index.tasks.filter(task_id__in=list(first)).first()


def stuck(index: WorkflowIndex, limit: int, now: datetime) -> QuerySet[IndexedTask]:
    """The first few that did not move for longest; each says as `found` how many there are."""
    since = now - timedelta(hours=index.stuck_hours)
    late = _open(index, CAN_BE_STUCK).filter(updated_at__lt=since)
    count = late.order_by().values("index").annotate(number=Count("pk")).values("number")
    return late.annotate(found=Subquery(count)).order_by("updated_at", "task_id")[:limit]


def oldest_and_stuck(counted: Counted, now: datetime) -> tuple[dict[int, datetime], dict[int, int]]:
    """Return, by index, since when its oldest open task exists, and how many tasks are stuck."""
    if not counted:
        return {}, {}
    hours = {index.stuck_hours for index, _ in counted}
    cuts = [When(stuck_hours=each, then=Value(now - timedelta(hours=each))) for each in hours]
    indexes = WorkflowIndex.objects.filter(pk__in=[index.pk for index, _ in counted])
    of_each = indexes.annotate(cut=Case(*cuts, output_field=DateTimeField()), first=_first_id(counted))
    created = IndexedTask.objects.filter(index=OuterRef("pk"), task_id=OuterRef("first")).values("created_at")
    rows = list(of_each.annotate(since=Subquery(created), late=_late()).values_list("pk", "since", "late"))
    return {pk: since for pk, since, _ in rows if since}, {pk: late for pk, _, late in rows if late}


def _first_id(counted: Counted) -> Subquery:
    open_ones = _open_of_each(_open_statuses(counts for _, counts in counted))
    return Subquery(open_ones.values("index").annotate(first=Min("task_id")).values("first"))


def _late() -> Subquery:
    late = _open_of_each(CAN_BE_STUCK).filter(updated_at__lt=OuterRef("cut"))
    return Subquery(late.values("index").annotate(number=Count("pk")).values("number"))


def _open_of_each(statuses: Iterable[str]) -> QuerySet[IndexedTask]:
    """Of each index of the query around it. The statuses are named, so that the database finds the few among the many.

    With the indexes named a second time SQLite would go through all tasks.
    """
    return IndexedTask.objects.filter(LISTED, index=OuterRef("pk"), status__in=statuses).order_by()


def needing_attention(
    indexes: list[WorkflowIndex],
    limit: int,
    *,
    since: datetime | None = None,
    statuses: Iterable[str] = NEEDS_ATTENTION,
) -> list[IndexedTask]:
    """Return those that came to need somebody, since then if that is said; newest first."""
    rows = IndexedTask.objects.filter(LISTED, index__in=indexes, status__in=statuses)
    rows = rows.filter(updated_at__gt=since) if since else rows
    return _with_indexes(rows.order_by(NEWEST, "-task_id")[:limit], indexes)


def stuck_of(counted: Counted, limit: int, now: datetime) -> list[IndexedTask]:
    """Return those that have not moved for longest, each for longer than is set for its index."""
    if not counted:
        return []
    late = [Q(index=index, updated_at__lt=now - timedelta(hours=index.stuck_hours)) for index, _ in counted]
    indexes = [index for index, _ in counted]
    rows = IndexedTask.objects.filter(LISTED, reduce(or_, late), index__in=indexes, status__in=CAN_BE_STUCK)
    return _with_indexes(rows.order_by("updated_at", "task_id")[:limit], indexes)


def _with_indexes(tasks: QuerySet[IndexedTask], indexes: list[WorkflowIndex]) -> list[IndexedTask]:
    """Return the tasks with the indexes that are known already, in place of two joins."""
    by_pk, found = {index.pk: index for index in indexes}, list(tasks)
    for task in found:
        task.index = by_pk[task.index_id]
    return found


@dataclass(frozen=True)
class Arrived:
    count: int
    last: datetime


def arrived(indexes: list[WorkflowIndex], since: datetime) -> dict[str, Arrived]:
    """Return how many tasks came to need somebody since then, by status."""
    rows = IndexedTask.objects.filter(LISTED, index__in=indexes, status__in=NEEDS_ATTENTION, updated_at__gt=since)
    counts = rows.order_by().values_list("status").annotate(Count("pk"), Max("updated_at"))
    return {status: Arrived(count, last) for status, count, last in counts}


def _open(index: WorkflowIndex, statuses: Iterable[str]) -> QuerySet[IndexedTask]:
    """Return the tasks with these statuses, without those that have disappeared from the list of their status."""
    return index.tasks.filter(LISTED, status__in=statuses)


def _open_statuses(counts: Iterable[Counts]) -> set[str]:
    return {status for each in counts for status in each.by_status if status != TaskStatus.FAILED}
